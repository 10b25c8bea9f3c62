"""What every ticket system's adapter offers to the connector: four parts and six traits, in one frozen value.

Each part is a small protocol that one class of the adapter meets. All of them are safe to use from several threads,
and raise nothing but the errors of ``connector.errors``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from connector.model import (
    ChangedTicket,
    Finding,
    InboundRequest,
    Lane,
    ListedTicket,
    NoteRef,
    Notice,
    Person,
    Place,
    PlacedStatus,
    Ref,
    Registration,
    Status,
    Target,
    TicketId,
    TicketRecord,
    Trace,
)


class SigningKeys(Protocol):
    """Where an adapter keeps the webhook signing keys it has learned; shared by all processes."""

    def get(self, reference: str) -> tuple[str, datetime] | None:
        """The key text and the moment it was fetched, or None if it was never learned."""
        ...

    def put(self, reference: str, key: str) -> None:
        """Keep a fetched key, replacing an older one."""
        ...


class CallLedger(Protocol):
    """Where an adapter writes down the calls of one connection, for all processes; what stands in it is its own."""

    def read(self) -> tuple[Mapping[str, Any], datetime]:
        """What is written, nothing at first; and the present moment."""
        ...

    def change(self, edit: Callable[[Mapping[str, Any], datetime], Mapping[str, Any] | None]) -> None:
        """Have ``edit`` make of what is written, and of the present moment, what is to be written; None: no change.

        While it does nobody else can.
        """
        ...


class Webhooks(Protocol):
    """What comes in by itself, and the registration that has it sent."""

    def verify(self, request: InboundRequest) -> None:
        """Check a webhook's signature on its raw bytes, in constant time; no network.

        Raises SignatureError, KeyUnknown, or PayloadError when the body is not readable enough to tell. What needs no
        key is checked before KeyUnknown is raised, and not again of a request that ``is_kept``: its query is gone.
        """
        ...

    def parse(self, request: InboundRequest) -> list[Notice]:
        """The tickets that a verified webhook speaks of; raises PayloadError with the field's path."""
        ...

    def learn_key(self, reference: str) -> None:
        """Fetch a signing key (from an allowed host only) and keep it. Raises AdapterError."""
        ...

    def registrations(self) -> list[Registration]:
        """The webhook registrations that belong to this connector's public address.

        This and those below raise Permanent, saying what to install where, unless the system ``manages_webhooks``.
        """
        ...

    def register(self) -> Registration:
        """Leave exactly one active registration, finding and repairing what is there. Idempotent.

        What the system refuses of it, and can do without, is in ``lacks``.
        """
        ...

    def remove(self) -> int:
        """Remove this connector's registrations; returns how many there were."""
        ...

    def elsewhere(self) -> list[Registration]:
        """Registrations that look like ours, by their path or by what they are called, and lead to another address.

        They may be those of an address that this connector had before, or another connector's. Of their addresses no
        query is told.
        """
        ...

    def remove_elsewhere(self, registration: str) -> None:
        """Remove that one of those, by its id. Raises NotFound for any other."""
        ...


