"""A receiver of webhooks that checks their signatures, can be closed and opened again, and answers as it is told."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.e2e.rt.instance import SECRET


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came in, and how it was answered."""

    id: str
    attempt: int
    sent_at: int
    is_signed: bool
    body: Mapping[str, Any]
    status: int
    came_at: float

    @property
    def transaction(self) -> int:
        """The transaction that it tells of."""
        return int(self.body["transaction"]["id"])


class Receiver:
    """Listens on one port. ``answers``: the status and headers for each request to come; 202 when there is none."""

    def __init__(self, port: int, secret: str = SECRET) -> None:
        self.port = port
        self.secret = secret
        self.deliveries: list[Delivery] = []
        self.answers: list[tuple[int, Mapping[str, str]]] = []
        self.on_delivery: Callable[[Delivery], None] = lambda delivery: None
        self._came = threading.Condition()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens while it is open."""
        return f"http://127.0.0.1:{self.port}/webhooks/rt"

    def open(self) -> None:
        """Begin to listen."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop listening, as if it were switched off."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def received(self, *, refused: bool = False) -> list[Delivery]:
        """What was accepted so far, in order; with ``refused`` also what was not."""
        with self._came:
            return [delivery for delivery in self.deliveries if refused or delivery.status < 300]

    def wait_for(self, condition: Callable[[list[Delivery]], bool], patience: float = 30) -> list[Delivery]:
        """Wait until what came in, refused ones too, meets a condition. AssertionError when it does not."""
        with self._came:
            is_met = self._came.wait_for(lambda: condition(self.deliveries), patience)
            assert is_met, [(one.transaction, one.attempt, one.status) for one in self.deliveries]
            return list(self.deliveries)

    def _take(self, headers: Mapping[str, str], raw: bytes) -> tuple[int, Mapping[str, str]]:
        now = time.time()
        sent_at = headers.get("X-RT-Timestamp", "0")
        digest = hmac.new(self.secret.encode(), f"{sent_at}.".encode() + raw, hashlib.sha256).hexdigest()
        is_signed = hmac.compare_digest(f"sha256={digest}", headers.get("X-RT-Signature", ""))
        is_signed = is_signed and abs(now - int(sent_at)) < 60
        with self._came:
            status, more = self.answers.pop(0) if self.answers else (202 if is_signed else 401, {})
            attempt = int(headers.get("X-RT-Attempt", "0"))
            delivery = Delivery(
                headers.get("X-RT-Delivery", ""), attempt, int(sent_at), is_signed, json.loads(raw), status, now
            )
            self.on_delivery(delivery)
            self.deliveries.append(delivery)
            self._came.notify_all()
        return status, more

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                status, more = receiver._take(dict(self.headers.items()), raw)
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                # A closed receiver must not live on in connections that were kept.
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
