from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import Aspect, Stage
from connector.policy.policy import EndOfDay, FixStartsAt
from connector.rules.limits import Decision, Verdict, evaluate, stretches, untouched_at
from connector.rules.stints import Turns, build_timeline
from tests.builders import (
    ACME,
    CRITICAL,
    DESK,
    ELSEWHERE,
    HOMES,
    NEW,
    NINE,
    NORMAL,
    ODD,
    RESOLVED,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_calendar,
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

LATER, NO_LIMIT = "/override 45m because the vendor calls", "/override none because it is planned"


def decide(record, now, changes=None, policy=None) -> Decision:
    policy = policy or a_policy()
    return evaluate(build_timeline(record, changes or seen(record), policy, HOMES), policy, now)


def touched(**given):
    return a_ticket(owner=TESS, **given)


def test_a_running_clock_wakes_at_its_limit():
    decision = decide(touched(), at("09:10"))
    assert decision.verdict is Verdict.RUNNING
    assert decision.wake_at == at("09:30")
    assert (decision.clock.used_minutes, decision.clock.left_minutes) == (10, 20)
    assert decision.why == "the diagnosis plan is due in 20 working minutes"


@pytest.mark.process("breach", "stage-order")
def test_the_limit_is_breached_at_its_very_second():
    assert decide(touched(), at("09:29:59")).verdict is Verdict.RUNNING
    decision = decide(touched(), at("09:30"))
    assert (decision.verdict, decision.clock.stage) == (Verdict.BREACHED, Stage.DIAGNOSIS)
    assert decision.why == "no diagnosis plan after 30 working minutes"


@pytest.mark.process("fix-runs")
def test_the_fix_counts_from_the_plan():
    record = touched(entries=(a_note("Plan: A", at("09:20")),))
    decision = decide(record, at("10:19:59"))
    assert (decision.clock.stage, decision.clock.due_at) == (Stage.FIX, at("10:20"))
    assert decide(record, at("10:20")).why == "no fix after 60 working minutes"


@pytest.mark.process("fix-configured")
def test_the_fix_can_be_told_to_count_from_the_stint():
    record = touched(entries=(a_note("Plan: A", at("09:20")),))
    policy = a_policy(fix_starts_at=FixStartsAt.STINT)
    assert decide(record, at("09:30"), policy=policy).clock.due_at == at("10:00")


@pytest.mark.process("diagnosis-runs")
def test_a_plan_found_late_is_no_breach():
    record = touched(entries=(a_note("Plan: A", at("09:45")),))
    assert decide(record, at("10:00")).verdict is Verdict.RUNNING


def test_a_waiting_status_stops_the_clock_even_after_the_limit():
    record = touched(status=WAITING)
    changes = [*seen(touched()), turned(WORKING, WAITING, at("09:40"))]
    decision = decide(record, at("10:00"), changes)
    assert (decision.verdict, decision.wake_at) == (Verdict.PAUSED, None)
    assert decision.why == "the clock stands still: status Waiting on client"


@pytest.mark.process("pause")
def test_a_pause_moves_the_limit_by_its_working_time():
    record = touched(status=WORKING)
    changes = [*seen(record), turned(WORKING, WAITING, at("09:10")), turned(WAITING, WORKING, at("11:10"))]
    assert decide(record, at("11:20"), changes).clock.due_at == at("11:30")


def test_what_waiting_took_out_of_the_count_is_told():
    changes = [*seen(touched()), turned(WORKING, WAITING, at("09:10")), turned(WAITING, WORKING, at("09:25"))]
    assert decide(touched(), at("09:30"), changes).clock.paused_minutes(at("09:30")) == 15
    assert decide(touched(), at("09:30")).clock.paused_minutes(at("09:30")) == 0


@pytest.mark.process("urgency-factor")
def test_a_critical_priority_halves_the_limit():
    decision = decide(touched(priority=CRITICAL), at("09:10"))
    assert (decision.clock.limit_minutes, decision.wake_at) == (15, at("09:15"))


def test_a_closing_time_is_due_then_and_judged_at_the_next_opening():
    record = touched(entered_at=at("16:30"), updated_at=at("16:30"), read_at=at("16:30"))
    waiting = decide(record, at("17:00"))
    assert waiting.verdict is Verdict.DUE_AT_OPENING
    assert (waiting.clock.due_at, waiting.wake_at) == (at("17:00"), at("08:00", day=16))
    assert decide(record, at("16:59")).wake_at == at("08:00", day=16)
    assert decide(record, at("08:00", day=16)).verdict is Verdict.BREACHED


def test_a_late_look_after_hours_acts_on_a_limit_that_ran_out_before_closing():
    record = touched(entered_at=at("16:20"), updated_at=at("16:20"), read_at=at("16:20"))
    assert decide(record, at("17:10")).verdict is Verdict.BREACHED


@pytest.mark.process("calendar-client")
def test_the_clients_own_calendar_counts_before_the_tiers():
    policy = a_policy(
        calendars={"default": office_hours(), "acme": round_the_clock()},
        client_calendars={ACME.name.casefold(): "acme"},
    )
    record = touched(entered_at=at("20:00"), updated_at=at("20:00"), read_at=at("20:00"))
    assert decide(record, at("20:10"), policy=policy).clock.due_at == at("20:30")


def test_an_untouched_ticket_has_no_deadline():
    decision = decide(a_ticket(), at("16:00"))
    assert (decision.verdict, decision.wake_at) == (Verdict.UNTOUCHED, None)


def test_a_resolved_ticket_has_ended():
    record = touched(status=RESOLVED)
    decision = decide(record, at("12:00"), [*seen(touched()), turned(NEW, RESOLVED, at("09:29:59"))])
    assert (decision.verdict, decision.why) == (Verdict.ENDED, "the last stint ended: status Resolved")


def test_a_ticket_moved_out_of_all_homes_is_not_watched():
    record = touched(place=ELSEWHERE)
    decision = decide(record, at("12:00"), [*seen(touched()), moved(DESK, ELSEWHERE, at("09:10"))])
    assert (decision.verdict, decision.why) == (Verdict.NOT_WATCHED, "the last stint ended: moved to Projects")


def test_a_ticket_of_no_tier_is_not_watched():
    decision = decide(a_ticket(place=ELSEWHERE), NINE)
    assert decision.verdict is Verdict.NOT_WATCHED
    assert "Projects" in decision.why
    assert decision.stint is None


def test_an_unknown_status_holds_still():
    decision = decide(touched(status=ODD), at("12:00"))
    assert (decision.verdict, decision.wake_at) == (Verdict.UNKNOWN, None)


def test_a_record_that_is_no_service_ticket_is_left_alone():
    decision = decide(touched(is_escalatable=False, why_not="merged into 12"), at("12:00"))
    assert (decision.verdict, decision.why) == (Verdict.NOT_ESCALATABLE, "merged into 12")
    assert decision.record.id == "4711"


def test_a_calendar_that_ends_before_the_limit_is_unknown_and_says_so():
    ending = a_calendar({}, overrides={"2026-01-15": [["09:00", "09:10"]]})
    decision = decide(touched(), at("09:05"), policy=a_policy(calendars={"default": ending}))
    assert decision.verdict is Verdict.UNKNOWN
    assert decision.why


def test_each_tier_has_its_own_limits():
    policy = a_policy(tiers=(a_tier(1), a_tier(2, diagnosis_minutes=7.5), a_tier(3)))
    record = touched(place=TIER_3)
    changes = [*seen(touched()), moved(DESK, TIER_3, at("09:30"))]
    decision = decide(record, at("09:31"), changes, policy)
    assert decision.tier.number == 2
    assert decision.clock.due_at == at("09:37:30")


@pytest.mark.process("change-of-mind")
@pytest.mark.parametrize("minutes_later", [0, 1, 5, 31])
def test_a_priority_change_never_moves_what_was_already_counted(minutes_later):
    now = at(f"09:{minutes_later:02d}")
    normal, critical = decide(touched(), now), decide(touched(priority=CRITICAL), now)
    assert normal.clock.used_minutes == critical.clock.used_minutes


@pytest.mark.process("audit")
def test_the_working_names_every_minute_that_counted_or_did_not():
    record = touched(status=WORKING, entered_at=at("16:50"), updated_at=at("16:50"), read_at=at("16:50"))
    changes = [
        *seen(record),
        turned(WORKING, WAITING, at("08:05", day=16)),
        turned(WAITING, WORKING, at("08:20", day=16)),
    ]
    decision = decide(record, at("08:35", day=16), changes)
    told = [(s.start, s.end, s.counts, s.why) for s in stretches(decision.clock, decision.at)]
    assert told == [
        (at("16:50"), at("17:00"), True, "working hours"),
        (at("17:00"), at("08:00", day=16), False, "outside working hours"),
        (at("08:00", day=16), at("08:05", day=16), True, "working hours"),
        (at("08:05", day=16), at("08:20", day=16), False, "paused: Waiting on client"),
        (at("08:20", day=16), at("08:35", day=16), True, "working hours"),
    ]
    counted = sum(s.minutes for s in stretches(decision.clock, decision.at) if s.counts)
    assert counted == decision.clock.used_minutes == 30


# --- overrides ------------------------------------------------------------------------------------------------


def overridden(text, now, *more, when="09:10", **given):
    record = touched(**{"status": WORKING, "entries": (said(text, at(when), MARIA), *more)} | given)
    return decided(record, at(now), given.get("changes"))


@pytest.mark.process("override-holds")
@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        ("09:11", Verdict.OVERRIDDEN),
        ("09:30", Verdict.OVERRIDDEN),
        ("09:54:59", Verdict.OVERRIDDEN),
        ("09:55", Verdict.BREACHED),
    ],
)
def test_an_override_moves_the_limit_to_later_and_expires_by_itself(now, verdict):
    decision = overridden(LATER, now)
    assert decision.verdict is verdict
    assert (decision.clock.limit_at, decision.clock.due_at) == (at("09:30"), at("09:55"))
    assert decision.clock.override.by == "Maria Desk"
    if verdict is Verdict.OVERRIDDEN:
        assert (decision.why, decision.wake_at) == (
            "the limit for the diagnosis plan applies later, by Maria Desk",
            at("09:55"),
        )


