"""A service desk as its people use it: one way to act on any ticket system, simulated or real, and to look at it.

Every adapter's folder offers a ``desk.py`` whose ``simulated(clock)`` gives a ``Desk`` on its simulator. The demo, the
contract suite and the scenarios act through it, so that one script runs on all systems. Nothing in production does.

The desk is the same everywhere: three tiers with a home each, the people of ``STAFF``, the clients of ``CLIENTS``.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from socketserver import TCPServer
from typing import Protocol

from connector.model import StatusGroup, TicketId

STAFF: Mapping[str, tuple[str, int]] = {
    "tess": ("Tess Tech", 1),
    "tom": ("Tom Touch", 1),
    "sam": ("Sam Senior", 2),
    "sofia": ("Sofia Senior", 2),
    "maria": ("Maria Desk", 2),
    "irene": ("Irene Systems", 3),
    "adam": ("Adam Account", 0),
}
"""The people: how a script calls them, their full names, and the tier at whose home they work (0: at none)."""

FORMER = "gone"
"""Gus Gone, who worked at the first tier's home and is not active any more."""

CLIENTS: Mapping[str, str] = {"Acme": "Acme Corp", "Globex": "Globex Ltd"}
"""The clients: how a script calls them, and their names."""

CONTACT = "Connie Client"
"""The person at a client who writes."""


class Urgency(StrEnum):
    """The four priorities of the desk; ``Desk.priority_name`` says how the system calls them."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class DeskTicket:
    """A ticket as the ticket system shows it. ``tier``: at whose home it is, 0 elsewhere; ``owner`` as in STAFF."""

    tier: int
    owner: str | None
    status: str
    group: StatusGroup
    urgency: Urgency | None
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DeskNote:
    """A note as the ticket system shows it; ``by_connector`` is told from the account that wrote it."""

    id: str
    at: datetime
    text: str
    is_internal: bool
    by_connector: bool


class Desk(Protocol):
    """Acting at a service desk, and looking. People are named as in ``STAFF``, tiers from 1 to 3."""

    system: str
    """The name of the ticket system."""

    homes: tuple[str, str, str]
    """The homes of the three tiers, as a policy writes them."""

    statuses: frozenset[StatusGroup]
    """The groups of which this desk has a status: at least NEW, WORKING, WAITING, RESOLVED."""

    def serve(self) -> AbstractContextManager[str]:
        """Have the ticket system answer; gives its address."""
        ...

    def variables(self) -> dict[str, str]:
        """The environment variables that connect to it, while it is served."""
        ...

    def send_webhooks_to(self, address: str) -> None:
        """Where registrations are not made through the API: install the sender. Else nothing."""
        ...

    def deliver(self) -> int:
        """Send the webhooks that wait, and return how many; those of a real system go by themselves: 0."""
        ...

    def lose_webhooks(self, *, lost: bool) -> None:
        """From now on webhooks get lost, or arrive again."""
        ...

    def keep_webhooks(self) -> Sequence[tuple[str, Mapping[str, str], bytes]]:
        """The webhooks that wait, each with address, headers and body, kept back; a real system's do not wait."""
        ...

    def member(self, person: str) -> str:
        """How the configuration names a member of the staff (or FORMER)."""
        ...

    def priority_name(self, urgency: Urgency) -> str:
        """How the system calls a priority."""
        ...

    def status_name(self, group: StatusGroup) -> str:
        """How the system calls the desk's usual status of a group."""
        ...

    # Acting. Each takes effect at the clock's present second.

    def open_ticket(
        self,
        summary: str,
        *,
        client: str = "Acme",
        tier: int = 1,
        owner: str | None = None,
        urgency: Urgency = Urgency.NORMAL,
        description: str = "",
    ) -> TicketId:
        """A client's new ticket, in a status of the group NEW, at a tier's home."""
        ...

    def note(self, ticket: TicketId, by: str, text: str, *, internal: bool = True) -> None:
        """A member of the staff writes a note: internal, or one that the client sees."""
        ...

    def time_entry(self, ticket: TicketId, by: str, text: str, minutes: int, *, internal: bool = True) -> None:
        """A member of the staff enters the last ``minutes`` of work."""
        ...

    def client_writes(self, ticket: TicketId, text: str) -> None:
        """The client's contact writes, by e-mail or portal."""
        ...

    def set_status(self, ticket: TicketId, by: str, group: StatusGroup) -> None:
        """Give the ticket the desk's usual status of a group."""
        ...

    def set_status_named(self, ticket: TicketId, by: str, name: str) -> None:
        """Give the ticket a status by its name."""
        ...

    def assign(self, ticket: TicketId, by: str, owner: str | None) -> None:
        """Make somebody the owner; None leaves the ticket without one."""
        ...

    def move(self, ticket: TicketId, by: str, tier: int, owner: str | None = None) -> None:
        """Move the ticket to a tier's home, with that owner or none."""
        ...

    def set_urgency(self, ticket: TicketId, by: str, urgency: Urgency) -> None:
        """Give the ticket another priority."""
        ...

    def merge(self, ticket: TicketId, into: TicketId) -> None:
        """Merge a ticket into another."""
        ...

    def delete(self, ticket: TicketId) -> None:
        """Delete a ticket for good."""
        ...

    # Looking, past the API that the connector uses where there is a way.

    def ticket(self, ticket: TicketId) -> DeskTicket:
        """The ticket as it now is."""
        ...

    def notes(self, ticket: TicketId) -> Sequence[DeskNote]:
        """All notes of a ticket, oldest first, also what the client wrote."""
        ...


def serve_in_background(server: TCPServer, name: str) -> Callable[[], None]:
    """Serve in a thread of that name until what is returned is called: that waits for the thread and closes the server.

    The library's own ``serve_forever`` looks now and then whether it is to end: who ends it waits for that, or it looks
    very often. Here the thread waits for both, a caller or the end.
    """
    told, hears = socket.socketpair()
    server.timeout = 0  # what was seen to call may be gone again

    def serve() -> None:
        with hears, selectors.DefaultSelector() as either:
            either.register(server, selectors.EVENT_READ)
            either.register(hears, selectors.EVENT_READ)
            while hears not in [key.fileobj for key, _ in either.select()]:
                server.handle_request()

    thread = threading.Thread(target=serve, name=name, daemon=True)
    thread.start()

    def stop() -> None:
        told.close()
        thread.join()
        server.server_close()

    return stop
