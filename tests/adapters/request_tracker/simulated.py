"""A simulated Request Tracker with a standing clock, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from werkzeug.test import TestResponse

from adapters.request_tracker.desk import SimulatedDesk, basic
from adapters.request_tracker.simulator import Simulator, password_of
from adapters.request_tracker.system import connect
from adapters.request_tracker.variables import RequestTrackerSettings
from connector.clock import VirtualClock
from connector.model import Person, Place, TicketId
from connector.systems.contract import TicketSystem

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOMES = ("First Touch", "Tier 3", "Sr IT")
SECRET = "a webhook secret, für alle"
MARKER = "ESC-7HK2M4QXPA-3ZB5N6T2QR"
NOTE = f"ESCALATED to Tier 3.\n{MARKER}"


class Site:
    """A furnished simulator that is served, its desk, and a connection without retries."""

    def __init__(self, simulator: Simulator, clock: VirtualClock) -> None:
        self.simulator = simulator
        self.clock = clock
        self.desk = SimulatedDesk(simulator)
        self.faults = simulator.faults
        self.system = self.connect()

    def connect(self, **changes: Any) -> TicketSystem:
        """A further connection. ``changes``: settings, ``homes``, or options of the HTTP client."""
        names = set(RequestTrackerSettings.__dataclass_fields__)
        settings = {
            "url": self.simulator.state.base_url,
            "token": self.simulator.token,
            "webhook_secret": (SECRET,),
            **{name: value for name, value in changes.items() if name in names},
        }
        options = {
            "attempts": 1,
            "calls_per_window": None,
            "monotonic": lambda: self.clock.now().timestamp(),
            **{name: value for name, value in changes.items() if name not in {*names, "homes"}},
        }
        homes = changes.get("homes", HOMES)
        return connect(RequestTrackerSettings(**settings), homes, NoKeys(), self.clock, **options)

    def ticket(self, summary: str = "VPN drops", **given: Any) -> TicketId:
        """A client's ticket at the first tier, Tess's unless told otherwise."""
        return self.desk.open_ticket(summary, **{"owner": "tess", **given})

    def home(self, tier: int) -> Place:
        return self.system.directory.locate(HOMES[tier - 1])

    def member(self, name: str) -> Person:
        return self.system.directory.member(name)

    def calls(self) -> list[tuple[str, str]]:
        """The calls since this was asked last: method and path."""
        found = [(call.method, call.path) for call in self.simulator.calls]
        self.simulator.forget_calls()
        return found

    # Calls of people without a socket.

    def call(
        self,
        who: str,
        method: str,
        path: str,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> TestResponse:
        """A call with somebody's password."""
        auth = {"Authorization": basic(who, password_of(who))} if who else {}
        more = {} if json is None else {"json": json}
        client = self.simulator.app.test_client()
        return client.open(
            f"/REST/2.0/{path}", method=method, headers={**auth, **(headers or {})}, query_string=query, **more
        )


class NoKeys:
    """RT has no signing keys."""

    def get(self, reference: str) -> tuple[str, datetime] | None:
        raise AssertionError(reference)

    def put(self, reference: str, key: str) -> None:
        raise AssertionError(reference)


@contextmanager
def a_site(**options: Any) -> Iterator[Site]:
    """A site that is served while the block runs."""
    clock = VirtualClock(NINE)
    simulator = Simulator(clock, **{"webhook_delivery": "manual", **options}).standard_desk()
    with simulator.serve():
        site = Site(simulator, clock)
        try:
            yield site
        finally:
            site.system.line.close()
