"""Puts the parts of one connection together: what takes its tickets' turns and its chores.

Everything is handed in: the composition root decides what the parts are, tests and the demo bring their own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.connection.gate import Gate
from connector.connection.homes import HomeBook
from connector.connection.name_book import NameBook, share
from connector.connection.names import Staff
from connector.connection.paces import Pace
from connector.connection.policies import Policies
from connector.connection.sightings import Sightings
from connector.connection.state import ConnectionBook
from connector.connection.trails import Trails
from connector.policy.policy import Policy
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.editions import Edition
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.policy_log import PolicyLog
from connector.store.records import Outcome
from connector.systems.contract import Connection
from connector.turn.announcements import Announcer
from connector.turn.look import TicketReader
from connector.turn.turn import TicketTurn, TurnSettings
from connector.worker.chores import Chores, ChoreSettings
from connector.worker.finishing import Report
from connector.worker.notifier import Notifier
from connector.worker.pace import Pacer
from connector.worker.standing import Standing
from connector.worker.worker import Worker, WorkerSettings

if TYPE_CHECKING:
    from connector.app.insight.digest import Digest


@dataclass(frozen=True, slots=True)
class Connected:
    """One connection, ready to work: who takes its tickets' turns, who does its chores, who says whether it works."""

    connection: Connection
    edition: Edition
    turns: TicketTurn
    chores: Chores
    homes: HomeBook
    names: NameBook
    gate: Gate


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
    document: Mapping[str, Any] | None = None,
    heartbeat: Callable[[], None] | None = None,
    digest: Digest | None = None,
) -> Connected:
    """The parts of a connection. No call to the ticket system is made, and nothing remembered, before a worker starts.

    ``document``: how the policy is written down; empty for one that was made in code.
    """
    mailbox, connections = Mailbox(store), Connections(store)
    modes = settings.modes
    edition = Edition(modes.written(policy), policy.version, modes.of_tiers(policy), document or {})
    reader = reader_of(connection, store, policy, settings, journal)
    notifier = notifier or Notifier()
    settings = replace(settings, audience=notifier.audience)
    announcer = Announcer(connection.id, settings.audience)
    gate = Gate(connection, mailbox, reader.connection, announcer.alarm, store.now)
    turns = TicketTurn(reader, settings, jitter, gate)
    # Registering a webhook is a write on the ticket system: an observing connector only looks. Where an administrator
    # installs the sender, there is nothing to keep.
    keeps = keeps_webhooks and modes.most(policy).writes and connection.system.manages_webhooks
    chore_settings = ChoreSettings(poll_every, keeps_webhooks=keeps, keeps_for=settings.keeps_for)
    names = NameBook(connection, policy, reader.staff, reader.homes, store.now)
    pace = Pace(settings.adopt_per_hour, settings.escalations_per_hour)
    chores = Chores(
        connection,
        mailbox,
        connections,
        reader,
        names,
        edition,
        chore_settings,
        store.now,
        gate,
        notifier,
        heartbeat,
        Pacer(connection.id, store, policy, announcer, pace, store.now),
        digest.run if digest else None,
    )
    return Connected(connection, edition, turns, chores, reader.homes, names, gate)


def reader_of(
    connection: Connection, store: Store, policy: Policy, settings: TurnSettings, journal: Journal | None = None
) -> TicketReader:
    """Who looks at a connection's tickets and works their clocks out; looking alone changes nothing."""
    book = ConnectionBook(Connections(store), connection.id)
    return TicketReader(
        connection.system,
        journal or Journal(store),
        Policies(connection, policy, PolicyLog(store), store.now, book.homes),
        Staff(connection.system, store.now),
        book,
        Trails(connection.system, store.now),
        store.now,
        adopts_from_now=settings.adopts_from_now,
        adopt_per_hour=settings.adopt_per_hour,
        forgets_after=settings.keeps_for,
    )


def worker_of(
    store: Store,
    connected: Sequence[Connected],
    settings: WorkerSettings,
    report: Report | None = None,
    sightings: Sightings | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Worker:
    """The worker that serves these connections, started in so far as its policy and mode are in force from now on.

    Remembers first starts, and plans the chores; among them the one that looks at every ticket anew where policy or
    mode changed. ``sightings``: what is written with its signs of life; ``monotonic``: for how long what was read of
    what is in force is believed. Raises StoreUnavailable.
    """
    takers: Mapping[str, tuple[TicketTurn, Chores]] = {one.connection.id: (one.turns, one.chores) for one in connected}
    seen, connections = sightings or Sightings(), Connections(store)
    share([one.names for one in connected])

    def plan_chores() -> None:
        for one in connected:
            one.chores.schedule()

    def in_force_again() -> None:
        for one in connected:
            one.turns.reader.policies.read_again()
            one.turns.connection.fresh()
        plan_chores()

    editions = {one.connection.id: one.edition for one in connected}
    standing = Standing(store, editions, in_force_again, monotonic)

    def sign(worker: str) -> None:
        standing.beat(worker)
        seen.write(connections)

    def ended(outcome: Outcome) -> None:
        seen.turn(outcome)
        if report is not None:
            report(outcome)

    standing.start()
    plan_chores()
    return Worker(
        Mailbox(store),
        takers,
        settings,
        sign,
        ended,
        may_claim=standing.may_claim,
        clock_went_back=plan_chores,
        gates={one.connection.id: one.gate for one in connected},
        announcers={one.connection.id: one.turns.announcer for one in connected},
    )
