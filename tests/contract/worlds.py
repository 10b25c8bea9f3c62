"""A desk, connections to it, and the time between: what the contract's tests are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from connector.clock import Clock, VirtualClock
from connector.errors import KeyUnknown
from connector.model import InboundRequest, Notice, Person, Place, StatusGroup, TicketId, TicketRecord
from connector.systems.catalogue import CatalogueEntry
from connector.systems.contract import TicketSystem
from connector.systems.desk import Desk
from connector.web.address import address_of
from tests.contract.servers import Catcher, Relay, serving

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When a simulated world begins: a Monday."""

NOWHERE = "No such home"


class MemoryKeys:
    """Signing keys in memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[str, datetime]] = {}

    def get(self, reference: str) -> tuple[str, datetime] | None:
        return self._kept.get(reference)

    def put(self, reference: str, key: str) -> None:
        self._kept[reference] = (key, self._clock.now())


@dataclass
class World:
    """One ticket system with its desk. ``system`` is the connection that most tests use.

    ``address``: where the ticket system is, just as its variables have it, so that a relay can stand in its place.
    ``tick`` lets time pass: what is done afterwards carries a later time than what was done before. ``slack``: how far
    a time may be off, because a real system has a clock of its own. ``many``: more tickets than a usual page holds, or
    as many as the system can bear. ``patience``: seconds to wait for a webhook that goes by itself.
    """

    entry: CatalogueEntry
    desk: Desk
    address: str
    clock: Clock
    tick: Callable[[], None]
    stack: ExitStack
    slack: timedelta = timedelta(0)
    many: int = 1100
    patience: float = 0.0
    http_options: Mapping[str, Any] = field(default_factory=dict)
    catcher: Catcher = field(default_factory=Catcher)
    public_url: str = ""

    def __post_init__(self) -> None:
        self.public_url = self.public_url or self.stack.enter_context(serving(self.catcher))
        self.keys = MemoryKeys(self.clock)
        self.system = self.connect()

    # Connections.

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of a connection."""
        return dict(self.desk.variables())

    @property
    def webhook_url(self) -> str:
        """Where the connection's webhooks are to be sent."""
        return address_of(self.public_url, f"{self.entry.name}-of-tests")

    @property
    def secrets(self) -> dict[str, str]:
        """Those of them that must never be seen, by name."""
        secret = {variable.name for variable in self.entry.variables if variable.is_secret}
        return {name: value for name, value in self.variables.items() if name in secret}

    def connect(
        self,
        homes: Sequence[str] | None = None,
        changed: Mapping[str, str] | None = None,
        at: str | None = None,
        **http_options: Any,
    ) -> TicketSystem:
        """A further connection. ``changed``: variables that differ; ``at``: in place of the desk's own address."""
        values = {**self.variables, **(changed or {})}
        if at is not None:
            values = {name: value.replace(self.address, at) for name, value in values.items()}
        system = self.entry.connect(
            self.entry.settings_from(values),
            list(self.desk.homes if homes is None else homes),
            self.keys,
            self.clock,
            **{"webhook_url": self.webhook_url, **self.http_options, **http_options},
        )
        self.stack.callback(system.line.close)
        return system

    def relayed(self, **http_options: Any) -> tuple[TicketSystem, Relay]:
        """A connection that makes its calls through a relay, and has made some: it knows whom it talks to."""
        relay = Relay(self.address)
        at = self.stack.enter_context(serving(relay))
        system = self.connect(at=at, **{"attempts": 1, "read_seconds": 10.0, **http_options})
        system.directory.locate(self.desk.homes[0])
        return system, relay

    # Looking things up.

    def home(self, tier: int) -> Place:
        """The place of a tier's home."""
        return self.system.directory.locate(self.desk.homes[tier - 1])

    def person(self, name: str) -> Person:
        """The member of that name in ``STAFF``."""
        return self.system.directory.member(self.desk.member(name))

    def ticket(self, summary: str = "VPN client cannot connect", **given: Any) -> TicketId:
        """A new ticket on the first tier."""
        return self.desk.open_ticket(summary, **given)

    def worked_on(self, **given: Any) -> TicketId:
        """A ticket that Tess holds and works on."""
        ticket = self.ticket(**{"owner": "tess", **given})
        self.desk.set_status(ticket, "tess", StatusGroup.WORKING)
        return ticket

    def read(self, ticket: TicketId) -> TicketRecord:
        """The ticket as the connection reads it."""
        return self.system.tickets.read(ticket)

    # Time.

    def now(self) -> datetime:
        """The present second."""
        return self.clock.now().replace(microsecond=0)

    def is_at(self, found: datetime, expected: datetime) -> bool:
        """Whether a moment that the connection gives is the expected one: to the second, but for ``slack``."""
        assert found.utcoffset() == timedelta(0), f"{found} is not in UTC"
        return abs(found.replace(microsecond=0) - expected) <= self.slack

    # Webhooks.

    def has_webhooks_sent(self) -> None:
        """Register for webhooks, or install what sends them."""
        if self.system.manages_webhooks:
            self.system.webhooks.register()
        else:
            self.desk.send_webhooks_to(self.webhook_url)

    def webhooks(self, count: int = 1) -> list[InboundRequest]:
        """The webhooks sent since this was asked last: at least ``count``, or what came within the patience."""
        self.desk.deliver()
        return self.catcher.take(lambda caught: len(caught) >= count, self.patience)

    def let_in(self, request: InboundRequest) -> list[Notice]:
        """The notices of a webhook, verified as a worker does it: a signing key is learned where one is unknown."""
        try:
            self.system.webhooks.verify(request)
        except KeyUnknown as unknown:
            self.system.webhooks.learn_key(unknown.reference)
            self.system.webhooks.verify(request)
        return self.system.webhooks.parse(request)

    def noticed(self) -> list[Notice]:
        """The notices of all webhooks since this was asked last."""
        return [notice for request in self.webhooks() for notice in self.let_in(request)]

    # What only some systems can.

    def needs(self, ability: bool, what: str) -> None:
        """Skip the test on a system that does not offer it, and says so."""
        if not ability:
            pytest.skip(f"{self.entry.name} {what}")


@contextmanager
def simulated_world(entry: CatalogueEntry) -> Iterator[World]:
    """A world on the adapter's own simulator, with time that is moved."""
    clock = VirtualClock(START)
    with ExitStack() as stack:
        desk = entry.simulated(clock)
        address = stack.enter_context(desk.serve())
        options = {
            "calls_per_window": None,
            "monotonic": lambda: clock.now().timestamp(),
            "sleep": lambda seconds: clock.advance(timedelta(seconds=seconds)),
        }
        yield World(
            entry,
            cast("Desk", desk),
            address,
            clock,
            lambda: clock.advance(timedelta(minutes=1)),
            stack,
            http_options=options,
        )
