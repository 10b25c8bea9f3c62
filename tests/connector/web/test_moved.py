"""A web process that still runs while its file is moved to another database: it stores nothing there any more."""

from __future__ import annotations

from datetime import timedelta

from structlog.testing import capture_logs

from connector.store.database import moved
from connector.store.database.moved import Relocation
from connector.store.relocation import copying
from tests.connector.web.test_webhooks import assert_problem, claimed, post

PLACE = "postgresql://escalator@db/escalator"


def leave(desk) -> None:
    with desk.mailbox.store.writing() as conn:
        moved.leave(conn, Relocation("token", PLACE, desk.clock.now()))


def test_webhooks_are_503_with_retry_after_from_the_mark_on_and_that_is_said_once(desk):
    client = desk.client()
    assert post(client, {"tickets": [1]}).status_code == 202
    leave(desk)
    with capture_logs() as lines:
        for number in range(3):
            answer = post(client, {"tickets": [10 + number]})
            assert_problem(answer, 503, "not_stored")
            assert answer.headers["Retry-After"] == "30"
            with desk.mailbox.store.reading():
                desk.later(10)
    told = [line for line in lines if line["event"].startswith("database")]
    assert [line["event"] for line in told] == ["database moved"]
    assert PLACE in told[0]["error"]
    copying.reopen(desk.mailbox.store)
    assert post(client, {"tickets": [20]}).status_code == 202
    assert [claim.ticket for claim in claimed(desk)] == ["1", "20"]


def test_it_is_not_ready_and_the_service_is_degraded_then(desk):
    client = desk.client()
    leave(desk)
    desk.clock.advance(timedelta(seconds=2))
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json["checks"]["schema"]) == (503, {"holds": False, "message": "is moved"})
    status = client.get("/health/status")
    assert status.status_code == 503
    assert [one["message"] for one in status.json["reasons"]] == ["the database's schema is moved"]
