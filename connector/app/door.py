"""The door: takes connections, reads each request as a whole under a deadline, and only then spends a thread on it.

A worker class of gunicorn, which keeps the processes, their signals and the parser. One thread has all the sockets, and
waits for no client: who is slow takes a place and no more, and places are for the bounds in ``places``. The threads
that run the application read from memory and write to memory. What asks for ``/health/`` has threads of its own.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from gunicorn.workers import base

from connector.app import places
from connector.app.answers import Answer, answer_to, refusal
from connector.app.framing import Incoming, Part
from connector.app.sockets import Caller, State
from connector.systems import addresses

REQUEST_SECONDS = 10.0
"""In which a request must be there as a whole, headers and body: from its connection's beginning, or its first byte."""

IDLE_SECONDS = 15.0
"""How long a connection is kept open for a further request."""

WRITE_SECONDS = 10.0
LINGER_SECONDS = 2.0
"""How long a client is listened to after the last answer, so that it can read it to its end."""

STOP_IDLE_SECONDS = 2.0
"""How long a stopping process waits for a request on a kept connection: one may be on its way."""

TICK_SECONDS = 0.5
MOST_CONNECTIONS = 480
"""In one process; systems often allow it 1,024 files."""

MOST_QUEUED = 384
"""So many whole requests may wait for a thread or be with one. The places that are left are for those who come in, and
``/health/`` is always let through."""

MOST_BYTES = 16 * 1024 * 1024
"""Of requests in memory, whole or not; beyond it the one that is there the longest without being whole goes."""

HEALTH_THREADS = 2
_RECEIVED_AT_ONCE = 64 * 1024
_ACCEPTED_AT_ONCE = 64

TIMEOUT = refusal(408, "timeout", "The request took too long", f"It must be sent within {REQUEST_SECONDS:.0f} s.")
CROWDED = refusal(503, "too_many_connections", "Not possible at the moment", "Too many requests at once.", retry=5)
INCOMPLETE = refusal(400, "incomplete", "The request ended too early")
HEAD_TOO_LARGE = refusal(431, "head_too_large", "The headers are too large")


