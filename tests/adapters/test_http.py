from __future__ import annotations

import json
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter

from adapters.answers import Answer, http_date, retry_after
from adapters.http import MOST_OF_AN_ERROR, HttpClient, HttpOptions, origin_of
from connector.clock import VirtualClock
from connector.errors import Busy, OutcomeUnknown, Permanent, Temporary, Unreachable
from connector.model import Lane
from connector.redaction import know
from connector.systems.variables import is_loopback

BASE = "https://desk.example.com"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class Stopwatch:
    """Monotonic time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def a_client(watch: Stopwatch | None = None, **options: Any) -> HttpClient:
    watch = watch or Stopwatch()
    chosen = {"sleep": watch.sleep, "monotonic": watch, "jitter": lambda low, high: high, **options}
    return HttpClient(
        options.pop("base", BASE),
        VirtualClock(NOW),
        HttpOptions(**{name: value for name, value in chosen.items() if name != "base"}),
        headers={"X-Id": "me"},
        auth={"Authorization": "Basic c2VjcmV0"},
        explain=lambda answer: "in its own words",
    )


@contextmanager
def a_port(*answers: bytes | None) -> Iterator[str]:
    """A server that gives each connection one raw answer, or with None reads the request and hangs up."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                if answer is not None:
                    connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        thread.join(10)
        server.close()


@contextmanager
def a_dripping_port(head: bytes) -> Iterator[str]:
    """A server that answers ``head``, and then a byte again and again, until somebody hangs up."""
    server, is_over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(head or b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not is_over.wait(0.01):
                connection.sendall(b"x")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        is_over.set()
        thread.join(10)
        server.close()


@responses.activate
def test_a_call_carries_its_headers_and_comes_back_with_status_and_json() -> None:
    responses.get(f"{BASE}/things", json={"a": 1}, status=404)
    client = a_client()
    answer = client.call("GET", "/things", what="read things", params={"q": "a b+c"})
    assert (answer.status, answer.json()) == (404, {"a": 1})
    sent = responses.calls[0].request
    assert sent.headers["X-Id"] == "me"
    assert sent.headers["Authorization"] == "Basic c2VjcmV0"
    assert sent.url == f"{BASE}/things?q=a%20b%2Bc"
    assert client.calls == 1


@responses.activate
@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("tickets/4711?x=1%202", "tickets/4711?x=1%202"),
        ("some folder/ü", "some%20folder/%C3%BC"),
        ("a/../b", "b"),
    ],
)
def test_an_address_goes_out_as_a_server_understands_it(path: str, sent: str) -> None:
    responses.get(f"{BASE}/{sent}", json=1)
    a_client().call("GET", path, what="x")
    assert responses.calls[0].request.url == f"{BASE}/{sent}"


@responses.activate
def test_a_call_without_authentication_shows_no_credentials() -> None:
    responses.get(f"{BASE}/things", json=1)
    a_client().call("GET", "things", what="x", is_authenticated=False)
    assert "Authorization" not in responses.calls[0].request.headers


@responses.activate
def test_an_error_that_repeats_our_credentials_comes_back_without_them() -> None:
    sent = "Authorization: Basic c2VjcmV0LW9mLXRoZS1jbGllbnQ= client_secret=geheim-42 accept: application/json"
    for status in (400, 200):
        responses.post(f"{BASE}/token", body=sent, status=status)
    know("settings", ["secret-of-the-client", "geheim-42"])
    client, form = a_client(), {"client_secret": "geheim-42", "grant_type": "client_credentials"}
    refused = client.call("POST", "token", what="x", form=form, headers={"Accept": "application/json"})
    assert refused.body == b"Authorization: Basic ***Q= client_secret=*** accept: application/json"
    # What is no error is the system's data and comes as it is.
    assert client.call("POST", "token", what="x", form=form).body == sent.encode()


