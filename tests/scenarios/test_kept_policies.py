"""A stint keeps the limits that it began with until the newest policy is applied; both deadlines are on record."""

from __future__ import annotations

from typing import Any

from connector.policy.document import read_policy
from connector.policy.modes import ENFORCES
from connector.store.mailbox import Mailbox
from connector.store.policy_log import PolicyLog
from tests.builders import NINE, at
from tests.scenarios.desks import a_ticket_on, events, our_notes
from tests.scenarios.test_meanwhile import restarted

HOMES = ("Service Desk > First Touch", "Tier 3 > Seniors", "Sr IT")


def a_document(minutes: int) -> dict[str, Any]:
    tiers: list[dict[str, Any]] = [{"homes": {"connectwise": home}} for home in HOMES]
    return {"tiers": [tiers[0] | {"diagnosis_minutes": minutes}, *tiers[1:]], "warn_at": 0}


def under(desk, document) -> None:
    """Restart the connector under another policy."""
    policy = read_policy(document)
    PolicyLog(desk.store).bring_into_force(policy.version, document)
    restarted(desk, modes=ENFORCES, policy=policy)


def opened(open_stage):
    document = a_document(30)
    desk = open_stage(read_policy(document), document=document)
    desk.run_until(NINE)
    return desk


def test_a_running_stint_keeps_its_limit_and_a_new_one_has_the_new_limit(open_stage):
    desk = opened(open_stage)
    old = a_ticket_on(desk)
    desk.run_until(at("09:05"))
    under(desk, a_document(10))
    new = a_ticket_on(desk, "another")
    desk.run_until(at("09:29"))
    assert (our_notes(desk, old), len(our_notes(desk, new))) == ([], 1)
    assert "no diagnosis plan within 10 working minutes" in our_notes(desk, new)[0]["text"]
    (kept,) = events(desk, old, "policy kept")
    assert (kept.detail["due_at"], kept.detail["due_at_by_newer"], kept.detail["newer_policy"]) == (
        at("09:30").isoformat(),
        at("09:10").isoformat(),
        read_policy(a_document(10)).version,
    )
    assert (kept.detail["limit_minutes"], kept.detail["limit_minutes_by_newer"]) == (30, 10)
    assert events(desk, new, "policy kept") == []
    desk.run_until(at("09:30"))
    assert "no diagnosis plan within 30 working minutes" in our_notes(desk, old)[0]["text"]


def test_once_it_is_applied_the_newest_policy_counts_for_running_stints(open_stage):
    desk = opened(open_stage)
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:05"))
    under(desk, a_document(20))
    desk.run_until(at("09:22"))
    assert our_notes(desk, ticket) == []
    PolicyLog(desk.store).apply()
    Mailbox(desk.store).ring_all("connectwise")
    desk.settle()
    assert "no diagnosis plan within 20 working minutes" in our_notes(desk, ticket)[0]["text"]
