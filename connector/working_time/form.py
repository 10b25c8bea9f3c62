"""Reads a working calendar from its data form, a mapping as it comes out of a policy's document.

The keys are ``tz``, ``hours`` (spans for ``mon`` to ``sun``), ``overrides`` and ``breaks`` (spans for single dates)
and ``holidays`` (dates). Its shape is what the policy's schema asks for; here it is asked whether it has a meaning.
Nothing is guessed: every problem is reported, with its path and what is expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from connector.wording import Path, Problem, clipped
from connector.working_time.rules import DAY_MINUTES, DAYS, CalendarError, CalendarRules, Span, is_ever_open
from connector.working_time.zones import UnknownZoneName, load_zone


class CalendarFormError(CalendarError):
    """A form describes no calendar. ``problems``: every one found, each saying what is expected."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))


def parse(form: Mapping[str, Any], name: str = "") -> CalendarRules:
    """The rules that a form describes; ``name`` begins the paths of the problems.

    An end at or before its start runs past midnight; ``24:00`` is the end of the day. Spans of one date may
    touch or overlap: they count once. Raises CalendarFormError, also when no minute is ever open.
    """
    reader = _Reader((name,) if name else ())
    rules = reader.rules(form)
    if rules is not None and not reader.problems and not is_ever_open(rules):
        reader.problem(
            ("hours",), "the calendar has no open minute; expected at least one span outside holidays and breaks"
        )
    if rules is None or reader.problems:
        raise CalendarFormError(reader.problems)
    return rules


class _Reader:
    """Collects problems while it reads, so that all of them are reported together."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.problems: list[Problem] = []

    def problem(self, path: Path, text: str) -> None:
        self.problems.append(Problem((*self.prefix, *path), text, is_complete=True))

    def rules(self, form: Mapping[str, Any]) -> CalendarRules | None:
        zone = self.zone(form["tz"])
        week = tuple(self.spans(("hours", day), form["hours"].get(day, ())) for day in DAYS)
        overrides, breaks = (self.dated(key, form.get(key, {})) for key in ("overrides", "breaks"))
        days = [self.date(("holidays", index), text) for index, text in enumerate(form.get("holidays", ()))]
        holidays = frozenset(day for day in days if day is not None)
        return None if zone is None else CalendarRules(zone, week, overrides, breaks, holidays)

    def zone(self, name: str) -> ZoneInfo | None:
        try:
            return load_zone(name)
        except UnknownZoneName as error:
            self.problem(("tz",), str(error))
            return None

    def dated(self, key: str, found: Mapping[str, Any]) -> dict[int, tuple[Span, ...]]:
        read = [(self.date((key, text), text), self.spans((key, text), spans)) for text, spans in found.items()]
        return {day: spans for day, spans in read if day is not None}

    def date(self, path: Path, text: str) -> int | None:
        try:
            return date.fromisoformat(text).toordinal()
        except ValueError:
            self.problem(path, f"found {clipped(text)}; expected a date that exists, as YYYY-MM-DD")
            return None

    def spans(self, path: Path, found: Iterable[Sequence[str]]) -> tuple[Span, ...]:
        spans = [self.span((*path, index), start, end) for index, (start, end) in enumerate(found)]
        return tuple(sorted(span for span in spans if span is not None))

    def span(self, path: Path, first: str, last: str) -> Span | None:
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (first, last))
        if start == DAY_MINUTES:
            self.problem((*path, 0), f"found {clipped(first)}; expected a start from 00:00 to 23:59, as HH:MM")
            return None
        return start, end if end > start else end + DAY_MINUTES
