"""The dispatcher: what is finished together, what never waits for others, and how it stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from connector.clock import VirtualClock
from connector.store.audit import events
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Claim, Effect, Event, Failed, Finished, Key, Outcome
from connector.store.troubles import TroubleKind, Troubles
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

    def finish(self, outcomes: Sequence[Outcome], in_doubt: Collection[tuple[Key, int]] = ()) -> list[bool]:
        tickets = {outcome.claim.ticket for outcome in outcomes}
        if self.is_full:
            self.refused.put(tickets)
            raise StoreUnavailable("the disk is full")
        kept = super().finish(outcomes, in_doubt)
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

    def crashed(self, claim: Claim, error: BaseException) -> Failed:
        raise AssertionError("no turn here is to fail") from error

    def wait_until_all_are_held(self) -> None:
        assert {self.holds.get(timeout=PATIENCE) for _ in self.held} == set(self.held)


@pytest.fixture
def mailbox(sqlite_url: str, open_store: Callable[..., Any], clock: VirtualClock) -> WatchedMailbox:
    return WatchedMailbox(open_store(sqlite_url, clock))


def a_worker(
    mailbox: Mailbox,
    taker: Taker,
    lease: timedelta = timedelta(hours=1),
    *,
    beat: Callable[[str], None] = lambda name: None,
    report: Callable[[Outcome], None] | None = None,
    leave: Callable[[], None] = lambda: None,
    **given: float,
) -> Worker:
    """A worker that looks again only when it is told to, unless told otherwise."""
    usual: dict[str, float] = {"idle_seconds": FOR_EVER, "retry_seconds": FOR_EVER}
    settings = WorkerSettings("w", threads=4, lease=lease, **{**usual, **given})  # type: ignore[arg-type]  # all lengths
    return Worker(mailbox, {"psa": (taker, taker)}, settings, beat, report, leave=leave)


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

    def finish_while_another_ends(
        outcomes: Sequence[Outcome], in_doubt: Collection[tuple[Key, int]] = ()
    ) -> list[bool]:
        kept = finish(outcomes, in_doubt)
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
    assert [line["log_level"] for line in lines if "exc_info" in line] == []
    assert [claim.ticket for claim in claim_all(mailbox)] == ["1"]


def test_a_ticket_whose_turn_met_no_database_is_let_go_and_taken_again(
    mailbox: WatchedMailbox, clock: VirtualClock
) -> None:
    class Cut(Taker):
        def take(self, claim: Claim) -> Finished:
            super().take(claim)
            raise StoreUnavailable("gone")

        def crashed(self, claim: Claim, error: BaseException) -> Failed:
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


class Broken(Taker):
    """Takes turns that raise what they are told to, and is as broken about it as it is told to be."""

    def __init__(self, error: BaseException, about_it: Exception | None = None) -> None:
        super().__init__()
        self.error = error
        self.about_it = about_it

    def take(self, claim: Claim) -> Finished:
        raise self.error

    def crashed(self, claim: Claim, error: BaseException) -> Failed:
        if self.about_it is not None:
            raise self.about_it
        return Failed(claim, f"unexpected {type(error).__name__}", None)


@pytest.mark.parametrize("error", [RuntimeError("a bug"), SystemExit(3), StoreUnavailable("gone")])
@pytest.mark.parametrize("about_it", [None, StoreUnavailable("gone"), ValueError("another bug")])
def test_whatever_a_turn_raises_its_claim_does_not_stay_in_hand(
    mailbox: WatchedMailbox, clock: VirtualClock, error: BaseException, about_it: Exception | None
) -> None:
    mailbox.deliver([a_delivery("1", "of 1")])
    worker = a_worker(mailbox, Broken(error, about_it))
    worker.start()
    assert mailbox.batches.get(timeout=PATIENCE) == {"1"}
    worker.stop()
    assert worker._claims_in_hand() == []
    [row] = mailbox.list_tickets(["psa"])
    assert row.owner is None
    clock.advance(timedelta(minutes=2))
    assert row.is_dead or [claim.ticket for claim in claim_all(mailbox)] == ["1"]


def test_a_turn_that_loses_its_lease_leaves_a_later_claim_of_the_same_ticket_alone(mailbox: WatchedMailbox) -> None:
    worker = a_worker(mailbox, Taker())
    old, new = Claim("psa", "1", fence=7), Claim("psa", "1", fence=8)
    worker._in_hand[new.key] = new
    worker._ready(old, None)
    assert worker._claims_in_hand() == [new]


def test_what_the_heartbeat_finds_lost_is_in_hand_no_more(mailbox: WatchedMailbox) -> None:
    mailbox.deliver([a_delivery("1", "of 1"), a_delivery("2", "of 2")])
    worker = a_worker(mailbox, Taker())
    kept, lost = worker._claim(2)
    worker._in_hand[lost.key] = replace(lost, fence=lost.fence - 1)  # another worker has it now
    worker._extend()
    assert worker._claims_in_hand() == [kept]


def test_a_connection_that_hangs_keeps_no_other_one_waiting(mailbox: WatchedMailbox) -> None:
    hangs, works = Taker(*(f"hangs {n}" for n in range(20))), Taker()
    mailbox.deliver([a_delivery(name, name) for name in hangs.held])
    settings = WorkerSettings("w", threads=4, lease=timedelta(hours=1), idle_seconds=0.01)
    worker = Worker(mailbox, {"psa": (hangs, hangs), "other": (works, works)}, settings, lambda name: None)
    worker.start()
    assert hangs.holds.get(timeout=PATIENCE)
    mailbox.deliver([a_delivery(f"works {n}", f"works {n}", "other") for n in range(30)])
    done: set[str] = set()
    while len(done) < 30:
        done |= mailbox.batches.get(timeout=PATIENCE)
    assert done == {f"works {n}" for n in range(30)}
    for held in hangs.held.values():
        held.set()
    worker.stop()


def test_turns_for_which_there_is_no_thread_are_let_go(
    mailbox: WatchedMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("connector.worker.worker.ThreadPoolExecutor.submit", no_thread)
    mailbox.deliver([a_delivery("1", "of 1")])
    worker = a_worker(mailbox, Taker(), retry_seconds=0.01)
    worker.start()
    assert mailbox.batches.get(timeout=PATIENCE) == {"1"}
    worker.stop()
    assert [claim.ticket for claim in claim_all(mailbox)] == ["1"]


@pytest.mark.parametrize("thread", ["_step", "_extend"])
def test_a_process_whose_worker_lost_a_thread_leaves(mailbox: WatchedMailbox, thread: str) -> None:
    left = threading.Event()
    worker = a_worker(mailbox, Taker(), timedelta(milliseconds=3), leave=left.set)

    def die(*_: object) -> None:
        raise SystemExit

    setattr(worker, thread, die)
    worker.start()
    assert left.wait(PATIENCE)
    worker.stop()


def test_a_worker_is_started_once(mailbox: WatchedMailbox) -> None:
    worker = a_worker(mailbox, Taker())
    worker.start()
    worker.stop()
    with pytest.raises(RuntimeError, match="another one"):
        worker.start()


def test_stopping_ends_well_though_nothing_can_be_handed_back(
    mailbox: WatchedMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.deliver([a_delivery("1", "of 1")])
    taker = Taker("1")
    worker = a_worker(mailbox, taker)
    worker.start()
    taker.wait_until_all_are_held()

    def refuse(*_: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(mailbox, "hand_back", refuse)
    worker.stop(timeout=0)
    taker.held["1"].set()


def test_an_outage_is_told_when_it_begins_and_when_it_ends_and_never_with_a_traceback(
    mailbox: WatchedMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = threading.Event()
    look, tried = mailbox.connections_due, SimpleQueue[bool]()

    def look_unless_away() -> set[str]:
        tried.put(away.is_set())
        if away.is_set():
            with mailbox.store.reading():
                raise OperationalError("SELECT 1", {}, Exception("the server is gone"))
        return look()

    monkeypatch.setattr(mailbox, "connections_due", look_unless_away)
    away.set()
    with capture_logs() as lines:
        worker = a_worker(mailbox, Taker(), retry_seconds=0.001, idle_seconds=0.001)
        worker.start()
        for _ in range(50):
            assert tried.get(timeout=PATIENCE)
        away.clear()
        until(lambda: not tried.get(timeout=PATIENCE))
        until(lambda: any(line["event"] == "database back" for line in lines))
        worker.stop()
    said = [line for line in lines if line["log_level"] in ("warning", "error", "critical")]
    assert [line["event"] for line in said] == ["database away", "database back"]
    assert "exc_info" not in said[0]
    assert said[1]["seconds"] >= 0


def test_the_same_bug_of_the_loop_is_not_told_of_every_second(
    mailbox: WatchedMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = SimpleQueue[None]()

    def fail() -> set[str]:
        tried.put(None)
        raise ValueError("a bug")

    monkeypatch.setattr(mailbox, "connections_due", fail)
    with capture_logs() as lines:
        worker = a_worker(mailbox, Taker(), retry_seconds=0.001, idle_seconds=0.001)
        worker.start()
        for _ in range(20):
            tried.get(timeout=PATIENCE)
        worker.stop()
    assert sum(line["event"] == "worker cycle failed" for line in lines) == 1


# -- what the database refuses --------------------------------------------------------------------------------


class Choosy(WatchedMailbox):
    """Refuses what some tickets' turns end with, for a reason that is no outage."""

    def __init__(self, store: Store, *refused: str) -> None:
        super().__init__(store)
        self.no_good = set(refused)
        self.takes_failures = True

    def finish(self, outcomes: Sequence[Outcome], in_doubt: Collection[tuple[Key, int]] = ()) -> list[bool]:
        for outcome in outcomes:
            is_plain = isinstance(outcome, Failed) and (self.takes_failures or "could not be stored" in outcome.error)
            if outcome.claim.ticket in self.no_good and not is_plain:
                raise ValueError("a character that no text may have")
        return super().finish(outcomes, in_doubt)


