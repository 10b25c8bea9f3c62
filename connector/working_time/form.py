"""Reads a working calendar from its data form, a mapping as it comes out of JSON.

The keys are ``tz``, ``hours`` (spans for ``mon`` to ``sun``), ``overrides`` and ``breaks`` (spans for single
dates) and ``holidays`` (dates). Nothing is guessed: every problem is reported, with its path and the form expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from connector.wording import Path, Problem, clipped
from connector.working_time.rules import DAY_MINUTES, DAYS, CalendarError, CalendarRules, Span, is_ever_open, load_zone

KEYS = ("tz", "hours", "overrides", "breaks", "holidays")

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class CalendarFormError(CalendarError):
    """A form describes no calendar. ``problems``: every one found, each saying what is expected."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))


def parse(mapping: Mapping[str, object], name: str = "") -> CalendarRules:
    """The rules that a mapping describes; ``name`` begins the paths of the problems.

    An end at or before its start runs past midnight; ``24:00`` is the end of the day. Spans of one date may
    touch or overlap: they count once. Raises CalendarFormError, also when no minute is ever open.
    """
    reader = _Reader((name,) if name else ())
    rules = reader.rules(mapping)
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

    def wrong(self, path: Path, found: object, expected: str) -> None:
        self.problem(path, f"found {'nothing' if found is None else clipped(found)}; expected {expected}")

    def rules(self, mapping: object) -> CalendarRules | None:
        if not isinstance(mapping, Mapping):
            self.wrong(("calendar",), mapping, "a mapping with the keys " + ", ".join(KEYS))
            return None
        self.keys((), mapping, KEYS)
        zone = self.zone(mapping.get("tz"))
        week = self.week(mapping.get("hours"))
        overrides = self.dated(("overrides",), mapping.get("overrides", {}))
        breaks = self.dated(("breaks",), mapping.get("breaks", {}))
        holidays = self.holidays(mapping.get("holidays", ()))
        return None if zone is None else CalendarRules(zone, week, overrides, breaks, holidays)

    def keys(self, path: Path, found: Mapping[str, object], known: tuple[str, ...]) -> None:
        for key in found:
            if key not in known:
                self.problem((*path, key), "unknown key; expected one of " + ", ".join(known))

    def zone(self, found: object) -> ZoneInfo | None:
        if not isinstance(found, str):
            self.wrong(("tz",), found, "an IANA time zone such as Europe/Berlin")
            return None
        try:
            return load_zone(found)
        except CalendarError as error:
            self.problem(("tz",), str(error))
            return None

    def week(self, found: object) -> tuple[tuple[Span, ...], ...]:
        if not isinstance(found, Mapping):
            self.wrong(("hours",), found, 'a mapping such as {"mon": [["08:00", "17:00"]]}')
            return ((),) * 7
        self.keys(("hours",), found, DAYS)
        return tuple(self.spans(("hours", day), found.get(day, ())) for day in DAYS)

    def dated(self, path: Path, found: object) -> dict[int, tuple[Span, ...]]:
        if not isinstance(found, Mapping):
            self.wrong(path, found, 'a mapping such as {"2026-12-24": [["08:00", "12:00"]]}')
            return {}
        read = [(self.date((*path, key), key), self.spans((*path, key), spans)) for key, spans in found.items()]
        return {day: spans for day, spans in read if day is not None}

    def holidays(self, found: object) -> frozenset[int]:
        if not isinstance(found, list | tuple):
            self.wrong(("holidays",), found, 'a list of dates such as ["2026-12-25"]')
            return frozenset()
        days = [self.date(("holidays", index), text) for index, text in enumerate(found)]
        return frozenset(day for day in days if day is not None)

    def date(self, path: Path, found: object) -> int | None:
        try:
            if isinstance(found, str) and _DATE.fullmatch(found):
                return date.fromisoformat(found).toordinal()
            expected = "a date as YYYY-MM-DD"
        except ValueError:
            expected = "a date that exists, as YYYY-MM-DD"
        self.wrong(path, found, expected)
        return None

    def spans(self, path: Path, found: object) -> tuple[Span, ...]:
        if not isinstance(found, list | tuple):
            self.wrong(path, found, 'a list of spans such as [["08:00", "17:00"]]')
            return ()
        spans = [self.span((*path, index), span) for index, span in enumerate(found)]
        return tuple(sorted(span for span in spans if span is not None))

    def span(self, path: Path, found: object) -> Span | None:
        if not isinstance(found, list | tuple) or len(found) != 2:
            self.wrong(path, found, 'a start and an end such as ["08:00", "17:00"]')
            return None
        start, end = (self.minute((*path, index), text) for index, text in enumerate(found))
        if start == DAY_MINUTES:
            self.wrong((*path, 0), found[0], "a start from 00:00 to 23:59, as HH:MM")
            return None
        if start is None or end is None:
            return None
        return start, end if end > start else end + DAY_MINUTES

    def minute(self, path: Path, found: object) -> int | None:
        if not isinstance(found, str) or not _TIME.fullmatch(found):
            self.wrong(path, found, "a time from 00:00 to 24:00, as HH:MM")
            return None
        return int(found[:2]) * 60 + int(found[3:])
