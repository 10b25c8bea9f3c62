"""What turns ended with is stored, many in one transaction; whatever cannot be stored costs nobody else anything.

A database that is away is tried again, by whoever asks: nothing is lost, and what was stored although no answer came is
recognised. What the database refuses is found by storing one at a time: its turn counts as failed, and while that goes
on ``Troubles`` say so, and people are told. That goes through the same database: one that refuses one value takes it;
one that takes nothing is told by the signs of life that stop, on health and to an outside watcher, and in the log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Event, Failed, Key, Outcome
from connector.store.troubles import NOTHING_TO_DO, Trouble, TroubleKind, Troubles
from connector.turn.announcements import Announcer
from connector.wording import in_utc

NAME = "finish"
"""The trouble's name: there is one on each connection."""

RETRY = timedelta(seconds=60)
REMEMBERED_SECONDS = 900.0
"""For how long a ticket whose outcome was refused keeps its connection in trouble: longer than any pause until it is
tried again. Another worker may have finished it."""

TROUBLE = frozenset({Event.TURN_FAILED, Event.DEAD_LETTER})
LOGGED = (
    *("verdict", "tier", "reason", "stage", "from", "to", "limit_minutes", "used_minutes", "due_at"),
    *("due_at_by_newer", "newer_policy", "place", "tries", "why", "error", "message", "count"),
)
"""Of the detail of an audit entry that a turn ends with, what a log line says: nothing that a person wrote."""

Report = Callable[[Outcome], None]

log = structlog.get_logger("connector.worker")


