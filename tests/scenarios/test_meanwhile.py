"""What happens between a deadline and the write: the ticket is read again, and what changed counts."""

from __future__ import annotations

import pytest

from tests.builders import at
from tests.scenarios.desks import a_ticket_on, events, our_notes, where, writes


def act_unseen(desk, action) -> None:
    """Something happens in the last second, and no webhook tells of it."""
    desk.simulator.faults.callbacks_lose_all = True
    desk.run_until(at("09:29:59"))
    action(desk.simulator)


@pytest.mark.parametrize(
    ("what", "act", "why"),
    [
        ("resolved", lambda sim, ticket: sim.resolve(ticket), "status Resolved"),
        ("closed", lambda sim, ticket: sim.close_ticket(ticket), "status >Closed"),
        ("paused", lambda sim, ticket: sim.set_status(ticket, "Waiting on vendor"), "stands still"),
        ("moved on", lambda sim, ticket: sim.move(ticket, "Sr IT", "Management"), "due in 60 working minutes"),
        ("moved away", lambda sim, ticket: sim.move(ticket, "Service Desk", "Dispatch"), "moved to"),
        ("documented", lambda sim, ticket: sim.add_note(ticket, "Plan: new cable", "tess"), "the fix is due"),
        ("deleted", lambda sim, ticket: sim.delete(ticket), "does not exist"),
    ],
)
def test_what_changed_in_the_last_second_stops_the_escalation_and_the_audit_says_why(desk, what, act, why):
    ticket = a_ticket_on(desk)
    desk.settle()
    act_unseen(desk, lambda sim: act(sim, ticket))
    desk.run_until(at("09:31"))
    assert writes(desk) == []
    (row,) = events(desk, ticket, "nothing written")
    assert why in row.detail["why"]


def test_a_ticket_that_was_merged_in_the_last_second_is_left_alone(desk):
    ticket, other = a_ticket_on(desk), a_ticket_on(desk, "The same again", owner=None)
    desk.settle()
    act_unseen(desk, lambda sim: sim.merge(ticket, other))
    desk.run_until(at("09:31"))
    assert our_notes(desk, ticket) == []
    (row,) = events(desk, ticket, "nothing written")
    assert "merged" in row.detail["why"]