def test_an_override_that_ends_before_the_limit_changes_nothing():
    decision = overridden("/override 10m because the vendor calls", "09:25")
    assert (decision.verdict, decision.clock.due_at, decision.wake_at) == (Verdict.RUNNING, at("09:30"), at("09:30"))
    assert decision.why == "the diagnosis plan is due in 5 working minutes"


@pytest.mark.process("override-holds")
def test_without_a_limit_nothing_is_due_in_this_stint_until_it_is_put_back():
    decision = overridden(NO_LIMIT, "16:00")
    assert (decision.verdict, decision.clock.due_at, decision.wake_at) == (Verdict.OVERRIDDEN, None, None)
    assert decision.why == "no limit in this stint, by Maria Desk"
    planned = a_note("Plan: swap it", at("09:20"))
    assert overridden(NO_LIMIT, "16:00", planned).verdict is Verdict.OVERRIDDEN
    off = said("/override off", at("11:00"), MARIA)
    assert overridden(NO_LIMIT, "11:00", off).verdict is Verdict.BREACHED


def test_a_time_that_was_said_of_the_diagnosis_does_not_move_the_fix():
    planned = a_note("Plan: swap it", at("09:20"))
    decision = overridden("/override until 16:00 because the vendor calls", "10:19", planned)
    assert (decision.clock.stage, decision.clock.due_at, decision.clock.override) == (Stage.FIX, at("10:20"), None)


