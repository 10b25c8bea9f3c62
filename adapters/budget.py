"""How often a connection may call: a token bucket with a gate. Time is handed in; thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Callable

from adapters.contract import Temporary


class CallBudget:
    """So many calls a minute, bursts allowed, and none at all until a given moment."""

    def __init__(self, per_minute: float | None, burst: int, monotonic: Callable[[], float]) -> None:
        self._per_second = None if per_minute is None else per_minute / 60.0
        self._burst = float(burst)
        self._tokens = float(burst)
        self._monotonic = monotonic
        self._filled_at = monotonic()
        self._blocked_until = 0.0
        self._lock = threading.Lock()

    def reserve(self, longest_wait: float) -> float:
        """Take one call and return the seconds to wait before making it.

        Raises Temporary, taking nothing, when that would be more than ``longest_wait``.
        """
        with self._lock:
            now = self._refill()
            wait = max(0.0, self._blocked_until - now)
            if self._per_second is not None:
                wait = max(wait, (1.0 - self._tokens) / self._per_second)
            if wait > longest_wait:
                raise Temporary(f"holding still for {wait:.0f} s to stay within the call limit", wait)
            self._tokens -= 1.0
            return wait

    def block_for(self, seconds: float) -> None:
        """No call at all for that long; a longer block already in place stays."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._monotonic() + seconds)

    @property
    def left(self) -> float | None:
        """Calls that could be made at once; None when there is no limit."""
        with self._lock:
            now = self._refill()
            if self._per_second is None:
                return None
            return 0.0 if now < self._blocked_until else max(0.0, self._tokens)

    def _refill(self) -> float:
        now = self._monotonic()
        if self._per_second is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        return now
