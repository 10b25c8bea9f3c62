"""Ticket systems whose parts are doubles, and what every ticket system is asked in tests."""

from __future__ import annotations

from typing import Any

from connector.model import AuthorKind, NoteRef, TicketId, Visibility
from connector.systems.contract import Connection, TicketSystem


def a_system(double: Any, kind: str = "psa", **traits: Any) -> TicketSystem:
    """A ticket system whose four parts are one double, which needs to know no more than it will be asked."""
    usual = {
        "note_limit": 4000,
        "settle_seconds": 30.0,
        "manages_webhooks": True,
        "can_add_people": True,
        "reads_while_listing": False,
    }
    return TicketSystem(kind, **{**usual, **traits}, webhooks=double, tickets=double, directory=double, line=double)


def a_connection(double: Any, id_: str = "psa", **traits: Any) -> Connection:
    """A connection to such a ticket system. Its kind is another word than its id: nothing may be keyed by it."""
    return Connection(id_, a_system(double, f"kind of {id_}", **traits))


def our_note(system: TicketSystem, ticket: TicketId, marker: str) -> NoteRef | None:
    """The internal note of staff that carries ``marker``, found as a turn finds it: by reading the ticket."""
    for entry in system.tickets.read(ticket).entries:
        is_ours = entry.visibility is Visibility.INTERNAL and entry.author.kind is not AuthorKind.CLIENT
        if is_ours and " ".join(marker.split()) in " ".join(entry.text.split()):
            return NoteRef(entry.id, entry.at)
    return None
