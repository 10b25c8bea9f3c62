"""The vocabulary of the connector: what a ticket, its history and its people are.

Frozen values without behaviour beyond what can be derived from them. No vendor word, no clock, no network.
All moments are aware datetimes in UTC; all lengths are working minutes unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, IntEnum, StrEnum
from typing import NewType

TicketId = NewType("TicketId", str)

_DESCRIPTION_WINDOW = timedelta(seconds=5)


class Mode(StrEnum):
    """How much is done to tickets. See process.md, *Modes*; the most careful first."""

    OBSERVE = "observe"
    """Nothing is written."""

    WARN = "warn"
    """Warnings and answers are written, nothing is moved."""

    ENFORCE = "enforce"

    @property
    def writes(self) -> bool:
        """Whether anything is written."""
        return self is not Mode.OBSERVE

    @property
    def moves(self) -> bool:
        """Whether tickets are escalated."""
        return self is Mode.ENFORCE


class Lane(IntEnum):
    """Whose calls go first where a ticket system allows few; a part of them is kept for each, most for the first."""

    URGENT = 0
    """What people asked for."""

    DUE = 1
    """Escalations that are due by time."""

    WEBHOOKS = 2
    """Tickets on which something changed."""

    LOOKS = 3
    """Tickets whose moment has come: a warning, a reminder, a policy that is new."""

    LISTS = 4
    """The survey and the poll, and what the survey found."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A thing of the ticket system, by its id there and its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket lives: the path from the outer container to the inner one (board, then team)."""

    path: tuple[Ref, ...]

    @property
    def key(self) -> str:
        """The ids of the path; two places are the same when their keys are."""
        return "/".join([ref.id for ref in self.path])

    def is_within(self, home: Place) -> bool:
        """Whether this place is ``home`` itself or lies inside it."""
        return [ref.id for ref in self.path[: len(home.path)]] == [ref.id for ref in home.path]

    def __str__(self) -> str:
        return " > ".join(ref.name for ref in self.path)


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff in the ticket system. ``identifier`` is the login name, ``name`` the full one."""

    id: str
    identifier: str
    name: str
    is_active: bool = True
    open_tickets: int | None = None


class StatusGroup(StrEnum):
    """What a status means for the clocks. ``UNKNOWN`` is neither open nor closed."""

    NEW = "new"
    WORKING = "working"
    PLANNED = "planned"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Status:
    """A status of the ticket system with the group that the system itself gives it."""

    id: str
    name: str
    group: StatusGroup


@dataclass(frozen=True, slots=True)
class PlacedStatus:
    """A status of a place, and why it is in its group: a sentence that can follow "because".

    ``is_assumed``: neither the system nor anybody said so; it was assumed, and ``check`` lists it.
    """

    status: Status
    why: str
    is_assumed: bool = False


class AuthorKind(StrEnum):
    """Who wrote something. ``UNKNOWN``, a program for one, never records a plan and never commands."""

    AGENT = "agent"
    CLIENT = "client"
    CONNECTOR = "connector"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote an entry. ``identifier``: a member's own, as in ``Person``; empty where the system does not say.

    ``account``: the id of the account that wrote it, where the system itself says so, and that of no person who shares
    our account; empty for all that came by e-mail.
    """

    kind: AuthorKind
    name: str
    identifier: str = ""
    account: str = ""


class EntryKind(StrEnum):
    NOTE = "note"
    TIME_ENTRY = "time entry"


class Visibility(StrEnum):
    """Who may see an entry. ``UNKNOWN`` is treated as if the client could."""

    INTERNAL = "internal"
    CLIENT = "client"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """A note or time entry of a ticket. ``at`` is when it was recorded.

    ``text``: plain lines, made by the adapter (``reading.html``); what is quoted has ``>`` before each line.
    ``is_heard``: False where it was written for another ticket and only shows here: nothing in it is a command.
    ``is_claimed``: it came by e-mail, so its author is whoever that says to be: it commands nothing, records no plan,
    touches no ticket and is no word of ours to a client.
    ``unread``: how many characters at its end are left out, about, because it is too long (``reading.intake``).
    ``is_source``: it is HTML that could not be read as such, and its text is that HTML.
    """

    id: str
    kind: EntryKind
    author: Author
    at: datetime
    text: str
    visibility: Visibility
    is_heard: bool = True
    is_claimed: bool = False
    unread: int = 0
    is_source: bool = False

    @property
    def is_agents(self) -> bool:
        """Whether an agent wrote it for certain."""
        return self.author.kind is AuthorKind.AGENT and not self.is_claimed


