"""Sending callbacks: signed, and with the retries and the neglect of the real system.

Time-out 5 s; two retries, 2 s and then 4 s later, only on 404, 409, 419 and 429; a registration that failed on
three days in a row is switched off. Everything else that did not arrive is lost.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal
from urllib.parse import urlsplit

import requests

from adapters.connectwise.simulation.refusal import Json
from adapters.connectwise.simulation.state import State

Mode = Literal["thread", "manual", "inline"]
Post = Callable[[str, bytes, Mapping[str, str], float], int]
"""Sends one POST (address, body, headers, time-out in seconds) and gives the status, 0 for no answer."""

TIMEOUT = 5.0
RETRY_STATUSES = frozenset({404, 409, 419, 429})
FAILING_DAYS = 3


@dataclass(frozen=True)
class Delivery:
    """One callback on its way, or, with ``statuses``, one that was sent."""

    registration: int
    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    ticket: int
    action: str
    message_id: str
    statuses: tuple[int, ...] = ()

    @property
    def has_arrived(self) -> bool:
        return bool(self.statuses) and 200 <= self.statuses[-1] < 300


class Callbacks:
    """Makes deliveries of events and sends them: behind threads, when told to, or at once."""

    def __init__(
        self,
        state: State,
        mode: Mode,
        retry_waits: tuple[float, ...] = (2.0, 4.0),
        post: Post | None = None,
        workers: int = 4,
    ) -> None:
        self.sent: deque[Delivery] = deque(maxlen=20_000)
        self._state = state
        self._mode = mode
        self._retry_waits = retry_waits
        self._session = threading.local()
        self._sessions: list[requests.Session] = []
        self._post = self._post_by_requests if post is None else post
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._queue: list[tuple[float, int, Delivery]] = []
        self._order = 0
        self._sending = 0
        self._stopping = False
        self._changed = threading.Condition()
        self._keys: dict[int, tuple[str, str]] = {}
        self._failing: dict[int, list[date]] = {}
        state.on_event = self._on_event
        state.after_acting = self._after_acting

    def key_of(self, guid: str) -> str | None:
        """The signing key that is served under a GUID, None when there is none."""
        with self._state.lock:
            return next((key for known, key in self._keys.values() if known == guid), None)

    def rotate_key(self, number: int, keep_guid: bool = False) -> None:
        """Sign what follows for a registration with a new key, under a new GUID or the old one."""
        with self._state.lock:
            guid, _ = self._key(number)
            self._keys[number] = (guid if keep_guid else self._state.guid(), self._state.guid())

    def pending(self) -> int:
        """How many deliveries wait or are being sent."""
        with self._changed:
            return len(self._queue) + self._sending

    def deliver_pending(self) -> list[Delivery]:
        """Send everything that waits, in order (``manual``), retries at once. What is sent meanwhile too."""
        done: list[Delivery] = []
        while True:
            with self._changed:
                # Only behind threads does a number in the queue mean a moment.
                batch = [entry[2] for entry in sorted(self._queue, key=lambda entry: entry[1])]
                self._queue.clear()
            if not batch:
                return done
            if self._state.faults.callbacks_reorder:
                batch.reverse()
            for delivery in batch:
                finished, again = self._attempt(delivery)
                while again is not None:
                    finished, again = self._attempt(again)
                done.append(finished)

    def wait_delivered(self, timeout: float) -> bool:
        """Wait until nothing waits or is being sent; False when that took longer than ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._sending, timeout)

    def stop(self) -> None:
        """End the threads; what still waits is lost."""
        with self._changed:
            self._stopping = True
            self._queue.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(TIMEOUT + 1)
        self._threads.clear()
        while self._sessions:
            self._sessions.pop().close()
        self._session = threading.local()
        self._stopping = False

    def _on_event(self, action: str, ticket: Json, actor: str, is_silent: bool) -> None:
        faults = self._state.faults
        if is_silent and faults.skip_callback_honoured:
            return
        wanted = [one for one in self._state.callbacks.values() if self._concerns(one, ticket, actor)]
        if not wanted or faults.take_callback_loss():
            return
        entity = None if action == "deleted" else _summary(self._state.shown(ticket))
        for entry in wanted:
            delivery = self._delivery(entry, action, ticket["id"], actor, entity)
            self._enqueue(delivery)
            for _ in range(faults.callbacks_duplicate):
                again = delivery
                if not faults.callbacks_duplicate_ids:
                    again = self._delivery(entry, action, ticket["id"], actor, entity)
                self._enqueue(again)

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

    def _delivery(self, entry: Json, action: str, number: int, actor: str, entity: str | None) -> Delivery:
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
        return Delivery(entry["id"], url, body, headers, number, action, message_id)

    def _key(self, number: int) -> tuple[str, str]:
        if number not in self._keys:
            self._keys[number] = (self._state.guid(), self._state.guid())
        return self._keys[number]

    def _enqueue(self, delivery: Delivery) -> None:
        faults = self._state.faults
        with self._changed:
            self._order += 1
            wait = faults.callbacks_delay
            if faults.callbacks_reorder and self._order % 2:
                wait += 0.1
            heapq.heappush(self._queue, (time.monotonic() + wait, self._order, delivery))
            self._changed.notify_all()
        if self._mode == "thread" and not self._threads:
            self._start()

    def _after_acting(self) -> None:
        if self._mode == "inline" and self.pending():
            self.deliver_pending()

    def _start(self) -> None:
        for n in range(self._workers):
            thread = threading.Thread(target=self._work, name=f"callbacks-{n}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while True:
            delivery = self._next()
            if delivery is None:
                return
            finished, again = self._attempt(delivery)
            with self._changed:
                if again is not None and not self._stopping:
                    wait = self._retry_waits[len(finished.statuses) - 1]
                    self._order += 1
                    heapq.heappush(self._queue, (time.monotonic() + wait, self._order, again))
                self._sending -= 1
                self._changed.notify_all()

    def _next(self) -> Delivery | None:
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                is_held = len(self._queue) < self._state.faults.callbacks_burst
                if self._queue and not is_held and self._queue[0][0] <= now:
                    self._sending += 1
                    return heapq.heappop(self._queue)[2]
                wait = self._queue[0][0] - now if self._queue else None
                # A burst that is held back must also notice when the switch is turned off.
                self._changed.wait(0.05 if wait is not None and is_held else wait)
            return None

    def _attempt(self, delivery: Delivery) -> tuple[Delivery, Delivery | None]:
        """One try: what came of it, and the delivery to be tried again, if it is to be."""
        status = self._post(delivery.url, delivery.body, delivery.headers, TIMEOUT)
        tried = replace(delivery, statuses=(*delivery.statuses, status))
        if status in RETRY_STATUSES and len(tried.statuses) <= len(self._retry_waits):
            return tried, tried
        self.sent.append(tried)
        self._book(tried)
        return tried, None

    def _book(self, delivery: Delivery) -> None:
        """Count the days of failure; three in a row switch the registration off."""
        with self._state.lock:
            if delivery.has_arrived:
                self._failing.pop(delivery.registration, None)
                return
            today = self._state.clock.now().date()
            days = self._failing.setdefault(delivery.registration, [])
            if days and days[-1] not in (today, today - timedelta(days=1)):
                days.clear()
            if not days or days[-1] != today:
                days.append(today)
            entry = self._state.callbacks.get(delivery.registration)
            if len(days) >= FAILING_DAYS and entry is not None:
                self._state.callbacks[entry["id"]] = {**entry, "inactiveFlag": True}

    def _post_by_requests(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        session = getattr(self._session, "value", None)
        if session is None:
            session = self._session.value = requests.Session()
            session.trust_env = False
            self._sessions.append(session)
        try:
            with session.post(url, data=body, headers=headers, timeout=timeout, allow_redirects=False) as answer:
                return int(answer.status_code)
        except requests.RequestException:
            return 0


def sign(signing_key: str, body: bytes) -> str:
    """What ``x-content-signature`` holds for exactly these bytes."""
    key = hashlib.sha256(signing_key.encode()).digest()
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def _summary(ticket: Json) -> str:
    return json.dumps({name: value for name, value in ticket.items() if name != "customFields"}, ensure_ascii=False)
