"""What a working calendar is made of, and how that lies on the time line.

``pieces`` says for any range what is working time and what is not, and why. No clock, no network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from connector.wording import WEEKDAYS

DAYS = tuple(name[:3] for name in WEEKDAYS)
WORKING = "working hours"
OUTSIDE = "outside working hours"
HOLIDAY = "holiday"
BREAK = "break"

DAY_MINUTES = 24 * 60
DAY_SECONDS = 24 * 60 * 60
_LAST_DAY = date.max.toordinal()
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)

Span = tuple[int, int]
"""Minutes after the local midnight of the date it starts on; the end may lie on the next date."""

_WHOLE_DAY: tuple[Span, ...] = ((0, DAY_MINUTES),)


class CalendarError(ValueError):
    """A calendar cannot be read, or has no working time left."""


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """A calendar as it was written down. Dates are proleptic ordinals (``date.toordinal``)."""

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    overrides: Mapping[int, tuple[Span, ...]]
    breaks: Mapping[int, tuple[Span, ...]]
    holidays: frozenset[int]

    def __hash__(self) -> int:
        """Of what tells most calendars apart: mappings have none."""
        return hash((self.zone.key, self.week, self.holidays))

    def spans_on(self, day: int) -> tuple[Span, ...]:
        """The spans that start on a date, before holidays and breaks are taken out."""
        own = self.overrides.get(day)
        return self.week[(day - 1) % 7] if own is None else own

    @property
    def special_days(self) -> frozenset[int]:
        """The dates that differ from the week."""
        return self.holidays.union(self.overrides, self.breaks)

    @property
    def text(self) -> str:
        """The week in short: ``Mon-Fri 08:00-17:00 (Europe/Berlin)``."""
        return f"{self.week_text} ({self.zone.key})"

    @property
    def week_text(self) -> str:
        """The week in short, for whoever knows the zone: ``Mon-Fri 08:00-17:00``."""
        runs = [
            (spans, [day for day, _ in group])
            for spans, group in groupby(zip(DAYS, self.week, strict=True), key=itemgetter(1))
            if spans
        ]
        if runs == [(_WHOLE_DAY, list(DAYS))]:
            return "24x7"
        return "; ".join(f"{_days_text(days)} {_spans_text(spans)}" for spans, days in runs) or "single dates only"


def _days_text(days: Sequence[str]) -> str:
    first, last = days[0].capitalize(), days[-1].capitalize()
    return first if len(days) == 1 else f"{first}-{last}"


def _spans_text(spans: Sequence[Span]) -> str:
    return ", ".join(f"{_clock_text(start)}-{_clock_text(end)}" for start, end in spans)


def _clock_text(minute: int) -> str:
    shown = minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
    return f"{shown // 60:02}:{shown % 60:02}"


def pieces(rules: CalendarRules, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """The pieces of a range in order and without gaps: from, until, and why it counts or does not.

    Moments are whole seconds since 0001-01-01T00:00Z. Neighbours differ in their reason.
    """
    for why, group in groupby(_cut(rules, start, end), key=itemgetter(2)):
        run = list(group)
        yield run[0][0], run[-1][1], why


def is_ever_open(rules: CalendarRules) -> bool:
    """Whether there is any working time at all."""
    around = ((DAY_SECONDS * (day - 2), DAY_SECONDS * (day + 3)) for day in rules.overrides)
    return any(rules.week) or any(why == WORKING for start, end in around for _, _, why in pieces(rules, start, end))


def _cut(rules: CalendarRules, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    # A span runs for a day at most and an offset is below a day: two dates more on either side are enough.
    first, last = start // DAY_SECONDS - 1, end // DAY_SECONDS + 3
    events = sorted(_events(rules, max(first, 1), min(last, _LAST_DAY)))
    active = [0, 0, 0]
    at = start
    for moment, kind, step in [*events, (end, 0, 0)]:
        until = min(moment, end)
        if until > at:
            yield at, until, _why(*active)
            at = until
        active[kind] += step


def _events(rules: CalendarRules, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    for day in range(first, last + 1):
        holiday = _WHOLE_DAY if day in rules.holidays else ()
        for kind, spans in enumerate((rules.spans_on(day), rules.breaks.get(day, ()), holiday)):
            for opens, closes in spans:
                begin, end = _instant(rules.zone, day, opens), _instant(rules.zone, day, closes)
                if begin < end:  # not so where the clock change has swallowed it
                    yield begin, kind, 1
                    yield end, kind, -1


def _why(spans: int, breaks: int, holidays: int) -> str:
    if holidays:
        return HOLIDAY
    if not spans:
        return OUTSIDE
    return BREAK if breaks else WORKING


def _instant(zone: ZoneInfo, day: int, minute: int) -> int:
    """The moment of a wall time: a repeated one in its first pass, a skipped one by the offset before the jump.

    Both are what ``fold=0`` means.
    """
    days, rest = divmod(minute, DAY_MINUTES)
    wall = datetime.combine(date.fromordinal(min(day + days, _LAST_DAY)), time(rest // 60, rest % 60))
    offset = zone.utcoffset(wall) or timedelta()
    return (day + days - 1) * DAY_SECONDS + rest * 60 - offset // _SECOND


def seconds_of(moment: datetime) -> int:
    """Whole seconds since 0001-01-01T00:00Z; a fraction is cut off."""
    return (moment - _FIRST) // _SECOND


def moment_of(seconds: int) -> datetime:
    """The moment so many seconds after 0001-01-01T00:00Z; the last one there is for what lies beyond it."""
    if seconds >= _LAST_DAY * DAY_SECONDS:
        return _LAST
    return _FIRST + timedelta(0, seconds)
