"""The dispatcher: what is finished together, what never waits for others, and how it stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Failed, Finished
from connector.worker.worker import Worker, WorkerSettings
from tests.connector.mailboxes import PATIENCE, a_delivery, all_done, claim_all, in_thread, until

FOR_EVER = 3600.0


class WatchedMailbox(Mailbox):
    """Tells which tickets were finished in one transaction, counts the others, and is out of order when it is told."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.batches: SimpleQueue[set[str]] = SimpleQueue()
        self.extended: SimpleQueue[set[str]] = SimpleQueue()
        self.refused: SimpleQueue[set[str]] = SimpleQueue()
        self.is_full = False

    def finish(self, outcomes: Sequence[Finished | Failed]) -> list[bool]:
        tickets = {outcome.claim.ticket for outcome in outcomes}
        if self.is_full:
            self.refused.put(tickets)
            raise StoreUnavailable("the disk is full")
        kept = super().finish(outcomes)
        self.batches.put(tickets)
        return kept

    def extend(self, claims: Sequence[Claim], lease: timedelta) -> list[Claim]:
        lost = super().extend(claims, lease)
        self.extended.put({claim.ticket for claim in claims})
        return lost


class Taker:
    """Takes turns that end at once, but for those that are held."""

    def __init__(self, *held: str) -> None:
        self.held = {ticket: threading.Event() for ticket in held}
        self.holds: SimpleQueue[str] = SimpleQueue()

    def take(self, claim: Claim) -> Finished:
        if claim.ticket in self.held:
            self.holds.put(claim.ticket)
            assert self.held[claim.ticket].wait(PATIENCE)
        return all_done(claim)

    def crashed(self, claim: Claim, error: Exception) -> Failed:
        raise AssertionError("no turn here is to fail") from error

    def wait_until_all_are_held(self) -> None:
        assert {self.holds.get(timeout=PATIENCE) for _ in self.held} == set(self.held)


@pytest.fixture
def mailbox(sqlite_url: str, open_store: Callable[..., Any], clock: VirtualClock) -> WatchedMailbox:
    return WatchedMailbox(open_store(sqlite_url, clock))


def a_worker(mailbox: Mailbox, taker: Taker, lease: timedelta = timedelta(hours=1)) -> Worker:
    """A worker that looks again only when it is told to."""
    settings = WorkerSettings("w", threads=4, lease=lease, idle_seconds=FOR_EVER, retry_seconds=FOR_EVER)
    return Worker(mailbox, {"psa": (taker, taker)}, settings, lambda name: None)


def test_turns_that_end_beside_others_are_finished_together_and_the_last_one_at_once(mailbox: WatchedMailbox) -> None:
    mailbox.deliver([a_delivery(ticket, f"of {ticket}") for ticket in ("1", "2", "slow")])
    taker = Taker("slow")
    worker = a_worker(mailbox, taker)
    worker.start()
    assert mailbox.batches.get(timeout=PATIENCE) == {"1", "2"}
    taker.held["slow"].set()
    assert mailbox.batches.get(timeout=PATIENCE) == {"slow"}
    worker.stop()
    assert mailbox.batches.empty()


def test_the_last_turn_waits_for_nobody_though_it_ends_while_others_are_stored(
    mailbox: WatchedMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.deliver([a_delivery(ticket, f"of {ticket}") for ticket in ("1", "2", "slow")])
    taker = Taker("slow")
    worker = a_worker(mailbox, taker)
    finish = mailbox.finish

    def finish_while_another_ends(outcomes: Sequence[Finished | Failed]) -> list[bool]:
        kept = finish(outcomes)
        if not taker.held["slow"].is_set():
            taker.held["slow"].set()
            until(lambda: bool(worker._outcomes))
        return kept

    monkeypatch.setattr(mailbox, "finish", finish_while_another_ends)
    worker.start()
    assert mailbox.batches.get(timeout=PATIENCE) == {"1", "2"}
    assert mailbox.batches.get(timeout=PATIENCE) == {"slow"}
    worker.stop()


def test_a_turn_that_is_alone_is_finished_at_once(mailbox: WatchedMailbox) -> None:
    mailbox.deliver([a_delivery("1", "of 1")])
    worker = a_worker(mailbox, Taker())
    worker.start()
    assert mailbox.batches.get(timeout=PATIENCE) == {"1"}
    worker.stop()


def test_what_waits_for_company_is_finished_when_the_worker_stops(mailbox: WatchedMailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery("1", "of 1")])
    clock.advance(timedelta(seconds=1))
    taker = Taker("a", "b", "c", "d")
    mailbox.deliver([a_delivery(ticket, f"of {ticket}") for ticket in taker.held])
    worker = a_worker(mailbox, taker)
    worker.start()
    taker.wait_until_all_are_held()  # on all four threads: that of ticket 1, whose turn began first, was free again
    assert mailbox.batches.empty()
    stopped = in_thread(lambda: worker.stop(FOR_EVER))
    assert mailbox.batches.get(timeout=PATIENCE) == {"1"}
    for may_go in taker.held.values():
        may_go.set()
    stopped.result(PATIENCE)
    assert set().union(*drained(mailbox.batches)) == {"a", "b", "c", "d"}


