"""Webhooks whose signing key a worker must fetch first: so many bytes of a connection are kept, and no more.

What they proved themselves with at the door is not.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping

from connector.model import InboundRequest
from connector.store.records import Delivery, Source, key_row, pack
from connector.systems.kept import Kept
from connector.web.deps import Deps
from connector.web.patience import ASKED_SECONDS, answered_within

BOUND_SECONDS = 1.0
"""For how long the sum of what waits is believed."""

MOST_BYTES_MEANWHILE = 1024 * 1024
"""So much is taken within that time: other processes take some, too, and none sees what another has just stored."""

ANEW_SECONDS = 60.0
"""A known key is asked for anew no more often than this."""

_MOST_KEPT_HEADERS = 8 * 1024


class Unverified:
    """What waits for its signing key at one connection. Safe for several threads."""

    def __init__(self, connection: str, deps: Deps) -> None:
        self._id = connection
        self._deps = deps
        self._lock = threading.Lock()
        self._stored_bytes = answered_within(ASKED_SECONDS, deps.mailbox.unverified_bytes)
        self._ring = answered_within(ASKED_SECONDS, self._ring_now)
        self._waiting = Kept(self._look, deps.monotonic, BOUND_SECONDS)
        self._meanwhile = 0
        self._rung_at: dict[str, float] = {}

    def delivery(self, incoming: InboundRequest, reference: str) -> Delivery | None:
        """The webhook as it is to wait, None where too much waits already. Raises StoreUnavailable."""
        found = Delivery(
            connection=self._id,
            ticket=key_row(reference),
            delivery="unverified:" + hashlib.sha256(incoming.body).hexdigest(),
            source=Source.UNVERIFIED,
            body=incoming.body,
            headers=pack(_kept(incoming.headers), reference),
        )
        return found if self._has_room(found.stored_bytes) else None

    def fetch_anew(self, reference: str) -> None:
        """Have a worker fetch a known key anew; nothing of the webhook is kept. Raises StoreUnavailable."""
        with self._lock:
            now = self._deps.monotonic()
            if reference in self._rung_at and now - self._rung_at[reference] < ANEW_SECONDS:
                return
            self._rung_at[reference] = now
        self._ring(reference)
        if self._deps.nudge is not None:
            self._deps.nudge()

    def _ring_now(self, reference: str) -> None:
        mailbox = self._deps.mailbox
        mailbox.schedule(self._id, key_row(reference), mailbox.store.now())

    def _has_room(self, size: int) -> bool:
        with self._lock:
            waiting = self._waiting.get()
            meanwhile = self._meanwhile + size
            if meanwhile > MOST_BYTES_MEANWHILE or waiting + meanwhile > self._deps.most_unverified_bytes:
                return False
            self._meanwhile = meanwhile
            return True

    def _look(self) -> int:
        found = self._stored_bytes(self._id)
        self._meanwhile = 0
        return found


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that a later look at the signature may need: no credentials, nothing of the proxies, no flood."""
    kept: dict[str, str] = {}
    size = 0
    for name, value in headers.items():
        is_wanted = name.startswith("x-") and not name.startswith(("x-forwarded", "x-real-ip"))
        size += len(name) + len(value) if is_wanted else 0
        if is_wanted and size <= _MOST_KEPT_HEADERS:
            kept[name] = value
    return kept
