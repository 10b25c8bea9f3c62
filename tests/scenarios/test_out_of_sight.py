"""A board, team or queue that vanishes takes no ticket with it: none ends silently, people are told, and all go on.

On every simulated system, with moved time.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.demo.stage import Simulation
from connector.errors import UnknownName
from connector.model import Place
from connector.store.troubles import TroubleKind, Troubles
from tests.builders import at, minutes
from tests.scenarios.test_outages import (
    attempts,
    down,
    escalated,
    failures,
    running,
    tickets_due_from,
    told,
    vanished,
)

__all__ = ["running"]


def elsewhere(running: Simulation) -> None:
    """A ticket of another tier, which can be read whatever becomes of the others."""
    running.desk.open_ticket("Elsewhere", tier=2, owner="tom")
    running.settle()


def kinds(running: Simulation) -> list[TroubleKind]:
    return [one.kind for one in Troubles(running.store).all()]


def rows(running: Simulation) -> set[str]:
    return {row.ticket for row in running.mailbox.list_tickets() if not row.ticket.startswith("@")}


def test_tickets_of_a_place_that_the_account_has_lost_stay_are_told_once_and_go_on(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 5, timedelta(seconds=20))
    elsewhere(running)
    running.run_until(at("09:20"))
    come_back = vanished(running, tickets)
    running.run_until(at("10:20"))
    assert set(tickets) <= rows(running)
    assert failures(running) == []
    assert not down(running)
    assert kinds(running) == [TroubleKind.OUT_OF_SIGHT]
    (alarm,) = told(running).alarms
    assert "can be read any more" in alarm
    assert "docs/runbook.md#tickets_out_of_sight" in told(running).messages[-1][2]
    (trouble,) = Troubles(running.store).all()
    assert not any(ticket in trouble.cause for ticket in tickets)
    come_back()
    running.run_until(at("10:30"))
    assert set(tickets) <= {one for one, _ in escalated(running)}
    assert kinds(running) == []
    assert len(told(running).alarms) == 2
    assert attempts(running) == {0}


def test_three_days_out_of_sight_park_nothing(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 4, timedelta(seconds=20))
    elsewhere(running)
    running.run_until(at("09:20"))
    come_back = vanished(running, tickets)
    running.run_until(at("09:50"))
    for hour in range(1, 73, 4):
        running.clock.move_to(at("10:00") + timedelta(hours=hour))
        running.run_until(at("10:06") + timedelta(hours=hour))
    assert running.mailbox.dead_letters() == []
    come_back()
    back = running.clock.now()
    running.run_until(back + minutes(10))
    assert set(tickets) <= {one for one, _ in escalated(running)}
    assert running.mailbox.dead_letters() == []


@pytest.mark.usual_rounds
def test_a_ticket_whose_home_does_not_resolve_any_more_is_not_taken_for_deleted(running: Simulation) -> None:
    (ticket,) = tickets_due_from(running, at("09:01"), 1, minutes(1))
    elsewhere(running)
    directory = running.connected.connection.system.directory
    place = str(running.connected.homes.current().places[1])
    locate = directory.locate

    def without(home: str) -> Place:
        found = locate(home)
        if str(found) == place:
            raise UnknownName("place", home)
        return found

    directory.locate = without  # type: ignore[method-assign]
    come_back = vanished(running, [ticket])
    running.run_until(at("10:00"))
    assert ticket in rows(running)
    assert kinds(running) == [TroubleKind.HOME_UNRESOLVED]
    assert len(told(running).alarms) == 1
    directory.locate = locate  # type: ignore[method-assign]
    come_back()
    running.run_until(at("10:15"))
    assert ticket in {one for one, _ in escalated(running)}
    assert kinds(running) == []


def test_one_or_two_that_were_deleted_and_were_all_of_their_place_end_quietly(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 2, minutes(1))
    elsewhere(running)
    for ticket in tickets:
        running.desk.delete(ticket)
    running.run_until(at("10:10"))
    assert not set(tickets) & rows(running)
    assert told(running).alarms == []
    assert kinds(running) == []


def test_tickets_that_were_deleted_in_one_go_end_once_another_can_be_read_there(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 4, timedelta(seconds=20))
    elsewhere(running)
    running.run_until(at("09:20"))
    vanished(running, tickets)
    running.run_until(at("10:00"))
    assert kinds(running) == [TroubleKind.OUT_OF_SIGHT]
    running.desk.open_ticket("A new one", owner="tess")
    running.run_until(at("10:10"))
    assert kinds(running) == []
    assert not set(tickets) & rows(running)
