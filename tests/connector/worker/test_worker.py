"""The dispatcher: what is finished together, and what never waits for others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import pytest

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Failed, Finished
from connector.worker.worker import Worker, WorkerSettings
from tests.connector.mailboxes import PATIENCE, a_delivery, all_done

FOR_EVER = 3600.0


class WatchedMailbox(Mailbox):
    """Tells which tickets were finished in one transaction."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.batches: SimpleQueue[set[str]] = SimpleQueue()

    def finish(self, outcomes: Sequence[Finished | Failed]) -> list[bool]:
        kept = super().finish(outcomes)
        self.batches.put({outcome.claim.ticket for outcome in outcomes})
        return kept


class Taker:
    """Takes turns that end at once, but for those that are held."""

    def __init__(self, *held: str) -> None:
        self.held = {ticket: threading.Event() for ticket in held}
        self.holds = threading.Event()

    def take(self, claim: Claim) -> Finished:
        if claim.ticket in self.held:
            self.holds.set()
            assert self.held[claim.ticket].wait(PATIENCE)
        return all_done(claim)


@pytest.fixture
def mailbox(sqlite_url: str, open_store: Callable[..., Any], clock: VirtualClock) -> WatchedMailbox:
    return WatchedMailbox(open_store(sqlite_url, clock))


def a_worker(mailbox: Mailbox, taker: Taker) -> Worker:
    """A worker that looks again only when it is told to."""
    settings = WorkerSettings("w", threads=4, lease=timedelta(hours=1), idle_seconds=FOR_EVER)
    return Worker(mailbox, {"psa": (taker, taker)}, settings, mailbox.store.now, lambda name: None)


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


def test_a_turn_that_is_alone_is_finished_at_once(mailbox: WatchedMailbox) -> None:
    mailbox.deliver([a_delivery("1", "of 1")])
    worker = a_worker(mailbox, Taker())
    worker.start()
    assert mailbox.batches.get(timeout=PATIENCE) == {"1"}
    worker.stop()


def test_what_waits_for_company_is_finished_when_the_worker_stops(mailbox: WatchedMailbox) -> None:
    mailbox.deliver([a_delivery("1", "of 1"), a_delivery("slow", "of slow")])
    taker = Taker("slow")
    worker = a_worker(mailbox, taker)
    worker.start()
    assert taker.holds.wait(PATIENCE)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    assert mailbox.batches.get(timeout=PATIENCE) == {"1"}
    taker.held["slow"].set()
    stopping.join(PATIENCE)
    assert mailbox.batches.get(timeout=PATIENCE) == {"slow"}
