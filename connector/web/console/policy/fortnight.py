"""The next two weeks of a calendar, day by day, with what of each is working time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from connector.working_time.calendar import WorkingCalendar
from connector.working_time.hours import closed_days

DAYS = 14
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch of working time of a day: where it is drawn, in per cent of the day, and in words."""

    start: float
    width: float
    words: str


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of a calendar. ``closed``: the closed day's name, where it is one, or a word for it."""

    day: date
    openings: Sequence[Opening]
    closed: str = ""


@dataclass(frozen=True, slots=True)
class CalendarFortnight:
    """A calendar: its name, its week in words, and its next days, in its own zone."""

    name: str
    hours: str
    days: Sequence[CalendarDay]
    next_closed: Sequence[tuple[date, str]]


def fortnight(name: str, calendar: WorkingCalendar, form: Mapping[str, Any], now: datetime) -> CalendarFortnight:
    """The two weeks from the day of ``now`` on. ``form``: the calendar as it is written, for its closed days' names."""
    today = now.astimezone(calendar.zone).date()
    closed = closed_days(form.get("holidays", ()), today, DAYS)
    named = dict(closed)
    edges = [datetime.combine(today + n * _DAY, time(), calendar.zone) for n in range(DAYS + 1)]
    days = [_day(calendar, since, until, named) for since, until in pairwise(edges)]
    return CalendarFortnight(name, calendar.hours_text, days, closed[:3])


def _day(calendar: WorkingCalendar, since: datetime, until: datetime, closed: Mapping[date, str]) -> CalendarDay:
    day = since.date()
    length = until.timestamp() - since.timestamp()
    openings = [
        Opening(
            round(100 * (one.start.timestamp() - since.timestamp()) / length, 1),
            round(100 * (one.end.timestamp() - one.start.timestamp()) / length, 1),
            f"{one.start.astimezone(calendar.zone):%H:%M}–{_end(one.end, until, calendar)}",
        )
        for one in calendar.segments(since, until)
        if one.is_open
    ]
    return CalendarDay(day, openings, (closed[day] or "a closed day") if day in closed else "")


def _end(end: datetime, until: datetime, calendar: WorkingCalendar) -> str:
    return "24:00" if end == until else f"{end.astimezone(calendar.zone):%H:%M}"
