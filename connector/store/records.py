"""The values that travel in and out of the mailbox: deliveries, claims, outcomes, and what people look at.

Frozen; nothing here touches the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from connector.model import Change, InboundRequest, Lane

Key = tuple[str, str]
"""A row of the mailbox: connection and ticket."""

CHORE = "@"
"""The names of the worker's own chores begin so; those of tickets never do."""

KEY = f"{CHORE}key:"
"""The name of a row with webhooks whose signing key is not known yet begins so; the rest identifies the key."""

ROW_BYTES = 1024
"""What a delivery takes besides its body and its headers, indices and all; rather too much."""

NOTIFY = f"{CHORE}notify:"
"""The name of a row with messages begins so; the name of the target to send them to follows."""

PACE = f"{CHORE}pace"
ALARMS = f"{CHORE}alarms"
"""No chore: in the audit trail, of what people were alarmed."""

"""The chore that takes adopted tickets up, and lets go what waits at the brake."""

ADOPTED = "adopted"
"""Of what a snapshot keeps: that the clock of the ticket, which was adopted, waits for its turn, or began in it."""

BRAKED = "braked"
"""Of what a snapshot keeps: the escalation that waits at the brake."""

PAUSED_SINCE = "paused_since"
"""Of what a snapshot keeps of a ticket whose clock stands still: since when."""


class Source(StrEnum):
    """How a hint came in."""

    WEBHOOK = "webhook"
    UNVERIFIED = "unverified"
    POLL = "poll"
    SWEEP = "sweep"
    MANUAL = "manual"
    NOTIFICATION = "notification"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A hint on its way in. ``delivery`` names it among those of its connection: known names are ignored.

    ``lane``: in which its ticket is looked at for it; None goes by its source. ``state``: see ``Notice``.
    """

    connection: str
    ticket: str
    delivery: str
    source: Source
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    lane: Lane | None = None
    state: str = ""

    @property
    def stored_bytes(self) -> int:
        """About how many bytes it takes in the database."""
        headers = sum(len(name) + len(value) for name, value in (self.headers or {}).items())
        return ROW_BYTES + len(self.body or b"") + headers


@dataclass(frozen=True, slots=True)
class Mail:
    """A hint that waits for its ticket's turn. ``state``: see ``Notice``."""

    id: int
    delivery: str
    source: Source
    received_at: datetime
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A ticket that is held, with the mail that waited for it, in order of arrival.

    ``wake_at``: when it wanted to be woken. ``attempts``, ``failing_since``: turns that failed in a row. ``is_parked``:
    it is a dead letter that something woke. ``held_by``: the name of the trouble that its last turn met. ``due_at``:
    its deadline, as far as it was known. ``has_more_mail``: more mail waits than is here; so it may be for a chore.
    ``lane``: in which its calls are made.
    """

    connection: str
    ticket: str
    fence: int
    attempts: int = 0
    failing_since: datetime | None = None
    snapshot: dict[str, Any] | None = None
    mail: tuple[Mail, ...] = ()
    wake_at: datetime | None = None
    is_parked: bool = False
    held_by: str | None = None
    due_at: datetime | None = None
    has_more_mail: bool = False
    lane: Lane = Lane.URGENT

    @property
    def key(self) -> Key:
        return (self.connection, self.ticket)

    @property
    def is_chore(self) -> bool:
        """Whether this is no ticket but one of the worker's own chores."""
        return self.ticket.startswith(CHORE)


@dataclass(frozen=True, slots=True)
class Fairness:
    """What a claim leaves to others.

    Of the ``threads`` a connection takes at most half of those that the other connections leave, together with what is
    ``in_hand`` of it, ``chores`` included; one ticket at least, whatever its chores wait for. None: there is no other
    connection. Of its ``lanes`` it takes no more than are named.
    """

    threads: int | None = None
    in_hand: Mapping[str, int] = field(default_factory=dict)
    chores: Mapping[str, int] = field(default_factory=dict)
    lanes: Mapping[str, Mapping[Lane, int]] = field(default_factory=dict)


UNSHARED = Fairness()
"""Nobody else is there, and there are calls enough."""


