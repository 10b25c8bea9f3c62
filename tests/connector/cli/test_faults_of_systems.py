"""What an administrator gets wrong about a ticket system, planted: its address, its credentials, its rights.

``check`` makes one finding of one cause, ``webhooks`` says the same in one line; each with what, where and what to do.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from adapters import http
from adapters.connectwise.simulator import Simulator as ConnectWise
from adapters.halopsa.simulator import Simulator as HaloPSA
from adapters.request_tracker.simulation.furnishing import CONNECTOR_GROUP
from adapters.request_tracker.simulator import Simulator as RequestTracker
from connector.clock import SystemClock
from tests.certificates import Authority, speaking_tls
from tests.connector.cli.faults import SECRET, Changes, Told, assert_clear, folder, told
from tests.connector.quiet_logging import logging_as_before
from tests.contract.servers import serving

__all__ = ["folder", "logging_as_before"]

pytestmark = [pytest.mark.usefixtures("logging_as_before", "folder", "hurried"), pytest.mark.variants("kind")]

CONNECTWISE, HALOPSA, RT = "connectwise", "halopsa", "rt"
KINDS = {CONNECTWISE: ConnectWise, HALOPSA: HaloPSA, RT: RequestTracker}
ADDRESS = {CONNECTWISE: "CONNECTWISE_URL", HALOPSA: "HALOPSA_URL", RT: "RT_URL"}
FIRST_HOME = {CONNECTWISE: "Service Desk", HALOPSA: "First Touch", RT: "First Touch"}
ZONE = {"WORK_TIME_ZONE": "Europe/Berlin"}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are tried once, and not for long: what is told of them is the same."""
    usual = http.HttpClient.__init__

    def init(self: Any, base_url: str, clock: Any, options: Any = None, **more: Any) -> None:
        wanted = replace(options or http.HttpOptions(), attempts=1, connect_seconds=2.0, read_seconds=0.4)
        usual(self, base_url, clock, wanted, **more)

    monkeypatch.setattr(http.HttpClient, "__init__", init)


def environ_of(kind: str, simulator: Any) -> dict[str, str | None]:
    homes = {f"TIER_{n}_HOME": home for n, home in enumerate((FIRST_HOME[kind], "Tier 3", "Sr IT"), 1)}
    return {**simulator.environment(), **homes, **ZONE}


def errors_of(found: Told) -> list[str]:
    return [line for line in found.output.splitlines() if line.startswith("error\t")]


@dataclass(frozen=True, slots=True)
class SystemFault:
    """``plant``: makes it at a simulator, and says what is different in the environment. ``says``: what is wrong,
    where, and what to do. ``also``: the commands that say the last of it, too.
    """

    name: str
    kind: str
    plant: Callable[[Any], Changes]
    says: Sequence[str]
    also: Sequence[str] = ()


def variables(**changes: str | None) -> Callable[[Any], Changes]:
    return lambda simulator: changes


def at_site(do: Callable[[Any], object], **changes: str | None) -> Callable[[Any], Changes]:
    def plant(simulator: Any) -> Changes:
        do(simulator)
        return changes

    return plant


WEBHOOKS = ("webhooks status",)
KEYS = ["nothing at all can be read", "check CONNECTWISE_PUBLIC_KEY, _PRIVATE_KEY and _COMPANY"]
HALO_CLIENT = [
    "log in to HaloPSA: refused with 400",
    "check HALOPSA_CLIENT_ID and HALOPSA_CLIENT_SECRET, and HALOPSA_TENANT",
]
CREDENTIALS = [
    SystemFault("public key", CONNECTWISE, variables(CONNECTWISE_PUBLIC_KEY=SECRET), KEYS, WEBHOOKS),
    SystemFault("private key", CONNECTWISE, variables(CONNECTWISE_PRIVATE_KEY=SECRET), KEYS, WEBHOOKS),
    SystemFault(
        "company",
        CONNECTWISE,
        variables(CONNECTWISE_COMPANY="trainko"),
        ["there is no company 'trainko' at http://127.0.0.1:", "check CONNECTWISE_COMPANY and CONNECTWISE_URL"],
        WEBHOOKS,
    ),
    SystemFault(
        "client id",
        CONNECTWISE,
        variables(CONNECTWISE_CLIENT_ID=SECRET),
        ["The clientId header is missing or not known", "check CONNECTWISE_CLIENT_ID"],
        WEBHOOKS,
    ),
    SystemFault(
        "keys, where everything is answered 404",
        CONNECTWISE,
        at_site(lambda site: setattr(site.faults, "bad_auth_status", 404), CONNECTWISE_PRIVATE_KEY=SECRET),
        ["nothing at all can be read", "check CONNECTWISE_URL, _COMPANY and the keys"],
    ),
    SystemFault("id", HALOPSA, variables(HALOPSA_CLIENT_ID="another"), HALO_CLIENT, WEBHOOKS),
    SystemFault("secret", HALOPSA, variables(HALOPSA_CLIENT_SECRET=SECRET), HALO_CLIENT, WEBHOOKS),
    SystemFault(
        "tenant",
        HALOPSA,
        at_site(lambda site: setattr(site.access, "tenant", "ours"), HALOPSA_TENANT="theirs"),
        ["log in to HaloPSA: refused with 4", "HALOPSA_TENANT"],
        WEBHOOKS,
    ),
    SystemFault(
        "token",
        RT,
        variables(RT_TOKEN="1-14-ffffffffffffffffffffffffffffffff"),
        ["reach RT: refused with 401", "check RT_TOKEN, and that the account may use RT"],
    ),
]


