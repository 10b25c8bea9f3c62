"""``DEMO_CLOCK``: the time of the desk that ``escalator demo --stay`` plays, for the commands beside it.

The demo writes it into the ``.env`` that it leaves for them; nobody else sets it. So that no real ticket's clock ever
goes by it, it is refused where anything is connected that is not on this very machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from connector.clock import PacedClock
from connector.systems.variables import Variable, is_loopback

_SINCE = "/"
MOST_SPEED = 600.0
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


def far_from_here(values: Mapping[str, str], systems: Iterable[str]) -> Iterator[str]:
    """A problem for each ticket system that is connected beside the demo's time and is no simulated one of the demo."""
    for name in (f"{system.upper()}_URL" for system in systems):
        if name in values and not is_loopback(values[name]):
            yield (
                f"{DEMO_CLOCK.name}: is for the demo alone, and {name} is an address beyond this machine: "
                f"take {DEMO_CLOCK.name} out"
            )
