"""The page: well-formed, needs nothing else, says what the figures say, and nothing that a ticket says works in it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache

import html5lib
import pytest

from connector.model import Mode, Reason, Stage
from connector.report.figures import MOST_LISTED, Figures, tally
from connector.report.page import page
from connector.report.sentences import sentences
from connector.report.story import Alone, LeftAlone, Scope, Story, Subject
from connector.report.words import name
from tests.connector.report.test_sentences import WEEKS
from tests.connector.report.weeks import FIRST, alone, moment, overridden, policy, resolved, risen, scope, taught

SHEET = "escalator report --since 7d --csv report.csv"


def full_week() -> list[Story]:
    """A week with something of everything."""
    stories = list(WEEKS["many, observing"][0])
    stories += [
        overridden(taught(risen(900, moment(2, "15:10"), missing=("Research",), plan=70), "Tess", "BGP"), "maria"),
        overridden(resolved(901), "tess", "only a manager may"),
        risen(902, moment(2, "15:20"), reasons=(Reason.KNOWLEDGE,), asked_by=("tess",), assumed=("status Parked",)),
        alone(903, Alone.UNKNOWN, "its status could not be looked up"),
        Story(Subject("psa", ""), left_alone=LeftAlone(Alone.NOT_WATCHED, "Projects is no tier's home", tickets=41)),
    ]
    return stories


@cache
def made(week: str) -> tuple[Figures, str]:
    stories, of, _ = WEEKS[week] if week in WEEKS else (full_week(), scope(), "")
    figures = tally(stories, of, policy())
    return figures, page(figures, SHEET)


def strict(text: str) -> ET.Element:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(text)
    assert parser.errors == []
    return root


def words(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


EVERY = [*WEEKS, "something of everything"]


@pytest.mark.parametrize("week", EVERY)
def test_the_page_is_well_formed_and_each_id_is_there_once(week):
    root = strict(made(week)[1])
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    targets = {one.get("href", "")[1:] for one in root.iter("a") if one.get("href", "").startswith("#")}
    assert targets <= set(ids)


@pytest.mark.parametrize("week", EVERY)
def test_the_page_loads_nothing_and_styles_nothing_inline(week):
    root = strict(made(week)[1])
    for one in root.iter():
        assert not {"style", "src", "srcset", "action", "formaction", "background"} & set(one.attrib)
        assert not any(key.startswith("on") for key in one.attrib)
        assert one.tag not in {"script", "link", "iframe", "object", "embed", "img", "form", "base", "image", "use"}
    css = "".join(root.find(".//style").itertext())
    assert "@import" not in css
    assert re.findall(r"url\(|https?:", css) == []


@pytest.mark.parametrize("week", EVERY)
def test_the_five_sentences_stand_first(week):
    figures, text = made(week)
    listed = strict(text).find(".//ol[@class='sentences card']")
    assert [words(one) for one in listed] == [one.text for one in sentences(figures)]


def rows_of(root: ET.Element, heading: str) -> dict[str, list[str]]:
    """The rows of the table below a heading: what stands in front, and the cells behind it."""
    section = next(one for one in root.iter("section") if one.get("aria-labelledby") == heading)
    found = {}
    for row in section.find(".//table").iter("tr"):
        first = row.find("th[@scope='row']")
        if first is not None:
            small = first.find("small")
            label = words(first).removesuffix(words(small) if small is not None else "").strip()
            found[label] = [words(cell) for cell in row.findall("td")]
    return found


def test_every_figure_on_the_page_is_that_of_the_figures():
    figures, text = made("something of everything")
    root = strict(text)
    big = [words(one) for one in root.find(".//dl").iter("dd")]
    assert big == [
        str(number)
        for number in (figures.tickets, figures.rises, figures.warned.count, figures.warned.made, figures.left_alone)
    ]
    clients = rows_of(root, "client")
    assert clients.pop("All") == [str(figures.tickets), str(figures.rises)]
    assert clients == {
        client: [str(number), str(figures.by_client[client])] for client, number in figures.tickets_by_client.items()
    }
    assert rows_of(root, "board") == {"psa, Service Desk": [str(figures.tickets), str(figures.rises)]}
    why = rows_of(root, "why")
    assert {tier: why[tier] for tier in figures.by_tier} == {tier: [str(n)] for tier, n in figures.by_tier.items()}
    assert {r: why[r.value] for r in figures.by_reason} == {r: [str(n)] for r, n in figures.by_reason.items()}
    hours = rows_of(root, "hours")
    assert sum(int(cell) for cells in hours.values() for cell in cells[:-1] if cell) == figures.rises
    assert hours["Mon"][0] == str(figures.by_hour[0, 8])
    assert {day: int(cells[-1]) for day, cells in hours.items()}["Wed"] == 4
    assert rows_of(root, "alone") == {"Not watched": ["41"], "Unknown": ["1"]}
    assert rows_of(root, "missing") == {"Research": ["1"]}
    assert rows_of(root, "overrides") == {"maria": ["1"], "tess": ["1"]}
    assert rows_of(root, "training") == {"Tess": ["1"]}
    assert rows_of(root, "tiers")[FIRST][0] == str(sum(n for (tier, _), n in figures.held.items() if tier == FIRST))


def test_each_drawing_has_its_numbers_as_a_table():
    figures, text = made("something of everything")
    root = strict(text)
    table = root.find(".//figure//details/table")
    drawings = root.findall(".//figure//*[@role='img']")
    told = [[words(cell) for cell in row.findall("td")][2:] for row in table.find("tbody")]
    assert told == [[str(number) for number in one.steps] for one in figures.lengths.values() if one.count]
    assert len(drawings) == len(told)
    for drawing, numbers in zip(drawings, told, strict=True):
        shown = [
            words(one)
            for one in drawing.iter()
            if one.tag.endswith("text")
            and one.get("class") in {"soft middle", "strong middle"}
            and one.get("y") != "146"
        ]
        assert shown == [number for number in numbers if number != "0"]


def test_each_number_leads_to_its_tickets():
    figures, text = made("something of everything")
    root = strict(text)
    by_id = {one.get("id"): one for one in root.iter() if one.get("id")}
    section = next(one for one in root.iter("section") if one.get("aria-labelledby") == "client")
    for link in section.find(".//table").iter("a"):
        tickets = [one.get("href", "")[1:] for one in by_id[link.get("href", "")[1:]].iter("a")]
        assert len(tickets) == int(words(link))
        assert all(by_id[row].tag == "tr" for row in tickets)
    assert len(root.findall(".//*[@aria-labelledby='up']//tbody/tr")) == figures.rises


def test_a_list_is_cut_and_the_sheet_is_named():
    stories = [risen(n, moment(n % 5, "10:00"), plan=40 + n) for n in range(MOST_LISTED + 20)]
    text = page(tally(stories, scope(), policy()), SHEET)
    root = strict(text)
    assert len(root.findall(".//*[@aria-labelledby='up']//tbody/tr")) == MOST_LISTED
    assert f"The {MOST_LISTED} that took longest after their limit, of {MOST_LISTED + 20}" in text
    assert f"one a line: {SHEET}" in text
    assert "96 more: in the sheet" in words(root)


HOSTILE = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\u202egnp.exe & “{{ 7*7 }}” &amp;"


def test_nothing_that_a_ticket_says_works():
    bad = risen(1, moment(0, "08:10"), plan=50, client=HOSTILE, board=HOSTILE, missing=(HOSTILE,), assumed=(HOSTILE,))
    subject = replace(bad.subject, summary=HOSTILE, ticket=HOSTILE, link="javascript:alert(1)//https://")
    row = replace(bad.stints[0], tier=HOSTILE)
    rise = replace(bad.rises[0], tier=HOSTILE, to=HOSTILE, asked_by=(HOSTILE,))
    story = overridden(taught(replace(bad, subject=subject, stints=(row,), rises=(rise,)), HOSTILE, HOSTILE), HOSTILE)
    left = alone(2, Alone.UNKNOWN, HOSTILE)
    text = page(tally([story, left, taught(left, "Tess", "x")], scope(), policy()), SHEET)
    root = strict(text)
    assert [one.tag for one in root.iter() if one.tag in {"script", "img"}] == []
    assert "javascript:" not in text
    assert "\u202e" not in text
    assert "{{ 7*7 }}" in words(root)
    assert text.count("<style>") == text.count("</style>") == 1


def test_a_link_leads_to_the_ticket_system_alone():
    story = resolved(1)
    linked = risen(2, moment(0, "08:10"), plan=50)
    linked = replace(linked, subject=replace(linked.subject, link="https://psa.example.com/t/2?a=1&b=2"))
    root = strict(page(tally([story, linked], scope(), policy()), SHEET))
    outside = [one for one in root.iter("a") if not one.get("href", "").startswith("#")]
    assert {one.get("href") for one in outside} == {"https://psa.example.com/t/2?a=1&b=2"}
    assert {one.get("rel") for one in outside} == {"noreferrer"}


@pytest.mark.parametrize(
    ("of", "state", "title"),
    [
        (scope(), "observe mode: nothing was written", "Report of the week, Mon 19 Oct to Sun 25 Oct 2026"),
        (scope(Mode.ENFORCE), "enforce mode: what is told here was done", ""),
        (scope(Mode.WARN), "warn mode: warnings were written, nothing was moved", ""),
        (
            scope(modes=(("psa", Mode.ENFORCE), ("help", Mode.OBSERVE))),
            "a pilot: psa in enforce mode and help in observe mode",
            "",
        ),
        (
            scope(is_replayed=True, modes=(), since=moment(-60, "08:00"), until=moment(1, "10:00")),
            "past tickets, replayed: nothing of this happened",
            "Backtest of Thu 20 Aug to Tue 20 Oct 2026",
        ),
    ],
    ids=["observe", "enforce", "warn", "pilot", "replay"],
)
def test_the_head_says_of_what_it_tells(of: Scope, state: str, title: str):
    root = strict(page(tally([resolved(1)], of, policy()), SHEET))
    assert state in words(root.find(".//*[@class='head']"))
    assert title in words(root.find(".//h1"))


def test_the_page_says_what_its_figures_cannot():
    stories = [
        risen(1, moment(0, "08:10"), plan=50, fix=5, assumed=("x",)),
        risen(2, moment(0, "08:10"), mode=Mode.ENFORCE),
        risen(3, moment(0, "08:10"), plan=50, fix=5, limit=15),
        resolved(4, plan_limit=None, fix_limit=None),
    ]
    root = strict(page(tally(stories, scope(cannot_tell=("Moves are not told before Thursday.",)), policy()), SHEET))
    section = next(one for one in root.iter("section") if one.get("aria-labelledby") == "cannot")
    assert [words(one) for one in section.findall("p")] == [
        "Moves are not told before Thursday.",
        "The 2 that would have gone up stayed: what the next tier would have done is not known, nor what would have "
        "come of a second stage.",
        "1 stage past the limit was broken off by the escalation, or is open: how long they would have taken is not "
        "known; they stand where they were last.",
        "1 stage had another limit than usual: drawn by the share of it.",
        "Of 2 stages the limit was not recorded then: the usual one is taken.",
        "1 escalation rests on an assumption; they are marked †.",
        f"Every stint and every escalation, one a line: {SHEET}",
    ]


def test_names_are_cut():
    assert name("x" * 100) == "x" * 59 + "…"
    assert name(" \n") == "not recorded"
    assert name("", "psa 1") == "psa 1"


def test_with_other_limits_between_two_numbers_where_nobody_knows():
    stories = [risen(n, moment(0, "08:10"), mode=Mode.ENFORCE) for n in range(4)]
    stories += [resolved(n, plan=25) for n in range(10, 20)]
    root = strict(page(tally(stories, scope(Mode.ENFORCE), policy()), SHEET))
    assert rows_of(root, "other-lengths-1") == {
        "20 min": ["14", "+10", "25 min"],
        "30 min (in force)": ["4", "", ""],
        "35 min": ["0 to 4", "−4 to 0", ""],
        "45 min": ["0 to 4", "−4 to 0", ""],
        "60 min": ["0 to 4", "−4 to 0", ""],
    }


def test_a_stage_that_did_not_come_to_its_end_is_not_drawn():
    fix = tally([risen(1, moment(0, "08:10"), stage=Stage.FIX, plan=5)], scope(), policy()).lengths
    assert fix["", FIRST, Stage.FIX].steps[6] == 1
