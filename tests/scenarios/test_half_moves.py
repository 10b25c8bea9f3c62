"""Where a move takes several writes and a process dies between them, what it left is finished, unless people did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from adapters.contract import Temporary
from adapters.registry import SYSTEMS
from connector import audit
from connector.clock import VirtualClock
from connector.demo.stage import Stage, at_desks, stage
from connector.model import Ownership, Target, TicketId, TicketRecord
from connector.policy import Policy
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy

ONWARD = "open"


def to_sam(policy: Policy) -> Policy:
    """Who arrives on the second tier is sam's, and open."""
    first, second, last = policy.tiers
    return replace(policy, tiers=(first, replace(second, assign="sam", status=ONWARD), last))


@pytest.fixture
def running(sqlite_url: str) -> Iterator[Stage]:
    clock = VirtualClock(at("08:55"))
    desk = SYSTEMS["rt"].simulated(clock)
    policy = to_sam(at_desks(scenario_policy(), [desk]))
    with stage(clock.now(), policy, sqlite_url, desks=[desk], clock=clock, poll_every=minutes(60)) as running:
        running.run_until(at("09:00"))
        yield running


def stop_after_the_place(running: Stage, then: Callable[[], None] = lambda: None) -> None:
    """The next move stops when the ticket is at its new place; ``then`` happens before anybody goes on."""
    system = running.system
    whole = system.reassign

    def half(ticket_id: TicketId, target: Target) -> TicketRecord:
        system.reassign = whole  # type: ignore[method-assign]  # only for this once
        whole(ticket_id, Target(target.place, Ownership.KEEP))
        then()
        raise Temporary("it stopped half-way")

    system.reassign = half  # type: ignore[method-assign]


def our_notes(running: Stage, ticket: TicketId) -> int:
    return sum(note.by_connector for note in running.desk.notes(ticket))


def escalations(running: Stage, ticket: TicketId) -> list[audit.AuditRow]:
    return [row for row in audit.events(running.store, ticket=ticket) if row.event == "escalated"]


def test_a_move_that_stopped_after_the_place_is_finished(running: Stage) -> None:
    ticket = running.desk.open_ticket("Stopped half-way", owner="tess")
    stop_after_the_place(running)
    running.run_until(at("09:40"))
    found = running.desk.ticket(ticket)
    assert (found.tier, found.owner, found.status) == (2, "sam", ONWARD)
    assert our_notes(running, ticket) == 1
    [event] = escalations(running, ticket)
    assert (event.detail["owner"], event.detail["tries"]) == ("sam", 1)


def test_who_took_the_ticket_in_between_keeps_it(running: Stage) -> None:
    ticket = running.desk.open_ticket("Taken half-way", owner="tess")
    stop_after_the_place(running, lambda: running.desk.assign(ticket, "sofia", "sofia"))
    running.run_until(at("09:40"))
    found = running.desk.ticket(ticket)
    assert (found.tier, found.owner, found.status) == (2, "sofia", "new")
    assert our_notes(running, ticket) == 1
    [event] = escalations(running, ticket)
    assert event.detail["recovered"]


def test_a_ticket_resolved_in_between_is_left_alone(running: Stage) -> None:
    ticket = running.desk.open_ticket("Resolved half-way", owner="tess")
    stop_after_the_place(running, lambda: running.desk.set_status_named(ticket, "sam", "resolved"))
    running.run_until(at("09:40"))
    found = running.desk.ticket(ticket)
    assert (found.tier, found.owner, found.status) == (2, "tess", "resolved")
    assert len(escalations(running, ticket)) == 1