class Understanding(Taker):
    def crashed(self, claim: Claim, error: BaseException) -> Failed:
        return Failed(claim, f"unexpected {type(error).__name__}", None)


def choosy(open_store: Callable[..., Any], url: str, clock: VirtualClock) -> Choosy:
    mailbox = Choosy(open_store(url, clock), "2")
    mailbox.deliver([a_delivery(ticket, f"of {ticket}") for ticket in ("1", "2", "3")])
    return mailbox


@pytest.mark.parametrize("takes_failures", [True, False])
def test_an_outcome_that_is_refused_costs_its_neighbours_nothing_and_its_turn_counts_as_failed(
    database_url: str, open_store: Callable[..., Any], clock: VirtualClock, takes_failures: bool
) -> None:
    mailbox = choosy(open_store, database_url, clock)
    mailbox.takes_failures = takes_failures
    worker = a_worker(mailbox, Understanding())
    worker.cycle()
    assert worker._claims_in_hand() == []
    rows = {row.ticket: row for row in mailbox.list_tickets(["psa"])}
    assert {ticket: row.owner for ticket, row in rows.items()} == dict.fromkeys("123")
    assert {ticket: row.attempts for ticket, row in rows.items()} == {"1": 0, "2": 1, "3": 0}
    assert "ValueError" in str(rows["2"].error)


