"""Who is who: found in the ticket system, kept for a while, and never taken for nobody when a look-up failed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.connection.names import Staff, first_known
from connector.errors import Temporary, UnknownName
from connector.model import Person, Place
from connector.policy.policy import FinalEscalation
from connector.systems.kept import KEEP_SECONDS
from tests.builders import DESK, HOMES, TESS, a_policy, a_tier, at
from tests.doubles import a_system

MARIA = Person("200", "Maria", "Maria Desk")
GUS = Person("201", "gus", "Gus Gone", is_active=False)


class System:
    """A ticket system of which only its people are asked."""

    def __init__(self) -> None:
        self.members = {"maria": MARIA, "gus": GUS}
        self.asked: list[str] = []
        self.homes_asked = 0
        self.error: Exception | None = None

    def people(self, place: Place) -> list[Person]:
        self.homes_asked += 1
        if self.error:
            raise self.error
        return [TESS] if place == DESK else []

    def member(self, name: str) -> Person:
        self.asked.append(name)
        if self.error:
            raise self.error
        if name not in self.members:
            raise UnknownName("member", name)
        return self.members[name]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("09:00"))


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def staff(system: System, clock: VirtualClock) -> Staff:
    return Staff(a_system(system), clock.now)


def test_a_member_is_asked_for_once_in_a_while_known_or_not(staff, system, clock):
    assert [staff.find("maria"), staff.find("maria"), staff.find("nix"), staff.find("nix")] == [
        MARIA,
        MARIA,
        None,
        None,
    ]
    assert system.asked == ["maria", "nix"]
    clock.advance(timedelta(seconds=KEEP_SECONDS))
    system.members["nix"] = GUS
    assert (staff.find("nix"), system.asked) == (GUS, ["maria", "nix", "nix"])


def test_a_look_up_that_failed_is_an_error_and_is_not_kept(staff, system):
    system.error = Temporary("down")
    with pytest.raises(Temporary):
        staff.find("maria")
    system.error = None
    assert staff.find("maria") is MARIA


def test_only_active_members_who_are_known_may_override(staff):
    policy = a_policy(tiers=(a_tier(1, managers=("maria", "gus", "nix")), a_tier(2), a_tier(3, managers=("gus",))))
    assert staff.managers(policy) == {1: {"maria": "Maria Desk"}, 2: {}, 3: {}}


def test_configured_people_have_their_full_names_and_the_unknown_are_called_as_configured(staff, system):
    assert staff.called_by(FinalEscalation("maria", "nix", "gus")) == (
        ("Sr IT Manager", "Maria Desk"),
        ("Service Desk Manager", "nix"),
        ("Account Manager", "Gus Gone"),
    )
    assert staff.called_by(FinalEscalation("maria"))[1:] == (("Service Desk Manager", ""), ("Account Manager", ""))
    assert "" not in system.asked


def ask(name: str) -> int:
    known = {"irene": 1, "Irene Systems": 2}
    if name not in known:
        raise UnknownName("member", name, ["irene"])
    return known[name]


@pytest.mark.parametrize(("text", "found"), [("irene", 1), ("nobody | Irene Systems", 2), ("irene|Irene Systems", 1)])
def test_the_first_name_that_is_known_counts(text: str, found: int) -> None:
    assert first_known(text, ask) == found


def test_where_none_is_known_the_first_is_named() -> None:
    with pytest.raises(UnknownName, match="no member named 'ilse'"):
        first_known("ilse | ines", ask)


def test_colleagues_are_who_works_at_a_home_who_manages_and_who_is_called_at_last(staff, system, clock):
    policy = a_policy(
        tiers=(a_tier(1, managers=("maria", "nix")), a_tier(2), a_tier(3)),
        final=FinalEscalation(sr_it_manager="gus"),
    )
    assert staff.colleagues(policy, HOMES) == {"Tess Tech", "Maria Desk", "Gus Gone"}
    asked = list(system.asked)
    assert staff.colleagues(policy, HOMES) == {"Tess Tech", "Maria Desk", "Gus Gone"}
    assert (system.asked, system.homes_asked) == (asked, 3)
    clock.advance(timedelta(hours=3))
    system.error = Temporary("down")
    assert "Tess Tech" in staff.colleagues(policy, HOMES)
    assert system.homes_asked == 3
    clock.advance(timedelta(hours=2))
    system.error = None
    staff.colleagues(policy, HOMES)
    assert system.homes_asked == 6


def test_colleagues_who_cannot_be_looked_up_are_asked_for_again_in_a_while(staff, system, clock):
    policy = a_policy(tiers=(a_tier(1, managers=("maria",)), a_tier(2), a_tier(3)))
    system.error = Temporary("down")
    assert staff.colleagues(policy, HOMES) == frozenset()
    assert staff.colleagues(policy, HOMES) == frozenset()
    assert system.homes_asked == 3
    system.error = None
    clock.advance(timedelta(seconds=KEEP_SECONDS))
    assert staff.colleagues(policy, HOMES) == {"Tess Tech", "Maria Desk"}


def test_somebody_unknown_is_asked_for_again_within_half_a_minute(
    staff: Staff, system: System, clock: VirtualClock
) -> None:
    assert (staff.find("tess"), staff.find("tess"), system.asked) == (None, None, ["tess"])
    system.members["tess"] = TESS
    clock.advance(timedelta(seconds=30))
    assert staff.find("tess") == TESS
    clock.advance(timedelta(seconds=60))
    assert (staff.find("tess"), system.asked) == (TESS, ["tess", "tess"])
