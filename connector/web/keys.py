"""Signing keys at hand: a webhook must not cost a query for a key that the last one has just used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from connector.systems.contract import SigningKeys

SECONDS = 5.0


class KeysAtHand:
    """Signing keys, remembered for a few seconds. What is not known yet is asked for each time."""

    def __init__(self, keys: SigningKeys, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, tuple[str, datetime]]] = {}

    def get(self, reference: str) -> tuple[str, datetime] | None:
        """See ``SigningKeys.get``; the answer may be a few seconds old."""
        with self._lock:
            at, found = self._kept.get(reference, (0.0, None))
        if found is not None and self._monotonic() - at < SECONDS:
            return found
        fresh = self._keys.get(reference)
        with self._lock:
            if fresh is None:
                self._kept.pop(reference, None)
            else:
                self._kept[reference] = (self._monotonic(), fresh)
        return fresh

    def put(self, reference: str, key: str) -> None:
        """See ``SigningKeys.put``."""
        self._keys.put(reference, key)
        with self._lock:
            self._kept.pop(reference, None)
