"""Which policy and mode are in force: the last start's, and when its workers are silent those of one that lives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest

from connector.clock import VirtualClock
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.editions import Edition, Editions
from connector.store.heartbeats import beat
from connector.store.mailbox import Mailbox
from connector.store.policy_log import PolicyLog
from tests.connector.mailboxes import PATIENCE, beat_of_before, in_thread

OLD, NEW = Edition("observe", "v1", document={"tiers": [1]}), Edition("enforce", "v2", document={"tiers": [2]})
BOTH = ("one", "two")


def on(edition: Edition, names: Sequence[str] = BOTH) -> dict[str, Edition]:
    return dict.fromkeys(names, edition)


@pytest.fixture
def editions(mailbox: Mailbox) -> Editions:
    return Editions(mailbox.store)


def in_force(editions: Editions) -> list[str]:
    connections = Connections(editions.store)
    return [connections.get(name).edition for name in BOTH]


def test_the_last_start_puts_its_own_in_force_on_all_connections_and_in_the_log(editions: Editions) -> None:
    editions.start(on(OLD))
    editions.start(on(NEW))
    assert in_force(editions) == [NEW.name, NEW.name]
    assert editions.others(on(NEW)) == {}
    assert editions.others(on(OLD)) == dict.fromkeys(BOTH, NEW.name)
    editions.start(on(OLD))
    editions.start(on(OLD))
    assert in_force(editions) == [OLD.name, OLD.name]
    assert [(row.version, row.document["tiers"]) for row in PolicyLog(editions.store).rows()] == [
        ("v1", [1]),
        ("v2", [2]),
        ("v1", [1]),
    ]


def test_those_that_wait_take_over_a_minute_after_the_last_sign_of_life(
    editions: Editions, clock: VirtualClock
) -> None:
    editions.start(on(OLD))
    editions.start(on(NEW))
    clock.advance(timedelta(seconds=60))
    assert not editions.take_over(on(OLD))  # it was started a minute ago, and may not have come to give one yet
    beat_of_before(editions.store, "new", NEW.name)
    clock.advance(timedelta(seconds=60))
    assert not editions.take_over(on(OLD))
    assert in_force(editions) == [NEW.name, NEW.name]
    clock.advance(timedelta(seconds=1))
    beat(editions.store, "from before")  # unknown is not in force
    assert editions.take_over(on(OLD))
    assert in_force(editions) == [OLD.name, OLD.name]


def test_where_its_own_is_in_force_there_is_nothing_to_take_over(editions: Editions, clock: VirtualClock) -> None:
    editions.start(on(OLD))
    clock.advance(timedelta(hours=1))
    assert editions.take_over(on(OLD))
    assert len(PolicyLog(editions.store).rows()) == 1


def test_workers_with_other_connections_have_nothing_to_do_with_it(editions: Editions, clock: VirtualClock) -> None:
    editions.start(on(OLD, ("one",)))
    editions.start(on(NEW, ("two",)))
    assert (editions.others(on(OLD, ("one",))), editions.others(on(NEW, ("two",)))) == ({}, {})


def test_whether_a_worker_of_another_edition_lives(editions: Editions, clock: VirtualClock) -> None:
    since = clock.now()
    assert not editions.has_living_others("one", NEW.name, since)
    beat_of_before(editions.store, "new", NEW.name)
    assert not editions.has_living_others("one", NEW.name, since)
    beat(editions.store, "from before")
    assert editions.has_living_others("one", NEW.name, since)


def test_a_worker_has_an_edition_of_its_own_on_each_connection(editions: Editions, clock: VirtualClock) -> None:
    since = clock.now()
    editions.start({"one": OLD, "two": NEW})
    assert in_force(editions) == [OLD.name, NEW.name]
    assert editions.others({"one": OLD, "two": NEW}) == {}
    clock.advance(timedelta(seconds=90))
    beat(editions.store, "both", {"one": OLD.name, "two": NEW.name})
    assert [editions.has_living_others(name, OLD.name, since) for name in BOTH] == [False, True]
    assert not editions.take_over(on(NEW))
    assert in_force(editions) == [OLD.name, NEW.name]
    clock.advance(timedelta(seconds=61))
    assert editions.take_over(on(NEW))
    assert in_force(editions) == [NEW.name, NEW.name]


def test_of_several_that_start_at_once_the_later_one_is_in_force_on_every_connection(
    database_url: str, open_store: Callable[..., Store]
) -> None:
    all_ = [Editions(open_store(database_url)) for _ in range(4)]
    made = [Edition("enforce", f"v{n}") for n in range(4)]
    for future in [in_thread(partial(one.start, on(edition))) for one, edition in zip(all_, made, strict=True)]:
        future.result(PATIENCE)
    one, other = in_force(all_[0])
    rows = PolicyLog(all_[0].store).rows()
    assert (one, other) == (f"enforce {rows[-1].version}",) * 2
    assert len(rows) == 4
