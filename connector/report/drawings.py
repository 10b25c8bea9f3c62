"""The geometry of a report's drawings, in the units of their view boxes: templates only write it down. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from connector.report.figures import Hour
from connector.report.lengths import STEPS, Lengths

WIDTH, HEIGHT = 440, 152
_GROUND, _HIGHEST = 128.0, 98.0
_LIMIT_AT = 219.0
_STEP = 36.17
_BAR = 34.2
_LADDER = 16
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
