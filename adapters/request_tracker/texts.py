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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.http import TooLarge
from adapters.payloads import Json, label, text, written
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.mapping import record_id
from adapters.request_tracker.transactions import COMMENT, CORRESPOND, CREATE, Transaction
from connector.errors import PayloadError
from connector.model import TicketId
from connector.reading.html import plain, to_lines
from connector.reading.intake.texts import MOST_OF_AN_ENTRY, NOTHING, UNREADABLE, Text, bounded, taken_in

_SHOW_COMMENTS = "the rights ShowTicket and ShowTicketComments"
_MOST_CHARACTERS = 20_000_000
_AT_ONCE = 50
_ALL_BUT_TEXT = "ContentType,TransactionId,Filename,Headers"
_MOST_PAGES = 5
"""So many pages of attachments are read of one transaction."""

_READERS: Mapping[str, Callable[[str], str]] = {"text/plain": plain, "text/html": to_lines}
"""What is read of the parts, in the order in which one is preferred to the other."""
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
                may = numbers[0] in may_lack
                by_mail = may or self._came_by_mail(numbers[0], what, is_beginning=numbers[0] in beginnings)
                if not by_mail:
                    raise
                return {numbers[0]: Written(UNREADABLE, by_mail)}
            found: dict[str, Written] = {}
            for half in (numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]):
                found |= self._read_in_parts(half, what, beginnings, may_lack)
            return found

    def _came_by_mail(self, number: str, what: str, *, is_beginning: bool) -> bool:
        """Whether the first part of one that is too large says so. Raises TooLarge where its headers are as well."""
        params = {**_asked_for([number]), "fields": _ALL_BUT_TEXT, "per_page": "1"}
        first = self._client.page("attachments", what, _SHOW_COMMENTS, params).rows[:1]
        return is_mail(first, begins=is_beginning)

    def _read(self, numbers: list[str], what: str, beginnings: Collection[str]) -> dict[str, Written]:
        """What they say. Raises TooLarge where they are of very many parts: of a single one the first are read."""
        parts = {number: _Parts() for number in numbers}
        params = {**_asked_for(numbers), "fields": f"Content,{_ALL_BUT_TEXT}"}
        for count, page in enumerate(self._client.pages("attachments", what, _SHOW_COMMENTS, params), start=1):
            for row in page.rows:
                number = record_id(row.get("TransactionId"), f"{what}: attachment: TransactionId")
                if number not in parts:
                    raise PayloadError(f"{what}: attachment: TransactionId", "it is of another transaction")
                parts[number].add(row)
            # All of a visible transaction is visible: here a page that is not full is the last.
            if not page.is_full:
                break
            if count == _MOST_PAGES and len(numbers) > 1:
                raise TooLarge(f"{what}: more than {_MOST_PAGES} pages of attachments", "a list does not end")
            if count == _MOST_PAGES:
                parts[numbers[0]].unread += 1
                break
        return {
            number: Written(found.said, found.is_mail(begins=number in beginnings)) for number, found in parts.items()
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


class _Parts:
    """What was gathered of a transaction's attachments, in their order: bounded, however many and large they are."""

    def __init__(self) -> None:
        self.unread = 0
        self._texts: dict[str, list[Text]] = {kind: [] for kind in _READERS}
        self._is_first = True
        self._is_told = self._is_received = self._is_email = False

    def add(self, row: Json) -> None:
        """Add an attachment; files that were put along are no part of what was written."""
        headers = text(row.get("Headers"))
        ways = [way.casefold() for way in _CAME_BY.findall(headers)]
        if self._is_first:
            self._is_told, self._is_received = bool(ways), _RECEIVED.search(headers) is not None
            self._is_first = False
        self._is_email = self._is_email or "email" in ways
        kind = _kind(row)
        if kind in _READERS and not text(row.get("Filename")):
            found = self._texts[kind]
            said = taken_in(written(row.get("Content"), "attachment: Content"), _READERS[kind])
            is_full = sum(len(one.words) for one in found) > MOST_OF_AN_ENTRY
            found.append(Text("", said.unread + len(said.words)) if is_full else said)

    @property
    def said(self) -> Text:
        """What was written: the plain text, else the lines of the HTML."""
        found = next((texts for texts in self._texts.values() if texts), [])
        words = "\n".join(one.words for one in found)
        unread = self.unread + sum(one.unread for one in found)
        return bounded(Text(words, unread, any(one.is_source for one in found)))

    def is_mail(self, *, begins: bool) -> bool:
        """See ``is_mail``."""
        return self._is_email or self._is_received or not (self._is_told or begins or self._is_first)


def body_of(parts: Iterable[Json]) -> Text:
    """What was written in attachments."""
    return _gathered(parts).said


def is_mail(parts: Iterable[Json], *, begins: bool = False) -> bool:
    """Whether it came in by e-mail, or cannot be shown to have come in by another way.

    RT writes that into the headers of the first part, which holds the others; what stands in theirs, the sender wrote.
    Of what a ticket begins with it does so for mails alone.
    """
    return _gathered(parts).is_mail(begins=begins)


def _gathered(parts: Iterable[Json]) -> _Parts:
    found = _Parts()
    for part in parts:
        found.add(part)
    return found


def _asked_for(numbers: Sequence[str]) -> dict[str, str]:
    query = [
        {"field": "TransactionId", "operator": "IN", "value": list(numbers)},
        # Of two limits on one field either may hold.
        {"field": "ContentType", "operator": "STARTSWITH", "value": "text/"},
        {"field": "ContentType", "operator": "STARTSWITH", "value": "multipart/"},
        # A mail may be nothing but another mail: its own headers stand on that.
        {"field": "ContentType", "operator": "STARTSWITH", "value": "message/"},
    ]
    return {"query": json.dumps(query, separators=(",", ":")), "orderby": "id"}


def _kind(part: Json) -> str:
    return text(part.get("ContentType")).split(";")[0].strip().casefold()
