"""Puts the parts of one connection together: what takes its tickets' turns and its chores.

Everything is handed in: the composition root decides what the parts are, tests and the demo bring their own.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from connector.connection.homes import HomeBook
from connector.connection.names import Staff
from connector.connection.policies import Policies
from connector.connection.state import RUNG_AT, RUNG_FOR, SURVEYED, ConnectionBook
from connector.policy.policy import Policy
from connector.store.connections import ENFORCE, OBSERVE, Connections
from connector.store.database.engine import Store
from connector.store.heartbeats import beat
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.policy_log import PolicyLog
from connector.systems.contract import Connection
from connector.turn.look import TicketReader
from connector.turn.turn import TicketTurn, TurnSettings
from connector.worker.chores import Chores, ChoreSettings
from connector.worker.notifier import Notifier
from connector.worker.worker import Report, Worker, WorkerSettings


@dataclass(frozen=True, slots=True)
class Connected:
    """One connection, ready to work: who takes its tickets' turns, and who does its chores."""

    connection: Connection
    turns: TicketTurn
    chores: Chores
    homes: HomeBook


def connect(
    connection: Connection,
    store: Store,
    policy: Policy,
    settings: TurnSettings,
    poll_every: timedelta,
    *,
    keeps_webhooks: bool,
    jitter: random.Random,
    journal: Journal | None = None,
    notifier: Notifier | None = None,
) -> Connected:
    """Bring a connection up: remember its first start, ring everything when mode or policy changed, plan its chores.

    Raises StoreUnavailable. No call to the ticket system is made yet.
    """
    mailbox, connections = Mailbox(store), Connections(store)
    mode = ENFORCE if settings.is_enforcing else OBSERVE
    state = connections.ensure(connection.id, mode, policy.version)
    # Rung before it is noted as rung: a crash in between rings again, which does no harm.
    rung_for = f"{mode} {policy.version}"
    if state.state.get(RUNG_FOR) != rung_for:
        mailbox.ring_all(connection.id)
        fresh = {RUNG_FOR: rung_for, RUNG_AT: store.now().isoformat(), SURVEYED: None}
        connections.update_state(connection.id, fresh)
    reader = reader_of(connection, store, policy, settings, journal)
    notifier = notifier or Notifier()
    settings = replace(settings, notify_targets=notifier.count)
    turns = TicketTurn(reader, settings, jitter)
    # Registering a webhook is a write on the ticket system: an observing connector only looks. Where an administrator
    # installs the sender, there is nothing to keep.
    keeps = keeps_webhooks and settings.is_enforcing and connection.system.manages_webhooks
    chore_settings = ChoreSettings(poll_every, keeps_webhooks=keeps)
    chores = Chores(connection, mailbox, connections, reader.homes, chore_settings, store.now, notifier)
    chores.schedule()
    return Connected(connection, turns, chores, reader.homes)


def reader_of(
    connection: Connection, store: Store, policy: Policy, settings: TurnSettings, journal: Journal | None = None
) -> TicketReader:
    """Who looks at a connection's tickets and works their clocks out; looking alone changes nothing."""
    return TicketReader(
        connection.system,
        journal or Journal(store),
        Policies(connection, policy, PolicyLog(store), store.now),
        Staff(connection.system, store.now),
        ConnectionBook(Connections(store), connection.id),
        store.now,
        adopts_from_now=settings.adopts_from_now,
    )


def worker_of(
    store: Store, connected: Sequence[Connected], settings: WorkerSettings, report: Report | None = None
) -> Worker:
    """The worker that serves these connections."""
    takers: Mapping[str, tuple[TicketTurn, Chores]] = {one.connection.id: (one.turns, one.chores) for one in connected}
    return Worker(Mailbox(store), takers, settings, partial(beat, store), report)
