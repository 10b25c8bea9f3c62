"""The worker's chores: find what webhooks lost, meet what was already open, keep the registration, tidy up.

Each chore is a mailbox row of its own whose name starts with ``@``, so that one of any number of workers does it,
on time, and again after a crash.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import structlog

from connector.connection.homes import HomeBook
from connector.connection.state import SURVEYED
from connector.errors import ConnectorError, PayloadError, Permanent, SignatureError, Temporary
from connector.model import ChangedTicket
from connector.store.connections import Connections, ConnectionState
from connector.store.heartbeats import prune_beats
from connector.store.mailbox import Mailbox
from connector.store.records import (
    CHORE,
    KEY,
    NOTIFY,
    AuditEvent,
    Claim,
    Delivery,
    Event,
    Failed,
    Finished,
    Mail,
    Outcome,
    Source,
    unpack,
)
from connector.systems.contract import Connection
from connector.turn.announcements import message_of
from connector.worker.notifier import Notifier

POLL, SURVEY, WEBHOOKS, PRUNE = (f"{CHORE}{name}" for name in ("poll", "survey", "webhooks", "prune"))

OVERLAP = timedelta(minutes=5)
"""How far each poll reaches back behind the one before: clocks differ, and commits arrive late."""

SETTLED = timedelta(seconds=5)
"""A read that is this much later than the ticket's last update has seen all of that second's updates."""

WEBHOOKS_EVERY = timedelta(minutes=10)
PRUNE_EVERY = timedelta(hours=1)
KEEP_MAIL = timedelta(days=7)
KEEP_BEATS = timedelta(hours=24)
KEEP_UNVERIFIED = timedelta(hours=24)
RETRY = timedelta(seconds=30)
CRASH_RETRY = timedelta(seconds=60)
LONGEST_RETRY = {KEY: timedelta(hours=1), NOTIFY: timedelta(minutes=10)}
"""For what nobody waits for, pauses grow up to this; the other chores are tried again every ``RETRY``."""

KEEP_MESSAGES = timedelta(hours=24)
"""For how long a message is tried to be sent."""

KEYS_A_MINUTE = 20
"""How many signing keys are fetched a minute: forged webhooks must not use up the calls that tickets need."""

BATCH = 500

log = structlog.get_logger("connector.reconcile")


@dataclass(frozen=True, slots=True)
class ChoreSettings:
    """``poll_every``: the light poll's interval; ``keeps_webhooks``: whether a registration may be repaired."""

    poll_every: timedelta
    keeps_webhooks: bool


