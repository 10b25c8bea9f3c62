"""A ticket's deadline is the same wherever it is told: in ``tickets``, in ``explain``, in the notes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.connection.due_next import DueTicket, due_tickets
from connector.demo.stage import Simulation, at_desks, stage
from connector.notes.explanation import shown, working
from connector.policy.modes import ENFORCES
from connector.rules.limits import Verdict
from connector.store.queries.open_tickets import OpenTickets, Wanted
from connector.store.records import Claim
from connector.systems.catalogue import ticket_systems
from tests.builders import at, office_hours
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import events

POLICY = scenario_policy(calendars={"default": office_hours("Europe/Vienna")}, warn_at=0.8)
ZONE = POLICY.calendars["default"].zone


def listed(running: Simulation) -> list[DueTicket]:
    modes = dict.fromkeys(running.connections, ENFORCES)
    return list(due_tickets(OpenTickets(running.store), POLICY, modes, Wanted(), running.clock.now()))


@pytest.mark.parametrize("system", list(ticket_systems()))
def test_the_deadline_and_the_minutes_are_those_of_the_explanation_and_the_notes(sqlite_url: str, system: str) -> None:
    clock = VirtualClock(at("08:55"))
    desks = [ticket_systems()[system].simulated(clock)]
    with stage(clock.now(), at_desks(POLICY, desks), sqlite_url, desks=desks, clock=clock) as running:
        running.run_until(at("09:00"))
        ticket = desks[0].open_ticket("Cannot print", owner="tess")
        running.run_until(at("09:26"))
        (one,) = listed(running)
        assert (one.state, one.stage, one.due_at) == (Verdict.RUNNING, "diagnosis", at("09:30"))
        assert one.link
        assert one.summary == "Cannot print"
        seen = running.connected.turns.reader.look(Claim(one.system, one.ticket, fence=0))
        *_, told = working(seen.decision)
        assert f"due at {shown(at('09:30'), ZONE)}" in told
        assert f"used {one.used_minutes:.1f} of {one.limit_minutes:g} " in told
        (warning,) = (note.text for note in desks[0].notes(ticket) if note.by_connector)
        assert f"by {at('09:30').astimezone(ZONE):%H:%M} (Europe/Vienna)" in warning
        running.run_until(at("09:31"))
        (escalated,) = events(running, int(ticket), "escalated")
        assert escalated.detail["due_at"] == one.due_at.isoformat()
        (next_one,) = listed(running)
        assert next_one.due_at == escalated.at + timedelta(minutes=30)
