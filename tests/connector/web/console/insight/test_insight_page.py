"""The page Insight on a real database: the report's figures, drawn and in tables and sheets, from one source."""

from __future__ import annotations

import csv
import io
import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from connector.model import Mode
from connector.policy.modes import Modes
from connector.report.figures import tally
from connector.report.sentences import sentences
from connector.report.trail import scope_of, stories
from connector.store.connections import Connections
from connector.store.queries import ended_stints
from connector.store.records import Event
from connector.web.console.insight import counting, tables
from tests.connector.mailboxes import START, until
from tests.connector.web.console.escalations.deeds import FIRST, SECOND, a_stint, end, risen, tell
from tests.connector.web.console.escalations.test_escalations_page import HOSTILE
from tests.connector.web.console.pages import elements_with, words_of

DAY = 24 * 60
SHEETS = ("days", "stages", "reasons", "paused", "tiers", "clients", "boards")


@pytest.fixture
def desk(desk):
    desk.parts = replace(desk.parts, modes={"psa": Modes(Mode.ENFORCE)})
    return desk


@pytest.fixture
def told(desk):
    """A desk with a week: five tickets, two of which went up, one of these from the second tier as well."""
    store = desk.mailbox.store
    up = {"is_escalated": True, "has_left": True, "fix_minutes": None, "plan_minutes": None}
    second = {"from": SECOND, "from_tier": 2, "to": "Sr IT Manager", "to_tier": 3, "stint": "b", "client": "Bolt"}
    tell(
        store,
        ("1", Event.ESCALATED, risen(client="Bolt"), 2 * DAY),
        ("1", Event.ESCALATED, risen(**second, reason="Time & Knowledge"), DAY),
        ("2", Event.ESCALATED, risen(reason="Urgency", board="Field"), 60),
    )
    end(
        store,
        a_stint("1", 2 * DAY + 60, 2 * DAY, client="Bolt", **up),
        a_stint("1", 2 * DAY, DAY, stint="b", tier=SECOND, client="Bolt", paused_minutes=90.0, **up),
        a_stint("2", 90, 60, board="Field", **up),
        *(a_stint(f"r{n}", 3 * DAY, 3 * DAY - 60, was_warned=n == 0) for n in range(3)),
    )
    return desk


def words(desk, query: str = "") -> str:
    answer = desk.client().get(f"/insight{query}")
    assert answer.status_code == 200
    return words_of(answer)


