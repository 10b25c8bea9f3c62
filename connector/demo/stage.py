"""The whole connector on simulated ticket systems, in one process, with time that is moved.

The parts are the real ones: HTTP between all of them, signed webhooks, a database file, the worker. Only the clock is
virtual, so that hours pass in moments and everything happens at its exact second. Which ticket systems those are is
for the desks to say that are handed in.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from connector import __version__
from connector.app.connect import Connected, connect, worker_of
from connector.clock import Clock, VirtualClock
from connector.connection.paces import Pace
from connector.connection.sightings import Sightings
from connector.notes.marker import NOWHERE, Pages
from connector.policy.modes import ENFORCES, Modes
from connector.policy.policy import Policy
from connector.store.budgets import StoredLedger
from connector.store.database.engine import Store
from connector.store.group_commit import GroupCommit
from connector.store.mailbox import Mailbox
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import Connection, TicketSystem
from connector.systems.desk import Desk, serve_in_background
from connector.turn.explaining.account import Explainer
from connector.turn.turn import TurnSettings
from connector.web.address import address_of
from connector.web.api.parts import ApiParts
from connector.web.app import create_app
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps, ServiceFacts
from connector.worker.notifier import Notifier
from connector.worker.worker import Worker, WorkerSettings


@dataclass
class Simulation:
    """Simulated desks and the connector that watches them. Use ``stage()`` to get one.

    ``connections`` are by id, in the desks' order.
    """

    clock: VirtualClock
    desks: tuple[Desk, ...]
    store: Store
    mailbox: Mailbox
    connections: dict[str, Connected]
    worker: Worker
    url: str

    @property
    def desk(self) -> Desk:
        """The first desk; the only one in most scenarios."""
        return self.desks[0]

    @property
    def simulator(self) -> Any:
        """The simulator behind the first desk, for what is peculiar to its system."""
        return getattr(self.desk, "simulator", None)

    @property
    def system(self) -> TicketSystem:
        """The first connection's ticket system."""
        return self.connected.connection.system

    @property
    def connected(self) -> Connected:
        """The first connection's parts."""
        return next(iter(self.connections.values()))

    @connected.setter
    def connected(self, again: Connected) -> None:
        """The same connection, brought up anew; the worker must be made anew, too."""
        self.connections[again.connection.id] = again

    def settle(self) -> None:
        """Let everything happen that happens now: webhooks arrive, turns are taken, their echoes arrive."""
        self._deliver()
        while self.worker.run_until_idle() and self._deliver():
            pass

    def _deliver(self) -> int:
        return sum(desk.deliver() for desk in self.desks)

    def run_until(self, moment: datetime) -> None:
        """Move the time on to ``moment``, stopping at every second at which the connector wants to be woken."""
        self.settle()
        while True:
            wake_at = self.worker.next_wake()
            if wake_at is None or wake_at > moment:
                break
            self.clock.move_to(max(wake_at, self.clock.now()))
            self.settle()
        self.clock.move_to(max(moment, self.clock.now()))
        self.settle()


def monotonic_of(clock: Clock) -> Callable[[], float]:
    """The moved time, for what goes by the time that has passed."""
    return lambda: clock.now().timestamp()


def default_desk(clock: Clock) -> Desk:
    """The simulated desk of the ticket system that the registry names first."""
    return next(iter(ticket_systems().values())).simulated(clock)


def at_desks(policy: Policy, desks: Sequence[Desk], ids: Sequence[str] = ()) -> Policy:
    """The policy with its first three tiers at home at these desks. ``ids``: see ``stage``."""
    homes = [{id_: desk.homes[n] for id_, desk in _by_id(desks, ids).items()} for n in range(3)]
    moved = (replace(tier, homes=home) for tier, home in zip(policy.tiers, homes, strict=False))
    return replace(policy, tiers=(*moved, *policy.tiers[3:]))


