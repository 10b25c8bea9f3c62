"""Fixtures of the crash tests: a desk in real time, the layer that kills, worker processes that always end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from adapters.connectwise.simulator import Simulator
from connector.clock import SystemClock
from connector.model import Mode
from connector.store.connections import Connections
from connector.store.database.engine import Store
from tests.crash.desks import order_for
from tests.crash.executioner import Executioner
from tests.crash.workers import NAME, Crew, Order, crash_policy


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A standard desk that sends no callback by itself."""
    simulator = Simulator(SystemClock(), callback_delivery="manual").standard_desk()
    with simulator.serve():
        yield simulator


@pytest.fixture
def make_crew(simulator: Simulator, database_url: str) -> Iterator[Callable[..., Crew]]:
    """Makes crews for the desk and the database; no process of theirs outlives the test."""
    crews: list[Crew] = []

    def make(**given: float) -> Crew:
        order: Order = order_for(simulator, database_url, **given)
        crews.append(Crew(order))
        return crews[-1]

    yield make
    for crew in crews:
        crew.dismiss()


@pytest.fixture
def executioner(simulator: Simulator) -> Executioner:
    """The layer before the desk that counts, and kills when it is told to."""
    return Executioner(simulator)


@pytest.fixture
def started_store(store: Store) -> Store:
    """The store of a connection that has met what was open: tickets made from now on are new."""
    connections = Connections(store)
    connections.ensure(NAME, Mode.ENFORCE, crash_policy().version)
    connections.set_swept(NAME, store.now())
    return store
