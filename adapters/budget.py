"""How often a connection may call: so many calls in any window, in lanes, for all of its processes together.

What people asked for may use all of them, what is due by time all but an eighth: however much is late, who commands is
heard. The other lanes have two thirds together; a part is kept for each of them, the rest is for who comes first: so
none is ever without calls because another one is busy. What changed is looked at evenly once a quarter of its calls is
used: who writes behind a mass edit is heard within a tenth of the window.

What was called stands in a ledger that all processes share. Each takes a small portion from it at a time, larger ones
where it uses them up: not every call asks the ledger. What is left of a portion is given back with the next one; a
process that dies takes what it had with it, until the window has passed.
"""

from __future__ import annotations

import secrets
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil
from typing import Any

from connector.model import Lane
from connector.systems.contract import CallLedger

_OTHERS = -1
"""Stands for a lane where the calls were made by somebody else."""

_BELOW = tuple(lane for lane in Lane if lane > Lane.DUE)
_KEPT = {Lane.WEBHOOKS: 4, Lane.LOOKS: 6, Lane.LISTS: 12}
"""The part that is kept for each of these: a quarter, a sixth, a twelfth."""

LEFT_BY_DUE = 8
"""What is due by time leaves this part of all calls: an eighth."""

EVENLY, SPANS, LEAST_IN_SPAN = Lane.WEBHOOKS, 10, 6
"""The lane whose calls are spread over the window, after a quarter of them, and by how many spans; at least so many in
each, for two turns: of two that wait one may be the flooded ticket's."""

LARGEST_PORTION = 60
"""A portion is at most this part of the limit: a sixtieth."""

LONGEST_STILL = 3600.0
"""However long a system wants no calls, in seconds."""

LOOKED_UP_FOR = 1.0
"""For so many seconds it is believed what the ledger said last, where nothing is taken."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Calls that a process took for itself, ``at`` seconds of the ledger's time."""

    name: str
    lane: int
    calls: int
    at: float


