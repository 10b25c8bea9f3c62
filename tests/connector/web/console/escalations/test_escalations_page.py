"""The page Escalations on a real database: what was done, why, what came of it; search, pages, its cost."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Response
from sqlalchemy import event

from connector import redaction
from connector.model import Mode
from connector.policy.modes import Modes
from connector.store.records import Event
from connector.web.app import create_app
from connector.web.console.escalations import deeds as looking
from connector.web.console.escalations.escalations_page import PAGE as ROWS
from tests.connector import hostile
from tests.connector.boards import a_row, put
from tests.connector.web.console.escalations.deeds import FIRST, LAST, SECOND, a_stint, at, end, risen, tell
from tests.connector.web.console.pages import PAGE as BROWSER
from tests.connector.web.console.pages import elements_with, words_of

SHEETS = ("escalations", "gaps", "overrides", "training")
DAY = 24 * 60
ROW = re.compile(r"psa (\w+)<span aria-hidden")


@pytest.fixture
def desk(desk):
    desk.parts = replace(desk.parts, modes={"psa": Modes(Mode.ENFORCE)})
    return desk


def words(desk, query: str = "") -> str:
    answer = desk.client().get(f"/escalations{query}", headers=BROWSER)
    assert answer.status_code == 200
    return words_of(answer)


def sheet(desk, name: str, query: str = "") -> list[dict[str, str]]:
    answer = desk.client().get(f"/escalations/{name}.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


def tickets(desk, query: str = "") -> list[str]:
    """Which tickets the rows of a page are of."""
    text = desk.client().get(f"/escalations{query}").text.partition('id="training"')[0]
    return ROW.findall(text)


@pytest.fixture
def told(desk):
    """A desk with a week: four escalations, one of them to the top, words of managers and a training request."""
    store = desk.mailbox.store
    asked = {"reason": "Time & Knowledge", "asked_by": ["tess"], "client": "Bolt", "summary": "Printer", "missing": []}
    tell(
        store,
        ("old", Event.ESCALATED, risen(), 8 * DAY),
        ("4", Event.FINAL_ESCALATION, {**risen(**{"from": LAST}), "to_tier": None, "to": "final escalation"}, 3 * DAY),
        ("2", Event.ESCALATED, risen(**asked), 30 * 60),
        ("2", Event.TRAINING_REQUEST, {"who": "Tess", "identifier": "tess", "topic": "Print queues"}, 30 * 60),
        ("3", Event.OVERRIDE_REFUSED, {"by": "bob", "tier": 1, "how": "later", "reason": "", "why": "no manager"}, 70),
        ("3", Event.OVERRIDE_APPLIED, {"by": "ruth", "tier": 1, "how": "later", "reason": "vendor at three"}, 65),
        ("1", Event.ESCALATED, risen(missing=["Research", "Error codes"]), 60),
        ("1", Event.CLOCK, {"verdict": "running"}, 59),
    )
    put(store, [a_row("1", 20, tier=SECOND, counted_from=at(60).isoformat(), summary="No VPN", client="Acme")])
    resolved = a_stint("2", 30 * 60, 25 * 60, stint="b", tier=SECOND, client="Bolt", summary="Printer")
    end(store, a_stint("2", 31 * 60, 30 * 60, is_escalated=True, has_left=True), resolved)
    return desk


def test_the_headline_has_the_number_and_each_row_when_what_why_and_what_came_of_it(told):
    text = words(told)
    assert "3 escalations in the last 7 days, 3 of them because time ran out." in text
    assert "3 tickets went up, 1 for knowledge, 1 the final escalation." in text
    assert tickets(told) == ["1", "2", "4"]
    assert (
        f"Today Mon 2 Mar, 1 escalation 08:00 No VPN psa 1 ↗ Acme {SECOND} from {FIRST} no plan in 30 min "
        f"30 of 30 min, held by Wei Zhang None recorded: Research, Error codes open at {SECOND} due 09:20" in text
    )
    assert (
        f"no plan in 30 min and knowledge, asked for by tess 30 of 30 min, held by Wei Zhang – resolved at {SECOND}"
        in text
    )
    assert f"final escalation from {LAST}" in text


def test_a_limit_that_is_out_was_due(told):
    told.clock.advance(timedelta(hours=1))
    assert f"open at {SECOND} was due 09:20" in words(told)


def test_each_ticket_leads_to_its_page(told):
    addresses = elements_with(told.client().get("/escalations").text, "href")
    assert {"/tickets/psa/1", "/tickets/psa/2", "/tickets/psa/3", "/tickets/psa/4"} <= set(addresses)


def test_gaps_overrides_and_training_are_told_below(told):
    text = words(told)
    assert "of 3 escalation notes" in text
    assert "Research 2 with nothing in Research 1, 4 Error codes 1 with nothing in Error codes 1" in text
    assert "2 asked for, 1 of them refused; applied: ruth 1" in text
    assert f"ruth {FIRST} later vendor at three" in text
    assert "refused: no manager" in text
    assert "1 open of 1" in text
    assert "Print queues Tess Printer psa 2, Bolt Sun 03:00 open" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=bOLT", ["2"]),
        ("?q=wei+zhang", ["1", "2", "4"]),
        ("?q=asked+for+by+tess", ["2"]),
        ("?q=printer&tier=" + quote(LAST), []),
        ("?q=psa+4", ["4"]),
        ("?tier=" + quote(LAST), ["4"]),
        ("?reason=Knowledge", ["2"]),
        ("?missing=Error+codes", ["1"]),
        ("?client=bolt", ["2"]),
        ("?client=bol", []),
        ("?client=Acme&board=desk", ["1", "4"]),
        ("?board=Field", []),
        ("?since=today", ["1"]),
        ("?since=30d", ["1", "2", "4", "old"]),
        ("?since=2026-02-20&until=2026-02-27", ["4", "old"]),
        ("?since=2026-03-01&until=2026-03-01", ["2"]),
        ("?connection=psa&reason=Time", ["1", "2", "4"]),
    ],
)
def test_search_and_filters_choose_and_so_does_the_sheet(told, query, expected):
    assert tickets(told, query) == expected
    assert [line["ticket"] for line in sheet(told, "escalations", query)] == expected


def test_filters_stay_in_the_address_of_everything_that_leads_on(told):
    text = told.client().get("/escalations?q=wei&since=30d&tier=&reason=Time").text
    assert 'value="wei"' in text
    assert '<option value="30d" selected>' in text
    assert "/escalations/escalations.csv?q=wei&amp;reason=Time&amp;since=30d" in text
    assert "/escalations?q=wei&amp;reason=Time&amp;missing=Research&amp;since=30d" in text


@pytest.mark.parametrize(
    ("query", "told_of"),
    [
        ("?since=soon", "`since` is no day"),
        ("?since=2026-03-03", "`since` lies ahead"),
        ("?since=9999d", "`since` is longer than ten years"),
        ("?until=never", "`until` is no day"),
        ("?since=2026-02-20&until=2026-02-19", "`until` lies before `since`"),
        ("?reason=Boredom", "One of: Time, Knowledge, Permission, Urgency."),
        ("?missing=Jokes", "One of: Issue,"),
        ("?connection=other", "One of: psa."),
        ("?before=x", "Begin anew"),
        ("?before=1|2", "Begin anew"),
        (f"?before={10**40}|2|psa", "Begin anew"),
        (f"?before=5|{10**30}|psa", "Begin anew"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_is_wrong(told, query, told_of):
    for path in ("/escalations", "/escalations/escalations.csv"):
        answer = told.client().get(f"{path}{query}")
        assert (answer.status_code, told_of in answer.json["detail"]) == (400, True), answer.json


def test_there_is_no_other_sheet(told):
    assert told.client().get("/escalations/secrets.csv").status_code == 404


def test_page_by_page_each_comes_once_also_where_a_look_reads_less_than_a_page(desk, monkeypatch):
    tell(desk.mailbox.store, *((f"n{n}", Event.ESCALATED, risen(client=f"c{n % 7}"), n // 3 + 1) for n in range(130)))
    expected = [f"n{n}" for n in sorted(range(130), key=lambda n: (n // 3, -n))]
    for most in (looking.MOST_LOOKED_AT, 20):
        monkeypatch.setattr(looking.Deeds.rises, "__defaults__", (None, most))
        for query, of in (("", expected), ("?q=c3", [one for one in expected if int(one[1:]) % 7 == 3])):
            found, address = [], f"/escalations{query}"
            while address:
                text = desk.client().get(address).text
                found += ROW.findall(text)
                assert len(ROW.findall(text)) <= ROWS
                further = re.search(r'href="(/escalations\?[^"]*before=[^"]*)">Older', text)
                address = further[1].replace("&amp;", "&") if further else ""
            assert found == of
    assert "20 or more escalations" in words(desk)


def test_of_what_was_not_done_the_first_of_a_stint_counts_and_everything_would(desk):
    desk.parts = replace(desk.parts, modes={"psa": Modes(Mode.OBSERVE)})
    assert "Nothing would have gone up in the last 7 days." in words(desk)
    would = risen(mode="observe")
    tell(
        desk.mailbox.store,
        ("1", Event.WOULD_ESCALATE, would, 90),
        ("1", Event.WOULD_ESCALATE, {**would, "stage": "fix"}, 30),
        ("2", Event.WOULD_ESCALATE, {**would, "stint": "b"}, 20),
    )
    end(desk.mailbox.store, a_stint("1", 120, 10, plan_minutes=44.0))
    text = words(desk)
    assert "2 escalations would have been in the last 7 days, 2 of them because time ran out." in text
    assert "2 tickets would have gone up." in text
    assert "would have gone plan after 44 min" in text
    assert "Would have gone to" in text
    assert not re.search(r"\bwent up\b|Went to", text)
    assert tickets(desk) == ["2", "1"]
    assert [(line["ticket"], line["what"]) for line in sheet(desk, "escalations")] == [
        ("2", "would have been an escalation"),
        ("1", "would have been an escalation"),
    ]


def test_where_nothing_went_up_it_says_what_was_instead(desk):
    text = words(desk)
    assert "Nothing went up in the last 7 days. No ticket was resolved in that time either" in text
    assert "Nobody overrode a limit in the last 7 days." in text
    assert "No training was asked for in the last 7 days." in text
    end(
        desk.mailbox.store,
        a_stint("1", 90, 60, was_warned=True),
        a_stint("2", 90, 60),
        a_stint("3", 90, 60, has_left=True),
    )
    assert "2 tickets were resolved by who held them; 1 was warned and made it." in words(desk)
    assert "Nothing in the last 7 days matches search zebra and tier X. Show all" in words(desk, "?q=zebra&tier=X")


def test_the_sheets_hold_what_the_page_does(told):
    first = sheet(told, "escalations")[0]
    assert (first["from"], first["to"], first["because"]) == (FIRST, SECOND, "no plan in 30 min")
    assert (first["none recorded"], first["came of it"]) == ("Research; Error codes", f"open at {SECOND}")
    assert [(line["section"], line["ticket"]) for line in sheet(told, "gaps")] == [
        ("Research", "1"),
        ("Error codes", "1"),
        ("Research", "4"),
    ]
    assert [(line["by"], line["refused"]) for line in sheet(told, "overrides")] == [("ruth", ""), ("bob", "no manager")]
    assert [(line["for whom"], line["topic"], line["client"]) for line in sheet(told, "training")] == [
        ("Tess", "Print queues", "Bolt")
    ]


def test_a_sheet_has_everything_a_few_entries_at_a_time(desk, monkeypatch):
    entries = [(f"n{n}", Event.ESCALATED, risen(), n + 1) for n in range(23)]
    entries += [(f"n{n}", Event.TRAINING_REQUEST, {"who": "Tess", "topic": f"t{n}"}, n + 1) for n in range(23)]
    entries += [(f"n{n}", Event.OVERRIDE_APPLIED, {"by": "ruth", "tier": 1, "how": "later"}, n + 1) for n in range(23)]
    tell(desk.mailbox.store, *entries)
    monkeypatch.setattr("connector.web.console.escalations.sheets.AT_ONCE", 5)
    for name in SHEETS:
        assert [line["ticket"] for line in sheet(desk, name)] == [f"n{n}" for n in range(23)]


def test_an_entry_whose_detail_is_forgotten_is_counted_and_not_named(desk):
    gone = {"forgotten": "2026-03-02"}
    events = (Event.ESCALATED, Event.OVERRIDE_APPLIED, Event.TRAINING_REQUEST)
    tell(desk.mailbox.store, *(("1", one, gone, 5) for one in events))
    text = words(desk)
    assert "1 escalation in the last 7 days." in text
    assert "not recorded" in text
    assert [line["from"] for line in sheet(desk, "escalations")] == ["not recorded"]


# -- hostile texts -----------------------------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202ekcatta \u2066\x1b[31m",
    '=HYPERLINK("http://x","y")',
    "\t+1+cmd|' /C calc'!A0",
    "\uff1d1+1\r\n@SUM(1)",
    *hostile.ORDERS[:2],
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_tickets_and_people_say_is_text_and_nothing_else(desk, text):
    said = dict.fromkeys(("from", "to", "held_by", "summary", "client", "board"), text)
    facts = risen(**said, missing=[text], undocumented=[text], asked_by=[text], link=f"javascript:{text}")
    tell(
        desk.mailbox.store,
        ("1", Event.ESCALATED, facts, 5),
        ("1", Event.TRAINING_REQUEST, {"who": text, "topic": text}, 5),
        ("1", Event.OVERRIDE_APPLIED, {"by": text, "tier": 1, "how": text, "reason": text}, 5),
        ("1", Event.OVERRIDE_REFUSED, {"by": text, "tier": 1, "how": text, "reason": text, "why": text}, 5),
    )
    put(desk.mailbox.store, [a_row("1", 5, **dict.fromkeys(("summary", "client", "holder", "tier"), text))])
    client = desk.client()
    for address in ("/escalations", f"/escalations?q={quote(text.strip()[:9])}&tier={quote(text)}"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert not re.search(r"<(?:script|img|style)|\son\w+=\"|\sstyle=|href=\"javascript:", answer.text)
        assert not re.search(r"[\u202e\u2066\x1b]", answer.text)
        assert "49" not in words_of(answer)
    for name in SHEETS:
        answer = client.get(f"/escalations/{name}.csv")
        rows = list(csv.reader(io.StringIO(answer.text)))
        assert len(rows) > 1
        assert len({len(row) for row in rows}) == 1
        for field in (field for row in rows for field in row):
            assert not re.match(r"[\s'\"]*[=+@\-\uff1d\uff0b\uff20]", field.removeprefix("'")) or field.startswith("'")
            assert not re.search(r"[\u202e\u2066\x1b\t\r\n]", field)


# -- what it costs -----------------------------------------------------------------------------------------------


def test_however_much_was_done_a_page_costs_a_few_statements_and_is_small(desk):
    store = desk.mailbox.store
    entries = [(f"n{n}", Event.ESCALATED, risen(missing=["Research", "Error codes"]), n) for n in range(700)]
    entries += [(f"n{n}", Event.TRAINING_REQUEST, {"who": "Tess", "topic": "Printers"}, n) for n in range(300)]
    entries += [(f"n{n}", Event.OVERRIDE_APPLIED, {"by": "ruth", "tier": 1, "how": "later"}, n) for n in range(300)]
    tell(store, *entries)
    client, sent = desk.client(), []
    event.listen(store.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    answer = client.get("/escalations")
    further = re.search(r'href="(/escalations\?[^"]*before=[^"]*)">Older', answer.text)
    for address in ("/escalations", further[1].replace("&amp;", "&"), "/escalations?q=zebra"):
        sent.clear()
        answer = client.get(address)
        assert answer.status_code == 200
        assert len(sent) <= 10
        assert len(answer.data) < 150_000


def test_ids_are_there_once_and_labels_lead_to_fields(told):
    text = told.client().get("/escalations?missing=Research&until=2026-03-02").text
    assert len(elements_with(text, "id")) == len(set(elements_with(text, "id")))
    for name in elements_with(text, "for"):
        assert f'id="{name}"' in text


def test_the_day_of_a_row_is_that_of_the_desk(desk):
    desk.clock.advance(timedelta(days=400))
    assert "Nothing went up in the last 7 days." in words(desk)
    assert "Nothing went up since Fri 20 Feb 2026." in words(desk, "?since=2026-02-20")


def test_no_sheet_holds_a_secret_of_ours_which_a_ticket_repeats(told):
    redaction.know("a test", ["Wei Zhang, part of a long secret", "Bolt-and-nut-secret"])
    try:
        tell(told.mailbox.store, ("5", Event.ESCALATED, risen(client="Bolt-and-nut-secret"), 5))
        for name in SHEETS:
            assert "Bolt-and-nut-secret" not in told.client().get(f"/escalations/{name}.csv").text
        assert "***" in told.client().get("/escalations/escalations.csv").text
    finally:
        redaction.forget()


def test_a_stream_is_redacted_part_by_part(told):
    app = create_app(told.deps(), told.parts)
    read = []

    def parts():
        for n in range(3):
            read.append(n)
            yield f"{n} a-secret-of-ours\n"

    app.add_url_rule("/stream", view_func=lambda: Response(parts(), content_type="text/plain"))
    redaction.know("a test", ["a-secret-of-ours"])
    try:
        answer = app.test_client().get("/stream", buffered=False)
        assert len(read) <= 1  # it is not read as a whole before anything is sent
        assert answer.text == "0 ***\n1 ***\n2 ***\n"
    finally:
        redaction.forget()
