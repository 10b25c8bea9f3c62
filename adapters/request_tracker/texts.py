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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.http import TooLarge
from adapters.payloads import Json, label, text, written
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.mapping import record_id
from adapters.request_tracker.transactions import COMMENT, CORRESPOND, CREATE, Transaction
from connector.errors import PayloadError
from connector.model import TicketId
from connector.reading.html import plain, to_lines
from connector.reading.intake.texts import NOTHING, UNREADABLE, Text, bounded, taken_in

_SHOW_COMMENTS = "the rights ShowTicket and ShowTicketComments"
_MOST_CHARACTERS = 20_000_000
_AT_ONCE = 50
_ALL_BUT_TEXT = "ContentType,TransactionId,Filename,Headers"
_WITH_TEXT = f"Content,{_ALL_BUT_TEXT}"
SAYS_SOMETHING = (CREATE, COMMENT, CORRESPOND)
"""What says something: what the client wrote at first, replies and comments."""

_CAME_BY = re.compile(r"^X-RT-Interface:[ \t]{0,20}([\w.]{1,40})", re.IGNORECASE | re.MULTILINE)
"""Where RT writes down how something came in: in pages and through REST as well."""

_RECEIVED = re.compile(r"^Received:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written. ``by_mail``: its author is whoever the mail said that it is from."""

    said: Text
    by_mail: bool


SILENCE = Written(NOTHING, by_mail=False)


class Texts:
    """What was written, by transaction id. Safe to use from several threads."""

    def __init__(self, client: RtClient) -> None:
        self._client = client
        self._most = _MOST_CHARACTERS
        self._size = 0
        self._kept: OrderedDict[str, Written] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self, rows: Iterable[Transaction], ticket_id: TicketId, may_lack: Collection[str] = ()
    ) -> Iterator[tuple[Transaction, Written]]:
        """Each transaction with what it says, ``SILENCE`` where it can say nothing. No call for those that are kept.

        ``may_lack``: those of which it is left out, and said, where it is too large to be read, as of what came by
        e-mail; of the others that raises TooLarge.
        """
        what = f"read what was written on {label(ticket_id)}"
        part: list[Transaction] = []
        found: dict[str, Written] = {}
        unknown: list[str] = []
        for row in rows:
            part.append(row)
            if row.type in SAYS_SOMETHING:
                with self._lock:
                    known = self._kept.get(row.id)
                if known is None:
                    unknown.append(row.id)
                else:
                    found[row.id] = known
            if len(unknown) == _AT_ONCE:
                yield from self._with_words(part, found, unknown, what, may_lack)
                part, found, unknown = [], {}, []
        yield from self._with_words(part, found, unknown, what, may_lack)

    def _with_words(
        self,
        part: Sequence[Transaction],
        found: dict[str, Written],
        unknown: list[str],
        what: str,
        may_lack: Collection[str],
    ) -> Iterator[tuple[Transaction, Written]]:
        if unknown:
            beginnings = {row.id for row in part if row.type == CREATE}
            read = self._read_in_parts(unknown, what, beginnings, may_lack)
            self._keep(read)
            found |= read
        return ((row, found.get(row.id, SILENCE)) for row in part)

    def _read_in_parts(
        self, numbers: list[str], what: str, beginnings: Collection[str], may_lack: Collection[str]
    ) -> dict[str, Written]:
        """What they say, in as many answers as it takes to keep each one small."""
        try:
            return self._read(numbers, what, beginnings)
        except TooLarge:
            if len(numbers) == 1:
                # Whoever it claims to be from: what came by e-mail may be left out.
                by_mail = self._read(numbers, what, beginnings, _ALL_BUT_TEXT)[numbers[0]].by_mail
                if not by_mail and numbers[0] not in may_lack:
                    raise
                return {numbers[0]: Written(UNREADABLE, by_mail)}
            found: dict[str, Written] = {}
            for half in (numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]):
                found |= self._read_in_parts(half, what, beginnings, may_lack)
            return found

    def _read(
        self, numbers: list[str], what: str, beginnings: Collection[str], fields: str = _WITH_TEXT
    ) -> dict[str, Written]:
        query = [
            {"field": "TransactionId", "operator": "IN", "value": numbers},
            # Of two limits on one field either may hold.
            {"field": "ContentType", "operator": "STARTSWITH", "value": "text/"},
            {"field": "ContentType", "operator": "STARTSWITH", "value": "multipart/"},
            # A mail may be nothing but another mail: its own headers stand on that.
            {"field": "ContentType", "operator": "STARTSWITH", "value": "message/"},
        ]
        params = {"query": json.dumps(query, separators=(",", ":")), "orderby": "id"}
        params["fields"] = fields
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
                self._size += len(written.said.words)
            while self._size > self._most and self._kept:
                self._forget(self._kept.popitem(last=False)[1])

    def _forget(self, written: Written | None) -> None:
        self._size -= len(written.said.words) if written else 0


def body_of(parts: Iterable[Json]) -> Text:
    """What was written: the plain text, else the lines of the HTML; files that were put along are no part of it."""
    shown = [part for part in parts if not text(part.get("Filename"))]
    for kind, read in (("text/plain", plain), ("text/html", to_lines)):
        sources = [written(part.get("Content"), "attachment: Content") for part in shown if _kind(part) == kind]
        if sources:
            return _joined([taken_in(source, read) for source in sources])
    return NOTHING


def _joined(texts: Sequence[Text]) -> Text:
    words = "\n".join(text.words for text in texts)
    return bounded(Text(words, sum(text.unread for text in texts), any(text.is_source for text in texts)))


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