class DoorWorker(base.Worker):  # type: ignore[misc]  # gunicorn has no types
    """A web process. ``trusted`` of the settings' application are the networks of our own proxies."""

    def init_process(self) -> None:
        """See gunicorn; does not return before the end of the process."""
        self._poller = selectors.DefaultSelector()
        self._connections: dict[int, Caller] = {}
        self._answered: deque[Callable[[], None]] = deque()
        self._wake_read, self._wake_write = os.pipe()
        self._queued = 0
        self._held = 0
        self._next_look_at = 0.0
        self._trusted: Sequence[addresses.Network] = self.app.trusted_proxies
        self._threads = ThreadPoolExecutor(self.cfg.threads, "web")
        self._health = ThreadPoolExecutor(HEALTH_THREADS, "health")
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        super().init_process()

    def handle_exit(self, _number: object, _frame: object) -> None:
        """SIGTERM: stop in an orderly way."""
        self.alive = False
        self._wake()

    def run(self) -> None:
        """Serve until told to stop, then answer what is here."""
        self._poller.register(self._wake_read, selectors.EVENT_READ, self._woken)
        for listener in self.sockets:
            listener.setblocking(False)
            self._poller.register(listener, selectors.EVENT_READ, partial(self._accept, listener))
        while self.alive and self.ppid == os.getppid():
            self._turn()
        self._stop()

    def _stop(self) -> None:
        for listener in self.sockets:
            self._poller.unregister(listener)
        now = time.monotonic()
        for one in self._connections.values():
            if one.state is State.IDLE:
                one.deadline = min(one.deadline, now + STOP_IDLE_SECONDS)
        end_at = now + self.cfg.graceful_timeout
        while self._connections and time.monotonic() < end_at:
            self._turn()
        for one in list(self._connections.values()):
            self._close(one)
        self._threads.shutdown(wait=False)
        self._health.shutdown(wait=False)
        for listener in self.sockets:
            listener.close()

    def _turn(self) -> None:
        self.notify()
        for key, events in self._poller.select(TICK_SECONDS):
            key.data(events)
        now = time.monotonic()
        if now >= self._next_look_at:
            self._next_look_at = now + TICK_SECONDS
            self._end_what_is_late(now)

    # -- connections -------------------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket, _events: int) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                client, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:  # no file is left, say
                self.log.warning("connection not accepted: %s", error.strerror)
                self._make_room()
                return
            if len(self._connections) >= MOST_CONNECTIONS and not self._make_room():
                client.close()
                continue
            client.setblocking(False)
            one = Caller(client, address, addresses.host_of(str(address[0])), time.monotonic() + REQUEST_SECONDS)
            one.is_trusted = addresses.is_among(str(address[0]), self._trusted)
            self._connections[one.number] = one
            self._poller.register(client, selectors.EVENT_READ, partial(self._on_event, one))
            self._receive(one)

    def _on_event(self, one: Caller, events: int) -> None:
        if one.state is State.CLOSED:
            return
        if events & selectors.EVENT_WRITE:
            self._send(one)
        elif one.state is State.ANSWERED:
            self._listen(one, 0)  # it may say more when it has its answer
        else:
            self._receive(one)

    def _receive(self, one: Caller) -> None:
        try:
            received = one.socket.recv(_RECEIVED_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            self._close(one)
            return
        if one.state is State.LINGERS:
            one.drained += len(received)
            if not received or one.drained > MOST_BYTES:
                self._close(one)
        elif not received:
            self._refuse(one, INCOMPLETE) if one.request.data else self._close(one)
        else:
            if one.state is State.IDLE:
                one.begin(time.monotonic() + REQUEST_SECONDS)
            self._held += len(received)
            one.request.feed(received)
            self._go_on(one)

    def _go_on(self, one: Caller) -> None:
        """With a connection that has received something."""
        if one.request.part is Part.HEAD_TOO_LARGE:
            self._refuse(one, HEAD_TOO_LARGE)
        elif one.request.is_at_its_end:
            self._dispatch(one)
        else:
            if one.request.awaits_continue:
                one.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            while self._held > MOST_BYTES and (late := self._longest_received()) is not None:
                self._refuse(late, CROWDED)

    def _longest_received(self) -> Caller | None:
        begun = [one for one in self._connections.values() if one.state is State.RECEIVES and one.request.data]
        return min(begun, key=lambda one: one.since, default=None)

    # -- whole requests ----------------------------------------------------------------------------------------

    def _dispatch(self, one: Caller) -> None:
        is_health = one.request.is_health
        if not is_health and (self._queued >= MOST_QUEUED or self._held > MOST_BYTES):
            self._refuse(one, CROWDED)
            return
        one.state = State.ANSWERED
        self._queued += 1
        pool = self._health if is_health else self._threads
        pool.submit(self._answer, one, bytes(one.request.data))

    def _answer(self, one: Caller, data: bytes) -> None:
        """In a thread: answer a request, and tell the one that has the sockets."""
        answer = answer_to(data, self, one.address, one.server)
        answer.data = one.send(answer.data)
        self._answered.append(partial(self._after, one, answer))
        self._wake()

    def _after(self, one: Caller, answer: Answer) -> None:
        self._queued -= 1
        self._forget(one)
        if one.state is State.CLOSED:
            return
        one.unsent, one.rest = answer.data, answer.rest
        one.is_last = answer.is_last or not self.alive
        if one.unsent:
            one.deadline = time.monotonic() + WRITE_SECONDS
            self._listen(one, selectors.EVENT_WRITE)
        else:
            self._next(one)

    def _send(self, one: Caller) -> None:
        one.unsent = one.send(one.unsent)
        if not one.unsent:
            self._next(one)

    def _next(self, one: Caller) -> None:
        """After an answer that was sent: the next request, or the end."""
        self._listen(one, selectors.EVENT_READ)
        now = time.monotonic()
        if one.is_last:
            self._linger(one)
        elif one.rest:
            one.begin(now + REQUEST_SECONDS)
            self._held += len(one.rest)
            rest, one.rest = one.rest, b""
            one.request.feed(rest)
            self._go_on(one)
        else:
            one.state, one.deadline, one.since = State.IDLE, now + IDLE_SECONDS, now

    # -- ends --------------------------------------------------------------------------------------------------

    def _end_what_is_late(self, now: float) -> None:
        for one in list(self._connections.values()):
            if one.deadline <= now and one.state is not State.ANSWERED:
                self._refuse(one, TIMEOUT) if one.state is State.RECEIVES else self._close(one)
            elif one.state is State.ANSWERED and one.unsent and one.deadline <= now:
                self._close(one)
        for number in places.too_slow(self._waiting(), now, self._unbound()):
            self._refuse(self._connections[number], CROWDED)

    def _make_room(self) -> bool:
        """Let somebody go who waits; False where nobody does."""
        found = places.first_to_go(self._waiting(), self._unbound())
        if found is None:
            return False
        self._close(self._connections[found])
        return True

    def _waiting(self) -> list[places.Waiting]:
        return [
            places.Waiting(one.number, one.sender, one.since, one.state is State.IDLE)
            for one in self._connections.values()
            if one.state in (State.RECEIVES, State.IDLE, State.LINGERS)
        ]

    def _unbound(self) -> frozenset[str]:
        return frozenset(one.sender for one in self._connections.values() if one.is_trusted)

    def _refuse(self, one: Caller, words: bytes) -> None:
        """Say so, as far as it can be said at once, and end it."""
        self._forget(one)
        one.send(words)
        self._linger(one)

    def _linger(self, one: Caller) -> None:
        """Hang up, but listen a little longer: what is closed with bytes unread takes the answer with it."""
        try:
            one.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(one)
            return
        one.state, one.deadline = State.LINGERS, time.monotonic() + LINGER_SECONDS

    def _close(self, one: Caller) -> None:
        if one.state is State.CLOSED:
            return
        if one.state is not State.ANSWERED:
            self._forget(one)
        one.state = State.CLOSED
        self._connections.pop(one.number, None)
        self._listen(one, 0)
        one.socket.close()

    def _forget(self, one: Caller) -> None:
        """Let the bytes of a request go."""
        self._held -= len(one.request.data)
        one.request = Incoming()

    def _listen(self, one: Caller, events: int) -> None:
        """Wait for these events of a connection, for none with 0."""
        if events == one.events:
            return
        if not one.events:
            self._poller.register(one.socket, events, partial(self._on_event, one))
        elif not events:
            self._poller.unregister(one.socket)
        else:
            self._poller.modify(one.socket, events, partial(self._on_event, one))
        one.events = events

    # -- between the threads -----------------------------------------------------------------------------------

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"x")
        except BlockingIOError:
            return  # it is full: whoever reads it wakes

    def _woken(self, _events: int) -> None:
        os.read(self._wake_read, 4096)
        while self._answered:
            self._answered.popleft()()
