"""``changed_since`` and ``open_tickets``: nothing is missed, whatever page it is on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connector.errors import Permanent
from connector.model import Aspect, StatusGroup, TicketId
from connector.systems.desk import Desk, Urgency
from tests.contract.worlds import World

CHANGES: dict[str, Callable[[Desk, TicketId], None]] = {
    "a note": lambda desk, ticket: desk.note(ticket, "tess", "Restarted the agent"),
    "a note to the client": lambda desk, ticket: desk.note(ticket, "tess", "We are on it", internal=False),
    "a time entry": lambda desk, ticket: desk.time_entry(ticket, "tess", "Read the log", 1),
    "the client's words": lambda desk, ticket: desk.client_writes(ticket, "Any news?"),
    "a status": lambda desk, ticket: desk.set_status(ticket, "tess", StatusGroup.WAITING),
    "a resolution": lambda desk, ticket: desk.set_status(ticket, "tess", StatusGroup.RESOLVED),
    "an owner": lambda desk, ticket: desk.assign(ticket, "tess", "tom"),
    "no owner": lambda desk, ticket: desk.assign(ticket, "tess", None),
    "a move": lambda desk, ticket: desk.move(ticket, "tess", 2),
    "a priority": lambda desk, ticket: desk.set_urgency(ticket, "tess", Urgency.CRITICAL),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_kind_of_change_is_found(world: World, change: str) -> None:
    ticket = world.worked_on()
    world.tick()
    since = world.now()
    world.tick()
    CHANGES[change](world.desk, ticket)
    found = {changed.id: changed.updated_at for changed in world.system.tickets.changed_since(since)}
    assert ticket in found
    assert found[ticket] == world.read(ticket).updated_at
    assert world.is_at(found[ticket], world.now())


def test_a_new_ticket_is_found(world: World) -> None:
    since = world.now()
    ticket = world.ticket()
    assert ticket in {changed.id for changed in world.system.tickets.changed_since(since)}


def test_what_changed_at_that_very_moment_is_found_and_nothing_earlier(world: World) -> None:
    earlier = world.worked_on()
    world.tick()
    world.tick()
    ticket = world.worked_on()
    updated_at = world.read(ticket).updated_at
    for since in (updated_at, updated_at.replace(microsecond=0), updated_at - timedelta(seconds=1)):
        found = list(world.system.tickets.changed_since(since))
        assert ticket in {changed.id for changed in found}
        assert earlier not in {changed.id for changed in found}
        assert all(changed.updated_at >= since.replace(microsecond=0) for changed in found)


def test_what_does_not_change_is_not_found_again(world: World) -> None:
    world.worked_on()
    world.tick()
    world.tick()
    assert list(world.system.tickets.changed_since(world.now())) == []


def test_every_changed_and_every_open_ticket_is_found_on_whatever_page(world: World) -> None:
    since = world.now()
    tickets = [world.ticket(f"Ticket {n}") for n in range(world.many)]
    changed = [found.id for found in world.system.tickets.changed_since(since)]
    assert sorted(changed) == sorted(set(changed)), "a ticket is found twice"
    assert set(tickets) <= set(changed)
    found = [ticket.id for ticket in world.system.tickets.open_tickets([world.home(1)])]
    assert sorted(found) == sorted(set(found)), "a ticket is found twice"
    assert set(tickets) <= set(found)


def test_open_tickets_are_those_at_the_places_that_are_not_closed(world: World) -> None:
    at_desk = [world.ticket(), world.worked_on(), world.worked_on(owner="tom")]
    world.desk.set_status(at_desk[2], "tom", StatusGroup.WAITING)
    seniors = world.worked_on(tier=2, owner="sam")
    closed = world.worked_on()
    done = StatusGroup.CLOSED if StatusGroup.CLOSED in world.desk.statuses else StatusGroup.RESOLVED
    world.desk.set_status(closed, "tess", done)
    everywhere = {*at_desk, seniors, closed}

    def found(*tiers: int) -> set[TicketId]:
        return {one.id for one in world.system.tickets.open_tickets([world.home(tier) for tier in tiers])} & everywhere

    assert found(1) == set(at_desk)
    assert found(2) == {seniors}
    assert found(3) == set()
    assert found(1, 2, 3) == {*at_desk, seniors}
    assert found() == set()


def test_an_open_ticket_is_given_with_its_last_update(world: World) -> None:
    ticket = world.worked_on()
    (updated_at,) = (one.updated_at for one in world.system.tickets.open_tickets([world.home(1)]) if one.id == ticket)
    assert updated_at == world.read(ticket).updated_at


def test_an_open_ticket_is_given_with_what_reading_it_would_say_of_it(world: World) -> None:
    nobodys, worked_on, waiting = world.ticket(), world.worked_on(owner="tom"), world.worked_on()
    world.desk.set_status(waiting, "tess", StatusGroup.WAITING)
    world.desk.set_urgency(worked_on, "tess", Urgency.CRITICAL)
    calls = world.system.line.calls
    listed = {one.id: one for one in world.system.tickets.open_tickets([world.home(1)])}
    assert world.system.line.calls - calls <= 8, "a list costs no call for each ticket"
    for ticket in (nobodys, worked_on, waiting):
        one, read = listed[ticket], world.read(ticket)
        assert (one.place, one.status, one.entered_at) == (read.place, read.status, read.entered_at)
        assert one.tells == frozenset(Aspect)
        assert (one.owner, one.priority) == (read.owner, read.priority)
        assert one.client == (read.client if one.tells_client else None)
        assert one.is_escalatable


def test_a_ticket_that_is_gone_is_not_open(world: World) -> None:
    deleted, merged, other = world.worked_on(), world.worked_on(), world.worked_on()
    world.desk.delete(deleted)
    world.desk.merge(merged, other)
    found = {one.id for one in world.system.tickets.open_tickets([world.home(1)])}
    assert other in found
    assert deleted not in found
    assert merged not in found


def test_a_list_that_does_not_end_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, home = world.worked_on(), world.home(1)
    assert ticket in {found.id for found in world.system.tickets.open_tickets([home])}
    monkeypatch.setattr("adapters.http.MOST_PAGES", 0)
    with pytest.raises(Permanent, match="does not end") as caught:
        list(world.system.tickets.open_tickets([home]))
    assert caught.value.cause == "a list does not end"
