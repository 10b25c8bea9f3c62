"""What is remembered of a connection, its signing keys, and the workers' signs of life."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from connector.clock import VirtualClock
from connector.model import Mode
from connector.store.connections import (
    MOST_ACCOUNTS,
    PACED_FROM,
    RUNG_AT,
    RUNG_FOR,
    STARTED_AT,
    SURVEYED,
    TURNS,
    Connections,
    ConnectionState,
)
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.heartbeats import beat, last_cycle_at, prune_beats
from connector.store.mailbox import Mailbox
from connector.store.signing_keys import MOST_KEYS, SigningKeyStore
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
    assert (first.polled_until, first.swept_at) == (None, None)
    assert first.state == dict.fromkeys((RUNG_AT, STARTED_AT, PACED_FROM), START.isoformat())
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
    assert connections.get("psa").state["stop"] == {"at": "9:00"}
    assert connections.forget("psa", "stop", {"at": "9:00"})
    assert not connections.forget("psa", "stop", {"at": "9:00"})
    assert ("stop" in connections.get("psa").state, connections.get("psa").state["other"]) == (False, 1)


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
    clock.advance(HOUR)
    assert connections.ensure("psa", "enforce", "v1").adopted_at == START + HOUR


def test_a_connection_that_began_by_enforcing_adopts_nothing_anew_after_a_while_of_observing(
    connections: Connections, clock: VirtualClock
) -> None:
    for mode in ("enforce", "observe", "enforce"):
        assert connections.ensure("psa", mode, "v1").adopted_at == START
        clock.advance(HOUR)


def in_modes(connections: Connections, **tiers: str) -> ConnectionState:
    """A start with these modes of the tiers ``one`` and ``two``."""
    written = "/".join(tiers.values()) if len(set(tiers.values())) > 1 else next(iter(tiers.values()))
    return connections.ensure("psa", written, "v1", {name: Mode(mode) for name, mode in tiers.items()})


@pytest.mark.parametrize("before", ["observe", "warn"])
def test_a_tier_that_is_first_enforced_adopts_what_it_holds_and_only_then(
    connections: Connections, clock: VirtualClock, before: str
) -> None:
    first = in_modes(connections, one="enforce", two=before)
    assert [first.adopted_of(tier) for tier in ("one", "two", "another")] == [START] * 3
    clock.advance(HOUR)
    second = in_modes(connections, one="enforce", two="enforce")
    assert [second.adopted_of(tier) for tier in ("one", "two")] == [START, START + HOUR]
    for modes in ("observe", "enforce"):
        clock.advance(HOUR)
        later = in_modes(connections, one="enforce", two=modes)
        assert [later.adopted_of(tier) for tier in ("one", "two")] == [START, START + HOUR]


def test_a_new_tier_or_one_that_got_another_name_adopts_nothing(connections: Connections, clock: VirtualClock) -> None:
    in_modes(connections, one="enforce")
    clock.advance(HOUR)
    assert in_modes(connections, uno="enforce").adopted_of("uno") == START


def test_what_an_older_version_enforced_it_enforced_in_every_tier(
    connections: Connections, clock: VirtualClock
) -> None:
    connections.ensure("psa", "enforce", "v1")
    clock.advance(HOUR)
    in_modes(connections, one="enforce", two="observe")
    clock.advance(HOUR)
    assert in_modes(connections, one="enforce", two="enforce").adopted_of("two") == START


def test_limits_bind_what_began_while_a_tier_was_on_trial_again_from_its_end(
    connections: Connections, clock: VirtualClock
) -> None:
    in_modes(connections, one="enforce", two="enforce")
    clock.advance(HOUR)
    in_modes(connections, one="enforce", two="warn")
    clock.advance(HOUR)
    ended = in_modes(connections, one="enforce", two="enforce")
    began = START + HOUR + HOUR / 2
    assert [ended.binding_from(began, tier) for tier in ("one", "two")] == [began, START + 2 * HOUR]


def test_each_change_of_mode_or_policy_has_all_tickets_looked_at_anew(
    connections: Connections, clock: VirtualClock
) -> None:
    done = {RUNG_FOR: "enforce v1", SURVEYED: ["1"]}
    connections.ensure("psa", "enforce", "v1")
    connections.update_state("psa", done)
    clock.advance(HOUR)
    again = connections.ensure("psa", "enforce", "v1").state
    assert {key: again[key] for key in (*done, RUNG_AT)} == {**done, RUNG_AT: START.isoformat()}
    for mode, version in (("enforce", "v2"), ("observe", "v2"), ("enforce", "v1")):
        changed = connections.ensure("psa", mode, version).state
        assert (changed.keys() & done.keys(), changed[RUNG_AT]) == (set(), (START + HOUR).isoformat())
        connections.update_state("psa", done)


def test_what_was_found_out_under_an_edition_is_noted_while_that_is_in_force(connections: Connections) -> None:
    connections.ensure("psa", "enforce", "v1")
    assert connections.note("psa", "enforce v1", {SURVEYED: ["1"]})
    connections.ensure("psa", "enforce", "v2")
    assert not connections.note("psa", "enforce v1", {SURVEYED: ["2"]})
    assert SURVEYED not in connections.get("psa").state


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
    state = connections.ensure("psa", "observe", "v1").state
    assert connections.update_state("psa", {"a": 1, "b": [2]}) == {**state, "a": 1, "b": [2]}
    assert connections.update_state("psa", {"a": None, "c": "3"}) == {**state, "b": [2], "c": "3"}
    assert connections.get("psa").state == {**state, "b": [2], "c": "3"}


def test_accounts_are_kept_for_good_each_once_and_of_very_many_the_last_ones(connections: Connections) -> None:
    connections.ensure("psa", Mode.ENFORCE, "v1")
    assert connections.get("psa").accounts == frozenset()
    for account in ("900", "901", "900"):
        connections.add_account("psa", account)
    assert connections.ensure("psa", Mode.ENFORCE, "v2").accounts == {"900", "901"}
    for number in range(MOST_ACCOUNTS - 1):
        connections.add_account("psa", f"further {number}")
    assert connections.get("psa").accounts - {f"further {number}" for number in range(MOST_ACCOUNTS)} == {"900"}


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


def test_of_very_many_signing_keys_those_fetched_last_are_kept(mailbox: Mailbox, clock: VirtualClock) -> None:
    keys, others = SigningKeyStore(mailbox.store, "psa"), SigningKeyStore(mailbox.store, "other")
    others.put("ref", "key")
    for number in range(MOST_KEYS + 3):
        clock.advance(HOUR)
        keys.put(f"ref {number:02}", "key")
    assert sorted(keys.every()) == [f"ref {number:02}" for number in range(3, MOST_KEYS + 3)]
    assert list(others.every()) == ["ref"]


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
    Connections(stores[0]).ensure("psa", Mode.ENFORCE, "v1")
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


def test_signs_of_a_connection_are_added_up_and_a_good_answer_never_gets_older(
    connections: Connections, clock: VirtualClock
) -> None:
    connections.ensure("psa", "observe", "v1")
    clock.advance(timedelta(minutes=1))
    connections.note_signs("psa", timedelta(seconds=10), 2, 1)
    connections.note_signs("psa", timedelta(seconds=40), 1, 0)
    connections.note_signs("psa", None, 0, 3)
    known = connections.known(["psa", "never"])
    assert list(known) == ["psa"]
    found = known["psa"]
    assert found.answered_at == clock.now() - timedelta(seconds=10)
    assert (found.told_by_webhook, found.found_by_poll) == (3, 4)
