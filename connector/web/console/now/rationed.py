"""Answers that are worked out anew as often as a share of one core allows, and go on a little longer where it does not.

So however many people keep pages open, and each another one, they leave the cores to what is due.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

WINDOW_SECONDS = 60.0
"""Over which time the share is taken."""


@dataclass(frozen=True, slots=True)
class Ration:
    """How old an answer may be: ``fresh`` seconds, and up to ``oldest`` where the last minute took more than ``share``
    of a core. ``most``: of so many keys answers are kept.
    """

    fresh: float
    oldest: float
    share: float
    most: int


class Rationed(Generic[T]):
    """Answers by key. ``time`` tells how old one is, ``spent`` what this thread has taken of a core; both in seconds.

    Safe for several threads: one works an answer out at a time. A failure is not kept.
    """

    def __init__(
        self, ask: Callable[[str], T], time: Callable[[], float], spent: Callable[[], float], ration: Ration
    ) -> None:
        self._ask, self._time, self._spent, self._ration = ask, time, spent, ration
        self._kept: dict[str, tuple[float, T]] = {}
        self._costs: deque[tuple[float, float]] = deque()
        self._lock = threading.Lock()

    def get(self, key: str) -> T:
        """The answer. Raises what asking raises."""
        with self._lock:
            now, kept = self._time(), self._kept.get(key)
            if kept is not None and now - kept[0] < self._may_be(now):
                return kept[1]
            begun = self._spent()
            try:
                answer = self._ask(key)
            finally:
                self._costs.append((now, self._spent() - begun))
            self._kept.pop(key, None)
            self._kept[key] = (now, answer)
            if len(self._kept) > self._ration.most:
                self._kept.pop(next(iter(self._kept)))
            return answer

    def _may_be(self, now: float) -> float:
        """How old an answer may be now."""
        while self._costs and self._costs[0][0] <= now - WINDOW_SECONDS:
            self._costs.popleft()
        taken = sum(cost for _, cost in self._costs)
        return self._ration.fresh if taken <= self._ration.share * WINDOW_SECONDS else self._ration.oldest