@dataclass(slots=True)
class Finishing:
    """Stores outcomes for one worker, from one thread.

    ``crashed``: what a turn counts as whose outcome was refused. ``forget``: is told which claims are not held any
    more. ``report``: is told, once, of each outcome that was stored. ``announcers``: who tells people, by connection.
    ``has_failed``: the last attempt did not store everything as it was.
    """

    mailbox: Mailbox
    crashed: Callable[[Claim, BaseException], Outcome]
    forget: Callable[[Sequence[Claim]], None]
    report: Report | None = None
    announcers: Mapping[str, Announcer] = field(default_factory=dict)
    has_failed: bool = False
    _in_doubt: set[tuple[Key, int]] = field(default_factory=set)
    _refused: dict[Key, float] = field(default_factory=dict)
    _to_tell: dict[str, tuple[str, str]] = field(default_factory=dict)
    _is_well: set[str] = field(default_factory=set)
    _troubles: Troubles = field(init=False)

    def __post_init__(self) -> None:
        self._troubles = Troubles(self.mailbox.store)

    def store(self, outcomes: list[Outcome]) -> None:
        """Store the outcomes; takes out of the list what needs no further attempt.

        Raises StoreUnavailable: then what is left in the list is to be given again.
        """
        self.has_failed = True
        begun = time.monotonic()
        claims = [outcome.claim for outcome in outcomes]
        try:
            self._finish(outcomes)
            outcomes.clear()
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001  # whose it is shows when each goes alone
            while outcomes:
                self._finish_alone(outcomes[0])
                del outcomes[0]
        else:
            self.has_failed = False
        self._say_how_it_stands(claims, begun)

    def _finish(self, outcomes: Sequence[Outcome]) -> None:
        names = {(outcome.claim.key, outcome.claim.fence) for outcome in outcomes}
        try:
            kept = self.mailbox.finish(outcomes, self._in_doubt)
        except StoreUnavailable:
            self._in_doubt |= names
            raise
        self._in_doubt -= names
        self.forget([outcome.claim for outcome in outcomes])
        for outcome, was_ours in zip(outcomes, kept, strict=True):
            if was_ours:
                self._tell(outcome)
            else:
                log.warning("lease lost", ticket=outcome.claim.ticket, connection=outcome.claim.connection)

    def _tell(self, outcome: Outcome) -> None:
        _log(outcome)
        if self.report is not None:
            try:
                self.report(outcome)
            except Exception:  # it is stored, whatever its listener makes of it
                log.error("outcome not counted", ticket=outcome.claim.ticket, exc_info=True)

    def _finish_alone(self, outcome: Outcome) -> None:
        claim = outcome.claim
        try:
            self._finish([outcome])
        except StoreUnavailable:
            raise
        except Exception as error:
            log.error("outcome refused", ticket=claim.ticket, connection=claim.connection, exc_info=True)
            self._finish_as_failure(claim, error)
            self._refused[claim.key] = time.monotonic()
            self._to_tell[claim.connection] = claim.ticket, type(error).__name__

    def _finish_as_failure(self, claim: Claim, error: Exception) -> None:
        """The turn counts as failed: with all that belongs to it, else alone; else its lease runs out."""
        for failure in self._failures(claim, error):
            try:
                self._finish([failure])
            except StoreUnavailable:
                raise
            except Exception:  # the next has less in it
                log.error("failure refused", ticket=claim.ticket, connection=claim.connection, exc_info=True)
            else:
                return
        self.forget([claim])

    def _failures(self, claim: Claim, error: Exception) -> Iterator[Outcome]:
        yield self.crashed(claim, error)
        retry_at = self.mailbox.store.now() + RETRY
        yield Failed(claim, f"what the turn ended with could not be stored: {type(error).__name__}", retry_at)

    def _say_how_it_stands(self, claims: Sequence[Claim], begun: float) -> None:
        """Keep the troubles: met for what was refused since ``begun``, over where nothing is refused any more.

        What an earlier process met is over with the first outcome of its connection that is stored here.
        """
        for connection, (ticket, kind) in list(self._to_tell.items()):
            cause = f"what a turn ended with could not be stored ({kind})"
            met = self._troubles.meet(connection, TroubleKind.FINISHING_FAILED, NAME, cause, {"ticket": ticket})
            self._tell_people(met)
            del self._to_tell[connection]
            self._is_well.discard(connection)
        stored = {claim.key for claim in claims if self._refused.get(claim.key, 0.0) < begun}
        latest = begun - REMEMBERED_SECONDS
        self._refused = {key: at for key, at in self._refused.items() if at >= latest and key not in stored}
        ill = {connection for connection, _ in self._refused}
        for connection in {connection for connection, _ in stored} - self._is_well - ill:
            self._end(connection)
            self._is_well.add(connection)

    def _tell_people(self, met: Trouble) -> None:
        announcer = self.announcers.get(met.connection)
        if announcer is None or met.told_at is not None:
            return
        title = f"{met.connection}: what a turn ended with cannot be stored"
        lines = (
            f"First met by ticket {met.detail['ticket']}: {met.cause}. The log has the error.",
            "What was written in the ticket system stands and is not repeated; it is looked at again and again.",
        )
        self._troubles.tell(met, announcer.alarm(met.word("begun"), title, lines, TroubleKind.FINISHING_FAILED.code))

    def _end(self, connection: str) -> None:
        announcer = self.announcers.get(connection)
        for one in self._troubles.all(connection):
            if one.kind is TroubleKind.FINISHING_FAILED:
                title = f"{connection}: what turns end with can be stored again"
                lines = (f"It could not since {in_utc(one.since)}.",)
                word = announcer.alarm(one.word("over"), title, lines, NOTHING_TO_DO) if announcer else ()
                self._troubles.end(connection, one.kind, one.name, word)


def _log(outcome: Outcome) -> None:
    """One line for each thing that the audit trail keeps of a turn; clocks that merely run on are for debugging."""
    claim = outcome.claim
    for event in outcome.audit:
        detail = {key: event.detail[key] for key in LOGGED if key in event.detail}
        write = log.warning if event.event in TROUBLE else log.debug if event.event == Event.CLOCK else log.info
        write(event.event, connection=claim.connection, ticket=claim.ticket, **detail)
