"""The entries of a ticket as they are read, the newest of those that anybody may write. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from connector.errors import PayloadError
from connector.model import AuthorKind, Entry

MOST_ENTRIES = 5_000
MOST_OF_OTHERS = 8 * 1024 * 1024
"""So much is kept of a ticket's entries that are neither agents' nor our own, in characters: the oldest, mostly the
ticket's description, and the newest."""

MOST_OF_STAFF = 64 * 1024 * 1024
"""Of agents' entries and our own everything is kept, or nothing: no ticket has as much, in characters."""


class Taken(NamedTuple):
    """A ticket's entries within their bounds. ``left_out``: how many are not among them, of others than agents."""

    entries: tuple[Entry, ...]
    left_out: int = 0


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
