"""The composition root: from settings to the parts that every command works with.

What a worker needs besides is in ``worker_side``, what answers over HTTP in ``web_side``: each process loads its own
side alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from connector.config.settings import Settings
from connector.connection.sightings import Sightings
from connector.metrics import Metrics
from connector.model import Mode
from connector.store.budgets import StoredLedger
from connector.store.database.engine import Store
from connector.store.database.schema import SchemaState
from connector.store.database.sqlite_file import require_usable
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import Connection
from connector.web.address import address_of
from connector.web.keys import KeysAtHand

if TYPE_CHECKING:
    from connector.worker.notifier import Notifier

DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Wiring:
    """What every command works with. Close it when done."""

    settings: Settings
    store: Store
    connections: Mapping[str, Connection]
    metrics: Metrics = field(default_factory=Metrics)
    sightings: Sightings = field(default_factory=Sightings)

    def close(self) -> None:
        """Give back the connections to the ticket systems and the database."""
        for connection in self.connections.values():
            connection.system.line.close()
        self.store.close()


def wire(settings: Settings, *, has_schema: bool = True) -> Wiring:
    """The store and the connections of these settings. Makes no call yet.

    Without the schema, as before the first start, calls are counted for this process alone.
    """
    metrics, sightings = Metrics(), Sightings()
    store = Store.open(settings.database_url, settings.demo_clock)

    def called(connection: str, method: str, status: int, seconds: float) -> None:
        metrics.count_call(connection, method, status, seconds)
        sightings.call(connection, status)

    connections = {
        id_: _connect(settings, id_, store, partial(called, id_), StoredLedger(store, id_) if has_schema else None)
        for id_ in settings.connections
    }
    return Wiring(settings, store, connections, metrics, sightings)


def modes_by_connection(wiring: Wiring) -> dict[str, Mode]:
    """What is done at most, by connection."""
    settings = wiring.settings
    return {name: settings.modes_of(name).most(settings.policy) for name in wiring.connections}


def keeps_for(settings: Settings) -> timedelta:
    """How long what is known of closed tickets, and the audit trail, is kept."""
    return timedelta(days=settings.keep_months * DAYS_A_MONTH)


def notifier_of(settings: Settings) -> Notifier:
    """Whom these settings have told."""
    from connector.worker.notifier import Notifier  # not for a process that only takes webhooks in

    return Notifier(settings.notify_urls, settings.alarm_urls, settings.tier_notify_urls)


def prepare_database(settings: Settings, *, migrates: bool) -> None:
    """Bring the schema up to date, or refuse an old one (ConfigError). Leaves no connection open.

    Raises StoreUnavailable, without waiting, for a file that cannot be used; SystemExit, with the exit code, where the
    schema could not be brought up to date: that was said on standard error.
    """
    require_usable(settings.database_url)
    store = Store.open(settings.database_url, settings.demo_clock)
    try:
        if migrates and store.schema_state() in (SchemaState.EMPTY, SchemaState.OLD):
            _migrate_apart(settings.database_url)
        store.require_current_schema()
    finally:
        store.close()


def _migrate_apart(url: str) -> None:
    """Migrate in a process of its own: what the migration library takes is not kept for as long as the service runs."""
    done = subprocess.run(  # our own command
        [sys.executable, "-m", "connector", "migrate"],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.returncode)


def _connect(
    settings: Settings,
    id_: str,
    store: Store,
    on_call: Callable[[str, int, float], None],
    ledger: StoredLedger | None,
) -> Connection:
    configured = settings.connections[id_]
    system = ticket_systems()[configured.kind].connect(
        configured.settings,
        [tier.homes[id_] for one in settings.policy.every_ladder for tier in one.tiers if id_ in tier.homes],
        KeysAtHand(SigningKeyStore(store, id_)),
        store,
        address_of(settings.public_url, id_),
        on_call=on_call,
        ledger=ledger,
    )
    return Connection(id_, system)
