"""What was written in transactions: their attachments of text, many in one call, and each read once.

A transaction never changes, so its text is kept: in least recently used order, up to a number of characters. The
field ``Parent`` must not be asked for (RT answers 500 where an attachment has none).
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from adapters.request_tracker.client import PAGE_SIZE, RtClient
from adapters.request_tracker.mapping import Json, record_id, text
from connector.reading.html import to_lines

MOST_CHARACTERS = 20_000_000
_AT_ONCE = 50

_RIGHT = "the rights ShowTicket and ShowTicketComments"
_FIELDS = "Content,ContentType,TransactionId,Filename"


class Texts:
    """Texts by transaction id. Safe to use from several threads."""

    def __init__(self, client: RtClient, most_characters: int = MOST_CHARACTERS) -> None:
        self._client = client
        self._most = most_characters
        self._size = 0
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, transactions: Iterable[str], what: str) -> Mapping[str, str]:
        """The text of each of those transactions, empty where there is none. No call for those that are kept."""
        wanted = list(dict.fromkeys(transactions))
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
        params = {"query": json.dumps(query, separators=(",", ":")), "fields": _FIELDS, "orderby": "id"}
        parts: dict[str, list[Json]] = {number: [] for number in numbers}
        page = 1
        while True:
            rows, _ = self._client.page("attachments", what, _RIGHT, {**params, "page": str(page)})
            for row in rows:
                number = record_id(row.get("TransactionId"), f"{what}: attachment: TransactionId")
                if number in parts:
                    parts[number].append(row)
            # All of a visible transaction is visible: here a page that is not full is the last.
            if len(rows) < PAGE_SIZE:
                return {number: body_of(found) for number, found in parts.items()}
            page += 1

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
    for kind, read in (("text/plain", _plain), ("text/html", to_lines)):
        found = [read(text(part.get("Content"))) for part in written if _kind(part) == kind]
        if found:
            return "\n".join(found)
    return ""


def _kind(part: Json) -> str:
    return text(part.get("ContentType")).split(";")[0].strip().casefold()


def _plain(content: str) -> str:
    return content.replace("\r\n", "\n")
