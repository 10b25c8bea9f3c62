"""What was written in a ticket's transactions, and whether it came by e-mail.

It stands in attachments, many in one call. A transaction never changes, so its words are kept: in least recently used
order, up to a number of characters. The field ``Parent`` must not be asked for (RT answers 500 where an attachment has
none). RT's mail gate leaves the mail's own headers, and one that says how it came in: of a mail in several parts on
the first of them, which holds the others and has no words.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapters.http import TooLarge
from adapters.payloads import Json, label, text, written
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.mapping import record_id
from adapters.request_tracker.transactions import COMMENT, CORRESPOND, CREATE, Transaction
from connector.errors import PayloadError
from connector.model import TicketId
from connector.reading.html import plain, to_lines

_SHOW_COMMENTS = "the rights ShowTicket and ShowTicketComments"
_MOST_CHARACTERS = 20_000_000
_AT_ONCE = 50
_WITH_TEXT = (CREATE, COMMENT, CORRESPOND)
"""What says something: what the client wrote at first, replies and comments."""

_CAME_BY = re.compile(r"^X-RT-Interface:[ \t]{0,20}([\w.]{1,40})", re.IGNORECASE | re.MULTILINE)
"""Where RT writes down how something came in: in pages and through REST as well."""

_RECEIVED = re.compile(r"^Received:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, as plain lines. ``by_mail``: its author is whoever the mail said that it is from."""

    words: str
    by_mail: bool


NOTHING = Written("", by_mail=False)
UNREADABLE = Written("(what was written here is too large to be read)", by_mail=True)
"""Stands for what a client wrote that is larger than any answer may be: it must not keep the ticket from being read."""


class Texts:
    """What was written, by transaction id. Safe to use from several threads."""

    def __init__(self, client: RtClient) -> None:
        self._client = client
        self._most = _MOST_CHARACTERS
        self._size = 0
        self._kept: OrderedDict[str, Written] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self, rows: Sequence[Transaction], ticket_id: TicketId, requestors: Collection[str] = ()
    ) -> Mapping[str, Written]:
        """What each transaction says that can say something, by id. No call for those that are kept.

        ``requestors``: the login names of those who asked for help. What one of them wrote may be too large to be read:
        it is left out, and said; of anybody else that raises TooLarge.
        """
        may_lack = {row.id for row in rows if row.creator.name in requestors and row.type != COMMENT}
        what = f"read what was written on {label(ticket_id)}"
        rows = [row for row in rows if row.type in _WITH_TEXT]
        wanted, beginnings = [row.id for row in rows], {row.id for row in rows if row.type == CREATE}
        with self._lock:
            found = {number: self._kept[number] for number in wanted if number in self._kept}
        unknown = [number for number in wanted if number not in found]
        for start in range(0, len(unknown), _AT_ONCE):
            read = self._read_in_parts(unknown[start : start + _AT_ONCE], what, beginnings, may_lack)
            self._keep(read)
            found |= read
        return found

    def _read_in_parts(
        self, numbers: list[str], what: str, beginnings: Collection[str], may_lack: Collection[str]
    ) -> dict[str, Written]:
        """What they say, in as many answers as it takes to keep each one small."""
        try:
            return self._read(numbers, what, beginnings)
        except TooLarge:
            if len(numbers) == 1:
                if numbers[0] not in may_lack:
                    raise
                return {numbers[0]: UNREADABLE}
            found: dict[str, Written] = {}
            for half in (numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]):
                found |= self._read_in_parts(half, what, beginnings, may_lack)
            return found

    def _read(self, numbers: list[str], what: str, beginnings: Collection[str]) -> dict[str, Written]:
        query = [
            {"field": "TransactionId", "operator": "IN", "value": numbers},
            # Of two limits on one field either may hold.
            {"field": "ContentType", "operator": "STARTSWITH", "value": "text/"},
            {"field": "ContentType", "operator": "STARTSWITH", "value": "multipart/"},
            # A mail may be nothing but another mail: its own headers stand on that.
            {"field": "ContentType", "operator": "STARTSWITH", "value": "message/"},
        ]
        params = {"query": json.dumps(query, separators=(",", ":")), "orderby": "id"}
        params["fields"] = "Content,ContentType,TransactionId,Filename,Headers"
        parts: dict[str, list[Json]] = {number: [] for number in numbers}
        for page in self._client.pages("attachments", what, _SHOW_COMMENTS, params):
            for row in page.rows:
                number = record_id(row.get("TransactionId"), f"{what}: attachment: TransactionId")
                if number not in parts:
                    raise PayloadError(f"{what}: attachment: TransactionId", "it is of another transaction")
                parts[number].append(row)
            # All of a visible transaction is visible: here a page that is not full is the last.
            if not page.is_full:
                break
        return {
            number: Written(body_of(found), is_mail(found, begins=number in beginnings))
            for number, found in parts.items()
        }

    def _keep(self, read: Mapping[str, Written]) -> None:
        with self._lock:
            for number, written in read.items():
                self._forget(self._kept.pop(number, None))
                self._kept[number] = written
                self._size += len(written.words)
            while self._size > self._most and self._kept:
                self._forget(self._kept.popitem(last=False)[1])

    def _forget(self, written: Written | None) -> None:
        self._size -= len(written.words) if written else 0


def body_of(parts: Iterable[Json]) -> str:
    """What was written: the plain text, else the lines of the HTML; files that were put along are no part of it."""
    shown = [part for part in parts if not text(part.get("Filename"))]
    for kind, read in (("text/plain", plain), ("text/html", to_lines)):
        found = [read(written(part.get("Content"), "attachment: Content")) for part in shown if _kind(part) == kind]
        if found:
            return "\n".join(found)
    return ""


def is_mail(parts: Sequence[Json], *, begins: bool = False) -> bool:
    """Whether it came in by e-mail, or cannot be shown to have come in by another way.

    RT writes that into the headers of the first part, which holds the others; what stands in theirs, the sender wrote.
    Of what a ticket begins with it does so for mails alone.
    """
    headers = [text(part.get("Headers")) for part in parts]
    ways = [way.casefold() for part in headers for way in _CAME_BY.findall(part)]
    is_told = bool(headers) and _CAME_BY.search(headers[0]) is not None
    is_received = bool(headers) and _RECEIVED.search(headers[0]) is not None
    return "email" in ways or is_received or not (is_told or begins or not headers)


def _kind(part: Json) -> str:
    return text(part.get("ContentType")).split(";")[0].strip().casefold()
