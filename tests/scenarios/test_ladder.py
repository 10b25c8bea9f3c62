from __future__ import annotations

import pytest
import structlog

from connector.policy.policy import FinalEscalation
from connector.store.chain.proof import verify
from tests.builders import NINE, a_tier, at, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, where, writes


@pytest.mark.process("breach", "diagnosis-runs", "one-note", "unit")
def test_no_plan_in_thirty_minutes_takes_the_ticket_up_to_the_second(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:29:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("09:30"))
    (note,) = our_notes(desk, ticket)
    assert note["dateCreated"] == "2026-01-15T09:30:00Z"
    assert note["text"].startswith("ESCALATED to Tier 3 / Service Desk Manager: no diagnosis plan")
    assert where(desk, ticket) == ("Tier 3", "Seniors", None)


@pytest.mark.process("read-again", "unit")
def test_an_escalation_takes_six_calls_two_of_them_to_look_once_more(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:29:59"))
    desk.simulator.forget_calls()
    desk.clock.move_to(at("09:30"))
    desk.worker.run_until_idle()
    assert [(call.method, call.path) for call in desk.simulator.calls if f"tickets/{ticket}" in call.path] == [
        ("GET", f"service/tickets/{ticket}"),
        ("GET", f"service/tickets/{ticket}/allNotes"),
        ("POST", f"service/tickets/{ticket}/notes"),
        ("GET", f"service/tickets/{ticket}"),
        ("GET", f"service/tickets/{ticket}/allNotes"),
        ("PATCH", f"service/tickets/{ticket}"),
    ]


@pytest.mark.process("breach", "fix-runs", "stage-order")
def test_no_fix_in_sixty_minutes_after_the_plan_takes_the_ticket_up(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:20"))
    desk.simulator.add_note(ticket, "Plan: replace the network beacon", "tess")
    desk.run_until(at("10:19:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("10:20"))
    (note,) = our_notes(desk, ticket)
    assert "no fix within 60 working minutes" in note["text"]
    assert "replace the network beacon" in note["text"]


@pytest.mark.process("ladder-next", "kind-time")
def test_a_ticket_nobody_touches_again_goes_all_the_way_up_on_time_without_any_webhook(desk):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.callbacks_lose_all = True
    desk.run_until(at("16:00"))
    assert [note["dateCreated"][11:19] for note in our_notes(desk, ticket)] == ["09:30:00", "10:00:00", "11:00:00"]
    assert where(desk, ticket) == ("Sr IT", "Management", "irene")
    assert [row.event for row in events(desk, ticket, "escalated", "final escalation")] == [
        "escalated",
        "escalated",
        "final escalation",
    ]


def test_a_lost_webhook_of_the_creation_is_found_by_the_poll_and_counts_from_the_history(desk):
    desk.simulator.faults.callbacks_lose_next = 1
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:30"))
    assert our_notes(desk, ticket)[0]["dateCreated"] == "2026-01-15T09:30:00Z"


@pytest.mark.process("stint-ends", "stage-order")
def test_a_plan_and_a_fix_in_time_write_nothing(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:29"))
    desk.simulator.add_time_entry(ticket, "tess", "Diagnosis plan: reset the adapter", at("09:05"), at("09:29"))
    desk.run_until(at("10:28:59"))
    desk.simulator.resolve(ticket, by="tess")
    desk.run_until(at("16:00"))
    assert writes(desk) == []
    assert where(desk, ticket) == ("Service Desk", "First Touch", "tess")


@pytest.mark.process("start-first-touch")
def test_a_ticket_nobody_has_touched_is_not_on_the_clock(desk):
    ticket = a_ticket_on(desk, owner=None)
    desk.run_until(at("11:00"))
    assert our_notes(desk, ticket) == []
    desk.simulator.assign(ticket, "tom")
    desk.run_until(at("11:29:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("11:30"))
    assert len(our_notes(desk, ticket)) == 1


@pytest.mark.process("pause")
def test_a_pause_over_noon_does_not_count(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.set_status(ticket, "Waiting on client", by="tess")
    desk.run_until(at("13:00"))
    desk.simulator.set_status(ticket, "In Progress", by="tess")
    desk.run_until(at("13:19:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("13:20"))
    assert len(our_notes(desk, ticket)) == 1


def test_a_limit_that_runs_out_at_closing_time_is_acted_on_at_the_next_opening(open_stage):
    desk = open_stage(poll_every=minutes(60))
    desk.run_until(at("16:30"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("07:59:59", day=16))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("08:00", day=16))
    (note,) = our_notes(desk, ticket)
    assert "ran out at 15 Jan 17:00" in note["text"]


@pytest.mark.process("urgency-factor")
def test_a_critical_priority_takes_the_ticket_up_after_half_the_time(desk):
    ticket = a_ticket_on(desk, priority="Priority 1 - Critical")
    desk.run_until(at("09:15"))
    assert len(our_notes(desk, ticket)) == 1


@pytest.mark.process("change-of-mind")
def test_a_rise_in_priority_takes_the_ticket_up_at_once_when_the_new_limit_is_over(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:20"))
    desk.simulator.set_priority(ticket, "Priority 1 - Critical")
    desk.settle()
    assert our_notes(desk, ticket)[0]["dateCreated"] == "2026-01-15T09:20:00Z"


@pytest.mark.process("stint-tier")
def test_a_move_back_by_a_person_starts_a_new_stint(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:40"))
    desk.simulator.move(ticket, "Service Desk", "First Touch", "Assigned", by="maria")
    desk.simulator.assign(ticket, "tom", by="maria")
    desk.run_until(at("10:09:59"))
    assert len(our_notes(desk, ticket)) == 1
    desk.run_until(at("10:10"))
    assert len(our_notes(desk, ticket)) == 2
    assert where(desk, ticket)[0] == "Tier 3"


@pytest.mark.process("stint-reopening")
def test_a_reopening_starts_a_new_stint(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.close_ticket(ticket, by="tess")
    desk.run_until(at("11:00"))
    desk.simulator.reopen(ticket, "In Progress", by="maria")
    desk.run_until(at("11:29:59"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("11:30"))
    assert len(our_notes(desk, ticket)) == 1


@pytest.mark.process("plan-client")
def test_a_client_mail_with_a_plan_line_records_no_plan(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.add_note(ticket, "Plan: you fix it today", contact="Connie Client")
    desk.run_until(at("09:30"))
    assert len(our_notes(desk, ticket)) == 1


@pytest.mark.process("reassign")
def test_a_fixed_member_gets_the_ticket(open_stage):
    tiers = (a_tier(1), a_tier(2, assign="sam", status="Assigned"), a_tier(3))
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:30"))
    assert where(desk, ticket) == ("Tier 3", "Seniors", "sam")
    assert desk.simulator.ticket(ticket)["status"]["name"] == "Assigned"
    text = our_notes(desk, ticket)[0]["text"]
    assert text.splitlines()[1].startswith("Asked of Sam Senior: a plan by 10:00 (UTC)")
    assert "Sam Senior becomes the owner." in text


def test_an_inactive_member_never_gets_a_ticket(open_stage):
    desk = open_stage(scenario_policy(tiers=(a_tier(1), a_tier(2, assign="gone"), a_tier(3))))
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:30"))
    assert where(desk, ticket) == ("Tier 3", "Seniors", None)
    assert "Gus Gone, who is configured to get it, is not active" in our_notes(desk, ticket)[0]["text"]


@pytest.mark.process("final-mark", "final-call")
def test_the_final_escalation_marks_the_ticket_and_happens_once(open_stage):
    mark = {"status": "Assigned", "priority": "Priority 1 - Critical", "reminders": 0}
    final = FinalEscalation("irene", "maria", "adam", **mark)
    desk = open_stage(scenario_policy(tiers=(a_tier(1), a_tier(2)), final=final), poll_every=minutes(30))
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(at("16:00"))
    last = our_notes(desk, ticket)[-1]["text"]
    assert len(our_notes(desk, ticket)) == 2
    assert last.startswith("FINAL ESCALATION")
    for name in ("Irene Systems", "Maria Desk", "Adam Account"):
        assert name in last.splitlines()[0]
    found = desk.simulator.ticket(ticket)
    assert (found["owner"]["identifier"], found["status"]["name"]) == ("irene", "Assigned")
    assert found["priority"]["name"] == "Priority 1 - Critical"


@pytest.mark.process("one-note", "note-fits")
def test_every_note_is_internal_and_fits(desk):
    ticket = a_ticket_on(desk)
    for n in range(60):
        desk.simulator.add_note(
            ticket, f"Tried step number {n}: " + "restarted the service and looked again. " * 40, "tess"
        )
    desk.run_until(at("12:00"))
    for note in our_notes(desk, ticket):
        assert note["internalAnalysisFlag"]
        assert not note["detailDescriptionFlag"]
        assert not note["resolutionFlag"]
        assert len(note["text"]) <= desk.system.note_limit
        assert note["text"].splitlines()[-1].startswith("Ref. ESC-")


@pytest.mark.process("audit")
def test_the_audit_trail_explains_an_escalation_minute_by_minute_and_verifies(desk):
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.set_status(ticket, "Waiting on vendor", by="tess")
    desk.run_until(at("09:25"))
    desk.simulator.set_status(ticket, "In Progress", by="tess")
    desk.run_until(at("09:45"))
    (escalated,) = events(desk, ticket, "escalated")
    assert escalated.detail["working"][1:4] == [
        "2026-01-15 09:00:00 UTC to 2026-01-15 09:10:00 UTC: counted, 10.0 min, working hours",
        "2026-01-15 09:10:00 UTC to 2026-01-15 09:25:00 UTC: not counted, 15.0 min, paused: Waiting on vendor",
        "2026-01-15 09:25:00 UTC to 2026-01-15 09:45:00 UTC: counted, 20.0 min, working hours",
    ]
    assert verify(desk.store).is_intact


def test_the_same_morning_comes_out_the_same_on_both_databases(database_url, open_stage):
    desk = open_stage(url=database_url)
    desk.run_until(NINE)
    silent, quick = a_ticket_on(desk), a_ticket_on(desk, "Printer jam")
    desk.run_until(NINE + minutes(5))
    desk.simulator.resolve(quick, by="tess")
    desk.run_until(at("12:00"))
    assert [note["dateCreated"][11:16] for note in our_notes(desk, silent)] == ["09:30", "10:00", "11:00"]
    assert our_notes(desk, quick) == []


def test_an_escalation_is_one_log_line_without_the_clients_words(desk):
    ticket = a_ticket_on(desk, "The client's very own words")
    desk.run_until(at("09:29:59"))
    with structlog.testing.capture_logs() as lines:
        desk.run_until(at("09:31"))
    (line,) = [line for line in lines if line["event"] == "escalated"]
    assert (line["ticket"], line["from"], line["stage"]) == (str(ticket), "First Touch (T1/2)", "diagnosis")
    assert "very own words" not in str(lines)