@contextmanager
def stage(
    start: datetime,
    policy: Policy,
    database_url: str,
    *,
    desks: Sequence[Desk] = (),
    ids: Sequence[str] = (),
    clock: VirtualClock | None = None,
    modes: Modes = ENFORCES,
    modes_of: Mapping[str, Modes] | None = None,
    adopts_from_now: bool = True,
    threads: int = 4,
    has_webhooks: bool = True,
    poll_every: timedelta = timedelta(seconds=60),
    notifier: Notifier | None = None,
    document: Mapping[str, Any] | None = None,
    adopt_per_hour: int = 0,
    escalations_per_hour: int = 0,
    pages: Pages = NOWHERE,
    port: int = 0,
    are_served: bool = False,
    console: Callable[[ConsoleParts, Store], ConsoleParts] | None = None,
    **http_options: Any,
) -> Iterator[Simulation]:
    """Everything connected and running, registered for webhooks, at ``start``; taken down afterwards.

    ``desks`` keep the time of ``clock``; without them there is the default one. ``ids`` are those of their
    connections, the names of their kinds where nothing is said. The policy names their homes; ``document``: how it is
    written down. ``port``: where the web process listens on 127.0.0.1; 0: any free one. ``are_served``: the desks
    answer already. ``console``: makes more of the console, as puts it behind a login; else it is for this machine.
    """
    if desks and clock is None:
        raise ValueError("desks come with their clock")
    clock = clock or VirtualClock(start)
    desks = tuple(desks) or (default_desk(clock),)
    with ExitStack() as stack:
        store = Store.open(database_url, clock)
        stack.callback(store.close)
        store.migrate()
        mailbox = Mailbox(store)
        group = GroupCommit(mailbox)
        stack.callback(group.stop)
        web = make_server("127.0.0.1", port, _not_yet, threaded=True, request_handler=_Quiet)
        stack.callback(web.server_close)
        url = f"http://127.0.0.1:{web.server_port}"
        made: dict[str, Connection] = {}
        sightings = Sightings(lambda: clock.now().timestamp())
        for id_, desk in _by_id(desks, ids).items():
            if not are_served:
                stack.enter_context(desk.serve())
            seen = {"on_call": partial(_saw, sightings, id_), **http_options}
            made[id_] = _connect(id_, desk, url, policy, store, clock, seen)
            stack.callback(made[id_].system.line.close)
        facts = ServiceFacts(__version__, modes.said(policy))
        # What is asked for is never older than the moment: every look is a new one.
        ticks = itertools.count(step=60)
        site = Deps(made, mailbox, group.deliver, facts, poll_every=poll_every, monotonic=lambda: float(next(ticks)))
        of_each = {id_: (modes_of or {}).get(id_, modes) for id_ in made}
        rates = Pace(adopt_per_hour, escalations_per_hour)

        def explainer_of(id_: str) -> Explainer:
            return Explainer(connections[id_].turns.reader, store, id_, policy, of_each[id_], rates)

        parts = ConsoleParts(policy, of_each, explainer_of=explainer_of, escalations_per_hour=escalations_per_hour)
        web.app = create_app(site, console(parts, store) if console else parts, ApiParts(pace=rates))
        stack.callback(serve_in_background(web, "stage web"))
        turns = TurnSettings(
            modes=modes,
            adopts_from_now=adopts_from_now,
            adopt_per_hour=adopt_per_hour,
            escalations_per_hour=escalations_per_hour,
            pages=pages,
        )
        connections = {
            id_: connect(
                connection,
                store,
                policy,
                replace(turns, modes=of_each[id_]),
                poll_every,
                keeps_webhooks=has_webhooks,
                jitter=random.Random(1),  # noqa: S311  # spreads retries, guards nothing
                notifier=notifier,
                document=document,
            )
            for id_, connection in made.items()
        }
        named = WorkerSettings("stage", threads=threads)
        worker = worker_of(store, list(connections.values()), named, None, sightings, monotonic_of(clock))
        if has_webhooks:
            for connection, desk in zip(made.values(), desks, strict=True):
                _have_webhooks_sent(desk, connection, url)
        yield Simulation(clock, desks, store, mailbox, connections, worker, url)


def _saw(sightings: Sightings, connection: str, _method: str, status: int, _seconds: float) -> None:
    sightings.call(connection, status)


def _by_id(desks: Sequence[Desk], ids: Sequence[str]) -> dict[str, Desk]:
    return dict(zip(ids or [desk.system for desk in desks], desks, strict=True))


def _connect(
    id_: str, desk: Desk, url: str, policy: Policy, store: Store, clock: VirtualClock, http_options: Mapping[str, Any]
) -> Connection:
    """A connection from the variables that an operator would set; waiting costs no time."""
    entry = ticket_systems()[desk.system]
    system = entry.connect(
        entry.settings_from(desk.variables()),
        [tier.homes[id_] for tier in policy.tiers if id_ in tier.homes],
        SigningKeyStore(store, id_),
        clock,
        address_of(url, id_),
        **{
            "calls_per_window": None,
            "ledger": StoredLedger(store, id_),
            "monotonic": monotonic_of(clock),
            "sleep": lambda seconds: None,
            **http_options,
        },
    )
    return Connection(id_, system)


def _have_webhooks_sent(desk: Desk, connection: Connection, url: str) -> None:
    if connection.system.manages_webhooks:
        connection.system.webhooks.register()
    else:
        desk.send_webhooks_to(address_of(url, connection.id))


class _Quiet(WSGIRequestHandler):
    """Serves without a log line for every request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


def _not_yet(environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return [b""]
