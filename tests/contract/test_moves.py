"""``reassign`` and ``add_people``: in one go, proven, and the same again changes nothing."""

from __future__ import annotations

import pytest

from connector.errors import AdapterError, NotFound, Permanent
from connector.model import Ownership, Person, StatusGroup, Target, TicketId, TicketRecord
from connector.systems.desk import FORMER, STAFF, Urgency
from tests.contract.worlds import World


def whole_target(world: World) -> Target:
    """Everything of a ticket at once: Tier 3's home, Sam, working, high."""
    place = world.home(2)
    return Target(
        place,
        world.person("sam"),
        world.system.directory.status_in(place, world.desk.status_name(StatusGroup.WORKING)),
        world.system.directory.priority(world.desk.priority_name(Urgency.HIGH)),
    )


def is_met(record: TicketRecord, target: Target) -> bool:
    """Whether the record is what the target asks for."""
    assert isinstance(target.owner, Person)
    assert target.place is not None
    return (
        record.place.is_within(target.place)
        and record.owner is not None
        and record.owner.id == target.owner.id
        and record.status == target.status
        and record.priority == target.priority
    )


@pytest.mark.process("reassign")
def test_a_ticket_is_moved_as_a_whole_and_returned_as_it_then_is(world: World) -> None:
    ticket, target = world.worked_on(), whole_target(world)
    world.tick()
    record = world.system.tickets.reassign(ticket, target)
    assert (record.id, record.entries) == (ticket, ())
    assert is_met(record, target)
    found = world.desk.ticket(ticket)
    assert (found.tier, found.owner, found.group, found.urgency) == (2, "sam", StatusGroup.WORKING, Urgency.HIGH)
    assert is_met(world.read(ticket), target)


def test_the_same_move_again_changes_nothing(world: World) -> None:
    ticket, target = world.worked_on(), whole_target(world)
    world.system.tickets.reassign(ticket, target)
    first = world.read(ticket)
    world.tick()
    assert is_met(world.system.tickets.reassign(ticket, target), target)
    second = world.read(ticket)
    assert second.changes == first.changes
    assert [entry.id for entry in second.entries] == [entry.id for entry in first.entries]
    assert world.desk.ticket(ticket).tier == 2


def test_a_ticket_is_left_without_an_owner_where_that_is_asked(world: World) -> None:
    ticket = world.worked_on()
    record = world.system.tickets.reassign(ticket, Target(world.home(2), Ownership.NOBODY))
    assert record.owner is None
    assert (world.desk.ticket(ticket).tier, world.desk.ticket(ticket).owner) == (2, None)
    assert world.system.tickets.reassign(ticket, Target(owner=Ownership.NOBODY)).owner is None


def test_a_ticket_keeps_its_owner_where_nothing_is_said_of_one(world: World) -> None:
    ticket = world.worked_on(tier=2, owner="maria")
    high = world.system.directory.priority(world.desk.priority_name(Urgency.HIGH))
    record = world.system.tickets.reassign(ticket, Target(world.home(2), priority=high))
    assert record.owner is not None
    assert record.owner.id == world.person("maria").id
    # Some sites take away an owner who may not hold tickets at the new home; nobody else becomes one.
    record = world.system.tickets.reassign(ticket, Target(world.home(3)))
    assert record.owner is None or record.owner.id == world.person("maria").id
    assert (world.desk.ticket(ticket).tier, world.desk.ticket(ticket).owner) in ((3, "maria"), (3, None))


@pytest.mark.parametrize("owner", [None, "tess"])
def test_a_ticket_gets_an_owner_and_stays_where_it_is(world: World, owner: str | None) -> None:
    ticket = world.ticket(owner=owner)
    before = world.read(ticket)
    record = world.system.tickets.reassign(ticket, Target(owner=world.person("tom")))
    assert record.owner is not None
    assert record.owner.identifier == world.person("tom").identifier
    assert (record.place, record.priority) == (before.place, before.priority)
    assert world.desk.ticket(ticket).owner == "tom"


def test_a_status_alone_is_set(world: World) -> None:
    ticket = world.worked_on()
    for group in sorted(world.desk.statuses):
        status = world.system.directory.status_in(world.home(1), world.desk.status_name(group))
        record = world.system.tickets.reassign(ticket, Target(status=status))
        assert record.status == status
        assert world.desk.ticket(ticket).group is group
        assert (world.desk.ticket(ticket).tier, world.desk.ticket(ticket).owner) == (1, "tess")


def test_a_priority_alone_is_set(world: World) -> None:
    ticket = world.worked_on()
    for urgency in Urgency:
        priority = world.system.directory.priority(world.desk.priority_name(urgency))
        assert world.system.tickets.reassign(ticket, Target(priority=priority)).priority == priority
        assert world.desk.ticket(ticket).urgency is urgency