@dataclass(frozen=True, slots=True)
class Book:
    """What the ledger says at a moment (``now``, seconds of its time). Of a portion counts what lies in the window.

    ``window``: for how many seconds; ``still_until``: no call at all before that moment.
    """

    limit: int
    window: float
    now: float
    portions: tuple[Portion, ...] = ()
    still_until: float = 0.0

    @classmethod
    def of(cls, written: Mapping[str, Any], now: datetime, limit: int, window: float) -> Book:
        """What is written, as it counts now. What lies ahead was written by a clock that was wrong."""
        at = now.timestamp()
        # There may be a portion for each call, and all are read for each: none is made twice.
        counted = tuple(
            Portion(name, lane, calls, min(taken, at))
            for name, lane, calls, taken in written.get("portions", ())
            if taken + window > at
        )
        still_until = min(written.get("still_until", 0.0), at + LONGEST_STILL)
        return cls(limit, window, at, counted, still_until)

    def written(self) -> dict[str, Any]:
        """The book as it is written."""
        portions = [[one.name, one.lane, one.calls, round(one.at, 3)] for one in self.portions]
        return {"portions": portions, "still_until": round(self.still_until, 3)}

    def at(self, now: float) -> Book:
        """The same at another moment."""
        counted = tuple(one for one in self.portions if one.at + self.window > now)
        return replace(self, now=now, portions=counted)

    def with_portion(self, name: str, lane: int, calls: int) -> Book:
        """Another portion was taken."""
        return replace(self, portions=(*self.portions, Portion(name, lane, calls, self.now)))

    def settled(self, used: Mapping[str, int]) -> Book:
        """Of some portions only so many calls were used."""
        portions = (replace(one, calls=used[one.name]) if one.name in used else one for one in self.portions)
        return replace(self, portions=tuple(one for one in portions if one.calls > 0))

    def room(self, lane: Lane) -> int:
        """Calls that the lane may make now."""
        if self.now < self.still_until:
            return 0
        made: Counter[int] = Counter()
        for portion in self.portions:
            made[portion.lane] += portion.calls
        left = self.limit - sum(made[one] for one in Lane)
        if lane in (Lane.URGENT, Lane.DUE):
            return max(0, left - (self.limit // LEFT_BY_DUE if lane is Lane.DUE else 0))
        kept = {one: max(1, self.limit // part) for one, part in _KEPT.items()}
        all_below = max(len(kept), 2 * self.limit // 3)
        left_below = all_below - sum(made[one] for one in _BELOW) - made[_OTHERS]
        common = all_below - sum(kept.values()) - sum(max(0, made[one] - kept[one]) for one in _BELOW)
        room = max(0, min(left, left_below, max(0, kept[lane] - made[lane]) + max(0, common)))
        return self._evenly(room, made[lane]) if lane is EVENLY else room

    def _evenly(self, room: int, made: int) -> int:
        """Of that room what may be used now: a quarter at once, the rest one span after the other."""
        every = room + made
        at_once, in_span = every // 4, max(LEAST_IN_SPAN, ceil(3 * every / (4 * SPANS)))
        lately = self.now - self.window / SPANS
        made_lately = sum(one.calls for one in self.portions if one.lane == EVENLY and one.at > lately)
        return min(room, max(at_once - made, in_span - made_lately, 0))

    def waits(self, lane: Lane, calls: int) -> float:
        """For how many seconds the lane has no room for so many calls; for no longer than until all is forgotten."""
        ends = {one.at + length for one in self.portions for length in (self.window, self.window / SPANS)}
        ends |= {self.still_until}
        moments = [self.now, *sorted(end for end in ends if end > self.now)]
        first = bisect_left(moments, calls, key=lambda moment: self.at(moment).room(lane))
        return moments[first] - self.now if first < len(moments) else self.window

    def refused(self, seconds: float) -> Book:
        """The system says that there were too many calls, and wants none for so long.

        So others call as well: below the first lane there is no more than what was possible until now.
        """
        others = self.limit - sum(self._made(one) for one in (*Lane, _OTHERS))
        held = replace(self, still_until=max(self.still_until, self.now + seconds))
        return held.with_portion("", _OTHERS, others) if others > 0 else held

    def corrected(self, left: int) -> Book:
        """The system says that there are only so many calls left: others have made the rest."""
        others = self.limit - sum(self._made(one) for one in (*Lane, _OTHERS)) - left
        return self.with_portion("", _OTHERS, others) if others > 0 else self

    def _made(self, lane: int) -> int:
        return sum(one.calls for one in self.portions if one.lane == lane)


class MemoryLedger:
    """A ledger for one process alone."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._written: Mapping[str, Any] = {}
        self._lock = threading.Lock()

    def read(self) -> tuple[Mapping[str, Any], datetime]:
        """See the contract."""
        return self._written, datetime.fromtimestamp(self._now(), UTC)

    def change(self, edit: Callable[[Mapping[str, Any], datetime], Mapping[str, Any] | None]) -> None:
        """See the contract."""
        with self._lock:
            written = edit(*self.read())
            self._written = self._written if written is None else written


@dataclass
class _Held:
    """A portion in hand. ``until``: when it must have been used (our own time)."""

    name: str
    calls: int
    left: int
    until: float


class CallBudget:
    """At most ``limit`` calls in any ``window_seconds``, by all processes that share the ledger; None is no limit.

    Thread-safe. Methods may raise what the ledger raises.
    """

    def __init__(
        self, limit: int | None, window_seconds: float, ledger: CallLedger | None, monotonic: Callable[[], float]
    ) -> None:
        self._limit = limit
        self._ledger = ledger or MemoryLedger(monotonic)
        self._monotonic = monotonic
        self._use_within = max(1.0, window_seconds / 30)
        # A call is made a little after it was taken, and counts there from then on.
        self._counts_for = window_seconds + self._use_within
        self._held: dict[Lane, _Held] = {}
        self._still_until = monotonic()
        self._book: Book | None = None
        self._read_at = 0.0
        self._lock = threading.Lock()

    def take(self, lane: Lane) -> float:
        """Take one call of a lane: 0.0. Where it has none, nothing is taken, and these are the seconds until it may."""
        with self._lock:
            now = self._monotonic()
            if now < self._still_until:
                return self._still_until - now
            if self._limit is None:
                return 0.0
            held = self._held.get(lane)
            if held is None or held.left < 1 or held.until <= now:
                book, held = self._lease(lane, now)
                if held is None:
                    return max(0.001, book.waits(lane, 1))
            held.left -= 1
            return 0.0

    def hold_still(self, seconds: float) -> None:
        """The system wants no call at all for so long; a longer stillness already in place stays."""
        with self._lock:
            self._still_until = max(self._still_until, self._monotonic() + seconds)
            if self._limit is not None:
                self._edit(lambda book: book.refused(seconds))

    def corrected(self, left: int) -> None:
        """The system says how many calls are left; more than we think is not believed."""
        with self._lock:
            if self._limit is None or self._book is None or left >= self._book.room(Lane.URGENT) - self._limit // 20:
                return
            self._edit(lambda book: book.corrected(left))

    @property
    def left(self) -> Mapping[Lane, int] | None:
        """Calls that could be made at once, by lane; None where there is no limit."""
        with self._lock:
            if self._limit is None:
                return None
            book = self._looked_up()
            return {lane: book.room(lane) for lane in Lane}

    def waits(self, lane: Lane, calls: int) -> float:
        """For how many seconds that lane cannot make so many calls; 0 where it can."""
        with self._lock:
            now = self._monotonic()
            still = max(0.0, self._still_until - now)
            return still if self._limit is None else max(still, self._looked_up().waits(lane, calls))

    def _looked_up(self) -> Book:
        """What the ledger said last, at the present moment; asked again where that is a while ago."""
        assert self._limit is not None
        now = self._monotonic()
        if self._book is None or now - self._read_at >= LOOKED_UP_FOR:
            self._book = Book.of(*self._ledger.read(), self._limit, self._counts_for)
            self._read_at = now
        return self._book.at(self._book.now + now - self._read_at)

    def _lease(self, lane: Lane, now: float) -> tuple[Book, _Held | None]:
        """Take a portion from the ledger, twice as large where the last one was used up; what was left goes back."""
        assert self._limit is not None
        last = self._held.pop(lane, None)
        wanted = 1
        if last is not None and last.left == 0 and now <= last.until:
            wanted = min(2 * last.calls, max(1, self._limit // LARGEST_PORTION))
        old = {one: held for one, held in self._held.items() if held.until <= now}
        unused = [*old.values()] + ([last] if last else [])
        used = {held.name: held.calls - held.left for held in unused if held.left}
        name, granted = secrets.token_hex(4), 0

        def edit(book: Book) -> Book:
            nonlocal granted
            book = book.settled(used)
            granted = min(wanted, book.room(lane))
            return book.with_portion(name, lane, granted) if granted else book

        book = self._edit(edit)
        self._held = {one: held for one, held in self._held.items() if one not in old}
        if book.now < book.still_until:
            self._still_until = max(self._still_until, now + book.still_until - book.now)
        if not granted:
            return book, None
        held = self._held[lane] = _Held(name, granted, granted, now + self._use_within)
        return book, held

    def _edit(self, edit: Callable[[Book], Book]) -> Book:
        limit = self._limit
        assert limit is not None
        found: list[Book] = []

        def change(written: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
            book = Book.of(written, now, limit, self._counts_for)
            found.append(edit(book))
            return None if found[0] == book else found[0].written()

        read_at = self._monotonic()
        self._ledger.change(change)
        self._book, self._read_at = found[-1], read_at
        return found[-1]
