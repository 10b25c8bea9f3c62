"""Moments and lengths as the console says them: absolute and relative, in one zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

_DAY = timedelta(days=1)
_NEAR = timedelta(days=6)
_HOUR = 60
_SHORT = 100
"""Up to so many minutes a distance is told in minutes alone."""


@dataclass(frozen=True, slots=True)
class Wall:
    """The clock on the wall: now, and in which zone moments are told."""

    now: datetime
    zone: ZoneInfo

    @property
    def zone_text(self) -> str:
        """``America/New_York (EST)``."""
        short = self.now.astimezone(self.zone).tzname() or ""
        return self.zone.key if short in ("", self.zone.key) else f"{self.zone.key} ({short})"

    def at(self, moment: datetime) -> str:
        """``09:17``; with its day where it is not today: ``Mon 15:20``, ``Mon 16 Nov 15:20``, ``3 Mar 2025 09:00``."""
        local, today = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        if abs(moment - self.now) < _NEAR:
            return f"{local:%a %H:%M}"
        day = f"{local.day} {local:%b}"
        return f"{local:%a} {day} {local:%H:%M}" if local.year == today.year else f"{day} {local:%Y %H:%M}"

    def clock(self, moment: datetime) -> Markup:
        """The time of the day alone, as such an element: where the day stands beside it."""
        local = moment.astimezone(self.zone).replace(microsecond=0)
        return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), f"{local:%H:%M}")

    def time(self, moment: datetime) -> Markup:
        """The same as an element that programs can read."""
        local = moment.astimezone(self.zone).replace(microsecond=0)
        return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), self.at(moment))

    def far(self, moment: datetime) -> str:
        """``in 5 min``, ``8 min ago``, ``now``."""
        length = distance(abs(moment - self.now))
        if length == "0 min":
            return "now"
        return f"in {length}" if moment > self.now else f"{length} ago"


def distance(length: timedelta) -> str:
    """``45 min``, ``1 h 28``, ``3 days``: how long by the clock on the wall, in whole minutes."""
    minutes = int(length / timedelta(minutes=1))
    if minutes < _SHORT:
        return f"{minutes} min"
    if length < 2 * _DAY:
        return f"{minutes // _HOUR} h {minutes % _HOUR:02}"
    return f"{length // _DAY} days"
