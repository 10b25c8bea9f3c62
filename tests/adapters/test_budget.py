"""A rolling window beside the token bucket."""

from __future__ import annotations

import pytest

from adapters.budget import CallBudget
from connector.errors import Temporary


class Time:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def a_budget(time: Time, per_minute: float | None = None, burst: int = 250) -> CallBudget:
    return CallBudget(per_minute, burst, time, per_window=3, window_seconds=300.0)


def test_no_more_calls_than_allowed_lie_in_any_window() -> None:
    time = Time()
    budget = a_budget(time)
    for _ in range(3):
        assert budget.reserve(5.0) == 0
        time.at += 100
    assert budget.left == 1.0  # the first one has just left the window
    assert budget.reserve(5.0) == 0
    with pytest.raises(Temporary) as caught:
        budget.reserve(5.0)
    assert caught.value.retry_after == 100
    time.at += 98
    assert budget.reserve(5.0) == 2
    assert budget.left == 0.0


def test_a_refused_call_takes_nothing() -> None:
    time = Time()
    budget = a_budget(time)
    for _ in range(3):
        budget.reserve(0.0)
    for _ in range(5):
        with pytest.raises(Temporary):
            budget.reserve(0.0)
    time.at += 300
    assert budget.left == 3.0


def test_calls_that_wait_are_counted_when_they_are_made() -> None:
    time = Time()
    budget = a_budget(time)
    for _ in range(3):
        budget.reserve(0.0)
    waits = [budget.reserve(1000.0) for _ in range(6)]
    assert waits == [300, 300, 300, 600, 600, 600]
    time.at += 300
    assert budget.left == 0.0
    assert budget.reserve(1000.0) == 600


def test_window_and_bucket_hold_together() -> None:
    time = Time()
    budget = a_budget(time, per_minute=60, burst=1)
    assert [budget.reserve(10.0) for _ in range(3)] == [0, 1, 2]
    assert budget.left == 0.0
    with pytest.raises(Temporary):
        budget.reserve(10.0)


def test_a_block_shows_in_what_is_left() -> None:
    time = Time()
    budget = a_budget(time)
    budget.block_for(10)
    assert budget.left == 0.0
    time.at += 10
    assert budget.left == 3.0
