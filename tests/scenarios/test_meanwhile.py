"""What happens between a deadline and the write: the ticket is read again, and what changed counts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.app.connect import connect, worker_of
from connector.demo.stage import monotonic_of
from connector.policy.modes import ENFORCES, OBSERVES, Modes
from connector.systems.contract import Connection
from connector.turn.turn import TurnSettings
from tests.builders import a_tier, at, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, post, where, writes


def act_unseen(desk, action) -> None:
    """Something happens in the last second, and no webhook tells of it."""
    desk.simulator.faults.callbacks_lose_all = True
    desk.run_until(at("09:29:59"))
    action(desk.simulator)


@pytest.mark.process("read-again")
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
    desk.run_until(at("09:45" if what == "deleted" else "09:31"))  # gone is only what is not found for a while
    assert writes(desk) == []
    (row,) = events(desk, ticket, "nothing written")
    assert why in row.detail["why"]


@pytest.mark.process("read-again", "override-confirmed")
def test_an_override_in_the_last_second_stops_the_escalation_and_is_confirmed(open_stage):
    tiers = (a_tier(1, managers=("maria",)), a_tier(2), a_tier(3))
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    words = "/override 45m because the vendor calls back"
    act_unseen(desk, lambda sim: sim.add_note(ticket, words, "maria"))
    desk.run_until(at("09:31"))
    (note,) = our_notes(desk, ticket)
    assert "the diagnosis plan is due at 10:14 (UTC), not at 09:30" in note["text"]
    (row,) = events(desk, ticket, "nothing written")
    assert "applies later, by Maria Desk" in row.detail["why"]
    desk.run_until(at("10:15"))
    assert where(desk, ticket)[0] == "Tier 3"


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
    assert "no fix within 60 working minutes" in our_notes(desk, ticket)[1]["text"]


def test_a_persons_edit_in_the_second_of_a_read_is_found_without_its_webhook(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.callbacks_lose_next = 1
    desk.simulator.add_note(ticket, "Plan: same second as the creation", "tess")
    desk.run_until(at("09:45"))
    assert our_notes(desk, ticket) == []


@pytest.mark.process("crash", "change-of-mind")
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


@pytest.mark.variants("missing")
@pytest.mark.parametrize("missing", ["status", "board"])
def test_a_poison_ticket_is_isolated_and_the_others_are_on_time(open_stage, missing):
    desk = open_stage(poll_every=minutes(60))
    desk.run_until(at("09:00"))
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


LIMBO = {"id": 999, "name": "Limbo"}
"""A status that no board lists: it cannot be looked up."""


def into_limbo(desk, ticket: int) -> None:
    desk.simulator.distort(ticket, {"status": LIMBO})
    desk.simulator.set_summary(ticket, "It is in limbo", by="tess")


def test_a_status_that_cannot_be_looked_up_holds_still_and_says_so(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    into_limbo(desk, ticket)
    desk.run_until(at("12:00"))
    assert our_notes(desk, ticket) == []
    assert events(desk, ticket, "clock")[-1].detail["verdict"] == "unknown"
    desk.simulator.distort(ticket)
    desk.simulator.set_status(ticket, "In Progress", by="tess")
    desk.settle()
    assert len(our_notes(desk, ticket)) == 1


@pytest.mark.process("observe")
def test_observing_writes_nothing_at_all_and_keeps_what_it_would_have_written(open_stage):
    desk = open_stage(modes=OBSERVES, has_webhooks=False)
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("16:00"))
    assert [call for call in desk.simulator.calls if call.method != "GET"] == []
    (row,) = events(desk, ticket, "would escalate")
    assert row.detail["note"].startswith("ESCALATED to Tier 3")
    assert row.detail["assignment"] == "in the queue of Tier 3 / Service Desk Manager, without an owner"
    assert row.at == at("09:30")


def test_where_an_administrator_installs_the_sender_no_registration_is_kept(open_stage, monkeypatch):
    desk = open_stage()
    desk.run_until(at("09:00"))
    assert len(desk.simulator.callbacks()) == 1
    restarted(desk, modes=ENFORCES, manages_webhooks=False)
    desk.run_until(at("09:05"))
    ticket = a_ticket_on(desk)
    desk.system.webhooks.remove()
    # The chore's row of an earlier version is taken once more, and is gone then.
    desk.run_until(at("09:40"))
    assert desk.simulator.callbacks() == []
    assert len(our_notes(desk, ticket)) == 1


def restarted(desk, *, modes: Modes, policy=None, **traits: bool) -> None:
    """The same desk, its worker started anew in another mode or with another policy."""
    again = connect(
        Connection(desk.connected.connection.id, replace(desk.system, **traits)),
        desk.store,
        policy or desk.connected.turns.reader.policies.present,
        TurnSettings(modes=modes),
        desk.connected.chores.settings.poll_every,
        keeps_webhooks=True,
        jitter=desk.connected.turns.failures.jitter,
    )
    desk.connected = again
    desk.worker = worker_of(desk.store, [again], desk.worker.settings, monotonic=monotonic_of(desk.clock))


@pytest.mark.process("enforce")
def test_switching_to_enforce_adopts_what_is_open(open_stage):
    desk = open_stage(modes=OBSERVES)
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("11:00"))
    restarted(desk, modes=ENFORCES)
    desk.run_until(at("11:29:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("11:30"))
    assert our_notes(desk, ticket)[0]["dateCreated"] == "2026-01-15T11:30:00Z"


def test_switching_back_to_observe_in_the_middle_of_an_escalation_writes_nothing_more(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:29:59"))
    desk.simulator.faults.callbacks_lose_all = True
    desk.simulator.faults.fail_next(None, 503, method="PATCH")
    desk.run_until(at("09:30"))
    desk.simulator.faults.reset()
    restarted(desk, modes=OBSERVES)
    done = len(writes(desk))
    desk.run_until(at("12:00"))
    assert len(writes(desk)) == done
    assert where(desk, ticket)[0] == "Service Desk"


@pytest.mark.process("change-of-mind")
def test_a_limit_changed_by_the_policy_is_worked_out_anew_for_a_running_stint(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    policy = desk.connected.turns.reader.policies.present
    tiers = (replace(policy.tiers[0], diagnosis_minutes=45), *policy.tiers[1:])
    restarted(desk, modes=ENFORCES, policy=replace(policy, tiers=tiers, version="45 minutes"))
    desk.run_until(at("09:44:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("09:45"))
    assert len(our_notes(desk, ticket)) == 1


def test_a_home_added_by_the_policy_adopts_what_is_open_there_without_a_storm(open_stage):
    tiers = (a_tier(1), a_tier(2))
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(at("09:00"))
    dispatched = a_ticket_on(desk, "At dispatch", team="Dispatch", status="In Progress")
    desk.run_until(at("12:00"))
    assert our_notes(desk, dispatched) == []
    wider = replace(tiers[0], homes={"connectwise": "Service Desk"})
    restarted(desk, modes=ENFORCES, policy=scenario_policy(tiers=(wider, tiers[1]), version="wider"))
    desk.run_until(at("12:29:59"))
    assert our_notes(desk, dispatched) == []
    desk.run_until(at("12:30"))
    assert len(our_notes(desk, dispatched)) == 1


def test_what_was_stopped_by_a_pause_at_the_last_moment_goes_up_when_the_pause_ends(open_stage):
    desk = open_stage(connect_seconds=0.3, read_seconds=0.3, attempts=1, poll_every=minutes(5))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.callbacks_lose_all = True
    desk.simulator.faults.drop_before_performing(1, method="POST", path="notes")
    desk.run_until(at("09:30"))
    desk.simulator.set_status(ticket, "Waiting on client", by="tess")
    desk.run_until(at("09:45"))
    assert our_notes(desk, ticket) == []
    (row,) = events(desk, ticket, "nothing written")
    assert "stands still" in row.detail["why"]
    desk.simulator.set_status(ticket, "In Progress", by="tess")
    desk.run_until(at("09:50"))
    assert len(our_notes(desk, ticket)) == 1
    assert where(desk, ticket)[0] == "Tier 3"


def test_a_status_that_can_be_looked_up_later_is_looked_at_again(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    into_limbo(desk, ticket)
    desk.run_until(at("09:11"))
    statuses = desk.simulator.state.statuses[desk.simulator.ticket(ticket)["board"]["id"]]
    statuses[LIMBO["id"]] = {**next(iter(statuses.values())), **LIMBO, "escalationStatus": "Responded"}
    desk.run_until(at("09:45"))
    assert len(our_notes(desk, ticket)) == 1


def test_forged_webhooks_use_up_few_calls_and_let_nothing_in(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.forget_calls()
    keys = f"{desk.simulator.base_url}/v2025_1//system/callbackkey/index.rails"
    for n in range(60):
        body = {
            "MessageId": f"forged-{n}",
            "Action": "updated",
            "Type": "ticket",
            "ID": ticket,
            "Entity": None,
            "Metadata": {"key_url": f"{keys}?companyName=trainco&id={n:08d}-0000-4000-8000-000000000000"},
        }
        answer = post(desk.url, json.dumps(body).encode(), "Zm9yZ2Vk")
        assert answer.status_code == 202
    desk.settle()
    fetched = [call for call in desk.simulator.calls if "callbackkey" in call.path]
    assert len(fetched) <= 20
    assert [call for call in desk.simulator.calls if str(ticket) in call.path] == []
    desk.run_until(at("09:10"))
    assert desk.mailbox.unverified_waiting("connectwise") == 0


def test_a_known_key_is_fetched_anew_for_what_does_not_fit_it_and_waits_for_no_forged_one(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    keys = f"{desk.simulator.base_url}/v2025_1//system/callbackkey/index.rails"
    desk.simulator.forget_calls()
    desk.clock.advance(timedelta(hours=2))

    def forged(n, address):
        body = {
            "MessageId": f"forged-{n}",
            "Action": "updated",
            "Type": "ticket",
            "ID": ticket,
            "Entity": None,
            "Metadata": {"key_url": address},
        }
        return post(desk.url, json.dumps(body).encode(), "Zm9yZ2Vk")

    for n in range(40):
        assert forged(n, f"{keys}?companyName=trainco&id={n:08d}-0000-4000-8000-000000000000").status_code == 202
    before = desk.mailbox.unverified_waiting("connectwise")
    known = desk.simulator.key_url(desk.simulator.callbacks()[0]["id"])
    assert {forged(n, known).status_code for n in range(40)} == {429}
    assert desk.mailbox.unverified_waiting("connectwise") == before
    desk.settle()
    fetched = [call.status for call in desk.simulator.calls if "callbackkey" in call.path]
    assert fetched.count(200) == 1
    assert len(fetched) <= 21
    assert forged(99, known).status_code == 401


def test_a_bulk_update_keeps_no_deadline_waiting(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:20"))
    others = [a_ticket_on(desk, f"ticket {n} of many") for n in range(60)]
    desk.run_until(at("09:29:59"))
    for other in others:
        desk.simulator.set_priority(other, "Priority 4 - Low", by="sam")
    desk.desk.deliver()
    desk.clock.move_to(at("09:30"))
    assert desk.worker.cycle() < len(others)
    assert where(desk, ticket)[0] == "Tier 3"
