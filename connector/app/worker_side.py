"""The worker's side of the composition root: whoever takes turns, does the chores, tells people.

A web process without a worker does not load it.
"""

from __future__ import annotations

import os
import random
import secrets
import socket
import threading
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from connector.app import connect
from connector.app.heartbeat import Heartbeat
from connector.app.memory import give_large_pieces_back
from connector.app.wiring import Wiring, keeps_for, modes_by_connection, notifier_of
from connector.config.settings import Settings
from connector.connection.paces import Pace
from connector.errors import ConnectorError
from connector.notes.marker import Pages
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.turn.announcements import Announcer
from connector.turn.explaining.account import Explainer
from connector.turn.look import TicketReader
from connector.turn.turn import TurnSettings
from connector.web.reasons import Inspector
from connector.worker.worker import Worker, WorkerSettings

if TYPE_CHECKING:
    from connector.app.insight.digest import Digest

log = structlog.get_logger("connector")


def connections_of(wiring: Wiring) -> list[connect.Connected]:
    """The parts of every connection. Nothing is remembered before a worker is made of them."""
    settings = wiring.settings
    return [
        connect.connect(
            connection,
            wiring.store,
            settings.policy,
            turn_settings(settings, connection.id),
            timedelta(seconds=settings.reconcile_seconds),
            keeps_webhooks=bool(settings.public_url),
            jitter=random.SystemRandom(),
            document=settings.policy_document,
            journal=Journal(wiring.store, partial(wiring.metrics.count_events, now=wiring.store.now)),
            notifier=notifier_of(settings),
            heartbeat=heartbeat_of(wiring, connection.id),
            digest=digest_of(wiring, connection.id),
        )
        for connection in wiring.connections.values()
    ]


def heartbeat_of(wiring: Wiring, connection: str) -> Heartbeat | None:
    """What is a chore of the first connection alone: one beat, however many ticket systems there are."""
    url = wiring.settings.heartbeat_url
    if url is None or connection != min(wiring.connections):
        return None
    poll_every = timedelta(seconds=wiring.settings.reconcile_seconds)
    return Heartbeat(url, Inspector(Mailbox(wiring.store), wiring.connections, poll_every), wiring.store)


def digest_of(wiring: Wiring, connection: str) -> Digest | None:
    """What is a chore of the first connection alone, where it is wanted and somebody is told."""
    settings = wiring.settings
    audience = notifier_of(settings).audience
    if not settings.digest or not audience.told or connection != min(wiring.connections):
        return None
    from connector.app.insight.digest import Digest  # and all that a report is made of

    announcer = Announcer(connection, audience)
    return Digest(wiring.store, announcer, settings.policy, modes_by_connection(wiring), settings.digest)


def turn_settings(settings: Settings, connection: str) -> TurnSettings:
    """What a turn needs to know of the settings."""
    return TurnSettings(
        modes=settings.modes_of(connection),
        adopts_from_now=settings.adopt == "now",
        dead_letter_after=timedelta(hours=settings.dead_letter_hours),
        adopt_per_hour=settings.adopt_per_hour,
        escalations_per_hour=settings.escalations_per_hour,
        keeps_for=keeps_for(settings),
        pages=Pages(settings.public_url if settings.console.is_there else ""),
    )


def reader_of(wiring: Wiring, connection: str) -> TicketReader:
    """Who works a connection's clocks out, to look only: nothing is remembered, planned or written."""
    settings = wiring.settings
    turns = turn_settings(settings, connection)
    return connect.reader_of(wiring.connections[connection], wiring.store, settings.policy, turns)


def explainer_of(wiring: Wiring, connection: str) -> Explainer:
    """Who explains a connection's tickets, looking alone."""
    settings = wiring.settings
    pace = Pace(settings.adopt_per_hour, settings.escalations_per_hour)
    reader = reader_of(wiring, connection)
    return Explainer(reader, wiring.store, connection, settings.policy, settings.modes_of(connection), pace)


def worker_of(wiring: Wiring) -> Worker:
    """The worker of these settings, not started yet. Homes that do not resolve are reported in the background."""
    give_large_pieces_back()
    connected = connections_of(wiring)
    threading.Thread(target=report_homes, args=(connected,), name="homes", daemon=True).start()
    report = partial(wiring.metrics.count_outcome, now=wiring.store.now)
    return connect.worker_of(wiring.store, connected, WorkerSettings(worker_name()), report, wiring.sightings)


def worker_name() -> str:
    """A name that no other worker has, before or after."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


def report_homes(connected: list[connect.Connected]) -> None:
    """Log what of the homes does not resolve. Asks the ticket systems; never raises because of them."""
    for one in connected:
        try:
            one.homes.current()
        except ConnectorError as error:
            log.warning("homes could not be looked up at the start", connection=one.connection.id, error=str(error))
        for problem in one.homes.problems:
            log.error("home does not resolve", connection=one.connection.id, problem=problem)