class Aspect(StrEnum):
    """The aspects of a ticket whose changes matter to the clocks."""

    PLACE = "place"
    OWNER = "owner"
    STATUS = "status"
    PRIORITY = "priority"


class Remembered(StrEnum):
    """What was seen on a ticket and is no state of it. ``PLAN``: an entry recorded a plan, which stays made whatever
    becomes of the entry; a ``Ref`` of the entry's id and the plan's words.
    """

    PLAN = "plan"


Value = Place | Person | Status | Ref | None

BY_HISTORY = "history"
"""``Change.how`` of a change that the ticket system's own history tells."""

BY_CONNECTOR = "connector"
"""``Change.how`` of a change that the connector made itself: as it saw it, or as the system's history tells it."""


class Doer(StrEnum):
    """Who did something to a ticket, in kind: a person of their own will, or a program (a rule, a workflow, an account
    of an integration, our own in which a rule may act). ``UNKNOWN``: nobody is named, or nobody knows the name.
    """

    PERSON = "person"
    PROGRAM = "program"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Change:
    """One aspect of a ticket changed: ``Place`` for place, ``Person`` for owner, ``Status``, ``Ref`` for priority.

    ``how`` says where the knowledge comes from: ``BY_HISTORY``, ``BY_CONNECTOR``, ``first sight``, ``observed``.
    ``who`` is the actor's name where known, ``by`` says of which kind they are. ``not_before``: where ``at`` is the
    latest moment that it can have been, the earliest; None where ``at`` is exact.
    """

    at: datetime
    what: Aspect | Remembered
    old: Value
    new: Value
    how: str
    who: str = ""
    by: Doer = Doer.UNKNOWN
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """What a system's audit trail tells of one change: when, of what, to the value of which name, by whom.

    ``old``: the name of the value before. Of a board with teams either's name may stand; no value has no name.
    """

    at: datetime
    what: Aspect
    new: str
    who: str
    by: Doer
    old: str = ""


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """A ticket as read from its system at ``read_at``, with its entries, oldest first.

    ``changes`` is the system's own history where it keeps one, oldest first and exact to the second; ``history_of`` are
    the aspects of which it tells every change since the ticket was created (the first one says in ``old`` what was at
    first). Of the others the connector remembers what it sees.
    ``updated_at`` is the system's time of the last update, ``updated_by`` names who made it and ``updater`` says of
    which kind they are, where the system tells; ``planned_at`` its own field for a diagnosis plan; ``resolved_at`` its
    own field for the resolution. ``is_escalatable`` is False for records that are no
    service-desk tickets (project work, templates) or were merged into another ticket: ``why_not`` says which.
    ``placed_at``: when a reassignment brought it to its place, where that was a call of its own with others behind it.
    ``source``: what the adapter read it from, and the adapter's own affair. ``state``: what a notice says of the ticket
    as it is here (see ``Notice``), had our own account brought it there; empty where notices cannot be told by that.
    ``read_as``: the id of our own account, as in ``Author``; empty as long as the system does not tell it.
    ``left_out``: how many entries are not among ``entries``, because others than agents wrote too many.
    """

    id: TicketId
    summary: str
    place: Place
    status: Status
    owner: Person | None
    priority: Ref | None
    client: Ref | None
    contact: str
    entered_at: datetime
    updated_at: datetime
    read_at: datetime
    entries: tuple[Entry, ...] = ()
    changes: tuple[Change, ...] = ()
    history_of: frozenset[Aspect] = frozenset()
    responded_at: datetime | None = None
    planned_at: datetime | None = None
    planned_by: str = ""
    resolved_at: datetime | None = None
    url: str = ""
    is_escalatable: bool = True
    why_not: str = ""
    updated_by: str = ""
    updater: Doer = Doer.UNKNOWN
    placed_at: datetime | None = None
    source: object = field(default=None, compare=False, repr=False)
    state: str = field(default="", compare=False)
    read_as: str = ""
    left_out: int = 0

    def came_with(self, entry: Entry) -> bool:
        """Whether an entry is the description, the ticket itself, whoever typed it in: never an internal note."""
        is_first = entry.at <= self.entered_at + _DESCRIPTION_WINDOW
        return is_first and entry.visibility is not Visibility.INTERNAL

    def present(self, aspect: Aspect) -> Value:
        """The present value of an aspect: the attribute of its name."""
        value: Value = getattr(self, aspect.value)
        return value


