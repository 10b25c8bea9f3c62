"""Working time: which moment is so many working minutes after another, and how many lie between two.

A calendar keeps a table of its working intervals with running totals and searches it from both sides, so that
adding and measuring cost the same for an hour and for a year. The table is built for the years that are asked
about, and replaced, never changed: any number of threads may share a calendar. Nothing here knows the time.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from calendar import isleap
from collections.abc import Iterator, Mapping, Sequence
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import lru_cache, partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connector.working_time.form import parse
from connector.working_time.rules import WORKING, CalendarError, CalendarRules, moment_of, pieces, seconds_of
from connector.working_time.table import Table, build, joined, year_table

Pauses = Sequence[tuple[datetime, datetime | None]]
"""Times in which the clock stands still; without an end: still standing. In any order; may overlap."""

_NOTHING = timedelta()
_MINUTE = timedelta(minutes=1)
_LAST = datetime.max.replace(tzinfo=UTC) - timedelta(microseconds=1)
_MOST_MINUTES = 10_000 * 366 * 24 * 60.0
_LONGEST_OPENING = timedelta(days=366)
_MOST_YEARS = 30
"""The table's largest reach; a request beyond it is answered year by year, without keeping them all."""

_IRREGULAR = range(1800, 2100)
"""Years in which zones change their rules. Outside, two years that begin on the same weekday are alike."""


class Segment(NamedTuple):
    """A piece of time that counts, or does not, and why."""

    start: datetime
    end: datetime
    is_open: bool
    why: str


