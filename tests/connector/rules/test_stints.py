from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.model import BY_CONNECTOR, Aspect, AuthorKind, EntryKind, Place, Ref, Status, StatusGroup, Visibility
from connector.policy.policy import Homes, StartsAt
from connector.reading.findings import find
from connector.rules.history import ADOPTED, last_move_did_not_hold
from connector.rules.stints import Timeline, Turns, build_timeline
from tests.builders import (
    CLOSED,
    CRITICAL,
    DESK,
    ELSEWHERE,
    HOMES,
    NEW,
    NINE,
    NORMAL,
    ODD,
    PLANNED,
    RESOLVED,
    SAM,
    SR_IT,
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
    given_to,
    moved,
    seen,
    turned,
)


def timeline_of(record, changes=(), policy=None, homes=HOMES, **more) -> Timeline:
    return build_timeline(record, changes, policy or a_policy(), homes, **more)


# -- first touch


def test_a_ticket_nobody_has_touched_has_a_stint_without_a_clock():
    stint = timeline_of(a_ticket()).current
    assert stint is not None
    assert (stint.tier, stint.entered_at, stint.clock_from) == (1, NINE, None)


@pytest.mark.process("start-first-touch")
def test_an_assigned_agent_is_a_first_touch():
    record = a_ticket(owner=TESS)
    stint = timeline_of(record, [*seen(a_ticket()), given_to(TESS, at("09:07"))]).current
    assert stint.clock_from == at("09:07")


@pytest.mark.process("start-first-touch")
def test_an_agents_note_is_a_first_touch():
    record = a_ticket(entries=(a_note("calling her now", at("09:04")),))
    assert timeline_of(record, seen(record)).current.clock_from == at("09:04")


@pytest.mark.process("start-first-touch")
def test_a_clients_note_is_no_touch():
    note = a_note("any news?", at("09:04"), "Carla Client", AuthorKind.CLIENT, internal=False)
    assert timeline_of(a_ticket(entries=(note,))).current.clock_from is None


def test_our_own_note_is_no_touch():
    note = a_note("ESCALATED", at("09:04"), kind=AuthorKind.CONNECTOR)
    assert timeline_of(a_ticket(entries=(note,))).current.clock_from is None


def test_the_description_that_came_with_the_ticket_is_no_touch():
    note = a_note("VPN is down", NINE, internal=False)
    assert timeline_of(a_ticket(entries=(note,))).current.clock_from is None


def test_a_description_of_which_nobody_can_tell_who_sees_it_is_neither_a_touch_nor_a_step():
    note = replace(a_note("VPN is down", NINE), visibility=Visibility.UNKNOWN)
    record = a_ticket(entries=(note,))
    assert timeline_of(record).current.clock_from is None
    assert find(record, record.entries).steps == ()


def test_an_internal_note_in_the_second_of_creation_is_a_touch():
    assert timeline_of(a_ticket(entries=(a_note("on it", NINE),))).current.clock_from == NINE


@pytest.mark.process("start-first-touch")
def test_a_status_outside_the_new_group_is_a_first_touch():
    record = a_ticket(status=WORKING)
    changes = [*seen(a_ticket()), turned(NEW, WORKING, at("09:11"))]
    assert timeline_of(record, changes).current.clock_from == at("09:11")


@pytest.mark.process("start-first-touch")
def test_the_first_of_several_touches_counts():
    record = a_ticket(status=WORKING, owner=TESS, entries=(a_note("hello", at("09:20")),))
    changes = [*seen(a_ticket()), given_to(TESS, at("09:05")), turned(NEW, WORKING, at("09:08"))]
    assert timeline_of(record, changes).current.clock_from == at("09:05")


def test_a_ticket_first_seen_in_work_counts_from_the_systems_own_first_response():
    record = a_ticket(status=WORKING, responded_at=at("09:06"), updated_at=at("09:15"), read_at=at("09:15"))
    assert timeline_of(record, seen(record)).current.clock_from == at("09:06")


def test_a_first_response_before_the_ticket_was_entered_counts_from_its_entry():
    record = a_ticket(status=WORKING, responded_at=at("08:59:54"), read_at=at("09:00:10"))
    assert timeline_of(record, seen(record)).current.clock_from == NINE