class Chores:
    """Takes the turns of one connection's chores."""

    def __init__(
        self,
        connection: Connection,
        mailbox: Mailbox,
        connections: Connections,
        homes: HomeBook,
        settings: ChoreSettings,
        now: Callable[[], datetime],
        notifier: Notifier | None = None,
    ) -> None:
        self.id = connection.id
        self.system = connection.system
        self.mailbox = mailbox
        self.connections = connections
        self.homes = homes
        self.settings = settings
        self.now = now
        self.notifier = notifier or Notifier()
        self._learned: list[datetime] = []
        self._learning = threading.Lock()

    def schedule(self) -> None:
        """Make sure that every chore has its row; called at each start."""
        for name in (POLL, PRUNE, SURVEY, *([WEBHOOKS] if self.settings.keeps_webhooks else [])):
            self.mailbox.schedule(self.id, name, self.now())

    def take(self, claim: Claim) -> Outcome:
        """Do the chore and say when it is due again. A failure is retried soon and never parked."""
        try:
            if claim.ticket.startswith(KEY):
                return self._verify_waiting(claim)
            if claim.ticket.startswith(NOTIFY):
                return self._send_next(claim)
            again = {POLL: self._poll, SURVEY: self._survey, WEBHOOKS: self._webhooks, PRUNE: self._prune}[
                claim.ticket
            ]()
        except ConnectorError as error:
            log.warning("chore failed", connection=self.id, chore=claim.ticket, error=str(error))
            longest = LONGEST_RETRY.get(claim.ticket.partition(":")[0], RETRY)
            pause = min(RETRY * 2 ** min(claim.attempts, 10), longest)
            return Failed(claim=claim, error=str(error), retry_at=self.now() + pause)
        return Finished(claim=claim, wake_at=again, is_gone=again is None, done_mail=_ids(claim.mail))

    def crashed(self, claim: Claim, error: Exception) -> Failed:
        """The outcome of a chore that ended in a way nobody thought of: tried again, and never parked."""
        return Failed(claim, f"unexpected {type(error).__name__}; see the log", self.now() + CRASH_RETRY)

    def _state(self) -> ConnectionState:
        return self.connections.get(self.id)

    # -- finding tickets -------------------------------------------------------------------------------------

    def _poll(self) -> datetime:
        """Ring for every ticket that changed and was not read since."""
        state = self._state()
        started = self.now()
        since = (state.polled_until or state.first_started_at) - OVERLAP
        self._ring(self.system.tickets.changed_since(since), Source.POLL)
        self.connections.set_polled_until(self.id, started)
        return started + self.settings.poll_every

    def _survey(self) -> None:
        """Meet every ticket that is already open in a home that was not surveyed under the present policy.

        Raises Temporary while a home does not resolve: what is open there would be missed.
        """
        state, homes = self._state(), self.homes.current()
        surveyed = set(state.state.get(SURVEYED, ()))
        fresh = {place.key: place for place in homes.every_place if place.key not in surveyed}
        if fresh:
            self._ring(self.system.tickets.open_tickets(tuple(fresh.values())), Source.SWEEP)
            self.connections.update_state(self.id, {SURVEYED: sorted(surveyed | set(fresh))})
        if homes.every_problem:
            raise Temporary("the survey of open tickets waits for: " + "; ".join(homes.every_problem))
        if state.swept_at is None:
            self.connections.set_swept(self.id, self.now())

    def _ring(self, found: Iterable[ChangedTicket], source: Source) -> None:
        started = self.now().isoformat()
        left = iter(found)
        while batch := list(islice(left, BATCH)):
            self._deliver(batch, source, started)

    def _deliver(self, batch: list[ChangedTicket], source: Source, started: str) -> None:
        snapshots = self.mailbox.snapshots(self.id, [str(ticket.id) for ticket in batch])
        self.mailbox.deliver(
            [
                Delivery(
                    self.id,
                    str(ticket.id),
                    _name(ticket, source, started, snapshots.get(str(ticket.id))),
                    source,
                )
                for ticket in batch
                if source is Source.SWEEP or not _was_read(ticket, snapshots.get(str(ticket.id)))
            ]
        )

    # -- webhooks --------------------------------------------------------------------------------------------

    def _webhooks(self) -> datetime | None:
        """Leave exactly one active registration, also when the system switched it off."""
        if not self.settings.keeps_webhooks:
            return None
        before = self.system.webhooks.registrations()
        now = self.system.webhooks.register()
        if before != [now]:
            log.warning("webhook registration repaired", connection=self.id, found=len(before))
        return self.now() + WEBHOOKS_EVERY

    def _verify_waiting(self, claim: Claim) -> Finished:
        """Learn the signing key that waiting webhooks refer to, and let in those it proves.

        Raises AdapterError while the key cannot be fetched; what waited too long for one, or refers to a key that
        does not exist, is dropped.
        """
        fresh = [mail for mail in claim.mail if self.now() - mail.received_at < KEEP_UNVERIFIED]
        verified: list[Delivery] = []
        if fresh and not self._may_learn():
            raise Temporary("signing keys are fetched slowly, so that tickets keep the calls they need")
        try:
            if fresh:
                self.system.webhooks.learn_key((fresh[0].headers or {}).get("reference", ""))
        except (Permanent, SignatureError, PayloadError):
            fresh = []
        refused = len(claim.mail) - len(fresh)
        for mail in fresh:
            request = unpack(mail)
            try:
                self.system.webhooks.verify(request)
                notices = self.system.webhooks.parse(request)
            except (SignatureError, PayloadError):
                refused += 1
                continue
            verified += [Delivery(self.id, str(n.ticket), n.delivery, Source.WEBHOOK) for n in notices]
        if verified:
            self.mailbox.deliver(verified)
        if refused:
            log.warning("unverified webhooks refused", connection=self.id, count=refused)
        audit = (AuditEvent(Event.WEBHOOKS_REFUSED, {"count": refused}),) if refused else ()
        return Finished(claim=claim, wake_at=None, is_gone=True, done_mail=_ids(claim.mail), audit=audit)

    # -- messages --------------------------------------------------------------------------------------------

    def _send_next(self, claim: Claim) -> Finished:
        """Send the message to a target that waits longest; one a turn, so that each is ticked off as it is sent.

        Raises Temporary when it was not taken. What could not be sent for a day, or to a target that is not configured
        any more, is given up and said so.
        """
        number = int(claim.ticket.removeprefix(NOTIFY))
        if not claim.mail:
            return Finished(claim=claim, wake_at=None, is_gone=True)
        mail = claim.mail[0]
        audit: tuple[AuditEvent, ...] = ()
        is_old = self.now() - mail.received_at >= KEEP_MESSAGES
        if is_old or number >= self.notifier.count:
            why = "it could not be sent for a day" if is_old else "its target is not configured any more"
            log.error("message given up", connection=self.id, target=number + 1, why=why)
            audit = (AuditEvent(Event.MESSAGE_GIVEN_UP, {"target": number + 1, "why": why, "delivery": mail.delivery}),)
        else:
            self.notifier.send(number, *message_of(mail))
        return Finished(claim=claim, wake_at=None, is_gone=True, done_mail=(mail.id,), audit=audit)

    def _may_learn(self) -> bool:
        now = self.now()
        with self._learning:
            self._learned = [at for at in self._learned if now - at < timedelta(minutes=1)]
            if len(self._learned) >= KEYS_A_MINUTE:
                return False
            self._learned.append(now)
            return True

    def _prune(self) -> datetime:
        """Forget done mail once its duplicate window is over, and workers that have long been gone."""
        self.mailbox.prune(self.now() - KEEP_MAIL)
        prune_beats(self.mailbox.store, self.now() - KEEP_BEATS)
        return self.now() + PRUNE_EVERY


def _name(ticket: ChangedTicket, source: Source, started: str, snapshot: Mapping[str, object] | None) -> str:
    """A poll rings once for one version and what was read of it; each survey rings for all."""
    seen = started if source is Source.SWEEP else (snapshot or {}).get("read_at", "never")
    return f"{source.value}:{ticket.id}:{ticket.updated_at.isoformat()}:{seen}"


def _was_read(ticket: ChangedTicket, snapshot: Mapping[str, object] | None) -> bool:
    """Whether the last turn saw this very version, late enough to have seen all of its second."""
    if snapshot is None:
        return False
    version, read_at = snapshot.get("version"), snapshot.get("read_at")
    if not isinstance(version, str) or not isinstance(read_at, str):
        return False
    seen = datetime.fromisoformat(version)
    return seen >= ticket.updated_at and datetime.fromisoformat(read_at) - seen >= SETTLED


def _ids(mail: Iterable[Mail]) -> tuple[int, ...]:
    return tuple(item.id for item in mail)
