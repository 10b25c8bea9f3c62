"""The webhooks of a simulated RT, as the sender of ``contrib/request-tracker`` posts them.

One for each transaction that is no mail record and no second record of an owner's change, in their order; signed when
it is sent, anew on every attempt; tried again until it is received, but not after a refusal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import requests

from adapters.request_tracker.simulation.records import Ticket, Transaction
from adapters.request_tracker.simulation.serial import wire
from adapters.request_tracker.simulation.state import State
from adapters.simulation.outbox import Mode, Outbox, Post, Sending
from adapters.simulation.refusal import Json

RETRY_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_WORTH_A_RETRY = frozenset({408, 425, 429})


class Sender:
    """Makes webhooks of transactions and sends them. ``url`` empty: nothing is sent."""

    def __init__(self, state: State, mode: Mode, secret: str, post: Post | None, workers: int = 1) -> None:
        self.url = ""
        self.secret = secret
        self._state = state
        self._session = requests.Session()
        self._session.trust_env = False
        self._post = post or self._by_requests
        self.outbox = Outbox(
            state.faults,
            mode,
            lambda delivery: None,
            retry_waits=RETRY_WAITS,
            is_retried=_is_retried,
            post=self._signed,
            workers=workers,
        )
        state.on_event = self._on_event
        state.after_acting = self.outbox.after_acting

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()

    def _on_event(self, row: Transaction, ticket: Ticket) -> None:
        faults = self._state.faults
        if not self.url or faults.take_callback_loss():
            return
        for copy in range(1 + faults.callbacks_duplicate):
            more = "" if faults.callbacks_duplicate_ids or not copy else f"-{copy}"
            delivery = f"{self._state.name}:txn:{row.id}{more}"
            # The body is made when it is sent: it shows the ticket as it then is.
            self.outbox.add(Sending("rt", self.url, str(row.id).encode(), {}, ticket.id, row.type, delivery))

    def _signed(self, url: str, body: bytes, headers: Any, timeout: float) -> int:
        with self._state.lock:
            row = self._state.transactions[int(body)]
            payload = json.dumps(self.body(row), sort_keys=True, ensure_ascii=False).encode()
        sent_at = str(int(self._state.clock.now().timestamp()))
        return self._post(url, payload, signed_headers(self.secret, sent_at, payload, self._name(row)), timeout)

    def _name(self, row: Transaction) -> str:
        return f"{self._state.name}:txn:{row.id}"

    def body(self, row: Transaction) -> Json:
        """What is sent of a transaction; ``noted_id`` is its ticket, which may have been merged since."""
        state = self._state
        ticket = state.ticket(row.ticket)
        if ticket is None:
            raise LookupError(f"transaction {row.id} is of no ticket")
        queue, owner, actor = state.queues[ticket.queue], state.users[ticket.owner], state.users[row.creator]
        return {
            "version": 1,
            "event": f"ticket.{row.type.lower()}",
            "delivery_id": self._name(row),
            "actor": {"id": actor.id, "name": actor.name},
            "transaction": {
                "id": row.id,
                "type": row.type,
                "field": row.field or None,
                "old": row.old or None,
                "new": row.new or None,
                "created": wire(row.created),
                "internal": row.type == "Comment",
            },
            "ticket": {
                "id": ticket.id,
                "noted_id": row.ticket,
                "subject": ticket.subject,
                "status": ticket.status,
                "queue": {"id": queue.id, "name": queue.name},
                "owner": {"id": owner.id, "name": owner.name},
                "created": wire(ticket.created),
                "last_updated": wire(ticket.updated),
                "due": None,
            },
        }

    def _by_requests(self, url: str, body: bytes, headers: Any, timeout: float) -> int:
        try:
            with self._session.post(url, data=body, headers=headers, timeout=timeout, allow_redirects=False) as answer:
                return int(answer.status_code)
        except requests.RequestException:
            return 0


def signed_headers(secret: str, sent_at: str, body: bytes, delivery: str) -> dict[str, str]:
    """The headers of a webhook that is sent at that time."""
    digest = hmac.new(secret.encode(), f"{sent_at}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "X-RT-Delivery": delivery,
        "X-RT-Attempt": "1",
        "X-RT-Timestamp": sent_at,
        "X-RT-Signature": f"sha256={digest}",
    }


def _is_retried(status: int) -> bool:
    return not 200 <= status < 300 and (not 400 <= status < 500 or status in _WORTH_A_RETRY)
