"""The tiers' homes: kept for a while, asked for again soon while something is wrong, each problem told once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from connector.connection.homes import HomeBook
from connector.errors import Temporary, UnknownName
from connector.model import Place
from tests.builders import DESK, NINE, SR_IT, TIER_3, a_policy
from tests.doubles import a_connection

PLACES = {"Service Desk > First Touch": DESK, "Tier 3 > Seniors": TIER_3, "Sr IT": SR_IT}


class Directory:
    """Knows its places, or is down. ``asked`` counts the questions."""

    def __init__(self) -> None:
        self.places = dict(PLACES)
        self.is_down = False
        self.asked = 0

    def locate(self, home: str) -> Place:
        self.asked += 1
        if self.is_down:
            raise Temporary("it does not answer")
        if home not in self.places:
            raise UnknownName("board", home)
        return self.places[home]


class Desk:
    def __init__(self) -> None:
        self.directory = Directory()
        self.now: datetime = NINE
        self.book = HomeBook(a_connection(self.directory, "connectwise"), a_policy(), lambda: self.now)

    def after(self, seconds: float) -> int:
        """Ask for the homes so much later; how many questions that cost."""
        self.now += timedelta(seconds=seconds)
        before = self.directory.asked
        self.book.current()
        return self.directory.asked - before


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.book.current()
    return made


def test_homes_that_resolve_are_kept_for_ten_minutes(desk):
    assert [desk.after(seconds) for seconds in (0, 599, 1)] == [0, 0, 3]


def test_in_an_outage_they_stay_and_are_asked_for_again_within_half_a_minute_and_it_is_one_problem(desk):
    homes = desk.book.current()
    desk.directory.is_down = True
    assert [desk.after(seconds) for seconds in (600, 29, 1, 30, 30)] == [1, 0, 1, 1, 1]
    assert (desk.book.current(), desk.book.problems, desk.book.wrong) == (homes, ("it does not answer",), {})
    desk.directory.is_down = False
    assert [desk.after(seconds) for seconds in (30, 30)] == [3, 0]
    assert desk.book.problems == ()


def test_a_home_that_does_not_resolve_is_asked_for_again_within_half_a_minute_until_it_does(desk):
    place = desk.directory.places.pop("Sr IT")
    assert desk.after(600) == 3
    assert list(desk.book.wrong) == ["tier 3: Sr IT"]
    assert desk.book.current().places[3] == place  # found once: known by its id
    desk.directory.is_down = True
    desk.after(30)
    assert desk.book.problems == ("tier 3 (Sr IT Manager): there is no board named 'Sr IT'", "it does not answer")
    desk.directory.is_down = False
    desk.directory.places["Sr IT"] = place
    desk.after(30)
    assert (desk.book.wrong, desk.book.problems) == ({}, ())


def test_while_the_system_could_not_be_asked_even_once_nobody_takes_a_turn():
    desk = Desk()
    desk.directory.is_down = True
    for _ in range(2):
        with pytest.raises(Temporary, match="could not be looked up: it does not answer"):
            desk.book.current()


def test_a_home_that_an_earlier_process_found_is_kept_by_its_id_and_one_that_nobody_ever_found_is_not():
    desk = Desk()
    desk.book.current()
    kept = json.loads(json.dumps(desk.book.found))
    desk.directory.places = {"Sr IT": SR_IT}
    kept.pop("Tier 3 > Seniors")
    later = HomeBook(a_connection(desk.directory, "connectwise"), a_policy(), lambda: desk.now, lambda: kept)
    homes = later.current()
    assert homes.places == {1: DESK, 3: SR_IT}
    assert set(homes.unresolved) == {2}
    assert len(later.wrong) == 2
    assert set(later.found) == {"Service Desk > First Touch", "Sr IT"}
