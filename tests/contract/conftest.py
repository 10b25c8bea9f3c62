"""The worlds in which the contract is tested here: the simulator of every registered ticket system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.systems.catalogue import ticket_systems
from tests.contract.worlds import World, simulated_world


@pytest.fixture(params=list(ticket_systems()))
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A fresh desk of one system, and a connection to it."""
    with simulated_world(ticket_systems()[request.param]) as made:
        yield made
