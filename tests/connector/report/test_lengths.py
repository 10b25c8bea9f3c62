"""How long stages took: in steps around the limit, and with other limits."""

from __future__ import annotations

import random
import statistics

from connector.report.lengths import Lengths


def of(*minutes: float, limit: float = 30) -> Lengths:
    lengths = Lengths(limit)
    for one in minutes:
        lengths.add(one, limit, is_over=True, is_met=True, has_risen=False)
    return lengths


def test_six_steps_lead_up_to_the_limit_and_six_past_it():
    assert of(0, 4.9, 5, 29.9, 30, 30.1, 34.9, 35, 59.9, 60, 500).steps == [2, 1, 0, 0, 0, 2, 2, 1, 0, 0, 0, 3]


def test_what_went_up_at_the_limit_stands_past_it():
    lengths = Lengths(30)
    lengths.add(30, 30, is_over=False, is_met=False, has_risen=True)
    lengths.add(12, 30, is_over=False, is_met=False, has_risen=False)
    assert (lengths.steps[6], lengths.count, lengths.over, lengths.elsewhere) == (1, 1, 1, 1)
    assert lengths.median is None


def test_another_limit_counts_by_its_share():
    lengths = Lengths(30)
    lengths.add(20, 15, is_over=True, is_met=True, has_risen=True)
    lengths.add(20, None, is_over=True, is_met=True, has_risen=False)
    assert (lengths.steps[8], lengths.steps[4], lengths.scaled, lengths.assumed) == (1, 1, 1, 1)
    assert lengths.past == 1


def test_with_another_limit_what_went_up_may_or_may_not_have_been_in_time():
    lengths = of(10, 25, 40, 50)
    lengths.add(30, 30, is_over=False, is_met=False, has_risen=True)
    told = {one.minutes: (one.least, one.most, one.median) for one in lengths.other_limits()}
    assert told == {
        20: (4, 4, 40),  # 25, 40, 50, and what went up at 30
        30: (3, 3, 45),
        35: (2, 3, 45),
        45: (1, 2, 50),
        60: (0, 1, None),
    }


def test_other_limits_are_round_and_short_ones_are_told_to_the_minute():
    assert [one.minutes for one in of(1, limit=60).other_limits()] == [40, 60, 70, 90, 120]
    assert [one.minutes for one in of(1, limit=4).other_limits()] == [3, 4, 5, 6, 8]
    assert [one.minutes for one in of(1, limit=0.5).other_limits()] == [0.5, 1]


def test_counts_and_quantiles_are_those_of_a_plain_count():
    dice = random.Random(16)
    minutes = [dice.uniform(0, 120) for _ in range(501)]
    lengths = of(*minutes)
    for limit in (0, 17, 30, 119, 121):
        beyond = [one for one in minutes if one > limit]
        told = lengths.longer_than(limit)
        assert (told.least, told.most) == (len(beyond), len(beyond))
        assert told.median == (statistics.median(beyond) if beyond else None)
    assert lengths.median == statistics.median(minutes)
    for share in (0.01, 0.5, 0.9, 1):
        within = lengths.quantile(share)
        assert within is not None
        assert sum(one <= within for one in minutes) >= share * len(minutes)
        assert sum(one < within for one in minutes) < share * len(minutes)
    lengths.add(1000, 30, is_over=True, is_met=True, has_risen=False)
    assert lengths.quantile(1) == 1000
    assert Lengths(30).quantile(0.5) is None
