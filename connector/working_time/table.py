"""The working intervals of some years as a table that can be searched from both sides.

Built once and never changed. Moments are aware datetimes in UTC; a table covers whole years, counted in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import isleap
from collections.abc import Iterable, Sequence
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from connector.working_time.rules import DAY_SECONDS, WORKING, CalendarRules, moment_of, pieces

Interval = tuple[datetime, datetime]
"""An opening and the closing after it."""


class Table(NamedTuple):
    """Working intervals with their running totals.

    ``edges`` are the table's start, then each opening and closing, then the table's end: ``bisect_right`` in them
    gives the number of a gap (odd) or of an interval (even, from 2). By that number, ``used`` is the working time
    before it, and ``zeros`` the moment at which the count would have begun, had it run into it without a gap.
    ``ends`` is the working time used up at each closing.
    """

    edges: list[datetime]
    used: list[timedelta]
    zeros: list[datetime]
    ends: list[timedelta]
    years: range
    intervals: tuple[Interval, ...]

    def used_at(self, at: datetime) -> timedelta:
        """The working time from the table's start until a moment that it covers."""
        number = bisect_right(self.edges, at)
        return self.used[number] if number & 1 else at - self.zeros[number]


def build(intervals: tuple[Interval, ...], years: range) -> Table:
    """The table of these intervals, which are in order, apart from each other and within the years."""
    edges, used, zeros, ends = [_new_year(years.start)], [timedelta()], [_new_year(years.start)], []
    total = timedelta()
    for opens, closes in intervals:
        edges += (opens, closes)
        used += (total, total)
        zeros += (opens, opens - total)
        total += closes - opens
        ends.append(total)
    end = _new_year(years.stop)
    return Table([*edges, end], [*used, total], [*zeros, end], ends, years, intervals)


_SHARED_YEARS = 64
"""So many years of all calendars are kept beyond the calendars' own lives: some 160 KB each."""


@lru_cache(maxsize=_SHARED_YEARS)
def year_table(rules: CalendarRules, year: int) -> Table:
    """The table of one year. Calendars that say the same share it: each edition of a policy is read into new ones."""
    start = (date(year, 1, 1).toordinal() - 1) * DAY_SECONDS
    end = start + (365 + isleap(year)) * DAY_SECONDS
    intervals = (
        (moment_of(since), moment_of(until)) for since, until, why in pieces(rules, start, end) if why == WORKING
    )
    return build(tuple(intervals), range(year, year + 1))


def joined(years: Iterable[Sequence[Interval]]) -> tuple[Interval, ...]:
    """The intervals of years that follow each other; what runs on over a new year becomes one interval."""
    found: list[Interval] = []
    for intervals in years:
        if found and intervals and found[-1][1] == intervals[0][0]:
            found[-1:] = [(found[-1][0], intervals[0][1]), *intervals[1:]]
        else:
            found.extend(intervals)
    return tuple(found)


def _new_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC) if year <= MAXYEAR else datetime.max.replace(tzinfo=UTC)
