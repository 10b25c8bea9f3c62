"""The page of a ticket: what it says where its system cannot be asked, or answers late, and how often that is asked."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from connector.errors import NotFound, Permanent
from connector.model import Lane, Mode
from connector.notes.marker import Pages
from connector.policy.modes import Modes
from connector.store import audit
from connector.store.records import AuditEvent, Event
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.lanes import present_lane
from connector.web.console.ticket.reading import PATIENCE_SECONDS
from connector.web.console.ticket.ticket_page import MOST_ENTRIES, Passage, passages, told_of
from connector.web.console.words import Wall, distance
from tests.connector.boards import a_row, put
from tests.connector.mailboxes import START
from tests.connector.web.console.pages import PAGE, words_of
from tests.connector.web.console.test_now_page import HOSTILE

WALL = Wall(START, START.tzinfo)  # type: ignore[arg-type]  # any zone


@dataclass
class Unanswered:
    """An explainer whose ticket system gives no account."""

    error: Exception
    asked: list[tuple[str, Lane]] = field(default_factory=list)

    def account_of(self, ticket: str):
        self.asked.append((ticket, present_lane()))
        raise self.error


def filled(desk, *rows, explainer=None):
    modes = {"psa": Modes(Mode.ENFORCE)}
    desk.parts = replace(desk.parts, modes=modes, explainer_of=(lambda _: explainer) if explainer else None)
    put(desk.mailbox.store, rows)
    return desk


def told(desk, ticket, *events):
    with desk.mailbox.store.writing() as conn:
        audit.append(conn, [(("psa", ticket), event) for event in events], START)


def words(desk, path="/tickets/psa/1", status=200):
    answer = desk.client().get(path, headers=PAGE)
    assert answer.status_code == status
    return words_of(answer)


def test_without_a_ticket_system_to_ask_it_says_what_was_read_last(desk):
    desk.clock.advance(timedelta(minutes=4))
    text = words(filled(desk, a_row("1", 20, tier="First Touch (T1/2)")))
    assert "No ticket system can be asked from here. What stands here is what was read at 09:00 (4 min ago)" in text
    assert "Diagnosis, First Touch (T1/2) Due 09:20, in 16 min 16 of 30 min used, held by Tess Tech. running" in text
    assert "Nobody can tell without the ticket system; by what was read last it is due 09:20." in text
    assert "Nothing is in the audit trail yet." in text
    assert "Line by line" not in text


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Permanent("the rights are missing"), "psa could not be asked: the rights are missing."),
        (NotFound("gone"), "psa has no such ticket, or not any more."),
    ],
)
def test_an_answer_that_is_none_is_told_and_what_is_known_is_shown(desk, error, expected):
    unanswered = Unanswered(error)
    text = words(filled(desk, a_row("1", 20), explainer=unanswered))
    assert expected in text
    assert "Due 09:20, in 20 min" in text
    assert unanswered.asked == [("1", Lane.LOOKS)]


def test_an_answer_that_comes_too_late_is_not_waited_for(desk, monkeypatch):
    monkeypatch.setattr("connector.web.console.ticket.reading.PATIENCE_SECONDS", 0.01)
    goes_on = threading.Event()

    class Hanging:
        def account_of(self, ticket):
            goes_on.wait(30)
            raise NotFound("too late")

    text = words(filled(desk, a_row("1", 20), explainer=Hanging()))
    goes_on.set()
    assert "psa could not be asked: no answer within 0 s." in text
    assert PATIENCE_SECONDS < 10


def test_a_connection_that_is_down_is_not_asked(desk):
    unanswered = Unanswered(NotFound("gone"))
    filled(desk, a_row("1", 20), explainer=unanswered)
    Troubles(desk.mailbox.store).meet("psa", TroubleKind.CONNECTION_DOWN, "", "connection refused")
    text = words(desk)
    assert "psa does not answer: connection refused." in text
    assert "In the way (connection_down): connection refused" in text
    assert unanswered.asked == []


@pytest.mark.parametrize("path", ["/tickets/psa/2", "/tickets/nowhere/1", "/tickets/psa/1/2", "/tickets/psa/%3Cb%3E"])
def test_what_is_not_known_here_is_not_asked_for(desk, path):
    unanswered = Unanswered(NotFound("gone"))
    text = words(filled(desk, a_row("1", 20), explainer=unanswered), path, status=404)
    assert "This ticket is not known here" in text
    assert unanswered.asked == []


def test_a_name_with_a_slash_in_it_is_found(desk):
    assert "psa A/1" in words(filled(desk, a_row("A/1", 20)), "/tickets/psa/A%2F1")


def test_what_stands_in_its_way_is_told(desk):
    text = words(
        filled(desk, a_row("1", -20, is_dead=True, attempts=7, error="the field Site is empty", failing_since=START))
    )
    assert "parked" in text
    assert "In the way (dead_letters): it was given up on Last answer: the field Site is empty" in text
    assert "escalator dead-letters replay psa 1" in text


def test_the_audit_trail_has_the_newest_first_and_says_when_there_are_more(desk):
    filled(desk, a_row("1", 20))
    told(desk, "1", AuditEvent(Event.WARNED, {"stage": "fix", "due_at": START.isoformat(), "stint": "hidden-identity"}))
    told(desk, "1", AuditEvent(Event.HELP_GIVEN, {"by": "Tess"}))
    told(desk, "2", AuditEvent(Event.HELP_GIVEN, {"by": "somebody else"}))
    text = words(desk)
    assert "Every entry, the newest first" in text
    assert "09:00 help given by: Tess 09:00 warned stage: fix; due at: 09:00" in text
    assert "hidden-identity" not in text
    assert "somebody else" not in text
    told(desk, "1", *[AuditEvent(Event.HELP_GIVEN, {})] * MOST_ENTRIES)
    assert f"The newest {MOST_ENTRIES} entries" in words(desk)


def test_a_ticket_that_was_closed_is_known_by_its_trail(desk):
    filled(desk)
    told(desk, "7", AuditEvent(Event.CLOCK, {"verdict": "ended", "why": "resolved"}))
    text = words(desk, "/tickets/psa/7")
    assert "psa 7" in text
    assert "clock: ended; why: resolved" in text
    assert "Nothing was read of it yet." in text


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_ticket_says_is_text_and_nothing_else(desk, text):
    given = dict.fromkeys(("summary", "client", "holder", "status", "why", "tier"), text)
    filled(desk, a_row("1", 5, link="javascript:alert(1)", **given), explainer=Unanswered(Permanent(text)))
    told(desk, "1", AuditEvent(Event.ESCALATED, {"reason": text, "missing": [text], "from": text}))
    answer = desk.client().get("/tickets/psa/1")
    assert answer.status_code == 200
    assert not re.search(r"<(?:script(?! src=\"/static/)|img|style)|\son\w+=\"|javascript:", answer.text)
    assert not re.search(r"[\u202e\u2066\x1b]", answer.text)


# -- in words ----------------------------------------------------------------------------------------------------


def test_the_explanation_falls_into_passages_the_clock_first():
    lines = ["Ticket 1", "Read at 9", "", "Clock:", "  a", "", "Done:", "  nothing", "", "Decision: x: y", "next"]
    assert passages(lines) == [
        Passage("Clock", ["  a"]),
        Passage("", ["Ticket 1", "Read at 9"]),
        Passage("Done", ["  nothing"]),
        Passage("", ["Decision: x: y", "next"]),
    ]
    assert passages([]) == []


def test_of_an_entry_people_are_told_what_is_for_people():
    detail = {
        "saga": "psa/1/s/fix",
        "reason": "Time",
        "due_at": "2026-03-01T09:00:00+00:00",
        "missing": ["Research", "Error codes"],
        "minutes": 7.5,
        "why": "",
        "what": {"a": 1},
    }
    assert told_of(detail, WALL) == (
        "reason: Time; due at: Sun 09:00; minutes: 7.5; not written down: Research, Error codes"
    )
    assert told_of({}, WALL) == ""


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0.5, "0 min"), (1, "1 min"), (99, "99 min"), (100, "1 h 40"), (60 * 47, "47 h 00"), (60 * 48, "2 days")],
)
def test_a_distance_is_told_in_what_people_count_in(minutes, expected):
    assert distance(timedelta(minutes=minutes)) == expected


@pytest.mark.parametrize(
    ("moment", "at", "far"),
    [
        (START, "09:00", "now"),
        (START + timedelta(minutes=5), "09:05", "in 5 min"),
        (START - timedelta(days=1), "Sun 09:00", "24 h 00 ago"),
        (START + timedelta(days=20), "Sun 22 Mar 09:00", "in 20 days"),
        (START - timedelta(days=300), "6 May 2025 09:00", "300 days ago"),
    ],
)
def test_a_moment_has_its_day_where_that_is_not_today(moment, at, far):
    assert (WALL.at(moment), WALL.far(moment)) == (at, far)


def test_the_link_of_a_note_leads_there(desk):
    link = Pages("https://escalator.example.com").of("psa", "10/2 #x")
    text = words(filled(desk, a_row("10/2 #x", 20)), link.removeprefix("https://escalator.example.com"))
    assert "Due 09:20, in 20 min" in text
