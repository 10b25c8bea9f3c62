"""Working hours and holidays as people write them, turned into a calendar's data form.

``mon-fri 08:00-12:00 13:00-17:00; sat 09:00-12:00`` becomes spans for each weekday, ``US-NY`` and ``2026-12-24``
become dates. Pure: public holidays are worked out for a fixed span of years (``HOLIDAY_YEARS``), not from today.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache

from connector.wording import WEEKDAYS, clipped, did_you_mean
from connector.working_time.rules import DAYS

HOLIDAY_YEARS = range(2000, 2061)
"""The years for which a country's holidays are known to a calendar."""

LANGUAGE = "en_US"
"""Of the names of days; without one the package takes that of the environment."""

Week = dict[str, list[list[str]]]

_ALWAYS = ("24x7", "24/7")
_WHOLE_DAY = ["00:00", "24:00"]
_SPAN = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?", re.ASCII)
_EXAMPLE = "expected days and times such as 'mon-fri 08:00-12:00 13:00-17:00; sat 09:00-12:00', or 24x7"


class WorkHoursError(ValueError):
    """Working hours or holidays cannot be read. ``problems``: one sentence each, saying what is expected."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


# --- hours ----------------------------------------------------------------------------------------------------


def week_from(text: str) -> Week:
    """The spans of each weekday that a text names: ``{"mon": [["08:00", "17:00"]], …}``.

    Groups are separated by ``;``, each has its days first and then one or more spans; a day may come in several
    groups. Day ranges may wrap (``sat-mon``), spans may run past midnight (``22:00-06:00``). Raises WorkHoursError
    with every problem found.
    """
    if text.strip().lower() in _ALWAYS:
        return {day: [_WHOLE_DAY] for day in DAYS}
    week: Week = {}
    problems: list[str] = []
    groups = [group for group in re.split(r"[;\n]", _without_blanks_in_ranges(text)) if group.strip()]
    for group in groups:
        days, spans, wrong = _group(group)
        problems += wrong
        for day in days:
            week.setdefault(day, []).extend(spans)
    if not groups:
        problems.append(f"no hours; {_EXAMPLE}")
    if problems:
        raise WorkHoursError(problems)
    return {day: week[day] for day in DAYS if day in week}


def _without_blanks_in_ranges(text: str) -> str:
    return re.sub(r"(?<![^\S\n])[^\S\n]*+[-–][^\S\n]*+", "-", text.lower())


def _group(text: str) -> tuple[list[str], list[list[str]], list[str]]:
    """The days and spans of one group, and what is wrong with it."""
    days: list[str] = []
    spans: list[list[str]] = []
    problems: list[str] = []
    for word in re.split(r"[\s,]+", text.strip(" ,\t")):
        if spans and word[:1].isalpha():
            problems.append(f"a day after the times; expected ';' before {clipped(word)}")
            break
        try:
            if word[:1].isalpha():
                days += _days(word)
            else:
                spans.append(_span(word))
        except ValueError as error:
            problems.append(str(error))
    shown = clipped(text.strip())
    if not problems and not days:
        problems.append(f"no days in {shown}; {_EXAMPLE}")
    if not problems and not spans:
        problems.append(f"no times in {shown}; {_EXAMPLE}")
    return list(dict.fromkeys(days)), spans, problems


def _days(word: str) -> list[str]:
    first, dash, last = word.partition("-")
    start = _day(first)
    end = _day(last) if dash else start
    return [DAYS[(start + step) % 7] for step in range((end - start) % 7 + 1)]


def _day(word: str) -> int:
    for index, name in enumerate(WEEKDAYS):
        if len(word) >= 3 and name.startswith(word):
            return index
    raise ValueError(f"{clipped(word)} is no weekday; expected mon, tue, wed, thu, fri, sat or sun")


def _span(word: str) -> list[str]:
    found = _SPAN.fullmatch(word)
    if found is None:
        raise ValueError(f"{clipped(word)} is no span of time; expected one such as 08:00-17:00")
    start, end = _time(found[1], found[2]), _time(found[3], found[4])
    if start == "24:00":
        raise ValueError(f"{clipped(word)} starts at the day's end; expected a start from 00:00 to 23:59")
    if start == end:
        raise ValueError(f"{clipped(word)} ends where it starts; expected 00:00-24:00 for the whole day")
    return [start, end]


def _time(hours: str, minutes: str) -> str:
    if int(minutes) > 59 or int(hours) * 60 + int(minutes) > 24 * 60:
        raise ValueError(f"'{hours}:{minutes}' is no time of day; expected 00:00 to 24:00")
    return f"{int(hours):02}:{minutes}"


# --- holidays -------------------------------------------------------------------------------------------------


def holiday_dates(items: Iterable[str]) -> list[str]:
    """The dates (ISO, in order) of the countries, subdivisions and single dates named, each one once.

    Raises WorkHoursError with every problem found.
    """
    found: set[date] = set()
    problems: list[str] = []
    for item in items:
        try:
            found.update(_dates(item.strip()))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise WorkHoursError(problems)
    return [day.isoformat() for day in sorted(found)]


def closed_days(items: Iterable[str], first: date, count: int) -> list[tuple[date, str]]:
    """So many of the days that are named, from one on, in order, each with the name that its country has for it.

    A single date has none. The items are those that ``holiday_dates`` takes; none of them may be wrong.
    """
    found: dict[date, str] = {}
    for item in map(str.strip, items):
        names: Mapping[date, str] = {} if _DATE.fullmatch(item) else _named_holidays(*_country(item))
        for day in _dates(item):
            if day >= first:
                found[day] = names.get(day, "") or found.get(day, "")
    return sorted(found.items())[:count]


def _dates(item: str) -> frozenset[date]:
    if _DATE.fullmatch(item):
        try:
            return frozenset((date.fromisoformat(item),))
        except ValueError:
            raise ValueError(f"{clipped(item)} is no date; expected one that exists, as YYYY-MM-DD") from None
    return frozenset(_named_holidays(*_country(item)))


_LONGEST_CODE = 3
"""Of a country; what is longer was meant for a name, and is near no code."""


def _country(item: str) -> tuple[str, str | None]:
    """The codes of a country and its subdivision, as the ``holidays`` package knows them."""
    code, dash, part = item.partition("-")
    supported = countries()
    country = code.upper()
    if country not in supported:
        near = did_you_mean(country, supported) if len(country) <= _LONGEST_CODE else ""
        raise ValueError(
            f"{clipped(item)} names no country; "
            f"expected a code such as US, US-NY or GB-ENG, or a date as YYYY-MM-DD{near}"
        )
    if not dash:
        return country, None
    by_folded = {known.casefold(): known for known in supported[country]}
    if part.casefold() not in by_folded:
        known = ", ".join(supported[country]) or "none"
        near = did_you_mean(part, by_folded.values())
        raise ValueError(f"{clipped(item)} names no part of {country}; expected one of its parts: {known}{near}")
    return country, by_folded[part.casefold()]


@cache
def countries() -> Mapping[str, Sequence[str]]:
    """The codes of the countries whose holidays are known, each with those of its parts."""
    import holidays  # not at every start: it takes a fifth of it

    return holidays.list_supported_countries()


@cache
def _named_holidays(country: str, part: str | None) -> Mapping[date, str]:
    import holidays

    with warnings.catch_warnings():
        # For a few countries the package knows moving feasts for some of the years only, and warns of the others.
        warnings.simplefilter("ignore", UserWarning)
        return dict(holidays.country_holidays(country, subdiv=part, years=HOLIDAY_YEARS, language=LANGUAGE))
