"""Configured names: what they stand for, and what is near where they stand for nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.wrappers import Response

from connector.errors import AdapterError, UnknownName
from connector.model import Place, StatusGroup, TicketId
from connector.systems.desk import FORMER, STAFF, Urgency
from tests.contract.servers import Relay, serving
from tests.contract.worlds import NOWHERE, World


def test_each_home_is_a_place_of_its_own(world: World) -> None:
    places = [world.home(tier) for tier in (1, 2, 3)]
    assert len({place.key for place in places}) == 3
    assert all(str(place) and place.path for place in places)
    assert world.connect().directory.locate(world.desk.homes[0]) == places[0]


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda name: f"  {name} "])
def test_case_and_blanks_around_a_home_do_not_matter(world: World, change: Callable[[str], str]) -> None:
    for home in world.desk.homes:
        assert world.system.directory.locate(change(home)) == world.system.directory.locate(home)


def test_a_home_that_is_nearly_right_is_refused_with_what_is_near(world: World) -> None:
    for home in world.desk.homes:
        with pytest.raises(UnknownName) as refused:
            world.system.directory.locate(home[:-1])
        assert refused.value.near, home
        assert refused.value.near[0] in str(refused.value)
    with pytest.raises(UnknownName):
        world.system.directory.locate(NOWHERE)


def test_the_places_for_tiers_are_listed_as_a_configuration_writes_them(world: World) -> None:
    directory = world.connect().directory
    places = directory.places()
    assert len({place.key for place in places}) == len(places)
    for place in places:
        written = str(place)
        assert written == " ".join(written.split()) != ""
        assert directory.locate(written).key == place.key
    assert {world.home(tier).key for tier in (1, 2, 3)} <= {place.key for place in places}


def test_an_outer_place_is_listed_before_those_in_it(world: World) -> None:
    seen: set[str] = set()
    for place in world.system.directory.places():
        outer = Place(place.path[:-1])
        assert not outer.path or outer.key in seen, place
        seen.add(place.key)


def test_places_that_cannot_be_read_are_not_none(world: World) -> None:
    relay = Relay(world.address)
    at = world.stack.enter_context(serving(relay))
    system = world.connect(at=at, attempts=1)
    relay.answer_everything(lambda request: Response("", 503))
    with pytest.raises(AdapterError):
        system.directory.places()


def test_the_priorities_are_listed_as_a_configuration_writes_them(world: World) -> None:
    directory = world.connect().directory
    priorities = directory.priorities()
    assert len(set(priorities)) == len(priorities)
    assert all(directory.priority(one.name) == one for one in priorities)
    assert {world.desk.priority_name(urgency) for urgency in Urgency} == {one.name for one in priorities}


def test_the_staff_are_found_by_their_configured_names(world: World) -> None:
    people = {name: world.person(name) for name in STAFF}
    assert {person: found.name for person, found in people.items()} == {name: STAFF[name][0] for name in STAFF}
    assert all(person.is_active for person in people.values())
    assert len({person.id for person in people.values()}) == len(STAFF)
    assert len({person.identifier for person in people.values()}) == len(STAFF)


def test_a_member_is_found_whatever_the_case(world: World) -> None:
    name = world.desk.member("tess")
    assert world.system.directory.member(name.upper()) == world.system.directory.member(name)


def test_one_who_left_is_known_and_not_active(world: World) -> None:
    assert not world.person(FORMER).is_active


def test_a_member_who_does_not_exist_is_refused_with_who_is_near(world: World) -> None:
    name = world.desk.member("sofia")
    with pytest.raises(UnknownName) as refused:
        world.system.directory.member(name[:-1])
    assert any(name in near or near in name or "ofia" in near.lower() for near in refused.value.near)
    with pytest.raises(UnknownName):
        world.system.directory.member(NOWHERE)


def test_each_status_is_found_at_each_home(world: World) -> None:
    for tier in (1, 2, 3):
        for group in sorted(world.desk.statuses):
            status = world.system.directory.status_in(world.home(tier), world.desk.status_name(group))
            assert (status.name, status.group) == (world.desk.status_name(group), group)


def test_the_statuses_of_a_home_are_told_with_their_group_and_why(world: World) -> None:
    for tier in (1, 2, 3):
        home = world.home(tier)
        placed = world.system.directory.statuses(home)
        found = {one.status.name: one.status.group for one in placed}
        for group in sorted(world.desk.statuses):
            assert found[world.desk.status_name(group)] is group
        assert len({one.status.id for one in placed}) == len(placed)
        assert all(one.why.strip() == one.why != "" for one in placed)
        assert all(one.status.group is not StatusGroup.UNKNOWN for one in placed), "a clock that never runs"
        for one in placed:
            assert world.system.directory.status_in(home, one.status.name) == one.status


def test_a_status_that_does_not_exist_is_refused_with_what_is_near(world: World) -> None:
    name = world.desk.status_name(StatusGroup.RESOLVED)
    with pytest.raises(UnknownName) as refused:
        world.system.directory.status_in(world.home(1), name[:-1])
    assert name in refused.value.near
    with pytest.raises(UnknownName):
        world.system.directory.status_in(world.home(1), NOWHERE)


def test_each_priority_is_found(world: World) -> None:
    found = [world.system.directory.priority(world.desk.priority_name(urgency)) for urgency in Urgency]
    assert len({priority.id for priority in found}) == len(Urgency)
    assert [priority.name for priority in found] == [world.desk.priority_name(urgency) for urgency in Urgency]


def test_a_priority_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(UnknownName):
        world.system.directory.priority(NOWHERE)


@pytest.mark.parametrize("tier", [1, 2, 3])
def test_the_people_of_a_home_are_its_active_staff(world: World, tier: int) -> None:
    people = world.system.directory.people(world.home(tier))
    expected = {world.person(name).identifier for name, (_, home) in STAFF.items() if home == tier}
    assert {person.identifier for person in people} == expected
    assert all(person.is_active for person in people)
    assert {person.id for person in people} == {world.system.directory.member(p.identifier).id for p in people}


def loads(world: World) -> dict[str, int | None]:
    """The open tickets of the first tier's people, by the names of ``STAFF``."""
    names = {world.person(name).id: name for name in STAFF}
    return {names[person.id]: person.open_tickets for person in world.system.directory.people(world.home(1))}


def test_the_load_of_people_is_what_they_hold_and_have_not_resolved(world: World) -> None:
    before = loads(world)
    tickets: list[TicketId] = [world.worked_on(owner="tess") for _ in range(3)]
    world.worked_on(owner="tom", tier=1)
    world.ticket(owner=None)
    after = loads(world)
    assert None not in after.values()
    assert {name: (count or 0) - (before[name] or 0) for name, count in after.items()} == {"tess": 3, "tom": 1}
    world.desk.set_status(tickets[0], "tess", StatusGroup.RESOLVED)
    assert (loads(world)["tess"] or 0) - (before["tess"] or 0) == 2
