"""A desk whose ticket system allows few calls, while very much happens there: for scenarios and for the benchmark."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from connector.app.connect import connect, worker_of
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, monotonic_of, stage
from connector.model import TicketId
from connector.policy.modes import ENFORCES
from connector.store import audit
from connector.store.budgets import StoredLedger
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import Connection
from connector.systems.desk import Urgency
from connector.turn.turn import TurnSettings
from connector.worker.worker import Worker, WorkerSettings
from tests.builders import at
from tests.scenarios.conftest import scenario_policy

CALLS, WINDOW = 240, 300.0
PATIENCE = {"longest_wait": 0.0, "longest_wait_of_lists": 0.0}
"""With moved time nobody can wait: who has no call is let go."""


class Shift:
    """Several workers as one: they take turns in taking turns."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self.workers = workers

    def run_until_idle(self) -> int:
        taken = 0
        while now := sum(worker.cycle() for worker in self.workers):
            taken += now
        return taken

    def next_wake(self) -> datetime | None:
        return min((moment for worker in self.workers if (moment := worker.next_wake())), default=None)


@contextmanager
def after_a_policy_edit(url: str, waiting: int, workers: int = 1, calls: int = CALLS) -> Iterator[Simulation]:
    """Five to nine, when so many tickets, whose limits are very long, are to be looked at for a policy that is new.

    Halo allows so many calls in any five minutes, and says no to more.
    """
    clock = VirtualClock(at("08:00"))
    desk = ticket_systems()["halopsa"].simulated(clock)
    policy = at_desks(scenario_policy(priority_factors={"low": 100.0}), [desk])
    with stage(clock.now(), policy, url, desks=[desk], clock=clock) as before:
        for n in range(waiting):
            desk.open_ticket(f"Has time {n}", owner="tess", urgency=Urgency.LOW)
        before.run_until(at("08:55"))
    edited = replace(policy, version=f"{policy.version}, edited")
    limit = {"calls_per_window": calls, "window_seconds": WINDOW, **PATIENCE}
    with ExitStack() as stack:
        running = stack.enter_context(stage(clock.now(), edited, url, desks=[desk], clock=clock, **limit))
        running.simulator.forget_calls()
        running.simulator.faults.rolling_limit(calls, WINDOW)
        others = [_another(running, stack, f"worker {n}", limit) for n in range(1, workers)]
        if others:
            running.worker = Shift([running.worker, *others])  # type: ignore[assignment]  # it is asked no more
        yield running


def _another(running: Simulation, stack: ExitStack, name: str, limit: dict[str, object]) -> Worker:
    """A worker with its own client, as in another process."""
    entry, first = ticket_systems()[running.desk.system], running.connected
    policy = first.turns.reader.policies.present
    id_ = first.connection.id
    system = entry.connect(
        entry.settings_from(running.desk.variables()),
        [tier.homes[id_] for tier in policy.tiers if id_ in tier.homes],
        SigningKeyStore(running.store, id_),
        running.clock,
        f"{running.url}/webhooks/{id_}",
        ledger=StoredLedger(running.store, id_),
        monotonic=monotonic_of(running.clock),
        sleep=lambda seconds: None,
        **limit,
    )
    stack.callback(system.line.close)
    connected = connect(
        Connection(id_, system),
        running.store,
        policy,
        TurnSettings(modes=ENFORCES),
        timedelta(seconds=60),
        keeps_webhooks=True,
        jitter=random.Random(2),  # spreads retries, guards nothing
    )
    settings = WorkerSettings(name, threads=4)
    return worker_of(running.store, [connected], settings, monotonic=monotonic_of(running.clock))


def client_floods(running: Simulation, ticket: TicketId, until: datetime) -> None:
    """Two mails a second."""
    n = 0
    while running.clock.now() < until:
        running.desk.client_writes(ticket, f"Any news? ({n})")
        running.run_until(running.clock.now() + timedelta(seconds=0.5))
        n += 1


def escalated_at(running: Simulation, ticket: TicketId) -> datetime | None:
    """When the ticket went up; None: it has not."""
    rows = [row for row in audit.events(running.store, ticket=ticket) if row.event == "escalated"]
    return rows[0].at if rows else None


def refusals(running: Simulation) -> list[str]:
    """The calls that were refused, of which there are some where more are made than allowed, and turns that failed."""
    refused = [f"{call.method} {call.path}: {call.status}" for call in running.simulator.calls if call.status == 429]
    return refused + [row.event for row in audit.events(running.store) if row.event in ("turn failed", "dead letter")]
