"""Places at the brake: never more than an hour has, however many ask at once, and none that a dead worker keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from connector.clock import VirtualClock
from connector.store import audit
from connector.store.database.engine import Store
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.pace.brake import BrakePlace, Brakes, MustWait
from connector.store.records import PACE, Braked
from tests.connector.mailboxes import PATIENCE, START, a_held_ticket, all_done, claim_all, steps_of

HOUR = timedelta(hours=1)


@pytest.fixture
def brakes(mailbox: Mailbox) -> Brakes:
    return Brakes(mailbox.store)


@pytest.fixture
def other(database_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Brakes:
    """The brake as another process sees it."""
    return Brakes(open_store(database_url, clock))


def a_place(ticket: str, per_hour: int = 3, *, is_bound: bool = True, due_at: datetime = START) -> BrakePlace:
    return BrakePlace("psa", ticket, Braked(f"psa/{ticket}/s/fix", due_at, "default"), per_hour, is_bound=is_bound)


def took(brakes: Brakes, place: BrakePlace) -> bool:
    with brakes.store.writing() as conn:
        try:
            place.take(conn, brakes.store.now(conn))
        except MustWait:
            return False
    return True


def queued(mailbox: Mailbox, *tickets: str) -> None:
    """Escalations that wait, the first one due first."""
    for n, ticket in enumerate(tickets):
        claim = a_held_ticket(mailbox, ticket)
        wait = a_place(ticket, due_at=START - HOUR + timedelta(minutes=n)).wait
        mailbox.finish([all_done(claim, snapshot={"braked": wait.saga}, braked=wait)])
        chores = [claim for claim in claim_all(mailbox) if claim.ticket == PACE]
        mailbox.finish([all_done(one, is_gone=True) for one in chores])


def test_two_processes_take_no_more_places_than_there_are(brakes: Brakes, other: Brakes) -> None:
    together = threading.Barrier(12)

    def ask(number: int) -> bool:
        together.wait(PATIENCE)
        return took((brakes, other)[number % 2], a_place(str(number), 5))

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(ask, range(12))) == 5
    assert len(brakes.standing("psa").passed) == 5


def test_a_place_is_taken_with_the_step_that_it_is_for_or_not_at_all(mailbox: Mailbox, brakes: Brakes) -> None:
    journal, claim = Journal(mailbox.store), a_held_ticket(mailbox)
    journal.begin(claim, "psa/1/s/fix", 1, {}, place=a_place("1", 1))
    assert brakes.standing("psa").passed == (START,)
    second = a_held_ticket(mailbox, "2")
    with pytest.raises(MustWait):
        journal.begin(second, "psa/2/s/fix", 1, {}, place=a_place("2", 1))
    assert steps_of(journal, "psa/2/") == []
    journal.begin(claim, "psa/1/s/fix", 1, {"again": True}, place=a_place("1", 1))
    assert brakes.standing("psa").passed == (START,)


def test_a_place_counts_for_an_hour(brakes: Brakes, clock: VirtualClock) -> None:
    assert took(brakes, a_place("1", 1))
    clock.advance(HOUR - timedelta(microseconds=1))
    assert not took(brakes, a_place("2", 1))
    clock.advance(timedelta(microseconds=1))
    assert took(brakes, a_place("2", 1))


def test_what_is_not_bound_passes_and_counts(brakes: Brakes) -> None:
    assert took(brakes, a_place("1", 1))
    assert took(brakes, a_place("2", 1, is_bound=False))
    assert len(brakes.standing("psa").passed) == 2


def test_who_comes_later_waits_behind_those_that_wait(mailbox: Mailbox, brakes: Brakes) -> None:
    queued(mailbox, "1")
    assert not took(brakes, a_place("2", 3))
    assert brakes.let_go_next("psa", ["default"], 3)
    assert took(brakes, a_place("1", 3))
    assert took(brakes, a_place("2", 3))


def test_the_first_that_is_due_goes_first_and_only_by_a_calendar_that_is_open(mailbox: Mailbox, brakes: Brakes) -> None:
    queued(mailbox, "7", "5", "6")
    assert not brakes.let_go_next("psa", ["elsewhere"], 3)
    assert [brakes.ahead_of("psa", ticket) for ticket in ("7", "5", "6", "8")] == [0, 1, 2, None]
    assert brakes.let_go_next("psa", ["default"], 3)
    assert [claim.ticket for claim in claim_all(mailbox)] == ["7"]
    assert brakes.standing("psa").count == 2


def test_two_processes_let_no_more_go_than_there_are_places(mailbox: Mailbox, brakes: Brakes, other: Brakes) -> None:
    queued(mailbox, *map(str, range(1, 9)))
    together = threading.Barrier(8)

    def let_go(number: int) -> bool:
        together.wait(PATIENCE)
        return (brakes, other)[number % 2].let_go_next("psa", ["default"], 3)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(let_go, range(8)))
    standing = brakes.standing("psa")
    assert len(standing.passed) <= 3
    assert (standing.count, len(standing.passed)) == (8 - len(standing.passed), len(standing.passed))


def test_held_nothing_passes_and_what_was_let_go_waits_again_until_all_is_released(
    mailbox: Mailbox, brakes: Brakes
) -> None:
    queued(mailbox, "1", "2")
    assert brakes.let_go_next("psa", ["default"], 3)
    brakes.hold("psa", "tests")
    brakes.hold("psa", "tests")
    assert (brakes.is_held("psa"), brakes.standing("psa").count) == (True, 2)
    assert not took(brakes, a_place("1", 0))
    assert brakes.is_free(a_place("3", 0), None) is None
    assert took(brakes, a_place("3", 3, is_bound=False))
    assert brakes.release("psa", "tests") == 2
    assert not brakes.is_held("psa")
    assert brakes.standing("psa").passed == ()
    assert all(took(brakes, a_place(ticket)) for ticket in ("1", "2"))
    told = [(row.event, row.detail) for row in audit.events(brakes.store, "psa") if row.event.startswith("brake")]
    assert told == [("brake held", {"by": "tests"}), ("brake released", {"by": "tests"})]


def test_what_no_longer_waits_leaves_the_queue_with_its_turn(mailbox: Mailbox, brakes: Brakes) -> None:
    queued(mailbox, "1", "2")
    mailbox.schedule("psa", "1", START)
    [claim] = [one for one in claim_all(mailbox) if one.ticket == "1"]
    mailbox.finish([all_done(claim, snapshot={})])
    assert brakes.standing("psa").count == 1
    assert brakes.ahead_of("psa", "1") is None


def test_places_are_forgotten_after_a_day_and_what_waits_is_not(
    mailbox: Mailbox, brakes: Brakes, clock: VirtualClock
) -> None:
    assert took(brakes, a_place("1"))
    queued(mailbox, "2")
    clock.advance(timedelta(hours=25))
    brakes.prune()
    with brakes.store.reading() as conn:
        assert conn.exec_driver_sql("SELECT saga FROM braked").scalars().all() == ["psa/2/s/fix"]


def test_the_next_place_is_free_evenly_and_never_more_than_the_hours_number(
    brakes: Brakes, clock: VirtualClock
) -> None:
    assert brakes.standing("psa").free_at(3, START) == START
    took(brakes, a_place("1"))
    assert brakes.standing("psa").free_at(3, START) == START + timedelta(minutes=20)
    clock.advance(timedelta(minutes=10))
    took(brakes, a_place("2"))
    took(brakes, a_place("3"))
    assert brakes.standing("psa").free_at(3, clock.now()) == START + HOUR
    assert brakes.standing("psa").free_at(0, clock.now()) == clock.now()
