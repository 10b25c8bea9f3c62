"""The desk itself: what people do there can be seen there. Every other test relies on it."""

from __future__ import annotations

import pytest

from connector.model import StatusGroup
from connector.systems.desk import CLIENTS, STAFF, Urgency
from tests.contract.worlds import World

NEEDED = {StatusGroup.NEW, StatusGroup.WORKING, StatusGroup.WAITING, StatusGroup.RESOLVED}


def test_a_desk_has_its_tiers_people_and_statuses(world: World) -> None:
    desk = world.desk
    assert desk.system == world.entry.name
    assert len(set(desk.homes)) == 3
    assert desk.statuses >= NEEDED
    assert len({desk.status_name(group) for group in desk.statuses}) == len(desk.statuses)
    assert len({desk.priority_name(urgency) for urgency in Urgency}) == len(Urgency)
    assert len({desk.member(person) for person in STAFF}) == len(STAFF)
    with pytest.raises(KeyError):
        desk.member("nobody of that name")


@pytest.mark.parametrize(("tier", "owner"), [(1, "tess"), (2, "maria"), (3, "irene"), (1, None), (3, None)])
def test_a_new_ticket_is_where_it_was_opened(world: World, tier: int, owner: str | None) -> None:
    ticket = world.ticket(tier=tier, owner=owner, urgency=Urgency.HIGH, client=list(CLIENTS)[1])
    found = world.desk.ticket(ticket)
    assert (found.tier, found.owner, found.group, found.urgency) == (tier, owner, StatusGroup.NEW, Urgency.HIGH)
    assert found.status == world.desk.status_name(StatusGroup.NEW)
    assert found.people == frozenset()


def test_tickets_have_numbers_of_their_own(world: World) -> None:
    tickets = [world.ticket(f"Ticket {n}") for n in range(3)]
    assert len(set(tickets)) == 3
    assert all(isinstance(ticket, str) and ticket for ticket in tickets)


def test_notes_are_shown_oldest_first_with_who_may_see_them(world: World) -> None:
    ticket = world.worked_on()
    before = len(world.desk.notes(ticket))
    world.tick()
    world.desk.note(ticket, "tess", "Restarted the agent")
    world.tick()
    world.desk.note(ticket, "tess", "We are looking into it", internal=False)
    world.tick()
    world.desk.client_writes(ticket, "Any news?")
    notes = world.desk.notes(ticket)[before:]
    assert [(note.text, note.is_internal, note.by_connector) for note in notes] == [
        ("Restarted the agent", True, False),
        ("We are looking into it", False, False),
        ("Any news?", False, False),
    ]
    assert [note.at for note in notes] == sorted(note.at for note in notes)


def test_a_ticket_is_moved_assigned_and_given_a_status(world: World) -> None:
    desk, ticket = world.desk, world.ticket()
    desk.assign(ticket, "tess", "tess")
    assert desk.ticket(ticket).owner == "tess"
    desk.move(ticket, "tess", 2, "sam")
    assert (desk.ticket(ticket).tier, desk.ticket(ticket).owner) == (2, "sam")
    desk.move(ticket, "maria", 3)
    assert (desk.ticket(ticket).tier, desk.ticket(ticket).owner) == (3, None)
    desk.assign(ticket, "irene", "irene")
    desk.assign(ticket, "irene", None)
    assert desk.ticket(ticket).owner is None
    for group in sorted(desk.statuses):
        desk.set_status(ticket, "irene", group)
        assert (desk.ticket(ticket).group, desk.ticket(ticket).status) == (group, desk.status_name(group))
    desk.set_status_named(ticket, "irene", desk.status_name(StatusGroup.WORKING))
    assert desk.ticket(ticket).group is StatusGroup.WORKING
    for urgency in Urgency:
        desk.set_urgency(ticket, "irene", urgency)
        assert desk.ticket(ticket).urgency is urgency
