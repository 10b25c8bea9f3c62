"""How often a connection may call: a token bucket, a rolling window, and a gate. Time is handed in; thread-safe."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from connector.errors import Temporary


class CallBudget:
    """So many calls a minute, bursts allowed, and none at all until a given moment.

    ``per_window``: at most so many in any ``window_seconds``, for systems that count like that. None is no limit.
    """

    def __init__(
        self,
        per_minute: float | None,
        burst: int,
        monotonic: Callable[[], float],
        *,
        per_window: int | None = None,
        window_seconds: float = 300.0,
    ) -> None:
        self._per_second = None if per_minute is None else per_minute / 60.0
        self._per_window = per_window
        self._window_seconds = window_seconds
        self._made: deque[float] = deque()
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
            if self._per_window is not None and len(self._made) >= self._per_window:
                wait = max(wait, self._made[-self._per_window] + self._window_seconds - now)
            if wait > longest_wait:
                raise Temporary(f"holding still for {wait:.0f} s to stay within the call limit", wait)
            self._tokens -= 1.0
            if self._per_window is not None:
                self._made.append(now + wait)
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
            left = [] if self._per_second is None else [max(0.0, self._tokens)]
            if self._per_window is not None:
                left.append(max(0.0, float(self._per_window - len(self._made))))
            if not left:
                return None
            return 0.0 if now < self._blocked_until else min(left)

    def _refill(self) -> float:
        now = self._monotonic()
        if self._per_second is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        while self._made and self._made[0] <= now - self._window_seconds:
            self._made.popleft()
        return now
