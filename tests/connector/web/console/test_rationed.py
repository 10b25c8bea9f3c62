"""What is worked out for who looks: fresh while it costs little, a little older where it would cost too much."""

from __future__ import annotations

import pytest

from connector.web.console.now.now_page import LIVE
from connector.web.console.now.rationed import WINDOW_SECONDS, Ration, Rationed

RATION = Ration(fresh=5, oldest=90, share=0.05, most=3)


class Cost:
    """Each answer takes so much of a core; time goes on by hand."""

    def __init__(self, each: float, ration: Ration = RATION) -> None:
        self.each, self.now, self.taken, self.asked = each, 0.0, 0.0, list[str]()
        self.answers = Rationed(self._ask, lambda: self.now, lambda: self.taken, ration)

    def _ask(self, key: str) -> str:
        self.taken += self.each
        self.asked.append(key)
        return f"{key} at {self.now:g}"


def test_an_answer_serves_all_until_it_is_no_more_fresh():
    cost = Cost(0.1)
    assert [cost.answers.get("a") for _ in range(3)] == ["a at 0"] * 3
    cost.now = 4.9
    assert cost.answers.get("a") == "a at 0"
    cost.now = 5
    assert cost.answers.get("a") == "a at 5"
    assert cost.answers.get("b") == "b at 5"


def test_what_costs_too_much_is_kept_longer_and_never_beyond_its_oldest():
    cost = Cost(2.0)
    assert (cost.answers.get("a"), cost.answers.get("b")) == ("a at 0", "b at 0")
    cost.now = WINDOW_SECONDS - 1
    assert cost.answers.get("a") == "a at 0"
    cost.now = WINDOW_SECONDS
    assert cost.answers.get("a") == "a at 60"  # the minute is over
    busy = Cost(2.0)
    for second in range(0, 400, 10):
        busy.now = second
        for key in ("a", "b", "c"):
            at = float(busy.answers.get(key).partition(" at ")[2])
            assert second - at <= RATION.oldest


@pytest.mark.parametrize("viewers", [1, 20])
def test_many_who_look_at_different_things_take_no_more_than_the_share(viewers):
    cost = Cost(0.2, LIVE)
    for second in range(0, 1200, 10):
        cost.now = second
        for viewer in range(viewers):
            cost.answers.get(str(viewer))
    assert cost.taken / 1200 <= 0.05


def test_a_failure_is_not_kept_and_its_cost_counts():
    cost = Cost(4.0)
    fails = iter([True])

    def ask(key: str) -> str:
        cost.taken += 4.0
        if next(fails, False):
            raise ValueError(key)
        return key

    answers = Rationed(ask, lambda: cost.now, lambda: cost.taken, RATION)
    with pytest.raises(ValueError, match="a"):
        answers.get("a")
    assert answers.get("a") == "a"


def test_of_many_keys_the_last_ones_are_kept():
    cost = Cost(0.0)
    for key in "abcd":
        cost.answers.get(key)
    cost.answers.get("d")
    cost.answers.get("a")
    assert cost.asked == [*"abcd", "a"]
