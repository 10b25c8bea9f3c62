"""Values that are looked up again and again, kept for a while. Thread-safe, bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from adapters.names import KEEP_SECONDS

_MOST = 5000

T = TypeVar("T")


class Memory(Generic[T]):
    """Values by key, each read by ``read(key)`` when first asked for, and again when it is old."""

    def __init__(self, read: Callable[[str], T], monotonic: Callable[[], float]) -> None:
        self._read = read
        self._monotonic = monotonic
        self._kept: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, oldest: float = KEEP_SECONDS) -> T:
        """The value of a key, at most ``oldest`` seconds old. Raises what ``read`` raises; a failure is not kept."""
        now = self._monotonic()
        with self._lock:
            found = self._kept.get(key)
        if found is not None and now - found[0] <= oldest:
            return found[1]
        value = self._read(key)
        with self._lock:
            self._kept[key] = (now, value)
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return value
