"""A ticket's transactions: RT's own record of all that ever happened to it.

RT cuts the list into pages first and then takes away what the account may not see (mail that went out), so a page may
come back short, and the length is not told. The list is read newest first and ends, provably, with the transaction
that created the ticket; that of a ticket merged into it as well. RT answers 200 and an empty list for a ticket that
is not there or may not be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.payloads import Json, label, moment, text
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.mapping import User, record, record_id, user_of
from connector.errors import Temporary
from connector.model import TicketId

SHOW_TICKET = "the right ShowTicket in the ticket's queue"
CREATE = "Create"
COMMENT = "Comment"
CORRESPOND = "Correspond"

_EMPTY_PAGES = 10
"""After so many pages of nothing but what may not be seen, an imported ticket's history counts as read."""

_FIELDS = {
    "fields": "Type,Field,OldValue,NewValue,Creator,Created,TimeTaken,ObjectId",
    "fields[Creator]": "id,Name,RealName",
    "orderby": "id",
    "order": "DESC",
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """One of them. ``ticket``: the one it happened to, which may since have been merged. ``minutes`` of work."""

    id: str
    ticket: str
    type: str
    field: str
    old: str
    new: str
    creator: User
    at: datetime
    minutes: int

    @property
    def number(self) -> int:
        """Its place in the order of things."""
        return int(self.id)


def read_transactions(client: RtClient, ticket_id: TicketId) -> list[Transaction]:
    """All of a ticket that is there, oldest first: one call for each hundred."""
    what = f"read the history of {label(ticket_id)}"
    found: dict[str, Transaction] = {}
    # What is added meanwhile moves the older ones to later pages: what is met twice is taken once.
    for page in client.pages(f"ticket/{ticket_id}/history", what, SHOW_TICKET, _FIELDS, _EMPTY_PAGES):
        found |= {row.id: row for row in (transaction(row, label(ticket_id)) for row in page.rows)}
        if _reaches_back(ticket_id, found.values()):
            break
    if not found:
        raise Temporary(f"{what}: it came back empty; the ticket may just have become invisible to the account")
    return sorted(found.values(), key=lambda row: row.number)


def _reaches_back(ticket_id: TicketId, rows: Any) -> bool:
    """Whether the beginnings of the ticket and of all that was merged into it are among the transactions."""
    tickets = {row.ticket for row in rows} | {ticket_id}
    return tickets <= {row.ticket for row in rows if row.type == CREATE}


def transaction(row: Json, path: str) -> Transaction:
    """An item of a history. Raises PayloadError."""
    number = record_id(row.get("id"), f"{path}: transaction: id")
    path = f"{path}: transaction {number}"
    minutes = str(row.get("TimeTaken") or "0")
    return Transaction(
        id=number,
        ticket=record_id(row.get("ObjectId"), f"{path}: ObjectId"),
        type=text(row.get("Type")),
        field=text(row.get("Field")),
        old=str(row.get("OldValue") or ""),
        new=str(row.get("NewValue") or ""),
        creator=user_of(record(row, "Creator", path), f"{path}: Creator"),
        at=moment(row.get("Created"), f"{path}: Created"),
        minutes=int(minutes) if minutes.isascii() and minutes.isdigit() else 0,
    )
