"""The contract suite's tests, to be run on a real Request Tracker, and the world that they ask for."""

from __future__ import annotations

import pkgutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any

import tests.contract
from connector.clock import SystemClock
from connector.systems.catalogue import ticket_systems
from tests.contract.worlds import World
from tests.e2e.rt.desk import RealDesk


def every_module() -> list[str]:
    """The suite's modules, but for the one that moves the time of simulators."""
    found = (one.name for one in pkgutil.iter_modules(tests.contract.__path__))
    return [name for name in found if name.startswith("test_") and name != "test_end_to_end"]


def adopted(modules: Iterable[str]) -> dict[str, Any]:
    """The tests of some of the suite's modules, and their fixtures."""
    found: dict[str, Any] = {}
    for module in modules:
        for name, value in vars(import_module(f"tests.contract.{module}")).items():
            if name.startswith("test_"):
                found[f"{module}__{name.removeprefix('test_')}"] = value
            elif type(value).__name__ == "FixtureFunctionDefinition":
                assert name not in found, f"two fixtures are named {name}"
                found[name] = value
    return found


@contextmanager
def real_world(desk: RealDesk) -> Iterator[World]:
    """The desk, whose time is everybody's, and whose tickets stay from test to test."""
    with ExitStack() as stack:
        address = stack.enter_context(desk.serve())
        yield World(
            ticket_systems()["rt"],
            desk,
            address,
            SystemClock(),
            next_second,
            stack,
            slack=timedelta(seconds=3),
            many=110,
            patience=20.0,
            http_options={"calls_per_window": None},
        )


def next_second() -> None:
    """Request Tracker has whole seconds: wait until it is another one."""
    threading.Event().wait(1.05 - time.time() % 1)