def test_a_target_that_asks_for_nothing_changes_nothing(world: World) -> None:
    ticket = world.worked_on()
    before = world.desk.ticket(ticket)
    assert world.system.tickets.reassign(ticket, Target()).id == ticket
    assert world.desk.ticket(ticket) == before


@pytest.mark.parametrize("tier", [1, 2, 3])
@pytest.mark.parametrize("group", [StatusGroup.NEW, StatusGroup.WORKING, StatusGroup.WAITING])
def test_a_ticket_arrives_in_a_status_in_which_the_clock_runs_or_stays_in_its_own(
    world: World, tier: int, group: StatusGroup
) -> None:
    ticket, place = world.worked_on(), world.home(tier)
    world.desk.set_status(ticket, "tess", group)
    present = world.read(ticket).status
    arrival = world.system.directory.arrival_status(place, present)
    assert arrival is None or arrival.group in (StatusGroup.NEW, StatusGroup.WORKING, StatusGroup.PLANNED)
    record = world.system.tickets.reassign(ticket, Target(place, status=arrival))
    assert record.place.is_within(place)
    assert record.status == (arrival or present)


def test_nobody_who_left_becomes_an_owner(world: World) -> None:
    ticket, former = world.worked_on(), world.person(FORMER)
    assert not former.is_active
    try:
        record = world.system.tickets.reassign(ticket, Target(owner=former))
    except Permanent:
        pass
    else:
        assert record.owner is None or record.owner.id != former.id
    assert world.desk.ticket(ticket).owner == "tess"


def test_a_ticket_that_does_not_exist_is_not_moved(world: World) -> None:
    with pytest.raises(NotFound):
        world.system.tickets.reassign(TicketId("99999999"), whole_target(world))


def test_people_are_put_on_a_ticket_beside_its_owner_once(world: World) -> None:
    world.needs(world.system.can_add_people, "has no people beside the owner")
    ticket = world.worked_on()
    people = [world.person(name) for name in ("irene", "maria", "adam")]
    assert [person.id for person in world.system.tickets.add_people(ticket, people)] == [person.id for person in people]
    found = world.desk.ticket(ticket)
    assert (found.owner, found.people) == ("tess", {"irene", "maria", "adam"})
    before = world.read(ticket)
    world.tick()
    assert [person.id for person in world.system.tickets.add_people(ticket, people)] == [person.id for person in people]
    assert world.desk.ticket(ticket) == found
    again = world.read(ticket)
    assert (again.changes, again.updated_at) == (before.changes, before.updated_at), "it was written again"
    assert world.system.tickets.add_people(ticket, [world.person("sofia")]) != ()
    assert world.desk.ticket(ticket).people == {"irene", "maria", "adam", "sofia"}


def test_the_owner_is_on_the_ticket_already_and_stays_the_owner(world: World) -> None:
    world.needs(world.system.can_add_people, "has no people beside the owner")
    ticket = world.worked_on()
    assert [person.id for person in world.system.tickets.add_people(ticket, [world.person("tess")])] == [
        world.person("tess").id
    ]
    assert world.desk.ticket(ticket).owner == "tess"
    assert world.system.tickets.add_people(ticket, []) == ()


def test_one_who_left_is_not_said_to_be_on_the_ticket(world: World) -> None:
    world.needs(world.system.can_add_people, "has no people beside the owner")
    ticket = world.worked_on()
    there = world.system.tickets.add_people(ticket, [world.person(FORMER), world.person("irene")])
    assert [person.id for person in there] == [world.person("irene").id]
    assert world.desk.ticket(ticket).people == {"irene"}


def test_people_stay_on_the_ticket_when_it_moves(world: World) -> None:
    world.needs(world.system.can_add_people, "has no people beside the owner")
    ticket = world.worked_on()
    world.system.tickets.add_people(ticket, [world.person("adam")])
    world.system.tickets.reassign(ticket, Target(world.home(2), world.person("sam")))
    assert world.desk.ticket(ticket).owner == "sam"
    assert "adam" in world.desk.ticket(ticket).people


def test_no_people_are_put_on_a_ticket_that_does_not_exist(world: World) -> None:
    with pytest.raises(NotFound if world.system.can_add_people else Permanent):
        world.system.tickets.add_people(TicketId("99999999"), [world.person("irene")])


def test_a_system_without_such_a_field_says_so(world: World) -> None:
    if not world.system.can_add_people:
        with pytest.raises(AdapterError):
            world.system.tickets.add_people(world.worked_on(), [world.person("irene")])
    assert set(world.desk.ticket(world.worked_on()).people) <= set(STAFF)
