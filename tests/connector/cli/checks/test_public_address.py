"""Whether the public address leads to this very service: proven by a nonce, or told where it leads and why."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from connector.cli.checks import public_address
from connector.cli.checks.public_address import of_public_address
from connector.config.settings import ConfiguredConnection
from connector.model import Finding, Severity
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.heartbeats import beat
from connector.store.mailbox import Mailbox
from connector.store.queries.nonces import Nonces
from connector.web.app import create_app
from connector.web.deps import Deps, ServiceFacts
from tests.certificates import Authority, speaking_tls
from tests.connector.cli.checks.situations import settings
from tests.connector.web.fakes import FakeSystem
from tests.contract.servers import serving
from tests.doubles import a_connection

App = Callable[[Request], Response]


def service(store: Store, **changes: Any) -> App:
    """The web side of a service with that database."""
    connections = {"psa": a_connection(FakeSystem())}
    facts = ServiceFacts(version="1", mode="observe")
    app = create_app(Deps(connections, Mailbox(store), lambda deliveries, within: [], facts, **changes))
    return lambda request: Response.from_app(app, request.environ)


def webhooks_alone(inner: App) -> App:
    """A proxy as it is advised to be."""
    return lambda request: inner(request) if request.path.startswith("/webhooks/") else Response("no", 404)


def below(path: str, inner: App) -> App:
    """A proxy that takes a path off."""

    def app(request: Request) -> Response:
        if not request.path.startswith(path):
            return Response("no", 404)
        request.environ["PATH_INFO"] = request.path.removeprefix(path)
        return inner(Request(request.environ))

    return app


def answering(status: int, body: str = "", **headers: str) -> App:
    return lambda request: Response(body, status, {name.replace("_", "-"): text for name, text in headers.items()})


class Ways:
    """Addresses that lead somewhere, for as long as a test lasts."""

    def __init__(self, store: Store, open_other: Callable[[], Store]) -> None:
        self.store = store
        self.open_other = open_other
        self.slept: list[float] = []
        self._stack = ExitStack()

    def to(self, app: App) -> str:
        return self._stack.enter_context(serving(app))

    def found(self, url: str, *connections: str) -> list[Finding]:
        """What is told of an address, but that it is one of this machine, which all of these are."""
        connected = {id_: ConfiguredConnection("psa", None) for id_ in connections or ("psa",)}
        given = replace(settings(public_url=url), connections=connected)
        told = list(of_public_address(given, self.store, self.slept.append))
        return [one for one in told if "leads to this machine alone" not in one.message]

    def end(self) -> None:
        self._stack.close()


@pytest.fixture
def ways(sqlite_url: str, sqlite_template: Path, tmp_path: Path, open_store: Callable[..., Store]) -> Iterator[Ways]:
    def other() -> Store:
        path = tmp_path / "other.db"
        path.write_bytes(sqlite_template.read_bytes())
        return open_store(f"sqlite:///{path}")

    made = Ways(open_store(sqlite_url), other)
    yield made
    made.end()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECT_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(public_address, name, 0.3)


def test_an_address_that_leads_to_this_service_is_proven(ways: Ways) -> None:
    url = ways.to(service(ways.store))
    assert ways.found(url) == [Finding(Severity.OK, "PUBLIC_URL", f"{url} leads to this service")]
    assert ways.slept == []


def test_it_is_proven_by_the_webhooks_path_where_a_proxy_lets_nothing_else_through(ways: Ways) -> None:
    url = ways.to(webhooks_alone(service(ways.store)))
    [finding] = ways.found(url)
    assert finding.severity is Severity.OK
    assert finding.message == (
        f"{url} leads to this service, by {url}/webhooks/psa; nothing else is let through, as is advised"
    )


def test_an_address_with_a_path_is_proven_where_the_proxy_takes_that_off(ways: Ways) -> None:
    url = ways.to(below("/desk", service(ways.store)))
    assert [finding.severity for finding in ways.found(f"{url}/desk")] == [Severity.OK]
    assert [finding.severity for finding in ways.found(url)] == [Severity.ERROR]
    [wrong] = ways.found(ways.to(answering(404)) + "/desk")
    assert "and take /desk off before" in wrong.message


def test_what_the_service_knew_a_moment_ago_is_asked_for_again(ways: Ways) -> None:
    now = [0.0]
    app = service(ways.store, monotonic=lambda: now[0])
    url = ways.to(app)
    ways.found(url)
    ways.slept = Sleeps(now)  # a second one within the second for which the service keeps what it knows
    assert [finding.severity for finding in ways.found(url)] == [Severity.OK]
    assert now[0] > 1


class Sleeps(list):  # type: ignore[type-arg]
    """Sleeping that moves a clock."""

    def __init__(self, now: list[float]) -> None:
        self._now = now

    def append(self, seconds: float) -> None:
        self._now[0] += seconds


def test_an_escalator_with_another_database_is_told_from_this_one(ways: Ways) -> None:
    [finding] = ways.found(ways.to(service(ways.open_other())))
    assert finding.severity is Severity.ERROR
    assert "leads to an escalator with another database" in finding.message
    assert "give both the same DATABASE_URL, or correct the address" in finding.message


def test_who_repeats_what_he_is_sent_proves_nothing(ways: Ways) -> None:
    def parrot(request: Request) -> Response:
        return Response(f'{{"answer": "{request.args["nonce"]}"}}', content_type="application/json")

    assert [finding.severity for finding in ways.found(ways.to(parrot))] == [Severity.ERROR]


@pytest.mark.parametrize(
    ("app", "severity", "says"),
    [
        (answering(200, "<html>Welcome"), Severity.ERROR, "another service answers at http://127.0.0.1:"),
        (answering(404), Severity.ERROR, "(404): correct the address, or have the proxy pass /webhooks/ to where"),
        (answering(200, "x" * 1_000_000), Severity.ERROR, "another service answers"),
        (
            answering(301, Location="https://www.example.com/x"),
            Severity.ERROR,
            "redirects to www.example.com, which no",
        ),
        (answering(302, Location="/login"), Severity.ERROR, "redirects to another path there"),
        (answering(403), Severity.UNTESTED, "what stands in front refuses this host (403). It has to let POST"),
        (answering(401), Severity.UNTESTED, "refuses this host (401)"),
        (
            answering(502),
            Severity.UNTESTED,
            "answers 502, as it does not reach the web process behind it; nothing",
        ),
    ],
)
def test_what_answers_instead_is_told_with_what_to_do(ways: Ways, app: App, severity: Severity, says: str) -> None:
    [finding] = ways.found(ways.to(app))
    assert (finding.severity, says in finding.message) == (severity, True), finding.message


def test_a_redirection_is_not_followed(ways: Ways) -> None:
    led: list[str] = []

    def elsewhere(request: Request) -> Response:
        led.append(request.path)
        return Response("here")

    ways.found(ways.to(answering(302, Location=ways.to(elsewhere))))
    assert led == []


class Endless:
    """A body of which is remembered how much was taken."""

    taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(2_000):
            self.taken += 16_384
            yield b"x" * 16_384


def test_of_a_redirection_no_more_is_read_than_of_another_answer(ways: Ways) -> None:
    body = Endless()
    leads = {"Location": "https://elsewhere.example.com/"}
    (finding,) = ways.found(ways.to(lambda _: Response(iter(body), 302, leads, direct_passthrough=True)))
    assert "redirects to elsewhere.example.com" in finding.message
    assert body.taken < 8_000_000  # what fits into the buffers on the way, and is not read


def test_an_odd_answer_costs_no_other_finding(ways: Ways) -> None:
    (finding,) = ways.found(ways.to(answering(200, "[" * 16_000)))
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith("another service answers")
    assert public_address._read(302, "", b"", "http://[bad").leads_to == "what is no address"


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_closed_port_is_no_fault_before_anything_runs_and_one_afterwards(ways: Ways) -> None:
    url = closed_port()
    [before] = ways.found(url)
    assert before.severity is Severity.UNTESTED
    assert "connection refused" in before.message
    assert "nothing runs yet, as no worker was seen in the last minute; start `escalator run`" in before.message
    beat(ways.store, "worker")
    [after] = ways.found(url)
    assert (after.severity, "A worker runs: see whether `escalator web`" in after.message) == (Severity.ERROR, True)


@pytest.mark.usefixtures("hurried")
def test_who_does_not_answer_in_time_may_do_so_elsewhere(ways: Ways) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        [finding] = ways.found(f"http://127.0.0.1:{server.getsockname()[1]}")
    assert finding.severity is Severity.WARNING
    assert "no answer within 0.3 s" in finding.message
    assert "try it from elsewhere" in finding.message


def test_the_reason_of_tls_is_told(ways: Ways, tmp_path: Path) -> None:
    with speaking_tls(Authority(tmp_path).server("127.0.0.1", is_self_signed=True)) as port:
        [finding] = ways.found(f"https://127.0.0.1:{port}")
    assert (finding.severity, "its certificate is self-signed" in finding.message) == (Severity.ERROR, True)


def test_an_address_of_this_machine_is_warned_of(ways: Ways) -> None:
    given = replace(settings(public_url=closed_port()), connections={})
    alone, _ = of_public_address(given, ways.store)
    assert (alone.severity, "only a ticket system that runs here reaches it" in alone.message) == (
        Severity.WARNING,
        True,
    )


def test_without_an_address_the_poll_finds_all(ways: Ways) -> None:
    [finding] = ways.found("")
    assert finding.severity is Severity.WARNING
    assert "is not set, so no webhook can be registered: changes are found by the poll alone" in finding.message


def test_without_a_database_it_cannot_be_told(
    ways: Ways, empty_database_url: str, open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = ways.to(service(ways.store))

    def away(self: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(Nonces, "issue", away)
        assert [(one.severity, "does not answer" in one.message) for one in ways.found(url)] == [
            (Severity.UNTESTED, True)
        ]
    ways.store = open_store(empty_database_url)
    assert [(one.severity, "not set up yet" in one.message) for one in ways.found(url)] == [(Severity.UNTESTED, True)]
