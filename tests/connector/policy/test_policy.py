from __future__ import annotations

import pytest

from connector.model import StatusGroup
from connector.policy.policy import FinalEscalation, Homes
from tests.builders import (
    ACME,
    CRITICAL,
    DESK,
    ELSEWHERE,
    NORMAL,
    ODD,
    WORKING,
    a_policy,
    a_tier,
    office_hours,
    round_the_clock,
)


@pytest.mark.process("ladder-next")
def test_each_tier_names_the_next_one_and_the_last_names_none():
    policy = a_policy()
    first, second, last = policy.tiers
    assert policy.next_tier(first) is second
    assert policy.next_tier(last) is None


def test_the_limits_of_an_earlier_tier_take_the_place_of_its_own_and_nothing_else_does():
    policy = a_policy()
    limited = policy.with_limits_of(2, a_tier(2, name="Another", homes={}, diagnosis_minutes=5, fix_minutes=7))
    assert limited.tiers == (policy.tiers[0], a_tier(2, diagnosis_minutes=5, fix_minutes=7), policy.tiers[2])


def test_the_operators_word_on_a_status_wins_whatever_its_case():
    policy = a_policy(status_groups={"limbo": StatusGroup.WAITING})
    assert policy.group_of(ODD) is StatusGroup.WAITING
    assert policy.group_of(WORKING) is StatusGroup.WORKING


def test_a_priority_without_a_rule_leaves_the_limits_alone():
    policy = a_policy()
    assert (policy.factor_of(CRITICAL), policy.factor_of(NORMAL), policy.factor_of(None)) == (0.5, 1, 1)


def test_a_client_is_known_by_name_or_id():
    calendars = {"default": office_hours(), "acme": round_the_clock()}
    by_id = a_policy(calendars=calendars, client_calendars={ACME.id: "acme"})
    by_name = a_policy(calendars=calendars, client_calendars={"acme corp": "acme"})
    for policy in (by_id, by_name):
        assert policy.calendar_of(policy.tiers[0], ACME)[0] == "acme"
        assert policy.calendar_of(policy.tiers[0], None)[0] == "default"
        assert policy.has_calendar_of(ACME)
        assert not policy.has_calendar_of(None)
    assert not a_policy().has_calendar_of(ACME)


def test_a_priority_is_critical_by_its_name_whatever_its_case():
    policy = a_policy()
    assert [policy.is_critical(priority) for priority in (CRITICAL, NORMAL, None)] == [True, False, False]


def test_a_final_escalation_calls_three_roles_configured_or_not():
    assert FinalEscalation("irene", "", "adam").people == {
        "Sr IT Manager": "irene",
        "Service Desk Manager": "",
        "Account Manager": "adam",
    }


def test_a_home_that_does_not_resolve_may_be_the_one_inside_the_home_that_matches():
    homes = Homes({1: DESK}, unresolved={2: "no such team"}, hidden=("Elsewhere > Team",))
    assert homes.is_certain(DESK)
    assert not homes.is_certain(ELSEWHERE)
    inside = Homes({1: DESK}, unresolved={2: "no such team"}, hidden=(f"{DESK} > Night".upper(),))
    assert not inside.is_certain(DESK)