def forbidden(path: str, **more: Any) -> Callable[[Any], Changes]:
    return at_site(lambda site: site.faults.forbid(path=path, **more))


def revoked(right: str) -> Callable[[Any], Changes]:
    return at_site(lambda site: site.revoke(CONNECTOR_GROUP, right))


RIGHTS = [
    *(
        SystemFault(f"to read: {path}", CONNECTWISE, forbidden(path), [f"{subject}\t", "security role needs", right])
        for path, subject, right in (
            ("^service/tickets$", "tickets", "Service Desk > Service Tickets (Inquire)"),
            ("^system/members", "members", "System > Member Maintenance (Inquire)"),
            ("^service/boards$", "boards", "System > Table Setup (Inquire)"),
            ("^service/priorities", "priorities", "System > Table Setup (Inquire)"),
            ("^time/entries", "time entries", "Time & Expense > Time Entry (Inquire)"),
            ("^system/callbacks", "webhook registrations", "the right to manage callbacks"),
        )
    ),
    *(
        SystemFault(f"to read: {path}", HALOPSA, forbidden(path), [f"{subject}\t", "refused with 403", "both need"])
        for path, subject in (
            ("^Tickets$", "tickets"),
            ("^Agent$", "agents"),
            ("^Team$", "teams"),
            ("^Priority", "priorities"),
            ("^Webhook", "webhook registrations"),
        )
    ),
    SystemFault("to see queues", RT, revoked("SeeQueue"), ["queues\tnone can be seen", "needs the right SeeQueue"]),
]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=f"{row}: {fault.kind}: {fault.name}")
        for row, faults in {"credentials": CREDENTIALS, "rights": RIGHTS}.items()
        for fault in faults
    ],
)
def test_what_a_system_refuses_is_one_finding_with_what_where_and_what_to_do(fault: SystemFault) -> None:
    simulator = KINDS[fault.kind](SystemClock()).standard_desk()
    with simulator.serve():
        environ = environ_of(fault.kind, simulator)
        environ |= fault.plant(simulator)
        found = told("check", environ)
        assert_clear(found, [f"{fault.kind}: ", *fault.says], 1)
        assert len(errors_of(found)) == 1, found.output
        for command in fault.also:
            assert_clear(told(command, {**environ, "PUBLIC_URL": "https://me.example"}), fault.says[-1:], 1)


def test_rights_that_are_missing_are_told_one_each(folder: Path) -> None:
    simulator = ConnectWise(SystemClock()).standard_desk()
    simulator.faults.forbid(path="^time/entries")
    simulator.faults.forbid(path="^system/members")
    with simulator.serve():
        found = told("check", environ_of(CONNECTWISE, simulator))
    assert [error.split("\t")[1] for error in errors_of(found)] == ["connectwise: members", "connectwise: time entries"]


# -- addresses -------------------------------------------------------------------------------------------------

