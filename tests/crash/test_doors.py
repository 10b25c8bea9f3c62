"""Hostile senders before a real web process: who is slow, who sends much, and who sends what is no HTTP."""

from __future__ import annotations

import json
import re
import selectors
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from adapters.connectwise.simulation.callbacks import sign
from connector.app.door import MOST_CONNECTIONS
from connector.app.places import MOST_SLOW
from connector.app.serve import THREADS
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.signing_keys import SigningKeyStore
from tests.crash.desks import until
from tests.crash.services import Service, a_free_port, environment, service

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

PATIENCE = 30.0
KEY = "a-signing-key"
SITE = "http://127.0.0.1:9"
KEY_URL = f"{SITE}/v2025_1//system/callbackkey/index.rails?companyName=trainco&id=0f0e0d0c-0000-4000-8000-000000000001"
HEAD = b"POST /webhooks/connectwise HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
HEALTH = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doors")


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[Service]:
    """One web process on SQLite that knows a signing key."""
    environ = environment(
        {
            "DATABASE_URL": f"sqlite:///{folder / 'escalator.db'}",
            "PORT": str(a_free_port()),
            "WEB_CONCURRENCY": "1",
            "LOG_LEVEL": "warning",
            "CONNECTWISE_URL": SITE,
            "CONNECTWISE_COMPANY": "trainco",
            "CONNECTWISE_PUBLIC_KEY": "public-1234",
            "CONNECTWISE_PRIVATE_KEY": "private-1234",
            "CONNECTWISE_CLIENT_ID": "client-1234",
            "TIER_1_HOME": "Service Desk",
            "TIER_2_HOME": "Tier 3",
            "TIER_3_HOME": "Sr IT",
        }
    )
    store = Store.open(environ["DATABASE_URL"])
    store.migrate()
    SigningKeyStore(store, "connectwise").put(KEY_URL, KEY)
    store.close()
    with service("web", environ, folder) as running:
        until(running.is_live, "the web process answers")
        yield running


@pytest.fixture
def mailbox(folder: Path, web: Service) -> Iterator[Mailbox]:
    store = Store.open(f"sqlite:///{folder / 'escalator.db'}")
    yield Mailbox(store)
    store.close()


def port_of(web: Service) -> int:
    return int(web.url.rpartition(":")[2])


@contextmanager
def a_connection(web: Service, said: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port_of(web)), timeout=PATIENCE) as caller:
        caller.sendall(said)
        yield caller


def answer_to(web: Service, *parts: bytes) -> bytes:
    """All that comes until the server hangs up."""
    with a_connection(web) as caller:
        for part in parts:
            caller.sendall(part)
        return read_to_the_end(caller)


def read_to_the_end(caller: socket.socket) -> bytes:
    received = b""
    while part := caller.recv(65_536):
        received += part
    return received


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]


def a_webhook(name: str, ticket: int = 4711, **more: object) -> tuple[bytes, dict[str, str]]:
    """A body that is signed as it must be, and its headers."""
    message = {"MessageId": name, "Action": "updated", "Type": "ticket", "ID": ticket, "Entity": None, **more}
    body = json.dumps({**message, "Metadata": {"key_url": KEY_URL}}).encode()
    return body, {"Content-Type": "application/json", "x-content-signature": sign(KEY, body)}


def post(web: Service, name: str, **more: object) -> requests.Response:
    body, headers = a_webhook(name, **more)
    return requests.post(f"{web.url}/webhooks/connectwise", data=body, headers=headers, timeout=PATIENCE)


def raw(name: str, **more: object) -> bytes:
    body, headers = a_webhook(name, **more)
    said = "".join(f"{header}: {value}\r\n" for header, value in headers.items())
    said += f"Host: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    return f"POST /webhooks/connectwise HTTP/1.1\r\n{said}\r\n".encode() + body


UNFINISHED = {
    "silent": b"",
    "in its head": HEAD,
    "in its body": HEAD + b"Content-Length: 200000\r\n\r\n{",
    "in its chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
}


