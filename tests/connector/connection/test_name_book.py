"""The names of a policy besides homes: what is wrong, what could not be asked, and what comes and goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector.connection.homes import HomeBook
from connector.connection.name_book import STATUS_MISSING_FOR, NameBook, RollCall
from connector.connection.names import Staff
from connector.errors import Forbidden, Temporary, UnknownName, Unreachable
from connector.model import Person, Place, Status, StatusGroup
from connector.policy.policy import FinalEscalation, Ladder, Policy
from tests.builders import DESK, NINE, SR_IT, TIER_3, a_policy
from tests.doubles import a_connection

PLACES = {"Service Desk > First Touch": DESK, "Tier 3 > Seniors": TIER_3, "Sr IT": SR_IT}
PLAIN = a_policy(priority_factors={}, critical_priorities=frozenset())


class Directory:
    """Knows its places, people and statuses; ``errors`` are raised for those asked for by these names."""

    def __init__(self) -> None:
        self.places = dict(PLACES)
        self.people = {"maria": Person("1", "maria", "Maria Desk"), "gone": Person("2", "gone", "Gus", is_active=False)}
        self.statuses = {"waiting"}
        self.errors: dict[str, Exception] = {}

    def _one(self, kind: str, name: str, known: bool) -> None:
        if name in self.errors:
            raise self.errors[name]
        if not known:
            raise UnknownName(kind, name)

    def locate(self, home: str) -> Place:
        self._one("board", home, home in self.places)
        return self.places[home]

    def member(self, name: str) -> Person:
        self._one("member", name, name in self.people)
        return self.people[name]

    def status_in(self, place: Place, name: str) -> Status:
        self._one(f"status on the board {place.path[0].name!r}", name, name in self.statuses)
        return Status("1", name, StatusGroup.WAITING)


class Desk:
    def __init__(self, policy: Policy) -> None:
        self.directory = Directory()
        self.now: datetime = NINE
        connection = a_connection(self.directory, "connectwise")
        self.homes = HomeBook(connection, policy, lambda: self.now)
        staff = Staff(connection.system, lambda: self.now)
        self.book = NameBook(connection, policy, staff, self.homes, lambda: self.now)

    def call(self, after: timedelta = timedelta()) -> RollCall:
        self.now += after
        return self.book.call(self.homes.current())


def managed_by(*names: str) -> Policy:
    first, *others = PLAIN.tiers
    return replace(PLAIN, tiers=(replace(first, managers=names), *others))


def test_who_is_known_and_active_is_no_matter_and_no_name_costs_nothing():
    assert Desk(managed_by("maria")).call() == RollCall({}, frozenset())
    assert Desk(PLAIN).call() == RollCall({}, frozenset())


def test_a_name_is_one_fact_with_all_that_it_is_for():
    policy = replace(managed_by("gone"), final=FinalEscalation(sr_it_manager="gone"))
    wider = replace(policy, ladders=(Ladder("vip", frozenset({"acme"}), frozenset(), replace(policy, ladder="vip")),))
    (found,) = Desk(wider).call().wrong.values()
    assert found.cause == (
        "a configured person is not active any more: the Sr IT Manager of the final escalation; a manager of tier 1 "
        "(First Touch (T1/2)); a manager of vip: tier 1 (First Touch (T1/2))"
    )
    assert "'gone'" in found.why
    assert len(found.effects) == 2


@pytest.mark.parametrize("error", [Temporary("later"), Forbidden("no right")])
def test_what_could_not_be_asked_is_neither_wrong_nor_right_and_costs_the_others_nothing(error):
    desk = Desk(managed_by("maria", "nobody"))
    desk.directory.errors["maria"] = error
    call = desk.call()
    assert (set(call.wrong), call.unasked, call.failure) == ({"person: nobody"}, {"person: maria"}, None)


def test_where_the_system_is_away_nobody_else_is_asked_for():
    desk = Desk(managed_by("nobody", "maria", "gone"))
    desk.directory.errors["maria"] = Unreachable("it does not answer")
    call = desk.call()
    assert (set(call.wrong), call.unasked) == ({"person: nobody"}, {"person: maria", "person: gone"})
    assert call.failure is desk.directory.errors["maria"]


def test_a_status_that_was_there_may_be_missing_for_a_day():
    desk = Desk(replace(PLAIN, status_groups={"waiting": StatusGroup.WAITING}))
    assert desk.call().wrong == {}
    desk.directory.statuses.clear()
    call = desk.call(STATUS_MISSING_FOR - timedelta(minutes=1))
    assert (call.wrong, call.unasked) == ({}, {"status: waiting"})
    assert set(desk.call(timedelta(minutes=1)).wrong) == {"status: waiting"}


def test_a_status_is_not_missing_while_a_home_cannot_be_looked_at():
    first, second, third = PLAIN.tiers
    tiers = (first, replace(second, status="Escalated"), third)
    desk = Desk(replace(PLAIN, tiers=tiers, status_groups={"vendor": StatusGroup.WAITING}))
    del desk.directory.places["Tier 3 > Seniors"]
    call = desk.call()
    assert (call.wrong, call.unasked) == ({}, {"status: vendor", "status: Escalated, tier 2 "})