def test_an_override_of_an_earlier_tier_is_no_override_of_the_next():
    record = touched(place=TIER_3, entries=(said(NO_LIMIT, at("09:10"), MARIA),))
    decision = decided(record, at("10:00"), [*seen(touched()), moved(DESK, TIER_3, at("09:20"))])
    assert (decision.verdict, decision.clock.due_at) == (Verdict.BREACHED, at("09:50"))


def test_a_pause_moves_the_limit_and_not_the_time_that_was_said():
    changes = [
        *seen(touched(status=WORKING)),
        turned(WORKING, WAITING, at("09:15")),
        turned(WAITING, WORKING, at("09:45")),
    ]
    record = touched(status=WORKING, entries=(said(LATER, at("09:10"), MARIA),))
    decision = decided(record, at("09:50"), changes)
    assert (decision.clock.limit_at, decision.clock.due_at) == (at("10:00"), at("10:00"))
    longer = touched(status=WORKING, entries=(said("/override 2h because the vendor calls", at("09:10"), MARIA),))
    assert decided(longer, at("09:50"), changes).clock.due_at == at("11:10")
    waiting = decided(replace(longer, status=WAITING), at("09:40"), changes[:-1])
    assert (waiting.verdict, waiting.clock.due_at, waiting.clock.warn_at()) == (Verdict.PAUSED, None, None)


