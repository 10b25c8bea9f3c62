"""Where a move takes several writes and a process dies between them, what it left is finished, unless people did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from adapters.request_tracker.simulation.records import Ticket, Transaction, User
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.errors import Temporary
from connector.model import Ownership, Target, TicketId, TicketRecord
from connector.policy.policy import Policy
from connector.store import audit
from connector.systems.catalogue import ticket_systems
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy

ONWARD = "open"


def to_sam(policy: Policy) -> Policy:
    """Who arrives on the second tier is sam's, and open."""
    first, second, last = policy.tiers
    return replace(policy, tiers=(first, replace(second, assign="sam", status=ONWARD), last))


@pytest.fixture
def running(sqlite_url: str) -> Iterator[Simulation]:
    clock = VirtualClock(at("08:55"))
    desk = ticket_systems()["rt"].simulated(clock)
    policy = to_sam(at_desks(scenario_policy(), [desk]))
    with stage(clock.now(), policy, sqlite_url, desks=[desk], clock=clock, poll_every=minutes(60)) as running:
        running.run_until(at("09:00"))
        yield running


def stop_after_the_place(
    running: Simulation, then: Callable[[], None] = lambda: None, *, is_recorded: bool = True
) -> None:
    """The next move stops when the ticket is at its new place; ``then`` happens before anybody goes on.

    Not ``is_recorded``: the ticket system itself is killed before it writes the move into its history.
    """
    system = running.system
    whole = system.tickets.reassign

    def half(ticket_id: TicketId, target: Target, seen: TicketRecord | None = None) -> TicketRecord:
        system.tickets.reassign = whole  # type: ignore[method-assign]  # only for this once
        with nullcontext() if is_recorded else forgetting_moves(running):
            whole(ticket_id, Target(target.place, Ownership.KEEP))
        then()
        raise Temporary("it stopped half-way")

    system.tickets.reassign = half  # type: ignore[method-assign]


@contextmanager
def forgetting_moves(running: Simulation) -> Iterator[None]:
    """Moves are made meanwhile, and no transaction tells of them."""
    state = running.desk.simulator.state
    record = state.record

    def all_but_moves(ticket: Ticket, type_: str, user: User, now: datetime, **more: Any) -> Transaction:
        if (type_, more.get("field")) != ("Set", "Queue"):
            told: Transaction = record(ticket, type_, user, now, **more)
            return told
        ticket.updated = now
        return Transaction(0, ticket.id, type_, user.id, now, **more)

    state.record = all_but_moves
    try:
        yield
    finally:
        state.record = record


def our_notes(running: Simulation, ticket: TicketId) -> int:
    return sum(note.by_connector for note in running.desk.notes(ticket))


def escalations(running: Simulation, ticket: TicketId) -> list[audit.AuditRow]:
    return [row for row in audit.events(running.store, ticket=ticket) if row.event == "escalated"]


def test_a_move_that_stopped_after_the_place_is_finished(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Stopped half-way", owner="tess")
    stop_after_the_place(running)
    running.run_until(at("09:40"))
    found = running.desk.ticket(ticket)
    assert (found.tier, found.owner, found.status) == (2, "sam", ONWARD)
    assert our_notes(running, ticket) == 1
    [event] = escalations(running, ticket)
    assert (event.detail["owner"], event.detail["tries"]) == ("sam", 1)


def test_who_took_the_ticket_in_between_keeps_it(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Taken half-way", owner="tess")
    stop_after_the_place(running, lambda: running.desk.assign(ticket, "sofia", "sofia"))
    running.run_until(at("09:40"))
    found = running.desk.ticket(ticket)
    assert (found.tier, found.owner, found.status) == (2, "sofia", "new")
    assert our_notes(running, ticket) == 1
    [event] = escalations(running, ticket)
    assert event.detail["recovered"]


def test_a_ticket_resolved_in_between_is_left_alone(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Resolved half-way", owner="tess")
    stop_after_the_place(running, lambda: running.desk.set_status_named(ticket, "sam", "resolved"))
    running.run_until(at("09:40"))
    found = running.desk.ticket(ticket)
    assert (found.tier, found.owner, found.status) == (2, "tess", "resolved")
    assert len(escalations(running, ticket)) == 1


def test_a_move_that_the_ticket_system_did_not_come_to_record_is_finished_and_the_next_clock_counts_from_it(
    running: Simulation,
) -> None:
    ticket = running.desk.open_ticket("Killed in the middle", owner="tess")
    stop_after_the_place(running, is_recorded=False)
    running.run_until(at("09:40"))
    found = running.desk.ticket(ticket)
    assert (found.tier, found.owner, found.status) == (2, "sam", ONWARD)
    assert our_notes(running, ticket) == 1
    running.run_until(at("09:59"))
    assert (running.desk.ticket(ticket).tier, len(escalations(running, ticket))) == (2, 1)
    running.run_until(at("10:05"))
    assert (running.desk.ticket(ticket).tier, len(escalations(running, ticket))) == (3, 2)


def test_who_took_the_ticket_after_a_move_that_was_not_recorded_keeps_it(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Killed, then taken", owner="tess")
    stop_after_the_place(running, lambda: running.desk.assign(ticket, "sofia", "sofia"), is_recorded=False)
    running.run_until(at("09:40"))
    found = running.desk.ticket(ticket)
    assert (found.tier, found.owner, found.status) == (2, "sofia", "new")
    [event] = escalations(running, ticket)
    assert event.detail["recovered"]
    running.run_until(at("09:59"))
    assert (running.desk.ticket(ticket).tier, len(escalations(running, ticket))) == (2, 1)


def test_a_second_move_that_was_not_recorded_is_finished_too(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Killed at the second move", owner="tess")
    running.run_until(at("09:40"))
    assert running.desk.ticket(ticket).tier == 2
    stop_after_the_place(running, is_recorded=False)
    running.run_until(at("10:10"))
    assert running.desk.ticket(ticket).tier == 3
    assert our_notes(running, ticket) == 2
    assert [event.detail.get("recovered") for event in escalations(running, ticket)] == [None, None]
    running.run_until(at("10:25"))
    assert len(escalations(running, ticket)) == 2
