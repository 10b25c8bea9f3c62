"""Signing keys at hand: a webhook must not cost a query for a key that the last one has just used."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from connector.systems.kept import Kept
from connector.web.patience import ASKED_SECONDS, answered_within

SECONDS = 5.0
UNKNOWN_SECONDS = 1.0
"""How old the keys may be before a key that is not among them is looked for again: forged webhooks name many."""

FetchedKey = tuple[str, datetime]


class EveryKey(Protocol):
    """The learned signing keys of one connection, by their references."""

    def every(self) -> Mapping[str, FetchedKey]:
        """All of them."""
        ...

    def put(self, reference: str, key: str) -> None:
        """See ``SigningKeys.put``."""
        ...


class KeysAtHand:
    """Signing keys, all of a connection remembered for a few seconds: one that is known waits for no other's look-up.

    ``within``: how many seconds a look-up may take.
    """

    def __init__(
        self, keys: EveryKey, monotonic: Callable[[], float] = time.monotonic, within: float = ASKED_SECONDS
    ) -> None:
        self._keys = keys
        self._monotonic = monotonic
        every = answered_within(within, lambda _: keys.every())
        self._kept = Kept(lambda: (monotonic(), every(None)), monotonic, SECONDS)
        self._last: tuple[float, Mapping[str, FetchedKey]] | None = None

    def get(self, reference: str) -> FetchedKey | None:
        """See ``SigningKeys.get``; the answer may be a few seconds old. Raises StoreUnavailable."""
        last = self._last
        if last is not None and self._monotonic() - last[0] < SECONDS and (found := last[1].get(reference)):
            return found
        self._last = last = self._kept.get()
        if reference not in last[1]:
            self._last = last = self._kept.get(UNKNOWN_SECONDS)
        return last[1].get(reference)

    def put(self, reference: str, key: str) -> None:
        """See ``SigningKeys.put``."""
        self._keys.put(reference, key)
        self._last = self._kept.get(0)