@responses.activate
def test_a_read_is_repeated_after_server_errors_and_broken_connections() -> None:
    responses.get(f"{BASE}/things", status=503)
    responses.get(f"{BASE}/things", body=requests.ConnectionError("reset"))
    responses.get(f"{BASE}/things", json=[])
    watch = Stopwatch()
    assert a_client(watch).call("GET", "things", what="x").status == 200
    assert watch.slept == [0.5, 1.0]


@responses.activate
def test_a_read_that_keeps_failing_is_temporary_with_the_systems_own_words() -> None:
    responses.get(f"{BASE}/things", status=500)
    with pytest.raises(Unreachable, match=r"read things: answered 500 \(in its own words\)") as caught:
        a_client().call("GET", "things", what="read things")
    assert caught.value.retry_after is None
    assert len(responses.calls) == 3


@responses.activate
def test_retries_can_be_switched_off() -> None:
    responses.get(f"{BASE}/things", status=500)
    with pytest.raises(Temporary):
        a_client(attempts=1).call("GET", "things", what="x")
    assert len(responses.calls) == 1


@pytest.mark.parametrize("failure", [500, 502, requests.ReadTimeout("slow"), requests.ConnectionError("reset")])
@responses.activate
def test_a_write_is_never_repeated_and_its_outcome_is_unknown(failure: Any) -> None:
    if isinstance(failure, int):
        responses.post(f"{BASE}/things", status=failure)
    else:
        responses.post(f"{BASE}/things", body=failure)
    with pytest.raises(OutcomeUnknown):
        a_client().call("POST", "things", what="write", payload={"a": 1})
    assert len(responses.calls) == 1


@responses.activate
def test_a_write_that_may_be_repeated_is_repeated() -> None:
    responses.patch(f"{BASE}/things", body=requests.ReadTimeout("slow"))
    responses.patch(f"{BASE}/things", json={})
    assert a_client().call("PATCH", "things", what="x", payload=[], is_repeatable=True).status == 200


def test_a_refused_connection_means_that_nothing_was_written() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    client = a_client(base=f"http://127.0.0.1:{port}", attempts=1)
    with pytest.raises(Unreachable, match="no connection"):
        client.call("POST", "things", what="write")


@pytest.mark.parametrize(
    "failure",
    [
        requests.ConnectTimeout("slow"),
        requests.exceptions.ProxyError("proxy"),
        requests.exceptions.SSLError(ssl.SSLCertVerificationError("expired")),
    ],
)
@responses.activate
def test_what_fails_before_the_request_is_sent_is_temporary_also_for_a_write(failure: Exception) -> None:
    responses.post(f"{BASE}/things", body=failure)
    with pytest.raises(Unreachable, match="no connection"):
        a_client().call("POST", "things", what="write")


@responses.activate
def test_a_broken_encryption_after_sending_leaves_a_write_unknown() -> None:
    responses.post(f"{BASE}/things", body=requests.exceptions.SSLError("unexpected end"))
    with pytest.raises(OutcomeUnknown):
        a_client().call("POST", "things", what="write")


def test_a_connection_cut_after_sending_leaves_a_write_unknown() -> None:
    with a_port(None) as base, pytest.raises(OutcomeUnknown, match="it may have happened"):
        a_client(base=base).call("POST", "things", what="write")


def test_an_answer_cut_short_leaves_a_write_unknown() -> None:
    cut = b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"
    with a_port(cut) as base, pytest.raises(OutcomeUnknown):
        a_client(base=base).call("POST", "things", what="write")


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"])
def test_a_call_ends_by_its_total_time_whatever_drips_in(head: bytes) -> None:
    with a_dripping_port(head) as base:
        started = time.monotonic()
        with pytest.raises(Unreachable, match="no answer"):
            a_client(base=base, total_seconds=0.3, read_seconds=10.0, attempts=1).call("GET", "things", what="read")
        assert time.monotonic() - started < 5


