"""``DEMO_CLOCK``: the time of the desk that ``escalator demo --stay`` plays, for the commands beside it.

The demo writes it into the ``.env`` that it leaves for them; nobody else sets it. So that no real ticket's clock ever
goes by it, nor any other database, it counts only as a line of that very file, with nothing else set beside it, and
only where nothing is connected that is not on this very machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import datetime

from connector.clock import PacedClock
from connector.config.env_file import EnvFile
from connector.systems.variables import Variable, is_loopback

_SINCE = "/"
MOST_SPEED = 60.0
"""How many times as fast as on the wall the demo's time may pass."""


def written(clock: PacedClock) -> str:
    """How a clock stands in the variable: its start, the host's time then, and its speed."""
    return _SINCE.join((clock.start.isoformat(), clock.since.isoformat(), f"{clock.speed:g}"))


def _read(text: str) -> PacedClock:
    try:
        start, since, speed = text.split(_SINCE)
        clock = PacedClock(datetime.fromisoformat(start), float(speed), datetime.fromisoformat(since))
    except ValueError:
        raise ValueError("is no clock of the demo's") from None
    if clock.start.tzinfo is None or clock.since.tzinfo is None or not 0 < clock.speed <= MOST_SPEED:
        raise ValueError("is no clock of the demo's")
    return clock


DEMO_CLOCK = Variable(
    "DEMO_CLOCK",
    "the demo's time; written by `escalator demo --stay` alone",
    "START/SINCE/SPEED as the demo wrote it",
    "2026-01-15T14:25:00+00:00/2026-11-30T08:00:00+00:00/60",
    parse=_read,
)


_ANYBODYS = {"HOST", "PORT", "LOG_LEVEL", "LOG_FORMAT", "WEB_CONCURRENCY"}
"""What may be set for other reasons, and matters to no command that looks at the demo's desk."""


def far_from_here(values: Mapping[str, str], kept: EnvFile, systems: Iterable[str], known: Set[str]) -> Iterator[str]:
    """A problem for each ticket system that is connected beside the demo's time and is none of the demo's, and for
    each of our ``known`` names that is not what the demo's own file says.
    """
    for name in sorted(known & values.keys() - _ANYBODYS):
        if values[name] != kept.values.get(name, "").strip():
            yield f"{name}: is set beside the demo's own {kept.name or '.env'}: nothing else counts there, take it out"
    for name in (f"{system.upper()}_URL" for system in systems):
        if name in values and not is_loopback(values[name]):
            yield (
                f"{DEMO_CLOCK.name}: is for the demo alone, and {name} is an address beyond this machine: "
                f"take {DEMO_CLOCK.name} out"
            )
