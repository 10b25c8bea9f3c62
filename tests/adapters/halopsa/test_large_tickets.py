"""A ticket whose actions are larger than an answer may be is read in part, and is not asked for in vain each time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.halopsa.notes import FITS_FOR
from connector.clock import VirtualClock
from connector.systems.catalogue import ticket_systems
from tests.contract.worlds import World, simulated_world

LARGE = "blah " * 20_000


@pytest.fixture
def world() -> Iterator[World]:
    with simulated_world(ticket_systems()["halopsa"]) as made:
        yield made


def test_what_fitted_the_last_time_is_asked_for_at_once(world: World) -> None:
    system = world.connect(max_bytes=60_000, attempts=1)
    ticket = world.worked_on()
    world.desk.client_writes(ticket, LARGE)
    world.desk.client_writes(ticket, "Is anybody there?")

    def asked() -> int:
        """How often a reading asked for actions."""
        before = len(world.desk.simulator.calls)
        assert system.tickets.read(ticket).left_out
        return sum("actions" in call.path.casefold() for call in world.desk.simulator.calls[before:])

    assert asked() > 2
    world.tick()
    world.desk.client_writes(ticket, "Hello?")
    assert asked() == 2
    assert isinstance(world.clock, VirtualClock)
    for _ in range(2):  # it is read meanwhile, too
        world.clock.advance(FITS_FOR / 2 - timedelta(minutes=1))
        world.desk.client_writes(ticket, "Hello again?")
        assert asked() == 2
    world.clock.advance(timedelta(minutes=3))
    assert asked() > 2