class StepState(StrEnum):
    """How far a step of the journal has come."""

    BEGUN = "begun"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it stands, since ``at``. ``outcome``: of a begun one, the detail that it was begun with."""

    saga: str
    n: int
    state: StepState
    outcome: dict[str, Any]
    at: datetime


class Event(StrEnum):
    """What the audit trail tells of. The values stand in databases, logs and metrics: they stay as they are."""

    CLOCK = "clock"
    POLICY_KEPT = "policy kept"
    NOTHING_WRITTEN = "nothing written"
    GONE = "gone"
    HELD_BACK = "held back"
    TURN_FAILED = "turn failed"
    DEAD_LETTER = "dead letter"
    ESCALATED = "escalated"
    FINAL_ESCALATION = "final escalation"
    WOULD_ESCALATE = "would escalate"
    ESCALATION_NOT_FINISHED = "escalation not finished"
    ESCALATION_INCOMPLETE = "escalation incomplete"
    OVERRIDE_APPLIED = "override applied"
    OVERRIDE_REFUSED = "override refused"
    COMMANDED = "commanded"
    COMMAND_NOT_UNDERSTOOD = "command not understood"
    HELP_GIVEN = "help given"
    UNTOUCHED = "untouched"
    WARNED = "warned"
    REMINDED = "reminded"
    CLIENT_TOLD = "client told"
    PEOPLE_ADDED = "people added"
    WOULD_WRITE = "would write"
    TRAINING_REQUEST = "training request"
    TRAINING_DONE = "training done"
    TRAINING_NOT_DONE = "training not done"
    WEBHOOKS_REFUSED = "webhooks refused"
    MESSAGE_GIVEN_UP = "message given up"
    FORGOTTEN = "forgotten"
    BRAKE_HELD = "brake held"
    BRAKE_RELEASED = "brake released"
    REPLAYED = "replayed"
    TOKEN_MADE = "token made"  # noqa: S105  # an event
    TOKEN_REVOKED = "token revoked"  # noqa: S105  # the same
    ALARM = "alarm"
    ALARM_OVER = "alarm over"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Something worth remembering about a ticket. ``at``: when, if not now. ``detail`` must be JSON."""

    event: Event
    detail: Mapping[str, object]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """A step of the journal that is done: what came of it, and the mail that follows from it."""

    saga: str
    n: int
    outcome: Mapping[str, object]
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Unbegun:
    """A ticket that was open before, adopted ``since`` then, whose clock waits for its turn to begin.

    The critical ones come first, then those that were ``entered_at`` the earliest; ``calendar``: the name of its own.
    """

    since: datetime
    is_critical: bool
    entered_at: datetime
    calendar: str


@dataclass(frozen=True, slots=True)
class Braked:
    """An escalation by time that waits at the brake. ``due_at``: what was due first goes first; ``calendar``: the name
    of the ticket's own, outside of whose hours nothing is let go.
    """

    saga: str
    due_at: datetime
    calendar: str


