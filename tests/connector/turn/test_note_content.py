from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import Aspect, Reason, Stage, Target
from connector.policy.policy import EndOfDay, FinalEscalation
from connector.rules.escalation import Demand, Documentation, demand_of
from connector.rules.limits import evaluate
from connector.rules.stints import build_timeline
from connector.store.records import Step, StepState
from connector.turn.escalation import Escalation
from connector.turn.note_content import gather
from connector.turn.saga import StepKind
from tests.builders import (
    ACME,
    CRITICAL,
    DESK,
    HOMES,
    NEW,
    NORMAL,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_change,
    a_note,
    a_policy,
    a_ticket,
    a_tier,
    at,
    moved,
    office_hours,
    round_the_clock,
    seen,
    turned,
)
from tests.connector.speech import MARIA, decided, said

FINAL = FinalEscalation("irene", "", "adam")


def gathered(record, now, changes=None, policy=None, to=2, people=None, steps=()):
    policy = policy or a_policy(final=FINAL)
    decision = evaluate(build_timeline(record, changes or seen(record), policy, HOMES), policy, now)
    tier = decision.tier
    plan = Escalation(
        "psa/4711/x/diagnosis", "ESC-A-B", tier, policy.tier(to) if to else None, Target(), "in the queue"
    )
    demand = Demand("diagnosis", (Reason.TIME,))
    return gather(decision, plan, demand, policy, people or (), steps)


def a_step(n=StepKind.MOVE, state=StepState.DONE, when="09:30", **outcome) -> Step:
    return Step(
        "psa/4711/x/diagnosis", n, state, {"from": "First Touch (T1/2)", "stage": "diagnosis"} | outcome, at(when)
    )


def test_a_breached_diagnosis_is_gathered_with_its_clock():
    handoff = gathered(a_ticket(owner=TESS), at("09:30"))
    assert (handoff.reasons, handoff.stage) == ((Reason.TIME,), Stage.DIAGNOSIS)
    assert (handoff.limit_minutes, handoff.used_minutes, handoff.due_at) == (30, 30, at("09:30"))
    assert (handoff.holders, handoff.plan, handoff.policy_note) == (("Tess Tech",), None, "")
    assert handoff.final_people == ()
    assert not handoff.is_clients_calendar
    assert not handoff.is_critical


def test_a_breached_fix_carries_the_plan():
    record = a_ticket(owner=TESS, entries=(a_note("Plan: swap it", at("09:10")),))
    assert gathered(record, at("10:10")).plan == ("swap it", "Tess Tech", at("09:10"))


def test_only_the_stints_own_entries_are_handed_over_oldest_first():
    early, late, later = a_note("T1 tried", at("09:10")), a_note("second", at("09:50")), a_note("first", at("09:40"))
    record = a_ticket(place=TIER_3, owner=TESS, entries=(early, late, later))
    changes = [*seen(a_ticket(owner=TESS)), moved(DESK, TIER_3, at("09:30"))]
    assert gathered(record, at("10:00"), changes, to=3).entries == (later, late)


def test_waiting_is_handed_over_in_working_minutes():
    record = a_ticket(owner=TESS, status=WORKING)
    changes = [*seen(record), turned(WORKING, WAITING, at("09:10")), turned(WAITING, NEW, at("09:25"))]
    assert gathered(record, at("09:45"), changes).paused_minutes == 15


def test_a_critical_priority_and_the_clients_own_calendar_are_said():
    policy = a_policy(
        calendars={"default": office_hours(), "acme": round_the_clock()},
        client_calendars={ACME.name.casefold(): "acme"},
        end_of_day=EndOfDay.IGNORE,
    )
    handoff = gathered(a_ticket(owner=TESS, priority=CRITICAL), at("09:15"), policy=policy)
    assert handoff.is_clients_calendar
    assert handoff.is_critical
    assert handoff.end_of_day_minutes == 0
    assert handoff.policy_note == "30 minutes, times 0.5 for the priority"


def test_a_ticket_without_client_and_priority_is_handed_over_too():
    handoff = gathered(a_ticket(owner=TESS, client=None, priority=None), at("09:30"))
    assert not handoff.is_clients_calendar
    assert not handoff.is_critical


def test_earlier_escalations_are_told_and_abandoned_ones_are_not():
    steps = [
        a_step(when="10:30", stage="fix", **{"from": "Tier 3"}),
        a_step(),
        a_step(abandoned="resolved"),
        a_step(n=1),
        replace(a_step(), state=StepState.BEGUN),
    ]
    assert gathered(a_ticket(owner=TESS), at("09:30"), steps=steps).earlier_escalations == (
        "15 Jan 09:30 escalated from First Touch (T1/2): no diagnosis plan in time",
        "15 Jan 10:30 escalated from Tier 3: no fix in time",
    )


