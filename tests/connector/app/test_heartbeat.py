"""The outside watcher hears once a minute that all is well, and nothing while it is not."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import structlog

from connector.app.heartbeat import Heartbeat
from connector.clock import VirtualClock
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.heartbeats import beat
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Event
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.desk import serve_in_background
from connector.systems.variables import Secret
from connector.web.reasons import Inspector
from tests.connector.mailboxes import record


class Watcher(HTTPServer):
    """Keeps what is posted; answers with ``status``."""

    def __init__(self) -> None:
        self.posted: list[dict[str, object]] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ping/geheim-42"


class Handler(BaseHTTPRequestHandler):
    server: Watcher

    def do_POST(self) -> None:
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    server = Watcher()
    stop = serve_in_background(server, "listens")
    yield server
    stop()


@pytest.fixture
def store(sqlite_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Store:
    opened = open_store(sqlite_url, clock)
    Connections(opened).ensure("psa", "enforce", "v1")
    beat(opened, "worker")
    return opened


def heartbeat(store: Store, url: str) -> Heartbeat:
    return Heartbeat(Secret(url), Inspector(Mailbox(store), ["psa"], timedelta(minutes=1)), store)


def test_while_all_is_well_the_signed_head_of_the_audit_trail_is_sent(store: Store, watcher: Watcher) -> None:
    record(store, "psa", "4711", AuditEvent(Event.CLOCK, {}))
    heartbeat(store, watcher.address)()
    (body,) = watcher.posted
    head = audit.head(store)
    assert (body["entries"], body["hash"], body["at"]) == (1, head.hash, store.now().isoformat(timespec="seconds"))
    key = hmac.digest(Connections(store).get("psa").marker_key.encode(), b"audit head", "sha256")
    signed = f"{body['at']}\n{body['entries']}\n{body['hash']}".encode()
    assert body["signature"] == hmac.digest(key, signed, "sha256").hex()
    assert "4711" not in str(body)
    kept = audit.read_head(str(body["head"]))
    assert (kept.chains, verify(store, kept).why) == (head.chains, "")


def test_while_something_is_wrong_nothing_is_sent_and_the_log_says_once_what_it_is(
    store: Store, watcher: Watcher
) -> None:
    sends = heartbeat(store, watcher.address)
    troubles = Troubles(store)
    troubles.meet("psa", TroubleKind.REFUSAL, "x", "a right is missing")
    with structlog.testing.capture_logs() as lines:
        sends()
        sends()
        troubles.end("psa", TroubleKind.REFUSAL, "x")
        sends()
    assert len(watcher.posted) == 1
    assert [(line["event"], line.get("reasons")) for line in lines] == [
        ("heartbeat held back", ["refusal"]),
        ("heartbeat goes on", None),
    ]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_watcher_that_refuses_or_is_away_hurts_nothing_and_its_address_is_not_logged(
    store: Store, watcher: Watcher, status: int
) -> None:
    watcher.status = status
    with structlog.testing.capture_logs() as lines:
        heartbeat(store, watcher.address)()
        heartbeat(store, "http://127.0.0.1:9/ping/geheim-42")()
    assert len(watcher.posted) == 1
    refused, away = lines
    assert (refused["event"], refused["status"]) == ("heartbeat not taken", status)
    assert (away["event"], away["error"]) == ("heartbeat not taken", "ConnectionError")
    assert "geheim" not in str(lines)
