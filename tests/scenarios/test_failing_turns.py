"""A ticket whose turns fail by itself, while all others work: nobody watches it, and within minutes somebody knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from connector.demo.stage import Simulation
from connector.turn.turn import TicketTurn
from connector.web.reasons import Concern, Inspector
from tests.builders import at
from tests.scenarios.test_outages import started, told


@pytest.fixture
def running(database_url: str) -> Iterator[Simulation]:
    with ExitStack() as stack:
        yield started(stack, "connectwise", database_url)


def reasons(running: Simulation) -> list[Concern]:
    return list(Inspector(running.mailbox, list(running.connections), timedelta(seconds=60)).look().reasons)


def alarms(running: Simulation) -> list[str]:
    return [text for _, title, text in told(running).messages if "cannot be worked on" in title]


def test_a_ticket_that_cannot_be_read_from_its_first_sight_on_is_told_within_minutes(running: Simulation) -> None:
    running.desk.open_ticket("Nobody can print", owner="tess")
    running.settle()
    unread = running.desk.open_ticket("Nobody can scan", owner="tess")
    running.simulator.faults.fail_next(None, 500, path=f"tickets/{unread}")
    running.run_until(at("09:04"))
    assert reasons(running) == []
    running.run_until(at("09:07"))
    (reason,) = reasons(running)
    assert (reason.code, reason.connection) == ("turns_failing", "connectwise")
    assert reason.message.startswith("turns of 1 ticket have failed for up to")
    assert str(unread) not in reason.message
    running.run_until(at("09:22"))
    (alarm,) = alarms(running)
    assert "docs/runbook.md#turns_failing" in alarm
    assert any(str(unread) in title for _, title, _ in told(running).messages)
    running.run_until(at("11:00"))
    assert len(alarms(running)) == 1
    running.simulator.faults.reset()
    running.run_until(at("11:15"))
    assert reasons(running) == []
    assert running.desk.ticket(unread).tier == 2


def test_a_ticket_whose_turn_crashes_is_told_by_name_in_an_alarm(
    running: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = running.desk.open_ticket("Nobody can scan", owner="tess")
    take = TicketTurn.take

    def crashing(self: TicketTurn, claim):  # type: ignore[no-untyped-def]
        if claim.ticket == odd:
            raise KeyError("odd")
        return take(self, claim)

    monkeypatch.setattr(TicketTurn, "take", crashing)
    running.run_until(at("09:15"))
    assert [one.code for one in reasons(running)] == ["turns_failing"]
    (alarm,) = alarms(running)
    assert "unexpected KeyError" in alarm


@pytest.mark.taken_on("sqlite")
@pytest.mark.parametrize("count", [3, pytest.param(8, marks=pytest.mark.soak)])
def test_where_notes_of_all_tickets_fail_while_reads_work_people_are_told_once_and_all_go_up_after(
    running: Simulation, count: int
) -> None:
    tickets = [running.desk.open_ticket(f"Nobody can print on floor {n}", owner="tess") for n in range(count)]
    running.run_until(at("09:20"))
    method, path = running.simulator.faults.NOTES
    running.simulator.faults.fail_next(None, 500, method=method, path=path.pattern)
    running.run_until(at("10:30"))
    (title,) = [title for _, title, _ in told(running).messages]
    assert title == "connectwise: several tickets cannot be worked on, the first since 09:30 UTC"
    assert f"turns of {count} tickets" in next(one.message for one in reasons(running) if one.code == "turns_failing")
    running.simulator.faults.reset()
    running.run_until(at("10:45"))
    assert [running.desk.ticket(ticket).tier for ticket in tickets] == [2] * count
