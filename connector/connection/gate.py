"""Whether a connection's tickets may be claimed: not while its ticket system is down, nor while it holds still.

A call that fails may mean its ticket alone, or everything: a probe tells, by one thread at a time. When it fails, too,
the connection is down, for all processes at once, and one chore probes on until it is back. That is one fact and told
once; it is no ticket's failure, and none ages by it. The call limit is none either: this process holds still then, or
only the lane does that is out of calls.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from connector.connection.state import ConnectionBook
from connector.errors import Busy, ConnectorError, NotFound, Unreachable
from connector.model import Lane, TicketId
from connector.store.database.errors import StoreUnavailable
from connector.store.line import AT_ONCE, ONE_EVERY, WaitingLine
from connector.store.mailbox import Mailbox
from connector.store.outages import Outage, Outages
from connector.store.records import CHORE, Claim, Delivery
from connector.store.troubles import NOTHING_TO_DO, TroubleKind
from connector.systems.contract import Connection
from connector.wording import in_utc

PROBE = f"{CHORE}probe"
"""The chore that looks whether a connection is back."""

PROBE_EVERY = timedelta(seconds=5)
PROBE_AT_LEAST_EVERY = timedelta(seconds=30)
"""The longer it lasts, the more rarely: credentials that are refused again and again may be locked."""

ALARM_AFTER = timedelta(seconds=30)
"""How long a connection is down before people are told."""

HOLDS = timedelta(seconds=30)
"""How long it must be up again before it counts as over, and people are told so."""

HOLDS_AFTER_RELAPSE = timedelta(minutes=5)
"""The same where it was down again meanwhile, or within ``RELAPSE`` of the last word."""

RELAPSE = timedelta(minutes=15)

NO_TICKET = "it answers, but no ticket can be read"

SHORTEST_STILL = timedelta(seconds=1)
LONGEST_STILL = timedelta(minutes=5)
"""However long a call limit asks for: then it is tried again."""

NOTED_AFTER = ALARM_AFTER + PROBE_EVERY
"""When who holds still notes that by himself: the chore has not, for another worker may have taken it."""

TURN_CALLS = 3
"""So many calls a lane must have for a turn to begin: about what it takes to read a ticket. One that stops half-way
would have wasted them.
"""

RUN = 3
"""So many tickets in a row that cannot be read, and none that can: then it is no matter of the tickets."""

RUN_WITHIN = timedelta(minutes=15)

LATELY = 5
"""So many of the tickets that were read lately are read to see whether any can be."""

IN_TIME = timedelta(seconds=5)
"""What goes up so soon after its deadline did not wait for the connection."""

LAST_OVER = "last_outage_over"
"""Remembered of a connection: when its last outage was over."""

Alarm = Callable[[str, str, Sequence[str], str], list[Delivery]]
"""Makes an alarm's messages; see ``Announcer.alarm``."""

log = structlog.get_logger("connector.connection")


class NothingToRead(Unreachable):
    """The system answers, and yet no ticket can be read."""


