"""What is due is written within a minute whatever else goes on, and never more calls are made than are allowed.

On Halo, which allows few, with moved time. ``python -m bench lanes`` does the same with 2,000 tickets.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.model import StatusGroup
from connector.systems.desk import Urgency
from tests.builders import at
from tests.scenarios.flooded import CALLS, after_a_policy_edit, client_floods, escalated_at, refusals

SO_MANY = pytest.mark.parametrize(("waiting", "calls"), [(75, 120), pytest.param(250, CALLS, marks=pytest.mark.soak)])
"""To look at each takes two calls at least: more than are allowed before the next deadline."""

MINUTE = timedelta(minutes=1)
URGENT = "/escalate urgency the whole office cannot work"


@SO_MANY
@pytest.mark.variants("workers")
@pytest.mark.parametrize("workers", [1, 3])
def test_a_policy_edit_keeps_neither_a_deadline_nor_a_command_waiting(
    database_url: str, workers: int, waiting: int, calls: int
) -> None:
    with after_a_policy_edit(database_url, waiting, workers, calls) as running:
        running.run_until(at("08:56"))
        asked, due = (running.desk.open_ticket(f"Cannot print {n}", owner="tess") for n in range(2))
        running.run_until(at("09:00"))
        running.desk.note(asked, "tess", URGENT)
        running.run_until(at("09:26"))
        asked_late = running.desk.open_ticket("The server is down", owner="tess")
        running.run_until(at("09:28"))
        running.desk.note(asked_late, "tess", URGENT)
        running.run_until(at("09:32"))
        written = [escalated_at(running, ticket) for ticket in (asked, asked_late, due)]
        wanted = [at("09:00"), at("09:28"), at("09:26")]
        assert [w is not None and w - d <= MINUTE for w, d in zip(written, wanted, strict=True)] == [True] * 3, written
        assert refusals(running) == []
        assert len(running.simulator.calls) > 2 * waiting, "there were enough of them to keep others waiting"


def test_a_client_who_writes_twice_a_second_takes_a_share_and_no_more(sqlite_url: str) -> None:
    with after_a_policy_edit(sqlite_url, 20) as running:
        noisy, due = (running.desk.open_ticket(f"Cannot print {n}", owner="tess") for n in range(2))
        running.run_until(at("09:27"))
        before = len(running.simulator.calls)
        client_floods(running, noisy, at("09:29"))
        assert len(running.simulator.calls) - before < CALLS / 4
        asked = running.desk.open_ticket("The server is down", owner="tess")
        running.desk.note(asked, "tess", URGENT)
        client_floods(running, noisy, at("09:31"))
        for ticket, wanted in ((asked, at("09:29")), (due, at("09:30")), (noisy, at("09:30"))):
            written = escalated_at(running, ticket)
            assert written is not None
            assert written - wanted <= MINUTE
        assert refusals(running) == []


@SO_MANY
def test_a_bulk_edit_of_many_keeps_neither_a_deadline_nor_a_command_waiting(
    sqlite_url: str, waiting: int, calls: int
) -> None:
    with after_a_policy_edit(sqlite_url, 0, calls=calls) as running:
        desk = running.desk
        edited = [desk.open_ticket(f"Waits for its client {n}", owner="tess") for n in range(waiting)]
        for ticket in edited:
            desk.set_status(ticket, "tess", StatusGroup.WAITING)
        running.run_until(at("10:00"))
        due = desk.open_ticket("Cannot print", owner="tess")
        running.run_until(at("10:20"))
        asked = desk.open_ticket("The server is down", owner="tess")
        running.run_until(at("10:29"))
        for ticket in edited:
            desk.set_urgency(ticket, "tess", Urgency.LOW)
        running.run_until(at("10:30"))
        desk.note(asked, "tess", URGENT)
        running.run_until(at("10:34"))
        written = [escalated_at(running, ticket) for ticket in (asked, due)]
        assert [moment is not None and moment - at("10:30") <= MINUTE for moment in written] == [True] * 2, written
        assert refusals(running) == []
