"""What was written on tickets, remembered from one reading to the next: one that shows no change costs a call less.

That a ticket shows it when something is written on it is no certain fact about a site. It is proven by our own notes,
believed no more once anything speaks against it, and used only where nothing told of a change and no write hangs on it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from connector.model import Entry, TicketId

T = TypeVar("T")

KEPT_FOR = timedelta(hours=2)
"""So long what was read is believed: who is an agent and who is a program may change."""

_MOST_CHARACTERS = 4_000_000
_AROUND = 1000
"""What comes with a text and takes room as well, in characters."""

_LATE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What was read of a ticket. ``version``: what it showed of its last update, which was ``updated_at``; ``read_at``:
    when the reading of what is written began. ``entries`` are that, ``source`` is what they were made of; ``left_out``:
    how many entries are not among them.
    """

    version: Hashable
    updated_at: datetime
    read_at: datetime
    entries: Sequence[Entry]
    source: T
    left_out: int = 0


class Remembered(Generic[T]):
    """Readings by ticket, those that were used last, up to a number of characters. Safe to use from several threads.

    ``settles``: so long after a ticket's last update everything of that moment can be read.
    """

    def __init__(self, settles: timedelta) -> None:
        self._settles = settles
        self._tells: bool | None = None
        self._size = 0
        self._kept: OrderedDict[TicketId, Reading[T]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, ticket: TicketId, version: Hashable, now: datetime) -> Reading[T] | None:
        """The last reading of a ticket that still shows that version, where nothing can be missing in it."""
        with self._lock:
            found = self._kept.get(ticket)
            if not self._tells or found is None or found.version != version or now - found.read_at > KEPT_FOR:
                return None
            return found if found.read_at - found.updated_at >= self._settles else None

    def keep(self, ticket: TicketId, reading: Reading[T]) -> None:
        """Remember a reading in the place of the one before.

        One that holds what is younger than the ticket's last update shows that tickets do not tell of everything there.
        """
        with self._lock:
            # What came while the reading was under way is none of it.
            if any(
                reading.updated_at + _LATE < entry.at < reading.read_at - self._settles for entry in reading.entries
            ):
                self._tells = False
            self._drop(ticket)
            self._kept[ticket] = reading
            self._size += _size(reading)
            while self._size > _MOST_CHARACTERS and self._kept:
                self._drop(next(iter(self._kept)))

    def learn(self, ticket: TicketId, version: Hashable, noted_at: datetime, *, is_by_note: bool) -> None:
        """Learn from a ticket as it shows right after a note of ours; ``is_by_note``: its last update is that note."""
        with self._lock:
            before = self._kept.get(ticket)
            if before is not None and before.version == version:
                if noted_at - before.updated_at >= _LATE:  # else it is one second
                    self._tells = False
            elif is_by_note and self._tells is None:
                self._tells = True

    def _drop(self, ticket: TicketId) -> None:
        gone = self._kept.pop(ticket, None)
        self._size -= _size(gone) if gone else 0


def _size(reading: Reading[T]) -> int:
    rows = len(reading.source) if isinstance(reading.source, Sized) else 0
    return sum(len(entry.text) + _AROUND for entry in reading.entries) + (rows + 1) * _AROUND
