"""The time zone of this machine, as a proposal for the zone that an operator has to say. Reads the host, never a clock.

Working hours in a zone that nobody chose would have every limit run out at the wrong hour: so it is proposed only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connector.working_time.zones import names_no_region, region_meant, zone_names

LOCALTIME = Path("/etc/localtime")
EXAMPLE = "America/New_York"
_FOLDER = "zoneinfo/"
_NOWHERE = ("UTC", "UCT", "Universal", "Zulu", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu")


def proposal(environ: Mapping[str, str], localtime: Path = LOCALTIME) -> tuple[str, str]:
    """A zone to propose, and before it the words that say why. ``TZ`` wins over the file, as everywhere."""
    own = own_zone(environ, localtime)
    if not own:
        return EXAMPLE, "the one of this machine cannot be told; for example"
    if own in _NOWHERE:
        return EXAMPLE, f"this machine is in {own}, as most servers are; for example"
    return own, f"this machine is in {own}, so perhaps"


def own_zone(environ: Mapping[str, str], localtime: Path = LOCALTIME) -> str:
    """The zone of this machine, UTC among them; empty where it cannot be told."""
    return _named(environ.get("TZ", "").removeprefix(":") or _target(localtime))


def tells_of_a_place(zone: str) -> bool:
    """Whether a machine's zone says where it is: one in UTC, as most servers are, says nothing."""
    return bool(zone) and zone not in _NOWHERE


def _target(localtime: Path) -> str:
    """Where the file leads to: a link into a folder of zones. What is no link names none."""
    try:
        return str(localtime.resolve(strict=True))
    except OSError:
        return ""


def _named(text: str) -> str:
    """The zone that a path or a name means, where there is one of that name; an offset's is its region."""
    name = text.rpartition(_FOLDER)[2].removeprefix("posix/").removeprefix("right/")
    if name not in zone_names():
        return ""
    return region_meant(name) if names_no_region(name) else name
