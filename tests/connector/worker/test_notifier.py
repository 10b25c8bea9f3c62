"""Messages really sent, over HTTP, to a listener on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from connector.errors import Temporary
from connector.model import Severity
from connector.systems.variables import Secret
from connector.worker.notifier import Notifier


class Listener(HTTPServer):
    """Takes what is posted, or refuses it."""

    def __init__(self) -> None:
        self.posted: list[dict[str, str]] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> Secret:
        return Secret(f"json://me:s3cret@127.0.0.1:{self.server_port}/hook")


class Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.status == 200:
            self.server.posted.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_message_arrives_with_its_title(listener: Listener) -> None:
    Notifier([listener.address]).send(0, "Ticket 4711: Time", "“VPN”\nClient: Acme")
    (posted,) = listener.posted
    assert (posted["title"], posted["message"]) == ("Ticket 4711: Time", "“VPN”\nClient: Acme")


def test_a_target_that_refuses_is_an_error_without_its_secret(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.status = 500
    with pytest.raises(Temporary, match=r"NOTIFY_URLS, target 1 \(json\): the message was not taken") as caught:
        Notifier([listener.address]).send(0, "t", "x")
    assert "s3cret" not in f"{caught.value} {caplog.text}"


def test_an_address_that_no_service_has_is_an_error_and_a_finding() -> None:
    notifier = Notifier([Secret("nosuch://s3cret"), Secret("json://127.0.0.1/")])
    with pytest.raises(Temporary, match="not understood"):
        notifier.send(0, "t", "x")
    bad, good = notifier.check()
    assert (bad.severity, good.severity) == (Severity.ERROR, Severity.OK)
    assert "s3cret" not in f"{bad}"
