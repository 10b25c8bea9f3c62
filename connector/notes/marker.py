"""How the connector's notes end: the link to the page that explains them, and the marker in the last line.

The marker is found again after a crash, and forged by nobody.

A marker is derived from what it stands for, so that the same escalation always carries the same one, and signed
with a key that only the connection's database holds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote

from connector.model import AuthorKind, Entry, Visibility
from connector.reading.own_words import own_lines

_MARKER = re.compile(r"\bESC-([A-Z2-7]{10})-([A-Z2-7]{10})\s*$")
_FOOT = 200
"""Where a marker stands: in the last so many characters."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Makes and recognises markers. ``key``: the connection's own secret text."""

    key: str

    def marker(self, saga: str) -> str:
        """The marker of one effect, such as ``ESC-7HK2M4QXPA-3ZB5N6T2QR``."""
        name = _short(hashlib.sha256(saga.encode()).digest())
        return f"ESC-{name}-{self._sign(name)}"

    def is_own(self, text: str) -> bool:
        """Whether the text ends in a marker of this connection; one that names or quotes it is somebody else's."""
        found = _MARKER.search(text[-_FOOT:]) if "ESC-" in text else None
        is_quoted = text[-_FOOT:].rstrip().rpartition("\n")[2].lstrip().startswith(">")
        return found is not None and not is_quoted and hmac.compare_digest(found[2], self._sign(found[1]))

    def recognise(self, entries: Iterable[Entry], accounts: Collection[str]) -> tuple[Entry, ...]:
        """The entries, with our own notes marked as such: what one of our ``accounts`` wrote, and we signed.

        The account decides: a marker that somebody copied below words of their own changes nothing about these.
        """
        return tuple(self._recognise(entry, accounts) for entry in entries)

    def writer_of(self, markers: Collection[str], entries: Iterable[Entry]) -> str:
        """The account that wrote the first note for staff with one of our ``markers``; empty where there is none.

        ``entries``: oldest first. Of a marker that never was on the ticket, nobody but us can write the first.
        """
        carriers = (entry for entry in entries if any(marker in entry.text[-_FOOT:] for marker in markers))
        first = next((entry for entry in carriers if self.is_own(entry.text)), None)
        is_staffs = first is not None and first.visibility is Visibility.INTERNAL and not first.is_claimed
        return first.author.account if first is not None and is_staffs else ""

    def _recognise(self, entry: Entry, accounts: Collection[str]) -> Entry:
        is_by_us = entry.author.account in accounts and not entry.is_claimed
        if not is_by_us or entry.author.kind is AuthorKind.CLIENT or not self.is_own(entry.text):
            return entry
        if entry.visibility is not Visibility.INTERNAL and not self._is_own_message(entry):
            return entry
        return replace(entry, author=replace(entry.author, kind=AuthorKind.CONNECTOR))

    def _is_own_message(self, entry: Entry) -> bool:
        """Whether a note of our account that the client sees is ours: the marker stands in its own words."""
        return entry.visibility is Visibility.CLIENT and self.is_own("\n".join(own_lines(entry.text)))

    def _sign(self, name: str) -> str:
        return _short(hmac.digest(self.key.encode(), name.encode(), "sha256"))


def _short(digest: bytes) -> str:
    return base64.b32encode(digest).decode()[:10]


# --- the link above it ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pages:
    """The tickets' pages on the console. ``public_url``: where those who read notes reach it; empty: nowhere."""

    public_url: str = ""

    def of(self, connection: str, ticket: str) -> str:
        """The address of a ticket's page; empty where nobody could open it."""
        return f"{self.public_url.rstrip('/')}{path_of(connection, ticket)}" if self.public_url else ""


NOWHERE = Pages()


def path_of(connection: str, ticket: str) -> str:
    """Where a ticket's page is on the console."""
    return f"/tickets/{quote(connection, safe='')}/{quote(ticket, safe='')}"


def why(page: str) -> str:
    """The line that leads to a ticket's page; empty where there is none."""
    return f"Why, minute by minute: {page}" if page else ""


def foot(marker: str, page: str = "") -> str:
    """The last line or lines of a note."""
    return "\n".join(line for line in (why(page), f"Ref. {marker}") if line)