# --- requests, overrides, deferring, tiers passed over -----------------------------------------------------------


def handed(now, *entries, demand_key="diagnosis", policy=None, changes=None, to=2, day=15, **given):
    policy = policy or a_policy(final=FINAL)
    record = a_ticket(**{"owner": TESS, "entries": entries} | given)
    decision = decided(record, at(now, day), changes, policy)
    plan = Escalation("psa/4711/x/diagnosis", "ESC-A-B", decision.tier, policy.tier(to), Target(), "in the queue")
    demand = demand_of(decision, policy, Documentation(decision)) or Demand(demand_key, (Reason.TIME,))
    return gather(decision, plan, demand, policy, {}, ())


def test_requests_are_handed_over_with_what_they_lack():
    handoff = handed("09:15", said("/escalate urgency", at("09:10")))
    assert handoff.reasons == (Reason.URGENCY,)
    assert [request.by for request in handoff.requests] == ["Tess Tech"]
    assert handoff.undocumented == ("what is blocked, in the line of “/escalate urgency”",)
    assert handoff.became_critical_at is None


@pytest.mark.process("note-discussions", "override-recorded")
def test_every_override_of_the_ticket_is_handed_over_and_the_one_that_held():
    first = said("/override 20m because the vendor calls", at("09:05"), MARIA)
    second = said("/override 45m because the vendor is late", at("09:10"), MARIA)
    refused = said("/override 45m", at("09:12"), MARIA)
    handoff = handed("09:55", first, second, refused)
    assert [one.at for one in handoff.overrides] == [at("09:05"), at("09:10")]
    assert handoff.override is handoff.overrides[1]
    assert (handoff.limit_at, handoff.due_at) == (at("09:30"), at("09:55"))


def test_an_earlier_tiers_override_is_handed_over_and_holds_no_more():
    record = a_ticket(owner=TESS)
    changes = [*seen(record), moved(DESK, TIER_3, at("09:30"))]
    noted = said("/override 45m because the vendor calls", at("09:05"), MARIA)
    handoff = handed("10:00", noted, changes=changes, place=TIER_3, to=3)
    assert ([one.tier for one in handoff.overrides], handoff.override) == (["First Touch (T1/2)"], None)


def test_a_risen_priority_is_handed_over_with_its_moment():
    changes = [*seen(a_ticket(owner=TESS)), a_change(Aspect.PRIORITY, NORMAL, CRITICAL, at("09:10"))]
    handoff = handed("09:11", changes=changes, priority=CRITICAL, policy=a_policy(escalate_when_critical=True))
    assert (handoff.became_critical_at, handoff.reasons) == (at("09:10"), (Reason.URGENCY,))


@pytest.mark.parametrize(
    ("entered", "defers", "waited_until"),
    [("16:10", True, at("08:00", day=16)), ("16:30", True, None), ("16:30", False, None), ("09:00", True, None)],
)
def test_only_an_escalation_that_was_deferred_waited_for_the_clients_opening(entered, defers, waited_until):
    policy = a_policy(end_of_day=EndOfDay.DEFER if defers else EndOfDay.ADVISE)
    start = at(entered)
    given = {"entered_at": start, "updated_at": start, "read_at": start}
    assert handed("08:00", day=16, policy=policy, **given).waited_until == waited_until


def test_nothing_that_is_not_due_waited():
    changes = [*seen(a_ticket(owner=TESS, status=WORKING)), turned(WORKING, WAITING, at("09:10"))]
    handoff = handed("09:20", said("/escalate urgency the ward", at("09:15")), changes=changes, status=WAITING)
    assert (handoff.due_at, handoff.waited_until) == (None, None)


def test_tiers_that_are_passed_over_are_handed_over_with_the_reason():
    policy = a_policy(tiers=(a_tier(1), a_tier(2, skip="on leave"), a_tier(3)))
    assert handed("09:30", policy=policy, to=3).skipped == (("Tier 3 / Service Desk Manager", "on leave"),)


def test_the_reason_of_an_earlier_escalation_is_told_where_it_was_not_time_alone():
    steps = [a_step(reason="Knowledge"), a_step(when="10:30", reason="Time & Urgency", stage="fix")]
    assert gathered(a_ticket(owner=TESS), at("09:30"), steps=steps).earlier_escalations == (
        "15 Jan 09:30 escalated from First Touch (T1/2): Knowledge",
        "15 Jan 10:30 escalated from First Touch (T1/2): Time & Urgency",
    )