def test_a_first_response_in_the_future_of_the_first_sight_is_not_believed():
    record = a_ticket(status=WORKING, responded_at=at("10:00"))
    assert timeline_of(record, seen(record, at("09:10"))).current.clock_from == at("09:10")


def test_a_system_with_history_says_itself_when_a_ticket_was_born_in_work():
    record = a_ticket(status=WORKING, owner=TESS)
    assert timeline_of(record).current.clock_from == NINE


@pytest.mark.process("start-configured")
def test_the_first_tier_can_be_told_to_count_from_assignment():
    policy = a_policy(tiers=(a_tier(1, starts_at=StartsAt.ASSIGNMENT), a_tier(2), a_tier(3)))
    assert timeline_of(a_ticket(), policy=policy).current.clock_from == NINE


# -- moves, in either direction, by whomever


@pytest.mark.process("stint-tier", "start-assignment")
def test_a_move_to_the_next_tier_ends_a_stint_and_begins_another():
    record = a_ticket(place=TIER_3, owner=TESS)
    changes = [*seen(a_ticket(owner=TESS)), moved(DESK, TIER_3, at("09:30"))]
    first, second = timeline_of(record, changes).stints
    assert (first.tier, first.ended_at, first.ended_by) == (1, at("09:30"), f"moved to {TIER_3}")
    assert (second.tier, second.entered_at, second.clock_from) == (2, at("09:30"), at("09:30"))
    assert second.began_by == "moved here"


@pytest.mark.process("stint-tier")
def test_a_move_back_down_starts_the_clock_at_the_move():
    record = a_ticket(place=DESK, owner=TESS)
    changes = [
        *seen(a_ticket(owner=TESS)),
        moved(DESK, TIER_3, at("09:30")),
        moved(TIER_3, DESK, at("09:50")),
    ]
    stint = timeline_of(record, changes).current
    assert (stint.tier, stint.entered_at, stint.clock_from) == (1, at("09:50"), at("09:50"))


@pytest.mark.process("stint-technician")
def test_a_change_of_technician_inside_the_tier_starts_no_stint():
    record = a_ticket(owner=SAM)
    changes = [*seen(a_ticket(owner=TESS)), given_to(SAM, at("09:20"), TESS)]
    (stint,) = timeline_of(record, changes).stints
    assert stint.holders == ("Tess Tech", "Sam Senior")


def test_a_change_of_team_inside_the_tiers_board_starts_no_stint():
    homes = Homes({1: Place((Ref("1", "Service Desk"),)), 2: TIER_3})
    elsewhere = Place((Ref("1", "Service Desk"), Ref("26", "Night")))
    changes = [*seen(a_ticket()), moved(DESK, elsewhere, at("09:20"))]
    assert len(timeline_of(a_ticket(place=elsewhere), changes, homes=homes).stints) == 1


def test_leaving_all_homes_ends_the_stint_and_coming_back_starts_one():
    changes = [
        *seen(a_ticket(owner=TESS)),
        moved(DESK, ELSEWHERE, at("09:20")),
        moved(ELSEWHERE, DESK, at("11:00")),
    ]
    away = timeline_of(a_ticket(place=ELSEWHERE), changes[:-1])
    assert away.current is None
    assert away.stints[-1].ended_by == "moved to Projects"
    back = timeline_of(a_ticket(owner=TESS), changes)
    assert back.current.entered_at == at("11:00")


def test_a_ticket_that_was_never_in_a_home_has_no_stint():
    record = a_ticket(place=ELSEWHERE)
    assert timeline_of(record, seen(record)).stints == ()


def test_a_ticket_from_elsewhere_that_nobody_touched_waits_for_its_first_touch():
    record = a_ticket(entries=(a_note("mine", at("11:10")),))
    changes = [*seen(a_ticket(place=ELSEWHERE)), moved(ELSEWHERE, DESK, at("11:00"))]
    assert timeline_of(record, changes).current.clock_from == at("11:10")


def test_the_most_specific_home_wins():
    homes = Homes({1: Place((Ref("1", "Service Desk"),)), 2: DESK})
    assert homes.tier_at(DESK) == 2
    assert homes.tier_at(Place((Ref("1", "Service Desk"), Ref("7", "Other")))) == 1


def test_a_stints_key_names_its_entry_and_place():
    assert timeline_of(a_ticket()).current.key == "20260115T090000Z@1/25"


# -- endings and reopening


