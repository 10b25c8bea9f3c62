"""Two policies over the same tickets, and the limit that would have caught what took too long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.model import Mode, Reason, Stage
from connector.report.choosing.catching import Catch, Catching
from connector.report.choosing.compare import MOST_COMPARED, Comparison, Turn, differences
from connector.report.story import Alone, HowEnded, LeftAlone, Rise, StintRow, Story, Subject
from tests.builders import NINE, at

TIER = "First Touch"
SUBJECT = Subject("psa", "1", "VPN")


def a_rise(clock: str = "09:30", stint: str = "s1") -> Rise:
    return Rise(at(clock), stint, TIER, "Tier 3", (Reason.TIME,), Stage.DIAGNOSIS, 30, 30, Mode.OBSERVE)


def a_story(*rises: Rise) -> Story:
    return Story(SUBJECT, rises=rises)


@pytest.mark.parametrize(
    ("new", "old", "turn"),
    [
        ([a_rise()], [], Turn.ONLY_NEW),
        ([], [a_rise()], Turn.ONLY_OLD),
        ([a_rise()], [a_rise()], Turn.SAME),
        ([a_rise("09:20")], [a_rise()], Turn.SOONER),
        ([a_rise("09:45")], [a_rise()], Turn.LATER),
    ],
)
def test_a_stint_goes_up_sooner_later_or_under_one_policy_alone(new, old, turn):
    [found] = differences(a_story(*new), a_story(*old))
    assert (found.turn, found.new, found.old) == (turn, next(iter(new), None), next(iter(old), None))
    assert found.either == (new or old)[0]


def test_each_stint_is_compared_with_itself_and_by_its_first_escalation():
    new = a_story(a_rise("09:20", "s1"), a_rise("10:00", "s1"), a_rise("11:00", "s2"))
    old = a_story(a_rise("10:30", "s2"), a_rise("12:00", "s3"))
    assert [one.turn for one in differences(new, old)] == [Turn.ONLY_NEW, Turn.LATER, Turn.ONLY_OLD]


def test_the_difference_is_counted_in_all_and_by_tier_and_listed_up_to_a_length():
    comparison = Comparison("45 min", "in force")
    found = comparison.add(a_story(a_rise("09:45")), a_story(a_rise()))
    assert [one.turn for one in found] == [Turn.LATER]
    assert comparison.add(a_story(a_rise()), a_story(a_rise())) == []
    assert comparison.add(a_story(), a_story(a_rise()))
    assert (comparison.new, comparison.old) == (2, 3)
    assert comparison.by_tier == {(TIER, Turn.LATER): 1, (TIER, Turn.SAME): 1, (TIER, Turn.ONLY_OLD): 1}
    for _ in range(MOST_COMPARED):
        comparison.add(a_story(), a_story(a_rise()))
    assert len(comparison.listed) == MOST_COMPARED
    assert comparison.differing == MOST_COMPARED + 2
    assert comparison.turns[Turn.ONLY_OLD] == MOST_COMPARED + 1


def a_stint(plan: float | None, worked: float, fix: float | None = None) -> StintRow:
    return StintRow(
        "s1",
        TIER,
        NINE,
        HowEnded.RESOLVED,
        ended_at=NINE + timedelta(hours=1),
        plan_minutes=plan,
        fix_minutes=fix,
        worked_minutes=worked,
        plan_limit=30,
        fix_limit=60,
    )


def held(plan: float | None, worked: float, *more: StintRow, fix: float | None = None) -> Story:
    return Story(SUBJECT, stints=(a_stint(plan, worked, fix), *more))


def test_the_limit_that_catches_a_share_of_what_took_too_long():
    catching = Catching(too_long=240, share=0.9)
    for number in range(10):  # plans after 21, 22 … 30 minutes, and 300 in all
        catching.add(held(21.0 + number, 300, fix=279.0 - number))
    for number in range(20):  # soon done, plans after 11 to 30 minutes
        catching.add(held(11.0 + number, 60, fix=30))
    plan, fix = catching.catches()
    assert plan == Catch(TIER, Stage.DIAGNOSIS, 30, 21, 9, 10, 9, 240)
    assert (fix.stage, fix.minutes, fix.caught, fix.others) == (Stage.FIX, 270, 9, 0)


def test_all_stints_make_a_ticket_long_and_the_first_one_catches_it():
    catching = Catching(too_long=100, share=1.0)
    later = replace(a_stint(None, 90), tier="Tier 3")
    catching.add(held(None, 20, later))
    [catch] = catching.catches()
    assert (catch.tier, catch.stage, catch.minutes, catch.caught) == (TIER, Stage.DIAGNOSIS, 19, 1)


def test_where_nothing_is_caught_that_is_told():
    catching = Catching(too_long=10, share=1.0)
    catching.add(held(0.5, 20))
    assert list(catching.catches()) == [Catch(TIER, Stage.DIAGNOSIS, 30, None, 0, 1, 0, 10)]
    none_wanted = Catching(too_long=10, share=0.0)
    none_wanted.add(held(5, 20))
    assert next(none_wanted.catches()).minutes is None
    quick = Catching(too_long=240, share=0.5)
    quick.add(held(5, 20))
    quick.add(Story(SUBJECT))
    quick.add(replace(held(5, 900), left_alone=LeftAlone(Alone.PAUSED, "Waiting")))
    quick.add(Story(SUBJECT, stints=(StintRow("s", TIER, NINE, HowEnded.RUNNING),)))
    assert list(quick.catches()) == []
