"""A desk whose connector keeps a pace: brought up anew in another mode or with another pace, alone or two at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector.app.connect import connect, worker_of
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, default_desk, monotonic_of
from connector.model import TicketId
from connector.policy.policy import Policy
from connector.store import audit
from connector.systems.contract import Connection
from connector.turn.turn import TurnSettings
from connector.worker.worker import Worker
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.test_outages import Told


class KeepsPace:
    """One simulated desk on one database, and the connector's workers there. ``settings``: those of the next start."""

    def __init__(self, running: Simulation, settings: TurnSettings) -> None:
        self.running = running
        self.settings = settings
        self.workers: list[Worker] = [running.worker]

    @property
    def told(self) -> Told:
        """Who is told of what needs a person."""
        found = self.running.connected.chores.messages.notifier
        assert isinstance(found, Told)
        return found

    def restart(self, count: int = 1, policy: Policy | None = None, **changes: Any) -> None:
        """End the workers and start so many anew, each as a process of its own."""
        self.settings = replace(self.settings, **changes)
        first = self.running.connected
        policy = policy or first.turns.reader.policies.present
        made = [
            connect(
                Connection(first.connection.id, first.connection.system),
                self.running.store,
                policy,
                self.settings,
                first.chores.settings.poll_every,
                keeps_webhooks=True,
                jitter=first.turns.failures.jitter,
                notifier=first.chores.messages.notifier,
            )
            for _ in range(count)
        ]
        self.running.connected = made[0]
        clock = monotonic_of(self.running.clock)
        named = [replace(self.running.worker.settings, name=f"worker {n}") for n in range(count)]
        self.workers = [
            worker_of(self.running.store, [one], name, monotonic=clock) for one, name in zip(made, named, strict=True)
        ]
        self.running.worker = self.workers[0]

    def settle(self) -> None:
        """Let everything happen that happens now, by all workers in turn."""
        while True:
            delivered = sum(desk.deliver() for desk in self.running.desks)
            if not delivered and not sum(worker.run_until_idle() for worker in self.workers):
                return

    def run_until(self, moment: datetime) -> None:
        """Move the time on, stopping wherever a worker wants to be woken."""
        self.settle()
        clock = self.running.clock
        while (wake_at := self.workers[0].next_wake()) is not None and wake_at <= moment:
            clock.move_to(max(wake_at, clock.now()))
            self.settle()
        clock.move_to(max(moment, clock.now()))
        self.settle()

    def went_up(self) -> list[tuple[TicketId, datetime]]:
        """Which tickets went up, and when, in the order in which they did."""
        rows = [row for row in audit.events(self.running.store) if row.event in ("escalated", "final escalation")]
        return [(TicketId(row.ticket), row.at) for row in rows]

    def left_first_tier(self) -> list[tuple[TicketId, datetime]]:
        """The same of each ticket's first escalation alone."""
        first = dict(reversed(self.went_up()))
        return sorted(first.items(), key=lambda row: row[1])

    def open_tickets(self, count: int, **given: Any) -> list[TicketId]:
        """Tickets that Tess holds, a second between each and the next."""
        found = []
        for n in range(count):
            found.append(self.running.desk.open_ticket(f"Nobody can print on floor {n}", **{"owner": "tess", **given}))
            self.running.clock.advance(timedelta(seconds=1))
        return found


def keeps_pace(
    open_stage: Callable[..., Simulation], url: str, settings: TurnSettings, policy: Policy | None = None, **given: Any
) -> KeepsPace:
    """A desk at nine o'clock, its connector with these settings; it polls each five minutes unless told otherwise."""
    clock = VirtualClock(given.pop("start", at("08:55")))
    running = open_stage(
        policy or scenario_policy(),
        url,
        start=clock.now(),
        desks=[default_desk(clock)],
        clock=clock,
        notifier=Told(clock),
        modes=settings.modes,
        adopt_per_hour=settings.adopt_per_hour,
        escalations_per_hour=settings.escalations_per_hour,
        attempts=1,
        **{"poll_every": minutes(5), **given},
    )
    return KeepsPace(running, settings)


def most_within(moments: Sequence[datetime], length: timedelta) -> int:
    """The most that lie within any stretch of that length."""
    return max((sum(one <= other < one + length for other in moments) for one in moments), default=0)
