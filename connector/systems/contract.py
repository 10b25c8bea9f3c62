"""What every ticket system's adapter offers to the connector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from connector.model import (
    ChangedTicket,
    Finding,
    InboundRequest,
    NoteRef,
    Notice,
    Person,
    Place,
    Ref,
    Registration,
    Status,
    Target,
    TicketId,
    TicketRecord,
)


class SigningKeys(Protocol):
    """Where an adapter keeps the webhook signing keys it has learned; shared by all processes."""

    def get(self, reference: str) -> tuple[str, datetime] | None:
        """The key text and the moment it was fetched, or None if it was never learned."""
        ...

    def put(self, reference: str, key: str) -> None:
        """Keep a fetched key, replacing an older one."""
        ...


class TicketSystem(Protocol):
    """A connection to one ticket system. Safe to use from several threads."""

    name: str
    """As in the paths."""

    manages_webhooks: bool
    """Whether registrations are seen and made through the API; where not, an administrator installs the sender."""

    can_add_people: bool
    """Whether a ticket can have people beside its owner (``add_people``)."""

    settle_seconds: float
    """After an unknown outcome: how long a write may take to become readable. No repeat before that."""

    note_limit: int
    """The longest note that fits, in characters."""

    def verify(self, request: InboundRequest) -> None:
        """Check a webhook's signature on its raw bytes, in constant time; no network.

        Raises SignatureError, KeyUnknown, or PayloadError when the body is not readable enough to tell.
        """
        ...

    def learn_key(self, reference: str) -> None:
        """Fetch a signing key (from an allowed host only) and keep it. Raises AdapterError."""
        ...

    def parse(self, request: InboundRequest) -> list[Notice]:
        """The tickets that a verified webhook speaks of; raises PayloadError with the field's path."""
        ...

    def read(self, ticket_id: TicketId) -> TicketRecord:
        """The ticket with its entries and, where the system keeps one, its history, oldest first.

        In the history ``how`` is BY_CONNECTOR where this connection's own account made the change, else BY_HISTORY.
        Raises NotFound only when the ticket's absence is proven.
        """
        ...

    def find_note(self, ticket_id: TicketId, marker: str) -> NoteRef | None:
        """The internal note that carries ``marker``, read anew; None when it is proven not to be there."""
        ...

    def write_note(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        """Write one internal note (``marker`` is in ``text``), proven internal by what comes back.

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

    def add_people(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        """Put people on the ticket beside its owner; returns those of them who are on it then, read back.

        Idempotent: who is on it already is left alone. Who is not active any more is left out. Raises Forbidden when
        the right is missing, Permanent where the system has no such field.
        """
        ...

    def reassign(self, ticket_id: TicketId, target: Target) -> TicketRecord:
        """Move a ticket, in as few writes as possible, and return it as it then is (without entries).

        Idempotent. The answer is proven, by reading again where it differs from the target. The caller compares.
        """
        ...

    def locate(self, home: str) -> Place:
        """The place that a configured home (``Board > Team``) names. Raises UnknownName."""
        ...

    def member(self, name: str) -> Person:
        """The member of staff that a configured identifier names, active or not. Raises UnknownName."""
        ...

    def status_in(self, place: Place, name: str) -> Status:
        """The status of that name at that place. Raises UnknownName."""
        ...

    def arrival_status(self, place: Place, current: Status) -> Status | None:
        """The status to set on arrival where none is configured; None when the present one can stay."""
        ...

    def priority(self, name: str) -> Ref:
        """The priority of that name. Raises UnknownName."""
        ...

    def people(self, place: Place) -> list[Person]:
        """The active members of staff at a place, with their load."""
        ...

    def changed_since(self, moment: datetime) -> Iterator[ChangedTicket]:
        """Every ticket updated at or after ``moment``; complete, paged, in no order that matters."""
        ...

    def open_tickets(self, places: Sequence[Place]) -> Iterator[ChangedTicket]:
        """Every open ticket at those places."""
        ...

    def registrations(self) -> list[Registration]:
        """The webhook registrations that belong to this connector's public address.

        This and the two below raise Permanent, saying what to install where, unless ``manages_webhooks``.
        """
        ...

    def register_webhooks(self) -> Registration:
        """Leave exactly one active registration, finding and repairing what is there. Idempotent."""
        ...

    def remove_webhooks(self) -> int:
        """Remove this connector's registrations; returns how many there were."""
        ...

    def check(self) -> list[Finding]:
        """Credentials, each right that is needed, clock skew. Reads only; never raises AdapterError."""
        ...

    @property
    def calls(self) -> int:
        """Calls made so far."""
        ...

    @property
    def budget_left(self) -> float | None:
        """Calls that could be made at once; None without a limit."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
