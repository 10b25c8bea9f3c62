"""A simulated service desk with a connection to it, over a real socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from adapters.connectwise.simulator import Simulator
from adapters.connectwise.system import connect
from adapters.connectwise.variables import ConnectWiseSettings
from connector.clock import VirtualClock
from connector.model import InboundRequest, TicketId
from connector.systems.contract import TicketSystem
from tests.adapters.connectwise.site import MemoryKeys

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOMES = ["Service Desk > First Touch", "Tier 3 > Seniors", "Sr IT"]


class Desk:
    """A simulated service desk, a connection to it, and the clock of both."""

    def __init__(
        self, simulator: Simulator, clock: VirtualClock, posted: list[tuple[str, bytes, Mapping[str, str]]]
    ) -> None:
        self.simulator = simulator
        self.clock = clock
        self.posted = posted
        self.keys = MemoryKeys(clock)
        self.system = self.connected()

    def connected(self, monotonic: Callable[[], float] = time.monotonic, **changes: str) -> TicketSystem:
        """A connection of its own. ``changes``: credentials that differ."""
        simulator = self.simulator
        values = {
            "company": simulator.company,
            "public_key": simulator.public_key,
            "private_key": simulator.private_key,
            "client_id": simulator.client_id,
            **changes,
        }
        settings = ConnectWiseSettings(
            url=simulator.state.base_url,
            company=values["company"],
            public_key=values["public_key"],
            private_key=values["private_key"],
            client_id=values["client_id"],
            webhook_token=("t0ken",),
        )
        options = {"attempts": 1, "read_seconds": 2.0, "calls_per_window": None, "monotonic": monotonic}
        return connect(settings, HOMES, self.keys, self.clock, "https://escalator.example.com/hooks/desk", **options)

    def a_ticket(self, board: str = "Service Desk", team: str = "First Touch", **more: str) -> TicketId:
        number = self.simulator.create_ticket("VPN drops", "Acme", board, team=team, **more)
        return TicketId(str(number))

    def requests(self) -> list[InboundRequest]:
        """The webhooks sent so far, as a web process receives them."""
        self.simulator.deliver_pending()
        sent = [
            InboundRequest(
                body,
                {name.lower(): value for name, value in headers.items()},
                dict(parse_qsl(urlsplit(url).query)),
            )
            for url, body, headers in self.posted
        ]
        self.posted.clear()
        return sent


@contextmanager
def opened(**given: Any) -> Iterator[Desk]:
    """A desk at nine o'clock. ``given``: to the simulator's ``standard_desk``."""
    clock = VirtualClock(START)
    posted: list[tuple[str, bytes, Mapping[str, str]]] = []

    def post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        posted.append((url, body, headers))
        return 202

    simulator = Simulator(clock, callback_delivery="manual", post=post).standard_desk(**given)
    with simulator.serve():
        desk = Desk(simulator, clock, posted)
        yield desk
        desk.system.line.close()
