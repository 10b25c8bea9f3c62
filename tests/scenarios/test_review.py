"""What a fresh pair of eyes found, each proven before it was mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.app.connect import connect, worker_of
from connector.connection.homes import HomeBook
from connector.errors import PayloadError
from connector.model import StatusGroup
from connector.policy.modes import ENFORCES
from connector.rules.stints import build_timeline
from connector.store.heartbeats import beat, last_cycle_at, prune_beats
from connector.turn.failures import NOTES_STOPPED
from connector.turn.turn import TurnSettings
from tests.builders import (
    DESK,
    HOMES,
    NEW,
    NINE,
    ODD,
    TESS,
    WAITING,
    WORKING,
    a_policy,
    a_ticket,
    a_tier,
    at,
    minutes,
    turned,
)
from tests.doubles import a_connection
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, where
from tests.scenarios.test_meanwhile import restarted
from tests.scenarios.test_notifications import Recorder

QUICK = {"connect_seconds": 0.3, "read_seconds": 0.3, "attempts": 1}
NO_POLL = minutes(60 * 48)


def fail_the_second(desk, monkeypatch, method, path=""):
    """The second matching call is answered 503 and not performed."""
    kind, seen = type(desk.simulator.faults), []
    original = kind.take

    def take(self, sent, where_, now):
        if sent == method and path in where_:
            seen.append(where_)
            if len(seen) == 2:
                self.fail_next(1, 503, method=method, path=path)
        return original(self, sent, where_, now)

    monkeypatch.setattr(kind, "take", take)


def test_a_tier_whose_home_is_around_the_lower_tiers_home_gets_nothing_and_says_why(open_stage):
    tiers = (a_tier(1), a_tier(2, homes={"connectwise": "Service Desk"}), a_tier(3))
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(at("12:00"))
    assert our_notes(desk, ticket) == []
    assert "name a team there" in events(desk, ticket, "turn failed")[0].detail["message"]


def test_a_move_inside_the_tier_between_note_and_reassignment_loses_no_escalation(open_stage):
    tiers = (a_tier(1, homes={"connectwise": "Service Desk"}), a_tier(2), a_tier(3))
    desk = open_stage(scenario_policy(tiers=tiers), **QUICK)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.callbacks_lose_all = True
    desk.simulator.faults.fail_next(1, 503, method="PATCH")
    desk.run_until(at("09:30"))
    desk.simulator.move(ticket, "Service Desk", "Dispatch", by="maria")
    desk.run_until(at("16:00"))
    assert where(desk, ticket)[0] != "Service Desk"


def test_another_limit_that_ran_out_meanwhile_is_acted_on_after_an_escalation_was_given_up(open_stage):
    desk = open_stage(poll_every=NO_POLL, **QUICK)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.callbacks_lose_all = True
    desk.simulator.faults.drop_before_performing(1, method="POST", path="notes")
    desk.clock.move_to(at("09:30"))
    desk.worker.run_until_idle()
    desk.clock.move_to(at("09:31"))
    desk.simulator.add_note(ticket, "Plan: replace it", "tess")
    desk.clock.move_to(at("10:45"))  # the worker was down meanwhile
    desk.run_until(at("16:00"))
    assert len(our_notes(desk, ticket)) >= 1


def test_a_home_that_was_taken_out_by_mistake_and_put_back_escalates_what_lies_there(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    policy = desk.connected.turns.reader.policies.present
    wrong = replace(policy.tiers[0], homes={"connectwise": "Service Desk > Dispatch"})
    restarted(desk, modes=ENFORCES, policy=replace(policy, tiers=(wrong, *policy.tiers[1:]), version="typo"))
    desk.run_until(at("09:20"))
    restarted(desk, modes=ENFORCES, policy=policy)
    desk.run_until(at("16:00"))
    assert our_notes(desk, ticket) != []


def test_a_status_that_was_called_resolved_by_mistake_escalates_once_that_is_mended(desk):
    ticket = a_ticket_on(desk, status="In Progress")
    desk.run_until(at("09:05"))
    policy = desk.connected.turns.reader.policies.present
    wrong = replace(policy, status_groups={"in progress": StatusGroup.RESOLVED}, version="typo")
    restarted(desk, modes=ENFORCES, policy=wrong)
    desk.run_until(at("09:20"))
    restarted(desk, modes=ENFORCES, policy=policy)
    desk.run_until(at("16:00"))
    assert our_notes(desk, ticket) != []


def test_a_visible_note_stops_the_notes_of_every_worker_process(desk):
    policy, jitter = desk.connected.turns.reader.policies.present, desk.connected.turns.failures.jitter
    settings = TurnSettings(modes=ENFORCES)
    second = connect(
        desk.connected.connection, desk.store, policy, settings, minutes(1), keeps_webhooks=True, jitter=jitter
    )
    other_process = worker_of(desk.store, [second], replace(desk.worker.settings, name="second"))
    first, later = a_ticket_on(desk, "one"), a_ticket_on(desk, "two")
    desk.settle()
    desk.simulator.set_summary(first, "x")
    desk.simulator.deliver_pending()
    other_process.run_until_idle()  # has read the connection's state
    desk.simulator.set_status(later, "Waiting on client")
    desk.settle()
    desk.simulator.faults.note_comes_back_public = True
    desk.run_until(at("09:31"))
    assert len(desk.mailbox.dead_letters()) == 1
    desk.simulator.set_status(later, "In Progress")
    desk.simulator.deliver_pending()
    desk.clock.move_to(at("11:00"))
    other_process.run_until_idle()
    assert our_notes(desk, later) == []


def test_a_stop_of_the_notes_that_comes_while_an_older_one_is_lifted_is_kept(desk, monkeypatch):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.note_comes_back_public = True
    desk.run_until(at("09:31"))
    desk.simulator.faults.note_comes_back_public = False
    assert len(our_notes(desk, ticket)) == 1
    book = desk.connected.turns.connection
    fresh = book.fresh
    newer = {"ticket": "4711", "at": at("09:40").isoformat(), "why": "another note came back visible"}

    def fresh_and_then_stopped():
        found = fresh()
        monkeypatch.undo()
        book.remember(NOTES_STOPPED, newer)
        return found

    monkeypatch.setattr(book, "fresh", fresh_and_then_stopped)
    desk.mailbox.replay("connectwise", str(ticket), "tests")
    desk.settle()
    assert book.fresh().state[NOTES_STOPPED] == newer
    assert len(our_notes(desk, ticket)) == 1
    (dead,) = desk.mailbox.dead_letters()
    assert "no notes are written since" in dead.error


def test_a_plan_status_that_our_own_move_carried_over_is_no_plan_of_the_next_tier(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.set_status(ticket, "Plan made", by="tess")
    desk.run_until(at("10:10"))
    assert where(desk, ticket)[0] == "Tier 3"
    desk.run_until(at("10:40"))
    assert len(our_notes(desk, ticket)) == 2


def test_an_owner_left_by_a_move_that_broke_off_half_way_is_removed_or_named(open_stage, monkeypatch):
    desk = open_stage(**QUICK)
    desk.run_until(NINE)
    desk.simulator.faults.owner_removal = frozenset({"empty"})
    desk.simulator.faults.owner_removal_is_ignored = True
    ticket = a_ticket_on(desk)
    desk.settle()
    fail_the_second(desk, monkeypatch, "PATCH")
    desk.run_until(at("09:45"))
    said = any("still shown as the owner" in note["text"] for note in our_notes(desk, ticket))
    assert where(desk, ticket)[2] is None or said


def test_the_word_that_the_owner_stays_is_not_lost_with_one_failed_call(open_stage, monkeypatch):
    desk = open_stage(**QUICK)
    desk.run_until(NINE)
    desk.simulator.faults.owner_removal = frozenset()
    desk.simulator.faults.owner_removal_is_ignored = True
    ticket = a_ticket_on(desk)
    desk.settle()
    fail_the_second(desk, monkeypatch, "POST", "notes")
    desk.run_until(at("09:55"))
    assert any("still shown as the owner" in note["text"] for note in our_notes(desk, ticket))


def test_an_escalation_taken_up_again_after_it_was_given_up_is_finished_after_a_crash(open_stage):
    desk = open_stage(poll_every=minutes(1), **QUICK)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.callbacks_lose_all = True
    desk.simulator.faults.drop_before_performing(1, method="POST", path="notes")
    desk.run_until(at("09:30"))
    desk.simulator.set_status(ticket, "Waiting on client", by="tess")
    desk.run_until(at("09:45"))  # given up: nothing written
    desk.simulator.set_status(ticket, "In Progress", by="tess")
    desk.simulator.faults.fail_next(1, 503, method="PATCH")
    desk.clock.move_to(at("09:46"))
    desk.worker.run_until_idle()
    assert len(our_notes(desk, ticket)) == 1
    desk.simulator.add_note(ticket, "Still no answer", "tess")
    desk.run_until(at("09:55"))
    assert where(desk, ticket)[0] == "Tier 3"
    assert len(our_notes(desk, ticket)) == 1


def test_a_plan_in_a_note_that_names_our_reference_counts(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:30"))
    reference = our_notes(desk, ticket)[0]["text"].splitlines()[-1]
    desk.run_until(at("09:45"))
    desk.simulator.add_note(ticket, f"Answer to {reference}\nPlan: replace the beacon's certificate", "sam")
    desk.run_until(at("10:05"))
    assert len(our_notes(desk, ticket)) == 1


@pytest.mark.parametrize("poll_every", [timedelta(seconds=60), timedelta(seconds=5)])
def test_the_poll_reads_a_closed_ticket_at_most_twice_for_one_change(open_stage, poll_every):
    desk = open_stage(poll_every=poll_every)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.close_ticket(ticket)
    desk.settle()
    desk.simulator.forget_calls()
    desk.run_until(at("09:10"))
    reads = [call for call in desk.simulator.calls if call.path == f"service/tickets/{ticket}"]
    assert len(reads) <= 2


def test_a_dead_letter_is_revived_by_our_own_poll_at_most_once(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.workflow_reverts = frozenset({"board", "team", "status", "owner"})
    desk.run_until(at("16:00"))
    assert len(events(desk, ticket, "dead letter")) <= 2


def test_a_note_that_came_back_visible_is_never_written_a_second_time_unasked(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.note_comes_back_public = True
    desk.run_until(at("09:45"))
    later = a_ticket_on(desk, "Another")
    desk.run_until(at("11:00"))
    desk.simulator.faults.note_comes_back_public = False
    desk.mailbox.replay("connectwise", str(later), "tests")  # nobody replays the first one
    desk.settle()
    desk.simulator.add_note(ticket, "What is this note?", contact="Connie Client")
    desk.run_until(at("11:05"))
    assert len(our_notes(desk, ticket)) == 1


def test_a_turn_that_crashes_is_parked_like_any_other_audited_and_told(open_stage, monkeypatch):
    notifier = Recorder(1)
    desk = open_stage(poll_every=NO_POLL, notifier=notifier)
    desk.connected.turns.failures.dead_letter_after = timedelta(hours=2)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)

    def read(ticket_id, *known, **options):
        raise KeyError("unforeseen")  # adapters.contract.Temporary here passes

    monkeypatch.setattr(desk.system.tickets, "read", read)
    desk.settle()
    desk.clock.move_to(at("10:59"))
    desk.settle()
    assert desk.mailbox.dead_letters() == []
    early = [title for _, title, _ in notifier.sent]
    assert early == [f"connectwise: ticket {ticket} cannot be worked on since 09:00 UTC"]
    desk.clock.move_to(at("11:01"))
    desk.settle()
    (dead,) = desk.mailbox.dead_letters()
    assert dead.error == "unexpected KeyError; see the log"
    assert [(row.event, row.detail["message"]) for row in events(desk, ticket)] == [
        ("turn failed", dead.error),
        ("dead letter", dead.error),
    ]
    assert [(title, text.splitlines()[0]) for _, title, text in notifier.sent[1:]] == [
        (f"connectwise: ticket {ticket} needs a person", dead.error)
    ]


def test_a_chore_that_crashes_is_never_parked(open_stage, monkeypatch):
    desk = open_stage(poll_every=minutes(1))
    desk.run_until(NINE)

    def changed_since(moment):
        raise KeyError("unforeseen")

    with monkeypatch.context() as patched:
        patched.setattr(desk.system.tickets, "changed_since", changed_since)
        desk.run_until(at("09:02"))
        desk.clock.move_to(at("10:00", day=17))
        desk.settle()
    ticket = a_ticket_on(desk)
    desk.simulator.faults.callbacks_lose_all = True
    desk.run_until(at("10:02", day=17))
    assert str(ticket) in {row.ticket for row in desk.mailbox.list_tickets()}


@pytest.mark.usual_rounds
def test_the_signs_of_life_of_workers_that_died_are_forgotten(open_stage):
    desk = open_stage(poll_every=NO_POLL)
    beat(desk.store, "died")
    desk.run_until(at("10:00", day=16))
    assert prune_beats(desk.store, at("10:00")) == 0
    assert last_cycle_at(desk.store) is not None


def test_a_home_inside_another_that_does_not_resolve_at_start_holds_its_tickets(open_stage):
    tiers = (
        a_tier(1, homes={"connectwise": "Service Desk"}),
        a_tier(2, homes={"connectwise": "Service Desk > Dispatch"}),
        a_tier(3),
    )
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:35"))
    assert where(desk, ticket)[1] == "Dispatch"
    desk.simulator.rename_team("Service Desk", "Dispatch", "Second Line")
    restarted(desk, modes=ENFORCES)
    desk.system.directory.teams._kept.clear()  # as in a new process
    desk.run_until(at("10:30"))
    desk.simulator.rename_team("Service Desk", "Second Line", "Dispatch")
    desk.run_until(at("16:00"))
    assert where(desk, ticket)[0] == "Sr IT"


def test_a_home_added_by_the_policy_adopts_also_what_is_touched_at_that_moment(open_stage):
    tiers = (a_tier(1), a_tier(2))
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(NINE)
    tickets = [a_ticket_on(desk, f"Old {n}", team="Dispatch", status="In Progress") for n in range(5)]
    desk.run_until(at("12:00"))
    wider = replace(tiers[0], homes={"connectwise": "Service Desk"})
    restarted(desk, modes=ENFORCES, policy=scenario_policy(tiers=(wider, tiers[1]), version="wider"))
    for ticket in tickets:
        desk.simulator.set_summary(ticket, "reworded just now")
    desk.run_until(at("12:05"))
    assert [our_notes(desk, ticket) for ticket in tickets] == [[]] * 5


@pytest.mark.usual_rounds
def test_a_registration_with_the_wrong_level_is_repaired(desk):
    (registration,) = desk.system.webhooks.registrations()
    row = desk.simulator.state.callbacks[int(registration.id)]
    row["level"], row["objectId"] = "board", 3
    desk.run_until(at("09:30"))
    (registration,) = desk.system.webhooks.registrations()
    assert desk.simulator.state.callbacks[int(registration.id)]["level"] == "owner"


def test_an_odd_row_in_a_list_leaves_the_homes_as_they_were():
    class Directory:
        is_odd = False

        def locate(self, home):
            if self.is_odd:
                raise PayloadError("service/boards: id", "missing")
            return DESK

    directory, now = Directory(), [NINE]
    book = HomeBook(a_connection(directory, "connectwise"), a_policy(), lambda: now[0])
    kept = book.current()
    directory.is_odd, now[0] = True, NINE + minutes(11)
    assert book.current() == kept


def test_a_typing_error_in_one_of_the_three_people_does_not_stop_the_final_escalation(open_stage):
    final = replace(scenario_policy().final, account_manager="adamm")
    desk = open_stage(scenario_policy(final=final))
    desk.run_until(NINE)
    ticket = a_ticket_on(desk, board="Sr IT", team="Management")
    desk.run_until(at("11:00"))
    assert len(our_notes(desk, ticket)) == 1


def test_the_end_of_an_old_claim_does_not_end_the_heartbeat_of_a_newer_one(desk):
    number = str(a_ticket_on(desk))
    desk.settle()
    desk.mailbox.schedule("connectwise", number, desk.clock.now())
    (old,) = desk.worker._claim(1)
    desk.clock.move_to(at("09:02"))  # the lease has run out
    new = next(claim for claim in desk.worker._claim(9) if claim.ticket == number)
    desk.worker._forget([old])
    assert new in desk.worker._claims_in_hand()


def test_an_unknown_status_after_a_waiting_one_does_not_start_the_clock():
    record = a_ticket(owner=TESS, status=WORKING, updated_at=at("12:00"), read_at=at("12:00"))
    changes = (
        turned(NEW, WORKING, NINE),
        turned(WORKING, WAITING, at("09:10")),
        turned(WAITING, ODD, at("10:00")),
        turned(ODD, WORKING, at("12:00")),
    )
    (stint,) = build_timeline(record, changes, a_policy(), HOMES).stints
    assert stint.pauses[-1].end == at("12:00")