def test_own_writes_coming_back_cause_no_loop(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:30"))
    done = len(writes(desk))
    desk.simulator.faults.callbacks_duplicate = 3
    desk.run_until(at("09:59"))
    assert len(writes(desk)) == done == 2
    assert len(our_notes(desk, ticket)) == 1


def test_a_persons_edit_in_the_second_of_our_own_write_counts(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:29:59"))
    desk.clock.move_to(at("09:30"))
    desk.worker.run_until_idle()
    assert where(desk, ticket)[0] == "Tier 3"
    desk.simulator.add_note(ticket, "Plan: I know this one, beacon's certificate", "sam")
    desk.run_until(at("10:29:59"))
    assert len(our_notes(desk, ticket)) == 1
    desk.run_until(at("10:30"))
    assert "no fix after 60 working minutes" in our_notes(desk, ticket)[1]["text"]


def test_a_persons_edit_in_the_second_of_a_read_is_found_without_its_webhook(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.callbacks_lose_next = 1
    desk.simulator.add_note(ticket, "Plan: same second as the creation", "tess")
    desk.run_until(at("09:45"))
    assert our_notes(desk, ticket) == []


def test_workers_down_over_two_deadlines_escalate_once_with_the_true_times(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.clock.move_to(at("10:40"))
    desk.settle()
    (note,) = our_notes(desk, ticket)
    assert note["dateCreated"] == "2026-01-15T10:40:00Z"
    assert "ran out at 09:30" in note["text"]
    assert where(desk, ticket)[0] == "Tier 3"
    desk.run_until(at("11:09:59"))
    assert len(our_notes(desk, ticket)) == 1
    desk.run_until(at("11:10"))
    assert len(our_notes(desk, ticket)) == 2


def test_two_hundred_old_open_tickets_at_the_first_start_cause_no_storm(open_stage):
    from adapters.connectwise.simulator import Simulator
    from connector.clock import VirtualClock

    clock = VirtualClock(at("08:00", day=5))
    simulator = Simulator(clock, callback_delivery="manual").standard_desk()
    for n in range(200):
        board, team = [("Service Desk", "First Touch"), ("Tier 3", "Seniors"), ("Sr IT", "Management")][n % 3]
        simulator.create_ticket(f"Old ticket {n}", "Acme", board, team=team, status="In Progress", owner="tess")
    clock.move_to(at("08:55"))
    desk = open_stage(simulator=simulator, clock=clock)
    desk.run_until(at("09:24"))
    assert writes(desk) == []
    assert len(desk.simulator.calls) < 200 * 2 + 100
    assert {row.due_at for row in desk.mailbox.list_tickets()} == {at("09:25"), at("09:55")}


def test_adopting_from_history_is_a_choice(open_stage):
    from adapters.connectwise.simulator import Simulator
    from connector.clock import VirtualClock

    clock = VirtualClock(at("08:00"))
    simulator = Simulator(clock, callback_delivery="manual").standard_desk()
    ticket = simulator.create_ticket("Old", "Acme", "Service Desk", team="First Touch", owner="tess")
    clock.move_to(at("08:55"))
    desk = open_stage(simulator=simulator, clock=clock, adopts_from_now=False)
    desk.settle()
    assert len(our_notes(desk, ticket)) == 1


@pytest.mark.parametrize("missing", ["status", "board"])
def test_a_poison_ticket_is_isolated_and_the_others_are_on_time(desk, missing):
    poison, healthy = a_ticket_on(desk, "Poison"), a_ticket_on(desk, "Healthy")
    desk.simulator.distort(poison, without=[missing])
    desk.run_until(at("09:30"))
    assert our_notes(desk, healthy)[0]["dateCreated"] == "2026-01-15T09:30:00Z"
    assert our_notes(desk, poison) == []
    desk.run_until(at("09:30", day=16))
    (dead,) = desk.mailbox.dead_letters()
    assert dead.ticket == str(poison)
    assert missing in dead.error
    (row,) = events(desk, poison, "dead letter")
    assert missing in row.detail["message"]


def test_an_unknown_field_and_an_odd_priority_poison_nothing(desk):
    ticket = a_ticket_on(desk)
    desk.simulator.distort(ticket, {"brandNewField": {"deep": [1, 2]}}, without=["priority"])
    desk.run_until(at("09:30"))
    assert len(our_notes(desk, ticket)) == 1


def test_an_unknown_status_holds_still_and_says_so(desk):
    desk.simulator.add_status("Service Desk", "Limbo", "SomethingNew")
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.set_status(ticket, "Limbo", by="tess")
    desk.run_until(at("12:00"))
    assert our_notes(desk, ticket) == []
    assert events(desk, ticket, "clock")[-1].detail["verdict"] == "unknown"
    desk.simulator.set_status(ticket, "In Progress", by="tess")
    desk.settle()
    assert len(our_notes(desk, ticket)) == 1


def test_observing_writes_nothing_at_all_and_keeps_what_it_would_have_written(open_stage):
    desk = open_stage(is_enforcing=False, has_webhooks=False)
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("16:00"))
    assert [call for call in desk.simulator.calls if call.method != "GET"] == []
    (row,) = events(desk, ticket, "would escalate")
    assert row.detail["note"].startswith("ESCALATED from First Touch (T1/2)")
    assert row.detail["assignment"] == "in the queue of Tier 3 / Service Desk Manager, without an owner"
    assert row.at == at("09:30")


def test_switching_to_enforce_adopts_what_is_open(open_stage, sqlite_url):
    from connector import assembly
    from connector.turn import TurnSettings

    desk = open_stage(is_enforcing=False)
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("11:00"))
    switched = assembly.connect(
        desk.system,
        desk.store,
        desk.connected.turns.policy,
        TurnSettings(is_enforcing=True),
        desk.connected.chores.settings.poll_every,
        keeps_webhooks=True,
        jitter=desk.connected.turns.jitter,
    )
    desk.worker = assembly.worker_of(desk.store, [switched], desk.worker.settings)
    desk.run_until(at("11:29:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("11:30"))
    assert our_notes(desk, ticket)[0]["dateCreated"] == "2026-01-15T11:30:00Z"
