from __future__ import annotations

import pytest

from connector.model import StatusGroup
from tests.builders import ACME, CRITICAL, NORMAL, ODD, WORKING, a_policy, office_hours, round_the_clock


@pytest.mark.process("ladder-next")
def test_each_tier_names_the_next_one_and_the_last_names_none():
    policy = a_policy()
    first, second, last = policy.tiers
    assert policy.next_tier(first) is second
    assert policy.next_tier(last) is None


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
