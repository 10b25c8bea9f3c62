"""Whether a worker's policy and mode are in force: asked seldom, believed for a while, and taken over with patience."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.editions import Edition, Editions
from connector.store.heartbeats import last_cycle_at
from connector.store.troubles import TroubleKind, Troubles
from connector.worker.standing import Standing
from tests.builders import NINE, minutes
from tests.connector.mailboxes import beat_of_before

OLD, NEW = Edition("observe", "v1"), Edition("enforce", "v2")


class Watch:
    """A time that passes when it is told to, for the database and for the worker."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock

    def __call__(self) -> float:
        return self.clock.now().timestamp()

    def passes(self, seconds: float) -> None:
        self.clock.advance(minutes(seconds / 60))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NINE)


@pytest.fixture
def store(sqlite_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Store:
    return open_store(sqlite_url, clock)


def standing(store: Store, clock: VirtualClock, again: list[str]) -> tuple[Standing, Watch]:
    """A worker of the old edition, started, and its watch. ``again``: grows when its own is in force again."""
    watch = Watch(clock)
    made = Standing(store, {"psa": OLD}, lambda: again.append("again"), watch)
    made.start()
    return made, watch


def test_the_database_is_not_asked_for_each_claim(store: Store, clock: VirtualClock) -> None:
    made, watch = standing(store, clock, [])
    Editions(store).start({"psa": NEW})
    assert made.may_claim("psa")
    watch.passes(9.9)
    assert made.may_claim("psa")
    watch.passes(0.1)
    assert not made.may_claim("psa")


def test_with_a_sign_of_life_it_is_asked_every_five_seconds(store: Store, clock: VirtualClock) -> None:
    made, watch = standing(store, clock, [])
    Editions(store).start({"psa": NEW})
    made.beat("old")
    assert made.may_claim("psa")
    watch.passes(5)
    made.beat("old")
    assert not made.may_claim("psa")
    (trouble,) = Troubles(store).all()
    assert (trouble.connection, trouble.kind, trouble.name) == ("psa", TroubleKind.OTHER_EDITION, OLD.name)
    assert trouble.cause == (
        "a worker with the mode observe and the policy v1 claims nothing: the mode enforce and the policy v2 are in "
        "force, those of the last start"
    )


def test_a_sign_of_life_within_a_second_of_the_one_before_says_nothing_new(store: Store, clock: VirtualClock) -> None:
    now = [0.0]
    made = Standing(store, {"psa": OLD}, lambda: None, lambda: now[0])
    seen = []
    for now[0] in (0.0, 0.9, 1.0):
        clock.advance(minutes(1))
        made.beat("w1")
        seen.append(last_cycle_at(store, "w1"))
    assert seen == [NINE + minutes(1), NINE + minutes(1), NINE + minutes(3)]


def test_after_a_time_without_the_database_the_others_are_given_some_to_come_back(
    store: Store, clock: VirtualClock
) -> None:
    again: list[str] = []
    made, watch = standing(store, clock, again)
    Editions(store).start({"psa": NEW})
    beat_of_before(store, "new", NEW.name)
    watch.passes(120)  # the database was away
    made.beat("old")
    assert not made.may_claim("psa")
    watch.passes(10)
    beat_of_before(store, "new", NEW.name)
    for _ in range(13):
        assert not made.may_claim("psa")
        watch.passes(5)
        made.beat("old")
    assert made.may_claim("psa")
    assert again == ["again"]
    assert Troubles(store).all() == []


def test_what_follows_from_being_in_force_again_is_done_again_where_the_database_failed_it(
    store: Store, clock: VirtualClock
) -> None:
    failures = [StoreUnavailable("away")]
    watch = Watch(clock)

    def again() -> None:
        if failures:
            raise failures.pop()

    made = Standing(store, {"psa": OLD}, again, watch)
    made.start()
    Editions(store).start({"psa": NEW})
    watch.passes(5)
    made.beat("old")
    Editions(store).start({"psa": OLD})
    watch.passes(5)
    with pytest.raises(StoreUnavailable):
        made.beat("old")
    made.beat("old")
    assert (made.may_claim("psa"), failures) == (True, [])


def test_a_worker_that_serves_other_connections_alone_keeps_nobody_waiting(store: Store, clock: VirtualClock) -> None:
    watch = Watch(clock)
    elsewhere = Standing(store, {"halo": OLD}, lambda: None, watch)
    waiting = Standing(store, {"psa": NEW}, lambda: None, watch)
    elsewhere.start()
    waiting.start()
    Standing(store, {"psa": OLD}, lambda: None, watch).start()  # and ends
    for _ in range(24):
        watch.passes(5)
        elsewhere.beat("elsewhere")
        waiting.beat("waiting")
    assert waiting.may_claim("psa")
    assert elsewhere.may_claim("halo")
    assert Troubles(store).all() == []


def test_another_edition_on_one_connection_stops_no_other(store: Store, clock: VirtualClock) -> None:
    watch, again = Watch(clock), list[str]()
    both = Standing(store, {"halo": OLD, "psa": OLD}, lambda: again.append("again"), watch)
    both.start()
    newer = Standing(store, {"psa": NEW}, lambda: None, watch)
    newer.start()
    for _ in range(24):
        watch.passes(5)
        both.beat("both")
        newer.beat("newer")
    assert (both.may_claim("psa"), both.may_claim("halo"), newer.may_claim("psa")) == (False, True, True)
    (trouble,) = Troubles(store).all()
    assert (trouble.connection, trouble.name) == ("psa", OLD.name)
    for _ in range(24):
        watch.passes(5)
        both.beat("both")
    assert both.may_claim("psa")
    assert again == ["again"]
    assert Troubles(store).all() == []


def test_a_worker_that_does_not_say_which_connections_it_serves_may_serve_any(
    store: Store, clock: VirtualClock
) -> None:
    made, watch = standing(store, clock, [])
    Editions(store).start({"psa": NEW})
    for _ in range(24):
        watch.passes(5)
        beat_of_before(store, "new", NEW.name)
        made.beat("old")
    assert not made.may_claim("psa")
