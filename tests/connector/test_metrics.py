"""What is counted: turns, escalations and their lateness, calls, batches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from connector.metrics import DatabaseCollector, Metrics, exposition
from connector.model import Lane
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.database.errors import LeaseLost
from connector.store.group_commit import GroupCommit
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Event, Failed, Finished
from connector.store.troubles import TroubleKind, Troubles
from tests.connector.mailboxes import START, a_delivery, a_held_ticket, all_done
from tests.doubles import a_connection


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def store(sqlite_url: str, open_store: Callable[..., Store], clock) -> Store:
    return open_store(sqlite_url, clock)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"escalator_{name}", labels)


def test_turns_are_counted_by_how_they_ended(metrics, store):
    mailbox = Mailbox(store)
    claim = a_held_ticket(mailbox)
    chore = a_held_ticket(mailbox, "@poll")
    for outcome in (
        all_done(claim, snapshot={"verdict": "running"}),
        all_done(claim, is_gone=True),
        all_done(chore),
        Failed(claim, "oops", START),
        Failed(claim, "oops", None),
    ):
        metrics.count_outcome(outcome, lambda: START)
    for ending in ("running", "gone", "chore", "failed", "dead letter"):
        assert value(metrics, "turns_total", system="psa", outcome=ending) == 1


def escalation(**detail: object) -> AuditEvent:
    return AuditEvent(Event.ESCALATED, {"from_tier": 1, "reason": "Time", "mode": "enforce", **detail})


def test_an_escalation_is_counted_with_its_lateness_from_when_it_could_be_acted_on(metrics, store, clock):
    claim = a_held_ticket(Mailbox(store))
    clock.advance(timedelta(seconds=3))
    due = (START - timedelta(hours=15)).isoformat()
    event = escalation(due_at=due, act_at=START.isoformat())
    metrics.count_outcome(all_done(claim, audit=(event, AuditEvent(Event.CLOCK, {}))), clock.now)
    assert value(metrics, "escalations_total", system="psa", tier="1", reason="Time", mode="enforce") == 1
    assert value(metrics, "deadline_lateness_seconds_sum", system="psa") == 3.0
    assert value(metrics, "deadline_lateness_seconds_count", system="psa") == 1


def test_an_override_is_counted_once_and_not_where_it_could_not_be_committed(metrics, store):
    mailbox = Mailbox(store)
    claim = a_held_ticket(mailbox)
    override = AuditEvent(Event.OVERRIDE_APPLIED, {"by": "mia"})
    journal = Journal(store, partial(metrics.count_events, now=store.now))
    journal.done(claim, "psa/1/s/o", 3, {}, audit=[override])
    finished = Finished(claim, None)
    mailbox.finish([finished])
    metrics.count_outcome(finished, store.now)
    with pytest.raises(LeaseLost):
        journal.done(claim, "psa/1/s/o", 3, {}, audit=[override])
    assert value(metrics, "overrides_total", system="psa", result="applied") == 1
    # Who asked stands in the audit trail, and nowhere where anybody may look.
    assert b"mia" not in exposition(metrics, DatabaseCollector(mailbox, {}))


def test_an_escalation_before_its_moment_is_not_negatively_late(metrics):
    early = escalation(due_at=(START + timedelta(seconds=1)).isoformat())
    metrics.count_events("psa", [early], lambda: START)
    assert value(metrics, "deadline_lateness_seconds_sum", system="psa") == 0


def test_an_escalation_without_details_is_counted_all_the_same(metrics):
    metrics.count_events("psa", [AuditEvent(Event.ESCALATED, {})], lambda: START)
    assert value(metrics, "escalations_total", system="psa", tier="unknown", reason="unknown", mode="unknown") == 1
    assert value(metrics, "deadline_lateness_seconds_count", system="psa") is None


def test_calls_are_counted_by_method_and_status(metrics):
    metrics.count_call("psa", "GET", 200)
    metrics.count_call("psa", "GET", 0)
    assert value(metrics, "calls_total", system="psa", method="GET", status="200") == 1
    assert value(metrics, "calls_total", system="psa", method="GET", status="0") == 1


def test_the_size_of_each_stored_batch_is_observed(metrics, store):
    group = GroupCommit(Mailbox(store), committed=metrics.batches.observe)
    assert group.deliver([a_delivery("1", "a"), a_delivery("2", "b")]) == [True, True]
    group.stop()
    assert value(metrics, "delivery_batch_sum") == 2
    assert value(metrics, "delivery_batch_count") == 1


class LineWith:
    def __init__(self, budget: dict[Lane, int] | None) -> None:
        self.budget = budget


def test_the_budget_is_shown_where_a_system_has_one(metrics, store):
    mailbox = Mailbox(store)
    text = exposition(metrics, DatabaseCollector(mailbox, {"psa": a_connection(LineWith({Lane.URGENT: 12}))})).decode()
    assert 'escalator_call_budget_left{lane="urgent",system="psa"} 12.0' in text
    unlimited = exposition(metrics, DatabaseCollector(mailbox, {"psa": a_connection(LineWith(None))})).decode()
    assert "escalator_call_budget_left{" not in unlimited


def test_dead_letters_and_unverified_webhooks_are_gauges(metrics, store):
    mailbox = Mailbox(store)
    mailbox.finish([Failed(a_held_ticket(mailbox), "oops", None)])
    mailbox.deliver([a_delivery("@key:abc", "u1")])
    text = exposition(metrics, DatabaseCollector(mailbox, {"psa": a_connection(LineWith(None))})).decode()
    assert 'escalator_mailbox_tickets{state="dead",system="psa"} 1.0' in text
    assert 'escalator_unverified_waiting{system="psa"} 1.0' in text
    assert not any(line.startswith("escalator_last_cycle_age_seconds") for line in text.splitlines())


def test_how_each_connection_stands_is_gauges(metrics, store, clock):
    mailbox, connections = Mailbox(store), Connections(store)
    connections.ensure("psa", "enforce", "v1")
    connections.set_polled_until("psa", clock.now())
    connections.note_signs("psa", timedelta(0), 3, 1)
    due_at = clock.now() + timedelta(seconds=10)
    mailbox.finish([all_done(a_held_ticket(mailbox), due_at, due_at=due_at)])
    Troubles(store).meet("psa", TroubleKind.CONNECTION_DOWN, "", "the credentials are refused")
    clock.advance(timedelta(seconds=100))
    text = exposition(metrics, DatabaseCollector(mailbox, {"psa": a_connection(LineWith(None))})).decode()
    for expected in (
        'past_deadline_tickets{system="psa"} 1.0',
        'past_deadline_seconds{system="psa"} 90.0',
        'connection_up{system="psa"} 0.0',
        'troubles{kind="connection_down",system="psa"} 1.0',
        'troubles{kind="refusal",system="psa"} 0.0',
        'last_good_call_age_seconds{system="psa"} 100.0',
        'last_good_poll_age_seconds{system="psa"} 100.0',
        'changes_total{system="psa",told_by="webhook"} 3.0',
        'changes_total{system="psa",told_by="poll"} 1.0',
    ):
        assert f"escalator_{expected}\n" in text
