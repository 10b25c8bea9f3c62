"""What was written on a ticket, bounded and harmless before anything reads it. Pure.

Everybody who may send an e-mail to a desk writes into its tickets. Each adapter passes every text through ``taken_in``
and every entry through an ``Intake``: whoever reads behind that can rely on their bounds. What is left out is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from connector.errors import PayloadError
from connector.model import AuthorKind, Entry
from connector.reading.html import plain
from connector.wording import storable

MOST_OF_AN_ENTRY = 64 * 1024
"""So much is read of an entry, from its beginning, in bytes of UTF-8: some ten times a long mail with its history."""

MOST_OF_A_SOURCE = 256 * 1024
"""So much is read, in characters, of what becomes an entry's words: a mail program's HTML is about 4 times as long."""

MOST_ENTRIES = 5_000
MOST_OF_OTHERS = 8 * 1024 * 1024
"""So much is kept of a ticket's entries that are neither agents' nor our own, in characters: the oldest, mostly the
ticket's description, and the newest."""

MOST_OF_STAFF = 64 * 1024 * 1024
"""Of agents' entries and our own everything is kept, or nothing: no ticket has as much, in characters."""

_PICTURE = re.compile(r"data:[a-z]{1,20}/[a-z0-9.+-]{1,40};base64,[a-z0-9+/=\s]*+", re.IGNORECASE)
"""A picture within a page, which is a megabyte of letters before the next word."""

_DEEPER = re.compile(r"^([ \t]{0,40}>)(?:[ \t]{0,40}>)+(?=[ \t]*+[^\s>])(?!.*>>[ \t]*$)", re.MULTILINE)
"""The marks of what is quoted in a quote: one says as much. A line that ends in such marks is the head of a mail."""


class Text(NamedTuple):
    """What was written, as plain lines. ``unread``: how many characters at its end are left out, about.

    ``is_source``: it is HTML that could not be read as such, and stands here as it was written.
    """

    words: str
    unread: int = 0
    is_source: bool = False


NOTHING = Text("")
UNREADABLE = Text("(what was written here is too large to be read)")
"""Stands for what is larger than any answer may be: what a client wrote must not keep the ticket from being read."""


class Taken(NamedTuple):
    """A ticket's entries within their bounds. ``left_out``: how many are not among them, of others than agents."""

    entries: tuple[Entry, ...]
    left_out: int = 0


def taken_in(source: str, read: Callable[[str], str]) -> Text:
    """What was written, made plain with ``read`` and bounded; never raises for anything that may have been written."""
    source = storable(source)
    if "base64," in source:
        source = _PICTURE.sub("", source)
    unread, source = max(0, len(source) - MOST_OF_A_SOURCE), source[:MOST_OF_A_SOURCE]
    is_source = False
    try:
        words = read(source)
    except (ValueError, LookupError, TypeError, AssertionError, RecursionError, ArithmeticError):
        # A reader that fails must not keep the ticket from being read: else it would be out of everybody's sight.
        words, is_source = plain(source), True
    words = _DEEPER.sub(r"\1", words) if ">" in words else words
    return bounded(Text(words, unread, is_source))


def bounded(text: Text) -> Text:
    """The beginning of a text, up to ``MOST_OF_AN_ENTRY``."""
    if len(text.words) * 4 <= MOST_OF_AN_ENTRY:
        return text
    written = text.words.encode()
    if len(written) <= MOST_OF_AN_ENTRY:
        return text
    words = written[:MOST_OF_AN_ENTRY].decode(errors="ignore")
    return text._replace(words=words, unread=text.unread + len(text.words) - len(words))


class Intake:
    """The entries of a ticket as they are read, within their bounds. ``ours``: the accounts that are ours, or were."""

    def __init__(self, ours: Collection[str] = ()) -> None:
        self._ours = ours
        self._left_out = 0
        self._count = 0
        self._staff: list[tuple[int, Entry]] = []
        self._others: list[tuple[int, Entry]] = []
        self._size_of_staff = self._size_of_others = 0

    def take(self, entries: Iterable[Entry]) -> None:
        """Take more entries in. Raises PayloadError where agents wrote more than is ever kept."""
        for entry in entries:
            self._count += 1
            if is_kept(entry, self._ours):
                self._staff.append((self._count, entry))
                self._size_of_staff += len(entry.text)
                if self._size_of_staff > MOST_OF_STAFF:
                    raise PayloadError("notes", f"agents wrote more than {MOST_OF_STAFF // 2**20} MB")
            else:
                self._others.append((self._count, entry))
                self._size_of_others += len(entry.text)
                if len(self._others) > 2 * MOST_ENTRIES or self._size_of_others > 2 * MOST_OF_OTHERS:
                    self._leave_out()

    def taken(self) -> Taken:
        """What was taken in, in the order in which it came."""
        self._leave_out()
        numbered = sorted((*self._staff, *self._others), key=lambda one: one[0])
        return Taken(tuple(entry for _, entry in numbered), self._left_out)

    def _leave_out(self) -> None:
        """Of others' entries, the oldest but the very first are left out, as many as there are too many."""
        if len(self._others) <= MOST_ENTRIES and self._size_of_others <= MOST_OF_OTHERS:
            return
        first, *others = sorted(self._others, key=lambda numbered: numbered[1].at)
        room, kept = MOST_OF_OTHERS - len(first[1].text), [first]
        for numbered in reversed(others):
            room -= len(numbered[1].text)
            if room >= 0 and len(kept) < MOST_ENTRIES:
                kept.append(numbered)
        self._left_out += len(self._others) - len(kept)
        self._others = kept
        self._size_of_others = sum(len(entry.text) for _, entry in kept)


def is_kept(entry: Entry, ours: Collection[str]) -> bool:
    """Whether an entry is an agent's or our own, by what the system itself says of its author."""
    is_ours = entry.author.kind is AuthorKind.CONNECTOR or (bool(entry.author.account) and entry.author.account in ours)
    return entry.is_agents or (is_ours and not entry.is_claimed)
