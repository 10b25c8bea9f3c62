"""The worker: claims what is due, runs the turns in parallel, finishes many in one transaction.

One dispatcher thread talks to the mailbox; turns run in a pool; a heartbeat keeps the leases alive. Broad catching
happens here and where outcomes are stored, and nowhere else: whatever a turn raises, its claim is finished, failed or
let go, and it never stops its neighbours. Should one of the two threads die all the same, the process leaves: a
heartbeat alone would keep the leases of turns that nobody finishes.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from connector.model import Lane
from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Failed, Fairness, LetGo, Outcome
from connector.systems.lanes import in_lane
from connector.turn.announcements import Announcer
from connector.worker.finishing import Finishing, Report

CRASH_RETRY = timedelta(seconds=60)

COMPLAIN_SECONDS = 60.0
"""How often the same error of the loop is told of."""

log = structlog.get_logger("connector.worker")


class Taker(Protocol):
    """Takes turns: of tickets, or of chores."""

    def take(self, claim: Claim) -> Outcome | None:
        """Run the turn; None when the lease was lost."""
        ...

    def crashed(self, claim: Claim, error: BaseException) -> Failed:
        """The outcome of a turn that raised what it should not have."""
        ...


class Gatekeeper(Protocol):
    """Says whether the tickets of a connection may be claimed now."""

    def is_open(self) -> bool:
        """Whether they may."""
        ...

    def opens_at(self) -> datetime | None:
        """Until when they may not, where that is known."""
        ...

    def turns(self) -> Mapping[Lane, int]:
        """For how many more turns each lane has calls; nothing where there is no limit."""
        ...

    def lane_opens_at(self, lane: Lane) -> datetime:
        """When a lane has calls for a turn."""
        ...


def leave() -> None:
    """End the process at once, as a failure: whoever started it starts it again."""
    logging.shutdown()
    os._exit(1)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """``lease`` must be at least three times the HTTP time-out. ``idle_seconds``: longest wait between claims.

    ``retry_seconds``: the pause after a cycle that the database failed.
    """

    name: str
    threads: int = 8
    lease: timedelta = timedelta(seconds=60)
    idle_seconds: float = 0.2
    beat_seconds: float = 5.0
    retry_seconds: float = 1.0


class Worker:
    """Runs the turns of all connections. ``takers`` maps a connection to who takes its tickets and its chores.

    ``may_claim``: whether the worker's policy and mode are those in force on a connection; where not, it claims nothing
    of it. ``gates``: who says of a connection whether its tickets may be claimed; where not, its chores are all the
    same. ``announcers``: who tells people of a connection's troubles.
    ``clock_went_back``: is told when the time had been ahead for a moment, and what was planned by it may be late.
    ``leave``: ends the process, when a thread that everything hangs on has ended.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        takers: Mapping[str, tuple[Taker, Taker]],
        settings: WorkerSettings,
        beat: Callable[[str], None],
        report: Report | None = None,
        *,
        may_claim: Callable[[str], bool] = lambda _: True,
        clock_went_back: Callable[[], None] = lambda: None,
        leave: Callable[[], None] = leave,
        gates: Mapping[str, Gatekeeper] | None = None,
        announcers: Mapping[str, Announcer] | None = None,
    ) -> None:
        self._mailbox = mailbox
        self._gates = gates or {}
        self._takers = takers
        self.settings = settings
        self._beat = beat
        self._may_claim = may_claim
        self._clock_went_back = clock_went_back
        self._leave = leave
        self._finishing = Finishing(mailbox, self._crashed, self._forget, report, announcers or {})
        self._complaints: dict[str, float] = {}
        self._wake = threading.Condition()
        self._nudged = False
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._in_hand: dict[tuple[str, str], Claim] = {}
        self._outcomes: list[Outcome] = []
        self._threads: list[threading.Thread] = []
        self._pool: ThreadPoolExecutor | None = None  # of ``cycle``; its threads end with the worker

    # -- running ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the dispatcher and the heartbeat; returns at once. RuntimeError for one that was started before."""
        if self._threads or self._stopping.is_set():
            raise RuntimeError("a worker is started once; make another one")
        self._threads = [
            threading.Thread(target=self._alive, args=(run,), name=name, daemon=True)
            for name, run in (("dispatcher", self._dispatch), ("heartbeat", self._keep_leases))
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Claim nothing more, wait for the turns in hand, and hand back what did not finish in time.

        Never raises: what cannot be handed back is taken over by others when its lease has run out.
        """
        self._stopping.set()
        self.nudge()
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
            # The first is the dispatcher: it has ended, or had its time. There is no lease left to keep.
            self._stopped.set()
            self.nudge()
        left = self._claims_in_hand()
        if left and self._guard(lambda: self._mailbox.hand_back(left)):
            log.warning("turns handed back", count=len(left))
        elif left:
            log.error("turns not handed back: their leases will run out", count=len(left))

    def run_forever(self, stopped: threading.Event, timeout: float) -> None:
        """Run until ``stopped`` is set, then stop gracefully, within ``timeout`` seconds as far as nothing hangs."""
        self.start()
        stopped.wait()
        self.stop(timeout)

    def nudge(self) -> None:
        """Something may be due: look now instead of at the end of the present wait."""
        with self._wake:
            self._nudged = True
            self._wake.notify_all()

    def cycle(self) -> int:
        """Claim what is due, run it, finish it; returns how many turns were taken. For tests and the demo."""
        claims = self._claim(self.settings.threads * 4)
        outcomes = self._taken(claims)
        self._finishing.store([outcome for outcome in outcomes if outcome])
        self._forget(claims)
        self._beat(self.settings.name)
        self._look_at_the_clock()
        return len(claims)

    def _taken(self, claims: Sequence[Claim]) -> list[Outcome | None]:
        """The outcomes of claims, taken in parallel where there are several."""
        if len(claims) < 2:
            return [self._take(claim) for claim in claims]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.settings.threads)
        return list(self._pool.map(self._take, claims))

    def run_until_idle(self, most_cycles: int = 10_000) -> int:
        """Take turns until nothing is due; returns how many. RuntimeError when that never happens."""
        taken = 0
        for _ in range(most_cycles):
            turns = self.cycle()
            if not turns:
                return taken
            taken += turns
        raise RuntimeError(f"still busy after {most_cycles} cycles and {taken} turns")

    def next_wake(self) -> datetime | None:
        """When there may be something to claim next; it may be past. For tests and the demo."""
        open_, closed = self._by_gate(self._takers)
        turns = {name: self._gates[name].turns() for name in open_ if name in self._gates}
        shut = {name: [lane for lane, left in lanes.items() if left < 1] for name, lanes in turns.items()}
        shut = {name: lanes for name, lanes in shut.items() if lanes}
        moments = [self._mailbox.next_wake(open_, closed, shut), *(self._gates[name].opens_at() for name in closed)]
        moments += [self._gates[name].lane_opens_at(lane) for name, lanes in shut.items() for lane in lanes]
        return min((moment for moment in moments if moment is not None), default=None)

    # -- the dispatcher --------------------------------------------------------------------------------------

    def _alive(self, run: Callable[[], None]) -> None:
        """Run a thread that nobody may miss."""
        try:
            run()
        except BaseException:
            log.critical("worker thread died", thread=threading.current_thread().name, exc_info=True)
            if not self._stopping.is_set():
                self._leave()

    def _dispatch(self) -> None:
        next_beat = 0.0
        clock = time.monotonic
        with ThreadPoolExecutor(self.settings.threads, thread_name_prefix="turn") as pool:
            while not self._is_over():
                busy = self._step(pool)
                if clock() >= next_beat and not self._finishing.has_failed:
                    next_beat = clock() + self.settings.beat_seconds
                    self._guard(lambda: self._beat(self.settings.name))
                    self._guard(self._look_at_the_clock)
                if not busy:
                    self._wait()

    def _step(self, pool: ThreadPoolExecutor) -> bool:
        """One round: finish what is ready, claim what fits. Returns whether there may be more to do at once."""
        self._finish(self._take_outcomes())
        room = self.settings.threads * 2 - len(self._claims_in_hand())
        # While every thread has work there is no hurry: claims are taken several in one transaction.
        if self._stopping.is_set() or room < self.settings.threads:
            return False
        claims: list[Claim] = []
        self._guard(lambda: claims.extend(self._claim(room)))
        self._guard(lambda: self._begin(pool, claims))
        return len(claims) == room

    def _finish(self, outcomes: list[Outcome]) -> None:
        if outcomes:
            self._guard(lambda: self._finishing.store(outcomes))
        else:
            self._finishing.has_failed = False
        with self._wake:
            self._outcomes = [*outcomes, *self._outcomes]

    def _begin(self, pool: ThreadPoolExecutor, claims: Sequence[Claim]) -> None:
        """Have the turns taken; those for which there is no thread are let go."""
        left = list(claims)
        try:
            while left:
                pool.submit(self._work, left[0])
                del left[0]
        finally:
            for claim in left:
                self._ready(claim, LetGo(claim))

    def _look_at_the_clock(self) -> None:
        if self._mailbox.store.has_gone_back():
            log.warning("the clock was ahead for a while")
            self._clock_went_back()

    def _wait(self) -> None:
        with self._wake:
            if not (self._nudged or self._is_time_to_finish() or self._is_over()):
                self._wake.wait(self.settings.idle_seconds)
            self._nudged = False

    def _is_over(self) -> bool:
        """Whether the worker was stopped and has nothing in hand any more, or was given no more time for it."""
        return self._stopped.is_set() or (self._stopping.is_set() and not self._claims_in_hand())

    def _work(self, claim: Claim) -> None:
        """A turn, in a thread of the pool."""
        outcome: Outcome | None = LetGo(claim)
        try:
            outcome = self._take(claim)
        finally:
            self._ready(claim, outcome)

    def _ready(self, claim: Claim, outcome: Outcome | None) -> None:
        """A turn has ended; without an outcome its claim is somebody else's now."""
        if outcome is None:
            self._forget([claim])
        else:
            with self._wake:
                self._outcomes.append(outcome)
        if self._is_time_to_finish() or self._stopping.is_set():
            self.nudge()

    def _is_time_to_finish(self) -> bool:
        """Several are finished in one transaction; nobody waits for them while enough turns are under way."""
        with self._wake:
            ready = len(self._outcomes)
            return ready > 0 and (ready >= self.settings.threads // 2 or ready >= len(self._in_hand))

    def _take_outcomes(self) -> list[Outcome]:
        with self._wake:
            ready, self._outcomes = self._outcomes, []
        return ready

    def _guard(self, action: Callable[[], None]) -> bool:
        """The database may be gone for a while; the threads are not. Returns whether the action succeeded."""
        try:
            action()
            return True
        except StoreUnavailable:
            pass  # the store has said so, once
        except Exception as error:  # noqa: BLE001  # whatever it was, the loop goes on and says so
            self._complain(error)
        self._stopped.wait(self.settings.retry_seconds)
        return False

    def _complain(self, error: Exception) -> None:
        """Say it, with where it came from; the same one not again and again."""
        kind, now = f"{type(error).__name__}: {error}", time.monotonic()
        self._complaints = {one: at for one, at in self._complaints.items() if now - at < COMPLAIN_SECONDS}
        if kind not in self._complaints:
            self._complaints[kind] = now
            log.error("worker cycle failed", error=type(error).__name__, exc_info=True)

    # -- turns -----------------------------------------------------------------------------------------------

    def _claim(self, room: int) -> list[Claim]:
        due = self._mailbox.connections_due()
        names = [name for name in due if name in self._takers and self._may_claim(name)]
        if not names:
            return []
        open_, closed = self._by_gate(names)
        fairness = self._fairness(open_)
        claims = self._mailbox.claim(self.settings.name, room, self.settings.lease, open_, closed, fairness)
        with self._wake:
            self._in_hand.update({(claim.connection, claim.ticket): claim for claim in claims})
        return claims

    def _fairness(self, names: Iterable[str]) -> Fairness:
        """What these connections leave to each other, and what their lanes have calls for beside the turns in hand."""
        held = self._claims_in_hand()
        in_lanes = Counter((claim.connection, claim.lane) for claim in held if not claim.is_chore)
        lanes = {}
        for name in names:
            turns = self._gates[name].turns() if name in self._gates else {}
            lanes[name] = {lane: left - in_lanes[name, lane] for lane, left in turns.items()}
        is_shared = len(self._takers) > 1
        threads = self.settings.threads if is_shared else None
        chores = Counter(claim.connection for claim in held if claim.is_chore)
        return Fairness(threads, Counter(claim.connection for claim in held), chores, lanes)

    def _by_gate(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """The connections, of these, whose tickets may be claimed, and those of which only chores are."""
        closed = [name for name in names if name in self._gates and not self._gates[name].is_open()]
        return [name for name in names if name not in closed], closed

    def _take(self, claim: Claim) -> Outcome | None:
        """The outcome of a turn, whatever it raises; None when the lease was lost."""
        try:
            with in_lane(claim.lane):
                return self._taker_of(claim).take(claim)
        except StoreUnavailable:
            return LetGo(claim)  # through no fault of the ticket
        except BaseException as error:  # per ticket: isolated, reported, retried
            log.error("turn crashed", ticket=claim.ticket, connection=claim.connection, exc_info=True)
            return self._crashed(claim, error)

    def _crashed(self, claim: Claim, error: BaseException) -> Outcome:
        try:
            return self._taker_of(claim).crashed(claim, error)
        except StoreUnavailable:
            return LetGo(claim)
        except Exception:
            log.error("crash not understood", ticket=claim.ticket, connection=claim.connection, exc_info=True)
            retry_at = self._mailbox.store.now() + CRASH_RETRY
            return Failed(claim, f"unexpected {type(error).__name__}; see the log", retry_at)

    def _taker_of(self, claim: Claim) -> Taker:
        tickets, chores = self._takers[claim.connection]
        return chores if claim.is_chore else tickets

    def _forget(self, claims: Sequence[Claim]) -> None:
        with self._wake:
            for claim in claims:
                held = self._in_hand.get(claim.key)
                if held is not None and held.fence == claim.fence:
                    del self._in_hand[claim.key]

    def _claims_in_hand(self) -> list[Claim]:
        with self._wake:
            return list(self._in_hand.values())

    def _keep_leases(self) -> None:
        """Also while the worker stops, and at the same pace, until the last turn is finished."""
        while not self._stopped.wait(self.settings.lease.total_seconds() / 3):
            self._guard(self._extend)

    def _extend(self) -> None:
        claims = self._claims_in_hand()
        if claims:
            self._forget(self._mailbox.extend(claims, self.settings.lease))
