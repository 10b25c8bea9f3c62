"""What plays a part of a desk listens in a thread that ends at once, whoever calls."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_connection
from urllib.request import urlopen

import pytest

from connector.systems.desk import serve_in_background


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_who_calls_is_answered_until_it_is_ended() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    stop = serve_in_background(server, "of a test")
    for _ in range(3):
        with urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
            assert answer.status == 204
    stop()
    assert "of a test" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(ConnectionRefusedError):
        create_connection(("127.0.0.1", server.server_port))


def test_a_caller_who_is_gone_before_he_is_heard_keeps_nobody() -> None:
    """The thread that serves is told that somebody calls, and finds nobody."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    asked = threading.Event()
    handle = server.handle_request

    def taken_by_another_process() -> None:
        if not asked.is_set():
            server.socket.accept()[0].close()
            asked.set()
        handle()

    server.handle_request = taken_by_another_process  # type: ignore[method-assign]
    stop = serve_in_background(server, "of a test")
    create_connection(("127.0.0.1", server.server_port)).close()
    assert asked.wait(10)
    with urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
        assert answer.status == 204
    stop()
