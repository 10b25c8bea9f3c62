"""What becomes of a turn that raised: tried again, sooner or later, or parked; and what is remembered of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from connector.connection.absences import Absence, Absences, is_of_sight, name_of_sight
from connector.connection.gate import Gate
from connector.connection.state import ConnectionBook
from connector.errors import (
    Busy,
    ConnectorError,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    Permanent,
    Unreachable,
    VisibleNote,
)
from connector.store.database.errors import LeaseLost, StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Delivery, Failed, LetGo, Outcome
from connector.store.troubles import ReasonCode, Trouble, TroubleKind, Troubles
from connector.systems.contract import TicketSystem
from connector.turn import outcomes
from connector.turn.announcements import Announcer
from connector.turn.escalate import MOVE_TRIES, MoveDidNotHold, MoveRefused, NoteWasVisible
from connector.turn.look import Seen

NOTES_STOPPED = "notes_stopped"
"""Remembered of a ticket system that showed an internal note to the client."""

LOOK_AGAIN = timedelta(seconds=60)
"""After so long a ticket that was not found is looked for a second time."""

SURE_AFTER = timedelta(minutes=11)
"""Where nothing of a ticket's place can be read, it is gone only when its home has been looked up meanwhile, too."""

OUT_OF_SIGHT_AGAIN = timedelta(minutes=5)

MISSING_AT_MOST = timedelta(minutes=15)
"""What was not found longer ago than this was found, or waited, meanwhile: it is looked for anew."""

TOLD_AFTER = timedelta(minutes=10)
"""For how long a ticket's turns fail before people are told of it: its deadlines pass meanwhile, nobody knows which."""

SEVERAL = 3
"""From so many tickets on whose turns keep failing, people are told of them together, and not of each."""

CRASH_RETRY = timedelta(seconds=60)
CANARY_EVERY = timedelta(hours=1)


class Crashed(ConnectorError):
    """A turn met an error that nobody thought of. What that error says may hold anything: it is in the log alone."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"unexpected {type(error).__name__}; see the log")


class NotesStopped(Permanent):
    """An internal note came back visible: no more are written on this connection until a person says so."""


CAUSES = {
    TroubleKind.NOTES_STOPPED: "an internal note came back visible to the client: no more are written until a person "
    "says so",
    TroubleKind.MOVE_TURNED_BACK: "moves to the next tier were turned back, three times each",
}
"""Why a person must act, in words for everybody's eyes."""

SOONEST, LATEST = timedelta(minutes=2), timedelta(minutes=30)
"""What is refused is tried again after as long as it has been, within these."""


def is_refusal(error: Permanent) -> bool:
    """Whether an error is one that lasts until somebody changes something, and that other tickets may meet as well."""
    return not isinstance(error, NotFound | MoveDidNotHold | VisibleNote | NotesStopped | NoteWasVisible)


def cause_of(error: Permanent) -> str:
    """What was refused and why, in words for everybody's eyes."""
    return error.cause or "the ticket system refused it, and does not say why"


def _where(seen: Seen) -> str:
    record, tier = seen.record, seen.decision.tier
    holder = record.owner.name if record.owner else "nobody"
    return f"It is at {record.place}, with {tier.name if tier else 'no tier'}, owner {holder}. {record.url}"


