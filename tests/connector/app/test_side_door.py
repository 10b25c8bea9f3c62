"""What a worker alone offers to those who watch it."""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from connector.app import web_side, wiring, worker_side
from connector.app.side_door import MOST_ASKING, MOST_HEAD_BYTES, _Head, side_door, watched
from connector.config.settings import load_settings
from connector.errors import ConfigError
from connector.store.heartbeats import beat
from connector.web.app import create_side_app
from tests.connector.app.test_serve import HOMES, a_free_port

CONNECTED = {
    "CONNECTWISE_URL": "http://127.0.0.1:9",
    "CONNECTWISE_COMPANY": "acme",
    "CONNECTWISE_PUBLIC_KEY": "public-1234",
    "CONNECTWISE_PRIVATE_KEY": "private-1234",
    "CONNECTWISE_CLIENT_ID": "client-1234",
}


@pytest.fixture
def parts(sqlite_url):
    port = str(a_free_port())
    settings = load_settings({**CONNECTED, **HOMES, "DATABASE_URL": sqlite_url, "WORKER_METRICS_PORT": port})
    made = wiring.wire(settings)
    yield made
    made.close()


def test_a_worker_offers_its_health_and_metrics_and_nothing_else(parts):
    worker = worker_side.worker_of(parts)
    with watched(parts, worker) as port:
        url = f"http://127.0.0.1:{port}"
        assert requests.get(f"{url}/health/live", timeout=5).json() == {"status": "live"}
        assert requests.get(f"{url}/health/ready", timeout=5).status_code == 503
        assert requests.get(f"{url}/health/status", timeout=5).json()["reasons"][0]["code"] == "no_worker_cycle"
        assert 'escalator_connection_up{system="connectwise"} 1.0' in requests.get(f"{url}/metrics", timeout=5).text
        for path in ("/", "/webhooks/connectwise", "/health", "/static/console.css"):
            assert requests.post(url + path, json={}, timeout=5).status_code == 404
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/health/live", timeout=5)


def test_a_worker_that_has_cycled_is_ready(parts):
    worker = worker_side.worker_of(parts)
    beat(parts.store, worker.settings.name)
    with watched(parts, worker) as port:
        assert requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200


def test_a_port_that_is_taken_is_a_clear_error(parts):
    worker = worker_side.worker_of(parts)
    with (
        watched(parts, worker),
        pytest.raises(ConfigError, match="several workers on one host need a port"),
    ):
        watched(parts, worker).__enter__()


def test_without_a_port_nothing_listens(parts, sqlite_url):
    settings = load_settings({**CONNECTED, **HOMES, "DATABASE_URL": sqlite_url})
    quiet = wiring.wire(settings)
    with watched(quiet, worker_side.worker_of(quiet)) as port:
        assert port is None
    quiet.close()


def test_an_address_of_the_next_generation_is_listened_to_as_well(parts):
    worker = worker_side.worker_of(parts)
    app = create_side_app(web_side.deps_of(parts, lambda deliveries: [], worker))
    with side_door(app, "::1", 0) as port:
        assert requests.get(f"http://[::1]:{port}/health/live", timeout=5).status_code == 200


@pytest.fixture
def port(parts) -> Iterator[int]:
    app = create_side_app(web_side.deps_of(parts, lambda deliveries: [], worker_side.worker_of(parts)))
    with side_door(app, "127.0.0.1", 0) as found:
        yield found


def a_caller(stack, port, said):
    caller = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
    caller.sendall(said)
    return caller


def test_of_those_who_never_finish_only_so_many_stay(port):
    with ExitStack() as stack:
        callers = [a_caller(stack, port, b"GET /health/live HTTP/1.1\r\nX: ") for _ in range(MOST_ASKING + 20)]
        for one in callers[:20]:
            assert one.recv(100) == b""
        assert requests.get(f"http://127.0.0.1:{port}/health/live", timeout=5).status_code == 200


def test_who_sends_a_byte_now_and_then_is_hung_up_on_all_the_same(port, monkeypatch):
    monkeypatch.setattr("connector.app.side_door.PATIENCE_SECONDS", 0.3)
    with ExitStack() as stack:
        slow = a_caller(stack, port, b"GET /health/live HTTP/1.1\r\nX: ")
        slow.settimeout(0.02)
        for _ in range(500):
            try:
                slow.sendall(b"y")
                if slow.recv(100) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
    pytest.fail("it was listened to for 10 s")


def test_of_a_head_so_much_is_read_and_no_more():
    head = _Head(io.BytesIO(b"X: y\r\n" * MOST_HEAD_BYTES))
    assert len(b"".join(iter(lambda: head.readline(65_537), b""))) == MOST_HEAD_BYTES


def test_who_hangs_up_is_no_traceback(port, capfd, caplog):
    with ExitStack() as stack:
        caller = a_caller(stack, port, b"GET /health/live HTTP/1.1\r\nX: ")
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert requests.get(f"http://127.0.0.1:{port}/health/live", timeout=5).status_code == 200
    assert capfd.readouterr().err == ""
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    "said", [b"GET /private\x1b HTTP/private\r\n\r\n", b"PRIVATE\r\n\r\n", b"PRIVATE / HTTP/1.1\r\n\r\n"]
)
def test_a_refusal_repeats_nothing_of_what_was_sent(port, said):
    with ExitStack() as stack:
        caller = a_caller(stack, port, said)
        answer = b"".join(iter(lambda: caller.recv(4096), b""))
    assert answer
    assert b"private" not in answer.lower()


def test_a_path_is_what_was_sent(port):
    assert requests.get(f"http://127.0.0.1:{port}/health//live", timeout=5).status_code == 404
