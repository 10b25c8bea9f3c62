"""Liveness, readiness and how the whole service stands, with time that the test moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.store.connections import Connections
from connector.store.database.errors import StoreUnavailable
from connector.store.database.schema import SchemaState
from connector.store.heartbeats import beat
from connector.store.records import Failed
from connector.store.troubles import TroubleKind, Troubles
from connector.web.reasons import length_text
from tests.connector.mailboxes import a_delivery, a_held_ticket, all_done

MINUTE = timedelta(minutes=1)


@pytest.fixture
def working(desk):
    """A desk whose connection was started and polled, and at which a worker has just completed a cycle."""
    connections = Connections(desk.mailbox.store)
    connections.ensure("psa", "enforce", "v1")
    go_on(desk)
    return desk


def go_on(desk, *, polls=True):
    """Another cycle, and where said another good poll."""
    beat(desk.mailbox.store, "worker")
    if polls:
        Connections(desk.mailbox.store).set_polled_until("psa", desk.clock.now())


def ready(desk, **changes):
    answer = desk.client(**changes).get("/health/ready")
    return answer.status_code, {name: check["holds"] for name, check in answer.json["checks"].items()}


def status(desk, **changes):
    answer = desk.client(**changes).get("/health/status")
    assert (answer.status_code, answer.json["status"]) in ((200, "good"), (503, "degraded"))
    return answer.json


def codes(desk, **changes):
    return [reason["code"] for reason in status(desk, **changes)["reasons"]]


def away(*_, **__):
    raise StoreUnavailable("connection to server at db.internal failed")


# -- alive, ready --------------------------------------------------------------------------------------------------


def test_live_answers_also_without_a_database(desk, monkeypatch):
    monkeypatch.setattr(desk.mailbox.store, "reading", away)
    answer = desk.client().get("/health/live")
    assert (answer.status_code, answer.json) == (200, {"status": "live"})


def test_a_web_process_that_can_store_webhooks_is_ready_whatever_workers_and_backlog_do(desk):
    desk.mailbox.deliver([a_delivery()])
    desk.clock.advance(timedelta(hours=1))
    assert ready(desk) == (200, {"database": True, "schema": True})


def test_a_process_with_a_worker_is_not_ready_before_its_worker_completed_a_cycle(desk):
    beat(desk.mailbox.store, "another")
    assert ready(desk, worker="mine") == (503, {"database": True, "schema": True, "worker": False})


@pytest.mark.parametrize(("seconds", "expected"), [(60, 200), (61, 503)])
def test_it_is_not_ready_once_its_worker_has_not_cycled_for_a_minute(desk, seconds, expected):
    beat(desk.mailbox.store, "mine")
    desk.clock.advance(timedelta(seconds=seconds))
    beat(desk.mailbox.store, "another")
    assert ready(desk, worker="mine")[0] == expected


def test_not_ready_without_the_database_or_its_schema(desk, monkeypatch):
    monkeypatch.setattr(desk.mailbox.store, "schema_state", lambda: SchemaState.NEWER)
    assert ready(desk) == (503, {"database": True, "schema": False})
    monkeypatch.setattr(desk.mailbox.store, "now", away)
    assert ready(desk) == (503, {"database": False})


# -- the whole service ---------------------------------------------------------------------------------------------


def test_good_while_a_worker_cycles_and_nothing_waits(working):
    Connections(working.mailbox.store).note_signs("psa", timedelta(seconds=5), 3, 1)
    working.mailbox.schedule("psa", "1", working.clock.now() + timedelta(hours=5))
    working.mailbox.schedule("psa", "@webhooks", working.clock.now() + MINUTE)
    found = status(working)
    assert (found["status"], found["reasons"], found["last_cycle_seconds"]) == ("good", [], 0.0)
    assert found["connections"] == {
        "psa": {
            "last_good_call_at": (working.clock.now() - timedelta(seconds=5)).isoformat(),
            "failing_since": None,
            "why": None,
            "last_good_poll_seconds": 0.0,
            "webhook_registration": "is there and active",
            "told_by_webhook": 3,
            "found_by_poll": 1,
            "past_deadline": 0,
            "latest_by_seconds": 0.0,
            "dead_letters": 0,
            "adoption_waiting": 0,
            "brake_waiting": 0,
        }
    }


def test_without_any_worker_ever_it_is_degraded(desk):
    assert codes(desk) == ["no_worker_cycle", "never_started"]


@pytest.mark.parametrize(("seconds", "expected"), [(60, []), (61, ["no_worker_cycle"])])
def test_degraded_once_no_worker_has_cycled_for_a_minute(working, seconds, expected):
    working.clock.advance(timedelta(seconds=seconds))
    assert codes(working) == expected


def test_a_worker_whose_clock_runs_ahead_is_not_silent(working, monkeypatch):
    before = working.clock.now()
    working.clock.advance(timedelta(seconds=30))
    beat(working.mailbox.store, "ahead")
    monkeypatch.setattr(working.mailbox.store, "now", lambda conn=None: before)
    assert codes(working) == []


@pytest.mark.parametrize("kind", [one for one in TroubleKind if one is not TroubleKind.CONNECTION_DOWN])
def test_every_trouble_is_a_reason_with_its_cause_and_without_its_detail(working, kind):
    Troubles(working.mailbox.store).meet("psa", kind, "4711", "the right to write notes is missing", {"ticket": "4711"})
    found = status(working)
    (reason,) = found["reasons"]
    assert reason == {
        "code": kind.code,
        "connection": "psa",
        "message": "the right to write notes is missing",
        "since": working.clock.now().isoformat(),
        "runbook": f"docs/runbook.md#{kind.code}",
    }
    assert "4711" not in str(found)


@pytest.mark.parametrize(("seconds", "expected"), [(29, []), (30, ["connection_down"])])
def test_a_connection_that_has_been_down_for_a_while_is_a_reason_and_its_late_poll_is_no_other(
    working, seconds, expected
):
    troubles = Troubles(working.mailbox.store)
    working.clock.advance(timedelta(hours=1))
    go_on(working, polls=False)
    troubles.meet("psa", TroubleKind.CONNECTION_DOWN, "", "the credentials are refused")
    working.clock.advance(timedelta(seconds=seconds))
    found = status(working)
    assert [one["code"] for one in found["reasons"] if one["code"] != "poll_late"] == expected
    if expected:
        one = found["connections"]["psa"]
        assert (one["why"], one["last_good_poll_seconds"]) == ("the credentials are refused", 3630.0)
        assert len(found["reasons"]) == 1


@pytest.mark.parametrize(("seconds", "expected"), [(180, []), (181, ["poll_late"])])
def test_a_poll_that_is_two_minutes_late_is_a_reason(working, seconds, expected):
    working.clock.advance(timedelta(seconds=seconds))
    go_on(working, polls=False)
    assert codes(working) == expected
    assert codes(working, poll_every=timedelta(hours=1)) == []


def test_tickets_past_their_deadline_are_counted_with_the_latest(working):
    due_at = working.clock.now() + MINUTE
    for ticket in ("1", "2"):
        working.mailbox.finish([all_done(a_held_ticket(working.mailbox, ticket), due_at, due_at=due_at)])
    working.clock.advance(timedelta(seconds=120))
    go_on(working)
    assert codes(working) == []
    working.clock.advance(timedelta(seconds=70))
    go_on(working)
    (reason,) = status(working)["reasons"]
    assert (reason["code"], reason["message"]) == (
        "past_deadline",
        "2 tickets are past the deadline, the latest by 2 min",
    )


@pytest.mark.parametrize(("seconds", "expected"), [(300, []), (301, ["backlog"])])
def test_what_waits_for_longer_than_five_minutes_is_a_reason(working, seconds, expected):
    working.mailbox.deliver([a_delivery()])
    working.clock.advance(timedelta(seconds=seconds))
    go_on(working)
    assert codes(working) == expected


def test_dead_letters_are_a_reason(working):
    working.mailbox.finish([Failed(a_held_ticket(working.mailbox), "secret of 4711", None)])
    (reason,) = status(working)["reasons"]
    assert (reason["code"], reason["message"]) == (
        "dead_letters",
        "1 given up on; `escalator dead-letters list` has them",
    )


@pytest.mark.parametrize(
    ("row", "seconds", "expected"),
    [
        ("@survey", 120, []),
        ("@survey", 121, ["chore_failed"]),
        ("@webhooks", 121, ["chore_failed"]),
        ("@notify:t1", 300, []),
        ("@notify:t1", 301, ["messages_not_taken"]),
        ("@key:forged", 3600, []),
    ],
)
def test_a_chore_that_fails_and_a_target_that_takes_nothing_are_reasons(working, row, seconds, expected):
    later = working.clock.now() + timedelta(days=1)
    working.mailbox.finish([Failed(a_held_ticket(working.mailbox, row), "secret of 4711", later)])
    working.clock.advance(timedelta(seconds=seconds))
    go_on(working)
    found = status(working)
    assert [reason["code"] for reason in found["reasons"]] == expected
    assert "4711" not in str(found)


def test_a_chore_of_which_a_trouble_tells_is_told_once(working):
    later = working.clock.now() + timedelta(days=1)
    working.mailbox.finish([Failed(a_held_ticket(working.mailbox, "@survey"), "no", later)])
    Troubles(working.mailbox.store).meet("psa", TroubleKind.CHORE_FAILED, "@survey", "a board is missing")
    working.clock.advance(timedelta(minutes=3))
    go_on(working)
    assert [reason["message"] for reason in status(working)["reasons"]] == ["a board is missing"]


def test_what_cannot_be_read_is_never_fine(working, monkeypatch):
    monkeypatch.setattr(working.mailbox, "standing", away)
    found = status(working)
    assert [reason["code"] for reason in found["reasons"]] == ["not_known"]
    assert found["connections"]["psa"]["past_deadline"] == "unknown"
    monkeypatch.setattr(working.mailbox.store, "schema_state", lambda: SchemaState.OLD)
    assert codes(working) == ["schema_not_current"]
    monkeypatch.setattr(working.mailbox.store, "now", away)
    found = status(working)
    assert [reason["code"] for reason in found["reasons"]] == ["database_unavailable"]
    assert (found["at"], found["last_cycle_seconds"]) == ("unknown", "unknown")
    assert "db.internal" not in str(found) + working.client().get("/health/ready").text


def test_many_who_ask_within_a_second_cost_one_look(working):
    client = working.client()
    assert client.get("/health/status").status_code == 200
    working.clock.advance(timedelta(minutes=5))
    assert client.get("/health/status").status_code == 200
    working.later(1.0)
    assert client.get("/health/status").status_code == 503


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=119), "119 s"),
        (timedelta(seconds=120), "2 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(hours=3, minutes=5), "3 h 5 min"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=2, hours=3), "2 d 3 h"),
    ],
)
def test_a_length_is_said_as_people_say_it(length, text):
    assert length_text(length) == text