@pytest.mark.process("stint-ends")
def test_a_resolved_ticket_has_no_running_stint():
    record = a_ticket(status=RESOLVED)
    changes = [*seen(a_ticket(status=WORKING)), turned(WORKING, RESOLVED, at("09:29:59"))]
    timeline = timeline_of(record, changes)
    assert timeline.current is None
    assert (timeline.stints[0].ended_at, timeline.stints[0].ended_by) == (at("09:29:59"), "status Resolved")


@pytest.mark.process("stint-reopening")
def test_a_reopening_starts_a_new_stint_at_that_moment():
    record = a_ticket(status=WORKING)
    changes = [
        *seen(a_ticket(status=WORKING)),
        turned(WORKING, CLOSED, at("09:10")),
        turned(CLOSED, WORKING, at("10:00")),
    ]
    stint = timeline_of(record, changes).current
    assert (stint.began_by, stint.entered_at, stint.clock_from) == ("reopened", at("10:00"), at("10:00"))


def test_a_move_of_a_closed_ticket_is_no_stint_until_it_is_reopened_there():
    record = a_ticket(status=WORKING, place=TIER_3)
    changes = [
        *seen(a_ticket(status=CLOSED)),
        moved(DESK, TIER_3, at("10:00")),
        turned(CLOSED, WORKING, at("11:00")),
    ]
    (stint,) = timeline_of(record, changes).stints
    assert (stint.tier, stint.began_by) == (2, "reopened")


def test_board_and_status_changing_together_are_one_new_stint():
    record = a_ticket(place=TIER_3, status=NEW)
    changes = [
        *seen(a_ticket(status=WORKING)),
        moved(DESK, TIER_3, at("09:30")),
        turned(WORKING, NEW, at("09:30")),
    ]
    assert [s.tier for s in timeline_of(record, changes).stints] == [1, 2]


# -- the unknown


def test_an_unknown_status_is_neither_open_nor_closed():
    timeline = timeline_of(a_ticket(status=ODD), [*seen(a_ticket()), turned(NEW, ODD, at("09:10"))])
    assert "'Limbo' belongs to no known group" in timeline.unknown
    assert timeline.current is not None


def test_the_operators_word_on_a_status_wins_over_the_systems():
    policy = a_policy(status_groups={"limbo": StatusGroup.WAITING})
    timeline = timeline_of(a_ticket(status=ODD), policy=policy)
    assert timeline.unknown == ""
    assert timeline.current.pauses[0].status == "Limbo"


def test_a_place_that_may_be_an_unresolved_home_is_unknown():
    homes = Homes({1: DESK}, {2: "tier 2: there is no board named 'Teir 3'"})
    assert "'Teir 3'" in timeline_of(a_ticket(place=ELSEWHERE), homes=homes).unknown
    assert timeline_of(a_ticket(), homes=homes).unknown == ""


# -- plans


@pytest.mark.process("plan-line")
def test_a_plan_line_in_an_agents_note_records_a_plan():
    record = a_ticket(entries=(a_note("Plan: replace the beacon", at("09:12")),))
    plan = timeline_of(record, seen(record)).current.plan
    assert (plan.at, plan.by, plan.text, plan.how) == (at("09:12"), "Tess Tech", "replace the beacon", "note")


@pytest.mark.process("plan-line")
def test_a_plan_line_in_a_time_entry_records_a_plan():
    entry = a_note("Diagnosis plan: swap the switch", at("09:12"), entry_kind=EntryKind.TIME_ENTRY)
    assert timeline_of(a_ticket(entries=(entry,))).current.plan.how == "time entry"


@pytest.mark.process("plan-client")
def test_a_clients_plan_line_records_nothing():
    note = a_note("Plan: you fix it", at("09:12"), "Carla", AuthorKind.CLIENT, internal=False)
    assert timeline_of(a_ticket(entries=(note,))).current.plan is None


def test_the_earliest_evidence_of_a_plan_counts():
    entries = (a_note("Plan: B", at("09:20")), a_note("Plan: A", at("09:12")))
    assert timeline_of(a_ticket(entries=entries)).current.plan.text == "A"


def test_a_plan_of_the_last_stint_is_no_plan_of_this_one():
    record = a_ticket(place=TIER_3, entries=(a_note("Plan: A", at("09:12")),))
    first, second = timeline_of(record, [*seen(a_ticket()), moved(DESK, TIER_3, at("09:40"))]).stints
    assert first.plan is not None
    assert second.plan is None


