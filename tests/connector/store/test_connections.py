"""What is remembered of a connection, its signing keys, and the workers' signs of life."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from connector.clock import VirtualClock
from connector.store.connections import ENFORCE, TURNS, Connections, ConnectionState
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.heartbeats import beat, last_cycle_at, prune_beats
from connector.store.mailbox import Mailbox
from connector.store.signing_keys import SigningKeyStore
from tests.connector.mailboxes import PATIENCE, START, in_thread

HOUR = timedelta(hours=1)


@pytest.fixture
def connections(mailbox: Mailbox) -> Connections:
    return Connections(mailbox.store)


def test_a_connection_is_made_once_with_a_secret_of_its_own(connections: Connections, clock: VirtualClock) -> None:
    first = connections.ensure("psa", "observe", "v1")
    assert (first.first_started_at, first.adopted_at, first.mode, first.policy_version) == (
        START,
        START,
        "observe",
        "v1",
    )
    assert (first.polled_until, first.swept_at, first.state) == (None, None, {})
    assert len(bytes.fromhex(first.marker_key)) == 32
    assert first.marker_key not in repr(first)
    clock.advance(HOUR)
    again = connections.ensure("psa", "observe", "v1")
    assert (again.first_started_at, again.adopted_at, again.marker_key) == (START, START, first.marker_key)
    assert connections.ensure("other", "observe", "v1").marker_key != first.marker_key


def test_what_was_learned_is_forgotten_only_while_it_is_still_the_same(connections: Connections) -> None:
    connections.ensure("psa", "enforce", "v1")
    connections.update_state("psa", {"stop": {"at": "9:00"}, "other": 1})
    assert not connections.forget("psa", "stop", {"at": "8:00"})
    assert connections.get("psa").state == {"stop": {"at": "9:00"}, "other": 1}
    assert connections.forget("psa", "stop", {"at": "9:00"})
    assert not connections.forget("psa", "stop", {"at": "9:00"})
    assert connections.get("psa").state == {"other": 1}


def test_switching_to_enforce_adopts_the_open_tickets_anew_and_switching_back_does_not(
    connections: Connections, clock: VirtualClock
) -> None:
    connections.ensure("psa", "observe", "v1")
    clock.advance(HOUR)
    enforcing = connections.ensure("psa", "enforce", "v1")
    assert (enforcing.mode, enforcing.adopted_at, enforcing.first_started_at) == ("enforce", START + HOUR, START)
    clock.advance(HOUR)
    observing = connections.ensure("psa", "observe", "v1")
    assert (observing.mode, observing.adopted_at) == ("observe", START + HOUR)


def test_a_new_policy_is_remembered(connections: Connections) -> None:
    connections.ensure("psa", "enforce", "v1")
    assert connections.ensure("psa", "enforce", "v2").policy_version == "v2"
    assert connections.get("psa").policy_version == "v2"


def test_several_processes_that_start_at_once_make_one_connection(
    mailbox: Mailbox, database_url: str, open_store: Callable[..., Store]
) -> None:
    together = threading.Barrier(4)

    def start(store: Store) -> ConnectionState:
        together.wait(PATIENCE)
        return Connections(store).ensure("psa", "observe", "v1")

    stores = [open_store(database_url) for _ in range(4)]
    futures = [in_thread(lambda s=store: start(s)) for store in stores]
    states = [future.result(PATIENCE) for future in futures]
    assert len({state.marker_key for state in states}) == 1


def test_how_far_it_was_polled_and_swept_is_remembered(connections: Connections) -> None:
    connections.ensure("psa", "observe", "v1")
    connections.set_polled_until("psa", START + HOUR)
    connections.set_swept("psa", START + 2 * HOUR)
    state = connections.get("psa")
    assert (state.polled_until, state.swept_at) == (START + HOUR, START + 2 * HOUR)


def test_the_free_form_state_is_merged_name_by_name(connections: Connections) -> None:
    connections.ensure("psa", "observe", "v1")
    assert connections.update_state("psa", {"a": 1, "b": [2]}) == {"a": 1, "b": [2]}
    assert connections.update_state("psa", {"a": None, "c": "3"}) == {"b": [2], "c": "3"}
    assert connections.get("psa").state == {"b": [2], "c": "3"}


def test_a_connection_that_never_started_is_an_error(connections: Connections) -> None:
    for call in (
        lambda: connections.get("none"),
        lambda: connections.set_swept("none", START),
        lambda: connections.update_state("none", {}),
    ):
        with pytest.raises(StoreError, match="never started"):
            call()


def test_a_signing_key_is_kept_by_reference_and_replaced(mailbox: Mailbox, clock: VirtualClock) -> None:
    keys, others = SigningKeyStore(mailbox.store, "psa"), SigningKeyStore(mailbox.store, "other")
    assert keys.get("ref") is None
    keys.put("ref", "key one")
    clock.advance(HOUR)
    keys.put("ref two", "key two")
    assert keys.get("ref") == ("key one", START)
    keys.put("ref", "key three")
    assert keys.get("ref") == ("key three", START + HOUR)
    assert others.get("ref") is None


def test_the_last_cycle_is_that_of_the_worker_seen_last(mailbox: Mailbox, clock: VirtualClock) -> None:
    store = mailbox.store
    assert last_cycle_at(store) is None
    beat(store, "one")
    clock.advance(HOUR)
    beat(store, "two")
    clock.advance(HOUR)
    beat(store, "one")
    assert last_cycle_at(store) == START + 2 * HOUR
    assert prune_beats(store, START + 2 * HOUR) == 1
    assert prune_beats(store, START + 2 * HOUR) == 0
    assert last_cycle_at(store) == START + 2 * HOUR


def test_many_workers_at_once_still_go_round_fairly(database_url: str, open_store: Callable[..., Store]) -> None:
    stores = [open_store(database_url) for _ in range(4)]
    Connections(stores[0]).ensure("psa", ENFORCE, "v1")
    loads = dict.fromkeys(("ann", "bob", "cid"), 0)

    def choose(store: Store) -> list[str]:
        return [Connections(store).take_turn("psa", "2/31", loads, timedelta()) for _ in range(6)]

    chosen = [
        member
        for future in [in_thread(partial(choose, store)) for store in stores]
        for member in future.result(PATIENCE)
    ]
    assert Counter(chosen) == {"ann": 8, "bob": 8, "cid": 8}
    assert Connections(stores[0]).get("psa").state[TURNS].keys() == {"2/31"}


def test_turns_need_a_connection_that_was_started(database_url: str, open_store: Callable[..., Store]) -> None:
    with pytest.raises(StoreError, match="never started"):
        Connections(open_store(database_url)).take_turn("psa", "x", {"ann": 0}, timedelta())
