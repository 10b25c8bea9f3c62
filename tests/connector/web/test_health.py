"""Liveness and readiness, with time that the test moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.store.database.errors import StoreUnavailable
from connector.store.heartbeats import beat
from tests.connector.mailboxes import a_delivery


@pytest.fixture
def working(desk):
    """A desk at which a worker has just completed a cycle."""
    beat(desk.mailbox.store, "worker")
    return desk


def ready(desk, **changes):
    answer = desk.client(**changes).get("/health/ready")
    return answer.status_code, {name: check["holds"] for name, check in answer.json["checks"].items()}


def away(*_):
    raise StoreUnavailable("the disk is gone")


def test_live_answers_also_without_a_database(desk, monkeypatch):
    monkeypatch.setattr(desk.mailbox.store, "reading", away)
    answer = desk.client().get("/health/live")
    assert (answer.status_code, answer.json) == (200, {"status": "live"})


def test_ready_while_a_worker_cycles_and_nothing_waits(working):
    assert ready(working) == (200, {"database": True, "worker": True, "mailbox": True})


def test_not_ready_before_any_worker_completed_a_cycle(desk):
    assert ready(desk) == (503, {"database": True, "worker": False, "mailbox": True})


@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (61, 503)])
def test_not_ready_once_no_worker_has_cycled_for_a_minute(working, seconds, status):
    working.clock.advance(timedelta(seconds=seconds))
    assert ready(working)[0] == status


@pytest.mark.parametrize(("seconds", "holds"), [(60, True), (61, False)])
def test_not_ready_once_something_has_been_due_for_more_than_a_minute(working, seconds, holds):
    working.mailbox.deliver([a_delivery()])
    working.clock.advance(timedelta(seconds=seconds))
    beat(working.mailbox.store, "worker")
    assert ready(working) == (200 if holds else 503, {"database": True, "worker": True, "mailbox": holds})


def test_what_is_due_later_is_no_lag(working):
    working.mailbox.schedule("psa", "1", working.clock.now() + timedelta(hours=5))
    assert ready(working)[0] == 200


def test_a_worker_whose_clock_runs_ahead_is_not_silent(working, monkeypatch):
    before = working.clock.now()
    working.clock.advance(timedelta(seconds=30))
    beat(working.mailbox.store, "ahead")
    monkeypatch.setattr(working.mailbox.store, "now", lambda conn=None: before)
    assert ready(working)[0] == 200


def test_not_ready_without_the_database_and_it_says_so(working, monkeypatch):
    monkeypatch.setattr(working.mailbox.store, "reading", away)
    assert ready(working) == (503, {"database": False})


def test_many_who_ask_within_a_second_cost_one_look(working):
    client = working.client()
    assert client.get("/health/ready").status_code == 200
    working.clock.advance(timedelta(minutes=5))
    assert client.get("/health/ready").status_code == 200
    working.later(1.0)
    assert client.get("/health/ready").status_code == 503
