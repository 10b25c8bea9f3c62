"""What is handed over without a socket is what a socket would carry, and where the socket matters it is taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
import requests

from adapters.halopsa.simulator import Simulator
from adapters.simulation.hostility import Hostility
from connector.clock import VirtualClock
from tests.builders import at
from tests.no_sockets import handed_over

Way = Callable[[], AbstractContextManager[None]]
OF_THE_WAY = ("SERVER_SOFTWARE", "REMOTE_PORT", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "HTTP_CONNECTION")
"""What a server tells of itself and of where it listens."""


class Noting:
    """In front of a simulator: what every request looks like there."""

    def __init__(self, simulator: Simulator) -> None:
        self.seen: list[dict[str, Any]] = []
        self._inner = simulator.app.wsgi_app
        simulator.app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        told = {name: value for name, value in environ.items() if name.isupper() and name not in OF_THE_WAY}
        body = environ["wsgi.input"].read()
        self.seen.append({**told, "body": body, "is socket": "SERVER_SOFTWARE" in environ})
        environ["wsgi.input"].seek(0)
        return self._inner(environ, start_response)


def simulated() -> tuple[Simulator, Noting]:
    simulator = Simulator(VirtualClock(at("09:00")), callback_delivery="manual").standard_desk()
    return simulator, Noting(simulator)


def conversation(way: Way) -> tuple[list[Any], list[dict[str, Any]]]:
    """What came back to some requests, and how they arrived."""
    simulator, noting = simulated()
    answers = []
    with way(), simulator.serve() as address, requests.Session() as session:
        keys = {
            "grant_type": "client_credentials",
            "client_id": simulator.client_id,
            "client_secret": simulator.client_secret,
            "scope": "all",
        }
        token = session.post(f"{address}/auth/token", data=keys, timeout=5)
        session.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        for method, path, given in (
            ("GET", "/api/Tickets?search=a%20b%2Bü&count=2&empty=", {}),
            ("GET", "/api/no%20such/é%2Fè", {}),
            ("POST", "/api/Tickets", {"json": [{"summary": "Größe", "client_id": 0}]}),
            ("DELETE", "/api/Tickets/1", {}),
            ("HEAD", "/api/Team", {}),
        ):
            found = session.request(method, f"{address}{path}", timeout=5, **given)
            kept = {name: value for name, value in found.headers.items() if name != "Connection"}
            answers.append((found.status_code, found.reason, kept, found.content.replace(address.encode(), b"")))
    return answers, noting.seen


def test_requests_and_answers_are_those_of_a_socket() -> None:
    direct, arrived = conversation(handed_over)
    through_sockets, expected = conversation(nullcontext)
    assert direct == through_sockets
    assert [one.pop("is socket") for one in arrived] == [False] * 6
    assert [one.pop("is socket") for one in expected] == [True] * 6
    assert arrived == expected


@pytest.mark.parametrize("fault", ["drop", "hostile", "slow"])
def test_where_the_way_is_what_fails_it_is_taken(fault: str) -> None:
    simulator, noting = simulated()
    with handed_over(), simulator.serve() as address:
        if fault == "drop":
            simulator.faults.drop_before_performing(1)
            with pytest.raises(requests.ConnectionError):
                requests.get(address, timeout=5)
        elif fault == "hostile":
            simulator.faults.be_hostile(Hostility.COOKIES, 1)
            requests.get(address, timeout=5)
        else:
            simulator.faults.latency = 0.001
            requests.get(address, timeout=5)
        simulator.faults.reset()
        requests.get(address, timeout=5)
    assert [one["is socket"] for one in noting.seen] == [True, False]


def test_who_has_stopped_is_not_reached() -> None:
    simulator, _ = simulated()
    with handed_over():
        with simulator.serve() as address:
            assert requests.get(address, timeout=5).status_code
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=5)
