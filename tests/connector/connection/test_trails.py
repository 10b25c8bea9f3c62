"""The audit trail of a ticket system: asked where it can be read, left alone for a while where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from connector.clock import VirtualClock
from connector.connection.trails import LEFT_ALONE, LEFT_ALONE_SHORTLY, Trails
from connector.errors import Busy, Forbidden, NotFound, OutcomeUnknown, PayloadError, Permanent, Temporary, UnknownName
from connector.model import Aspect, Change, Doer, Place, Status, TicketId, Trace
from tests.builders import DESK, NEW, NINE, RESOLVED, TIER_3, WORKING, a_change, a_ticket, seen
from tests.doubles import a_system

TRACE = Trace(NINE, Aspect.PLACE, "Tier 3", "Tess Tech", Doer.PERSON)
SECOND = timedelta(seconds=1)


class Trail:
    """Answers, or raises, what it was told to; remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: tuple[Trace, ...] | Exception | None = (TRACE,)
        self.asked: list[tuple[str, datetime]] = []

    def locate(self, home: str) -> Place:
        if home != "Tier 3":
            raise UnknownName("home", home)
        return TIER_3

    def status_in(self, place: Place, name: str) -> Status:
        known = {status.name: status for status in (NEW, RESOLVED)}
        if name not in known:
            raise UnknownName("status", name)
        return known[name]

    def trail(self, ticket: TicketId, since: datetime) -> tuple[Trace, ...] | None:
        self.asked.append((ticket, since))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


@pytest.fixture
def trail() -> Trail:
    return Trail()


@pytest.fixture
def trails(trail: Trail, clock: VirtualClock) -> Trails:
    return Trails(a_system(trail), clock.now)


def ask(trails: Trails) -> tuple[Trace, ...]:
    return trails.of(TicketId("1"), NINE)


def test_what_the_trail_tells_is_handed_on(trails, trail):
    assert (ask(trails), trail.asked) == ((TRACE,), [("1", NINE)])


def test_a_system_without_a_trail_tells_nothing(trails, trail):
    trail.answer = None
    assert ask(trails) == ()


@pytest.mark.parametrize(
    ("error", "length"),
    [
        (Forbidden("Service Tickets (Inquire) is missing"), LEFT_ALONE),
        (Permanent("no"), LEFT_ALONE),
        (PayloadError("trail", "odd"), LEFT_ALONE),
        (OutcomeUnknown("who knows"), LEFT_ALONE),
        (Temporary("later"), LEFT_ALONE_SHORTLY),
        (Busy("hold still", 3.0), LEFT_ALONE_SHORTLY),
    ],
)
def test_a_trail_that_cannot_be_read_is_in_nobodys_way_and_left_alone(trails, trail, clock, error, length):
    trail.answer = error
    assert ask(trails) == ()
    trail.answer = (TRACE,)
    clock.advance(length - SECOND)
    assert (ask(trails), len(trail.asked)) == ((), 1)
    clock.advance(SECOND)
    assert (ask(trails), len(trail.asked)) == ((TRACE,), 2)


def test_a_ticket_that_is_not_found_says_nothing_of_the_others(trails, trail):
    trail.answer = NotFound("ticket 1")
    assert ask(trails) == ()
    trail.answer = (TRACE,)
    assert ask(trails) == (TRACE,)


# --- what went somewhere and came back ------------------------------------------------------------------------


def traced(second: int, what: Aspect, new: str, by: Doer = Doer.PERSON) -> Trace:
    return Trace(NINE + second * SECOND, what, new, "Sam Senior", by)


def way(trails: Trails, *traces: Trace, new: Sequence[Change] = (), known: Sequence[Change] = (), status=NEW) -> list:
    """Of a ticket that was looked at a fraction of a second past nine: each change, with how long after nine it was."""
    record = a_ticket(status=status)
    since = NINE + timedelta(milliseconds=400)
    found = trails.with_detours(record, [*seen(a_ticket(), NINE), *known], new, traces, since)
    return [(change.at - NINE, change.old, change.new) for change in found]


PLACE, STATUS = Aspect.PLACE, Aspect.STATUS
NO_TIME = timedelta(0)


def test_a_resolution_that_a_person_took_back_is_told(trails):
    told = way(trails, traced(2, STATUS, NEW.name), traced(0, STATUS, "Resolved"))
    assert told == [(NO_TIME, NEW, RESOLVED), (2 * SECOND, RESOLVED, NEW)]


def test_a_move_there_and_back_is_told_by_the_places_that_can_be_looked_up(trails):
    board = DESK.path[0].name
    there = (traced(1, PLACE, "Tier 3"), traced(1, PLACE, "Seniors"))
    assert way(trails, *there, traced(3, PLACE, board.upper())) == [
        (SECOND, DESK, TIER_3),
        (3 * SECOND, TIER_3, DESK),
    ]


def test_what_is_another_at_the_end_is_told_by_the_way_that_it_came(trails):
    found = a_change(STATUS, NEW, WORKING, NINE + 5 * SECOND)
    traces = (traced(1, STATUS, RESOLVED.name), traced(2, STATUS, WORKING.name))
    told = way(trails, *traces, new=[found], status=WORKING)
    assert told == [(SECOND, NEW, RESOLVED), (2 * SECOND, RESOLVED, WORKING)]


def test_one_change_that_a_look_found_itself_is_left_as_it_was_found(trails):
    found = a_change(STATUS, NEW, WORKING, NINE + 5 * SECOND)
    assert way(trails, traced(2, STATUS, WORKING.name), new=[found], status=WORKING) == [(5 * SECOND, NEW, WORKING)]


@pytest.mark.parametrize(
    "traces",
    [
        [],
        [traced(-1, STATUS, "Resolved"), traced(2, STATUS, NEW.name)],
        [traced(1, STATUS, "Resolved"), traced(2, STATUS, NEW.name, Doer.PROGRAM)],
        [traced(1, STATUS, "Resolved")],
        [traced(1, STATUS, "Nobody knows it"), traced(2, STATUS, NEW.name)],
        [traced(1, PLACE, "Nowhere"), traced(2, PLACE, DESK.path[0].name)],
        [traced(1, Aspect.OWNER, "sam"), traced(2, Aspect.OWNER, "")],
    ],
)
def test_what_does_not_lead_away_and_back_by_a_persons_hand_adds_nothing(trails, traces):
    assert way(trails, *traces) == []


def test_what_is_stored_of_that_time_is_not_told_again(trails):
    known = [a_change(STATUS, NEW, RESOLVED, NINE + SECOND), a_change(STATUS, RESOLVED, NEW, NINE + 2 * SECOND)]
    traces = (traced(1, STATUS, "Resolved"), traced(2, STATUS, NEW.name))
    assert way(trails, *traces, known=known) == []
