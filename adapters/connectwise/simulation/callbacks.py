"""Sending callbacks: signed, and with the retries and the neglect of the real system.

Time-out 5 s; two retries, 2 s and then 4 s later, only on 404, 409, 419 and 429; a registration that failed on
three days in a row is switched off. Everything else that did not arrive is lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import date, timedelta
from urllib.parse import urlsplit

from adapters.connectwise.simulation.state import State
from adapters.simulation.outbox import Mode, Outbox, Post, Sending
from adapters.simulation.refusal import Json

RETRY_STATUSES = frozenset({404, 409, 419, 429})
FAILING_DAYS = 3


class CallbackSender:
    """Makes deliveries of events and sends them: behind threads, when told to, or at once."""

    def __init__(
        self,
        state: State,
        mode: Mode,
        retry_waits: tuple[float, ...] = (2.0, 4.0),
        post: Post | None = None,
        workers: int = 4,
    ) -> None:
        self.outbox = Outbox(
            state.faults,
            mode,
            self._book,
            retry_waits=retry_waits,
            is_retried=RETRY_STATUSES.__contains__,
            post=post,
            workers=workers,
        )
        self._state = state
        self._keys: dict[int, tuple[str, str]] = {}
        self._failing: dict[int | str, list[date]] = {}
        state.on_event = self._on_event
        state.after_acting = self.outbox.after_acting

    def key_of(self, guid: str) -> str | None:
        """The signing key that is served under a GUID, None when there is none."""
        with self._state.lock:
            return next((key for known, key in self._keys.values() if known == guid), None)

    def rotate_key(self, number: int, keep_guid: bool = False) -> None:
        """Sign what follows for a registration with a new key, under a new GUID or the old one."""
        with self._state.lock:
            guid, _ = self._key(number)
            self._keys[number] = (guid if keep_guid else self._state.guid(), self._state.guid())

    def _on_event(self, action: str, ticket: Json, actor: str, is_silent: bool) -> None:
        faults = self._state.faults
        if is_silent and faults.skip_callback_honoured:
            return
        wanted = [one for one in self._state.callbacks.values() if self._concerns(one, ticket, actor)]
        if not wanted or faults.take_callback_loss():
            return
        entity = None if action == "deleted" else _summary(self._state.shown(ticket))
        for entry in wanted:
            sending = self._sending(entry, action, ticket["id"], actor, entity)
            self.outbox.add(sending)
            for _ in range(faults.callbacks_duplicate):
                again = sending
                if not faults.callbacks_duplicate_ids:
                    again = self._sending(entry, action, ticket["id"], actor, entity)
                self.outbox.add(again)

    def _concerns(self, entry: Json, ticket: Json, actor: str) -> bool:
        if entry["inactiveFlag"] or entry["type"].lower() != "ticket":
            return False
        if entry["isSelfSuppressedFlag"] and self._state.faults.self_suppression_honoured:
            member = self._state.member_named(actor)
            if member is not None and member["id"] == entry["memberId"]:
                return False
        level = entry["level"].lower()
        if level == "ticket":
            return bool(entry["objectId"] == ticket["id"])
        if level in ("board", "status"):
            return bool(ticket[level]["id"] == entry["objectId"])
        return bool(level == "owner")

    def key_url(self, number: int) -> str:
        """Where the signing key of a registration is served."""
        state = self._state
        with state.lock:
            guid = self._key(number)[0]
        address = f"{state.base_url}/{state.codebase}/system/callbackkey/index.rails"
        return f"{address}?companyName={state.company}&id={guid}"

    def signature(self, number: int, body: bytes) -> str:
        """What the header of a registration's callback holds for these bytes."""
        with self._state.lock:
            return sign(self._key(number)[1], body)

    def _sending(self, entry: Json, action: str, number: int, actor: str, entity: str | None) -> Sending:
        state, faults = self._state, self._state.faults
        message_id = state.guid()
        body = json.dumps(
            {
                "MessageId": message_id,
                "FromUrl": urlsplit(state.base_url).hostname,
                "CompanyId": state.company,
                "MemberId": actor,
                "Action": action,
                "Type": "ticket",
                "ID": number,
                "ProductInstanceId": None,
                "PartnerId": None,
                "Entity": entity,
                "Metadata": {"key_url": faults.callbacks_key_url or self.key_url(entry["id"])},
                "CallbackObjectRecId": entry["id"],
            },
            ensure_ascii=False,
        ).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-content-signature": sign("wrong", body)
            if faults.callbacks_wrong_signature
            else self.signature(entry["id"], body),
        }
        # The id runs on from whatever the registered address ends with.
        url = f"{entry['url']}{number}&action={action}"
        return Sending(entry["id"], url, body, headers, number, action, message_id)

    def _key(self, number: int) -> tuple[str, str]:
        if number not in self._keys:
            self._keys[number] = (self._state.guid(), self._state.guid())
        return self._keys[number]

    def _book(self, sending: Sending) -> None:
        """Count the days of failure; three in a row switch the registration off."""
        with self._state.lock:
            if sending.has_arrived:
                self._failing.pop(sending.registration, None)
                return
            today = self._state.clock.now().date()
            days = self._failing.setdefault(sending.registration, [])
            if days and days[-1] not in (today, today - timedelta(days=1)):
                days.clear()
            if not days or days[-1] != today:
                days.append(today)
            entry = self._state.callbacks.get(int(sending.registration))
            if len(days) >= FAILING_DAYS and entry is not None:
                self._state.callbacks[entry["id"]] = {**entry, "inactiveFlag": True}


def sign(signing_key: str, body: bytes) -> str:
    """What ``x-content-signature`` holds for exactly these bytes."""
    key = hashlib.sha256(signing_key.encode()).digest()
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def _summary(ticket: Json) -> str:
    return json.dumps({name: value for name, value in ticket.items() if name != "customFields"}, ensure_ascii=False)
