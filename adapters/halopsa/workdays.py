"""Halo's working-hours calendars, read for people: what to put into ``WORK_HOURS`` and ``WORK_TIME_ZONE``. Pure.

Times stand on the dummy date 1901-01-01 in the calendar's own zone, which has a Windows name. Which zone that is, the
Unicode CLDR says (windowsZones, territory 001), as the ``tzlocal`` package has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from tzlocal.windows_tz import win_tz

from adapters.payloads import Json, text

_DAYS: Mapping[str, str] = {
    "monday": "mon",
    "tuesday": "tue",
    "wednesday": "wed",
    "thursday": "thu",
    "friday": "fri",
    "saturday": "sat",
    "sunday": "sun",
}
_ZONES: Mapping[str, str] = {name.casefold(): zone for name, zone in win_tz.items()} | {
    "coordinated universal time": "Etc/UTC",
    "mid-atlantic standard time": "Etc/GMT+2",  # an old name, of which the CLDR has no place
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT(\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Workday:
    """A calendar: its name, hours as ``WORK_HOURS`` takes them, and zone; ``zone`` empty where it is not known."""

    name: str
    hours: str
    windows_zone: str
    zone: str
    holidays: int


def iana_zone(windows_name: str) -> str | None:
    """The IANA name of a Windows zone, None for a name that is none."""
    return _ZONES.get(" ".join(windows_name.split()).casefold())


def workday(row: Json) -> Workday:
    """A calendar of the instance."""
    name = text(row.get("timezone"))
    holidays = row.get("holidays")
    listed = holidays if isinstance(holidays, list) else []
    closed = [one for one in listed if isinstance(one, dict) and not one.get("agent_id")]
    return Workday(text(row.get("name")), _hours(row), name, iana_zone(name) or "", len(closed))


def _hours(row: Json) -> str:
    """``mon-fri 08:30-16:30; sat 09:00-12:00``; empty for a calendar without an open day."""
    open_days = [(day, _window(row, day)) for day in _DAYS if row.get(f"inc{day}") is True]
    order = list(_DAYS)
    runs = []
    # Neighbouring days of the same hours make one run.
    for _, grouped in groupby(enumerate(open_days), key=lambda item: (order.index(item[1][0]) - item[0], item[1][1])):
        days = [day for _, (day, _) in grouped]
        window = dict(open_days)[days[0]]
        span = _DAYS[days[0]] if len(days) == 1 else f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
        runs.append(f"{span} {window}")
    return "; ".join(runs)


def _window(row: Json, day: str) -> str:
    own = "" if row.get("alldayssame") is True else day
    start, end = (_TIME.match(text(row.get(f"{which}{own}") or row.get(which))) for which in ("start", "end"))
    if start is None or end is None:
        return "?"
    return f"{start[1]}-{'24:00' if end[1] == '00:00' else end[1]}"
