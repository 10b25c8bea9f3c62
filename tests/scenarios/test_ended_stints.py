"""Each stint that is over leaves one row: who held it, what it took in working minutes, how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import StatusGroup
from connector.store.queries import ended_stints
from connector.store.records import EndedStint
from connector.systems.catalogue import ticket_systems
from tests.builders import at
from tests.scenarios.conftest import scenario_policy


@pytest.fixture(params=list(ticket_systems()))
def running(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Simulation]:
    """A desk at nine in the morning."""
    clock = VirtualClock(at("08:55"))
    desks = [ticket_systems()[request.param].simulated(clock)]
    with stage(clock.now(), at_desks(scenario_policy(warn_at=0.8), desks), sqlite_url, desks=desks, clock=clock) as one:
        one.run_until(at("09:00"))
        yield one


def ended(running: Simulation) -> list[EndedStint]:
    with running.store.reading() as conn:
        return list(ended_stints.between(conn, at("00:00"), at("23:59")))


def test_a_stint_that_is_escalated_and_one_that_is_resolved_leave_a_row_each(running: Simulation) -> None:
    desk = running.desk
    ticket = desk.open_ticket("Cannot print", owner="tess")
    running.run_until(at("09:10"))
    assert ended(running) == []
    running.run_until(at("09:35"))
    (first,) = ended(running)
    assert (first.tier, first.holder, first.is_escalated, first.was_warned) == (
        "First Touch (T1/2)",
        "Tess Tech",
        True,
        True,
    )
    assert first.ended_by.startswith("moved to ")
    assert (first.plan_minutes, first.fix_minutes) == (None, None)
    assert first.worked_minutes == pytest.approx(30, abs=0.2)
    desk.assign(ticket, "sam", "sam")
    desk.note(ticket, "sam", "Plan: replace the fuser")
    running.run_until(at("09:45"))
    desk.set_status(ticket, "sam", StatusGroup.WAITING)
    running.run_until(at("09:55"))
    desk.set_status(ticket, "sam", StatusGroup.WORKING)
    running.run_until(at("10:05"))
    desk.set_status(ticket, "sam", StatusGroup.RESOLVED)
    running.run_until(at("10:10"))
    one, second = ended(running)
    assert one == first
    assert (second.tier, second.is_escalated, second.was_warned) == ("Tier 3 / Service Desk Manager", False, False)
    assert second.ended_by.startswith("status ")
    assert second.plan_minutes == pytest.approx(5, abs=0.2)
    assert second.fix_minutes == pytest.approx(20, abs=0.2)
    assert second.paused_minutes == pytest.approx(10, abs=0.2)
    assert second.began_at == first.ended_at
    running.run_until(at("12:00"))
    assert ended(running) == [one, second]


def test_what_ended_before_the_connector_came_is_no_affair_of_its(sqlite_url: str) -> None:
    clock = VirtualClock(at("08:55"))
    desks = [ticket_systems()["rt"].simulated(clock)]
    with desks[0].serve():
        ticket = desks[0].open_ticket("Cannot print", owner="tess")
        clock.advance(timedelta(minutes=10))
        desks[0].move(ticket, "tess", 2)
    clock.advance(timedelta(minutes=10))
    with stage(clock.now(), at_desks(scenario_policy(), desks), sqlite_url, desks=desks, clock=clock) as running:
        running.run_until(at("09:20"))
        assert ended(running) == []
