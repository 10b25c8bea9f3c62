"""The composition root: from settings to the parts that the commands run. The only place that knows them all."""

from __future__ import annotations

import os
import random
import secrets
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from connector import __version__
from connector.app import connect
from connector.app.serve import STOP_SECONDS, Site
from connector.clock import SystemClock
from connector.config.settings import Settings
from connector.errors import ConfigError, ConnectorError
from connector.metrics import Metrics
from connector.store.database.engine import Store
from connector.store.group_commit import GroupCommit
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.policy_log import PolicyLog
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import Connection
from connector.turn.look import TicketReader
from connector.turn.turn import TurnSettings
from connector.web.app import create_app
from connector.web.deps import Deps, ServiceFacts
from connector.web.keys import KeysAtHand
from connector.web.webhooks import address_of
from connector.worker.notifier import Notifier
from connector.worker.worker import Worker, WorkerSettings

log = structlog.get_logger("connector")


@dataclass(frozen=True, slots=True)
class Wiring:
    """What every command works with. Close it when done."""

    settings: Settings
    store: Store
    connections: Mapping[str, Connection]
    metrics: Metrics = field(default_factory=Metrics)

    def close(self) -> None:
        """Give back the connections to the ticket systems and the database."""
        for connection in self.connections.values():
            connection.system.line.close()
        self.store.close()


def wire(settings: Settings) -> Wiring:
    """The store and the connections of these settings. Makes no call yet."""
    metrics = Metrics()
    store = Store.open(settings.database_url)
    connections = {id_: _connect(settings, id_, store, metrics) for id_ in settings.connections}
    return Wiring(settings, store, connections, metrics)


def require_connection(settings: Settings) -> None:
    """Raise ConfigError when no ticket system is connected."""
    if not settings.connections:
        names = " or ".join(f"{name.upper()}_URL" for name in ticket_systems())
        raise ConfigError([f"no ticket system is connected: set {names} and what belongs to it"])


def prepare_database(settings: Settings, *, migrates: bool) -> None:
    """Bring the schema up to date, or refuse an old one (ConfigError). Leaves no connection open."""
    store = Store.open(settings.database_url)
    try:
        if migrates:
            store.migrate()
        else:
            store.require_current_schema()
    finally:
        store.close()


def announce(settings: Settings) -> None:
    """Say in one line what is starting."""
    log.info(
        "starting",
        version=__version__,
        mode=settings.mode,
        connections=sorted(settings.connections),
        database=settings.database_url.partition(":")[0].partition("+")[0],
        policy=settings.policy.version,
    )


def connections_of(wiring: Wiring) -> list[connect.Connected]:
    """Every connection, brought up: remembered, with its chores planned. Raises StoreUnavailable."""
    settings = wiring.settings
    PolicyLog(wiring.store).bring_into_force(settings.policy.version, settings.policy_document)
    return [
        connect.connect(
            connection,
            wiring.store,
            settings.policy,
            turn_settings(settings),
            timedelta(seconds=settings.reconcile_seconds),
            keeps_webhooks=bool(settings.public_url),
            jitter=random.SystemRandom(),
            journal=Journal(wiring.store, partial(wiring.metrics.count_events, now=wiring.store.now)),
            notifier=Notifier(settings.notify_urls),
        )
        for connection in wiring.connections.values()
    ]


def turn_settings(settings: Settings) -> TurnSettings:
    """What a turn needs to know of the settings."""
    return TurnSettings(
        is_enforcing=settings.mode == "enforce",
        adopts_from_now=settings.adopt == "now",
        dead_letter_after=timedelta(hours=settings.dead_letter_hours),
    )


def reader_of(wiring: Wiring, connection: str) -> TicketReader:
    """Who works a connection's clocks out, to look only: nothing is remembered, planned or written."""
    settings = wiring.settings
    return connect.reader_of(wiring.connections[connection], wiring.store, settings.policy, turn_settings(settings))


def worker_of(wiring: Wiring) -> Worker:
    """The worker of these settings, not started yet. Homes that do not resolve are reported in the background."""
    connected = connections_of(wiring)
    threading.Thread(target=report_homes, args=(connected,), name="homes", daemon=True).start()
    report = partial(wiring.metrics.count_outcome, now=wiring.store.now)
    return connect.worker_of(wiring.store, connected, WorkerSettings(worker_name()), report)


def web_site(settings: Settings, shared_metrics: str = "", *, has_worker: bool = False) -> Site:
    """What runs in one web process: the app and, for ``run``, the worker's threads."""
    wiring = wire(settings)
    mailbox = Mailbox(wiring.store)
    group = GroupCommit(mailbox, committed=wiring.metrics.batches.observe)
    worker = worker_of(wiring) if has_worker else None
    deps = Deps(
        connections=wiring.connections,
        mailbox=mailbox,
        deliver=group.deliver,
        facts=ServiceFacts(version=__version__, mode=settings.mode),
        metrics=wiring.metrics,
        shared_metrics=shared_metrics,
        nudge=worker.nudge if worker else None,
    )

    def end() -> None:
        if worker:
            worker.stop(STOP_SECONDS)
        group.stop()
        wiring.close()

    return Site(create_app(deps), begin=worker.start if worker else lambda: None, end=end)


def worker_name() -> str:
    """A name that no other worker has, before or after."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


def _connect(settings: Settings, id_: str, store: Store, metrics: Metrics) -> Connection:
    configured = settings.connections[id_]
    system = ticket_systems()[configured.kind].connect(
        configured.settings,
        [tier.homes[id_] for one in settings.policy.every_ladder for tier in one.tiers if id_ in tier.homes],
        KeysAtHand(SigningKeyStore(store, id_)),
        SystemClock(),
        address_of(settings.public_url, id_),
        on_call=partial(metrics.count_call, id_),
    )
    return Connection(id_, system)


def report_homes(connected: list[connect.Connected]) -> None:
    """Log what of the homes does not resolve. Asks the ticket systems; never raises because of them."""
    for one in connected:
        try:
            one.homes.current()
        except ConnectorError as error:
            log.warning("homes could not be looked up at the start", connection=one.connection.id, error=str(error))
        for problem in one.homes.problems:
            log.error("home does not resolve", connection=one.connection.id, problem=problem)
