"""A desk with a past, and few calls to read it with: for scenarios and for the benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import StatusGroup
from connector.past.file import PastFile
from connector.systems.catalogue import ticket_systems
from tests.builders import at
from tests.scenarios.backtested import collector_of
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.flooded import PATIENCE, escalated_at, refusals

SINCE = at("00:00")
FEW, MANY, WINDOW = 120, 1_200, 300.0
"""Calls in five minutes: few, so that sixty tickets take their time; many, for thousands."""


@contextmanager
def with_a_past(system: str, url: str, tickets: int, **limit: object) -> Iterator[Simulation]:
    """A desk at half past eight with so many tickets of the hour before, all resolved; so few calls are allowed."""
    clock = VirtualClock(at("07:30"))
    desk = ticket_systems()[system].simulated(clock)
    with desk.serve():
        for n in range(tickets):
            ticket = desk.open_ticket(f"Was solved {n}", owner="tess")
            desk.note(ticket, "tess", "Plan: restart the spooler")
            desk.set_status(ticket, "tess", StatusGroup.RESOLVED)
        clock.move_to(at("08:30"))
        policy = at_desks(scenario_policy(), [desk])
        with stage(clock.now(), policy, url, desks=[desk], clock=clock, are_served=True, **limit) as running:
            running.run_until(at("08:31"))
            yield running


def late_while_reading(system: str, folder: Path, tickets: int) -> float:
    """Seconds by which an escalation was late at worst that fell due while so many past tickets were read.

    The desk refuses more calls than are allowed; that none was is asserted.
    """
    limit = FEW if tickets < MANY else MANY
    few = {"calls_per_window": limit, "window_seconds": WINDOW, **PATIENCE}
    with with_a_past(system, f"sqlite:///{folder / 'past.db'}", tickets, **few) as running:
        running.simulator.faults.rolling_limit(limit, WINDOW)
        due: list[tuple] = []

        def opened() -> None:
            due.append((running.desk.open_ticket("Cannot print", owner="tess"), running.clock.now()))

        def sleep(seconds: float) -> None:
            """Time goes by, and every quarter of an hour there is a ticket that nobody plans."""
            running.run_until(running.clock.now() + timedelta(seconds=seconds))
            if running.clock.now() - due[-1][1] >= timedelta(minutes=15):
                opened()

        opened()
        running.run_until(at("08:58"))
        running.simulator.forget_calls()
        kept = PastFile(folder / "past.jsonl")
        *_, last = collector_of(running, sleep).collect(SINCE, kept)
        assert running.clock.now() > at("09:02"), "it took long enough to be in the way"
        assert last.failed == {}
        assert last.read >= tickets
        assert refusals(running) == []
        late = [
            (written - opened_at).total_seconds() - 1800
            for ticket, opened_at in due
            if (written := escalated_at(running, ticket)) is not None
        ]
        until = min(running.clock.now(), at("17:00"))  # what is open at night is due in the morning
        overdue = [at_ for _, at_ in due if until - at_ > timedelta(minutes=31)]
        assert len(late) >= len(overdue) > 0
        return max(late)
