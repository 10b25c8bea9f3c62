"""A furnished simulator with a clock, served, and connections to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from adapters.halopsa.simulator import WEBHOOK_TOKEN, Simulator
from adapters.halopsa.system import connect
from adapters.halopsa.variables import HaloSettings, WebhookBearer
from connector.clock import VirtualClock
from connector.model import InboundRequest, TicketId
from connector.systems.contract import TicketSystem

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOMES = ("First Touch", "Tier 3", "Sr IT")
WEBHOOK_URL = "https://escalator.example.com/webhooks/halopsa"
FIXTURES = Path(__file__).parents[3] / "fixtures" / "halopsa"


class Site:
    """A simulator, the clock that it and its connections share, and the webhooks that it posted.

    Waiting moves the clock: ``slept`` are the seconds.
    """

    def __init__(self, **options: Any) -> None:
        self.clock = VirtualClock(START)
        self.posts: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.answers: list[int] = []
        self.slept: list[float] = []
        self.simulator = Simulator(
            self.clock, **{"callback_delivery": "manual", "post": self._post, **options}
        ).standard_desk()
        self.faults = self.simulator.faults

    def settings(self, **changes: Any) -> HaloSettings:
        """The settings that reach this simulator."""
        simulator = self.simulator
        values: dict[str, Any] = {
            "url": simulator.base_url,
            "auth_url": f"{simulator.base_url}/auth",
            "client_id": simulator.client_id,
            "client_secret": simulator.client_secret,
            "proof": WebhookBearer((WEBHOOK_TOKEN,)),
            "tenant": simulator.access.tenant,
        }
        return HaloSettings(**{**values, **changes})

    def connected(self, homes: tuple[str, ...] = HOMES, **options: Any) -> TicketSystem:
        """A connection. ``options``: settings that differ, and HTTP options."""
        names = HaloSettings.__dataclass_fields__
        changes = {name: options.pop(name) for name in list(options) if name in names}
        http = {
            "webhook_url": WEBHOOK_URL,
            "attempts": 1,
            "read_seconds": 2.0,
            "calls_per_window": None,
            "sleep": self.sleep,
            **options,
        }
        return connect(self.settings(**changes), homes, NoKeys(), self.clock, **{"webhook_url": WEBHOOK_URL, **http})

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def a_ticket(self, **more: Any) -> TicketId:
        """A new ticket at the first tier."""
        return TicketId(str(self.simulator.create_ticket("VPN drops", **{"team": "First Touch", **more})))

    def later(self, minutes: float = 1) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    def requests(self) -> list[InboundRequest]:
        """The webhooks sent so far, as a web process receives them."""
        self.simulator.deliver_pending()
        sent = [
            InboundRequest(body, {name.lower(): value for name, value in headers.items()})
            for _, body, headers in self.posts
        ]
        self.posts.clear()
        return sent

    def call(self, method: str, path: str, payload: Any = None, token: str | None = None, **query: Any) -> TestResponse:
        """A call without a socket, with a good token unless another is given."""
        if token is None:
            token = self.token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        options: dict[str, Any] = {} if payload is None else {"json": payload}
        client = self.simulator.app.test_client()
        return client.open(f"/api/{path}", method=method, headers=headers, query_string=query, **options)

    def token(self) -> str:
        """A good token."""
        simulator = self.simulator
        given = simulator.access.token_for(simulator.client_id, simulator.client_secret, "all", simulator.access.tenant)
        return str(given["access_token"])

    def _post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        self.posts.append((url, body, headers))
        return self.answers.pop(0) if self.answers else 202


class NoKeys:
    """Halo has no signing keys."""

    def get(self, reference: str) -> tuple[str, datetime] | None:
        raise AssertionError(reference)

    def put(self, reference: str, key: str) -> None:
        raise AssertionError(reference)


def fixture(name: str) -> dict[str, Any]:
    found = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def fixtures(kind: str) -> list[str]:
    """The names of the recorded events of that kind."""
    names = sorted(path.stem for path in FIXTURES.glob("*.json"))
    return [name for name in names if fixture(name)["kind"] == kind]
