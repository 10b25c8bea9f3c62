"""A time zone as people write it after a time of day: ``UTC``, ``GMT+2``, ``Europe/Berlin``, ``EST``, ``ET``. Pure.

An abbreviation means several zones of the world, and none outside its season; it is understood only where it is one of
the zone that counts anyway. Anything else is refused rather than guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_ABBREVIATION = (
    r"[ECMP][SD]?T|A[SD]T|AK[SD]T|HST|N[SD]T|CES?T|WES?T|EES?T|BST|IST|MSK|SAST|JST|KST|HKT|SGT|A[CEW][SD]T|NZ[SD]T"
)
_REGION = r"Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Canada|Etc|Europe|Indian|Pacific|US"
_WRITTEN = re.compile(
    rf"\s*(?P<open>\()?(?P<zone>(?i:UTC|GMT)(?:[+-]\d{{1,2}}(?::?[0-5]\d)?)?|{_ABBREVIATION}"
    rf"|(?:{_REGION})(?:/[A-Za-z][A-Za-z_+-]{{0,30}}\d{{0,2}}){{1,2}})(?(open)\))(?![\w/]|:\d)"
)
_OFFSET = re.compile(r"(?:UTC|GMT)(?:(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?)?")
_FARTHEST = timedelta(hours=14)


class UnknownZone(ValueError):
    """A zone that cannot be relied on; says why, as a clause."""


def zone_after(text: str, position: int) -> tuple[str, int]:
    """The zone that is written in a text from a position on, and where it ends; an empty name where there is none."""
    found = _WRITTEN.match(text, position)
    return (found["zone"], found.end()) if found else ("", position)


def zone_called(name: str, own: ZoneInfo, year: int) -> tzinfo:
    """The zone that somebody means whose own one is ``own``. Raises UnknownZone."""
    if offset := _OFFSET.fullmatch(name.upper()):
        ahead = timedelta(hours=int(offset["hours"] or 0), minutes=int(offset["minutes"] or 0))
        if ahead > _FARTHEST:
            raise UnknownZone(f"{name} is no time zone")
        return timezone(-ahead if offset["sign"] == "-" else ahead) if ahead else UTC
    if "/" in name:
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, KeyError) as error:
            raise UnknownZone(f"{name} is no time zone; write UTC or a name such as Europe/Berlin") from error
    if name in _abbreviations(own, year):
        return own
    raise UnknownZone(f"{name} is not {own.key}, whose times count here; write UTC or a name such as Europe/Berlin")


def _abbreviations(zone: ZoneInfo, year: int) -> set[str]:
    """What a zone is called in a year, and that without its season: EST, EDT and ET."""
    called = {datetime(year, month, 1, tzinfo=zone).tzname() or "" for month in range(1, 13)}
    return called | {re.sub(r"^(A[CEKW]|NZ|[A-Z])[SD]T$", r"\1T", name) for name in called}