@pytest.mark.process("plan-status")
def test_a_plan_made_status_records_a_plan_and_it_stays_made_when_the_status_moves_on():
    record = a_ticket(status=WORKING)
    changes = [
        *seen(a_ticket()),
        turned(NEW, PLANNED, at("09:15")),
        turned(PLANNED, WORKING, at("09:20")),
    ]
    plan = timeline_of(record, changes).current.plan
    assert (plan.at, plan.how) == (at("09:15"), "status Plan made")


def test_a_plan_made_status_found_at_first_sight_records_a_plan():
    record = a_ticket(status=PLANNED)
    assert timeline_of(record, seen(record, at("09:02"))).current.plan.at == at("09:02")


def test_a_plan_made_status_carried_over_a_move_is_no_plan_of_the_new_tier():
    record = a_ticket(place=TIER_3, status=PLANNED)
    changes = [*seen(a_ticket(status=PLANNED)), moved(DESK, TIER_3, at("09:30"))]
    assert timeline_of(record, changes).current.plan is None


@pytest.mark.process("plan-field")
def test_the_systems_own_plan_date_counts_inside_the_stint_only():
    inside = a_ticket(planned_at=at("09:14"), planned_by="tess")
    assert timeline_of(inside).current.plan.how == "resolution plan date"
    before = a_ticket(planned_at=at("08:14"))
    assert timeline_of(before).current.plan is None


def test_the_earlier_of_two_kinds_of_evidence_counts():
    record = a_ticket(planned_at=at("09:14"), entries=(a_note("Plan: A", at("09:12")),))
    assert timeline_of(record).current.plan.how == "note"
    late_note = a_ticket(planned_at=at("09:14"), entries=(a_note("Plan: A", at("09:16")),))
    assert timeline_of(late_note).current.plan.how == "resolution plan date"
    status_first = [*seen(a_ticket()), turned(NEW, PLANNED, at("09:10"))]
    assert timeline_of(record, status_first).current.plan.how == "status Plan made"
    status_late = [*seen(a_ticket()), turned(NEW, PLANNED, at("09:13"))]
    assert timeline_of(record, status_late).current.plan.how == "note"


# -- pauses


@pytest.mark.process("pause")
def test_a_waiting_status_pauses_and_leaving_it_ends_the_pause():
    record = a_ticket(status=WORKING)
    changes = [
        *seen(a_ticket(status=WORKING)),
        turned(WORKING, WAITING, at("09:10")),
        turned(WAITING, WORKING, at("09:40")),
    ]
    (pause,) = timeline_of(record, changes).current.pauses
    assert (pause.start, pause.end, pause.status) == (at("09:10"), at("09:40"), "Waiting on client")


def test_a_pause_that_lasts_has_no_end():
    changes = [*seen(a_ticket(status=WORKING)), turned(WORKING, WAITING, at("09:10"))]
    assert timeline_of(a_ticket(status=WAITING), changes).current.pauses[-1].end is None


def test_a_status_waiting_at_first_sight_paused_from_the_beginning():
    record = a_ticket(status=WAITING)
    (pause,) = timeline_of(record, seen(record, at("09:30"))).current.pauses
    assert pause.start == NINE


def test_a_pause_over_a_move_is_cut_at_the_move():
    record = a_ticket(place=TIER_3, status=WAITING)
    changes = [
        *seen(a_ticket(status=WORKING)),
        turned(WORKING, WAITING, at("09:10")),
        moved(DESK, TIER_3, at("09:30")),
        turned(WAITING, WORKING, at("09:45")),
    ]
    first, second = timeline_of(record, changes).stints
    assert (first.pauses[0].start, first.pauses[0].end) == (at("09:10"), at("09:30"))
    assert (second.pauses[0].start, second.pauses[0].end) == (at("09:30"), at("09:45"))


def test_priority_changes_lose_no_pause():
    record = a_ticket(status=WORKING, priority=CRITICAL)
    changes = [
        *seen(a_ticket(status=WORKING)),
        turned(WORKING, WAITING, at("09:10")),
        a_change(Aspect.PRIORITY, NORMAL, CRITICAL, at("09:20")),
        turned(WAITING, WORKING, at("09:40")),
    ]
    (pause,) = timeline_of(record, changes).current.pauses
    assert pause.end - pause.start == timedelta(minutes=30)