@pytest.mark.parametrize("said", UNFINISHED.values(), ids=UNFINISHED)
def test_sixty_four_who_never_finish_keep_nobody_from_being_heard(web: Service, said: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(a_connection(web, said))
        assert [post(web, f"{said[-9:]!r}{n}").status_code for n in range(5)] == [202] * 5
        assert statuses(answer_to(web, HEALTH)) == [200]


def test_of_one_sender_so_many_slow_requests_stay_and_no_more(web: Service) -> None:
    with ExitStack() as stack, selectors.DefaultSelector() as waiting:
        callers = [stack.enter_context(a_connection(web, HEAD)) for _ in range(MOST_SLOW + 9)]
        for caller in callers:
            waiting.register(caller, selectors.EVENT_READ)
        ended: set[int] = set()
        while len(ended) < 9:
            found = waiting.select(PATIENCE)
            assert found, f"only {len(ended)} were ended"
            for key, _ in found:
                waiting.unregister(key.fileobj)
                ended.add(callers.index(key.fileobj))
        assert ended == set(range(9))
        assert statuses(read_to_the_end(callers[0])) == [503]


def test_a_request_that_does_not_come_to_its_end_is_ended(web: Service) -> None:
    with a_connection(web) as silent, a_connection(web, HEAD) as slow:
        assert statuses(read_to_the_end(slow)) == [408]
        assert statuses(read_to_the_end(silent)) == [408]


def test_more_connections_than_there_are_places_make_room_for_whoever_comes(web: Service) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS + 20):
            stack.enter_context(a_connection(web, HEAD))
        assert post(web, "crowded").status_code == 202


