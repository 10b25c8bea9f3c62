"""A ticket's transactions, RT's own record of all that ever happened to it, and what was written in them.

RT cuts the list into pages first and then takes away what the account may not see (mail that went out), so a page may
come back short, and the length is not told. The list is read newest first and ends, provably, with the transaction
that created the ticket; that of a ticket merged into it as well. RT answers 200 and an empty list for a ticket that
is not there or may not be seen.

What was written stands in attachments, many in one call. A transaction never changes, so its text is kept: in least
recently used order, up to a number of characters. The field ``Parent`` must not be asked for (RT answers 500 where an
attachment has none).
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.payloads import Json, label, moment, text
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.mapping import User, record, record_id, user_of
from connector.errors import Temporary
from connector.model import TicketId
from connector.reading.html import plain, to_lines

SHOW_TICKET = "the right ShowTicket in the ticket's queue"
_SHOW_COMMENTS = "the rights ShowTicket and ShowTicketComments"
CREATE = "Create"
COMMENT = "Comment"
CORRESPOND = "Correspond"

_EMPTY_PAGES = 10
"""After so many pages of nothing but what may not be seen, an imported ticket's history counts as read."""

_MOST_CHARACTERS = 20_000_000
_AT_ONCE = 50
_FIELDS = {
    "fields": "Type,Field,OldValue,NewValue,Creator,Created,TimeTaken,ObjectId",
    "fields[Creator]": "id,Name,RealName",
    "orderby": "id",
    "order": "DESC",
}
_WITH_TEXT = (CREATE, COMMENT, CORRESPOND)
"""What says something: what the client wrote at first, replies and comments."""


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


class Texts:
    """Texts by transaction id. Safe to use from several threads."""

    def __init__(self, client: RtClient) -> None:
        self._client = client
        self._most = _MOST_CHARACTERS
        self._size = 0
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, rows: Iterable[Transaction], ticket_id: TicketId) -> Mapping[str, str]:
        """The text of each transaction that can have one, by id. No call for those that are kept."""
        what = f"read what was written on {label(ticket_id)}"
        wanted = [row.id for row in rows if row.type in _WITH_TEXT]
        with self._lock:
            found = {number: self._kept[number] for number in wanted if number in self._kept}
        unknown = [number for number in wanted if number not in found]
        for start in range(0, len(unknown), _AT_ONCE):
            read = self._read(unknown[start : start + _AT_ONCE], what)
            self._keep(read)
            found |= read
        return found

    def _read(self, numbers: list[str], what: str) -> dict[str, str]:
        query = [
            {"field": "TransactionId", "operator": "IN", "value": numbers},
            {"field": "ContentType", "operator": "STARTSWITH", "value": "text/"},
        ]
        params = {"query": json.dumps(query, separators=(",", ":")), "orderby": "id"}
        params["fields"] = "Content,ContentType,TransactionId,Filename"
        parts: dict[str, list[Json]] = {number: [] for number in numbers}
        for page in self._client.pages("attachments", what, _SHOW_COMMENTS, params):
            for row in page.rows:
                number = record_id(row.get("TransactionId"), f"{what}: attachment: TransactionId")
                if number in parts:
                    parts[number].append(row)
            # All of a visible transaction is visible: here a page that is not full is the last.
            if not page.is_full:
                break
        return {number: body_of(found) for number, found in parts.items()}

    def _keep(self, read: Mapping[str, str]) -> None:
        with self._lock:
            for number, words in read.items():
                self._size += len(words) - len(self._kept.pop(number, ""))
                self._kept[number] = words
            while self._size > self._most and self._kept:
                _, words = self._kept.popitem(last=False)
                self._size -= len(words)


def body_of(parts: Iterable[Json]) -> str:
    """What was written: the plain text, else the lines of the HTML; files that were put along are no part of it."""
    written = [part for part in parts if not text(part.get("Filename"))]
    for kind, read in (("text/plain", plain), ("text/html", to_lines)):
        found = [read(text(part.get("Content"))) for part in written if _kind(part) == kind]
        if found:
            return "\n".join(found)
    return ""


def _kind(part: Json) -> str:
    return text(part.get("ContentType")).split(";")[0].strip().casefold()
