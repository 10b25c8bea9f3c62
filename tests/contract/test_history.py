"""``TicketRecord.changes``: the system's own history, exact where it keeps one, empty where it does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connector.model import BY_CONNECTOR, BY_HISTORY, Aspect, Change, Person, StatusGroup, Target, TicketId, Value
from connector.systems.desk import Urgency
from tests.contract.worlds import World


@pytest.fixture
def keeper(world: World) -> World:
    """The world of a system that keeps history."""
    whole = world.read(world.ticket()).history_of == frozenset(Aspect)
    world.needs(whole, "keeps no history of its own")
    return world


def changes_of(world: World, ticket: TicketId, what: Aspect) -> list[Change]:
    return [change for change in world.read(ticket).changes if change.what is what]


def key(value: Value) -> str | None:
    """What identifies a value."""
    if value is None or isinstance(value, str):
        return value
    return value.key if hasattr(value, "key") else value.id


def test_changes_are_told_only_of_the_aspects_whose_history_is_kept(world: World) -> None:
    ticket = world.worked_on()
    world.desk.move(ticket, "tess", 2)
    record = world.read(ticket)
    assert {change.what for change in record.changes} <= record.history_of


def test_every_change_is_told_with_its_second_oldest_first(keeper: World) -> None:
    world, desk = keeper, keeper.desk
    ticket = world.ticket()
    done: list[tuple[datetime, Aspect]] = []

    def at_next(what: Aspect) -> None:
        done.append((world.now(), what))
        world.tick()

    world.tick()
    desk.assign(ticket, "tess", "tess")
    at_next(Aspect.OWNER)
    desk.set_status(ticket, "tess", StatusGroup.WORKING)
    at_next(Aspect.STATUS)
    desk.set_urgency(ticket, "tess", Urgency.CRITICAL)
    at_next(Aspect.PRIORITY)
    desk.set_status(ticket, "tess", StatusGroup.WAITING)
    at_next(Aspect.STATUS)
    desk.set_status(ticket, "tess", StatusGroup.WORKING)
    at_next(Aspect.STATUS)
    desk.assign(ticket, "tess", "tom")
    at_next(Aspect.OWNER)
    desk.assign(ticket, "tom", None)
    at_next(Aspect.OWNER)
    desk.move(ticket, "tom", 2)
    at_next(Aspect.PLACE)
    desk.set_status(ticket, "sam", StatusGroup.RESOLVED)
    at_next(Aspect.STATUS)
    record = world.read(ticket)
    assert [change.at for change in record.changes] == sorted(change.at for change in record.changes)
    for at, what in done:
        assert any(change.what is what and world.is_at(change.at, at) for change in record.changes), (at, what)
    for what, moments in {what: [at for at, kind in done if kind is what] for what in Aspect}.items():
        told = changes_of(world, ticket, what)
        assert len(told) == len(moments), (what, told)
        assert all(world.is_at(change.at, at) for change, at in zip(told, moments, strict=True))


def test_each_aspect_is_told_from_its_first_value_to_its_present_one_without_a_gap(keeper: World) -> None:
    world, desk = keeper, keeper.desk
    ticket = world.ticket(urgency=Urgency.LOW)
    first = world.read(ticket)
    for tier, person, group, urgency in (
        (2, "sam", StatusGroup.WORKING, Urgency.HIGH),
        (3, "irene", StatusGroup.WAITING, Urgency.CRITICAL),
        (1, None, StatusGroup.WORKING, Urgency.NORMAL),
    ):
        world.tick()
        desk.move(ticket, "maria", tier, person)
        world.tick()
        desk.set_status(ticket, "maria", group)
        world.tick()
        desk.set_urgency(ticket, "maria", urgency)
    record = world.read(ticket)
    for what in Aspect:
        told = changes_of(world, ticket, what)
        assert len(told) >= 3, what
        values = [told[0].old, *(change.new for change in told)]
        assert key(values[0]) == key(first.present(what)), what
        assert key(values[-1]) == key(record.present(what)), what
        assert [key(change.old) for change in told] == [key(value) for value in values[:-1]], what
        assert all(key(change.old) != key(change.new) for change in told), what


def test_values_are_the_very_ones_that_a_read_gives(keeper: World) -> None:
    world = keeper
    ticket = world.worked_on()
    world.tick()
    world.desk.move(ticket, "tess", 2, "sam")
    world.tick()
    world.desk.set_status(ticket, "sam", StatusGroup.WAITING)
    record = world.read(ticket)
    last = {what: changes_of(world, ticket, what)[-1].new for what in (Aspect.PLACE, Aspect.OWNER, Aspect.STATUS)}
    assert last[Aspect.PLACE] == record.place
    assert last[Aspect.STATUS] == record.status
    owner = last[Aspect.OWNER]
    assert isinstance(owner, Person)
    assert record.owner is not None
    assert (owner.id, owner.identifier) == (record.owner.id, record.owner.identifier)


def test_who_made_a_change_is_told_and_the_connectors_own_are_marked(keeper: World) -> None:
    world = keeper
    ticket = world.worked_on()
    world.tick()
    place = world.home(2)
    status = world.system.directory.status_in(place, world.desk.status_name(StatusGroup.WAITING))
    priority = world.system.directory.priority(world.desk.priority_name(Urgency.CRITICAL))
    world.system.tickets.reassign(ticket, Target(place, world.person("sam"), status, priority))
    world.tick()
    world.desk.assign(ticket, "sam", "sofia")
    told = changes_of(world, ticket, Aspect.OWNER)
    assert [change.how for change in told[-2:]] == [BY_CONNECTOR, BY_HISTORY]
    for what in (Aspect.PLACE, Aspect.STATUS, Aspect.PRIORITY):
        assert changes_of(world, ticket, what)[-1].how == BY_CONNECTOR, what
    assert {change.how for change in world.read(ticket).changes} == {BY_CONNECTOR, BY_HISTORY}
    assert told[-1].who in ("", "Sam Senior")
    assert told[-1].at - told[-2].at >= timedelta(seconds=1)


def test_a_ticket_that_nobody_changed_has_no_changes(keeper: World) -> None:
    ticket = keeper.ticket()
    keeper.desk.note(ticket, "tess", "Looked at it")
    assert keeper.read(ticket).changes == ()


def test_what_people_write_on_a_ticket_that_is_worked_on_is_no_change(keeper: World) -> None:
    ticket = keeper.worked_on()
    before = keeper.read(ticket).changes
    keeper.desk.note(ticket, "tess", "Looked at it")
    keeper.desk.client_writes(ticket, "Any news?")
    assert keeper.read(ticket).changes == before
