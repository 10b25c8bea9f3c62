"""Outages of a real PostgreSQL in the middle of escalations by two worker processes, and what came of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.connectwise.simulator import Simulator
from connector.clock import SystemClock
from connector.model import Mode
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from tests.crash.desks import (
    announce,
    assert_each_went_up_once,
    held,
    is_up,
    open_tickets,
    order_for,
    our_notes,
    until,
)
from tests.crash.executioner import Executioner
from tests.crash.workers import NAME, Crew, crash_policy
from tests.e2e.database.proxy import Proxy
from tests.postgresql import Cluster

WORKERS = 2
SERVED_WITHIN = 20.0
SETTLED_WITHIN = 180.0
"""A claim that was made, without that the worker ever learned of it, waits for its lease to run out."""

DATABASE = "outages"


@dataclass(frozen=True, slots=True)
class Outage:
    """How long the database is away, in seconds; and whether it is stopped, or does not answer."""

    seconds: float
    is_silent: bool = False

    def __str__(self) -> str:
        return f"{'cut off without an answer' if self.is_silent else 'stopped'} for {self.seconds:g} s"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an outage. ``done_before``: notes that were written when it began, of so many ``tickets``.

    ``served_after``: seconds from its end until the first newly due ticket was up; ``settled_after``: until all were.
    """

    outage: Outage
    tickets: int
    done_before: int
    served_after: float
    settled_after: float

    def __str__(self) -> str:
        return (
            f"{self.outage}: began after {self.done_before} of {self.tickets} notes; the next ticket was up "
            f"{self.served_after:.1f} s after its end, all of them after {self.settled_after:.1f} s"
        )


@dataclass(frozen=True, slots=True)
class World:
    """The desk, the database, the way to it, and the workers."""

    simulator: Simulator
    executioner: Executioner
    cluster: Cluster
    proxy: Proxy
    store: Store
    crew: Crew

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.store)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Two workers at a simulated desk, whose way to a private PostgreSQL leads through a proxy."""
    cluster = Cluster.at(folder)
    cluster.start()
    simulator = Simulator(SystemClock(), callback_delivery="manual").standard_desk()
    executioner = Executioner(simulator)
    try:
        cluster.create(DATABASE)
        store = Store.open(cluster.url(DATABASE))
        store.migrate()
        connections = Connections(store)
        connections.ensure(NAME, Mode.ENFORCE, crash_policy().version)
        connections.set_swept(NAME, store.now())
        with simulator.serve(), Proxy(cluster.port) as proxy:
            url = cluster.url(DATABASE).replace(f":{cluster.port}/", f":{proxy.port}/")
            crew = Crew(order_for(simulator, url, lease=60.0, http=5.0, settle=3.0))
            crew.keep(WORKERS)
            try:
                yield World(simulator, executioner, cluster, proxy, store, crew)
            finally:
                crew.dismiss()
        store.close()
    finally:
        cluster.stop()


def endure(here: World, outages: Sequence[Outage], tickets: int, tell: Callable[[Result], None]) -> None:
    """Let the outages happen, each in the middle of so many escalations. AssertionError where anything went wrong."""
    every: list[int] = []
    for outage in outages:
        result, found = _happen(here, outage, tickets)
        every += found
        tell(result)
        assert result.served_after <= SERVED_WITHIN, str(result)
    assert held(here.mailbox) == {}
    assert here.crew.stop() == [0] * WORKERS
    assert_each_went_up_once(here.simulator, here.store, every, here.executioner.moves)


def _happen(here: World, outage: Outage, count: int) -> tuple[Result, list[int]]:
    tickets = open_tickets(here.simulator, count)
    announce(here.mailbox, tickets)
    until(lambda: _notes(here, tickets) >= count // 4, "a quarter of the notes is written")
    _begin(here, outage)
    before = _notes(here, tickets)
    time.sleep(outage.seconds)
    _end(here, outage)
    ended = time.monotonic()
    [fresh] = open_tickets(here.simulator, 1)
    until(lambda: _is_announced(here, fresh), "the database takes mail")
    until(lambda: is_up(here.simulator, fresh), "the newly due ticket is up")
    served = time.monotonic() - ended
    tickets.append(fresh)
    until(lambda: all(is_up(here.simulator, one) for one in tickets), "every ticket is up", SETTLED_WITHIN)
    settled = time.monotonic() - ended
    until(lambda: not held(here.mailbox), "nothing is in anybody's hands", SETTLED_WITHIN)
    return Result(outage, count, before, served, settled), tickets


def _begin(here: World, outage: Outage) -> None:
    if outage.is_silent:
        here.proxy.silence()
    else:
        here.proxy.cut()
        here.cluster.stop()


def _end(here: World, outage: Outage) -> None:
    if not outage.is_silent:
        here.cluster.start()
    here.proxy.mend()


def _notes(here: World, tickets: Sequence[int]) -> int:
    return sum(bool(our_notes(here.simulator, ticket)) for ticket in tickets)


def _is_announced(here: World, ticket: int) -> bool:
    try:
        announce(here.mailbox, [ticket])
    except StoreUnavailable:
        return False
    return True