@dataclass(frozen=True, slots=True)
class EndedStint:
    """A stint that is over. ``stint``: its key; ``holder``: who had it last, empty for nobody; ``is_escalated``: by the
    connector; minutes are working minutes, None where there was nothing to count. ``has_left``: a move ended it;
    ``is_warning_written``: not only noted. These, the limits and what the ticket was about are None where a version
    before wrote the row.
    """

    connection: str
    ticket: str
    stint: str
    tier: str
    ladder: str
    holder: str
    client: str
    began_at: datetime
    ended_at: datetime
    ended_by: str
    is_escalated: bool
    was_warned: bool
    plan_minutes: float | None
    fix_minutes: float | None
    worked_minutes: float | None
    paused_minutes: float | None
    board: str | None = None
    summary: str | None = None
    link: str | None = None
    plan_limit: float | None = None
    fix_limit: float | None = None
    has_left: bool | None = None
    is_warning_written: bool | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A turn that was done: what to keep, and when to wake the ticket next (None: when mail comes).

    ``snapshot``: None keeps the one that is stored. ``done_mail``: ids of the claim's mail that needs no
    more work. ``is_gone``: the ticket is not watched any more; its row goes, unless more mail is there, or it is to be
    woken.
    ``effect``: what the turn did to the ticket in the end; ``changes`` and ``audit`` tell of it, too. ``unbegun``,
    ``braked``: what of it waits for its turn. ``ended``: the stints that are over since it was looked at before.
    ``unwatched``: the place of an open ticket that is no tier's and has not been.
    """

    claim: Claim
    wake_at: datetime | None
    due_at: datetime | None = None
    snapshot: Mapping[str, object] | None = None
    done_mail: tuple[int, ...] = ()
    is_gone: bool = False
    changes: tuple[Change, ...] = ()
    audit: tuple[AuditEvent, ...] = ()
    effect: Effect | None = None
    unbegun: Unbegun | None = None
    braked: Braked | None = None
    ended: tuple[EndedStint, ...] = ()
    unwatched: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A turn that went wrong: its mail stays undone but for ``done_mail``. ``retry_at`` None parks it as a dead letter.

    Mail wakes a dead letter for a turn; it stays one until a turn is done. ``deliveries``: the mail that follows from
    it. ``held_by``: the name of the trouble that it met, where that lasts. ``snapshot``: None keeps the stored one.
    ``ages``: whether it counts towards the dead letters.
    """

    claim: Claim
    error: str
    retry_at: datetime | None
    audit: tuple[AuditEvent, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    done_mail: tuple[int, ...] = ()
    held_by: str | None = None
    snapshot: Mapping[str, object] | None = None
    ages: bool = True


@dataclass(frozen=True, slots=True)
class LetGo:
    """A turn that could not be taken now, through no fault of its ticket: the claim goes back as it was.

    Its attempts, its urgency and its mail are kept, nothing is audited.
    """

    claim: Claim
    audit: tuple[AuditEvent, ...] = ()


Outcome = Finished | Failed | LetGo
"""What a turn ended with."""


@dataclass(frozen=True, slots=True)
class MailboxStats:
    """Counts of tickets (``dead`` counts the worker's own chores, too).

    ``due``: want to be woken now; ``pending``: later; ``leased``: in somebody's hands;
    ``oldest_due_at``: since when the one that waits longest has been due.
    """

    due: int
    pending: int
    leased: int
    dead: int
    oldest_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class MailboxStanding:
    """What of a connection's rows does not go on as it should.

    ``past_deadline``: tickets, not parked, that were to be acted on and were not; ``latest_by``: by how much the latest
    of them is late. ``lag``: how long what waits longest has been due. ``chores``: each of the worker's own, with for
    how long it has failed. ``failing``: tickets, not parked, whose turns have failed for longer than a moment, and that
    no trouble keeps; ``failing_for``: for how long the first of them has.
    """

    past_deadline: int
    latest_by: timedelta
    lag: timedelta
    dead_letters: int
    chores: Mapping[str, timedelta | None]
    failing: int = 0
    failing_for: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket's row, for people to look at."""

    connection: str
    ticket: str
    wake_at: datetime | None
    due_at: datetime | None
    owner: str | None
    attempts: int
    error: str | None
    is_dead: bool
    snapshot: dict[str, Any] | None
    failing_since: datetime | None = None
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A ticket (or chore) whose turns failed for too long, with the number of undone mails."""

    connection: str
    ticket: str
    attempts: int
    failing_since: datetime | None
    error: str
    mail: int


def key_row(reference: str) -> str:
    """The name of the row of one signing key."""
    return KEY + hashlib.sha256(reference.encode()).hexdigest()[:16]


def pack(headers: Mapping[str, str], reference: str) -> dict[str, str]:
    """What must be kept of a webhook beside its body until its signing key is known. Its query holds a secret."""
    return {"reference": reference, **{f"header.{name}": value for name, value in headers.items()}}


def unpack(mail: Mail) -> InboundRequest:
    """The webhook as it was received, but for its query and credentials."""
    kept = mail.headers or {}
    return InboundRequest(
        body=mail.body or b"",
        headers={k.removeprefix("header."): v for k, v in kept.items() if k.startswith("header.")},
        is_kept=True,
    )
