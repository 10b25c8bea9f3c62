"""The worker's chores: find what webhooks lost, meet what was already open, keep the registration, tidy up.

Each chore is a mailbox row of its own whose name starts with ``@``, so that one of any number of workers does it,
on time, and again after a crash.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

import structlog

from connector.connection.gate import PROBE, Gate
from connector.connection.name_book import NameBook
from connector.errors import (
    Busy,
    ConnectorError,
    KeyOutdated,
    KeyUnknown,
    PayloadError,
    Permanent,
    SignatureError,
    Temporary,
    Unreachable,
)
from connector.model import ChangedTicket, Lane
from connector.store.connections import Connections, ConnectionState
from connector.store.database.errors import StoreUnavailable
from connector.store.editions import Edition
from connector.store.mailbox import Mailbox
from connector.store.records import (
    CHORE,
    KEY,
    NOTIFY,
    PACE,
    AuditEvent,
    Claim,
    Delivery,
    Event,
    Failed,
    Finished,
    LetGo,
    Mail,
    Outcome,
    Source,
    key_row,
    unpack,
)
from connector.store.signing_keys import SigningKeyStore
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.contract import Connection
from connector.systems.lanes import in_lane
from connector.turn.announcements import Announcer
from connector.turn.look import TicketReader
from connector.worker.housekeeping import keep_house
from connector.worker.listing import Acquaintance, was_read
from connector.worker.messages import Messages
from connector.worker.notifier import Notifier
from connector.worker.pace import Pacer
from connector.worker.survey import Survey
from connector.worker.sweep import Sweep

POLL, SURVEY, SWEEP, WEBHOOKS, PRUNE, HEARTBEAT, DIGEST = (
    f"{CHORE}{name}" for name in ("poll", "survey", "sweep", "webhooks", "prune", "heartbeat", "digest")
)

ASKING = frozenset({POLL, SURVEY, SWEEP, WEBHOOKS, PACE})
"""What waits, without a call, while the ticket system is down; what is let go then would go all at once later."""

LANES = {POLL: Lane.LISTS, SURVEY: Lane.LISTS, SWEEP: Lane.LISTS, WEBHOOKS: Lane.LISTS, KEY: Lane.WEBHOOKS}
"""In which lane a chore's calls are made; what is not named makes few, and people wait for it."""

OVERLAP = timedelta(minutes=5)
"""How far each poll reaches back behind the one before: clocks differ, and commits arrive late."""

REACHED = "poll_reached"
"""Remembered of a connection: the newest change that a poll has seen, by the ticket system's own clock."""

WEBHOOKS_EVERY = timedelta(minutes=10)
HEARTBEAT_EVERY = timedelta(minutes=1)
KEEP_UNVERIFIED = timedelta(hours=24)
RETRY = timedelta(seconds=30)
CRASH_RETRY = timedelta(seconds=60)
LONGEST_RETRY = {KEY: timedelta(hours=1), NOTIFY: timedelta(minutes=10)}
"""For what nobody waits for, pauses grow up to this; the other chores are tried again every ``RETRY``."""

KEYS_A_MINUTE = 20
"""How many signing keys are fetched a minute: forged webhooks must not use up the calls that tickets need."""

HELD_BY_THEN = timedelta(minutes=1)
"""So long after a trouble was met, the ticket that met it is stored as held by it."""

BATCH = 500

log = structlog.get_logger("connector.reconcile")


@dataclass(frozen=True, slots=True)
class ChoreSettings:
    """``poll_every``: the light poll's interval; ``keeps_webhooks``: whether a registration may be repaired;
    ``keeps_for``: how long the history of closed tickets and the audit trail are kept.
    """

    poll_every: timedelta
    keeps_webhooks: bool
    keeps_for: timedelta


