"""Tells an outside watcher once a minute that all is well; it notices when that stops, whatever stopped it.

It is one of the worker's chores: it is sent only where a worker claims, works and reaches the database, and by one of
them. Nothing that the watcher does or leaves undone hurts anything else. Its address may hold a secret: it is never
logged.
"""

from __future__ import annotations

from collections.abc import Mapping

import requests
import structlog

from connector.errors import Temporary
from connector.store.chain.signatures import signed_head
from connector.store.database.engine import Store
from connector.systems.variables import Secret
from connector.web.reasons import Inspector, ServiceHealth
from connector.worker.bounded import Bounded

TIME_OUT = (5.0, 10.0)
"""Seconds to connect, and to wait for the answer."""

log = structlog.get_logger("connector.heartbeat")


class Heartbeat:
    """Sends the signed head of the audit trail to ``url`` while the service is good."""

    def __init__(self, url: Secret, inspector: Inspector, store: Store) -> None:
        self._url = url
        self._inspector = inspector
        self._store = store
        self._held_back: tuple[str, ...] = ()
        self._bounded = Bounded(sum(TIME_OUT))

    def __call__(self) -> None:
        """One beat. Raises StoreUnavailable, nothing else: a watcher that is away is said so in the log."""
        health = self._inspector.look()
        self._say_what_holds_it_back(health)
        if not health.is_good:
            return
        body = body_of(self._store)
        try:
            self._bounded("beat", lambda: self._send(body))
        except Temporary as error:
            log.warning("heartbeat not taken", error=str(error))

    def _send(self, body: Mapping[str, object]) -> None:
        try:
            with requests.post(
                self._url.reveal(), json=body, timeout=TIME_OUT, allow_redirects=False, stream=True
            ) as answer:
                status = answer.status_code
        except requests.RequestException as error:  # its text has the address
            log.warning("heartbeat not taken", error=type(error).__name__)
            return
        if not 200 <= status < 300:
            log.warning("heartbeat not taken", status=status)

    def _say_what_holds_it_back(self, health: ServiceHealth) -> None:
        codes = tuple(sorted({reason.code for reason in health.reasons}))
        if codes != self._held_back:
            if codes:
                log.warning("heartbeat held back", reasons=list(codes))
            else:
                log.info("heartbeat goes on")
        self._held_back = codes


def body_of(store: Store) -> dict[str, object]:
    """Where the audit trail ends at this moment, signed with a key that only this database holds.

    ``head`` is what ``audit verify --expect`` takes; ``hash`` is that of the ends of all chains in it.
    """
    head = signed_head(store)  # names connections, no ticket
    body: dict[str, object] = {"entries": head.entries, "hash": head.hash, "head": head.text}
    if head.told is not None:
        body |= {"at": head.told.at.isoformat(), "signature": head.told.signature}
    return body
