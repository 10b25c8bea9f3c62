from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.halopsa.system import HaloPsa
from tests.adapters.halopsa.simulated import Site


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with site.simulator.serve():
        yield site


@pytest.fixture
def system(site: Site) -> Iterator[HaloPsa]:
    system = site.connected()
    yield system
    system.close()
