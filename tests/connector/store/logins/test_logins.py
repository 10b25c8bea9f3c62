"""Tries and void sessions, as all web processes share them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.database.tables import login_try, void_session
from connector.store.logins.tries import FIRST_WAIT, KEPT, LONGEST_WAIT, Counted, LoginTries, wait_after
from connector.store.logins.void import VoidSessions

USER, ADDRESS = Counted("user", 3), Counted("address", 5)
LONGEST = timedelta(hours=12)
NOW = timedelta(0)


@pytest.fixture
def store(database_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Store:
    return open_store(database_url, clock)


def count(store: Store, table) -> int:
    with store.reading() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_after_the_free_tries_each_has_to_wait_and_longer_each_time(store: Store, clock: VirtualClock) -> None:
    tries = LoginTries(store)
    assert [tries.take([USER]).is_slowed for _ in range(3)] == [False, False, True]
    assert tries.take([USER]).wait == FIRST_WAIT
    clock.advance(FIRST_WAIT - timedelta(seconds=1))
    assert tries.take([USER]).wait == timedelta(seconds=1)
    clock.advance(timedelta(seconds=1))
    assert tries.take([USER]).wait == NOW
    assert tries.take([USER]).wait == 2 * FIRST_WAIT


def test_waits_double_up_to_the_longest() -> None:
    minutes = [wait_after(tries, 3) / timedelta(minutes=1) for tries in (0, 2, 3, 4, 5, 6, 7, 8, 1_000_000)]
    assert minutes == [0, 0, 1, 2, 4, 8, 15, 15, 15]
    assert timedelta(minutes=15) == LONGEST_WAIT < KEPT


def test_of_what_is_counted_the_longest_wait_holds_and_a_try_that_waits_is_not_counted(
    store: Store, clock: VirtualClock
) -> None:
    tries = LoginTries(store)
    for _ in range(3):
        assert tries.take([USER, ADDRESS]).wait == NOW
    for _ in range(10):
        assert tries.take([USER, ADDRESS]).wait == FIRST_WAIT
    assert tries.take([ADDRESS]).wait == NOW
    assert tries.take([ADDRESS, Counted("other", 3)]).is_slowed
    assert tries.take([ADDRESS]).wait == FIRST_WAIT


def test_a_try_that_has_to_wait_writes_nothing(store: Store, clock: VirtualClock, monkeypatch) -> None:
    tries = LoginTries(store)
    for _ in range(3):
        tries.take([USER])
    with monkeypatch.context() as patched:
        patched.setattr(store, "writing", lambda: pytest.fail("it writes"))
        assert tries.take([USER, ADDRESS]).wait == FIRST_WAIT
    clock.advance(FIRST_WAIT)
    assert tries.take([USER, ADDRESS]).wait == NOW


def test_a_right_password_begins_anew_and_gives_its_own_try_back_to_others(store: Store) -> None:
    tries = LoginTries(store)
    for _ in range(3):
        tries.take([USER, ADDRESS])
    tries.was_right([USER.key], [ADDRESS.key])
    assert [tries.take([USER]).wait == NOW for _ in range(4)] == [True, True, True, False]
    assert [tries.take([ADDRESS]).wait == NOW for _ in range(4)] == [True, True, True, False]


def test_what_is_an_hour_old_is_forgotten_and_deleted(store: Store, clock: VirtualClock) -> None:
    tries = LoginTries(store)
    for _ in range(3):
        tries.take([USER, ADDRESS])
    clock.advance(KEPT)
    assert tries.take([USER]) == tries.take([Counted("another", 3)])
    assert count(store, login_try) == 2


def test_of_many_tries_at_once_the_free_ones_are_admitted_and_no_more(store: Store) -> None:
    tries, found = LoginTries(store), []
    at_once = threading.Barrier(6)

    def try_it(order) -> None:
        at_once.wait()
        found.extend(tries.take(order).wait for _ in range(2))

    threads = [threading.Thread(target=try_it, args=([USER, ADDRESS][:: 1 if n % 2 else -1],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [NOW] * 3 + [FIRST_WAIT] * 9


def test_a_session_that_was_ended_is_void_and_no_other(store: Store, clock: VirtualClock) -> None:
    void, begun_at = VoidSessions(store, LONGEST), clock.now()
    clock.advance(timedelta(minutes=1))
    void.add("ruth", "one")
    assert void.holds("ruth", "one", begun_at)
    assert not void.holds("ruth", "two", begun_at)
    assert not void.holds("bo", "one", begun_at)


def test_who_logs_out_everywhere_has_no_session_of_before_and_may_begin_one(store: Store, clock: VirtualClock) -> None:
    void, begun_at = VoidSessions(store, LONGEST), clock.now()
    clock.advance(timedelta(minutes=1))
    void.add("ruth")
    assert void.holds("ruth", "one", begun_at)
    assert void.holds("ruth", "two", clock.now())
    assert not void.holds("bo", "one", begun_at)
    clock.advance(timedelta(microseconds=1))
    assert not void.holds("ruth", "three", clock.now())
    void.add("ruth")
    assert void.holds("ruth", "three", clock.now())


def test_what_no_session_can_be_older_than_is_deleted(store: Store, clock: VirtualClock) -> None:
    void = VoidSessions(store, LONGEST)
    void.add("ruth")
    void.add("bo", "one")
    clock.advance(LONGEST - timedelta(seconds=1))
    void.add("cy")
    assert count(store, void_session) == 3
    clock.advance(timedelta(seconds=1))
    void.add("cy")
    assert count(store, void_session) == 1


def test_of_many_who_spend_the_same_one_does(store: Store, clock: VirtualClock) -> None:
    void, found = VoidSessions(store, LONGEST), []
    at_once = threading.Barrier(4)

    def spend() -> None:
        at_once.wait()
        found.append(void.spend("a way", "once", timedelta(minutes=20)))

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
    assert void.spend("another way", "once", timedelta(minutes=20))
    clock.advance(timedelta(minutes=20))
    assert void.spend("a third way", "once", timedelta(minutes=20))
    assert count(store, void_session) == 1
