"""What this process saw of its ticket systems: when each last answered well, and what told of changes first.

It is written to the database with the worker's signs of life, so that every process can tell; not with every call.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from connector.store.connections import Connections
from connector.store.records import Claim, Finished, Outcome, Source

EVERY_SECONDS = 15.0
"""How old a good answer that is written may get before a newer one is written."""

_FIRST_BAD_STATUS = 400


class Sightings:
    """Sees the answers to calls and the ends of turns. Safe for several threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._answered: dict[str, float] = {}
        self._written: dict[str, float] = {}
        self._by_webhook: Counter[str] = Counter()
        self._by_poll: Counter[str] = Counter()

    def call(self, connection: str, status: int) -> None:
        """A ticket system gave an answer with that HTTP status; 0 is none."""
        if 0 < status < _FIRST_BAD_STATUS:
            with self._lock:
                self._answered[connection] = self._monotonic()

    def turn(self, outcome: Outcome) -> None:
        """A turn ended. What changed in its ticket, a webhook had told of, or the poll found."""
        if isinstance(outcome, Finished) and not outcome.claim.is_chore and _is_news(outcome):
            sources = {mail.source for mail in outcome.claim.mail}
            with self._lock:
                if Source.WEBHOOK in sources:
                    self._by_webhook[outcome.claim.connection] += 1
                elif Source.POLL in sources:
                    self._by_poll[outcome.claim.connection] += 1

    def write(self, connections: Connections) -> None:
        """Write what is new since it was written last. Raises StoreUnavailable; then it is written the next time."""
        now = self._monotonic()
        with self._lock:
            names = {*self._answered, *self._by_webhook, *self._by_poll}
        for name in sorted(names):
            with self._lock:
                answered = self._answered.get(name)
                before = self._written.get(name)
                counts = self._by_webhook[name], self._by_poll[name]
            is_newer = answered is not None and (before is None or answered - before >= EVERY_SECONDS)
            if not (is_newer or any(counts)):
                continue
            age = timedelta(seconds=now - answered) if answered is not None else None
            connections.note_signs(name, age, *counts)
            with self._lock:
                if answered is not None:
                    self._written[name] = answered
                self._by_webhook[name] -= counts[0]
                self._by_poll[name] -= counts[1]


def _is_news(outcome: Finished) -> bool:
    """Whether the turn read another version of its ticket than the turn before."""
    return (outcome.snapshot or {}).get("version") != _version(outcome.claim)


def _version(claim: Claim) -> object:
    return (claim.snapshot or {}).get("version")
