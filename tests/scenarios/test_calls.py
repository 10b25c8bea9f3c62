"""Calls: what a turn has read and cannot have changed is not read again, and echoes of own writes cost none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from adapters.connectwise.simulation.notes import store_note
from adapters.connectwise.simulator import API_MEMBER
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import StatusGroup, TicketId
from connector.systems.catalogue import ticket_systems
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy

MOST = {"connectwise": 5, "halopsa": 6, "rt": 11}
"""Calls of an escalation, with its echoes."""

A_SECOND = timedelta(seconds=1)


@contextmanager
def running_on(system: str, url: str) -> Iterator[Simulation]:
    """A desk of that system at twenty seconds past nine, beside the polls, after a first escalation."""
    clock = VirtualClock(at("08:00"))
    desk = ticket_systems()[system].simulated(clock)
    with stage(clock.now(), at_desks(scenario_policy(), [desk]), url, desks=[desk], clock=clock) as running:
        first = running.desk.open_ticket("The first of all", owner="tess")
        running.run_until(at("08:30"))
        assert running.desk.ticket(first).tier == 2
        running.desk.set_status(first, "sam", StatusGroup.RESOLVED)
        running.run_until(at("09:00") + 20 * A_SECOND)
        yield running


@pytest.fixture(params=list(MOST))
def running(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Simulation]:
    with running_on(request.param, sqlite_url) as made:
        yield made


def a_ticket_worked_on(running: Simulation, *, with_time: bool = False) -> TicketId:
    """A ticket whose limit runs out a second after the present moment.

    Five seconds before another went up: what is looked up of names once in ten minutes is known.
    """
    running.desk.open_ticket("Another", owner="tess")
    running.run_until(running.clock.now() + 5 * A_SECOND)
    ticket = running.desk.open_ticket("VPN client cannot connect", owner="tess")
    running.settle()
    running.desk.note(ticket, "tess", "Restarted the agent, no change.")
    if with_time:
        now = running.clock.now()
        running.simulator.add_time_entry(int(ticket), "tess", "Looked at the cable", now, now)
    running.settle()
    running.run_until(running.clock.now() + minutes(30) - A_SECOND)
    return ticket


def calls_of(running: Simulation, act: Callable[[], object]) -> int:
    before = running.system.line.calls
    act()
    return running.system.line.calls - before


def escalate(running: Simulation) -> None:
    """The second in which the limit runs out, with all that comes of it."""
    running.run_until(running.clock.now() + A_SECOND)


def trail_calls(running: Simulation) -> int:
    return len([call for call in running.simulator.calls if "audittrail" in call.path])


def snapshot(running: Simulation, ticket: TicketId) -> dict[str, Any]:
    """What the last turn kept of a ticket."""
    return running.mailbox.snapshots(running.connected.connection.id, [ticket])[ticket]


def read_at(running: Simulation, ticket: TicketId) -> str:
    return str(snapshot(running, ticket)["read_at"])


def test_an_escalation_with_its_echoes_costs_few_calls(running: Simulation) -> None:
    ticket = a_ticket_worked_on(running)
    calls = calls_of(running, lambda: escalate(running))
    assert running.desk.ticket(ticket).tier == 2
    assert calls <= MOST[running.desk.system]


def test_with_time_entries_and_the_trail_it_costs_two_more(sqlite_url: str) -> None:
    with running_on("connectwise", sqlite_url) as running:
        ticket = a_ticket_worked_on(running, with_time=True)
        running.simulator.faults.callbacks_lose_all = True
        running.simulator.faults.after_note(1, lambda: running.desk.assign(ticket, "tess", "tom"))
        calls = calls_of(running, lambda: escalate(running))
        assert running.desk.ticket(ticket).tier == 2
        assert calls <= 7
        assert trail_calls(running) == 1


def test_the_trail_is_left_alone_where_the_ticket_shows_that_nobody_acted(sqlite_url: str) -> None:
    with running_on("connectwise", sqlite_url) as running:
        ticket = a_ticket_worked_on(running)
        escalate(running)
        assert (running.desk.ticket(ticket).tier, trail_calls(running)) == (2, 0)


def test_after_echoes_that_cost_nothing_the_poll_has_the_ticket_looked_at_once(running: Simulation) -> None:
    ticket = a_ticket_worked_on(running)
    escalate(running)
    looked_at = read_at(running, ticket)
    running.run_until(running.clock.now() + minutes(1))
    assert read_at(running, ticket) > looked_at
    looked_at = read_at(running, ticket)
    running.run_until(running.clock.now() + minutes(5))
    assert read_at(running, ticket) == looked_at


def test_what_happens_in_the_second_of_the_move_unseen_is_found_within_a_minute(running: Simulation) -> None:
    ticket = a_ticket_worked_on(running)
    running.clock.advance(A_SECOND)
    running.worker.run_until_idle()
    assert running.desk.ticket(ticket).tier == 2
    running.simulator.faults.callbacks_lose_all = True
    running.desk.set_status(ticket, "sam", StatusGroup.WAITING)
    running.simulator.faults.callbacks_lose_all = False
    running.settle()
    running.run_until(running.clock.now() + minutes(1))
    assert snapshot(running, ticket)["verdict"] == "paused"


def test_what_a_person_does_in_the_second_of_the_move_is_looked_at_at_once(running: Simulation) -> None:
    ticket = a_ticket_worked_on(running)
    running.clock.advance(A_SECOND)
    running.worker.run_until_idle()
    assert running.desk.ticket(ticket).tier == 2
    running.desk.note(ticket, "sam", "Plan: swap the cable")
    running.settle()
    assert snapshot(running, ticket)["stage"] == "fix"


def test_an_echo_that_tells_of_another_state_is_looked_at_at_once(sqlite_url: str) -> None:
    with running_on("connectwise", sqlite_url) as running:
        ticket = a_ticket_worked_on(running)
        running.clock.advance(A_SECOND)
        running.worker.run_until_idle()
        running.simulator.set_status(int(ticket), "Waiting on vendor", by=API_MEMBER)
        running.settle()
        assert snapshot(running, ticket)["verdict"] == "paused"


def test_what_is_written_on_a_ticket_that_does_not_show_it_still_keeps_it_from_being_moved(sqlite_url: str) -> None:
    with running_on("connectwise", sqlite_url) as running:
        ticket = a_ticket_worked_on(running)
        state = running.simulator.state
        plan = {"text": "Plan: swap the cable", "internalAnalysisFlag": True}
        with state.acting() as now:
            store_note(state, int(ticket), plan, now, "tess")
        escalate(running)
        assert running.desk.ticket(ticket).tier == 1
        assert [note.text.split()[0] for note in running.desk.notes(ticket) if note.by_connector] == ["ESCALATED", "It"]
