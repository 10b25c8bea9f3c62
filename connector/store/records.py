"""The values that travel in and out of the mailbox: deliveries, claims, outcomes, and what people look at.

Frozen; nothing here touches the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connector.model import Change, InboundRequest

Key = tuple[str, str]
"""A row of the mailbox: connection and ticket."""

CHORE = "@"
"""The names of the worker's own chores begin so; those of tickets never do."""

KEY = f"{CHORE}key:"
"""The name of a row with webhooks whose signing key is not known yet begins so; the rest identifies the key."""

NOTIFY = f"{CHORE}notify:"
"""The name of a row with messages begins so; the number of the target to send them to follows."""


class Source(StrEnum):
    """How a hint came in."""

    WEBHOOK = "webhook"
    UNVERIFIED = "unverified"
    POLL = "poll"
    SWEEP = "sweep"
    MANUAL = "manual"
    NOTIFICATION = "notification"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A hint on its way in. ``delivery`` names it among those of its connection: known names are ignored."""

    connection: str
    ticket: str
    delivery: str
    source: Source
    body: bytes | None = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A hint that waits for its ticket's turn."""

    id: int
    delivery: str
    source: Source
    received_at: datetime
    body: bytes | None = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A ticket that is held, with the mail that waited for it, in order of arrival.

    ``wake_at``: when it wanted to be woken. ``attempts``, ``failing_since``: turns that failed in a row.
    """

    connection: str
    ticket: str
    fence: int
    attempts: int = 0
    failing_since: datetime | None = None
    snapshot: dict[str, Any] | None = None
    mail: tuple[Mail, ...] = ()
    wake_at: datetime | None = None

    @property
    def key(self) -> Key:
        return (self.connection, self.ticket)

    @property
    def is_chore(self) -> bool:
        """Whether this is no ticket but one of the worker's own chores."""
        return self.ticket.startswith(CHORE)


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
    TURN_FAILED = "turn failed"
    DEAD_LETTER = "dead letter"
    ESCALATED = "escalated"
    FINAL_ESCALATION = "final escalation"
    WOULD_ESCALATE = "would escalate"
    ESCALATION_NOT_FINISHED = "escalation not finished"
    ESCALATION_INCOMPLETE = "escalation incomplete"
    OVERRIDE_APPLIED = "override applied"
    OVERRIDE_REFUSED = "override refused"
    COMMAND_NOT_UNDERSTOOD = "command not understood"
    HELP_GIVEN = "help given"
    UNTOUCHED = "untouched"
    WARNED = "warned"
    REMINDED = "reminded"
    CLIENT_TOLD = "client told"
    PEOPLE_ADDED = "people added"
    WOULD_WRITE = "would write"
    TRAINING_REQUEST = "training request"
    WEBHOOKS_REFUSED = "webhooks refused"
    MESSAGE_GIVEN_UP = "message given up"


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
class Finished:
    """A turn that was done: what to keep, and when to wake the ticket next (None: when mail comes).

    ``snapshot``: None keeps the one that is stored. ``done_mail``: ids of the claim's mail that needs no
    more work. ``is_gone``: the ticket is not watched any more; its row goes, unless more mail is there.
    ``effect``: what the turn did to the ticket in the end; ``changes`` and ``audit`` tell of it, too.
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


@dataclass(frozen=True, slots=True)
class Failed:
    """A turn that went wrong: its mail stays undone. ``retry_at`` None parks the ticket as a dead letter.

    ``deliveries``: the mail that follows from it.
    """

    claim: Claim
    error: str
    retry_at: datetime | None
    audit: tuple[AuditEvent, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


Outcome = Finished | Failed
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


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A ticket (or chore) whose turns failed for too long, with the number of undone mails."""

    connection: str
    ticket: str
    attempts: int
    failing_since: datetime | None
    error: str
    mail: int


def pack(request: InboundRequest, reference: str) -> dict[str, str]:
    """What must be kept of a webhook beside its body until its signing key is known."""
    headers = {f"header.{name}": value for name, value in request.headers.items()}
    query = {f"query.{name}": value for name, value in request.query.items()}
    return {"reference": reference, **headers, **query}


def unpack(mail: Mail) -> InboundRequest:
    """The webhook as it was received."""
    kept = mail.headers or {}
    return InboundRequest(
        body=mail.body or b"",
        headers={k.removeprefix("header."): v for k, v in kept.items() if k.startswith("header.")},
        query={k.removeprefix("query."): v for k, v in kept.items() if k.startswith("query.")},
    )