class WorkingCalendar:
    """Weekly hours in a time zone, with single dates that differ. Immutable to its users.

    Every moment given must be aware, else ValueError; every moment returned is in UTC. A moment that lies
    beyond the calendar's last open minute, or beyond the year 9999, is a CalendarError.
    """

    def __init__(self, rules: CalendarRules, name: str = "") -> None:
        self.rules = rules
        self.name = name
        self._special_years = {date.fromordinal(day).year + near for day in rules.special_days for near in (-1, 0, 1)}
        self._totals: dict[tuple[int, ...], timedelta] = {}
        self._year = lru_cache(maxsize=_MOST_YEARS)(partial(year_table, rules))
        self._table = build((), range(1970, 1970))
        self._lists = self._table[:4]

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object], name: str = "") -> WorkingCalendar:
        """The calendar that a mapping describes (see ``form``). Raises CalendarFormError."""
        return cls(parse(mapping, name), name)

    @property
    def zone(self) -> ZoneInfo:
        """The calendar's own time zone."""
        return self.rules.zone

    @property
    def hours_text(self) -> str:
        """The week in short, for people: ``Mon-Fri 08:00-17:00 (Europe/Berlin)``."""
        return self.rules.text

    def __repr__(self) -> str:
        return f"<WorkingCalendar {self.name!r}: {self.hours_text}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkingCalendar) and (self.name, self.rules) == (other.name, other.rules)

    def __hash__(self) -> int:
        return hash((self.name, self.rules.zone.key, self.rules.week))

    def add(self, start: datetime, minutes: float, pauses: Pauses = ()) -> datetime | None:
        """The earliest moment at which so many working minutes after ``start`` are used up.

        That may be a closing time; for 0 minutes it is ``start`` itself. None when a pause without an end comes before
        it. Exact to the microsecond. Raises CalendarError when the calendar has not so many minutes left.
        """
        length = _length(minutes)
        if start.tzinfo is not UTC:
            start = _utc(start)
        if pauses and length:
            return self._after_pauses(start, length, pauses)
        return self._after(start, length)

    def between(self, start: datetime, end: datetime, pauses: Pauses = ()) -> float:
        """The working minutes from ``start`` to ``end`` outside the pauses; 0 when ``end`` is not later."""
        if start.tzinfo is not UTC:
            start = _utc(start)
        if end.tzinfo is not UTC:
            end = _utc(end)
        if pauses:
            return self._worked_outside(start, end, pauses) / _MINUTE
        return self._worked(start, end) / _MINUTE

    def is_open(self, at: datetime) -> bool:
        """Whether ``at`` is working time. An opening moment is, a closing moment is not."""
        at = min(_utc(at), _LAST)
        return bisect_right(self._reach(at.year, at.year).edges, at) % 2 == 0

    def next_open(self, at: datetime) -> datetime:
        """``at`` itself when it is working time, else the next opening; CalendarError when there is none."""
        at = _utc(at)
        if self.is_open(at):
            return at
        for year in range(at.year, MAXYEAR + 1):
            if self._total(year):
                edges = self._year(year).edges
                number = max(bisect_right(edges, at), 1)
                if number < len(edges) - 1:
                    return edges[number]
        raise self._ended(at)

    def closes_at(self, at: datetime) -> datetime | None:
        """The closing of the interval that ``at`` lies in; None outside, or when it is over a year away."""
        at = min(_utc(at), _LAST)
        if not self.is_open(at):
            return None
        edges = self._reach(at.year, min(at.year + 2, MAXYEAR)).edges
        closing = edges[bisect_right(edges, at)]
        return closing if closing - at <= _LONGEST_OPENING else None

    def segments(self, start: datetime, end: datetime) -> list[Segment]:
        """The pieces from ``start`` to ``end`` in order, without gaps: what counts, what does not, and why."""
        start, end = _utc(start), _utc(end)
        if end <= start:
            return []
        return [
            Segment(max(start, moment_of(since)), min(end, moment_of(until)), why == WORKING, why)
            for since, until, why in pieces(self.rules, seconds_of(start), seconds_of(end) + 1)
            if moment_of(since) < end
        ]

    # The arithmetic below takes moments in UTC.

    def _after(self, start: datetime, length: timedelta) -> datetime:
        if not length:
            return start
        edges, used, zeros, ends = self._lists
        number = bisect_right(edges, start)
        if 0 < number < len(edges):
            target = (used[number] if number & 1 else start - zeros[number]) + length
            interval = bisect_left(ends, target)
            if interval < len(ends):
                return zeros[2 * interval + 2] + target
        return self._far_after(start, length)

    def _worked(self, start: datetime, end: datetime) -> timedelta:
        edges, used, zeros, _ = self._lists
        first, last = bisect_right(edges, start), bisect_right(edges, end)
        if 0 < first < last < len(edges):
            return (used[last] if last & 1 else end - zeros[last]) - (
                used[first] if first & 1 else start - zeros[first]
            )
        if first == last and 0 < first < len(edges):
            return end - start if first % 2 == 0 and start < end else _NOTHING
        return self._far_worked(start, end)

    def _after_pauses(self, start: datetime, length: timedelta, pauses: Pauses) -> datetime | None:
        for since, until in _running(start, pauses):
            if until is None:
                return self._after(since, length)
            worked = self._worked(since, until)
            if worked >= length:
                return self._after(since, length)
            length -= worked
        return None

    def _worked_outside(self, start: datetime, end: datetime, pauses: Pauses) -> timedelta:
        spans = ((since, end if until is None else min(until, end)) for since, until in _running(start, pauses))
        return sum((self._worked(since, until) for since, until in spans), _NOTHING)

    # Outside the table: year by year; then the table is made to reach there for the next request.

    def _far_after(self, start: datetime, length: timedelta) -> datetime:
        year, target = start.year, length + self._year(start.year).used_at(min(start, _LAST))
        while target > self._total(year):
            target -= self._total(year)
            year += 1
            if year > MAXYEAR:
                raise self._ended(start)
        if year - start.year < _MOST_YEARS:
            self._reach(start.year, year)
        table = self._year(year)
        return table.zeros[2 * bisect_left(table.ends, target) + 2] + target

    def _far_worked(self, start: datetime, end: datetime) -> timedelta:
        end = min(end, _LAST)
        if end <= start:
            return _NOTHING
        first, last = start.year, end.year
        if last - first < _MOST_YEARS:
            table = self._reach(first, last)
            return table.used_at(end) - table.used_at(start)
        whole = sum((self._total(year) for year in range(first, last)), _NOTHING)
        return whole - self._year(first).used_at(start) + self._year(last).used_at(end)

    def _reach(self, first: int, last: int) -> Table:
        """The table, made to cover these years (few) if it does not."""
        table = self._table
        if first in table.years and last in table.years:
            return table
        years = range(min(first, table.years.start), max(last + 1, table.years.stop))
        if not table.years or len(years) > _MOST_YEARS:
            years = range(first, last + 1)
        self._table = table = build(joined(self._year(year).intervals for year in years), years)
        self._lists = table[:4]
        return table

    def _total(self, year: int) -> timedelta:
        key: tuple[int, ...] = (year,)
        if year not in _IRREGULAR and year not in self._special_years and 1 < year < MAXYEAR:
            key = (date(year, 1, 1).weekday(), isleap(year), year < _IRREGULAR.start)
        total = self._totals.get(key)
        if total is None:
            total = self._totals[key] = sum((end - start for start, end in self._year(year).intervals), _NOTHING)
        return total

    def _ended(self, at: datetime) -> CalendarError:
        return CalendarError(f"calendar {self.name!r} has not enough open time after {at:%Y-%m-%d %H:%M} UTC")


@lru_cache(maxsize=1024)
def _length(minutes: float) -> timedelta:
    """A length of working time. Limits are few, and making one is slower than the search itself."""
    if not 0 <= minutes < math.inf:
        raise ValueError(f"working minutes are a finite number from 0 up, not {minutes!r}")
    return timedelta(minutes=min(minutes, _MOST_MINUTES))


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise ValueError(f"{moment!r} has no time zone; give an aware datetime, such as one with tzinfo=UTC")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment!r} lies outside the years 1 to {MAXYEAR} in UTC") from None


def _running(start: datetime, pauses: Pauses) -> Iterator[tuple[datetime, datetime | None]]:
    """The times from ``start`` on outside the pauses, in order; the last has no end, unless a pause has none."""
    spans = [(_utc(since), None if until is None else _utc(until)) for since, until in pauses]
    at = start
    for since, until in sorted(spans, key=lambda span: span[0]):
        if until is not None and until <= max(since, at):
            continue
        if since > at:
            yield at, since
        if until is None:
            return
        at = until
    yield at, None
