"""Answers that never come, refusals, rules that work against us: each effect once, and never a loop."""

from __future__ import annotations

import pytest

from connector.policy.modes import ENFORCES
from tests.builders import at
from tests.scenarios.desks import a_ticket_on, events, our_notes, where, writes
from tests.scenarios.test_meanwhile import restarted

QUICK = {"connect_seconds": 0.3, "read_seconds": 0.3, "attempts": 1}


@pytest.fixture
def quick(open_stage):
    """A desk whose calls give up soon, so that lost answers cost no time."""
    desk = open_stage(**QUICK)
    desk.run_until(at("09:00"))
    return desk


@pytest.mark.process("crash")
def test_a_note_whose_answer_never_came_is_found_and_not_written_again(quick):
    ticket = a_ticket_on(quick)
    quick.settle()
    quick.simulator.faults.accept_but_never_answer(1, method="POST", path="notes")
    quick.run_until(at("09:31"))
    assert len(our_notes(quick, ticket)) == 1
    assert where(quick, ticket)[0] == "Tier 3"


@pytest.mark.process("crash")
def test_a_note_that_never_arrived_is_written_again(quick):
    ticket = a_ticket_on(quick)
    quick.settle()
    quick.simulator.faults.drop_before_performing(1, method="POST", path="notes")
    quick.run_until(at("09:32"))
    assert len(our_notes(quick, ticket)) == 1
    assert where(quick, ticket)[0] == "Tier 3"


@pytest.mark.process("crash")
def test_a_move_whose_answer_never_came_is_made_once(quick):
    ticket = a_ticket_on(quick)
    quick.settle()
    quick.simulator.faults.accept_but_never_answer(1, method="PATCH")
    quick.run_until(at("09:32"))
    assert len(our_notes(quick, ticket)) == 1
    assert where(quick, ticket) == ("Tier 3", "Seniors", None)
    assert len(events(quick, ticket, "escalated")) == 1


def test_someone_who_took_the_ticket_after_a_lost_answer_keeps_it(quick):
    ticket = a_ticket_on(quick)
    quick.settle()
    quick.simulator.faults.accept_but_never_answer(1, method="PATCH")
    quick.run_until(at("09:30"))
    quick.simulator.assign(ticket, "sam", by="sam")
    quick.run_until(at("09:35"))
    assert where(quick, ticket) == ("Tier 3", "Seniors", "sam")


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_ticket_system_that_is_down_for_a_while_delays_and_loses_nothing(quick, status):
    ticket = a_ticket_on(quick)
    quick.run_until(at("09:29"))
    quick.simulator.faults.fail_next(6, status, retry_after=20 if status == 429 else None)
    quick.run_until(at("09:40"))
    assert len(our_notes(quick, ticket)) == 1
    assert where(quick, ticket)[0] == "Tier 3"


def test_an_outage_of_404s_deletes_no_ticket(quick):
    ticket = a_ticket_on(quick)
    quick.run_until(at("09:29"))
    quick.simulator.faults.outage = True
    quick.run_until(at("09:50"))
    quick.simulator.faults.outage = False
    quick.run_until(at("10:10"))
    assert len(our_notes(quick, ticket)) == 1


def test_a_ticket_resolved_between_note_and_move_is_not_moved(quick):
    ticket = a_ticket_on(quick)
    quick.settle()
    quick.simulator.faults.callbacks_lose_all = True
    quick.simulator.faults.fail_next(1, 503, method="PATCH")
    quick.run_until(at("09:30"))
    assert len(our_notes(quick, ticket)) == 1
    quick.simulator.resolve(ticket, by="tess")
    quick.run_until(at("09:45"))
    assert where(quick, ticket)[0] == "Service Desk"
    (row,) = events(quick, ticket, "escalation not finished")
    assert "Resolved" in row.detail["why"]


@pytest.mark.process("unit")
def test_a_plan_between_note_and_move_after_a_failure_keeps_the_ticket_and_the_note_is_put_right(quick):
    ticket = a_ticket_on(quick)
    quick.settle()
    quick.simulator.faults.callbacks_lose_all = True
    quick.simulator.faults.fail_next(1, 503, method="PATCH")
    quick.run_until(at("09:30"))
    quick.simulator.add_note(ticket, "Plan: too late", "tess")
    quick.run_until(at("09:45"))
    notes = our_notes(quick, ticket)
    assert len(notes) == 2
    assert notes[1]["text"].startswith("It stays with First Touch (T1/2): Tess Tech recorded a diagnosis plan at 09:30")
    assert where(quick, ticket)[0] == "Service Desk"