def sheet(desk, name: str, query: str = "", client: FlaskClient | None = None) -> list[list[str]]:
    answer = (client or desk.client()).get(f"/insight/{name}.csv{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    return list(csv.reader(io.StringIO(answer.text)))


def test_the_headline_and_the_sentences_are_those_of_the_report(told):
    store, parts = told.mailbox.store, told.parts
    scope = scope_of(store, START - timedelta(days=7, hours=9), START, "UTC", {"psa": Mode.ENFORCE})
    figures = tally(stories(store, scope, parts.policy), scope, parts.policy)
    text = words(told)
    assert "2 of 5 tickets went up in the last 7 days; 1 of the 1 that were warned made it." in text
    for one in sentences(figures):
        assert " ".join(one.text.split()) in re.sub(r" (?=[.,:;)])", "", text)


def test_each_drawing_has_its_numbers_as_a_table_and_as_a_sheet(told):
    assert sheet(told, "days")[-4:] == [
        ["2026-02-27", "0", "0", "0", "0"],
        ["2026-02-28", "1", "0", "0", "1"],
        ["2026-03-01", "0", "1", "0", "1"],
        ["2026-03-02", "1", "0", "0", "1"],
    ]
    assert sheet(told, "days")[0] == ["day", FIRST, SECOND, "Sr IT Manager", "all"]
    assert sheet(told, "reasons")[1:] == [["Time", "2"], ["Knowledge", "1"], ["Urgency", "1"]]
    assert sheet(told, "tiers")[1:3] == [[FIRST, "5", "3", "60", "2", "0", "0"], [SECOND, "1", "0", "0", "1", "0", "0"]]
    assert sheet(told, "paused")[1:] == [[FIRST, "50"], [SECOND, "90"]]
    assert sheet(told, "clients")[1:] == [["Bolt", "1", "2", "200", "100"], ["Acme", "4", "1", "25", "40"]]
    assert sheet(told, "boards")[1:] == [["psa, Desk", "4", "2", "50", "130"], ["psa, Field", "1", "1", "100", "10"]]
    stages = sheet(told, "stages")
    assert [row[0] for row in stages[1:]] == [f"{FIRST}: to the plan", f"{FIRST}: to the fix", f"{SECOND}: to the plan"]
    assert stages[1][1:4] == ["30", "12", "12"]
    text = words(told)
    for part in ("Sun 1 Mar 0 1 0 1", "Time 2", f"{SECOND} 90 min", "140 min of working time paused", "60 %"):
        assert part in text.replace("2 h 20 of", "140 min of")
    page = told.client().get("/insight").text
    for name in SHEETS:
        assert f'href="/insight/{name}.csv"' in page
    assert page.count("<summary>Numbers</summary>") == 5


def test_numbers_lead_to_their_tickets(told):
    found = [one.replace("&amp;", "&") for one in elements_with(told.client().get("/insight?since=30d").text, "href")]
    for address, tickets in (
        ("/escalations?since=2026-02-28&until=2026-02-28", ["1"]),
        ("/escalations?reason=Urgency&since=30d", ["2"]),
        ("/escalations?client=Bolt&since=30d", ["1", "1"]),
        ("/escalations?connection=psa&board=Field&since=30d", ["2"]),
    ):
        assert address in found
        assert re.findall(r"psa (\w+)<span", told.client().get(address).text) == tickets


def test_a_drawing_is_made_of_attributes_and_says_what_it_is(told):
    page = told.client().get("/insight").text
    drawings = re.findall(r'<svg[^>]*role="img"[^>]*>.*?</svg>', page, re.DOTALL)
    assert len(drawings) == 7
    assert all("<title id=" in one for one in drawings)
    assert not re.search(r"\sstyle=|<style|<script", page)
    assert len(elements_with(page, "id")) == len(set(elements_with(page, "id")))


def test_what_is_long_is_told_week_by_week(told):
    rows = sheet(told, "days", "?since=365d")
    assert rows[-1] == ["2026-03-02", "1", "0", "0", "1"]
    assert rows[-2] == ["2026-02-23/2026-03-01", "1", "1", "0", "2"]
    assert len(rows) == 55
    assert "Went up, by week" in words(told, "?since=365d")
    assert sheet(told, "days", "?since=2026-02-28&until=2026-02-28")[1:] == [["2026-02-28", "1", "0", "0", "1"]]


def test_where_nothing_is_moved_everything_would(desk):
    desk.parts = replace(desk.parts, modes={"psa": Modes(Mode.OBSERVE)})
    store = desk.mailbox.store
    tell(store, ("1", Event.WOULD_ESCALATE, risen(mode="observe"), 60))
    end(store, a_stint("1", 90, 5), a_stint("2", 90, 5, was_warned=True, is_warning_written=False))
    text = words(desk)
    assert (
        "1 of 2 tickets would have gone up in the last 7 days; 1 of the 1 that would have been warned made it." in text
    )
    assert "Would have gone up, by day" in text
    assert not re.search(r"(?<!have )\bwent up\b(?! Moved)", text, re.IGNORECASE), text
    assert sheet(desk, "reasons")[0] == ["reason", "would have gone up"]


def test_where_there_is_nothing_it_says_since_when_and_what_to_do(desk):
    text = words(desk)
    assert "Not enough to draw: no clock ran in the last 7 days." in text
    assert "No ticket system was started yet." in text
    assert "escalator backtest --since 90d" in text
    Connections(desk.mailbox.store).ensure("psa", "enforce", "v1")
    assert "psa has been connected since 09:00." in words(desk)
    for name in SHEETS:
        assert len(sheet(desk, name)) >= 1


@pytest.mark.parametrize(
    ("query", "told_of"),
    [
        ("?since=soon", "`since` is no day"),
        ("?until=2027-01-01", "`until` lies ahead"),
        ("?connection=other", "One of: psa."),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_is_wrong(told, query, told_of):
    for path in ("/insight", "/insight/days.csv"):
        answer = told.client().get(f"{path}{query}")
        assert (answer.status_code, told_of in answer.json["detail"]) == (400, True)
    assert told.client().get("/insight/secrets.csv").status_code == 404


def test_one_connection_can_be_asked_for(told):
    told.parts = replace(told.parts, modes={"psa": Modes(Mode.ENFORCE), "second": Modes(Mode.ENFORCE)})
    end(told.mailbox.store, a_stint("x", 90, 60, connection="second"))
    assert "of 6 tickets" in words(told)
    assert "of 1 ticket " in words(told, "?connection=second")


# -- hostile texts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_what_tickets_say_is_text_and_nothing_else(desk, text):
    said = dict.fromkeys(("from", "to", "held_by", "summary", "client", "board"), text)
    tell(
        desk.mailbox.store,
        ("1", Event.ESCALATED, risen(**said, asked_by=[text], missing=[text], reason="Time & Knowledge"), 60),
        ("1", Event.TRAINING_REQUEST, {"who": text, "topic": text}, 60),
        ("1", Event.OVERRIDE_APPLIED, {"by": text, "tier": 1, "how": text, "reason": text}, 60),
    )
    names = dict.fromkeys(("tier", "ladder", "holder", "client", "board", "summary"), text)
    end(desk.mailbox.store, a_stint("1", 90, 60, **names), a_stint("2", 90, 60, **names))
    client = desk.client()
    answer = client.get("/insight")
    assert answer.status_code == 200
    assert not re.search(r"<(?:script|img|style)|\son\w+=\"|\sstyle=|href=\"javascript:", answer.text)
    assert not re.search(r"[\u202e\u2066\x1b]", answer.text)
    assert "49" not in words_of(answer)
    for name in SHEETS:
        rows = sheet(desk, name, client=client)
        assert len(rows) > 1
        assert len({len(row) for row in rows}) == 1
        for field in (field for row in rows for field in row):
            assert field.startswith("'") or not re.match(r"[\s'\"]*[=+@\-\uff1d\uff0b\uff20]", field)
            assert not re.search(r"[\u202e\u2066\x1b\t\r\n]", field)


# -- what it costs -----------------------------------------------------------------------------------------------


def test_figures_are_counted_once_for_many_who_look(told):
    client, sent = told.client(), []
    client.get("/insight")
    event.listen(told.mailbox.store.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    for path in ("/insight", *(f"/insight/{name}.csv" for name in SHEETS)):
        client.get(path)
    assert sent == []
    tell(told.mailbox.store, ("9", Event.ESCALATED, risen(), 5))
    assert "2 of 5 tickets" in words_of(client.get("/insight"))
    told.later(counting.KEPT_SECONDS)
    assert "3 of 6 tickets" in words_of(client.get("/insight"))


def test_too_much_is_refused_with_what_to_do_instead(told, monkeypatch):
    monkeypatch.setattr(counting, "MOST_STINTS", 5)
    answer = told.client().get("/insight?since=30d")
    assert (answer.status_code, answer.json["code"]) == (400, counting.TOO_MANY)
    assert "More than 5 stints ended in the last 30 days." in answer.json["detail"]
    assert "escalator report --since 30d --html report.html" in answer.json["detail"]
    assert told.client().get("/insight?since=today").status_code == 200


def test_who_would_wait_for_long_is_told_and_finds_it_counted_later(told, monkeypatch):
    may_count, counted = threading.Event(), []
    usual = ended_stints.count

    def slowly(*given):
        assert may_count.wait(30)
        counted.append(usual(*given))
        return counted[-1]

    monkeypatch.setattr(counting.ended_stints, "count", slowly)
    monkeypatch.setattr(counting, "PATIENCE_SECONDS", 0.05)
    client = told.client()
    answer = client.get("/insight")
    assert (answer.status_code, answer.json["code"]) == (503, counting.BEING_COUNTED)
    assert answer.headers["Retry-After"] == "5"
    may_count.set()
    until(lambda: client.get("/insight").status_code == 200)
    assert len(counted) == 1


def test_a_long_list_is_cut_on_the_page_and_whole_in_the_sheet(desk):
    end(desk.mailbox.store, *(a_stint(f"{n}", 90, 60, client=f"Client {n:02}") for n in range(30)))
    assert f"The first {tables.MOST_ROWS} of 30; the CSV has all." in words(desk)
    assert len(sheet(desk, "clients")) == 31