def test_stopping_keeps_no_lease_more_often_than_before(mailbox: WatchedMailbox) -> None:
    mailbox.deliver([a_delivery("1", "of 1"), a_delivery("slow", "of slow")])
    taker = Taker("slow")
    worker = a_worker(mailbox, taker)
    worker.start()
    taker.wait_until_all_are_held()
    stopped = in_thread(lambda: worker.stop(FOR_EVER))
    assert mailbox.batches.get(timeout=PATIENCE) == {"1"}
    taker.held["slow"].set()
    stopped.result(PATIENCE)
    assert drained(mailbox.extended) == []


def test_leases_are_kept_while_the_last_turns_finish(mailbox: WatchedMailbox) -> None:
    mailbox.deliver([a_delivery("1", "of 1"), a_delivery("slow", "of slow")])
    taker = Taker("slow")
    worker = a_worker(mailbox, taker, lease=timedelta(milliseconds=30))
    worker.start()
    taker.wait_until_all_are_held()
    stopped = in_thread(lambda: worker.stop(FOR_EVER))
    assert mailbox.batches.get(timeout=PATIENCE) == {"1"}
    while mailbox.extended.get(timeout=PATIENCE) != {"slow"}:
        pass  # from before the stop
    taker.held["slow"].set()
    stopped.result(PATIENCE)


def test_a_database_that_fails_while_the_worker_stops_is_not_asked_again_and_again(mailbox: WatchedMailbox) -> None:
    mailbox.deliver([a_delivery("1", "of 1")])
    taker = Taker("1")
    worker = a_worker(mailbox, taker)
    with capture_logs() as lines:
        worker.start()
        taker.wait_until_all_are_held()
        mailbox.is_full = True
        stopped = in_thread(lambda: worker.stop(FOR_EVER))
        taker.held["1"].set()
        assert mailbox.refused.get(timeout=PATIENCE) == {"1"}
        worker.stop(timeout=0)
        stopped.result(PATIENCE)
    assert drained(mailbox.refused) == []
    assert sum(line["event"] == "worker cycle failed" for line in lines) == 1
    assert [claim.ticket for claim in claim_all(mailbox)] == ["1"]


def test_a_ticket_whose_turn_met_no_database_is_let_go_and_taken_again(
    mailbox: WatchedMailbox, clock: VirtualClock
) -> None:
    class Cut(Taker):
        def take(self, claim: Claim) -> Finished:
            super().take(claim)
            raise StoreUnavailable("gone")

        def crashed(self, claim: Claim, error: Exception) -> Failed:
            raise StoreUnavailable("still gone: even the moment is the database's to say")

    mailbox.deliver([a_delivery("1", "of 1")])
    taker = Cut("1")
    worker = a_worker(mailbox, taker)
    worker.start()
    taker.wait_until_all_are_held()
    taker.held["1"].set()
    in_thread(lambda: worker.stop(FOR_EVER)).result(PATIENCE)
    clock.advance(timedelta(hours=2))
    assert [claim.ticket for claim in claim_all(mailbox)] == ["1"]


def drained(queue: SimpleQueue[set[str]]) -> list[set[str]]:
    """All that is in the queue now."""
    return [queue.get_nowait() for _ in range(queue.qsize())]
