"""Webhooks on their way: behind threads, when told to, or at once; reordered, delayed or held back on command.

Knows nothing of what is in them. What fails is retried only as the system in question does it.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import requests

from adapters.simulation.faults import CallFaults

Mode = Literal["thread", "manual", "inline"]
Post = Callable[[str, bytes, Mapping[str, str], float], int]
"""Sends one POST (address, body, headers, time-out in seconds) and gives the status, 0 for no answer."""

TIMEOUT = 5.0


@dataclass(frozen=True)
class Sending:
    """One webhook on its way, or, with ``statuses``, one that was sent."""

    registration: int | str
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


class Outbox:
    """Sends deliveries.

    ``retry_waits``: real seconds before each retry, which count only behind threads; the others retry at once.
    ``is_retried`` says of a status whether it is tried again; ``on_done`` is told of each sending in the end.
    """

    def __init__(
        self,
        faults: CallFaults,
        mode: Mode,
        on_done: Callable[[Sending], None],
        *,
        retry_waits: tuple[float, ...] = (),
        is_retried: Callable[[int], bool] = lambda status: False,
        post: Post | None = None,
        workers: int = 4,
    ) -> None:
        self.sent: deque[Sending] = deque(maxlen=20_000)
        self._faults = faults
        self._mode = mode
        self._on_done = on_done
        self._retry_waits = retry_waits
        self._is_retried = is_retried
        self._session = threading.local()
        self._sessions: list[requests.Session] = []
        self._post = self._post_by_requests if post is None else post
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._queue: list[tuple[float, int, Sending]] = []
        self._order = 0
        self._sending = 0
        self._stopping = False
        self._changed = threading.Condition()

    def add(self, sending: Sending) -> None:
        """Put a sending on its way."""
        faults = self._faults
        with self._changed:
            self._order += 1
            wait = faults.callbacks_delay
            if faults.callbacks_reorder and self._order % 2:
                wait += 0.1
            heapq.heappush(self._queue, (time.monotonic() + wait, self._order, sending))
            self._changed.notify_all()
        if self._mode == "thread" and not self._threads:
            self._start()

    def after_acting(self) -> None:
        """What was caused may leave now (``inline``)."""
        if self._mode == "inline" and self.pending():
            self.deliver_pending()

    def pending(self) -> int:
        """How many deliveries wait or are being sent."""
        with self._changed:
            return len(self._queue) + self._sending

    def deliver_pending(self) -> list[Sending]:
        """Send everything that waits, in order (``manual``), retries at once. What is sent meanwhile too."""
        done: list[Sending] = []
        while True:
            batch = self.keep_pending()
            if not batch:
                return done
            if self._faults.callbacks_reorder:
                batch.reverse()
            for sending in batch:
                finished, again = self._attempt(sending)
                while again is not None:
                    finished, again = self._attempt(again)
                done.append(finished)

    def keep_pending(self) -> list[Sending]:
        """Take what waits out, in order; it is on nobody's way any more."""
        with self._changed:
            # Only behind threads does a number in the queue mean a moment.
            batch = [entry[2] for entry in sorted(self._queue, key=lambda entry: entry[1])]
            self._queue.clear()
            return batch

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

    def _start(self) -> None:
        for n in range(self._workers):
            thread = threading.Thread(target=self._work, name=f"callbacks-{n}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while True:
            sending = self._next()
            if sending is None:
                return
            finished, again = self._attempt(sending)
            with self._changed:
                if again is not None and not self._stopping:
                    wait = self._retry_waits[len(finished.statuses) - 1]
                    self._order += 1
                    heapq.heappush(self._queue, (time.monotonic() + wait, self._order, again))
                self._sending -= 1
                self._changed.notify_all()

    def _next(self) -> Sending | None:
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                is_held = len(self._queue) < self._faults.callbacks_burst
                if self._queue and not is_held and self._queue[0][0] <= now:
                    self._sending += 1
                    return heapq.heappop(self._queue)[2]
                wait = self._queue[0][0] - now if self._queue else None
                # A burst that is held back must also notice when the switch is turned off.
                self._changed.wait(0.05 if wait is not None and is_held else wait)
            return None

    def _attempt(self, sending: Sending) -> tuple[Sending, Sending | None]:
        """One try: what came of it, and the sending to be tried again, if it is to be."""
        status = self._post(sending.url, sending.body, sending.headers, TIMEOUT)
        tried = replace(sending, statuses=(*sending.statuses, status))
        if self._is_retried(status) and len(tried.statuses) <= len(self._retry_waits):
            return tried, tried
        self.sent.append(tried)
        self._on_done(tried)
        return tried, None

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
