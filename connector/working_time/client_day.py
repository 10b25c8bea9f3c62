"""The client's day: whether it is about to end, and when it begins again. Pure.

A closing is the end of the day, and no lunch break, when the next opening is some hours away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.working_time.calendar import WorkingCalendar
from connector.working_time.rules import CalendarError

_OVERNIGHT = timedelta(hours=4)


def end_of_day(calendar: WorkingCalendar, at: datetime, minutes: float) -> datetime | None:
    """The end of the day, when ``at`` lies within its last ``minutes``; None at any other time, or when 0."""
    closing = calendar.closes_at(at)
    if closing is None or closing - at > timedelta(minutes=minutes) or minutes <= 0:
        return None
    try:
        is_last = calendar.next_open(closing) - closing >= _OVERNIGHT
    except CalendarError:
        is_last = True
    return closing if is_last else None


def deferred(calendar: WorkingCalendar, at: datetime, minutes: float) -> datetime:
    """``at`` itself, or the next opening where ``at`` lies within the last ``minutes`` of the day.

    Where the calendar has no further opening, nothing can wait for it: ``at`` stays.
    """
    closing = end_of_day(calendar, at, minutes)
    if closing is None:
        return at
    try:
        return calendar.next_open(closing)
    except CalendarError:
        return at
