"""A client's connection, as the door keeps it."""

from __future__ import annotations

import selectors
import socket
import time
from enum import Enum, auto
from itertools import count
from typing import Any

from connector.app.framing import Incoming

_numbers = count(1)


class State(Enum):
    """What is waited for: the rest of a request, its answer, a further request, the client's end; or nothing."""

    RECEIVES = auto()
    ANSWERED = auto()
    IDLE = auto()
    LINGERS = auto()
    CLOSED = auto()


class Caller:
    """``since`` and ``deadline`` are by the monotonic clock; ``events``: what the poller waits for."""

    def __init__(self, client: socket.socket, address: Any, sender: str, deadline: float) -> None:
        self.number = next(_numbers)
        self.socket = client
        self.address = address
        self.server = client.getsockname()
        self.sender = sender
        self.is_trusted = False
        self.events = selectors.EVENT_READ
        self.unsent = self.rest = b""
        self.is_last = False
        self.drained = 0
        self.begin(deadline)

    def begin(self, deadline: float) -> None:
        """A new request is expected until then."""
        self.state = State.RECEIVES
        self.request = Incoming()
        self.since = time.monotonic()
        self.deadline = deadline

    def send(self, data: bytes) -> bytes:
        """Send what can be sent at once; what is left. Nothing is left for a client that is gone."""
        while data:
            try:
                data = data[self.socket.send(data) :]
            except BlockingIOError:
                return data
            except OSError:
                return b""
        return b""