def test_a_move_that_a_rule_turns_back_is_tried_three_times_then_parked_and_never_loops(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.workflow_reverts = frozenset({"board", "team", "status", "owner"})
    desk.run_until(at("16:00"))
    moves = [call for call in writes(desk) if call[0] == "PATCH"]
    assert len(moves) == 3
    assert len(our_notes(desk, ticket)) == 1
    (dead,) = desk.mailbox.dead_letters()
    assert dead.ticket == str(ticket)
    desk.simulator.faults.workflow_reverts = frozenset()
    desk.mailbox.replay("connectwise", str(ticket), "tests")
    desk.run_until(at("16:05"))
    assert where(desk, ticket)[0] == "Tier 3"
    assert len(our_notes(desk, ticket)) == 1


def test_a_rule_that_turns_the_move_back_once_is_overcome(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.workflow_reverts = frozenset({"board", "team", "status", "owner"})
    desk.simulator.faults.workflow_times = 1
    desk.run_until(at("09:33"))
    assert where(desk, ticket)[0] == "Tier 3"
    assert len(our_notes(desk, ticket)) == 1


@pytest.mark.parametrize("ignored", [True, False])
def test_an_owner_who_cannot_be_removed_stays_and_the_note_says_so(desk, ignored):
    desk.simulator.faults.owner_removal = frozenset()
    desk.simulator.faults.owner_removal_is_ignored = ignored
    first, second = a_ticket_on(desk), a_ticket_on(desk, "Another")
    desk.simulator.set_status(second, "Waiting on client")
    desk.run_until(at("09:30"))
    assert where(desk, first) == ("Tier 3", "Seniors", "tess")
    correction = our_notes(desk, first)[-1]["text"]
    assert "Tess Tech is still shown as the owner" in correction
    desk.simulator.set_status(second, "In Progress")
    desk.run_until(at("10:05"))
    (note,) = our_notes(desk, second)
    assert "Tess Tech is still shown as the owner" in note["text"]


@pytest.mark.process("one-note")
def test_a_note_that_came_back_visible_is_an_alarm_and_nothing_goes_on(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.note_comes_back_public = True
    desk.run_until(at("09:35"))
    assert where(desk, ticket)[0] == "Service Desk"
    assert "client may see it" in events(desk, ticket, "dead letter")[0].detail["message"]
    later = a_ticket_on(desk, "Another")
    desk.run_until(at("12:00"))
    assert len(our_notes(desk, ticket)) == 1
    assert our_notes(desk, later) == []
    desk.simulator.faults.note_comes_back_public = False
    desk.mailbox.replay("connectwise", str(later), "tests")
    desk.run_until(at("12:05"))
    assert len(our_notes(desk, later)) == 1


def test_a_tier_whose_home_does_not_resolve_gets_no_ticket_and_nothing_is_written(open_stage):
    from tests.builders import a_tier
    from tests.scenarios.conftest import scenario_policy

    tiers = (a_tier(1), a_tier(2, homes={"connectwise": "Teir 3"}), a_tier(3))
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:40"))
    assert our_notes(desk, ticket) == []
    (row,) = events(desk, ticket, "turn failed")
    assert "Teir 3" in row.detail["message"]
    assert "Tier 3" in row.detail["message"]


def test_a_team_that_is_renamed_while_running_keeps_its_tickets(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:05"))
    desk.simulator.rename_team("Service Desk", "First Touch", "Front Line")
    desk.run_until(at("09:30"))
    assert len(our_notes(desk, ticket)) == 1
    assert any("First Touch" in problem for problem in desk.connected.homes.problems)


def test_a_team_that_was_renamed_keeps_its_tickets_also_when_a_worker_starts_anew(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:05"))
    desk.simulator.rename_team("Service Desk", "First Touch", "Front Line")
    desk.run_until(at("09:10"))
    restarted(desk, modes=ENFORCES)
    desk.run_until(at("09:30"))
    assert len(our_notes(desk, ticket)) == 1
    assert any("First Touch" in problem for problem in desk.connected.homes.problems)


@pytest.mark.usual_rounds
def test_a_registration_that_was_switched_off_is_repaired_by_the_worker(desk):
    (registration,) = desk.system.webhooks.registrations()
    number = int(registration.id)
    desk.simulator.state.callbacks[number]["inactiveFlag"] = True
    desk.run_until(at("09:20"))
    (repaired,) = desk.system.webhooks.registrations()
    assert repaired.is_active


def test_webhooks_that_come_twice_and_out_of_order_change_nothing(desk):
    desk.simulator.faults.callbacks_duplicate = 2
    desk.simulator.faults.callbacks_reorder = True
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:20"))
    desk.simulator.set_status(ticket, "Waiting on client")
    desk.simulator.set_status(ticket, "In Progress")
    desk.run_until(at("09:30"))
    assert len(our_notes(desk, ticket)) == 1