def test_while_an_outcome_is_refused_there_is_trouble_and_it_is_over_when_it_is_stored(
    database_url: str, open_store: Callable[..., Any], clock: VirtualClock
) -> None:
    mailbox = choosy(open_store, database_url, clock)
    mailbox.takes_failures = False
    troubles = Troubles(mailbox.store)
    worker = a_worker(mailbox, Understanding())
    worker.cycle()
    [trouble] = troubles.all("psa")
    assert trouble.kind is TroubleKind.FINISHING_FAILED
    assert "ValueError" in trouble.cause
    mailbox.deliver([a_delivery("1", "again")])
    worker.cycle()
    assert len(troubles.all("psa")) == 1  # of ticket 2 it is not known yet
    refused = set(mailbox.no_good)
    mailbox.no_good.clear()
    clock.advance(timedelta(minutes=2))
    worker.cycle()
    assert troubles.all("psa") == []
    # The same once more: it is over again, too.
    mailbox.no_good |= refused
    mailbox.deliver([a_delivery("2", "once more")])
    worker.cycle()
    assert len(troubles.all("psa")) == 1
    mailbox.no_good.clear()
    clock.advance(timedelta(minutes=2))
    worker.cycle()
    assert troubles.all("psa") == []


def test_no_sign_of_life_is_given_while_finishing_fails(mailbox: WatchedMailbox) -> None:
    beats = SimpleQueue[str]()
    mailbox.is_full = True
    mailbox.deliver([a_delivery("1", "of 1")])
    worker = a_worker(mailbox, Taker(), beat=beats.put, beat_seconds=0.0, retry_seconds=0.01)
    worker.start()
    mailbox.refused.get(timeout=PATIENCE)
    while not beats.empty():
        beats.get()
    for _ in range(3):
        mailbox.refused.get(timeout=PATIENCE)
    assert beats.empty()
    mailbox.is_full = False
    assert mailbox.batches.get(timeout=PATIENCE) == {"1"}
    worker.nudge()
    assert beats.get(timeout=PATIENCE) == "w"
    worker.stop()