def test_owners_of_an_earlier_stint_are_not_named_in_the_next():
    record = a_ticket(place=TIER_3)
    changes = [
        *seen(a_ticket()),
        given_to(TESS, at("09:05")),
        moved(DESK, TIER_3, at("09:30")),
        given_to(None, at("09:30"), TESS),
        given_to(SAM, at("09:45")),
    ]
    first, second = timeline_of(record, changes).stints
    assert first.holders == ("Tess Tech",)
    assert second.holders == ("Sam Senior",)


# -- first start and first sight


def test_adopted_tickets_count_from_the_moment_of_adoption():
    record = a_ticket(status=WORKING, entered_at=at("08:00", day=5))
    changes = seen(record, NINE, ADOPTED)
    stint = timeline_of(record, changes, adopted_at=NINE, first_started_at=NINE).current
    assert stint.adopted
    assert stint.clock_from == NINE


def test_a_plan_from_before_adoption_stays_made_and_counts_from_adoption():
    note = a_note("Plan: A", at("08:30", day=6))
    record = a_ticket(status=WORKING, entered_at=at("08:00", day=5), entries=(note,))
    stint = timeline_of(record, seen(record, NINE, ADOPTED), adopted_at=NINE).current
    assert stint.plan.at == NINE


# -- adopted one after the other


BEFORE = a_ticket(status=WORKING, entered_at=at("08:00", day=5))


def taken_up(turns, *changes, policy=None, record=BEFORE, adopted_at=NINE):
    known = [*seen(record, NINE, ADOPTED), *changes]
    return timeline_of(record, known, policy or a_policy(), adopted_at=adopted_at, turns=turns).current


def test_the_clock_of_an_adopted_ticket_waits_for_its_turn():
    stint = taken_up(Turns(NINE))
    assert (stint.clock_from, stint.waits, stint.was_taken_up, stint.adopted_at) == (None, True, False, NINE)


def test_it_begins_when_its_turn_comes_and_a_plan_from_before_counts_from_then():
    record = replace(BEFORE, entries=(a_note("Plan: A", at("08:30", day=6)),))
    stint = taken_up(Turns(NINE, NINE, at("10:05")), record=record)
    assert (stint.clock_from, stint.waits, stint.was_taken_up) == (at("10:05"), False, True)
    assert (stint.plan.at, stint.expected_from) == (at("10:05"), at("10:05"))


def test_a_turn_of_an_earlier_adoption_is_none_of_this_one():
    assert taken_up(Turns(NINE, at("08:00"), at("08:30"))).waits


def test_it_begins_earlier_with_the_first_thing_that_an_agent_does():
    stint = taken_up(Turns(NINE, NINE, None), given_to(SAM, at("09:40")))
    assert (stint.clock_from, stint.waits, stint.was_taken_up) == (at("09:40"), False, False)
    late = taken_up(Turns(NINE, NINE, at("09:20")), given_to(SAM, at("09:40")))
    assert (late.clock_from, late.was_taken_up) == (at("09:20"), True)


def test_what_was_adopted_before_there_was_a_pace_waits_for_nothing():
    assert taken_up(Turns(at("09:01"))).clock_from == NINE


def test_a_stint_that_began_since_waits_for_nothing():
    assert taken_up(Turns(NINE), moved(DESK, TIER_3, at("09:30"))).clock_from == at("09:30")


def test_a_stint_that_is_over_waits_for_nothing():
    record = replace(BEFORE, status=RESOLVED)
    changes = [*seen(BEFORE, NINE, ADOPTED), turned(WORKING, RESOLVED, at("09:30"))]
    (stint,) = timeline_of(record, changes, adopted_at=NINE, turns=Turns(NINE)).stints
    assert (stint.waits, stint.clock_from) == (False, NINE)


def test_a_ticket_that_nobody_touched_waits_only_where_people_are_told_of_such():
    record = replace(BEFORE, status=NEW)
    assert not taken_up(Turns(NINE), record=record).waits
    policy = a_policy(untouched_minutes=30)
    waits = taken_up(Turns(NINE), record=record, policy=policy)
    assert (waits.waits, waits.clock_from) == (True, None)
    began = taken_up(Turns(NINE, NINE, at("10:05")), record=record, policy=policy)
    assert (began.waits, began.clock_from, began.expected_from) == (False, None, at("10:05"))


