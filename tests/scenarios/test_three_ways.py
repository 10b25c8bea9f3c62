"""By timer, by command, by a person's hand: however a ticket goes up a tier, it ends in the same state."""

from __future__ import annotations

import pytest

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import TicketId
from connector.store import audit
from connector.systems.catalogue import ticket_systems
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy

WORDS = "/escalate knowledge\nSteps attempted:\n- new cable\nError codes: none\nResearch: none found"


def state(running: Simulation, ticket: TicketId) -> dict[str, object]:
    """Where the desk has a ticket, and how the connector's clock for it stands."""
    shown = running.desk.ticket(ticket)
    (row,) = (row for row in running.mailbox.list_tickets() if row.ticket == ticket)
    told = ("verdict", "tier", "stint", "stage", "counted_from", "due_at", "limit_minutes", "place", "owner", "why")
    clock = {name: (row.snapshot or {})[name] for name in told}
    return {"tier at the desk": shown.tier, "holder": shown.owner, "wake_at": row.wake_at, **clock}


def done(running: Simulation, ticket: TicketId) -> tuple[int, int]:
    """How many notes the connector wrote, and how many escalations its audit trail has."""
    notes = [note for note in running.desk.notes(ticket) if note.by_connector and note.is_internal]
    rows = [row for row in audit.events(running.store, ticket=ticket) if row.event == "escalated"]
    return len(notes), len(rows)


@pytest.mark.process("stint-tier", "unit", "command-at-once")
@pytest.mark.parametrize("system", list(ticket_systems()))
def test_by_timer_by_command_and_by_hand_a_ticket_ends_in_the_same_state(system, sqlite_url):
    clock = VirtualClock(at("08:55"))
    desk = ticket_systems()[system].simulated(clock)
    policy = at_desks(scenario_policy(), [desk])
    with stage(clock.now(), policy, sqlite_url, desks=[desk], clock=clock, poll_every=minutes(60)) as running:
        running.run_until(at("09:00"))
        by_timer = desk.open_ticket("By timer", owner="tess")
        running.run_until(at("09:10"))
        by_command, by_hand = (desk.open_ticket(how, owner="tess") for how in ("By command", "By hand"))
        running.run_until(at("09:30"))
        desk.note(by_command, "tess", WORDS)
        desk.move(by_hand, "tess", 2)
        running.settle()

        running.run_until(at("09:45"))
        expected = state(running, by_timer)
        assert (expected["tier at the desk"], expected["holder"], expected["stage"]) == (2, None, "diagnosis")
        assert expected["due_at"] == at("10:00").isoformat()
        assert state(running, by_command) == expected
        assert state(running, by_hand) == expected
        assert [done(running, ticket) for ticket in (by_timer, by_command, by_hand)] == [(1, 1), (1, 1), (0, 0)]

        running.run_until(at("10:00"))
        assert [desk.ticket(ticket).tier for ticket in (by_timer, by_command, by_hand)] == [3, 3, 3]
        assert [done(running, ticket) for ticket in (by_timer, by_command, by_hand)] == [(2, 2), (2, 2), (1, 1)]