# -- an answer that never came --------------------------------------------------------------------------------


class Deaf(WatchedMailbox):
    """Finishes once without that the answer comes back; ``meanwhile`` happens before the next attempt."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.is_deaf = True
        self.meanwhile: Callable[[], object] = lambda: None

    def finish(self, outcomes: Sequence[Outcome], in_doubt: Collection[tuple[Key, int]] = ()) -> list[bool]:
        kept = super().finish(outcomes, in_doubt)
        if self.is_deaf:
            self.is_deaf = False
            self.meanwhile()
            raise StoreUnavailable("the connection was lost")
        return kept


@pytest.mark.parametrize("is_claimed_meanwhile", [False, True])
@pytest.mark.parametrize("is_gone", [False, True])
def test_what_was_stored_though_no_answer_came_is_counted_once_and_no_lease_is_said_to_be_lost(
    database_url: str, open_store: Callable[..., Any], clock: VirtualClock, is_claimed_meanwhile: bool, is_gone: bool
) -> None:
    class Escalating(Taker):
        def take(self, claim: Claim) -> Finished:
            audit = (AuditEvent(Event.ESCALATED, {"reason": "Time"}),)
            effect = Effect("psa/1/saga", 2, {"place": ["a", "b"]})
            return replace(all_done(claim), audit=audit, effect=effect, is_gone=is_gone)

    mailbox = Deaf(open_store(database_url, clock))
    mailbox.deliver([a_delivery("1", "of 1")])
    if is_claimed_meanwhile:

        def claim_it() -> None:
            clock.advance(timedelta(seconds=1))
            mailbox.deliver([a_delivery("1", "more")])
            assert claim_all(mailbox)

        mailbox.meanwhile = claim_it
    reported: list[Outcome] = []
    worker = a_worker(mailbox, Escalating(), report=reported.append, retry_seconds=0.01)
    with capture_logs() as lines:
        worker.start()
        until(lambda: len(reported) == 1)
        worker.stop()
    assert not any(line["event"] == "lease lost" for line in lines)
    assert sum(line["event"] == Event.ESCALATED for line in lines) == 1
    assert sum(row.event == Event.ESCALATED for row in events(mailbox.store)) == 1
    assert worker._finishing._in_doubt == set()


def test_a_lease_that_was_lost_during_an_outage_is_lost(
    database_url: str, open_store: Callable[..., Any], clock: VirtualClock
) -> None:
    mailbox = WatchedMailbox(open_store(database_url, clock))
    mailbox.deliver([a_delivery("1", "of 1")])
    [claim] = claim_all(mailbox)
    clock.advance(timedelta(minutes=5))
    [_] = claim_all(mailbox)
    assert mailbox.finish([all_done(claim)], {(claim.key, claim.fence)}) == [False]


def drained(queue: SimpleQueue[set[str]]) -> list[set[str]]:
    """All that is in the queue now."""
    return [queue.get_nowait() for _ in range(queue.qsize())]
