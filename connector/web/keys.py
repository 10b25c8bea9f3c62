"""Signing keys at hand: a webhook must not cost a query for a key that the last one has just used."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from connector.systems.contract import SigningKeys
from connector.systems.kept import KeptEach
from connector.web.patience import ASKED_SECONDS, answered_within

SECONDS = 5.0


class KeysAtHand:
    """Signing keys, remembered for a few seconds. What is not known yet is asked for each time.

    ``within``: for how many seconds at most.
    """

    def __init__(
        self, keys: SigningKeys, monotonic: Callable[[], float] = time.monotonic, within: float = ASKED_SECONDS
    ) -> None:
        self._keys = keys
        self._kept = KeptEach(answered_within(within, keys.get), monotonic, SECONDS)

    def get(self, reference: str) -> tuple[str, datetime] | None:
        """See ``SigningKeys.get``; the answer may be a few seconds old. Raises StoreUnavailable."""
        found = self._kept.get(reference)
        if found is None:
            self._kept.forget(reference)
        return found

    def put(self, reference: str, key: str) -> None:
        """See ``SigningKeys.put``."""
        self._keys.put(reference, key)
        self._kept.forget(reference)
