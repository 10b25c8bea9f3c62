from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import Site


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with site.simulator.serve():
        yield site


@pytest.fixture
def system(site: Site) -> Iterator[TicketSystem]:
    system = site.connected()
    yield system
    system.line.close()
