"""Sending webhooks: one for each event that a notification names, in all kinds of bodies, and never twice by itself.

What did not arrive is lost; after some failures in a row the webhook is disabled.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from adapters.halopsa.simulation.changes import (
    CLOSED,
    DELETED,
    NEW_TICKET,
    REASSIGNED,
    STATUS_CHANGED,
    UPDATED,
    USER_UPDATED,
)
from adapters.halopsa.simulation.state import Actor, State, Ticket
from adapters.halopsa.simulation.wire import detail, post_date, small
from adapters.simulation.outbox import Mode, Outbox, Post, Sending
from adapters.simulation.refusal import Json

FAILURES_TO_DISABLE = 5
EVENT_WORDS = {
    NEW_TICKET: "new ticket logged",
    USER_UPDATED: "ticket updated by user",
    REASSIGNED: "ticket re-assigned",
    CLOSED: "ticket closed",
    UPDATED: "ticket updated",
    STATUS_CHANGED: "ticket status changed",
    DELETED: "ticket deleted",
}


class WebhookSender:
    """Makes deliveries of events and sends them: behind threads, when told to, or at once."""

    def __init__(self, state: State, mode: Mode, post: Post | None = None, workers: int = 4) -> None:
        self.outbox = Outbox(state.faults, mode, self._book, post=post, workers=workers)
        self._state = state
        state.on_event = self._on_event
        state.after_acting = self.outbox.after_acting

    def proof(self, webhook: str, body: bytes) -> dict[str, str]:
        """The headers with which a webhook proves itself for exactly this body."""
        entry = self._state.webhooks[webhook]
        secret = "wrong" if self._state.faults.callbacks_wrong_proof else str(entry.get("basic_password", ""))
        match entry["authentication_type"]:
            case 1:
                pair = f"{entry.get('basic_username', '')}:{secret}".encode()
                return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
            case 2:
                return {"Authorization": f"Bearer {secret}"}
            case 3:
                return {str(entry["authentication_header"]): sign(secret, body)}
            case _:
                return {}

    def _on_event(self, events: tuple[int, ...], ticket: Ticket, words: str, actor: Actor) -> None:
        wanted = [
            notification
            for notification in self._state.notifications.values()
            if self._usual(notification) in events and self._is_on(notification["webhook_id"])
        ]
        if not wanted or self._state.faults.take_callback_loss():
            return
        by_webhook: dict[str, list[Json]] = {}
        for notification in wanted:
            by_webhook.setdefault(notification["webhook_id"], []).append(notification)
        for webhook, notifications in by_webhook.items():
            for body, event in self._bodies(webhook, notifications, ticket, words, actor):
                for n in range(1 + self._state.faults.callbacks_duplicate):
                    again = body if n == 0 or self._state.faults.callbacks_duplicate_ids else self._renamed(body)
                    self.outbox.add(self._sending(webhook, again, event, ticket))

    def _usual(self, notification: Json) -> int:
        """The usual number of an event, whatever it is here."""
        here = int(notification["eventno"])
        return next((usual for usual, number in self._state.faults.event_numbers.items() if number == here), here)

    def _is_on(self, webhook: str) -> bool:
        entry = self._state.webhooks.get(webhook)
        return entry is not None and entry["active"] and not entry["disabled"]

    def _bodies(
        self, webhook: str, notifications: list[Json], ticket: Ticket, words: str, actor: Actor
    ) -> list[tuple[Any, str]]:
        events = [self._event(webhook, one, ticket, words, actor) for one in notifications]
        names = [EVENT_WORDS[self._usual(one)] for one in notifications]
        match self._state.faults.batches:
            case "array":
                return [(events, names[0])]
            case "object":
                envelope = {"id": self._state.guid(), "webhook_id": webhook, "batch_count": len(events)}
                return [({**envelope, "events": events}, names[0])]
            case _:
                return list(zip(events, names, strict=True))

    def _event(self, webhook: str, notification: Json, ticket: Ticket, words: str, actor: Actor) -> Json:
        state = self._state
        number = ticket.fields["id"]
        event: Json = {
            "id": state.guid(),
            "webhook_id": webhook,
            "notification_id": notification["id"],
            "escmsg_id": state.guid(),
            "event": EVENT_WORDS[self._usual(notification)],
            "message": words,
            "object_id": number,
            "agent_id": actor.agent_id,
            "timestamp": post_date(state.clock.now()),
        }
        match state.faults.payload:
            case "full":
                return {**event, "ticket": detail(state, ticket, post_date)}
            case "small":
                return {**event, "ticket": small(state, ticket)}
            case "custom":
                # Written by an administrator: an id of its own kind, and the ticket's number as a text.
                return {"source": "halo", "ticket_id": str(number), "what": event["event"]}
            case _:
                return event

    def _renamed(self, body: Any) -> Any:
        if isinstance(body, list):
            return [self._renamed(one) for one in body]
        return {**body, "id": self._state.guid()} if "id" in body else body

    def _sending(self, webhook: str, sent: Any, event: str, ticket: Ticket) -> Sending:
        entry = self._state.webhooks[webhook]
        body = json.dumps(sent, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", **self.proof(webhook, body)}
        name = str(sent.get("id", "")) if isinstance(sent, dict) else ""
        return Sending(webhook, str(entry["url"]), body, headers, ticket.fields["id"], event, name)

    def _book(self, sending: Sending) -> None:
        """Log the delivery; failures in a row disable the webhook."""
        with self._state.lock:
            status = sending.statuses[-1]
            self._state.webhook_events.append(
                {
                    "id": self._state.guid(),
                    "webhook_id": sending.registration,
                    "timestamp": post_date(self._state.clock.now()),
                    "requestbody": sending.body.decode(),
                    "responsestatus": status,
                    "status": 1 if sending.has_arrived else 2,
                    "entity_id": sending.ticket,
                }
            )
            entry = self._state.webhooks.get(str(sending.registration))
            if entry is None:
                return
            entry["_failures"] = 0 if sending.has_arrived else entry["_failures"] + 1
            if entry["_failures"] >= FAILURES_TO_DISABLE:
                entry["disabled"] = True


def sign(secret: str, body: bytes) -> str:
    """What the signature header holds for exactly these bytes."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
