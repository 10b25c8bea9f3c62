"""What an ended stint took, in working minutes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.policy.policy import FixStartsAt
from connector.rules.account import NOTHING, StintAccount, account_of
from connector.rules.evidence import DiagnosisPlan, Pause
from connector.rules.stints import Stint
from tests.builders import a_policy, a_ticket, at

STINT = Stint("key", 1, at("09:00"), "entered", at("09:00"), False, at("10:00"), "status Resolved", None, (), ())
PLAN = DiagnosisPlan(at("09:20"), "a line", "replace it", "Tess Tech")


def account(policy=None, **given) -> StintAccount:
    return account_of(replace(STINT, **given), policy or a_policy(), a_ticket())


def test_without_a_plan_the_fix_is_counted_from_the_start():
    assert account() == StintAccount(None, 60, 60, 0)


def test_the_fix_is_counted_from_the_plan_where_its_limit_is():
    assert account(plan=PLAN) == StintAccount(20, 40, 60, 0)
    assert account(a_policy(fix_starts_at=FixStartsAt.STINT), plan=PLAN) == StintAccount(20, 60, 60, 0)


def test_a_stint_that_a_move_ended_has_no_fix():
    assert account(plan=PLAN, has_left=True) == StintAccount(20, None, 60, 0)


@pytest.mark.parametrize("pauses", [(("09:05", "09:15"),), (("09:05", "09:10"), ("09:10", "09:15"))])
def test_paused_time_is_left_out_and_told_apart(pauses: tuple[tuple[str, str], ...]):
    spans = tuple(Pause(at(start), at(end), "Waiting") for start, end in pauses)
    assert account(plan=PLAN, pauses=spans) == StintAccount(10, 40, 50, 10)


def test_closed_hours_do_not_count():
    assert account(clock_from=at("16:50"), ended_at=at("08:10", day=16)).worked == 20


@pytest.mark.parametrize("given", [{"clock_from": None}, {"ended_at": None}])
def test_a_stint_whose_clock_never_began_or_that_goes_on_has_nothing_to_count(given: dict[str, None]):
    assert account(**given) == NOTHING