@dataclass(frozen=True, slots=True)
class Notice:
    """A hint from outside that a ticket changed. Nothing in it decides anything but how soon the ticket is looked at.

    ``delivery`` names the delivery for duplicate detection. ``state``: how the ticket stands by this notice and who
    brought it there, in a form that can be compared; empty where it does not tell all of that.
    """

    ticket: TicketId
    delivery: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class ChangedTicket:
    """A ticket found by the poll, with the system's time of its last update."""

    id: TicketId
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ListedTicket(ChangedTicket):
    """An open ticket as a list tells of it, without a look at the ticket itself.

    None for what the list does not tell, or not readably. An owner, a priority or a client that is None may also be
    none at all: that it is, only ``tells`` says (of these aspects) and ``tells_client``. ``is_escalatable`` is False
    where the list shows that the record is no service-desk ticket, or was merged into another (see ``TicketRecord``).
    """

    entered_at: datetime | None = None
    place: Place | None = None
    status: Status | None = None
    owner: Person | None = None
    priority: Ref | None = None
    client: Ref | None = None
    tells: frozenset[Aspect] = frozenset()
    tells_client: bool = False
    is_escalatable: bool = True
    why_not: str = ""

    @classmethod
    def of(cls, row: TicketRecord, tells: frozenset[Aspect], *, tells_client: bool) -> ListedTicket:
        """What a list tells, from a record that was made of its row alone; ``tells`` names what of it holds."""
        return cls(
            row.id,
            row.updated_at,
            entered_at=row.entered_at,
            place=row.place if Aspect.PLACE in tells else None,
            status=row.status if Aspect.STATUS in tells else None,
            owner=row.owner,
            priority=row.priority,
            client=row.client,
            tells=tells,
            tells_client=tells_client,
            is_escalatable=row.is_escalatable,
            why_not=row.why_not,
        )


class Ownership(Enum):
    """What a move does with the owner when it does not name a person."""

    KEEP = "keep"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reassignment takes a ticket. ``None`` leaves the aspect as it is."""

    place: Place | None = None
    owner: Person | Ownership = Ownership.KEEP
    status: Status | None = None
    priority: Ref | None = None


@dataclass(frozen=True, slots=True)
class NoteRef:
    """A note that the connector wrote, as the ticket system names it.

    ``source``: how the ticket was read right after it, where the adapter did; its own affair, and soon out of date.
    """

    id: str
    at: datetime
    source: object = field(default=None, compare=False, repr=False)


class Stage(StrEnum):
    """What a stint still owes."""

    DIAGNOSIS = "diagnosis"
    FIX = "fix"

    @property
    def owed(self) -> str:
        """What ends the stage, in words."""
        return "diagnosis plan" if self is Stage.DIAGNOSIS else "fix"


class Reason(StrEnum):
    """Why a ticket goes up; reasons combine."""

    TIME = "Time"
    KNOWLEDGE = "Knowledge"
    PERMISSION = "Permission"
    URGENCY = "Urgency"


class Severity(StrEnum):
    """How a finding stands; ``UNTESTED`` is what could not be looked at, and the finding says why."""

    ERROR = "error"
    WARNING = "warning"
    OK = "ok"
    UNTESTED = "not tested"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``escalator check``: what was looked at, how it stands, and what to do about it.

    ``cause``: what lies behind it, in the words of an error's ``cause``; of findings with one cause, one is told.
    """

    severity: Severity
    subject: str
    message: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """A webhook registration as the ticket system holds it. ``lacks``: wanted events that it is not sent for."""

    id: str
    url: str
    is_active: bool
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """A webhook request as received: raw body, header names in lower case, the query's last value per name.

    ``is_kept``: it proved itself at the door in all but its signature, and was kept since without what proved it.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    is_kept: bool = False
