"""The contract suite of ``tests/contract`` on a real Request Tracker."""

from __future__ import annotations

import pkgutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

import tests.contract
from connector.clock import SystemClock
from connector.systems.catalogue import ticket_systems
from tests.contract.worlds import World
from tests.e2e.rt.conftest import proven_on
from tests.e2e.rt.desk import RealDesk
from tests.e2e.rt.instance import POSTGRESQL, Instance

pytestmark = [pytest.mark.e2e, proven_on(POSTGRESQL), pytest.mark.timeout(300)]


def adopted() -> dict[str, Any]:
    """The suite's tests and their fixtures, but for those that move the time of simulators."""
    found: dict[str, Any] = {}
    for one in pkgutil.iter_modules(tests.contract.__path__):
        if not one.name.startswith("test_") or one.name == "test_end_to_end":
            continue
        for name, value in vars(import_module(f"tests.contract.{one.name}")).items():
            if name.startswith("test_"):
                found[f"{one.name}__{name.removeprefix('test_')}"] = value
            elif type(value).__name__ == "FixtureFunctionDefinition":
                assert name not in found, f"two fixtures are named {name}"
                found[name] = value
    return found


globals().update(adopted())


@pytest.fixture
def world(instance: Instance) -> Iterator[World]:
    """The desk, whose time is everybody's, and whose tickets stay from test to test."""
    with ExitStack() as stack:
        desk = RealDesk(instance)
        address = stack.enter_context(desk.serve())
        clock = SystemClock()
        options = {"calls_per_minute": None}
        yield World(
            ticket_systems()["rt"],
            desk,
            address,
            clock,
            next_second,
            stack,
            slack=timedelta(seconds=3),
            many=110,
            patience=20.0,
            http_options=options,
        )


def next_second() -> None:
    """Request Tracker has whole seconds: wait until it is another one."""
    threading.Event().wait(1.05 - time.time() % 1)
