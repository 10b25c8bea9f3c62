"""Where the edges take the time from; the core is handed moments.

``SystemClock`` is the host's clock. ``VirtualClock`` stands still until it is moved: the demo and the scenario
tests drive hours of service-desk time with it. ``PacedClock`` is how other processes know the demo's time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The host's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PacedClock:
    """A clock that stood at ``start`` when the host's stood at ``since``, and goes ``speed`` times as fast."""

    start: datetime
    speed: float
    since: datetime

    def now(self) -> datetime:
        return self.start + (datetime.now(UTC) - self.since) * self.speed


class VirtualClock:
    """A clock that only moves when told to, and never backwards. Safe to share between threads."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def move_to(self, moment: datetime) -> None:
        """Stand at ``moment``; a moment already past is refused with ValueError."""
        with self._lock:
            if moment < self._now:
                raise ValueError(f"a clock does not go back from {self._now} to {moment}")
            self._now = moment.astimezone(UTC)

    def advance(self, length: timedelta) -> None:
        """Move on by ``length``."""
        self.move_to(self.now() + length)
