"""Between two calls of one turn a minute may pass, where calls are used up or answers slow: who acts then counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connector.demo.stage import Simulation
from connector.model import TicketId
from connector.systems.desk import Urgency
from tests.builders import minutes
from tests.scenarios.test_calls import A_SECOND, a_ticket_worked_on, running_on, snapshot
from tests.scenarios.test_same_minute import said


def once(monkeypatch: pytest.MonkeyPatch, part: object, name: str, ticket: TicketId, act: Callable[[], None]) -> None:
    """Have somebody act right before the next call of that kind for a ticket is made."""
    real, acted = getattr(type(part), name), []

    def called(self: object, ticket_id: TicketId, *given: Any, **named: Any) -> Any:
        if ticket_id == ticket and not acted:
            acted.append(True)
            act()
        return real(self, ticket_id, *given, **named)

    monkeypatch.setattr(type(part), name, called)


def goes_up(running: Simulation) -> None:
    running.clock.advance(A_SECOND)
    running.worker.run_until_idle()
    running.settle()


def tells(running: Simulation) -> bool | None:
    found: bool | None = running.system.tickets._remembered._tells  # type: ignore[attr-defined]  # of these adapters
    return found


def test_a_person_who_takes_a_ticket_before_its_notes_are_read_keeps_it(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_on("halopsa", sqlite_url) as running:
        ticket = a_ticket_worked_on(running)
        running.simulator.faults.audit_log_missing = True
        running.system.tickets._remembered._tells = False  # type: ignore[attr-defined]  # the notes are read

        def taken() -> None:
            running.clock.advance(minutes(1))
            running.desk.move(ticket, "tess", 3, "irene")

        once(monkeypatch, running.system.tickets._notes, "actions", ticket, taken)  # type: ignore[attr-defined]
        goes_up(running)
        kept = running.desk.ticket(ticket)
        assert (kept.tier, kept.owner) == (3, "irene")


def test_who_goes_and_comes_back_while_the_note_waits_for_its_call_is_seen(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_on("connectwise", sqlite_url) as running:
        ticket = a_ticket_worked_on(running)

        def there_and_back() -> None:
            running.desk.move(ticket, "tess", 3, "irene")
            running.clock.advance(minutes(1))
            running.desk.move(ticket, "sam", 1, "tess")
            running.clock.advance(A_SECOND)

        once(monkeypatch, running.system.tickets._notes, "write", ticket, there_and_back)  # type: ignore[attr-defined]
        goes_up(running)
        assert running.desk.ticket(ticket).tier == 1
        assert "Sam Senior moved it there" in said(running, ticket)[1]


def test_a_command_that_is_answered_in_its_very_second_proves_nothing_against_tickets(sqlite_url: str) -> None:
    with running_on("connectwise", sqlite_url) as running:
        assert tells(running)
        ticket = running.desk.open_ticket("VPN", owner="tess")
        running.run_until(running.clock.now() + minutes(1))
        running.desk.note(ticket, "tess", "/escalate urgency the whole branch stands still")
        running.settle()
        assert (running.desk.ticket(ticket).tier, tells(running)) == (2, True)


@pytest.mark.parametrize("system", ["connectwise", "halopsa"])
def test_what_somebody_does_between_two_calls_of_a_look_is_looked_at_within_minutes(
    system: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_on(system, sqlite_url) as running:
        ticket = running.desk.open_ticket("VPN", owner="tess")
        running.run_until(running.clock.now() + minutes(5))
        running.desk.note(ticket, "tess", "No change after a restart.")
        tickets = running.system.tickets
        read_at: list[Any] = []

        def edited() -> None:
            running.desk.lose_webhooks(lost=True)
            running.desk.assign(ticket, "tess", "tom")
            running.desk.set_urgency(ticket, "tess", Urgency.LOW)
            running.desk.lose_webhooks(lost=False)
            running.clock.advance(10 * A_SECOND)
            read_at.append(running.clock.now())

        name = {"connectwise": "entries", "halopsa": "actions"}[system]
        once(monkeypatch, tickets._notes, name, ticket, edited)  # type: ignore[attr-defined]  # of these adapters
        running.settle()
        running.run_until(read_at[0] + minutes(5))
        assert snapshot(running, ticket)["owner"].casefold().startswith("tom")


@pytest.mark.parametrize("system", ["connectwise", "halopsa", "rt"])
def test_an_echo_takes_no_wish_away(system: str, sqlite_url: str) -> None:
    with running_on(system, sqlite_url) as running:
        ticket = a_ticket_worked_on(running)
        running.clock.advance(A_SECOND)
        running.worker.run_until_idle()  # escalated; the echoes have not come yet
        before = snapshot(running, ticket)["read_at"]
        running.clock.advance(A_SECOND)
        running.mailbox.ring_all(system)
        running.clock.advance(A_SECOND)
        running.desk.deliver()
        running.worker.run_until_idle()
        assert snapshot(running, ticket)["read_at"] > before
