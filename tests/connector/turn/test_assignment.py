"""Who gets a ticket on arrival: only active people, fairly, and the queue where there is nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.connection.state import ConnectionBook
from connector.errors import Temporary, UnknownName
from connector.model import Person, Place
from connector.policy.policy import LEAST_LOADED, QUEUE, ROUND_ROBIN
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.turn.assignment import FRESH, NOBODY_AVAILABLE, Assigner, Assignment
from tests.builders import SR_IT, TIER_3, a_tier, at
from tests.doubles import a_system

ANN, BOB, CID = (
    Person(f"{n}", name.lower(), f"{name} Adams", open_tickets=4 - n) for n, name in enumerate(("Ann", "Bob", "Cid"))
)
GONE = Person("9", "gus", "Gus Gone", is_active=False, open_tickets=0)


class System:
    """A ticket system of which only the people are asked."""

    def __init__(self, *people: Person) -> None:
        self.staff: Sequence[Person] = people
        self.error: Exception | None = None

    def people(self, place: Place) -> list[Person]:
        if self.error:
            raise self.error
        return list(self.staff)

    def member(self, name: str) -> Person:
        found = next((person for person in self.staff if person.identifier == name), None)
        if found is None:
            raise UnknownName("member", name)
        return found


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("09:00"))


@pytest.fixture
def book(sqlite_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> ConnectionBook:
    connections = Connections(open_store(sqlite_url, clock))
    connections.ensure("psa", "enforce", "v1")
    return ConnectionBook(connections, "psa")


def assigner(book: ConnectionBook, *people: Person) -> Assigner:
    return Assigner(a_system(System(*people)), book)


def test_the_queue_is_nobodys_and_asks_nobody(book):
    chooser = assigner(book)
    chooser.system.directory.error = Temporary("down")
    assert chooser.choose(a_tier(2), TIER_3) == Assignment(None, "in the queue of Tier 3 / Service Desk Manager", QUEUE)


def test_a_fixed_member_gets_it_while_active(book):
    chooser = assigner(book, ANN, GONE)
    assert chooser.choose(a_tier(2, assign="ann"), TIER_3) == Assignment(ANN, "Ann Adams becomes the owner", "member")
    assert chooser.choose(a_tier(2, assign="gus"), TIER_3) == Assignment(
        None,
        "in the queue of Tier 3 / Service Desk Manager: Gus Gone, who is configured to get it, is not active",
        NOBODY_AVAILABLE,
    )
    with pytest.raises(UnknownName):
        chooser.choose(a_tier(2, assign="nix"), TIER_3)


@pytest.mark.parametrize("assign", [ROUND_ROBIN, LEAST_LOADED])
@pytest.mark.parametrize("people", [(), (GONE,)])
def test_where_nobody_is_available_it_stays_in_the_queue_and_the_note_says_so(book, assign, people):
    assert assigner(book, *people).choose(a_tier(2, assign=assign), TIER_3) == Assignment(
        None, "in the queue of Tier 3 / Service Desk Manager: nobody is available there", NOBODY_AVAILABLE
    )


def test_a_look_up_that_failed_is_not_nobody(book):
    chooser = assigner(book, ANN)
    chooser.system.directory.error = Temporary("down")
    with pytest.raises(Temporary):
        chooser.choose(a_tier(2, assign=ROUND_ROBIN), TIER_3)


@pytest.mark.process("reassign")
def test_each_has_his_turn_and_places_have_turns_of_their_own(book):
    chooser, tier = assigner(book, CID, BOB, GONE, ANN), a_tier(2, assign=ROUND_ROBIN)
    chosen = [chooser.choose(tier, TIER_3) for _ in range(7)]
    assert [one.person.identifier for one in chosen] == ["ann", "bob", "cid", "ann", "bob", "cid", "ann"]
    assert (chosen[0].words, chosen[0].how) == ("Ann Adams becomes the owner, in turn", ROUND_ROBIN)
    assert chooser.choose(tier, SR_IT).person is ANN


def test_whoever_comes_new_has_the_next_turn_and_whoever_left_has_none(book):
    tier = a_tier(2, assign=ROUND_ROBIN)
    assert [assigner(book, ANN, BOB).choose(tier, TIER_3).person for _ in range(2)] == [ANN, BOB]
    assert assigner(book, ANN, BOB, CID).choose(tier, TIER_3).person is CID
    assert assigner(book, BOB, CID).choose(tier, TIER_3).person is BOB


@pytest.mark.process("reassign")
def test_the_one_with_the_fewest_open_tickets_gets_it(book):
    chosen = assigner(book, ANN, BOB, CID, GONE).choose(a_tier(2, assign=LEAST_LOADED), TIER_3)
    assert (chosen.person, chosen.words, chosen.how) == (
        CID,
        "Cid Adams becomes the owner, with the fewest open tickets",
        LEAST_LOADED,
    )


def test_a_choice_just_made_counts_as_load_until_the_ticket_systems_figures_show_it(book, clock):
    idle = [replace(person, open_tickets=2) for person in (ANN, BOB)]
    chooser, tier = assigner(book, *idle), a_tier(2, assign=LEAST_LOADED)
    assert [chooser.choose(tier, TIER_3).person.identifier for _ in range(4)] == ["ann", "bob", "ann", "bob"]
    busy = [replace(ANN, open_tickets=3), replace(BOB, open_tickets=2)]
    clock.advance(FRESH + timedelta(seconds=1))
    assert [assigner(book, *busy).choose(tier, TIER_3).person.identifier for _ in range(2)] == ["bob", "ann"]


def test_people_without_a_figure_count_as_idle(book):
    unknown = replace(ANN, open_tickets=None)
    assert (
        assigner(book, unknown, replace(BOB, open_tickets=1)).choose(a_tier(2, assign=LEAST_LOADED), TIER_3).person
        is unknown
    )


def test_an_earlier_try_of_the_same_escalation_keeps_whom_it_chose(book):
    chooser, tier = assigner(book, ANN, BOB), a_tier(2, assign=ROUND_ROBIN)
    assert chooser.choose(tier, TIER_3).person is ANN
    assert chooser.choose(tier, TIER_3, kept="ann").person is ANN
    assert chooser.choose(tier, TIER_3, kept="gus").person is BOB


def test_observing_tells_whose_turn_it_is_and_uses_none_up(book):
    tier = a_tier(2, assign=ROUND_ROBIN)
    observer = Assigner(a_system(System(ANN, BOB)), book, keeps_turns=False)
    assert [observer.choose(tier, TIER_3).person for _ in range(3)] == [ANN, ANN, ANN]
    assert assigner(book, ANN, BOB).choose(tier, TIER_3).person == ANN
    assert observer.choose(tier, TIER_3).person == BOB
