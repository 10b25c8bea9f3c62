"""A second opinion on working time: looks at every minute in turn and knows nothing of tables, sums or searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connector.working_time.zones import load_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)


class MinuteCounter:
    """Marks each minute from ``first`` (UTC) on as working time or not, straight from a calendar's data form."""

    def __init__(self, form: Mapping[str, Any], first: datetime, days: int) -> None:
        self.first = first
        self.zone = load_zone(form["tz"])
        self.open = bytearray(days * 1440)
        dates = [first.date() + timedelta(days=n) for n in range(-3, days + 4)]
        overrides, breaks = form.get("overrides", {}), form.get("breaks", {})
        for day in dates:
            weekly = form["hours"].get(DAYS[day.weekday()], [])
            self.mark(day, overrides.get(day.isoformat(), weekly), 1)
        for day in dates:
            self.mark(day, breaks.get(day.isoformat(), []), 0)
            if day.isoformat() in form.get("holidays", ()):
                self.mark(day, [("00:00", "24:00")], 0)

    def mark(self, day: date, spans: Sequence[Sequence[str]], value: int) -> None:
        for start, end in spans:
            runs_over = 0 if end > start else 1
            for minute in range(self.index(self.moment(day, start)), self.index(self.moment(day, end, runs_over))):
                if 0 <= minute < len(self.open):
                    self.open[minute] = value

    def moment(self, day: date, text: str, days_on: int = 0) -> datetime:
        """The first moment that shows this wall time; where none does, what the clock before the jump makes of it."""
        hours, minutes = (int(part) for part in text.split(":"))
        wall = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
            days=days_on, hours=hours, minutes=minutes
        )
        before, after = (
            wall.astimezone(UTC) - (wall + timedelta(days=shift)).astimezone(self.zone).utcoffset() for shift in (-3, 3)
        )
        shown = [at for at in (before, after) if at.astimezone(self.zone).replace(tzinfo=UTC) == wall]
        return min(shown, default=before)

    def index(self, at: datetime) -> int:
        return (at - self.first) // MINUTE

    def count(self, start: datetime, end: datetime, pauses: Sequence[tuple[datetime, datetime | None]] = ()) -> int:
        """The working minutes from ``start`` to ``end``, both on a full minute."""
        return sum(self.runs(minute, pauses) for minute in range(self.index(start), self.index(end)))

    def runs(self, minute: int, pauses: Sequence[tuple[datetime, datetime | None]]) -> bool:
        at = self.first + minute * MINUTE
        paused = any(since <= at and (until is None or at < until) for since, until in pauses)
        return bool(self.open[minute]) and not paused

    def after(
        self, start: datetime, minutes: int, pauses: Sequence[tuple[datetime, datetime | None]] = ()
    ) -> datetime | None:
        """The end of the minute that uses up so many from ``start`` on; None when that does not happen."""
        if minutes == 0:
            return start
        for minute in range(self.index(start), len(self.open)):
            minutes -= self.runs(minute, pauses)
            if minutes == 0:
                return self.first + (minute + 1) * MINUTE
        return None