def test_health_answers_while_every_thread_waits_for_the_database(web: Service, folder: Path) -> None:
    holder = sqlite3.connect(folder / "escalator.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(2 * THREADS) as pool:
        waiting = [pool.submit(post, web, f"held-{n}") for n in range(2 * THREADS)]
        assert statuses(answer_to(web, HEALTH)) == [200]
        assert not any(one.done() for one in waiting)
        holder.execute("ROLLBACK")
        assert {one.result(PATIENCE).status_code for one in waiting} <= {202, 429}
    holder.close()


NO_HTTP = {
    "a chunk size that is none": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
    "a negative chunk size": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n", 400),
    "an endless chunk size": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 9000, 400),
    "a chunk size beyond all bounds": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}", 400),
    "a chunk without its end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n", 400),
    "a trailer": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-A: b\r\n\r\n", 400),
    "a length in a trailer": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 3\r\n\r\n",
        400,
    ),
    "a trailer that is none": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\0\r\n\r\n", 400),
    "two lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400),
    "a length and chunks": (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
    "a length that is none": (HEAD + b"Content-Length: +2\r\n\r\n{}", 400),
    "chunks twice": (HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    "another transfer coding": (HEAD + b"Transfer-Encoding: zip\r\n\r\n0\r\n\r\n", 501),
    "NUL in a header": (HEAD + b"X-A: a\0b\r\n\r\n", 400),
    "a header that is no UTF-8": (HEAD + b"X-A: \xed\xa0\x80\r\n\r\n", 400),
    "a header without a name": (HEAD + b": a\r\n\r\n", 400),
    "a header on two lines": (HEAD + b"X-A: a\r\n b\r\n\r\n", 400),
    "NUL in the path": (b"POST /webhooks/connectwise%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a path that is no UTF-8": (b"POST /webhooks/%ED%A0%80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no request line": (b"hello\r\n\r\n", 400),
    "a head that is too large": (HEAD + b"X-A: " + b"a" * 40_000, 431),
    "a body that is too large": (HEAD + b"Content-Length: 300000\r\n\r\n" + b"a" * 300_000, 413),
    "chunks that are too large": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b"a" * 65_536 + b"\r\n" + b"4000f\r\n",
        400,
    ),
}


@pytest.mark.parametrize(("said", "status"), NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_request_is_refused_and_nothing_of_it_is_said_back(web: Service, said: bytes, status: int) -> None:
    with a_connection(web, said) as caller:
        caller.shutdown(socket.SHUT_WR)
        answer = read_to_the_end(caller)
    assert statuses(answer) == [status]
    assert b'"status": %d' % status in answer
    assert not re.search(rb"X-A|zz|hello|aaa|ffff", answer)


def test_a_body_that_ends_too_early_is_refused(web: Service) -> None:
    with a_connection(web, HEAD + b"Content-Length: 20\r\n\r\n{}") as caller:
        caller.shutdown(socket.SHUT_WR)
        assert statuses(read_to_the_end(caller)) == [400]


@pytest.mark.parametrize(
    "said",
    [
        HEAD + b"Content-Length: 300000\r\n\r\n" + HEALTH,
        HEAD + b"Content-Length: 99999999\r\n\r\n" + HEALTH,
        HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HEALTH,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + HEALTH,
        HEAD + b"Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + HEALTH,
        HEAD + b"Content-Length : 4\r\n\r\n" + HEALTH,
    ],
)
def test_nothing_of_a_refused_request_is_taken_for_the_next_one(web: Service, said: bytes) -> None:
    assert len(statuses(answer_to(web, said))) == 1


def test_requests_that_follow_each_other_at_once_are_answered_in_order(web: Service) -> None:
    kept = HEALTH.replace(b"Connection: close\r\n", b"")
    assert statuses(
        answer_to(web, kept + kept.replace(b"live", b"nowhere") + raw("pipelined")[:50], raw("pipelined")[50:])
    ) == [
        200,
        404,
        202,
    ]


def test_in_small_pieces_it_is_the_same_request(web: Service) -> None:
    said = raw("in-pieces")
    assert statuses(answer_to(web, *(said[n : n + 7] for n in range(0, len(said), 7)))) == [202]


def test_who_asks_whether_to_go_on_is_told_so(web: Service) -> None:
    said = raw("continued").replace(b"Host: x\r\n", b"Host: x\r\nExpect: 100-continue\r\n")
    head, end, body = said.partition(b"\r\n\r\n")
    with a_connection(web, head + end) as caller:
        assert statuses(caller.recv(100)) == [100]
        caller.sendall(body)
        assert statuses(read_to_the_end(caller)) == [202]


@pytest.mark.parametrize(
    "header", [b"SCRIPT_NAME: /x", b"SCRIPT-NAME: /x", b"PATH_INFO: /health/live", b"Script_Name: /webhooks"]
)
def test_a_header_moves_nothing(web: Service, header: bytes) -> None:
    assert statuses(answer_to(web, HEALTH.replace(b"Host: x\r\n", b"Host: x\r\n" + header + b"\r\n"))) == [200]
    nowhere = HEALTH.replace(b"/health/live", b"/x/health/live").replace(
        b"Host: x\r\n", b"Host: x\r\n" + header + b"\r\n"
    )
    assert statuses(answer_to(web, nowhere)) == [404]


def test_a_delivery_that_no_database_takes_is_400_and_half_a_character_elsewhere_is_taken(web: Service) -> None:
    assert post(web, "a\0b").status_code == 400
    assert post(web, "a\ud800").status_code == 400
    assert post(web, "odd", Summary="VPN \ud83d down\0").status_code == 202


def test_a_flood_that_names_unknown_keys_is_bounded_and_keeps_no_signed_webhook_out(
    web: Service, mailbox: Mailbox
) -> None:
    address = KEY_URL.rpartition("=")[0]

    def forged(number: int) -> int:
        message = {"MessageId": str(number), "Action": "updated", "Type": "ticket", "ID": 1, "Entity": "x" * 200_000}
        key_url = f"{address}={number:08x}-0000-4000-8000-000000000000"
        headers = {"Content-Type": "application/json", "x-content-signature": "Zm9yZ2Vk"}
        body = json.dumps({**message, "Metadata": {"key_url": key_url}}).encode()
        return requests.post(
            f"{web.url}/webhooks/connectwise", data=body, headers=headers, timeout=PATIENCE
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        answered = set(pool.map(forged, range(200)))
    assert answered == {202, 429}
    assert mailbox.unverified_bytes("connectwise") <= 8 * 1024 * 1024
    assert post(web, "after the flood").status_code == 202


def test_nothing_went_wrong_meanwhile(web: Service) -> None:
    assert "Traceback" not in web.log.read_text()
