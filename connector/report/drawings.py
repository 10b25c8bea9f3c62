"""The geometry of a report's drawings, in the units of their view boxes: templates only write it down. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from connector.report.figures import Hour
from connector.report.lengths import STEPS, Lengths

WIDTH, HEIGHT = 440, 152
_GROUND, _HIGHEST = 128.0, 90.0
_LIMIT_AT = 219.0
_STEP = 36.17
_BAR = 34.2
_LADDER = 16
_WIDE, _LEFT, _FLOOR, _TALLEST = 1080, 30, 200.0, 180.0
_WIDEST, _LABEL = 56, 62
"""Of a column over time: how wide it may be, and how much room its label takes."""

_STRONGEST, _STRONG = 2 / 3, 1 / 3
"""From which share of the highest number on a cell is drawn in which tone."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its number above it. ``is_past``: beyond the limit."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    number: int
    is_past: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of the axis: where, what, and whether it stands in the ``middle`` of that, or ends there (``end``)."""

    x: float
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class LengthsDrawing:
    """How long a stage took, as bars around its limit."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    limit_x: float
    width: int = WIDTH
    height: int = HEIGHT
    ground: float = _GROUND


def lengths_drawing(lengths: Lengths) -> LengthsDrawing:
    """The drawing of these lengths; all bars in proportion to the highest."""
    highest = max(*lengths.steps, 1)
    bars = []
    for n, number in enumerate(lengths.steps):
        is_past = n >= STEPS
        x = round((_LIMIT_AT + 3 if is_past else 1) + (n % STEPS) * _STEP, 1)
        tall = round(_HIGHEST * number / highest, 1)
        bars.append(Bar(x, round(_GROUND - tall, 1), _BAR, tall, round(x + _BAR / 2, 1), number, is_past))
    step = lengths.limit / STEPS
    marks = [Tick(round(n * 2 * _STEP, 1), f"{2 * n * step:.4g}", "middle" if n else "") for n in range(3)]
    marks.append(Tick(_LIMIT_AT + 2, f"{lengths.limit:.4g}", "middle"))
    marks += [
        Tick(round(_LIMIT_AT + 2 + n * _STEP, 1), f"{(STEPS + n) * step:.4g}", "middle") for n in range(2, STEPS - 1, 2)
    ]
    marks.append(Tick(WIDTH, f"{(2 * STEPS - 1) * step:.4g} +", "end"))
    return LengthsDrawing(tuple(bars), tuple(marks), _LIMIT_AT)


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of the ladder mark; ``is_held``: the one that is meant."""

    y: float
    height: float
    is_held: bool


def ladder_mark(tier: int, of: int) -> tuple[Rung, ...]:
    """The ladder of so many tiers, the first at the bottom; ``tier`` is held, from 1 on (0: none)."""
    each = _LADDER / max(of, 1)
    tall = round(each * 0.625, 2)
    return tuple(Rung(round(_LADDER - n * each + (each - tall) / 2, 2), tall, n == tier) for n in range(1, of + 1))


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in a table of weekdays and hours, with its tone: ``h1`` to ``h3``."""

    day: int
    hour: int
    number: int
    tone: str


def heat(by_hour: Counter[Hour]) -> tuple[tuple[int, ...], tuple[tuple[int, tuple[Cell, ...]], ...]]:
    """The hours, and for each weekday its cells: from the first hour to the last, Monday to Friday and what else is."""
    if not by_hour:
        return (), ()
    hours = tuple(range(min(hour for _, hour in by_hour), max(hour for _, hour in by_hour) + 1))
    days = sorted({*range(5), *(day for day, _ in by_hour)})
    highest = max(by_hour.values())
    rows = []
    for day in days:
        cells = (Cell(day, hour, by_hour[day, hour], _tone(by_hour[day, hour], highest)) for hour in hours)
        rows.append((day, tuple(cells)))
    return hours, tuple(rows)


def _tone(number: int, highest: int) -> str:
    if number > 1 and number >= _STRONGEST * highest:
        return "h3"
    return "h2" if number > 1 and number >= _STRONG * highest else "h1"


