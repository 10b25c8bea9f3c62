"""A time zone as people write it after a time of day: ``UTC``, ``GMT+2``, ``Europe/Berlin``, ``EST``, ``ET``. Pure.

What looks like a zone and is not fully understood is refused rather than guessed: an abbreviation means several zones
of the world, so it counts only where it is one of the zone that is meant anyway.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from connector.wording import nearest

_REGIONS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Canada|Etc|Europe|Indian|Pacific|US"
_UNMISTAKABLE = (
    "[ECMP][SD]T|A[SD]T|AK[SD]T|HST|N[SD]T|CES?T|EES?T|BST|MSK|SAST|JST|KST|HKT|SGT|A[CEW][SD]T|NZ[SD]T|MEZ|MESZ"
)
_ELSE_A_WORD = "[ECMP]T|IST|WES?T"
"""Zones in capitals only: in small letters these are words."""
_SIGNS = "+\\-−–"  # what word processors make of a minus
_WRITTEN = re.compile(
    rf"\s*+(?P<open>\(?)\s*+(?P<zone>(?i:UTC|GMT)\b(?:\s*[{_SIGNS}]\s*\d[\w:.,/]{{0,20}})?|Z\b|[{_SIGNS}]\d[\w:.,/]{{0,20}}"
    rf"|(?P<region>(?i:{_REGIONS})/[\w/+-]{{1,60}})"
    rf"|(?:(?i:{_UNMISTAKABLE})|{_ELSE_A_WORD})\b(?:/\w{{1,10}}){{0,3}})"
)
_CLOSED = re.compile(r"\s*\)")
_OFFSET = re.compile(
    r"(?:UTC|GMT|Z)|(?:(?:UTC|GMT) ?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?)"
    r"|(?P<plain>[+-]\d\d):?(?P<more>[0-5]\d)"
)
_FARTHEST = timedelta(hours=14)
_ALIKE = 0.9
_GERMAN = {"MEZ": "CET", "MESZ": "CEST"}
_INSTEAD = "write UTC, or a name such as Europe/Berlin"


class UnknownZone(ValueError):
    """A zone that cannot be relied on; says why, as a clause."""


def zone_after(text: str, position: int) -> tuple[str, int]:
    """The zone that is written in a text from a position on, and where it ends; an empty name where there is none."""
    found = _WRITTEN.match(text, position)
    if found is None or (found["region"] and not _nearest(found["region"])):
        return "", position
    name = found["zone"].rstrip(".,:/")
    end = found.start("zone") + len(name)
    closed = _CLOSED.match(text, end) if found["open"] else None
    return name, closed.end() if closed else end


def zone_called(name: str, own: ZoneInfo, year: int) -> tzinfo:
    """The zone that somebody means whose own one is ``own``. Raises UnknownZone."""
    if offset := _OFFSET.fullmatch(re.sub(r"[−–]", "-", " ".join(name.upper().split()))):  # see _SIGNS
        return _ahead(name, offset)
    if "/" in name and (near := _nearest(name)):
        if near.casefold() == name.casefold():
            return ZoneInfo(near)
        raise UnknownZone(f"{name} is no time zone; did you mean {near}?")
    written = {_GERMAN.get(part, part) for part in name.upper().split("/")}
    if written <= _abbreviations(own, year):
        return own
    raise UnknownZone(f"the time zone {name} is not clear where times are those of {own.key}; {_INSTEAD}")


def _ahead(name: str, offset: re.Match[str]) -> tzinfo:
    hours, minutes = offset["hours"] or (offset["plain"] or "")[1:] or 0, offset["minutes"] or offset["more"] or 0
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    if ahead > _FARTHEST:
        raise UnknownZone(f"{name} is no time zone; {_INSTEAD}")
    sign = offset["sign"] or (offset["plain"] or "+")[0]
    return timezone(-ahead if sign == "-" else ahead) if ahead else UTC


def _nearest(name: str) -> str:
    """The zone of that name, in whatever case, or one that is written much alike; else an empty text."""
    return nearest(name, _known(), _ALIKE)


@lru_cache(1)
def _known() -> tuple[str, ...]:
    return tuple(name for name in available_timezones() if "/" in name)


def _abbreviations(zone: ZoneInfo, year: int) -> set[str]:
    """What a zone is called in a year, in any season and without one: EST, EDT and ET."""
    called = {datetime(year, month, 1, tzinfo=zone).tzname() or "" for month in range(1, 13)}
    return called | {re.sub(r"^(A[CEKW]|NZ|[A-Z])[SD]T$", r"\1T", name) for name in called}
