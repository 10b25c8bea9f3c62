"""The contract suite of ``tests/contract`` on a real Request Tracker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.worlds import World
from tests.e2e.rt.conftest import proven_on
from tests.e2e.rt.desk import RealDesk
from tests.e2e.rt.instance import POSTGRESQL, Instance
from tests.e2e.rt.worlds import adopted, every_module, real_world

pytestmark = [pytest.mark.e2e, proven_on(POSTGRESQL), pytest.mark.timeout(300)]


globals().update(adopted(every_module()))


@pytest.fixture
def world(instance: Instance) -> Iterator[World]:
    """The desk, whose time is everybody's, and whose tickets stay from test to test."""
    with real_world(RealDesk(instance)) as made:
        yield made
