"""Time zones by their names. They come from the ``tzdata`` package only: the host's own copy may be years old. Pure.

A name that names no region is no zone of working hours: ``EST`` has no summer time, ``Etc/GMT+5`` lies west of
Greenwich, and ``CST`` is in America, China and Cuba. Which region is meant is proposed.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from connector.wording import did_you_mean

_MEANT = {
    "America/New_York": "EST EDT EST5EDT ET Etc/GMT+5 Etc/GMT+4",
    "America/Chicago": "CST CDT CST6CDT CT Etc/GMT+6",
    "America/Denver": "MST MDT MST7MDT MT Etc/GMT+7",
    "America/Los_Angeles": "PST PDT PST8PDT PT Etc/GMT+8",
    "America/Anchorage": "AKST AKDT Etc/GMT+9",
    "Pacific/Honolulu": "HST HDT Etc/GMT+10",
    "America/Halifax": "AST ADT",
    "America/Sao_Paulo": "BRT Etc/GMT+3",
    "Europe/London": "GMT BST GMT0 GMT+0 GMT-0 Greenwich Etc/GMT Etc/GMT0 Etc/GMT+0 Etc/GMT-0 Etc/Greenwich",
    "Europe/Lisbon": "WET WEST",
    "Europe/Berlin": "CET CEST MET MEST MEZ MESZ Etc/GMT-1",
    "Europe/Athens": "EET EEST Etc/GMT-2",
    "Africa/Johannesburg": "SAST",
    "Europe/Moscow": "MSK Etc/GMT-3",
    "Asia/Dubai": "GST Etc/GMT-4",
    "Asia/Kolkata": "IST",
    "Asia/Bangkok": "ICT Etc/GMT-7",
    "Asia/Singapore": "SGT Etc/GMT-8",
    "Asia/Tokyo": "JST Etc/GMT-9",
    "Australia/Perth": "AWST",
    "Australia/Adelaide": "ACST ACDT",
    "Australia/Sydney": "AEST AEDT Etc/GMT-10",
    "Pacific/Auckland": "NZST NZDT Etc/GMT-12",
}
_REGION_OF = {name.casefold(): region for region, names in _MEANT.items() for name in names.split()}
_NO_REGION = re.compile(
    r"EST|MST|HST|EST5EDT|CST6CDT|MST7MDT|PST8PDT|[CEW]ET|MET|Factory|(?:Etc/)?(?:GMT(?:[+-]?\d+)?|Greenwich)", re.ASCII
)
"""Of the names in ``tzdata`` those of an offset. UTC and its other names are clear."""


class UnknownZoneName(ValueError):
    """There is no time zone of that name; says what is expected."""


def names_no_region(name: str) -> bool:
    """Whether a zone is named by an offset or an abbreviation alone."""
    return _NO_REGION.fullmatch(name) is not None


def region_meant(name: str) -> str:
    """The region that is most likely meant by an abbreviation, an offset or Windows' name of a zone, else nothing."""
    return _REGION_OF.get(name.casefold(), "") or _of_windows(name)


def _of_windows(name: str) -> str:
    from tzlocal.windows_tz import win_tz  # not at every start: only a name that is wrong is looked up

    return win_tz.get(name, "")


@cache
def zone_names() -> frozenset[str]:
    """Every name of a zone that there is."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


def _regions() -> list[str]:
    return [name for name in zone_names() if not names_no_region(name)]


@cache
def load_zone(key: str) -> ZoneInfo:
    """The time zone of that name. Raises UnknownZoneName with the region that is meant, or a near match."""
    if key not in zone_names():
        region = region_meant(key)
        near = f"; did you mean {region!r}?" if region else did_you_mean(key, _regions())
        raise UnknownZoneName(f"there is no time zone {key!r}; expected an IANA name such as Europe/Berlin{near}")
    with resources.files("tzdata").joinpath("zoneinfo", *key.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=key)