class Gate:
    """The gate of one connection in one process. Safe for several threads; methods may raise StoreUnavailable."""

    def __init__(
        self, connection: Connection, mailbox: Mailbox, book: ConnectionBook, alarm: Alarm, now: Callable[[], datetime]
    ) -> None:
        self.id = connection.id
        self.system = connection.system
        self._mailbox = mailbox
        self._book = book
        self._outages = Outages(mailbox.store)
        self._line = WaitingLine(mailbox.store)
        self._alarm = alarm
        self._now = now
        self._probing = threading.Lock()
        self._noting = threading.Lock()
        self._may_be_down = True
        self._held_until: datetime | None = None
        self._held_since: datetime | None = None
        self._held_for: Busy | None = None
        self._probes = 0
        self._last_good_probe = 0
        self._unread: dict[str, datetime] = {}

    # -- asked by the worker -----------------------------------------------------------------------------------

    def is_open(self) -> bool:
        """Whether tickets may be claimed now. Asks the database only where something was wrong when it last did."""
        if self.opens_at() is not None:
            self._note_stillness()
            return False
        if not self._may_be_down:
            return True
        outage = self._outages.current(self.id)
        self._may_be_down = outage is not None and outage.up_since is None
        return not self._may_be_down

    def opens_at(self) -> datetime | None:
        """Until when this process holds still for the call limit; None where it does not."""
        until = self._held_until
        return until if until is not None and self._now() < until else None

    def waits_until(self, claim: Claim, due_at: datetime) -> datetime | None:
        """When a ticket that is to go up, for it was due then, is to come again: what was due before the connection was
        back comes up one behind the other. None: it goes now.
        """
        return None if self._now() - due_at < IN_TIME else self._line.wait(self.id, due_at, claim.due_at)

    def turns(self) -> Mapping[Lane, int]:
        """For how many more turns each lane has calls; nothing where there is no limit."""
        left = self.system.line.budget
        return {} if left is None else {lane: calls // TURN_CALLS for lane, calls in left.items()}

    def lane_opens_at(self, lane: Lane) -> datetime:
        """When a lane has calls for a turn, as far as is known now."""
        return self._now() + timedelta(seconds=self.system.line.waits(lane, TURN_CALLS))

    # -- told by turns and chores ------------------------------------------------------------------------------

    def has_read(self) -> None:
        """A ticket was read: the connection works, whatever was wrong before."""
        if self._unread or self._held_since:
            with self._noting:
                self._unread = {}
                self._held_since = None

    def is_to_blame(self, error: ConnectorError, ticket: str | None = None, *, is_sure: bool = False) -> bool:
        """Whether it is the connection that fails, and not the ticket, or whatever else was asked for.

        Several tickets in a row that cannot be read are the connection's fault, unless another one can be. ``is_sure``:
        another one is to be read in any case, where there is one.
        """
        met_at = self._now()
        if isinstance(error, Busy):
            if error.lane in (None, Lane.URGENT):
                self._hold_still(error, met_at)
            # Of any other lane the budget tells when it has calls again, and the rest goes on.
            return True
        asked = self._probes
        is_run = ticket is not None and isinstance(error, Unreachable | NotFound) and self.is_in_a_run(ticket)
        with self._probing:
            if self._is_known_to_be_down():
                return True
            if self._last_good_probe > asked and not (is_run or is_sure):
                return False  # a probe that began since has worked
            failure = self._failure(reads_but=tuple(self._unread) if is_run or is_sure else None, must_read=is_run)
            if isinstance(failure, Busy):
                self._hold_still(failure, met_at)
            elif failure is not None:
                self._shut(failure, met_at)
            return failure is not None

    def is_in_a_run(self, ticket: str) -> bool:
        """Note a ticket that cannot be read; whether it is one of several in a row, with none that was read between."""
        now = self._now()
        with self._noting:
            fresh = {name: at for name, at in self._unread.items() if now - at < RUN_WITHIN}
            self._unread = {**fresh, ticket: now}
            return len(self._unread) >= RUN

    # -- the chore ---------------------------------------------------------------------------------------------

    def look_again(self, catch_up: Callable[[], object]) -> datetime | None:
        """Probe once more; returns when to do so again, None when it is over. Tells people what is to be told.

        ``catch_up``: looks what changed meanwhile, so that it is known which tickets wait before they come up. It is
        tried once: where it fails, what is known already goes on all the same.
        """
        outage = self._outages.current(self.id)
        if outage is None and self._held_since is None:
            return None
        must_read = outage is not None and outage.is_thorough
        with self._probing:
            failure = self._failure_or_crash(reads_but=() if must_read else None, must_read=must_read)
        if failure is None and outage is not None and outage.up_since is None:
            self._try(catch_up)
        now = self._now()
        if failure is not None:
            return self._still_down(outage, failure, now)
        with self._noting:
            self._held_since = self._held_until = self._held_for = None
        if outage is None:
            return None
        return self._up(outage, now)

    def _still_down(self, outage: Outage | None, failure: ConnectorError, now: datetime) -> datetime:
        since = self._held_since or now
        if outage is None and now - since < ALARM_AFTER:
            return since + ALARM_AFTER
        asked = timedelta(seconds=getattr(failure, "retry_after", None) or 0.0)
        lasted = now - outage.since if outage else timedelta()
        pause = min(max(PROBE_EVERY, asked, lasted / 60), PROBE_AT_LEAST_EVERY)
        outage = self._shut(failure, since, pause, is_thorough=outage.is_thorough if outage else False)
        if now - outage.since >= ALARM_AFTER and outage.trouble.told_at is None:
            lines = (
                f"Since {in_utc(outage.since)}. Last answer: {outage.why}",
                "Its tickets wait, and their deadlines go on; nothing is lost. What is due goes up when it is back.",
            )
            name = f"down/{outage.since.isoformat()}"
            title = f"{self.id}: the ticket system does not serve the connector ({outage.trouble.cause})"
            if self._outages.tell(outage, self._alarm(name, title, lines, TroubleKind.CONNECTION_DOWN.code)):
                log.error("connection down", connection=self.id, since=outage.since.isoformat(), why=outage.why)
        return now + pause

    def _up(self, outage: Outage, now: datetime) -> datetime | None:
        if outage.up_since is None:
            up = self._outages.up(self.id)
            self._may_be_down = False
            log.warning("connection up again", connection=self.id, waited=up.waited if up else 0)
            return now + PROBE_EVERY
        holds = HOLDS_AFTER_RELAPSE if outage.relapses else HOLDS
        if now - outage.up_since < holds:
            return now + PROBE_EVERY
        many = f"{outage.waited} tickets waited" if outage.waited != 1 else "1 ticket waited"
        lines = (
            f"It was down from {in_utc(outage.since)} to {in_utc(outage.up_since)}: {_length(outage)}. {many}.",
            f"What was overdue goes up, the most overdue first: {AT_ONCE} at once, then one every "
            f"{ONE_EVERY.total_seconds():.0f} seconds.",
        )
        title = f"{self.id}: the ticket system serves the connector again"
        self._book.remember(LAST_OVER, now.isoformat())
        self._outages.over(self.id, self._alarm(f"up/{outage.since.isoformat()}", title, lines, NOTHING_TO_DO))
        log.warning("outage over", connection=self.id, waited=outage.waited)
        return None

    # -- inside ------------------------------------------------------------------------------------------------

    def _is_known_to_be_down(self) -> bool:
        outage = self._outages.current(self.id)
        self._may_be_down = outage is not None and outage.up_since is None
        return self._may_be_down

    def _failure(self, *, reads_but: Collection[str] | None, must_read: bool) -> ConnectorError | None:
        """What a probe ends with, None where it works. ``reads_but``: a ticket is to be read, too, none of these.

        Where there is no other, that proves nothing, unless one ``must_read``: then one of these is to be.
        """
        self._probes += 1
        number = self._probes
        try:
            found = self.system.line.probe()
            if reads_but is not None and not self._reads_one(found, reads_but, must_read=must_read):
                return NothingToRead(NO_TICKET, cause=NO_TICKET)
        except ConnectorError as error:
            return error
        self._last_good_probe = number
        return None

    def _failure_or_crash(self, *, reads_but: Collection[str] | None, must_read: bool) -> ConnectorError | None:
        """The same where nobody would be told of an error that nobody thought of."""
        try:
            return self._failure(reads_but=reads_but, must_read=must_read)
        except Exception as error:
            log.error("probe crashed", connection=self.id, exc_info=True)
            what = "its answer is not understood"
            return Unreachable(f"{what}: unexpected {type(error).__name__}; see the log", cause=what)

    def _reads_one(self, found: Collection[str], but: Collection[str], *, must_read: bool) -> bool:
        """Whether a ticket can be read: one that was read lately, or else one of those found. Raises Busy.

        That none of those found can be is a matter of these, as long as no ticket is known that could be read before.
        """
        lately = self._mailbox.read_lately(self.id)
        known = [ticket for ticket in lately if ticket not in but]
        if must_read and not known:
            known = lately
        known = known[:LATELY]
        others = sorted(set(found) - set(but) - set(known)) if known else []
        return not known or any(self._can_read(ticket) for ticket in (*known, *others))

    def _can_read(self, ticket: str) -> bool:
        try:
            self.system.tickets.read(TicketId(ticket))
        except Busy:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is about this ticket: it cannot be read
            log.info("probed in vain", connection=self.id, ticket=ticket, error=f"{type(error).__name__}: {error}")
            return False
        self.has_read()
        return True

    def _try(self, catch_up: Callable[[], object]) -> None:
        """The poll is a chore of its own, too: it goes on trying, and is told of when it is late."""
        try:
            catch_up()
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it was, tickets can be read
            log.warning("not caught up", connection=self.id, error=f"{type(error).__name__}: {error}")

    def _shut(
        self, failure: ConnectorError, since: datetime, pause: timedelta = PROBE_EVERY, *, is_thorough: bool = False
    ) -> Outage:
        self._may_be_down = True
        last = self._book.fresh().state.get(LAST_OVER)
        is_relapse = last is not None and since - datetime.fromisoformat(last) < RELAPSE
        return self._outages.down(
            self.id,
            _cause(failure),
            str(failure),
            since=since,
            chore=PROBE,
            look_again_at=self._now() + pause,
            is_thorough=is_thorough or isinstance(failure, NothingToRead),
            relapses=int(is_relapse),
        )

    def _hold_still(self, error: Busy, now: datetime) -> None:
        asked = timedelta(seconds=min(error.retry_after or 0.0, LONGEST_STILL.total_seconds()))
        until = now + max(SHORTEST_STILL, asked)
        with self._noting:
            goes_on = self._held_until is not None and now - self._held_until < ALARM_AFTER
            self._held_since = (goes_on and self._held_since) or now
            self._held_until = max(self._held_until or until, until)
            self._held_for = error
            look_at = max(now, self._held_since + ALARM_AFTER)
        self._mailbox.schedule(self.id, PROBE, look_at)

    def _note_stillness(self) -> None:
        """A call limit that lasts is an outage like any other: all processes know of it then, and any may end it."""
        now, since, error = self._now(), self._held_since, self._held_for
        if since is None or error is None or now - since < NOTED_AFTER:
            return
        outage = self._outages.current(self.id)
        if outage is None or outage.up_since is None or outage.up_since < since:
            self._still_down(outage, error, now)
        with self._noting:
            self._held_since = self._held_until = self._held_for = None


def _cause(failure: Any) -> str:
    """Why, in words for everybody's eyes."""
    if isinstance(failure, Busy):
        return "its call limit is used up"
    return getattr(failure, "cause", "") or "tickets cannot be listed"


def _length(outage: Outage) -> str:
    seconds = int(((outage.up_since or outage.since) - outage.since).total_seconds())
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    named = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    parts = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in named if count]
    return " ".join(parts) or f"{seconds} seconds"
