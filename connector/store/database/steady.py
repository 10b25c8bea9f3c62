"""The database's clock, known on this host: its distance from a clock that no one sets.

It goes on while the database is away, and asking it costs nothing: it is renewed on the way, by transactions that are
made anyway.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from connector.store.database.tables import from_micros

FRESH_MICROS = 1_000_000
"""How old what was learned may be before the next transaction learns it anew."""

_DRIFT = 1e-4
"""How much faster or slower one clock may run than the other."""


def steady_micros() -> int:
    """Microseconds of a clock that nobody sets and that goes on while the host sleeps, where there is such a one."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)) // 1000


class DatabaseClock:
    """The database's time as it was last learned; that of the host until then. Safe for several threads."""

    def __init__(self, steady: Callable[[], int] = steady_micros) -> None:
        self._steady = steady
        self._known: _Known | None = None
        self._asked_at = 0

    def now(self) -> datetime:
        """The present moment; asks nobody."""
        known = self._known
        return datetime.now(UTC) if known is None else from_micros(self._steady() + known.offset)

    @property
    def is_stale(self) -> bool:
        """Whether it is time to learn it anew."""
        return self._known is None or self._steady() - self._asked_at >= FRESH_MICROS

    @contextmanager
    def sampled(self) -> Iterator[Callable[[int], None]]:
        """Around a question for the database's time; what comes back learns the answer, in microseconds."""
        asked_at = self._steady()
        yield lambda micros: self._learn(micros, asked_at, self._steady())

    def _learn(self, micros: int, asked_at: int, answered_at: int) -> None:
        """Half of the way is what the answer may be off by. One that was long on the way, and says nothing new, is not
        believed more than a quick one before it.
        """
        fresh = _Known(micros - (asked_at + answered_at) // 2, (answered_at - asked_at + 1) // 2, answered_at)
        known, self._asked_at = self._known, answered_at
        if known is not None:
            error = known.error + int(_DRIFT * (answered_at - known.at))
            if fresh.error > error and abs(fresh.offset - known.offset) <= fresh.error + error:
                return
        self._known = fresh


class _Known(NamedTuple):
    """How far the database's clock is ahead of the steady one, by how much that may be off, and when it was learned."""

    offset: int
    error: int
    at: int