NAMED = "desk.test"
"""A name that leads to this machine, and is no loopback name."""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name servers are not asked: one name is known, and the others that are none of an address are not."""
    usual = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **more: Any) -> Any:
        if isinstance(host, str) and host.endswith((".invalid", ".myconnectwise.net", ".connectwisedev.com")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return usual("127.0.0.1" if host == NAMED else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def page(request: Request) -> Response:
    return Response("<!doctype html><title>Welcome</title>", content_type="text/html")


def moved(request: Request) -> Response:
    return Response(status=302, headers={"Location": "https://login.example/start?to=here"})


@contextmanager
def unwilling(folder: Path) -> Iterator[str]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def closed(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def unknown(folder: Path) -> Iterator[str]:
    yield "https://no-such-host.invalid"


def web_server(app: Callable[[Request], Response]) -> Callable[[Path], AbstractContextManager[str]]:
    return lambda folder: serving(app)


def with_certificate(host: str = NAMED, **how: Any) -> Callable[[Path], AbstractContextManager[str]]:
    @contextmanager
    def served(folder: Path) -> Iterator[str]:
        with speaking_tls(Authority(folder).server(host, **how)) as port:
            yield f"https://{NAMED}:{port}"

    return served


@contextmanager
def without_tls(folder: Path) -> Iterator[str]:
    with serving(page) as address:
        yield address.replace("http://127.0.0.1", f"https://{NAMED}")


TRUSTED = {"REQUESTS_CA_BUNDLE": "authority.pem"}
ENDED = timedelta(days=-3)
ADDRESSES: Mapping[str, tuple[Callable[[Path], AbstractContextManager[str]], Mapping[str, str], Sequence[str]]] = {
    "closed port": (
        closed,
        {},
        ["no connection to 127.0.0.1:", "connection refused", "correct the address and the port"],
    ),
    "unknown host": (unknown, {}, ["no connection to no-such-host.invalid:443: the name is not known: correct it"]),
    "slow": (unwilling, {}, ["no answer from 127.0.0.1:", "no answer within 0.4 s"]),
    "self-signed": (
        with_certificate(is_self_signed=True),
        {},
        [f"no connection to {NAMED}:", "its certificate is self-signed: give it one", "REQUESTS_CA_BUNDLE"],
    ),
    "unknown authority": (with_certificate(), {}, [f"no connection to {NAMED}:", "authority that is not known here"]),
    "expired": (
        with_certificate(ends_in=ENDED),
        TRUSTED,
        ["its certificate has expired: renew it there (it was valid until 20"],
    ),
    "another name": (
        with_certificate("other.test"),
        TRUSTED,
        ["its certificate is for another name: use the name that it is for", "(it is for other.test)"],
    ),
    "no TLS": (without_tls, {}, [f"{NAMED}:", "it speaks no TLS at that port"]),
    "proxy": (
        unknown,
        {"HTTPS_PROXY": "http://user:geheim@127.0.0.1:9"},
        ["the proxy that the environment names does not let through", "mend HTTPS_PROXY, or add to NO_PROXY"],
    ),
    "a web page": (web_server(page), {}, ["answered 200, with a web page and not in JSON", "_URL"]),
    "redirected": (web_server(moved), {}, ["redirected to login.example; configure the address itself"]),
}


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_that_does_not_lead_there_is_one_finding_with_the_reason(
    name: str, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, variables_, says = ADDRESSES[name]
    for variable, value in variables_.items():
        monkeypatch.setenv(variable, value)
    environ = environ_of(kind, KINDS[kind](SystemClock()))
    with served(folder) as address:
        found = told("check", {**environ, ADDRESS[kind]: address})
        assert_clear(found, [f"error\t{kind}: ", *says], 1)
        assert len(errors_of(found)) == 1, found.output
        assert "geheim" not in found.output
        if kind != RT:
            told_ = told("webhooks status", {**environ, ADDRESS[kind]: address, "PUBLIC_URL": "https://me.example"})
            assert_clear(told_, [says[0].partition(" (")[0]], 1)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("sandbox-na.myconnectwise.net", "sandbox-na.myconnectwise.net"),
        ("test.connectwisedev.com", "test.connectwisedev.com"),
        ("na.myconnectwise.net", "api-na.myconnectwise.net"),
    ],
)
def test_a_sandbox_is_asked_where_it_is_and_a_region_at_its_api(host: str, asked: str) -> None:
    environ = {**environ_of(CONNECTWISE, ConnectWise(SystemClock())), "CONNECTWISE_URL": f"https://{host}"}
    assert_clear(told("check", environ), [f"no connection to {asked}:443: the name is not known"], 1)


@pytest.mark.usefixtures("names")
def test_the_authorisation_server_has_an_address_of_its_own() -> None:
    simulator = HaloPSA(SystemClock())
    environ = environ_of(HALOPSA, simulator)
    with simulator.serve():
        environ = {**environ_of(HALOPSA, simulator), "HALOPSA_AUTH_URL": "https://no-such-host.invalid/auth"}
        assert_clear(told("check", environ), ["log in to HaloPSA: no connection to no-such-host.invalid:443"], 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://desk.example.com", "must begin with https:// (plain http only to a loopback address)"),
        ("desk.example.com", "is not an address that begins with https://"),
        (f"https://me:{SECRET}@desk.example.com", "must not hold a user name or password"),
    ],
)
def test_an_address_that_can_be_none_is_refused_by_every_command(kind: str, address: str, says: str) -> None:
    environ = {**environ_of(kind, KINDS[kind](SystemClock())), ADDRESS[kind]: address}
    for command in ("check", "run", "worker", "migrate", "webhooks status"):
        assert_clear(told(command, environ), [f"escalator: {ADDRESS[kind]}: {says}", "for example https://"[:11]], 2)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (CONNECTWISE, "CONNECTWISE_URL: must not have a path"),
        (RT, "and not in RT's own way: check RT_URL"),
        (HALOPSA, ""),
    ],
)
def test_an_address_with_the_path_of_the_api_is_told_where_it_does_not_lead_there(kind: str, says: str) -> None:
    simulator = KINDS[kind](SystemClock()).standard_desk()
    with simulator.serve():
        environ = environ_of(kind, simulator)
        found = told("check", {**environ, ADDRESS[kind]: f"{environ[ADDRESS[kind]]}/api"})
    assert found.code == {CONNECTWISE: 2, RT: 1, HALOPSA: 0}[kind], found.output
    assert says in found.output
