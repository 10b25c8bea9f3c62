"""Where moments lie on a drawing's axis: working time keeps its scale, closed time is drawn narrow. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from connector.working_time.calendar import WorkingCalendar

NARROW = 44.0
"""How wide a closed stretch is drawn, in units of the drawing."""

MOST_CLOSED = 7
"""So many closed stretches are drawn; what lies before the earliest of them is left out."""

_SHORT = timedelta(minutes=20)
"""A closed stretch as short as this, within a day, is drawn to scale."""

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 10080)
_MOST_TICKS = 9


@dataclass(frozen=True, slots=True)
class AxisPiece:
    """A stretch of time and where it lies. ``is_open``: drawn to scale."""

    start: datetime
    end: datetime
    is_open: bool
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class AxisTick:
    """A moment that is named. ``day``: the day as well, where another one begins."""

    x: float
    time: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """From ``x`` on, ``width`` wide. ``is_cut``: something before it is left out."""

    pieces: tuple[AxisPiece, ...]
    zone: ZoneInfo
    is_cut: bool

    @property
    def start(self) -> datetime:
        """The first moment."""
        return self.pieces[0].start

    @property
    def end(self) -> datetime:
        """The last moment."""
        return self.pieces[-1].end

    def x_of(self, moment: datetime) -> float:
        """Where a moment lies; what is outside lies at the end that it is beyond."""
        number = bisect_right([one.start for one in self.pieces], moment) - 1
        piece = self.pieces[max(number, 0)]
        length = piece.end - piece.start
        share = min(max((moment - piece.start) / length, 0.0), 1.0)
        return round(piece.x + share * piece.width, 1)

    def stretches(self, start: datetime, end: datetime) -> Iterator[tuple[float, float]]:
        """Where the open time between two moments lies: each stretch's beginning and width."""
        for piece in self.pieces:
            since, until = max(start, piece.start), min(end, piece.end)
            if piece.is_open and since < until:
                x = self.x_of(since)
                yield x, round(self.x_of(until) - x, 1)

    def ticks(self) -> list[AxisTick]:
        """Moments to name: at full steps of the wall clock, in open time."""
        opened = sum((one.end - one.start for one in self.pieces if one.is_open), timedelta())
        minutes = opened / timedelta(minutes=1)
        step = next((one for one in _STEPS if minutes / one <= _MOST_TICKS), _STEPS[-1])
        found, day = [], None
        for piece in self.pieces:
            for moment in _full_steps(piece, step, self.zone) if piece.is_open else ():
                local = moment.astimezone(self.zone)
                said = "" if local.date() == day else f"{local:%a} {local.day} {local:%b}"
                day = local.date()
                found.append(AxisTick(self.x_of(moment), f"{local:%H:%M}", said))
        return found


def time_axis(calendar: WorkingCalendar, start: datetime, end: datetime, x: float, width: float) -> TimeAxis:
    """The axis of the time between two moments, by that calendar."""
    runs = _runs(calendar, start, end)
    closed = [index for index, (_, _, is_open) in enumerate(runs) if not is_open]
    is_cut = len(closed) > MOST_CLOSED
    if is_cut:
        runs = (
            runs[closed[-MOST_CLOSED] + 1 :] if closed[-MOST_CLOSED] + 1 < len(runs) else runs[closed[-MOST_CLOSED] :]
        )
    narrow = NARROW * sum(not is_open for _, _, is_open in runs)
    opened = sum((until - since for since, until, is_open in runs if is_open), timedelta())
    if not opened:
        runs, narrow, opened = [(runs[0][0], runs[-1][1], True)], 0.0, runs[-1][1] - runs[0][0]
    pieces, at = [], x
    for since, until, is_open in runs:
        wide = (width - narrow) * ((until - since) / opened) if is_open else NARROW
        pieces.append(AxisPiece(since, until, is_open, at, wide))
        at += wide
    return TimeAxis(tuple(pieces), calendar.zone, is_cut)


def _runs(calendar: WorkingCalendar, start: datetime, end: datetime) -> list[tuple[datetime, datetime, bool]]:
    """The stretches between two moments, alternately open and closed; short closings count as open."""
    told = [(one.start, one.end, one.is_open or one.end - one.start <= _SHORT) for one in calendar.segments(start, end)]
    joined = [list(of_one) for _, of_one in groupby(told, key=lambda one: one[2])]
    return [(of_one[0][0], of_one[-1][1], of_one[0][2]) for of_one in joined]


def _full_steps(piece: AxisPiece, step: int, zone: ZoneInfo) -> Sequence[datetime]:
    """The moments of a stretch at which the wall clock shows a full step, its end not among them."""
    local = piece.start.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    past = (local.replace(tzinfo=None) - midnight.replace(tzinfo=None)) / timedelta(minutes=1)
    first = piece.start + timedelta(minutes=(-past) % min(step, 1440))
    count = int((piece.end - first) / timedelta(minutes=step)) + 1 if first < piece.end else 0
    return [one for one in (first + n * timedelta(minutes=step) for n in range(count)) if one < piece.end]