def test_a_refused_override_moves_nothing():
    decision = decided(touched(entries=(said(LATER, at("09:10")),)), at("09:30"))
    assert decision.verdict is Verdict.BREACHED


# --- the warning ----------------------------------------------------------------------------------------------


@pytest.mark.process("warning-share")
@pytest.mark.parametrize(
    ("entries", "share", "warn_at"),
    [
        ((), 0.8, "09:24"),
        ((), 0.5, "09:15"),
        ((), 0, None),
        (("Plan: swap it", "09:20"), 0.8, "10:08"),
        (("/override 2h because the vendor calls", "09:10"), 0.5, "10:05"),
        (("/override none because it is planned", "09:10"), 0.8, None),
    ],
)
def test_the_warning_is_due_at_its_share_of_the_time_that_there_is(entries, share, warn_at):
    notes = (said(entries[0], at(entries[1]), MARIA),) if entries else ()
    clock = decided(touched(entries=notes), at("09:21"), policy=a_policy(warn_at=share)).clock
    assert clock.warn_at() == (at(warn_at) if warn_at else None)


def test_a_warning_that_falls_on_closing_time_comes_at_the_opening():
    start = at("16:36")
    clock = decided(touched(entered_at=start, updated_at=start, read_at=start), at("16:40")).clock
    assert (clock.warn_at(), clock.act_at) == (at("08:00", day=16), at("08:06", day=16))
    assert clock.deferred_to is None


# --- deferring ------------------------------------------------------------------------------------------------

DEFERRING = a_policy(end_of_day=EndOfDay.DEFER)


def late(now, policy=DEFERRING, day=15, entered="16:10", **given):
    start = at(entered)
    return decided(
        touched(**{"entered_at": start, "updated_at": start, "read_at": start} | given), at(now, day), policy=policy
    )


@pytest.mark.process("day-defer")
def test_an_escalation_near_the_end_of_the_clients_day_waits_for_the_next_opening():
    decision = late("16:40")
    assert decision.clock.deferred_to == decision.clock.act_at
    assert (decision.verdict, decision.clock.due_at, decision.clock.act_at) == (
        Verdict.DEFERRED,
        at("16:40"),
        at("08:00", day=16),
    )
    assert decision.why == (
        "the limit for the diagnosis plan has run out; at the end of the client's day it waits for the next opening"
    )
    assert decision.wake_at == at("08:00", day=16)
    assert late("08:00", day=16).verdict is Verdict.BREACHED


@pytest.mark.process("day-defer")
def test_an_escalation_that_was_held_up_until_the_end_of_the_day_waits_as_well():
    assert late("16:20", entered="15:30").verdict is Verdict.BREACHED
    decision = late("16:40", entered="15:30")
    assert (decision.verdict, decision.wake_at) == (Verdict.DEFERRED, at("08:00", day=16))


@pytest.mark.process("day-defer", "day-default")
@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"policy": a_policy()}, Verdict.BREACHED),
        ({"policy": a_policy(end_of_day=EndOfDay.IGNORE)}, Verdict.BREACHED),
        ({"policy": a_policy(end_of_day=EndOfDay.DEFER, end_of_day_minutes=10)}, Verdict.BREACHED),
        ({"entered": "16:25", "priority": CRITICAL}, Verdict.BREACHED),
        ({}, Verdict.DEFERRED),
    ],
)
def test_only_a_policy_that_defers_does_and_never_what_is_critical(given, verdict):
    assert late("16:40", **given).verdict is verdict


def test_what_is_due_at_closing_time_is_judged_at_the_opening_whether_deferred_or_not():
    assert late("16:59", entered="16:30").verdict is Verdict.RUNNING
    assert late("17:00", entered="16:30").verdict is Verdict.DUE_AT_OPENING
    assert late("08:00", day=16, entered="16:30").verdict is Verdict.BREACHED


# --- a priority that rises ------------------------------------------------------------------------------------