@responses.activate
def test_too_many_calls_make_the_whole_connection_hold_still() -> None:
    responses.post(f"{BASE}/things", status=429, headers={"Retry-After": "17"})
    responses.get(f"{BASE}/things", json=[])
    watch = Stopwatch()
    client = a_client(watch)
    with pytest.raises(Busy) as caught:
        client.call("POST", "things", what="write")
    assert caught.value.retry_after == 17
    with pytest.raises(Busy) as caught:
        client.call("GET", "things", what="read")
    assert (caught.value.retry_after, caught.value.lane) == (17, None)
    assert client.budget.left is None
    assert client.budget.waits(Lane.LOOKS, 1) == 17
    assert len(responses.calls) == 1
    watch.now += 13
    assert client.call("GET", "things", what="read").status == 200
    assert watch.slept == [4.0]


@responses.activate
def test_too_many_calls_without_a_time_wait_thirty_seconds() -> None:
    responses.get(f"{BASE}/things", status=429)
    with pytest.raises(Temporary) as caught:
        a_client().call("GET", "things", what="read")
    assert caught.value.retry_after == 30


@responses.activate
def test_an_unavailable_system_that_names_a_time_is_not_asked_again_at_once() -> None:
    responses.get(f"{BASE}/things", status=503, headers={"Retry-After": "60"})
    with pytest.raises(Temporary) as caught:
        a_client().call("GET", "things", what="read")
    assert caught.value.retry_after == 60
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"Retry-After": " 0 "}, 0.0),
        ({"Retry-After": "99999999999999999999"}, 3600.0),
        ({"Retry-After": "Mon, 02 Mar 2026 10:01:00 GMT"}, 60.0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:00:00 GMT"}, 0.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:01:00 GMT", "Date": "Mon, 02 Mar 2026 12:00:00 GMT"}, 60.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2359"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(Answer(429, headers, b""), VirtualClock(NOW)) == seconds


@responses.activate
def test_a_redirect_is_refused_and_not_followed() -> None:
    responses.get(f"{BASE}/things", status=302, headers={"Location": "https://other.example.com/x?token=1"})
    with pytest.raises(Unreachable, match=r"redirected to other\.example\.com") as caught:
        a_client().call("GET", "things", what="read")
    assert "token" not in str(caught.value)
    assert len(responses.calls) == 1


def test_a_foreign_host_is_never_called() -> None:
    with pytest.raises(Permanent, match=r"elsewhere\.example\.com is not a host"):
        a_client().call("GET", "https://elsewhere.example.com/x", what="read")


@responses.activate
def test_an_oversized_answer_is_refused() -> None:
    responses.get(f"{BASE}/things", body=b"x" * 200)
    responses.post(f"{BASE}/things", body=b"x" * 200)
    client = a_client(max_bytes=100)
    with pytest.raises(Permanent, match="larger than 100 bytes"):
        client.call("GET", "things", what="read")
    with pytest.raises(OutcomeUnknown):
        client.call("POST", "things", what="write")


@responses.activate
def test_of_an_error_no_more_is_read_than_can_be_shown() -> None:
    responses.get(f"{BASE}/things", body=b"x" * 10_000_000, status=400)
    responses.get(f"{BASE}/elsewhere", body=b"x" * 10_000_000, status=302, headers={"Location": "http://[oops"})
    client = a_client()
    assert len(client.call("GET", "things", what="read").body) == MOST_OF_AN_ERROR
    with pytest.raises(Unreachable, match="redirected to another address"):
        client.call("GET", "elsewhere", what="read")


@responses.activate
def test_a_large_answer_is_read_at_once_and_its_body_is_not_kept() -> None:
    responses.get(f"{BASE}/things", body=json.dumps(["x" * 2_000_000]))
    responses.get(f"{BASE}/broken", body="x" * 2_000_000)
    client = a_client()
    answer = client.call("GET", "things", what="read")
    assert (answer.body, answer.is_empty) == (b"", False)
    assert answer.json() == ["x" * 2_000_000]
    with pytest.raises(ValueError, match="character 0"):
        client.call("GET", "broken", what="read").json()


