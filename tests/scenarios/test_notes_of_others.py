"""What stands among a ticket's notes and is not its own people's word moves nothing."""

from __future__ import annotations

import pytest

from tests.builders import at
from tests.scenarios.desks import a_ticket_on, our_notes, where

ASKED = "/escalate urgency: nobody can print invoices"


@pytest.mark.process("commands-agents")
def test_a_command_on_a_child_moves_the_child_alone(desk):
    parent, child = a_ticket_on(desk), a_ticket_on(desk)
    desk.simulator.bundle(child, parent)
    desk.simulator.add_note(child, ASKED, "tess")
    desk.settle()
    assert where(desk, child)[0] == "Tier 3"
    assert where(desk, parent)[0] == "Service Desk"
    desk.run_until(at("09:25"))
    assert our_notes(desk, parent) == []


@pytest.mark.process("commands-agents")
def test_what_was_written_on_the_parent_moves_no_child_and_is_a_step_of_it(desk):
    ticket = a_ticket_on(desk)
    desk.simulator.add_note(ticket, f"Replaced the print server\n{ASKED}", "tess", by_parent=True)
    desk.run_until(at("09:29:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("09:30"))
    (note,) = our_notes(desk, ticket)
    assert "Replaced the print server" in note["text"]


@pytest.mark.process("commands-agents")
def test_a_program_records_no_plan_and_commands_nothing(desk):
    desk.simulator.add_member("rmm", "Remote Monitor", license_class="X")
    ticket = a_ticket_on(desk)
    desk.simulator.add_note(ticket, f"Plan: reboot the server\n{ASKED}", "rmm")
    desk.run_until(at("09:29:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("09:30"))
    (note,) = our_notes(desk, ticket)
    assert "diagnosis" in note["text"]


def test_the_internal_notes_of_a_time_entry_are_heard_and_the_clients_text_is_not(desk):
    told, hidden = a_ticket_on(desk), a_ticket_on(desk)
    desk.simulator.add_time_entry(told, "tess", ASKED, internal=False)
    desk.simulator.add_time_entry(hidden, "tess", "Looked at the queue", internal=False, internal_notes=ASKED)
    desk.settle()
    assert where(desk, told)[0] == "Service Desk"
    assert where(desk, hidden)[0] == "Tier 3"