def test_adoption_from_history_counts_from_the_history():
    record = a_ticket(status=WORKING, entered_at=at("08:00", day=5), updated_at=at("08:10", day=5))
    changes = seen(record, at("08:10", day=5), ADOPTED)
    assert timeline_of(record, changes).current.clock_from == at("08:10", day=5)


def test_nothing_is_assumed_to_be_overdue_on_a_higher_tier_at_first_sight():
    record = a_ticket(place=TIER_3, owner=SAM, read_at=at("11:00"))
    stint = timeline_of(record, seen(record)).current
    assert (stint.clock_from, stint.began_by) == (at("11:00"), "first seen here")


def test_an_old_ticket_first_seen_after_the_first_start_counts_from_when_it_was_seen():
    record = a_ticket(status=WORKING, entered_at=at("08:00", day=5), read_at=at("11:00"))
    stint = timeline_of(record, seen(record), adopted_at=NINE, first_started_at=NINE).current
    assert stint.clock_from == at("11:00")


def test_a_young_ticket_first_seen_late_counts_from_its_history():
    record = a_ticket(read_at=at("11:00"), updated_at=at("09:05"), entries=(a_note("hi", at("09:05")),))
    stint = timeline_of(record, seen(record), adopted_at=at("08:00"), first_started_at=at("08:00")).current
    assert stint.clock_from == at("09:05")


def test_a_ticket_seen_first_when_it_may_have_been_forgotten_counts_from_when_it_was_seen():
    record = a_ticket(status=WORKING, entered_at=at("08:00", day=5), read_at=at("11:00"))
    for kept, since in ((timedelta(days=9), at("11:00")), (timedelta(days=11), at("08:00", day=5))):
        stint = timeline_of(record, seen(record), forgets_after=kept).current
        assert stint.entered_at == since
    # Known since it came, however long ago that is: nothing of an open ticket is forgotten.
    early = seen(replace(record, read_at=at("08:01", day=5)))
    assert timeline_of(record, early, forgets_after=timedelta(days=9)).current.entered_at == at("08:00", day=5)


# -- a move that does not hold


def test_a_move_of_ours_that_is_turned_back_at_once_starts_no_stint():
    record = a_ticket(owner=TESS)
    changes = [
        *seen(record),
        moved(DESK, TIER_3, at("09:30"), BY_CONNECTOR),
        moved(TIER_3, DESK, at("09:30:05")),
    ]
    assert len(timeline_of(record, changes).stints) == 1
    assert last_move_did_not_hold(changes)


def test_a_different_move_by_another_hand_is_a_manual_move():
    record = a_ticket(place=SR_IT)
    changes = [
        *seen(a_ticket(owner=TESS)),
        moved(DESK, TIER_3, at("09:30"), BY_CONNECTOR),
        moved(TIER_3, SR_IT, at("09:30:05")),
    ]
    assert [s.tier for s in timeline_of(record, changes).stints] == [1, 2, 3]
    assert not last_move_did_not_hold(changes)


def test_a_move_back_later_is_a_manual_move():
    changes = [
        *seen(a_ticket(owner=TESS)),
        moved(DESK, TIER_3, at("09:30"), BY_CONNECTOR),
        moved(TIER_3, DESK, at("09:45")),
    ]
    assert [s.tier for s in timeline_of(a_ticket(owner=TESS), changes).stints] == [1, 2, 1]
    assert not last_move_did_not_hold(changes)


def test_a_ticket_that_never_moved_has_no_move_that_did_not_hold():
    assert not last_move_did_not_hold([turned(NEW, WORKING, NINE)])


def test_a_place_change_of_unknown_origin_is_a_move_like_any_other():
    record = a_ticket(place=TIER_3)
    changes = [a_change(Aspect.PLACE, None, TIER_3, at("09:30"), "history")]
    (stint,) = timeline_of(record, changes).stints
    assert (stint.tier, stint.began_by) == (2, "moved here")


def test_a_status_of_unknown_past_is_taken_as_open():
    record = a_ticket(status=Status("99", "Odd", StatusGroup.WORKING))
    changes = [a_change(Aspect.STATUS, None, record.status, at("09:30"), "history")]
    assert timeline_of(record, changes).current.clock_from == at("09:30")


