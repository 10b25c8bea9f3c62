"""Desks whose boards say nothing of their statuses: service levels are off, and the names are the desk's own."""

from __future__ import annotations

import pytest

from adapters.connectwise.simulator import Simulator
from connector.cli.checks.connections import of_connections
from connector.clock import VirtualClock
from connector.config.settings import load_settings
from connector.model import Severity, StatusGroup
from tests.builders import NINE, at, minutes
from tests.scenarios.desks import a_ticket_on, our_notes, where

NAMES = ("Blau", "Gelb", "Warten auf Kunde")
STATUSES = [*((name, "NoEscalation", False, name == "Blau") for name in NAMES), ("Ablage", "NoEscalation", True)]


def opened(open_stage):
    """A desk whose boards know three open statuses, and say of each that it is not escalated."""
    clock = VirtualClock(NINE - minutes(5))
    simulator = Simulator(clock, callback_delivery="manual").standard_desk(STATUSES)
    desk = open_stage(simulator=simulator, clock=clock)
    desk.run_until(NINE)
    return desk


@pytest.mark.process("status-unplaced")
def test_a_ticket_in_a_status_of_an_unknown_name_climbs_on_time(open_stage):
    desk = opened(open_stage)
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.set_status(ticket, "Gelb", by="tess")
    desk.run_until(at("09:29:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("09:30"))
    assert where(desk, ticket)[0] == "Tier 3"
    desk.run_until(at("10:00"))
    assert where(desk, ticket)[0] == "Sr IT"
    assert len(our_notes(desk, ticket)) == 2


@pytest.mark.process("status-names")
def test_one_that_waits_by_its_name_stands_still(open_stage):
    desk = opened(open_stage)
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.set_status(ticket, "Warten auf Kunde", by="tess")
    desk.run_until(at("11:10"))
    assert our_notes(desk, ticket) == []
    desk.simulator.set_status(ticket, "Gelb", by="tess")
    desk.run_until(at("11:29:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("11:30"))
    assert len(our_notes(desk, ticket)) == 1


@pytest.mark.process("status-names")
def test_what_was_assumed_is_told_with_the_reason(open_stage):
    desk = opened(open_stage)
    placed = desk.system.directory.statuses(desk.system.directory.locate("Tier 3"))
    assert {one.status.name: (one.status.group, one.is_assumed) for one in placed} == {
        "Blau": (StatusGroup.WORKING, True),
        "Gelb": (StatusGroup.WORKING, True),
        "Warten auf Kunde": (StatusGroup.WAITING, True),
        "Ablage": (StatusGroup.CLOSED, False),
    }
    assert all("assumed from its name" in one.why for one in placed if one.is_assumed)


def test_check_lists_what_was_assumed(open_stage):
    desk = opened(open_stage)
    homes = dict(zip(("TIER_1_HOME", "TIER_2_HOME", "TIER_3_HOME"), desk.desk.homes, strict=True))
    settings = load_settings({"WORK_TIME_ZONE": "UTC", **homes, **desk.desk.variables()})
    connections = {"connectwise": desk.connected.connection}
    found = [one for one in of_connections(connections, settings) if "assumed" in one.message]
    assert {one.severity for one in found} == {Severity.WARNING}
    told = " ".join(one.message for one in found)
    assert all(name in told for name in NAMES)
    assert "Ablage" not in told
