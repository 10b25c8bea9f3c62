"""Escalations and alarms reach the configured people once, through the outbox, and delay no ticket."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.demo.stage import Simulation
from connector.errors import Temporary
from connector.policy.policy import FinalEscalation
from connector.worker.notifier import Notifier
from tests.builders import NINE, a_tier, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, where


class Recorder(Notifier):
    """Targets that remember what they were sent, or are down."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.sent: list[tuple[int, str, str]] = []
        self.down: set[int] = set()
        self._count = count

    @property
    def count(self) -> int:
        return self._count

    def send(self, number: int, title: str, text: str) -> None:
        if number in self.down:
            raise Temporary("down")
        self.sent.append((number, title, text))


@pytest.mark.process("tell-people")
def test_each_target_is_told_of_an_escalation_once(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(2)
    desk = open_stage(notifier=notifier)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(NINE + minutes(31))
    assert sorted(notifier.sent) == [
        (
            n,
            f"Ticket {ticket}: ESCALATED to Tier 3 / Service Desk Manager: no diagnosis plan within 30 working minutes "
            "at First Touch (T1/2).",
            "Asked of you: a plan by 10:00 (UTC), “Plan: …” in a note, then the fix within 60 minutes of it. "
            "Nobody owns this ticket: Tier 3 / Service Desk Manager, please take it.\n"
            "“VPN client cannot connect”, Acme Corp. It was with First Touch (T1/2).\n"
            f"{notifier.sent[0][2].split()[-1]}",
        )
        for n in range(2)
    ]
    assert str(ticket) in notifier.sent[0][2].splitlines()[-1]


def test_a_target_that_is_down_delays_no_ticket_and_no_other_target(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(2)
    notifier.down = {0}
    desk = open_stage(notifier=notifier)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(NINE + minutes(40))
    assert where(desk, ticket)[0] == "Tier 3"
    assert [number for number, _, _ in notifier.sent] == [1]
    notifier.down.clear()
    desk.run_until(NINE + minutes(50))
    assert [number for number, _, _ in notifier.sent] == [1, 0]


def test_a_message_that_cannot_be_sent_for_a_day_is_given_up_and_said_so(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(1)
    notifier.down = {0}
    desk = open_stage(scenario_policy(), notifier=notifier, poll_every=minutes(60))
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(NINE + minutes(31))
    desk.simulator.resolve(ticket)
    desk.run_until(NINE + minutes(25 * 60))
    assert notifier.sent == []
    assert len(our_notes(desk, ticket)) == 1
    (given_up,) = [row for row in events(desk, "@notify:0") if row.event == "message given up"]  # type: ignore[arg-type]
    assert given_up.detail["target"] == 1


@pytest.mark.process("tell-people", "final-people")
def test_the_final_escalation_tells_who_is_called_and_which_role_is_missing(
    open_stage: Callable[..., Simulation],
) -> None:
    notifier = Recorder(1)
    final = FinalEscalation(sr_it_manager="irene", service_desk_manager="maria", reminders=0)
    desk = open_stage(scenario_policy(tiers=(a_tier(1),), final=final), notifier=notifier)
    desk.run_until(NINE)
    a_ticket_on(desk)
    desk.run_until(NINE + minutes(31))
    ((_, title, text),) = notifier.sent
    assert title.endswith(
        "Irene Systems and Maria Desk: make a new plan together. Nobody is configured as Account Manager."
    )
    assert "Owed now: “New plan: …” in an internal note, and word to Connie Client.\n" in text