def test_the_clock_of_a_ticket_that_nobody_touched_starts_with_a_rise_that_takes_it_up():
    changes = [*seen(a_ticket()), a_change(Aspect.PRIORITY, NORMAL, CRITICAL, at("09:10"))]
    record = a_ticket(priority=CRITICAL)
    decision = decided(record, at("09:11"), changes, a_policy(escalate_when_critical=True))
    assert (decision.verdict, decision.clock.counted_from) == (Verdict.RUNNING, at("09:10"))
    assert decided(record, at("09:11"), changes).verdict is Verdict.UNTOUCHED
    calm = decided(a_ticket(), at("09:11"), policy=a_policy(escalate_when_critical=True))
    assert calm.verdict is Verdict.UNTOUCHED


# --- before anybody has touched it -----------------------------------------------------------------------------

HALF_AN_HOUR = a_policy(untouched_minutes=30)


def told_at(record=None, policy=HALF_AN_HOUR, changes=None, adopted_at=None):
    record = record or a_ticket()
    decision = decided(record, at("09:05"), changes, policy, adopted_at=adopted_at)
    return untouched_at(decision, policy)


@pytest.mark.process("untouched-told")
def test_a_ticket_that_nobody_touches_is_told_of_after_its_working_minutes():
    assert told_at() == at("09:30")
    late = a_ticket(entered_at=at("16:45"))
    assert told_at(late) == at("08:15", day=16)
    assert told_at(a_ticket(entered_at=at("16:30"))) == at("08:00", day=16)
    around = a_policy(untouched_minutes=30, calendars=dict(HALF_AN_HOUR.calendars, acme=round_the_clock()))
    assert told_at(late, replace(around, client_calendars={ACME.id: "acme"})) == at("17:15")


@pytest.mark.process("untouched-told")
def test_an_adopted_ticket_that_nobody_touches_counts_from_its_adoption():
    record = a_ticket(entered_at=at("09:00", day=14))
    assert told_at(record, adopted_at=at("09:02")) == at("09:32")
    assert told_at(record, changes=seen(record, at("09:04"), "adopted"), adopted_at=at("09:02")) == at("09:34")
    assert told_at(a_ticket(entered_at=at("09:03")), adopted_at=at("09:02")) == at("09:33")


@pytest.mark.process("untouched-told")
def test_what_was_touched_or_starts_by_assignment_is_never_told_of_nor_without_the_minutes():
    assert told_at(policy=a_policy()) is None
    assert told_at(touched()) is None
    assert told_at(a_ticket(place=ELSEWHERE)) is None
    assert told_at(a_ticket(place=TIER_3)) is None
    assert told_at(policy=a_policy(untouched_minutes=10**10)) is None
    pending = turned(NEW, WAITING, at("09:02"))
    assert told_at(a_ticket(status=WAITING), changes=[*seen(a_ticket()), pending]) is None


# --- tickets that were open before, taken up one after the other ----------------------------------------------------


def waits_for_its_turn(changes=(), policy=None, **given):
    record = touched(entered_at=at("08:00", day=5), **given)
    known = [*seen(record, NINE, "adopted"), *changes]
    policy = policy or a_policy()
    timeline = build_timeline(record, known, policy, HOMES, adopted_at=NINE, turns=Turns(NINE))
    return evaluate(timeline, policy, at("09:40"))


def test_a_ticket_that_waits_for_its_turn_has_no_deadline_and_nothing_is_owed():
    decision = waits_for_its_turn()
    assert (decision.verdict, decision.wake_at, decision.clock) == (Verdict.NOT_BEGUN, None, None)
    assert "its clock begins when its turn comes" in decision.why


def test_a_rise_to_critical_takes_it_up_at_once_and_one_from_before_the_adoption_does_not():
    policy = a_policy(escalate_when_critical=True)
    rise = a_change(Aspect.PRIORITY, NORMAL, CRITICAL, at("09:10"))
    decision = waits_for_its_turn([rise], policy, priority=CRITICAL)
    assert (decision.verdict, decision.clock.counted_from) == (Verdict.BREACHED, at("09:10"))
    earlier = replace(rise, at=at("08:30"))
    assert waits_for_its_turn([earlier], policy, priority=CRITICAL).verdict is Verdict.NOT_BEGUN
    assert waits_for_its_turn([], policy).verdict is Verdict.NOT_BEGUN
