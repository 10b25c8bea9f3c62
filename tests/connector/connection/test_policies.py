"""The limits that a stint keeps: those it began with, until the newest policy is applied to all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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


def minutes_at(found: Policies, since: datetime) -> float:
    """The minutes that count for a stint of the first tier that began then."""
    tier = found.present.tiers[0]
    kept = found.limits_kept("", tier, since)
    return (kept.tier if kept else tier).diagnosis_minutes


def test_without_a_log_nothing_earlier_is_kept():
    assert minutes_at(policies(None, read_policy(a_document(10))), BEFORE) == 10


def test_the_only_policy_counts_for_all(log, bring):
    found = policies(log, bring(a_document(10)))
    assert [minutes_at(found, since) for since in (BEFORE, AFTER)] == [10, 10]


def test_a_stint_keeps_the_limits_that_were_in_force_when_it_began(log, bring):
    first = bring(a_document(10))
    found = policies(log, bring(a_document(20)))
    assert [minutes_at(found, since) for since in (BEFORE, BETWEEN, at("11:00"), AFTER)] == [10, 10, 20, 20]
    kept = found.limits_kept("", found.present.tiers[0], BETWEEN)
    assert kept is not None
    assert (kept.version, kept.since, kept.tier) == (first.version, at("10:00"), first.tiers[0])


def test_once_applied_the_newest_counts_for_running_stints_as_well(log, bring):
    bring(a_document(10))
    found = policies(log, bring(a_document(20)))
    assert minutes_at(found, BETWEEN) == 10
    log.apply()
    assert minutes_at(found, BETWEEN) == 20


def test_a_policy_after_an_applied_one_counts_for_new_stints_only(log, bring):
    bring(a_document(10))
    bring(a_document(20))
    log.apply()
    found = policies(log, bring(a_document(30)))
    assert [minutes_at(found, since) for since in (BEFORE, AFTER, at("12:00"))] == [20, 20, 30]


def test_going_back_to_an_earlier_policy_makes_it_the_present_one_again(log, bring):
    first = bring(a_document(10))
    bring(a_document(20))
    assert bring(a_document(10)) == first
    found = policies(log, first)
    assert [minutes_at(found, since) for since in (BEFORE, AFTER, at("12:00"))] == [10, 20, 10]


def test_what_came_into_force_after_the_present_policy_is_not_earlier(log, bring):
    found = policies(log, bring(a_document(10)))
    bring(a_document(20))
    assert minutes_at(found, AFTER) == 10


def test_a_worker_whose_policy_is_in_force_again_reads_what_was_in_force_meanwhile(log, bring):
    found = policies(log, bring(a_document(10)))
    assert minutes_at(found, BETWEEN) == 10
    bring(a_document(20))
    bring(a_document(10))
    assert minutes_at(found, AFTER) == 10  # read once, it answers for good
    found.read_again()
    assert minutes_at(found, AFTER) == 20


def test_a_policy_that_cannot_be_read_any_more_leaves_its_stints_to_the_present_one(log, bring):
    with pytest.raises(ValueError, match="tiers"):
        bring({"tiers": []})
    found = policies(log, bring(a_document(20)))
    assert minutes_at(found, BETWEEN) == 20


def test_a_policy_that_cannot_be_read_any_more_leaves_none_of_its_stints_to_the_one_before_it(log, bring):
    bring(a_document(10))
    with pytest.raises(ValueError, match="tiers"):
        bring({"tiers": []})
    found = policies(log, bring(a_document(20)))
    assert [minutes_at(found, since) for since in (BETWEEN, AFTER)] == [10, 20]


def test_a_policy_without_a_document_says_nothing_of_limits(log, bring):
    log.bring_into_force("made in code", {})
    found = policies(log, bring(a_document(20)))
    assert minutes_at(found, BETWEEN) == 20


def test_limits_are_matched_by_the_names_of_ladder_and_tier(log, bring):
    tiers = [{"name": "Desk", "homes": {"psa": "Desk"}, "diagnosis_minutes": 10}]
    vip = {"name": "VIP", "clients": ["Acme"], "tiers": [tiers[0] | {"diagnosis_minutes": 5}]}
    bring({"tiers": tiers, "ladders": [vip]})
    found = policies(log, bring(a_document(20)))
    desk = found.present.tiers[0]

    def kept(ladder: str, name: str) -> float | None:
        limits = found.limits_kept(ladder, replace(desk, name=name), BETWEEN)
        return limits.tier.diagnosis_minutes if limits else None

    assert [kept("", "Desk"), kept("VIP", "Desk"), kept("", "Experts"), kept("Gold", "Desk")] == [10, 5, None, None]


def test_a_policy_of_other_connections_says_nothing_of_the_limits_here(log, bring):
    """Two deployments may share a database, each with connections and a policy of its own."""
    bring(a_document(10))
    bring(a_document(5, system="other"))
    log.apply()
    found = policies(log, bring(a_document(20)))
    assert [minutes_at(found, since) for since in (BETWEEN, AFTER, at("12:00"))] == [10, 10, 20]