class Failures:
    """Judges the errors that turns of one connection end with. Safe for several threads.

    ``dead_letter_after``: how long a failing turn is retried before it is parked.
    """

    def __init__(
        self,
        system: TicketSystem,
        connection: ConnectionBook,
        gate: Gate,
        absences: Absences,
        announcer: Announcer,
        mailbox: Mailbox,
        now: Callable[[], datetime],
        jitter: random.Random,
        dead_letter_after: timedelta,
    ) -> None:
        self.system = system
        self.connection = connection
        self.gate = gate
        self.absences = absences
        self.announcer = announcer
        self.mailbox = mailbox
        self.troubles = Troubles(mailbox.store)
        self.now = now
        self.jitter = jitter
        self.dead_letter_after = dead_letter_after

    def outcome(self, claim: Claim, error: ConnectorError) -> Outcome | None:
        """What a turn that raised ends with. None means the lease was lost: nothing is to be kept."""
        match error:
            case LeaseLost():
                return None
            case StoreUnavailable():
                return LetGo(claim)  # through no fault of the ticket
            case Busy() | Unreachable() | OutcomeUnknown() | Forbidden() if self.gate.is_to_blame(error, claim.ticket):
                return LetGo(claim)
            case NotFound():
                return self._not_found(claim, error)
            case MoveDidNotHold() if error.tries >= MOVE_TRIES:
                return self._for_a_person(claim, error, TroubleKind.MOVE_TURNED_BACK, since=error.since)
            case MoveDidNotHold():
                return self._failed(claim, error, retry_in=error.retry_in)
            case VisibleNote():
                stop = {"ticket": claim.ticket, "at": self.now().isoformat(), "why": str(error)}
                self.connection.remember(NOTES_STOPPED, stop)
                return self._for_a_person(claim, error, TroubleKind.NOTES_STOPPED)
            case NotesStopped():
                return self._for_a_person(claim, error, TroubleKind.NOTES_STOPPED, is_told_of_each=False)
            case NoteWasVisible():
                failed = self._failed(claim, error, retry_in=CRASH_RETRY, is_dead=True)
                return replace(failed, done_mail=_ids(claim))
            case Permanent() if is_refusal(error):  # while the ticket was read: what is refused to a turn, see ``met``
                # Its mail stays: nothing on the ticket was looked at.
                return replace(self.refused(claim, error, self.met(claim, error)), done_mail=())
            case OutcomeUnknown():
                return self._failed(claim, error, retry_in=timedelta(seconds=self.system.settle_seconds))
        return self._failed(claim, error, retry_in=outcomes.backoff(claim, error, self.jitter.random()))

    def _not_found(self, claim: Claim, error: NotFound) -> Outcome:
        """A ticket that is not found is gone when a second look, while others can be read, finds that again.

        Several in a row are an outage: nothing is taken for deleted then.
        """
        now = self.now()
        since = outcomes.missing_since(claim)
        if is_of_sight(claim.held_by or ""):
            return self._absent(claim, error, since or now)
        if since is None or now - since > MISSING_AT_MOST:
            if self.gate.is_in_a_run(claim.ticket) and self.gate.is_to_blame(error, claim.ticket):
                return LetGo(claim)
            return outcomes.missing(claim, now, now + LOOK_AGAIN)
        if now - since < LOOK_AGAIN:
            return outcomes.missing(claim, since, since + LOOK_AGAIN)
        if self.gate.is_to_blame(error, claim.ticket, is_sure=True):
            return LetGo(claim)
        return self._absent(claim, error, since)

    def _absent(self, claim: Claim, error: NotFound, since: datetime) -> Outcome:
        """A ticket that is not found though others can be read, ``since`` then: gone, unless its place is, too."""
        now = self.now()
        try:
            absence = self.absences.judge(claim)
        except StoreUnavailable:
            return LetGo(claim)
        except ConnectorError as asked:
            return LetGo(claim) if self.gate.is_to_blame(asked) else outcomes.missing(claim, since, now + LOOK_AGAIN)
        if absence is Absence.OUT_OF_SIGHT:
            held_by = name_of_sight((claim.snapshot or {})["place"])
            return outcomes.out_of_sight(claim, held_by, now + OUT_OF_SIGHT_AGAIN)
        if absence is Absence.UNSURE and now - since < SURE_AFTER:
            return outcomes.missing(claim, since, since + SURE_AFTER)
        if claim.held_by:
            self.over(claim)
        return outcomes.gone(claim, str(error), now)

    def met(self, claim: Claim, error: Permanent, seen: Seen | None = None) -> Trouble:
        """Count a refusal that lasts, and have people told of its cause, once. Raises StoreUnavailable.

        ``seen``: None where it is the reading that is refused.
        """
        cause = cause_of(error)
        what = "read" if seen is None else "move" if isinstance(error, MoveRefused) else "turn"
        detail = {"ticket": claim.ticket, "why": str(error)}
        trouble = self.troubles.meet(claim.connection, TroubleKind.REFUSAL, f"{what}: {cause}", cause, detail)
        if trouble.told_at is None:
            lines = (
                str(error),
                _where(seen) if seen else f"It was last seen at {(claim.snapshot or {}).get('place') or 'no place'}.",
                "Further tickets that meet this are counted and not told one by one. It is tried again now and then.",
            )
            title = f"{claim.connection}: ticket {claim.ticket} cannot {'go on' if seen else 'be read'}: {cause}"
            name = f"refusal/{claim.ticket}/{trouble.name}/{trouble.since.isoformat()}"
            self.troubles.tell(trouble, self.announcer.alarm(name, title, lines, TroubleKind.REFUSAL.code))
        return trouble

    def refused(self, claim: Claim, error: Permanent, trouble: Trouble) -> Failed:
        """The outcome of a turn that met a refusal that lasts: seldom tried again, parked in the end, told already.

        What was commanded has been answered, so its mail is done. Of those parked the one that met it last is woken
        about hourly: somebody must notice when it is over.
        """
        if claim.held_by not in (None, trouble.name):
            self.over(claim)  # it got further, or not even so far: the other one is what keeps it now
        now = self.now()
        failing_for = now - (claim.failing_since or now)
        is_dead = failing_for >= self.dead_letter_after
        pause = min(max(failing_for, SOONEST), LATEST) * (1 + self.jitter.random() / 5)
        failed = outcomes.failed(claim, error, now, pause, is_dead=is_dead)
        if is_dead and self.mailbox.held_by(claim.connection, trouble.name, 1) in ([], [claim.ticket]):
            self.mailbox.schedule(claim.connection, claim.ticket, now + CANARY_EVERY)
        return replace(failed, held_by=trouble.name, done_mail=_ids(claim))

    def _for_a_person(
        self,
        claim: Claim,
        error: Permanent,
        kind: TroubleKind,
        *,
        is_told_of_each: bool = True,
        since: datetime | None = None,
    ) -> Failed:
        """The outcome of a turn after which a person must act: parked at once, told once, for each ticket or for all.

        What else is written on the ticket alarms nobody again: its mail is done. Raises StoreUnavailable.
        """
        now = self.now()
        name = kind.value
        failed = outcomes.failed(claim, error, now, CRASH_RETRY, is_dead=True)
        failed = replace(failed, held_by=name, done_mail=_ids(claim))
        detail = {"ticket": claim.ticket, "why": str(error)}
        trouble = self.troubles.meet(claim.connection, kind, name, CAUSES[kind], detail)
        is_known = claim.is_parked and claim.held_by == name
        alarm = self._alarm(claim, error, since or claim.failing_since or now, kind.code)
        if self.troubles.tell(trouble, alarm) or is_known or not is_told_of_each:
            return failed
        return replace(failed, deliveries=tuple(alarm))

    def notes_go_on(self, claim: Claim) -> None:
        """Notes may be written again: the tickets that waited for it are tried, and people are told."""
        name = TroubleKind.NOTES_STOPPED.value
        self.mailbox.wake_held_by(claim.connection, name)
        word = self.announcer.over(f"over/{claim.ticket}/{self.now().isoformat()}", name)
        self.troubles.end(claim.connection, TroubleKind.NOTES_STOPPED, name, word)

    def over(self, claim: Claim) -> None:
        """A ticket that met a trouble goes on: those that met it, too, are tried at once; the last one ends it.

        Notes that are stopped end otherwise (``notes_go_on``), and one move that holds says nothing of another.
        """
        assert claim.held_by is not None
        if claim.held_by == TroubleKind.NOTES_STOPPED.value:
            return
        is_move = claim.held_by == TroubleKind.MOVE_TURNED_BACK.value
        kind = TroubleKind.MOVE_TURNED_BACK if is_move else TroubleKind.REFUSAL
        if is_of_sight(claim.held_by):
            kind = TroubleKind.OUT_OF_SIGHT
        others = [one for one in self.mailbox.held_by(claim.connection, claim.held_by, 2) if one != claim.ticket]
        if others:
            if not is_move:
                self.mailbox.wake_held_by(claim.connection, claim.held_by)
            return
        word = self.announcer.over(f"over/{claim.ticket}/{self.now().isoformat()}", claim.held_by)
        self.troubles.end(claim.connection, kind, claim.held_by, word)

    def crashed(self, claim: Claim, error: BaseException) -> Failed:
        """The outcome of a turn that ended in a way nobody thought of: a failure like any other."""
        return self._failed(claim, Crashed(error), retry_in=CRASH_RETRY)

    def _failed(self, claim: Claim, error: ConnectorError, *, retry_in: timedelta, is_dead: bool = False) -> Failed:
        now = self.now()
        has_failed_for = now - (claim.failing_since or now)
        is_dead = is_dead or has_failed_for >= self.dead_letter_after
        failed = outcomes.failed(claim, error, now, retry_in, is_dead=is_dead)
        if claim.is_parked:
            return failed
        if not is_dead:
            is_told = has_failed_for >= TOLD_AFTER and not isinstance(error, MoveDidNotHold)  # that ends in a word
            return replace(failed, deliveries=tuple(self._not_going_on(claim, error))) if is_told else failed
        alarm = self._alarm(claim, error, claim.failing_since or now, ReasonCode.DEAD_LETTERS)
        return replace(failed, deliveries=tuple(alarm))

    def _not_going_on(self, claim: Claim, error: ConnectorError) -> list[Delivery]:
        """The word that a ticket's turns keep failing; made with each of them, and told once for all in a row.

        Of several such tickets it is one word. Raises StoreUnavailable.
        """
        since = claim.failing_since or self.now()
        title = f"{claim.connection}: ticket {claim.ticket} cannot be worked on since {since:%H:%M} UTC"
        lines = (str(error), "It is tried again and again; until a turn works, it is not escalated.")
        name = f"failing/{claim.ticket}/{since.isoformat()}"
        many, first_at = self.mailbox.failing(claim.connection)
        if many >= SEVERAL and first_at is not None:
            title = f"{claim.connection}: several tickets cannot be worked on, the first since {first_at:%H:%M} UTC"
            lines = (
                f"Ticket {claim.ticket}: {error}",
                "Each is tried again and again; until a turn of it works, it is not escalated. Further ones are not "
                "told one by one: /health/status has how many, `escalator explain` why.",
            )
            name = f"failing/several/{first_at.isoformat()}"
        return self.announcer.alarm(name, title, lines, ReasonCode.TURNS_FAILING)

    def _alarm(self, claim: Claim, error: ConnectorError, since: datetime, code: str) -> list[Delivery]:
        title = f"{claim.connection}: ticket {claim.ticket} needs a person"
        lines = (str(error), "See `escalator dead-letters list`.")
        return self.announcer.alarm(f"{claim.ticket}/{since.isoformat()}", title, lines, code)


def _ids(claim: Claim) -> tuple[int, ...]:
    return tuple(mail.id for mail in claim.mail)
