"""Working-time arithmetic beside ``workclock``, a compiled library, on the same questions in the same run.

The calendar is a service desk's: Monday to Friday with a lunch break, in a zone with DST, with public holidays; the
year is asked of the barest calendar as well, which is the other's best case. The starts are spread over two years, so
that no answer can be remembered. The two take turns in short rounds, and the medians of the rounds are compared.
Every answer is compared as well, where the conventions agree.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any

from workclock import Holidays, Schedule, WorkDay

from connector.working_time.calendar import WorkingCalendar

ZONE = "Europe/Berlin"
BARE = (("08:00", "17:00"),)
SPANS = (("08:00", "12:00"), ("13:00", "17:00"))
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
HOLIDAYS = tuple(f"{year}-{day}" for year in (2025, 2026, 2027, 2028) for day in ("01-01", "05-01", "12-25", "12-26"))
LENGTHS = (
    ("hour", timedelta(hours=1), 60, 2.0),
    ("day", timedelta(days=1), 8 * 60, None),
    ("week", timedelta(weeks=1), 5 * 8 * 60, None),
    ("year", timedelta(days=365), 250 * 8 * 60, 20.0),
)
STARTS = 400
ROUNDS = 25

Spans = Sequence[tuple[str, str]]
Question = Callable[[], list[Any]]


def ours(spans: Spans = SPANS, holidays: Sequence[str] = HOLIDAYS) -> WorkingCalendar:
    hours = {day: [list(span) for span in spans] for day in WEEKDAYS}
    return WorkingCalendar.from_mapping({"tz": ZONE, "hours": hours, "holidays": list(holidays)})


def theirs(spans: Spans = SPANS, holidays: Sequence[str] = HOLIDAYS) -> Schedule:
    days = [WorkDay(clock.fromisoformat(start), clock.fromisoformat(end)) for start, end in spans]
    closed = [Holidays([date.fromisoformat(day) for day in holidays])] if holidays else []
    return Schedule([*days, *closed], time_zone=ZONE)


def starts() -> list[datetime]:
    """Moments spread evenly over two years, at any hour, always the same ones."""
    chosen = random.Random(20260101)
    first = datetime(2025, 6, 1, tzinfo=UTC)
    return [first + timedelta(seconds=chosen.randrange(2 * 365 * 86_400)) for _ in range(STARTS)]


def timed(ask: Question) -> float:
    """Nanoseconds a question of one round."""
    begin = time.perf_counter_ns()
    ask()
    return (time.perf_counter_ns() - begin) / STARTS


def compare(ask_us: Question, ask_them: Question) -> tuple[float, float]:
    """The medians of both, in nanoseconds a question, taking turns."""
    mine: list[float] = []
    other: list[float] = []
    for number in range(ROUNDS):
        for ask, into in ((ask_us, mine), (ask_them, other))[:: 1 if number % 2 else -1]:
            into.append(timed(ask))
    return statistics.median(mine), statistics.median(other)


def questions() -> list[tuple[str, float | None, Question, Question]]:
    """Each question with its aim, as it is put to us and to the other: plain loops, nothing between call and answer."""
    asked = [
        question
        for name, length, minutes, aim in LENGTHS
        for question in pair(f"a {name}", length, minutes, aim, ours(), theirs())
    ]
    name, length, minutes, _ = LENGTHS[-1]
    return asked + pair(f"a bare {name}", length, minutes, None, ours(BARE, ()), theirs(BARE, ()))


def pair(
    name: str, length: timedelta, minutes: int, aim: float | None, calendar: WorkingCalendar, schedule: Schedule
) -> list[tuple[str, float | None, Question, Question]]:
    begins = starts()
    pairs = [(start, start + length) for start in begins]
    return [
        (
            f"between, {name}",
            aim,
            lambda: [calendar.between(start, end) for start, end in pairs],
            lambda: [schedule.between(start, end) for start, end in pairs],
        ),
        (
            f"add, {name}",
            aim,
            lambda: [calendar.add(start, minutes) for start in begins],
            lambda: [schedule.add(start, minutes=minutes) for start in begins],
        ),
    ]


def results() -> list[dict[str, Any]]:
    """One row a question: ``name``, ``ours`` and ``reference`` in nanoseconds, ``ratio`` (times as fast), ``aim``.

    Raises AssertionError when the two disagree on any answer.
    """
    rows = []
    for name, aim, ask_us, ask_them in questions():
        other = [a / timedelta(minutes=1) if isinstance(a, timedelta) else a for a in ask_them()]
        assert ask_us() == other, f"{name}: the answers differ"
        mine, reference = compare(ask_us, ask_them)
        rows.append({"name": name, "ours": mine, "reference": reference, "ratio": reference / mine, "aim": aim})
    return rows


def main() -> None:
    print(f"{'working time':<20}{'ours ns':>10}{'workclock ns':>14}{'ratio':>9}{'aim':>9}")
    for row in results():
        aim = f">= {row['aim']:g} x" if row["aim"] else ""
        print(f"{row['name']:<20}{row['ours']:>10.0f}{row['reference']:>14.0f}{row['ratio']:>7.1f} x{aim:>9}")


if __name__ == "__main__":
    main()
