"""The figures, counted from made-up weeks."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from connector.model import Mode, Reason, Stage
from connector.policy.policy import FixStartsAt
from connector.report.figures import MOST_LISTED, tally
from connector.report.story import Alone, HowEnded, Story
from tests.builders import a_tier, office_hours
from tests.connector.report.weeks import (
    FIRST,
    SENIOR,
    THIRD,
    alone,
    moment,
    overridden,
    policy,
    resolved,
    risen,
    scope,
    stint,
    story,
    taught,
)

ENFORCE = Mode.ENFORCE


def test_of_a_stints_rises_that_were_not_done_the_first_counts():
    first = risen(1, moment(0, "08:30"), plan=40, fix=90)
    again = risen(1, moment(0, "11:00"), stage=Stage.FIX)
    figures = tally([replace(first, rises=(*first.rises, *again.rises))], scope(), policy())
    assert (figures.rises, figures.by_stage) == (1, {(FIRST, Stage.DIAGNOSIS): 1})


def test_what_was_done_counts_each_time_also_beside_what_would_have_been():
    watched = risen(1, moment(0, "08:30"), plan=40, fix=90)
    done = risen(1, moment(0, "11:00"), stage=Stage.FIX, mode=ENFORCE)
    figures = tally([replace(watched, rises=(*watched.rises, *done.rises))], scope(), policy())
    assert (figures.done, figures.would, figures.gone_up) == (1, 1, 1)


def test_rises_are_counted_by_all_that_they_can_be_told_apart_by():
    stories = [
        risen(1, moment(0, "08:30"), client="Okafor", reasons=(Reason.TIME, Reason.KNOWLEDGE), asked_by=("tess",)),
        risen(2, moment(0, "08:40"), board="Alerts", tier=THIRD, stage=Stage.FIX),
        risen(3, moment(4, "16:59"), connection="help", tier=SENIOR, mode=ENFORCE, missing=("Research",)),
        resolved(4),
    ]
    figures = tally(stories, scope(), policy())
    assert (figures.tickets, figures.done, figures.would, figures.finals, figures.asked_for) == (4, 1, 2, 1, 1)
    assert figures.by_tier == {FIRST: 1, THIRD: 1, SENIOR: 1}
    assert sorted((f"{day:%a}", tier) for day, tier in figures.by_day) == [
        ("Fri", SENIOR),
        ("Mon", FIRST),
        ("Mon", THIRD),
    ]
    assert figures.by_reason == {Reason.TIME: 3, Reason.KNOWLEDGE: 1}
    assert figures.by_client == {"Okafor": 1, "Bluewater": 2}
    assert figures.tickets_by_client == {"Okafor": 1, "Bluewater": 3}
    assert figures.by_board == {("psa", "Service Desk"): 1, ("psa", "Alerts"): 1, ("help", "Service Desk"): 1}
    assert figures.by_hour == {(0, 8): 2, (4, 16): 1}
    assert figures.tickets_by_tier == {FIRST: 2, THIRD: 1, SENIOR: 1}
    assert figures.missing == {"Research": 1}
    assert (figures.done_by_connection, figures.would_by_connection) == ({"help": 1}, {"psa": 2})


def test_hours_are_those_of_the_zone_also_when_the_clock_is_set_back():
    at = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    figures = tally([risen(n, one) for n, one in enumerate(at)], scope(zone="Europe/Berlin"), policy())
    assert figures.by_hour == {(6, 2): 2}


def test_what_is_missing_is_counted_in_the_order_of_the_notes_sections():
    lacks = ("Steps attempted", "Error codes", "Research", "Internal discussions")
    assert list(tally([risen(1, moment(0, "08:30"), missing=lacks)], scope(), policy()).missing) == list(lacks)


def test_permissions_are_missing_only_where_they_are_what_was_missing():
    lacking = {"missing": ("Missing permissions", "Research")}
    stories = [
        risen(1, moment(0, "08:30"), **lacking),
        risen(2, moment(0, "08:30"), reasons=(Reason.PERMISSION,), **lacking),
    ]
    assert tally(stories, scope(), policy()).missing == {"Research": 2, "Missing permissions": 1}


def test_a_stage_is_compared_with_its_limit():
    stories = [
        resolved(1, plan=10, fix=20),
        resolved(2, plan=None, fix=12),  # resolved before it had a plan: that stage took twelve minutes, no fix counts
        risen(3, moment(0, "08:30"), plan=40, fix=20),
        risen(4, moment(0, "08:30"), mode=ENFORCE),  # went up: at least thirty
        story(5, [stint(5, how=HowEnded.MOVED, worked_minutes=7.0)]),
        story(6, [stint(6, how=HowEnded.RUNNING)]),
    ]
    figures = tally(stories, scope(), policy())
    plan, fix = figures.lengths["", FIRST, Stage.DIAGNOSIS], figures.lengths["", FIRST, Stage.FIX]
    assert plan.steps == [0, 0, 2, 0, 0, 0, 1, 0, 1, 0, 0, 0]
    assert (plan.over, plan.elsewhere, plan.past) == (1, 1, 2)
    assert fix.steps == [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert list(figures.lengths) == [
        ("", FIRST, Stage.DIAGNOSIS),
        ("", FIRST, Stage.FIX),
        ("", THIRD, Stage.DIAGNOSIS),
        ("", THIRD, Stage.FIX),
    ]


def test_where_the_fix_counts_from_the_start_it_needs_no_plan():
    figures = tally([resolved(1, plan=None, fix=12)], scope(), policy(fix_starts_at=FixStartsAt.STINT))
    assert figures.lengths["", FIRST, Stage.FIX].steps[1] == 1


def test_without_a_known_limit_todays_is_assumed_and_a_tier_that_is_no_more_has_none():
    unknown = resolved(1, plan=10, plan_limit=None, fix_limit=None)
    gone = story(2, [stint(2, tier="Old tier", plan=5, plan_limit=None)])
    known = story(3, [stint(3, tier="Older tier", plan=5, plan_limit=20.0)])
    figures = tally([unknown, gone, known], scope(), policy())
    assert figures.lengths["", FIRST, Stage.DIAGNOSIS].assumed == 1
    assert ("", "Old tier", Stage.DIAGNOSIS) not in figures.lengths
    assert figures.lengths["", "Older tier", Stage.DIAGNOSIS].limit == 20
    assert figures.tiers == (FIRST, THIRD, SENIOR, "Old tier", "Older tier")


def test_who_was_warned_is_counted_once_a_ticket_and_by_what_came_of_it():
    warned = [stint(n, warned=True, how=how) for n, how in enumerate((*HowEnded, HowEnded.RESOLVED))]
    stories = [story(n, [row]) for n, row in enumerate(warned)]
    stories.append(risen(9, moment(0, "08:30"), plan=40))
    figures = tally(stories, scope(), policy())
    found = figures.warned
    assert (found.count, found.open, found.made, found.moved, found.went_up) == (6, 1, 2, 2, 1)
    assert [one.ticket for one in figures.listed_made] == ["1", "4"]


def test_words_count_also_on_tickets_that_were_left_alone():
    silent = overridden(taught(alone(1, Alone.PAUSED, "Waiting on vendor"), "Tess", "BGP"), "maria")
    figures = tally([silent, overridden(resolved(2), "tess", "only a manager may")], scope(), policy())
    assert (figures.tickets, figures.left_alone, figures.trainings) == (1, 1, 1)
    assert (figures.applied_by, figures.refused_by) == ({"maria": 1}, {"tess": 1})
    assert figures.alone_because[Alone.PAUSED] == {"Waiting on vendor": 1}


def test_a_ticket_whose_clock_did_not_run_in_the_time_is_none_of_them():
    figures = tally([taught(story(1, []), "Tess", "BGP"), resolved(2)], scope(), policy())
    assert (figures.tickets, figures.tickets_by_client, figures.trainings) == (1, {"Bluewater": 1}, 1)


def test_what_came_of_it_is_told_of_each():
    stories = [
        risen(1, moment(0, "08:30"), plan=161),
        risen(2, moment(0, "08:31"), fix=50),
        risen(3, moment(0, "08:32"), stage=Stage.FIX, plan=5, fix=132),
        risen(4, moment(0, "08:33"), mode=ENFORCE, then=HowEnded.RUNNING),
        risen(5, moment(0, "08:34"), mode=ENFORCE),
        replace(risen(6, moment(0, "08:35")), stints=()),
        story(7, [stint(7, how=HowEnded.RUNNING)], [replace(risen(7, moment(0, "08:36")).rises[0], stint="7/1")]),
        story(
            8, [stint(8, fix=15, how=HowEnded.WENT_UP)], [replace(risen(8, moment(0, "08:37")).rises[0], stint="8/1")]
        ),
    ]
    told = [(one.came_of_it, one.after_minutes) for one in tally(stories, scope(), policy()).listed]
    assert told == [
        ("plan", 161),
        ("resolved without a plan", 50),
        ("fixed", 132),
        (f"open at {THIRD}", None),
        (f"resolved at {THIRD}", None),
        ("", None),
        ("no diagnosis plan yet", None),
        ("went up without a plan", None),  # broken off in fact: how long it would have taken, nobody knows
    ]


def test_working_days_are_those_of_the_first_tiers_calendar():
    assert tally([], scope(), policy()).working_days == 5
    far = policy(calendars={"default": office_hours("Asia/Tokyo")})  # five days there touch seven in New York
    assert tally([], scope(zone="America/New_York"), far).working_days == 7
    whole = policy(tiers=(a_tier(1),))
    assert tally([], scope(until=moment(0, "08:00")), whole).working_days == 0


def test_many_tickets_take_little_room_and_the_slowest_are_listed():
    def stories() -> Iterator[Story]:
        for n in range(4_000):
            yield risen(n, moment(n % 5, "08:30"), plan=31 + n % 3_000, client=f"Client {n % 9}", missing=("Research",))

    tracemalloc.start()
    try:
        figures = tally(stories(), scope(), policy())
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert figures.rises == 4_000
    assert len(figures.listed) == MOST_LISTED
    assert min(one.after_minutes or 0 for one in figures.listed) >= 2_800
    assert kept < 1_000_000