# -- moves that nothing dates


def unseen(change, since: str):
    """A change that was found at a look, of which all that is known is that it came after the look before."""
    return replace(change, not_before=at(since))


def test_what_begins_a_stint_at_a_guess_tells_since_when_it_may_run():
    changes = [*seen(a_ticket()), unseen(moved(DESK, TIER_3, at("09:20")), "09:10")]
    first, second = timeline_of(a_ticket(place=TIER_3), changes).stints
    assert (first.heard_after, second.heard_after) == (None, at("09:10"))
    assert second.period.hears(at("09:15"))
    assert first.period.hears(at("09:15"))
    assert second.clock_from == at("09:20")


def test_a_reopening_at_a_guess_tells_since_when_it_may_be_open():
    changes = [
        *seen(a_ticket()),
        turned(NEW, RESOLVED, at("09:05")),
        unseen(turned(RESOLVED, WORKING, at("09:20")), "09:10"),
    ]
    assert timeline_of(a_ticket(status=WORKING), changes).current.heard_after == at("09:10")


def test_a_plan_before_a_move_that_nothing_dates_counts_for_both_stints_as_it_was_written():
    note = a_note("Plan: restart it", at("09:15"))
    changes = [*seen(a_ticket()), unseen(moved(DESK, TIER_3, at("09:20")), "09:10")]
    stints = timeline_of(a_ticket(place=TIER_3, entries=(note,)), changes).stints
    assert [stint.plan.at for stint in stints] == [at("09:15")] * 2


def test_a_plan_before_a_move_that_nothing_dates_counts_from_the_adoption_of_its_ticket():
    note = a_note("Plan: restart it", at("09:15"))
    changes = [*seen(a_ticket()), unseen(moved(DESK, TIER_3, at("09:20")), "09:10")]
    record = a_ticket(place=TIER_3, entries=(note,))
    stint = timeline_of(record, changes, adopted_at=at("10:00")).current
    assert (stint.adopted, stint.plan.at) == (True, at("10:00"))


# -- within one second


@pytest.mark.parametrize(
    ("away", "back", "ended_by", "began_by"),
    [
        (turned(NEW, RESOLVED, at("09:20")), turned(RESOLVED, WORKING, at("09:20")), "status Resolved", "reopened"),
        (moved(DESK, TIER_3, at("09:20")), moved(TIER_3, DESK, at("09:20")), f"moved to {TIER_3}", "moved here"),
        (
            moved(DESK, ELSEWHERE, at("09:20")),
            moved(ELSEWHERE, DESK, at("09:20")),
            f"moved to {ELSEWHERE}",
            "moved here",
        ),
    ],
)
def test_a_reopening_and_a_move_back_in_the_second_of_what_they_undo_begin_a_stint(away, back, ended_by, began_by):
    first, second = timeline_of(a_ticket(status=WORKING), [*seen(a_ticket()), away, back]).stints
    assert (first.ended_at, first.ended_by) == (at("09:20"), ended_by)
    assert (second.tier, second.entered_at, second.began_by) == (1, at("09:20"), began_by)
    assert first.key != second.key


def test_what_we_put_back_in_the_second_in_which_a_rule_did_it_ends_no_stint():
    closing = [
        turned(NEW, CLOSED, at("09:20")),
        replace(turned(CLOSED, WORKING, at("09:20")), how=BY_CONNECTOR),
        turned(WORKING, WAITING, at("09:20")),
    ]
    (stint,) = timeline_of(a_ticket(status=WAITING), [*seen(a_ticket()), *closing]).stints
    assert stint.entered_at == NINE


def test_there_and_back_in_the_second_in_which_it_came_begins_nothing_new():
    changes = [moved(DESK, TIER_3, NINE), moved(TIER_3, DESK, NINE)]
    (stint,) = timeline_of(a_ticket(), changes).stints
    assert (stint.entered_at, stint.ended_at) == (NINE, None)


def test_whose_move_began_a_stint_is_known():
    changes = [*seen(a_ticket()), moved(DESK, TIER_3, at("09:20"), BY_CONNECTOR), moved(TIER_3, SR_IT, at("09:30"))]
    assert [stint.is_by_us for stint in timeline_of(a_ticket(place=SR_IT), changes).stints] == [False, True, False]