class Tickets(Protocol):
    """Tickets, read and written one at a time, and found."""

    def read(
        self, ticket_id: TicketId, note: NoteRef | None = None, *, anew: bool = True, ours: Collection[str] = ()
    ) -> TicketRecord:
        """The ticket with its entries and, where the system keeps one, its history, oldest first.

        ``note``: one that this very turn has just written. What was read of the ticket right after it, to prove it, is
        not read again; all that people may have written meanwhile is. ``anew``: False where nothing told of a change
        and no write hangs on it: then what the ticket itself shows to be as it was need not be read again.
        ``ours``: the ids of accounts that were this connection's own before; the present one the adapter knows.

        In the history ``how`` is BY_CONNECTOR where an account of this connection made the change, else BY_HISTORY;
        ``by`` is PERSON only for a member who is no program, PROGRAM for what is known to be a rule or an integration.
        Raises NotFound only when the ticket's absence is proven.
        """
        ...

    def trail(self, ticket_id: TicketId, since: datetime) -> tuple[Trace, ...] | None:
        """What the system's audit trail tells of a ticket's changes from that moment on, in no order that matters.

        For a system whose ``read`` brings no history of an aspect. It is asked only when a look finds a change there
        that the record does not date, and right before an escalation's move. None where there is no such trail, or
        ``read`` tells all that it does. Raises what else a call may raise: then nobody can tell, and the turn goes on.
        """
        ...

    def write_note(self, ticket_id: TicketId, text: str, marker: str, seen: TicketRecord | None = None) -> NoteRef:
        """Write one internal note (``marker`` is in ``text``), proven internal by what comes back.

        ``seen``: the ticket as this very turn has just read it, which need not be read again before the note.

        The ticket stays as it is: what a rule of the system does to it upon the note is put back, as far as that holds.

        Never repeated by itself: raises OutcomeUnknown when no answer came, VisibleNote when the note came back
        visible to the client.
        """
        ...

    def write_message(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        """Write one note that the client sees (``marker`` is in ``text``), proven visible by what comes back.

        Never repeated by itself: raises OutcomeUnknown when no answer came. ``read`` shows it as an entry of
        visibility CLIENT.
        """
        ...

    def reassign(self, ticket_id: TicketId, target: Target, seen: TicketRecord | None = None) -> TicketRecord:
        """Move a ticket, in as few writes as possible, and return it as it then is (without entries).

        ``seen``: the ticket as this very turn has just read it, which need not be read again before the move.

        Idempotent. The answer is proven, by reading again where it differs from the target. The caller compares.
        """
        ...

    def add_people(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        """Put people on the ticket beside its owner; returns those of them who are on it then, read back.

        Idempotent: who is on it already is left alone. Who is not active any more is left out. Raises Forbidden when
        the right is missing, Permanent where the system has no such field.
        """
        ...

    def changed_since(self, moment: datetime) -> Iterator[ChangedTicket]:
        """Every ticket updated at or after ``moment``; complete, paged, in no order that matters."""
        ...

    def open_tickets(self, places: Sequence[Place]) -> Iterator[ListedTicket]:
        """Every open ticket at those places, with what the list itself tells of it: no call for each ticket.

        What a list does not tell is left out; a ticket of which it tells too little is looked at by itself.
        """
        ...


class Directory(Protocol):
    """What configured names stand for."""

    def locate(self, home: str) -> Place:
        """The place that a configured home (``Board > Team``) names. Raises UnknownName."""
        ...

    def places(self) -> list[Place]:
        """Every place at which a tier could live, in the system's own order, an outer one before those in it.

        Each is named as a configuration writes it, in one line: ``locate(str(place))`` is that very place. What no
        writing leads to is left out: what is switched off, or has a name that another has too. Raises Permanent where
        a list does not end.
        """
        ...

    def member(self, name: str) -> Person:
        """The member of staff that a configured identifier names, active or not. Raises UnknownName."""
        ...

    def status_in(self, place: Place, name: str) -> Status:
        """The status of that name at that place. Raises UnknownName."""
        ...

    def statuses(self, place: Place) -> list[PlacedStatus]:
        """The statuses that a ticket can have at that place, as far as the system tells, and why each means what.

        None of them is UNKNOWN: an open one that nothing places is work, and marked as assumed.
        """
        ...

    def arrival_status(self, place: Place, current: Status) -> Status | None:
        """The status to set on arrival where none is configured; None when the present one can stay."""
        ...

    def priority(self, name: str) -> Ref:
        """The priority of that name. Raises UnknownName."""
        ...

    def priorities(self) -> list[Ref]:
        """Every priority that a ticket can have, as far as the system tells, named so that ``priority`` finds it."""
        ...

    def people(self, place: Place) -> list[Person]:
        """The active members of staff at a place, with their load."""
        ...


class Line(Protocol):
    """The way to the ticket system: whether it works, and what it costs."""

    def check(self) -> list[Finding]:
        """Credentials, each right that is needed, clock skew. Reads only; never raises AdapterError."""
        ...

    def probe(self) -> list[TicketId]:
        """Whether the system serves us at all: one cheap call with our credentials. The ids of a few tickets, if any.

        Raises what any read raises: Unreachable where nobody would be served.
        """
        ...

    @property
    def calls(self) -> int:
        """Calls made so far."""
        ...

    @property
    def budget(self) -> Mapping[Lane, int] | None:
        """Calls that could be made at once, by lane; None without a limit."""
        ...

    def waits(self, lane: Lane, calls: int) -> float:
        """For how many seconds that lane cannot make so many calls; 0 where it can."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends the webhooks: within how many seconds it wants its answer (None: in any time), and after which answer
    it sends again what could not be stored.
    """

    patience_seconds: float | None = None
    busy_status: int = 503


@dataclass(frozen=True, slots=True)
class TicketSystem:
    """One ticket system, ready to be asked; nothing is called before that."""

    kind: str
    """Which ticket system it is, as the catalogue names it."""

    note_limit: int
    """The longest note that fits, in characters."""

    settle_seconds: float
    """After an unknown outcome: how long a write may take to become readable. No repeat before that."""

    manages_webhooks: bool
    """Whether registrations are seen and made through the API; where not, an administrator installs the sender."""

    can_add_people: bool
    """Whether a ticket can have people beside its owner (``Tickets.add_people``)."""

    reads_while_listing: bool
    """Whether a list of tickets tells no more than their ids, so that listing costs the reading of each one."""

    webhooks: Webhooks
    tickets: Tickets
    directory: Directory
    line: Line

    sender: Sender = Sender()
    """How patient the sender of the webhooks is."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A connected ticket system under its own name.

    Rows, the webhooks' path, sagas, markers, the homes of tiers, logs and metrics carry the ``id`` and never the kind:
    two ticket systems of one kind can be connected side by side.
    """

    id: str
    system: TicketSystem

    @property
    def kind(self) -> str:
        """Which ticket system it is."""
        return self.system.kind
