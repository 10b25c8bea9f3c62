"""The policy that counts for a stint: the one it began with, until the newest is applied to all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.clock import VirtualClock
from connector.connection.policies import Policies
from connector.policy.document import read_policy
from connector.policy.policy import Policy
from connector.store.database.engine import Store
from connector.store.policy_log import PolicyLog
from tests.builders import at
from tests.doubles import a_connection

HOUR = timedelta(hours=1)
BEFORE, BETWEEN, AFTER = at("09:00"), at("10:30"), at("11:30")


def a_document(minutes: float, system: str = "psa", **given: Any) -> dict[str, Any]:
    return {"tiers": [{"homes": {system: "Desk"}, "diagnosis_minutes": minutes}], **given}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("10:00"))


@pytest.fixture
def log(sqlite_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> PolicyLog:
    return PolicyLog(open_store(sqlite_url, clock))


@pytest.fixture
def bring(log: PolicyLog, clock: VirtualClock) -> Callable[[object], Policy]:
    """Brings a policy into force, an hour after the one before."""

    def bring_(document: Any) -> Policy:
        if log.rows():
            clock.advance(HOUR)
        try:
            policy = read_policy(document)
        except ValueError:
            log.bring_into_force("unreadable", document)
            raise
        log.bring_into_force(policy.version, document)
        return policy

    return bring_


def policies(log: PolicyLog | None, present: Policy) -> Policies:
    return Policies(a_connection(None), present, log, lambda: AFTER)


def minutes_at(found: Policies, began_at: datetime) -> float:
    return found.at(began_at).policy.tiers[0].diagnosis_minutes


def test_without_a_log_the_present_policy_counts_for_all():
    found = policies(None, read_policy(a_document(10)))
    assert found.at(BEFORE) is found.present


def test_the_only_policy_counts_for_all(log, bring):
    found = policies(log, bring(a_document(10)))
    assert found.at(BEFORE) is found.at(AFTER) is found.present


def test_a_stint_keeps_the_policy_that_was_in_force_when_it_began(log, bring):
    bring(a_document(10))
    found = policies(log, bring(a_document(20)))
    assert [minutes_at(found, began_at) for began_at in (BEFORE, BETWEEN, at("11:00"), AFTER)] == [10, 10, 20, 20]
    assert found.at(AFTER) is found.present


def test_once_applied_the_newest_counts_for_running_stints_as_well(log, bring):
    bring(a_document(10))
    found = policies(log, bring(a_document(20)))
    assert minutes_at(found, BETWEEN) == 10
    log.apply()
    assert found.at(BETWEEN) is found.present


def test_a_policy_after_an_applied_one_counts_for_new_stints_only(log, bring):
    bring(a_document(10))
    bring(a_document(20))
    log.apply()
    found = policies(log, bring(a_document(30)))
    assert [minutes_at(found, began_at) for began_at in (BEFORE, AFTER, at("12:00"))] == [20, 20, 30]


def test_going_back_to_an_earlier_policy_makes_it_the_present_one_again(log, bring):
    first = bring(a_document(10))
    bring(a_document(20))
    assert bring(a_document(10)) == first
    found = policies(log, first)
    assert [minutes_at(found, began_at) for began_at in (BEFORE, AFTER, at("12:00"))] == [10, 20, 10]


def test_a_policy_that_cannot_be_read_any_more_leaves_its_stints_to_the_present_one(log, bring):
    with pytest.raises(ValueError, match="tiers"):
        bring({"tiers": []})
    found = policies(log, bring(a_document(20)))
    assert minutes_at(found, BETWEEN) == 20


@pytest.mark.parametrize(
    "old",
    [
        a_document(10, system="other"),
        a_document(10, ladders=[{"name": "VIP", "clients": ["Acme"], "tiers": [{"homes": {"other": "Desk"}}]}]),
    ],
)
def test_a_policy_from_before_this_ticket_system_was_connected_knows_nothing_of_its_tickets(log, bring, old):
    bring(old)
    found = policies(log, bring(a_document(20)))
    assert found.at(BETWEEN) is found.present