class Chores:
    """Takes the turns of one connection's chores."""

    def __init__(
        self,
        connection: Connection,
        mailbox: Mailbox,
        connections: Connections,
        reader: TicketReader,
        names: NameBook,
        edition: Edition,
        settings: ChoreSettings,
        now: Callable[[], datetime],
        gate: Gate,
        notifier: Notifier | None = None,
        heartbeat: Callable[[], None] | None = None,
        pacer: Pacer | None = None,
        digest: Callable[[], datetime] | None = None,
    ) -> None:
        self.gate = gate
        self.id = connection.id
        self.system = connection.system
        self.mailbox = mailbox
        self.connections = connections
        self.settings = settings
        self.now = now
        notifier = notifier or Notifier()
        self.messages = Messages(connection.id, notifier, now, mailbox.deliver)
        self._troubles = Troubles(mailbox.store)
        self._announcer = Announcer(connection.id, notifier.audience)
        self._survey = Survey(
            connection,
            mailbox,
            connections,
            reader.homes,
            edition,
            names,
            self._announcer,
            now,
            Acquaintance(reader, mailbox, partial(self._ring, source=Source.SWEEP)),
        )
        self._sweep = Sweep(reader, mailbox, connections, now)
        self.heartbeat = heartbeat
        self.pacer = pacer
        self.digest = digest
        self._learned: list[datetime] = []
        self._learning = threading.Lock()

    def schedule(self) -> None:
        """Make sure that every chore has its row; called at each start, and when an edition is in force again."""
        wanted = {
            WEBHOOKS: self.settings.keeps_webhooks,
            HEARTBEAT: self.heartbeat is not None,
            PACE: self.pacer is not None,
            DIGEST: self.digest is not None,
        }
        for name in (POLL, PRUNE, PROBE, SURVEY, SWEEP, *(name for name, is_wanted in wanted.items() if is_wanted)):
            self.mailbox.schedule(self.id, name, self.now())

    def take(self, claim: Claim) -> Outcome:
        """Do the chore and say when it is due again. A failure is retried soon and never parked."""
        if claim.ticket in ASKING and not self.gate.is_open():
            return Finished(claim=claim, wake_at=self.now() + RETRY)
        name, colon, _ = claim.ticket.partition(":")
        with in_lane(LANES.get(name + colon, Lane.URGENT)):
            return self._do(claim)

    def _do(self, claim: Claim) -> Outcome:
        try:
            if claim.ticket.startswith(KEY):
                return self._verify_waiting(claim)
            if claim.ticket.startswith(NOTIFY):
                return self.messages.send_next(claim)
            again = {
                POLL: self._poll,
                SURVEY: self._survey.run,
                SWEEP: self._sweep.run,
                WEBHOOKS: self._webhooks,
                PRUNE: self._prune,
                HEARTBEAT: self._beat,
                PROBE: self._probe,
                PACE: self._pace,
                DIGEST: self._digest,
            }[claim.ticket]()
        except StoreUnavailable:
            return LetGo(claim)
        except (Busy, Unreachable) as error:
            return self._kept_waiting(claim, error)
        except ConnectorError as error:
            return self._failed(claim, error)
        return Finished(claim=claim, wake_at=again, is_gone=again is None, done_mail=_ids(claim.mail))

    def _kept_waiting(self, claim: Claim, error: Busy | Unreachable) -> Outcome:
        """A chore that the connection keeps waiting has not failed by itself: it is done soon after that is back."""
        is_down = self.gate.is_to_blame(error)
        if claim.mail or not is_down:
            return self._failed(claim, error)
        return Finished(claim=claim, wake_at=self.now() + RETRY)

    def _failed(self, claim: Claim, error: ConnectorError) -> Failed:
        log.warning("chore failed", connection=self.id, chore=claim.ticket, error=str(error))
        longest = next((longest for kind, longest in LONGEST_RETRY.items() if claim.ticket.startswith(kind)), RETRY)
        pause = min(RETRY * 2 ** min(claim.attempts, 10), longest)
        return Failed(claim=claim, error=str(error), retry_at=self.now() + pause)

    def _probe(self) -> datetime | None:
        """Look whether the connection is back, where it is down; first of all then, what changed meanwhile."""
        return self.gate.look_again(self._poll)

    def _pace(self) -> datetime | None:
        """Let go what may go now, where something waits for its turn."""
        return None if self.pacer is None else self.pacer.run()

    def crashed(self, claim: Claim, error: BaseException) -> Failed:
        """The outcome of a chore that ended in a way nobody thought of: tried again, and never parked."""
        return Failed(claim, f"unexpected {type(error).__name__}; see the log", self.now() + CRASH_RETRY)

    def _state(self) -> ConnectionState:
        return self.connections.get(self.id)

    # -- finding tickets -------------------------------------------------------------------------------------

    def _poll(self) -> datetime:
        """Ring for every ticket that changed and was not read since.

        How far it came is dated by what the ticket system itself said, never later than now: a clock of ours that was
        ahead for a moment must not hide the changes until then.
        """
        state = self._state()
        started = self.now()
        kept = state.state.get(REACHED)
        reached = datetime.fromisoformat(kept) if kept else state.polled_until or state.first_started_at
        newest = [min(reached, started)]
        self._ring(_noting(newest, self.system.tickets.changed_since(newest[0] - OVERLAP)), Source.POLL)
        fresh = min(newest[0], started).isoformat()
        if fresh != kept:
            self.connections.update_state(self.id, {REACHED: fresh})
        self.connections.set_polled_until(self.id, started)
        self._end_what_holds_nothing()
        return started + self.settings.poll_every

    def _end_what_holds_nothing(self) -> None:
        """A place is in sight again when nothing is held by it: of several that go on at once, none is the last."""
        before = self.now() - HELD_BY_THEN
        for one in self._troubles.all(self.id):
            is_old = one.kind is TroubleKind.OUT_OF_SIGHT and one.seen_at <= before
            if is_old and not self.mailbox.held_by(self.id, one.name, 1):
                word = self._announcer.over(f"over/{one.name}/{one.since.isoformat()}", one.name)
                self._troubles.end(self.id, one.kind, one.name, word, unless_met_after=before)

    def _ring(self, found: Iterable[ChangedTicket], source: Source) -> None:
        started = self.now().isoformat()
        left = iter(found)
        while batch := list(islice(left, BATCH)):
            self._deliver(batch, source, started)

    def _deliver(self, batch: list[ChangedTicket], source: Source, started: str) -> None:
        snapshots = self.mailbox.snapshots(self.id, [str(ticket.id) for ticket in batch])
        found = [(ticket, snapshots.get(str(ticket.id))) for ticket in batch]
        self.mailbox.deliver(
            [
                Delivery(
                    self.id,
                    str(ticket.id),
                    _name(ticket, source, started, snapshot),
                    source,
                    # Who looks once more at what was read in its very second waits behind what is news.
                    lane=Lane.LOOKS if source is Source.POLL and was_read(ticket, snapshot, timedelta(0)) else None,
                )
                for ticket, snapshot in found
                if source is Source.SWEEP or not was_read(ticket, snapshot)
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
        does not exist, is dropped. Without mail it is a known key that is to be fetched anew, which waits for no other.
        """
        if not claim.mail:
            self._fetch_anew(claim.ticket)
            return Finished(claim=claim, wake_at=None, is_gone=True)
        fresh = [mail for mail in claim.mail if self.now() - mail.received_at < KEEP_UNVERIFIED]
        verified: list[Delivery] = []
        if fresh and self._is_unknown(fresh[0]) and not self._learn((fresh[0].headers or {}).get("reference", "")):
            fresh = []
        refused = len(claim.mail) - len(fresh)
        for mail in fresh:
            request = unpack(mail)
            try:
                self.system.webhooks.verify(request)
                notices = self.system.webhooks.parse(request)
            except (SignatureError, KeyUnknown, PayloadError):
                refused += 1
                continue
            verified += [Delivery(self.id, str(n.ticket), n.delivery, Source.WEBHOOK, state=n.state) for n in notices]
        if verified:
            self.mailbox.deliver(verified)
        if refused:
            log.warning("unverified webhooks refused", connection=self.id, count=refused)
        audit = (AuditEvent(Event.WEBHOOKS_REFUSED, {"count": refused}),) if refused else ()
        return Finished(claim=claim, wake_at=None, is_gone=True, done_mail=_ids(claim.mail), audit=audit)

    def _is_unknown(self, mail: Mail) -> bool:
        """Whether the key is still to be learned: of many webhooks that wait for it, some are let in at a time."""
        try:
            self.system.webhooks.verify(unpack(mail))
        except KeyOutdated:
            return False
        except KeyUnknown:
            return True
        except (SignatureError, PayloadError):
            return False
        return False

    def _learn(self, reference: str) -> bool:
        """Whether there is such a key. Raises AdapterError while it cannot be fetched."""
        if not self._may_learn():
            raise Temporary("signing keys are fetched slowly, so that tickets keep the calls they need")
        try:
            self.system.webhooks.learn_key(reference)
        except (Permanent, SignatureError, PayloadError):
            return False
        return True

    def _fetch_anew(self, row: str) -> None:
        known = SigningKeyStore(self.mailbox.store, self.id).every()
        for reference in known:
            if key_row(reference) == row:
                try:
                    self.system.webhooks.learn_key(reference)
                except (Permanent, SignatureError, PayloadError) as error:
                    log.warning("signing key not fetched anew", connection=self.id, error=str(error))

    def _may_learn(self) -> bool:
        now = self.now()
        with self._learning:
            self._learned = [at for at in self._learned if now - at < timedelta(minutes=1)]
            if len(self._learned) >= KEYS_A_MINUTE:
                return False
            self._learned.append(now)
            return True

    # -- the service itself ----------------------------------------------------------------------------------

    def _beat(self) -> datetime | None:
        """Tell the outside watcher, where there is one."""
        if self.heartbeat is None:
            return None
        next_at = self.now() + HEARTBEAT_EVERY
        self.heartbeat()
        return next_at

    def _digest(self) -> datetime | None:
        """Tell people what was done, where they want that."""
        return None if self.digest is None else self.digest()

    def _prune(self) -> datetime:
        """Forget what is kept no longer; where very much is, the rest is left to the next times."""
        return keep_house(self.mailbox, self.now(), self.settings.keeps_for)


def _name(ticket: ChangedTicket, source: Source, started: str, snapshot: Mapping[str, object] | None) -> str:
    """A poll rings once for one version and what was read of it; each survey rings for all."""
    seen = started if source is Source.SWEEP else (snapshot or {}).get("read_at", "never")
    return f"{source.value}:{ticket.id}:{ticket.updated_at.isoformat()}:{seen}"


def _noting(newest: list[datetime], found: Iterable[ChangedTicket]) -> Iterator[ChangedTicket]:
    """What was found, with the moment of the newest change kept in the list."""
    for ticket in found:
        newest[0] = max(newest[0], ticket.updated_at)
        yield ticket


def _ids(mail: Iterable[Mail]) -> tuple[int, ...]:
    return tuple(item.id for item in mail)