@responses.activate
def test_of_large_answers_one_at_a_time_is_in_hand() -> None:
    responses.get(f"{BASE}/things", body=json.dumps(["x" * 2_000_000]))
    client, most = a_client(total_seconds=30.0), [0, 0]
    read = Answer.read

    def counted(self: Answer) -> Answer:
        most[0] += 1
        most[1] = max(most)
        found = read(self)
        most[0] -= 1
        return found

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(8) as pool:
        patch.setattr(Answer, "read", counted)
        list(pool.map(lambda _: client.call("GET", "things", what="read"), range(8)))
    assert most == [0, 1]


def test_an_answer_that_unpacks_to_very_much_is_refused_while_it_is_unpacked() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(64)) + packer.flush()
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with a_port(head + bomb) as base:
        tracemalloc.start()
        with pytest.raises(Permanent, match="larger than 16777216 bytes") as caught:
            a_client(base=base).call("GET", "things", what="read")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert caught.value.cause == "an answer is larger than 16 MB"
    assert peak < 40_000_000


@responses.activate
def test_an_answer_that_drips_is_given_up() -> None:
    responses.get(f"{BASE}/things", body=b"x" * 10)
    ticks = iter(range(0, 10_000, 100))
    with pytest.raises(Unreachable, match="no whole answer within 30 s"):
        a_client(monotonic=lambda: float(next(ticks)), calls_per_window=None).call("GET", "things", what="read")


def test_proxy_and_certificates_of_the_host_are_used_but_never_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/own-certificates.pem")
    sent: list[dict[str, Any]] = []

    def send(transport: HTTPAdapter, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        sent.append(how)
        raise requests.ConnectTimeout

    monkeypatch.setattr(HTTPAdapter, "send", send)
    for base in (BASE, "http://127.0.0.1:8900"):
        with pytest.raises(Temporary):
            a_client(base=base, attempts=1).call("GET", "things", what="read")
    elsewhere, here = sent
    assert elsewhere["proxies"]["https"] == "http://proxy.example.com:3128"
    assert elsewhere["verify"] == "/etc/own-certificates.pem"
    assert (here["proxies"], here["verify"]) == ({}, True)


@responses.activate
def test_cookies_are_not_kept() -> None:
    responses.get(f"{BASE}/things", json=1, headers={"Set-Cookie": "session=1"})
    client = a_client()
    client.call("GET", "things", what="read")
    client.call("GET", "things", what="read")
    assert "Cookie" not in responses.calls[1].request.headers


@responses.activate
def test_every_call_is_told_to_the_hook_also_when_no_answer_came() -> None:
    responses.get(f"{BASE}/things", json=1)
    responses.get(f"{BASE}/broken", body=requests.ConnectionError("reset"))
    told: list[tuple[str, int]] = []
    client = a_client(attempts=1, on_call=lambda method, status, seconds: told.append((method, status)))
    client.call("GET", "things", what="read")
    with pytest.raises(Temporary):
        client.call("GET", "broken", what="read")
    assert told == [("GET", 200), ("GET", 0)]


def test_a_nesting_bomb_is_no_json() -> None:
    with pytest.raises(ValueError, match="deeply"):
        Answer(200, {}, b"[" * 200_000).json()


def test_origins_and_loopback_are_told_apart() -> None:
    assert origin_of("https://Desk.Example.com/x") == "https://desk.example.com:443"
    assert origin_of("http://127.0.0.1:8900") == "http://127.0.0.1:8900"
    with pytest.raises(ValueError, match="no host"):
        origin_of("desk.example.com")
    assert is_loopback("http://[::1]:80/")
    assert not is_loopback("http://127.0.0.1.example.com")


def test_http_dates_are_read_or_none() -> None:
    assert http_date("Mon, 02 Mar 2026 10:00:00 GMT") == NOW
    assert http_date("Mon, 02 Mar 2026 10:00:00 -0000") == NOW
    assert http_date(None) is None


def test_the_clocks_are_compared_by_the_date_of_an_answer() -> None:
    client = a_client()
    assert client.clock_skew(Answer(200, {"Date": "Mon, 02 Mar 2026 10:01:00 GMT"}, b"")) == 60
    assert client.clock_skew(Answer(200, {}, b"")) is None
