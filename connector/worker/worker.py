"""The worker: claims what is due, runs the turns in parallel, finishes many in one transaction.

One dispatcher thread talks to the mailbox; turns run in a pool; a heartbeat keeps the leases alive. Broad catching
happens here and only here, per ticket: a turn that fails in a way nobody thought of is retried like any other and
never stops its neighbours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Event, Failed, Outcome

TROUBLE = frozenset({Event.TURN_FAILED, Event.DEAD_LETTER})
LOGGED = (
    *("verdict", "tier", "reason", "stage", "from", "to", "limit_minutes", "used_minutes", "due_at"),
    *("due_at_by_newer", "newer_policy", "place", "tries", "why", "error", "message", "count"),
)
"""Of the detail of an audit entry that a turn ends with, what a log line says: nothing that a person wrote."""

Report = Callable[[Outcome], None]

log = structlog.get_logger("connector.worker")


class Taker(Protocol):
    """Takes turns: of tickets, or of chores."""

    def take(self, claim: Claim) -> Outcome | None:
        """Run the turn; None when the lease was lost."""
        ...

    def crashed(self, claim: Claim, error: Exception) -> Failed:
        """The outcome of a turn that raised what it should not have."""
        ...


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
    """Runs the turns of all connections. ``takers`` maps a connection to who takes its tickets and its chores."""

    def __init__(
        self,
        mailbox: Mailbox,
        takers: Mapping[str, tuple[Taker, Taker]],
        settings: WorkerSettings,
        beat: Callable[[str], None],
        report: Report | None = None,
    ) -> None:
        self._mailbox = mailbox
        self._takers = takers
        self.settings = settings
        self._beat = beat
        self._report = report
        self._wake = threading.Condition()
        self._nudged = False
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._in_hand: dict[tuple[str, str], Claim] = {}
        self._outcomes: list[Outcome] = []
        self._threads: list[threading.Thread] = []

    # -- running ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the dispatcher and the heartbeat; returns at once."""
        self._threads = [
            threading.Thread(target=self._dispatch, name="dispatcher", daemon=True),
            threading.Thread(target=self._keep_leases, name="heartbeat", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Claim nothing more, wait for the turns in hand, and hand back what did not finish in time."""
        self._stopping.set()
        self.nudge()
        for thread in self._threads:
            thread.join(timeout)
            # The first is the dispatcher: it has ended, or had its time. There is no lease left to keep.
            self._stopped.set()
            self.nudge()
        left = self._claims_in_hand()
        if left:
            self._mailbox.hand_back(left)
            log.warning("turns handed back", count=len(left))

    def run_forever(self, stopped: threading.Event) -> None:
        """Run until ``stopped`` is set, then stop gracefully."""
        self.start()
        stopped.wait()
        self.stop()

    def nudge(self) -> None:
        """Something may be due: look now instead of at the end of the present wait."""
        with self._wake:
            self._nudged = True
            self._wake.notify_all()

    def cycle(self) -> int:
        """Claim what is due, run it, finish it; returns how many turns were taken. For tests and the demo."""
        claims = self._claim(self.settings.threads * 4)
        with ThreadPoolExecutor(self.settings.threads) as pool:
            outcomes = list(pool.map(self._take, claims))
        self._finish([outcome for outcome in outcomes if outcome])
        self._forget(claims)
        self._beat(self.settings.name)
        return len(claims)

    def run_until_idle(self, most_cycles: int = 10_000) -> int:
        """Take turns until nothing is due; returns how many. RuntimeError when that never happens."""
        taken = 0
        for _ in range(most_cycles):
            turns = self.cycle()
            if not turns:
                return taken
            taken += turns
        raise RuntimeError(f"still busy after {most_cycles} cycles and {taken} turns")

    # -- the dispatcher --------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        next_beat = 0.0
        clock = time.monotonic
        with ThreadPoolExecutor(self.settings.threads, thread_name_prefix="turn") as pool:
            while not self._is_over():
                busy = self._step(pool)
                if clock() >= next_beat:
                    next_beat = clock() + self.settings.beat_seconds
                    self._guard(lambda: self._beat(self.settings.name))
                if not busy:
                    self._wait()

    def _step(self, pool: ThreadPoolExecutor) -> bool:
        """One round: finish what is ready, claim what fits. Returns whether there may be more to do at once."""
        outcomes = self._take_outcomes()
        if outcomes and not self._guard(lambda: self._finish(outcomes)):
            self._give_back(outcomes)
        room = self.settings.threads * 2 - len(self._claims_in_hand())
        # While every thread has work there is no hurry: claims are taken several in one transaction.
        if self._stopping.is_set() or room < self.settings.threads:
            return False
        claims: list[Claim] = []
        self._guard(lambda: claims.extend(self._claim(room)))
        for claim in claims:
            pool.submit(self._take, claim).add_done_callback(lambda f, c=claim: self._ready(c, f))  # type: ignore[misc]  # a lambda's default has no type
        return len(claims) == room

    def _wait(self) -> None:
        with self._wake:
            if not (self._nudged or self._is_time_to_finish() or self._is_over()):
                self._wake.wait(self.settings.idle_seconds)
            self._nudged = False

    def _is_over(self) -> bool:
        """Whether the worker was stopped and has nothing in hand any more, or was given no more time for it."""
        return self._stopped.is_set() or (self._stopping.is_set() and not self._claims_in_hand())

    def _ready(self, claim: Claim, future: Future[Outcome | None]) -> None:
        outcome = future.result()
        with self._wake:
            if outcome is None:
                self._in_hand.pop(claim.key, None)
            else:
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

    def _give_back(self, outcomes: Sequence[Outcome]) -> None:
        with self._wake:
            self._outcomes = [*outcomes, *self._outcomes]

    def _guard(self, action: Callable[[], None]) -> bool:
        """The database may be gone for a while; the dispatcher is not. Returns whether the action succeeded."""
        try:
            action()
            return True
        except Exception as error:  # the one place: whatever it was, the loop goes on and says so
            log.error("worker cycle failed", error=type(error).__name__, exc_info=True)
            self._stopped.wait(self.settings.retry_seconds)
            return False

    # -- turns -----------------------------------------------------------------------------------------------

    def _claim(self, room: int) -> list[Claim]:
        claims = self._mailbox.claim(self.settings.name, room, self.settings.lease, tuple(self._takers))
        with self._wake:
            self._in_hand.update({(claim.connection, claim.ticket): claim for claim in claims})
        return claims

    def _take(self, claim: Claim) -> Outcome | None:
        """The outcome of a turn; None when there is none to keep, and the lease is lost or left to run out."""
        tickets, chores = self._takers[claim.connection]
        taker = chores if claim.is_chore else tickets
        try:
            return taker.take(claim)
        except Exception as error:  # per ticket: isolated, reported, retried
            log.error("turn crashed", ticket=claim.ticket, connection=claim.connection, exc_info=True)
            crash = error
        try:
            return taker.crashed(claim, crash)
        except StoreUnavailable as error:
            log.warning("turn let go", ticket=claim.ticket, connection=claim.connection, error=str(error))
            return None

    def _finish(self, outcomes: Sequence[Outcome]) -> None:
        kept = self._mailbox.finish(list(outcomes))
        self._forget([outcome.claim for outcome in outcomes])
        for outcome, was_ours in zip(outcomes, kept, strict=True):
            if was_ours:
                _log(outcome)
                if self._report is not None:
                    self._report(outcome)
            else:
                log.warning("lease lost", ticket=outcome.claim.ticket, connection=outcome.claim.connection)

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


def _log(outcome: Outcome) -> None:
    """One line for each thing that the audit trail keeps of a turn; clocks that merely run on are for debugging."""
    claim = outcome.claim
    for event in outcome.audit:
        detail = {key: event.detail[key] for key in LOGGED if key in event.detail}
        write = log.warning if event.event in TROUBLE else log.debug if event.event == Event.CLOCK else log.info
        write(event.event, connection=claim.connection, ticket=claim.ticket, **detail)
