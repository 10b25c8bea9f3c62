"""How the connector's notes speak: times, lengths, names and other people's words, made harmless. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.reading.plain import clip, harmless

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NAME_WIDTH = 80
_TEXT_WIDTH = 500


@dataclass(frozen=True, slots=True)
class Times:
    """Moments as people read them in one zone, with the date only where it is not today's."""

    zone: ZoneInfo
    now: datetime

    @property
    def zone_text(self) -> str:
        """``EST (America/New_York)``."""
        short = self.now.astimezone(self.zone).tzname() or ""
        return short if short == self.zone.key else f"{short} ({self.zone.key})"

    def short(self, at: datetime) -> str:
        """``09:05``, or ``14 Jan 09:05`` on another day, with the year in another year."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        time = f"{local.hour:02}:{local.minute:02}"
        if local.date() == today.date():
            return time
        year = "" if local.year == today.year else f" {local.year}"
        return f"{local.day} {_MONTHS[local.month - 1]}{year} {time}"

    def full(self, at: datetime) -> str:
        """``Thu 15 Jan 09:05 EST``."""
        local = at.astimezone(self.zone)
        return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local:%H:%M} {local.tzname()}"


def quoted(text: str) -> str:
    """Somebody's words, in one harmless line of bounded length."""
    return clip(harmless(clip(text, 4 * _TEXT_WIDTH)), _TEXT_WIDTH)


def name_of(text: str) -> str:
    """A name, in one harmless line."""
    return clip(harmless(clip(text, 4 * _NAME_WIDTH)), _NAME_WIDTH) or "unknown"


def joined(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), *words[-1:]] if len(words) > 1 else words)


def minutes_text(count: float) -> str:
    """``30 working minutes``."""
    shown = number(count)
    return f"{shown} working minute{'' if shown == '1' else 's'}"


def number(count: float) -> str:
    """A number with at most one decimal, and none where it is whole."""
    return f"{round(count, 1):.10g}"
