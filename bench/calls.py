"""Calls to each ticket system for an evaluated change and for an escalation, and what they are of its budget.

The whole connector runs on each registered system's simulator with moved time, webhooks included: what our own writes
cause is paid for, too. The reference point is the budget that the adapter allows itself, measured by using it up. A
busy hour is twenty technicians who touch a ticket every five minutes, and ten escalations.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import Lane, StatusGroup, TicketId
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import TicketSystem
from connector.systems.desk import Desk
from tests.builders import a_policy

START = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
TICKETS = 20
MOST = {"connectwise": 5, "halopsa": 6, "rt": 11}
"""The most calls of an escalation with its echoes."""

CHANGES_AN_HOUR, ESCALATIONS_AN_HOUR = 240, 10
OFF_THE_POLL = timedelta(seconds=20)
"""Polls come at whole minutes: what is measured happens beside them."""
LIMIT = timedelta(minutes=30)
LONGEST_RECOVERY = 3600
SECOND = timedelta(seconds=1)


@contextmanager
def watched(name: str, clock: VirtualClock) -> Iterator[Simulation]:
    """The connector on that system, after a first escalation: every name is looked up."""
    desk = ticket_systems()[name].simulated(clock)
    with (
        tempfile.TemporaryDirectory() as folder,
        stage(
            START, at_desks(a_policy(), [desk]), f"sqlite:///{Path(folder) / 'b.db'}", desks=[desk], clock=clock
        ) as on,
    ):
        first = opened(desk, 1)
        on.run_until(START + LIMIT)
        desk.set_status(first[0], "sam", StatusGroup.RESOLVED)
        on.settle()
        yield on


def opened(desk: Desk, count: int) -> list[TicketId]:
    """New tickets of the first tier whose clocks run."""
    return [desk.open_ticket("VPN client cannot connect", owner="tess") for _ in range(count)]


def costs(on: Simulation) -> tuple[float, float, float, float]:
    """Calls for each change, for each escalation, for the look that the next poll asks for, and in an idle hour."""
    desk, system = on.desk, on.system
    on.run_until(on.clock.now() + OFF_THE_POLL)
    # Another goes up right before: what is looked up of names once in ten minutes, for all, is known.
    opened(desk, 1)
    on.run_until(on.clock.now() + 5 * SECOND)
    began = on.clock.now()
    tickets = opened(desk, TICKETS)
    on.settle()
    before = system.line.calls
    for ticket in tickets:
        desk.note(ticket, "tess", "Restarted the agent, no change.")
    on.settle()
    changes = system.line.calls - before
    on.run_until(began + LIMIT - SECOND)
    before = system.line.calls
    on.run_until(began + LIMIT)
    escalations = system.line.calls - before
    before = system.line.calls
    on.run_until(began + LIMIT + timedelta(minutes=1))
    looks = system.line.calls - before
    for ticket in tickets:
        if desk.ticket(ticket).tier != 2:
            raise RuntimeError(f"{desk.system}: a ticket did not escalate")
        desk.set_status(ticket, "sam", StatusGroup.RESOLVED)
    on.settle()
    before = system.line.calls
    on.run_until(on.clock.now() + timedelta(hours=1))
    return changes / TICKETS, escalations / TICKETS, looks / TICKETS, system.line.calls - before


def budget_an_hour(on: Simulation) -> float | None:
    """What a connection may call in an hour: used up, and timed until it is whole again. None without a limit."""
    entry, desk = ticket_systems()[on.desk.system], on.desk
    system: TicketSystem = entry.connect(
        entry.settings_from(desk.variables()),
        list(desk.homes),
        SigningKeyStore(on.store, desk.system),
        on.clock,
        monotonic=lambda: on.clock.now().timestamp(),
    )
    try:
        if system.line.budget is None:
            return None
        whole = _left(system)
        ticket = opened(desk, 1)[0]
        while _left(system) > whole / 20:
            system.tickets.read(ticket)
        used = whole - _left(system)
        for seconds in range(1, LONGEST_RECOVERY):
            on.clock.advance(SECOND)
            if _left(system) >= whole:
                return used / seconds * 3600
    finally:
        system.line.close()
    raise RuntimeError(f"{desk.system}: the budget does not recover")


def _left(system: TicketSystem) -> int:
    return (system.line.budget or {})[Lane.URGENT]


def results() -> list[dict[str, object]]:
    """Every system's figures beside its budget."""
    rows: list[dict[str, object]] = []
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name in ticket_systems():
        with watched(name, VirtualClock(START)) as on:
            change, escalation, look, idle = costs(on)
            budget = budget_an_hour(on)
        busy = idle + CHANGES_AN_HOUR * change + ESCALATIONS_AN_HOUR * (escalation + look)
        for what, calls in (
            ("each evaluated change, of the hour's budget", change),
            ("the look that the next poll asks for after an escalation", look),
            ("an idle hour, of its budget", idle),
        ):
            rows.append(_row(f"calls, {name}: {what}", calls, budget))
        most = MOST.get(name)
        told = _row(f"calls, {name}: an escalation with its echoes", escalation, budget)
        aim = {} if most is None else {"aim": f"ours <= {most}", "met": escalation <= most}
        rows.append({**told, **aim})
        share = _row(f"calls, {name}: a busy hour, of its budget", busy, budget)
        rows.append({**share, "aim": "ratio <= 0.5", "met": None if budget is None else busy / budget <= 0.5})
    return rows


def _row(name: str, calls: float, budget: float | None) -> dict[str, object]:
    ratio = None if budget is None else float(f"{calls / budget:.2g}")
    reference = None if budget is None else round(budget)
    return {"name": name, "ours": round(calls, 2), "reference": reference, "ratio": ratio}


if __name__ == "__main__":
    for row in results():
        print(row)
