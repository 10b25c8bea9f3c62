"""The calls of a connection in any window: counted for all of its processes, and shared out by lanes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from adapters.budget import LONGEST_STILL, CallBudget, MemoryLedger
from connector.model import Lane

LIMIT, WINDOW = 240, 300.0
COUNTS_FOR, SPAN, USED_WITHIN = 310.0, 31.0, 10.0
"""A call is made within ten seconds after it was taken."""


class Time:
    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


class CountingLedger(MemoryLedger):
    """Counts how often it is changed."""

    changes = 0

    def change(self, edit: Callable[..., object]) -> None:  # type: ignore[override]  # whatever it edits
        self.changes += 1
        super().change(edit)  # type: ignore[arg-type]  # the same


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def ledger(time: Time) -> CountingLedger:
    return CountingLedger(time)


@pytest.fixture
def budget(time: Time, ledger: CountingLedger) -> CallBudget:
    return CallBudget(LIMIT, WINDOW, ledger, time)


def taken(budget: CallBudget, lane: Lane, most: int = 10_000) -> int:
    """How many calls of that lane can be made now."""
    return next((n for n in range(most) if budget.take(lane) > 0), most)


def taken_in_time(budget: CallBudget, lane: Lane, time: Time) -> int:
    """How many calls of that lane can be made before the window has passed."""
    found = taken(budget, lane)
    for _ in range(9):
        time.at += SPAN
        found += taken(budget, lane)
    return found


@pytest.mark.parametrize("seconds", [1000, pytest.param(2000, marks=pytest.mark.soak)])
def test_all_calls_together_stay_within_the_limit_in_any_window(
    time: Time, ledger: CountingLedger, seconds: int
) -> None:
    workers = [CallBudget(LIMIT, WINDOW, ledger, time) for _ in range(3)]
    made: list[float] = []
    lanes = list(Lane)
    for second in range(seconds):
        for n in range(len(lanes)):
            if workers[(second + n) % 3].take(lanes[n]) == 0:
                made.append(time.at)
        time.at += 1
    busiest = max(bisect_right(made, at) - bisect_right(made, at - WINDOW) for at in made)
    assert busiest <= LIMIT
    assert len(made) >= 0.9 * LIMIT * seconds / COUNTS_FOR


def test_a_third_is_kept_for_the_first_lanes_whatever_the_others_want(budget: CallBudget, time: Time) -> None:
    below = sum(taken(budget, lane) for lane in (Lane.LISTS, Lane.LOOKS))
    below += taken_in_time(budget, Lane.WEBHOOKS, time)
    assert below == 160
    assert taken(budget, Lane.URGENT) == 80


def test_the_first_lane_may_have_everything_and_what_is_due_all_but_an_eighth(budget: CallBudget) -> None:
    assert taken(budget, Lane.DUE) == LIMIT - 30
    assert taken(budget, Lane.URGENT) == 30
    assert taken(budget, Lane.WEBHOOKS) == 0


@pytest.mark.parametrize(
    ("greedy", "others"),
    [
        (Lane.LISTS, {Lane.LOOKS: 40, Lane.WEBHOOKS: 60}),
        (Lane.LOOKS, {Lane.WEBHOOKS: 60, Lane.LISTS: 20}),
        (Lane.WEBHOOKS, {Lane.LISTS: 23, Lane.LOOKS: 40}),  # three that were not to be had evenly
    ],
)
def test_a_lane_that_takes_all_it_can_leaves_the_others_their_part(
    budget: CallBudget, time: Time, greedy: Lane, others: dict[Lane, int]
) -> None:
    (taken_in_time(budget, greedy, time) if greedy is Lane.WEBHOOKS else taken(budget, greedy))
    found = {lane: taken(budget, lane) for lane in others if lane is not Lane.WEBHOOKS}
    if Lane.WEBHOOKS in others:
        found[Lane.WEBHOOKS] = taken_in_time(budget, Lane.WEBHOOKS, time)
    assert found == others


def test_what_changed_is_looked_at_evenly_once_a_quarter_of_its_calls_is_used(budget: CallBudget, time: Time) -> None:
    assert taken(budget, Lane.WEBHOOKS) == 25
    assert 0 < budget.waits(Lane.WEBHOOKS, 3) <= SPAN
    made = [25]
    for _ in range(9):
        time.at += SPAN
        made.append(taken(budget, Lane.WEBHOOKS))
    assert min(made[1:]) >= 4  # never a span in which nobody is heard
    assert 85 <= sum(made) <= 100


def test_a_call_comes_back_when_the_window_has_passed(budget: CallBudget, time: Time) -> None:
    assert taken(budget, Lane.URGENT) == LIMIT
    wait = budget.take(Lane.URGENT)
    assert WINDOW <= wait <= COUNTS_FOR
    time.at += wait
    assert budget.take(Lane.URGENT) == 0


def test_a_call_that_is_refused_takes_nothing(budget: CallBudget, time: Time) -> None:
    taken(budget, Lane.LISTS)
    for _ in range(50):
        assert budget.take(Lane.LISTS) > 0
    assert (budget.left or {})[Lane.URGENT] == LIMIT - 60


def test_many_calls_ask_the_ledger_seldom_and_single_ones_hold_nothing_back(
    budget: CallBudget, ledger: CountingLedger, time: Time
) -> None:
    assert budget.take(Lane.LISTS) == 0
    assert (budget.left or {})[Lane.URGENT] == LIMIT - 1
    assert taken(budget, Lane.URGENT, 100) == 100
    assert ledger.changes < 35


def test_what_is_left_of_a_portion_is_given_back(budget: CallBudget, time: Time) -> None:
    for _ in range(4):
        assert budget.take(Lane.LOOKS) == 0  # one, then two, then four at once: three of them are left
    time.at += 20
    assert budget.take(Lane.WEBHOOKS) == 0
    assert (budget.left or {})[Lane.URGENT] == LIMIT - 5


def test_a_process_that_dies_takes_its_portion_with_it_until_the_window_has_passed(
    budget: CallBudget, ledger: CountingLedger, time: Time
) -> None:
    taken(budget, Lane.URGENT, 4)
    after = CallBudget(LIMIT, WINDOW, ledger, time)
    assert (after.left or {})[Lane.URGENT] == LIMIT - 7
    time.at += COUNTS_FOR
    assert (after.left or {})[Lane.URGENT] == LIMIT


def test_a_429_holds_every_process_still_and_slows_what_is_not_urgent(
    budget: CallBudget, ledger: CountingLedger, time: Time
) -> None:
    other = CallBudget(LIMIT, WINDOW, ledger, time)
    assert taken(budget, Lane.LOOKS, 30) == 30
    budget.hold_still(30)
    assert {budget.take(lane) for lane in Lane} == {30}
    assert set((other.left or {}).values()) == {0}
    assert other.take(Lane.URGENT) == 30
    time.at += 30
    assert other.take(Lane.URGENT) == 0
    assert budget.take(Lane.LOOKS) > 0  # others make calls, too: no more than what was possible before
    time.at += COUNTS_FOR
    assert budget.take(Lane.LOOKS) == 0


def test_a_system_that_says_how_many_calls_are_left_is_believed(budget: CallBudget, time: Time) -> None:
    assert budget.take(Lane.URGENT) == 0
    budget.corrected(235)
    assert (budget.left or {})[Lane.LOOKS] == 80  # about what we think ourselves
    budget.corrected(90)
    budget.corrected(400)
    left = budget.left or {}
    assert (left[Lane.LOOKS], left[Lane.URGENT]) == (160 - 149, 239)


def test_without_a_limit_only_a_429_holds(time: Time) -> None:
    budget = CallBudget(None, 60.0, None, time)
    assert taken(budget, Lane.LISTS, 1000) == 1000
    assert budget.left is None
    assert budget.waits(Lane.LISTS, 5) == 0
    budget.hold_still(3)
    budget.hold_still(1)
    assert budget.take(Lane.URGENT) == 3.0
    assert budget.waits(Lane.URGENT, 5) == 3.0


def test_a_lane_says_how_long_it_has_no_room_for_a_turn(budget: CallBudget, time: Time) -> None:
    assert budget.waits(Lane.LOOKS, 3) == 0
    taken(budget, Lane.LOOKS)
    time.at += 100
    assert 200 <= budget.waits(Lane.LOOKS, 3) <= 210
    assert budget.waits(Lane.URGENT, 3) == 0
    assert budget.waits(Lane.LOOKS, 1000) > 0


def test_a_clock_that_was_wrong_does_not_hold_for_days(ledger: CountingLedger, time: Time) -> None:
    day = 86_400.0
    ahead = CallBudget(LIMIT, WINDOW, ledger, time)
    time.at += day
    taken(ahead, Lane.URGENT)
    time.at -= day
    assert datetime.fromtimestamp(time(), UTC) == ledger.read()[1]
    now = CallBudget(LIMIT, WINDOW, ledger, time)
    assert now.waits(Lane.URGENT, 1) <= COUNTS_FOR


def test_a_call_that_is_made_late_in_its_portion_counts_from_when_it_was_made(budget: CallBudget, time: Time) -> None:
    assert taken(budget, Lane.URGENT, 4) == 4  # one, two, and the first of four
    time.at += USED_WITHIN - 0.1
    assert taken(budget, Lane.URGENT, 3) == 3
    time.at += WINDOW - 1
    assert taken(budget, Lane.URGENT) <= LIMIT - 3


def test_a_stillness_by_a_clock_that_was_wrong_does_not_hold_for_days(ledger: CountingLedger, time: Time) -> None:
    time.at += 86_400.0
    CallBudget(LIMIT, WINDOW, ledger, time).hold_still(30)
    time.at -= 86_400.0
    assert 0 < CallBudget(LIMIT, WINDOW, ledger, time).waits(Lane.URGENT, 1) <= LONGEST_STILL
