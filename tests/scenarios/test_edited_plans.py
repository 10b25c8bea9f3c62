"""A plan that is edited into a note, or away from one: what was seen counts, whatever stands there later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.connectwise.simulation.notes import change_note, delete_note
from connector.model import Remembered
from tests.builders import at
from tests.scenarios.desks import a_ticket_on, our_notes, where


def edit(desk, ticket: int, note: int, text: str) -> None:
    change_note(desk.simulator.state, ticket, note, {"text": text}, "tess")
    desk.settle()


def clock_of(desk, ticket: int) -> tuple[str, str]:
    """The stage that is owed, and since when it counts."""
    (row,) = (row for row in desk.mailbox.list_tickets() if row.ticket == str(ticket))
    snapshot = row.snapshot or {}
    return str(snapshot["stage"]), str(snapshot["counted_from"])[11:16]


@pytest.fixture
def planned(desk):
    """A ticket with a plan in a note of 09:10, and the note's number."""
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    note = desk.simulator.add_note(ticket, "Plan: renew the certificate", "tess")
    desk.settle()
    return ticket, note


@pytest.mark.process("plan-edited")
@pytest.mark.parametrize("text", ["Looked at it.", "Plan: tbd", "Plan: renew the certificate of the proxy"])
def test_a_plan_stays_made_when_its_line_is_edited_away(desk, planned, text):
    ticket, note = planned
    desk.run_until(at("09:20"))
    edit(desk, ticket, note, text)
    assert clock_of(desk, ticket) == ("fix", "09:10")
    desk.run_until(at("10:09"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("10:11"))
    assert where(desk, ticket)[0] == "Tier 3"


@pytest.mark.process("plan-edited")
def test_a_plan_stays_made_when_its_note_is_deleted(desk, planned):
    ticket, note = planned
    delete_note(desk.simulator.state, ticket, note, "tess")
    desk.run_until(at("10:09"))
    assert our_notes(desk, ticket) == []


@pytest.mark.process("plan-edited")
def test_a_plan_that_is_edited_into_a_note_counts_from_when_it_was_first_seen(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:05"))
    note = desk.simulator.add_note(ticket, "Plan: to be determined", "tess")
    desk.run_until(at("09:25"))
    assert clock_of(desk, ticket) == ("diagnosis", "09:00")
    edit(desk, ticket, note, "Plan: renew the certificate")
    assert clock_of(desk, ticket) == ("fix", "09:25")
    desk.run_until(at("09:40"))
    desk.simulator.add_note(ticket, "renewed it", "tess")
    desk.settle()
    assert clock_of(desk, ticket) == ("fix", "09:25")


@pytest.mark.process("plan-edited")
def test_a_plan_in_a_note_that_is_first_read_later_counts_from_when_it_was_written(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.callbacks_lose_all = True
    desk.run_until(at("09:10"))
    desk.simulator.add_note(ticket, "Plan: renew the certificate", "tess")
    desk.run_until(at("09:31"))
    assert clock_of(desk, ticket) == ("fix", "09:10")


@pytest.mark.process("plan-edited")
def test_of_two_plans_the_one_that_was_seen_first_counts_whatever_is_edited_into_older_notes(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:05"))
    older = desk.simulator.add_note(ticket, "looked at it", "tess")
    desk.run_until(at("09:10"))
    desk.simulator.add_note(ticket, "Plan: renew the certificate", "tess")
    desk.run_until(at("09:20"))
    edit(desk, ticket, older, "Plan: look at it")
    assert clock_of(desk, ticket) == ("fix", "09:10")


@pytest.mark.process("plan-edited")
def test_a_plan_of_the_last_tier_that_is_edited_in_later_is_none_of_the_next_ones(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:05"))
    note = desk.simulator.add_note(ticket, "looked at it", "tess")
    desk.run_until(at("09:31"))
    assert where(desk, ticket)[0] == "Tier 3"
    edit(desk, ticket, note, "Plan: look at it")
    assert clock_of(desk, ticket) == ("diagnosis", "09:30")


@pytest.mark.process("plan-edited")
def test_whoever_dies_with_the_plan_in_hand_loses_nothing_and_a_replay_adds_nothing(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.run_until(at("09:10"))
    note = desk.simulator.add_note(ticket, "Plan: renew the certificate", "tess")
    desk.desk.deliver()
    assert desk.mailbox.claim("dead", 9, timedelta(minutes=5), ["connectwise"])
    desk.run_until(at("09:20"))
    assert clock_of(desk, ticket) == ("fix", "09:10")
    edit(desk, ticket, note, "looked at it")
    desk.mailbox.schedule("connectwise", str(ticket), at("09:25"))
    desk.run_until(at("09:25"))
    assert clock_of(desk, ticket) == ("fix", "09:10")
    known, _ = desk.connected.turns.journal.recall("connectwise", str(ticket), f"connectwise/{ticket}/")
    assert [(change.at, change.new.name) for change in known if change.what is Remembered.PLAN] == [
        (at("09:10"), "renew the certificate")
    ]
