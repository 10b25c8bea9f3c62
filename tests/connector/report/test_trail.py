"""Stories from the trail: what its entries, ended stints, open tickets and those elsewhere tell together."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from connector.clock import VirtualClock
from connector.model import Mode, Reason, Stage
from connector.report.figures import tally
from connector.report.page import because
from connector.report.sentences import sentences
from connector.report.story import Alone, HowEnded, Scope, Story
from connector.report.trail import scope_of, stories
from connector.report.words import NOT_RECORDED
from connector.store.connections import Connections
from connector.store.database.tables import audit as closed
from connector.store.mailbox import Mailbox
from connector.store.queries import ended_stints, unwatched
from connector.store.records import AuditEvent, EndedStint, Event
from tests.builders import a_policy
from tests.connector.mailboxes import START, a_delivery, all_done, record

DAY = timedelta(days=1)
FIRST, THIRD = "First Touch (T1/2)", "Tier 3 / Service Desk Manager"
MODES = {"psa": Mode.ENFORCE}


def told(mailbox: Mailbox, since: datetime = START - DAY, until: datetime = START + DAY) -> dict[str, Story]:
    scope = the_scope(since, until)
    return {one.subject.ticket: one for one in stories(mailbox.store, scope, a_policy())}


def the_scope(since: datetime = START - DAY, until: datetime = START + DAY) -> Scope:
    return Scope(since, until, until, "UTC", ("psa",), tuple(MODES.items()))


def risen(**given: Any) -> dict[str, Any]:
    facts = {
        "reason": "Time & Knowledge",
        "mode": "enforce",
        "from": FIRST,
        "from_tier": 1,
        "to": THIRD,
        "to_tier": 2,
        "stint": "a",
        "stage": "diagnosis",
        "limit_minutes": 30,
        "used_minutes": 30.5,
        "summary": "No VPN",
        "client": "Acme",
        "board": "Desk",
        "link": "https://psa.example.com/1",
        "missing": ["Research"],
        "undocumented": ["steps"],
        "asked_by": ["tess"],
    }
    return {**facts, **given}


def ended(ticket: str, ended_at: datetime, **given: Any) -> EndedStint:
    row = EndedStint(
        "psa",
        ticket,
        "a",
        FIRST,
        "",
        "Tess Tech",
        "Acme",
        ended_at - timedelta(hours=1),
        ended_at,
        "status Resolved",
        is_escalated=False,
        was_warned=True,
        plan_minutes=12.0,
        fix_minutes=20.0,
        worked_minutes=32.0,
        paused_minutes=0.0,
        board="Desk",
        summary="No VPN",
        link="",
        plan_limit=30.0,
        fix_limit=60.0,
        has_left=False,
        is_warning_written=True,
    )
    return replace(row, **given)


def write(mailbox: Mailbox, *rows: EndedStint) -> None:
    with mailbox.store.writing() as conn:
        ended_stints.write(conn, rows)


def opened(mailbox: Mailbox, ticket: str, **snapshot: Any) -> None:
    """An open ticket whose last turn left that."""
    usual = {"tier": FIRST, "stint": "a", "holder": "Tess Tech", "counted_from": START.isoformat(), "client": "Acme"}
    mailbox.deliver([a_delivery(ticket, f"of {ticket}")])
    (claim,) = mailbox.claim("worker", 1, DAY, ["psa"])
    mailbox.finish([all_done(claim, snapshot={**usual, **snapshot})])


def test_an_escalation_is_told_with_what_the_trail_keeps_of_it(mailbox: Mailbox) -> None:
    record(mailbox.store, "psa", "1", AuditEvent(Event.ESCALATED, risen()))
    write(mailbox, ended("1", START, is_escalated=True, fix_minutes=None, has_left=True))
    story = told(mailbox)["1"]
    (rise,) = story.rises
    assert (story.subject.summary, story.subject.client, story.subject.board) == ("No VPN", "Acme", "Desk")
    assert story.subject.link == "https://psa.example.com/1"
    assert (rise.tier, rise.to, rise.reasons) == (FIRST, THIRD, (Reason.TIME, Reason.KNOWLEDGE))
    assert (rise.stage, rise.limit_minutes, rise.used_minutes) == (Stage.DIAGNOSIS, 30, 30.5)
    assert (rise.mode, rise.missing, rise.undocumented, rise.asked_by) == (
        Mode.ENFORCE,
        ("Research",),
        ("steps",),
        ("tess",),
    )
    assert story.stint("a").how_ended is HowEnded.WENT_UP  # type: ignore[union-attr]


def test_what_would_have_been_never_counts_as_done_whatever_the_mode_is_called(mailbox: Mailbox) -> None:
    record(mailbox.store, "psa", "1", AuditEvent(Event.WOULD_ESCALATE, risen(mode="warn")))
    record(mailbox.store, "psa", "2", AuditEvent(Event.WOULD_ESCALATE, risen(mode="enforce")))
    record(mailbox.store, "psa", "3", AuditEvent(Event.WOULD_ESCALATE, risen(to_tier=None, to="final escalation")))
    record(mailbox.store, "psa", "4", AuditEvent(Event.FINAL_ESCALATION, risen(to_tier=None, to="final escalation")))
    found = told(mailbox)
    assert [found[n].rises[0].mode for n in "1234"] == [Mode.WARN, Mode.OBSERVE, Mode.OBSERVE, Mode.ENFORCE]
    assert [found[n].rises[0].is_final for n in "1234"] == [False, False, True, True]


def test_an_entry_whose_detail_is_forgotten_is_counted_and_not_named(mailbox: Mailbox) -> None:
    record(mailbox.store, "psa", "1", AuditEvent(Event.ESCALATED, {"forgotten": "2026-03-02"}))
    record(mailbox.store, "psa", "2", AuditEvent(Event.OVERRIDE_APPLIED, {"forgotten": "2026-03-02"}))
    record(mailbox.store, "psa", "3", AuditEvent(Event.TRAINING_REQUEST, {"forgotten": "2026-03-02"}))
    figures = tally(told(mailbox).values(), the_scope(), a_policy())
    assert (figures.done, figures.by_tier, figures.overridings, figures.trainings) == (1, {NOT_RECORDED: 1}, 1, 1)
    first, why, *_, to_do = (one.text for one in sentences(figures))
    assert "from a tier that is not recorded" in first
    assert why == "Why is not recorded."
    assert "teach" not in to_do
    assert because(figures.listed[0].rise) == NOT_RECORDED


def test_overrides_and_training_requests_are_told(mailbox: Mailbox) -> None:
    override = {"by": "maria", "tier": 1, "how": "later", "reason": "the vendor calls back", "entry": "9"}
    record(mailbox.store, "psa", "1", AuditEvent(Event.OVERRIDE_APPLIED, override))
    record(
        mailbox.store,
        "psa",
        "1",
        AuditEvent(Event.OVERRIDE_REFUSED, {**override, "tier": 9, "why": "only managers may"}),
    )
    record(mailbox.store, "psa", "1", AuditEvent(Event.TRAINING_REQUEST, {"who": "Tess", "topic": "BGP"}))
    story = told(mailbox)["1"]
    assert [(one.by, one.tier, one.refused) for one in story.overridings] == [
        ("maria", FIRST, ""),
        ("maria", NOT_RECORDED, "only managers may"),
    ]
    assert [(one.who, one.topic) for one in story.trainings] == [("Tess", "BGP")]


def test_a_stint_that_a_version_before_wrote_counts_with_what_it_lacks(mailbox: Mailbox) -> None:
    lacks = {"board": None, "summary": None, "link": None, "plan_limit": None, "fix_limit": None, "has_left": None}
    write(mailbox, ended("1", START, is_warning_written=None, **lacks))
    write(mailbox, ended("2", START, is_warning_written=None, **{**lacks, "fix_minutes": None}))
    found = told(mailbox)
    assert [found[n].stints[0].how_ended for n in "12"] == [HowEnded.RESOLVED, HowEnded.MOVED]
    assert found["1"].stints[0].is_warning_written  # by the mode that is
    assert tally(found.values(), the_scope(), a_policy()).lengths["", FIRST, Stage.DIAGNOSIS].assumed == 2


def test_an_open_ticket_has_a_stint_that_runs_and_was_warned_by_what_its_entries_say(mailbox: Mailbox) -> None:
    opened(mailbox, "1", verdict="running", summary="No mail", place="Desk > One", link="https://x/1")
    opened(mailbox, "2", verdict="breached")
    opened(mailbox, "3", verdict="untouched", counted_from=None)
    record(mailbox.store, "psa", "1", AuditEvent(Event.WARNED, {"stage": "diagnosis", "stint": "a", "mode": "enforce"}))
    record(mailbox.store, "psa", "2", AuditEvent(Event.WARNED, {"stage": "diagnosis", "stint": "a", "mode": "observe"}))
    found = told(mailbox)
    assert list(found) == ["1", "2"]
    assert (found["1"].subject.summary, found["1"].subject.board) == ("No mail", "Desk > One")
    rows = [found[n].stints[0] for n in "12"]
    assert [(row.how_ended, row.was_warned, row.is_warning_written) for row in rows] == [
        (HowEnded.RUNNING, True, True),
        (HowEnded.RUNNING, True, False),
    ]


def test_a_ticket_is_told_of_where_it_stood_and_not_where_it_went(mailbox: Mailbox) -> None:
    for ticket in "12":
        opened(mailbox, ticket, verdict="running", summary="No mail", place="Seniors")
    record(mailbox.store, "psa", "1", AuditEvent(Event.ESCALATED, risen()))
    record(mailbox.store, "psa", "1", AuditEvent(Event.ESCALATED, risen(board="Elsewhere")))
    write(mailbox, ended("2", START))
    found = told(mailbox)
    assert [found[n].subject.board for n in "12"] == ["Desk", "Desk"]


def test_tickets_are_left_alone_for_a_reason_each(mailbox: Mailbox, clock: VirtualClock) -> None:
    long_ago = (START - 6 * DAY).isoformat()
    opened(mailbox, "1", verdict="unknown", why="its status could not be looked up", read_at=START.isoformat())
    opened(mailbox, "2", verdict="not begun", counted_from=None)
    opened(mailbox, "3", verdict="paused", paused_since=long_ago, status="Waiting on vendor")
    opened(mailbox, "4", verdict="paused", paused_since=START.isoformat(), status="Waiting on vendor")
    opened(mailbox, "5", verdict="paused", read_at=long_ago, status="On hold")
    opened(mailbox, "6", verdict="running")
    with mailbox.store.writing() as conn:
        conn.execute(text("UPDATE mailbox SET is_dead = :yes WHERE ticket = '6'"), {"yes": True})
        unwatched.write(conn, {("psa", "7"): "Projects", ("psa", "8"): "Projects", ("psa", "1"): "Projects"}, START)
        unwatched.write(conn, {("psa", "9"): "Alerts"}, START - 9 * DAY)
    write(mailbox, ended("8", START))
    found = told(mailbox)
    left = {n: one.left_alone and (one.left_alone.why, one.left_alone.detail) for n, one in found.items()}
    assert left == {
        "1": (Alone.UNKNOWN, "its status could not be looked up"),
        "2": (Alone.ADOPTED, "its clock begins when its turn comes"),
        "3": (Alone.PAUSED, "status Waiting on vendor"),
        "4": None,
        "5": (Alone.PAUSED, "status On hold"),
        "6": (Alone.UNKNOWN, "its turns failed for too long: it is a dead letter"),
        "7": (Alone.NOT_WATCHED, "Projects is no tier's home"),
        "8": None,
    }
    assert found["7"].subject.board == "Projects"


def test_only_the_time_asked_for_is_told(mailbox: Mailbox, clock: VirtualClock) -> None:
    for n in range(40):
        record(mailbox.store, "psa", str(n), AuditEvent(Event.ESCALATED, risen()))
        write(mailbox, ended(str(n), clock.now()))
        clock.advance(timedelta(hours=6))
    since, until = START + 2 * DAY, START + 4 * DAY
    found = told(mailbox, since, until)
    assert sorted(found, key=int) == [str(n) for n in range(8, 16)]
    assert told(mailbox, START + 99 * DAY, START + 100 * DAY) == {}
    assert len(told(mailbox, START - DAY, START + 99 * DAY)) == 40


def test_what_versions_before_wrote_in_one_chain_is_told_as_well(mailbox: Mailbox) -> None:
    old = {
        "id": 1,
        "connection": "psa",
        "ticket": "1",
        "at": START,
        "event": Event.ESCALATED.value,
        "detail": json.dumps(risen(used_minutes=31)),
        "previous_hash": "0" * 64,
        "hash": "1" * 64,
    }
    with mailbox.store.writing() as conn:
        conn.execute(closed.insert().values(**old))
    record(mailbox.store, "psa", "1", AuditEvent(Event.ESCALATED, risen(stint="b")))
    assert [rise.stint for rise in told(mailbox)["1"].rises] == ["a", "b"]


def test_tickets_come_in_their_order_each_once(mailbox: Mailbox) -> None:
    names = ["10", "9", "é", "z", "Z", "1"]
    for name in names:
        record(mailbox.store, "psa", name, AuditEvent(Event.ESCALATED, risen()))
        write(mailbox, ended(name, START), ended(name, START + timedelta(hours=1), stint="b"))
        opened(mailbox, name, verdict="running", stint="c")
    found = [one.subject.ticket for one in stories(mailbox.store, the_scope(), a_policy())]
    assert found == sorted(names)
    assert all(len(one.stints) == 3 for one in stories(mailbox.store, the_scope(), a_policy()))


@pytest.mark.parametrize(("some", "more"), [(500, 2_000), pytest.param(1_000, 4_000, marks=pytest.mark.soak)])
def test_of_however_many_tickets_one_is_held(mailbox: Mailbox, some: int, more: int) -> None:
    def peak(count: int) -> int:
        with mailbox.store.writing() as conn:
            rows = [ended(f"{n:06}", START + timedelta(seconds=n % 60)) for n in range(count)]
            ended_stints.write(conn, rows)
        tracemalloc.start()
        try:
            figures = tally(stories(mailbox.store, the_scope(), a_policy()), the_scope(), a_policy())
            assert figures.tickets == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(200)
    few, many = peak(some), peak(more)
    assert many < few + (more - some) * 100  # numbers of the lengths alone, not stories


def test_the_scope_says_what_the_trail_cannot_tell(mailbox: Mailbox) -> None:
    scope = scope_of(mailbox.store, START - DAY, START, "UTC", MODES)
    assert scope.cannot_tell[0] == "psa was never started: nothing is known of it."
    Connections(mailbox.store).ensure("psa", "enforce", "v1")
    scope = scope_of(mailbox.store, START - DAY, START, "UTC", MODES)
    assert scope.cannot_tell[0] == "psa is connected since Mon 2 Mar 09:00: nothing is known of before."
    assert scope_of(mailbox.store, START, START + DAY, "UTC", MODES).cannot_tell[0].startswith("How long")