@dataclass(frozen=True, slots=True)
class ColumnPart:
    """A part of a column: of the tier that is drawn in that tone, 1 to 3; ``words``: what it is of."""

    y: float
    height: float
    tone: int
    words: str


@dataclass(frozen=True, slots=True)
class DrawnColumn:
    """A day, or a week: its parts from the ground up, and its number. ``label``: empty where it has no room."""

    x: float
    width: float
    middle: float
    top: float
    number: int
    label: str
    parts: tuple[ColumnPart, ...]


@dataclass(frozen=True, slots=True)
class ColumnsDrawing:
    """Numbers over time. ``lines``: where the axis and the line of a round number are, with these numbers."""

    columns: tuple[DrawnColumn, ...]
    lines: tuple[tuple[float, int], ...]
    width: int = _WIDE
    height: int = 226


def columns_drawing(columns: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> ColumnsDrawing:
    """Columns by their labels, each with a number for each tier, the lowest first."""
    highest = max((sum(number for _, number in parts) for _, parts in columns), default=0)
    each = (_WIDE - _LEFT) / max(len(columns), 1)
    wide = min(each * 0.7, _WIDEST)
    every = math.ceil(len(columns) * _LABEL / (_WIDE - _LEFT))
    drawn = []
    for n, (label, parts) in enumerate(columns):
        top, found = _FLOOR, []
        for tone, (tier, number) in enumerate(parts, 1):
            if number:
                tall = round(_TALLEST * number / highest, 1)
                top = round(top - tall, 1)
                found.append(ColumnPart(top, tall, min(tone, 3), f"{label}: {number} from {tier}"))
        middle = _LEFT + (n + 0.5) * each
        shown = label if n % every == 0 else ""
        total = sum(number for _, number in parts)
        x = round(middle - wide / 2, 1)
        drawn.append(DrawnColumn(x, round(wide, 1), round(middle, 1), top, total, shown, tuple(found)))
    lines = [(_FLOOR, 0)]
    if step := _round_number(highest):
        lines += [(round(_FLOOR - _TALLEST * n / highest, 1), n) for n in range(step, highest + 1, step)]
    return ColumnsDrawing(tuple(drawn), tuple(lines))


def _round_number(highest: int) -> int:
    """A step of the axis, of which there are two or three; 0 where there is nothing to measure."""
    if highest < 2:
        return highest
    power: int = 10 ** int(math.log10(highest / 2))
    return max(power * factor for factor in (1, 2, 5) if power * factor * 2 <= highest)


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A bar that lies, between its label and its words."""

    y: float
    text_y: float
    width: float
    words_x: float
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class RowsDrawing:
    """Bars that lie, all in proportion to the longest."""

    rows: tuple[DrawnRow, ...]
    height: int
    width: int = 520
    x: int = 200
    tall: int = 18


def rows_drawing(rows: Sequence[tuple[str, float, str]]) -> RowsDrawing:
    """Bars by their labels, lengths and words."""
    longest = max((length for _, length, _ in rows), default=0) or 1
    drawn = []
    for n, (label, length, words) in enumerate(rows):
        wide = round(230 * length / longest, 1)
        drawn.append(DrawnRow(6 + 30 * n, 19 + 30 * n, wide, round(208 + wide, 1), label, words))
    return RowsDrawing(tuple(drawn), 30 * len(rows))


@dataclass(frozen=True, slots=True)
class DrawnShare:
    """A part of a bar that stands for all: ``tone``: a tier's, 1 to 3, or 0 for what is past the limit."""

    x: float
    width: float
    tone: int
    words: str


def shares_drawing(shares: Sequence[tuple[str, int, int]]) -> tuple[DrawnShare, ...]:
    """The parts of one bar by their words, numbers and tones, 2 apart; each that there is can be seen."""
    found = [(words, number, tone) for words, number, tone in shares if number]
    total = sum(number for _, number, _ in found) or 1
    room = _WIDE - 4 * len(found)
    x, drawn = 0.0, []
    for words, number, tone in found:
        wide = round(2 + room * number / total, 1)
        drawn.append(DrawnShare(round(x, 1), wide, tone, f"{words}: {number}"))
        x += wide + 2
    return tuple(drawn)
