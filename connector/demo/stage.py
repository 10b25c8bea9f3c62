"""The whole connector on simulated ticket systems, in one process, with time that is moved.

The parts are the real ones: HTTP between all of them, signed webhooks, a database file, the worker. Only the clock is
virtual, so that hours pass in moments and everything happens at its exact second. Which ticket systems those are is
for the desks to say that are handed in.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from connector import __version__
from connector.app.connect import Connected, connect, worker_of
from connector.clock import Clock, VirtualClock
from connector.policy.policy import Policy
from connector.store.database.engine import Store
from connector.store.group_commit import GroupCommit
from connector.store.mailbox import Mailbox
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import TicketSystem
from connector.systems.desk import Desk
from connector.turn.turn import TurnSettings
from connector.web.app import create_app
from connector.web.deps import Deps, ServiceFacts
from connector.worker.notifier import Notifier
from connector.worker.worker import Worker, WorkerSettings


@dataclass
class Simulation:
    """Simulated desks and the connector that watches them. Use ``stage()`` to get one.

    ``systems`` and ``connections`` are by the ticket system's name, in the desks' order.
    """

    clock: VirtualClock
    desks: tuple[Desk, ...]
    store: Store
    mailbox: Mailbox
    systems: Mapping[str, TicketSystem]
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
        """The connection to the first desk."""
        return self.systems[self.desk.system]

    @property
    def connected(self) -> Connected:
        """The first connection's parts."""
        return self.connections[self.desk.system]

    @connected.setter
    def connected(self, again: Connected) -> None:
        """The same connection, brought up anew; the worker must be made anew, too."""
        self.connections[again.name] = again

    def settle(self) -> None:
        """Let everything happen that happens now: webhooks arrive, turns are taken, their echoes arrive."""
        while True:
            delivered = sum(desk.deliver() for desk in self.desks)
            taken = self.worker.run_until_idle()
            if not delivered and not taken:
                return

    def run_until(self, moment: datetime) -> None:
        """Move the time on to ``moment``, stopping at every second at which the connector wants to be woken."""
        self.settle()
        while True:
            wake_at = self.mailbox.next_wake(list(self.systems))
            if wake_at is None or wake_at > moment:
                break
            self.clock.move_to(max(wake_at, self.clock.now()))
            self.settle()
        self.clock.move_to(max(moment, self.clock.now()))
        self.settle()


def default_desk(clock: Clock) -> Desk:
    """The simulated desk of the ticket system that the registry names first."""
    return next(iter(ticket_systems().values())).simulated(clock)


def at_desks(policy: Policy, desks: Sequence[Desk]) -> Policy:
    """The policy with its first three tiers at home at these desks."""
    homes = [{desk.system: desk.homes[n] for desk in desks} for n in range(3)]
    moved = (replace(tier, homes=home) for tier, home in zip(policy.tiers, homes, strict=False))
    return replace(policy, tiers=(*moved, *policy.tiers[3:]))


@contextmanager
def stage(
    start: datetime,
    policy: Policy,
    database_url: str,
    *,
    desks: Sequence[Desk] = (),
    clock: VirtualClock | None = None,
    is_enforcing: bool = True,
    adopts_from_now: bool = True,
    threads: int = 4,
    has_webhooks: bool = True,
    poll_every: timedelta = timedelta(seconds=60),
    notifier: Notifier | None = None,
    **http_options: Any,
) -> Iterator[Simulation]:
    """Everything connected and running, registered for webhooks, at ``start``; taken down afterwards.

    ``desks`` keep the time of ``clock``; without them there is the default one. The policy names their homes.
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
        web = make_server("127.0.0.1", 0, _not_yet, threaded=True, request_handler=_Quiet)
        stack.callback(web.server_close)
        url = f"http://127.0.0.1:{web.server_port}"
        systems: dict[str, TicketSystem] = {}
        for desk in desks:
            stack.enter_context(desk.serve())
            systems[desk.system] = _connect(desk, url, policy, store, clock, http_options)
            stack.callback(systems[desk.system].line.close)
        facts = ServiceFacts(__version__, "enforce" if is_enforcing else "observe")
        web.app = create_app(Deps(systems, mailbox, group.deliver, facts))
        threading.Thread(target=web.serve_forever, name="stage web", daemon=True).start()
        stack.callback(web.shutdown)
        turns = TurnSettings(is_enforcing=is_enforcing, adopts_from_now=adopts_from_now)
        connections = {
            name: connect(
                system,
                store,
                policy,
                turns,
                poll_every,
                keeps_webhooks=has_webhooks,
                jitter=random.Random(1),  # noqa: S311  # spreads retries, guards nothing
                notifier=notifier,
            )
            for name, system in systems.items()
        }
        worker = worker_of(store, list(connections.values()), WorkerSettings("stage", threads=threads))
        if has_webhooks:
            for desk in desks:
                _have_webhooks_sent(desk, systems[desk.system], url)
        yield Simulation(clock, desks, store, mailbox, systems, connections, worker, url)


def _connect(
    desk: Desk, url: str, policy: Policy, store: Store, clock: VirtualClock, http_options: Mapping[str, Any]
) -> TicketSystem:
    """A connection from the variables that an operator would set; waiting costs no time."""
    entry = ticket_systems()[desk.system]
    return entry.connect(
        entry.settings_from({**desk.variables(), "PUBLIC_URL": url}),
        [tier.homes[desk.system] for tier in policy.tiers if desk.system in tier.homes],
        SigningKeyStore(store, desk.system),
        clock,
        **{
            "calls_per_minute": None,
            "monotonic": lambda: clock.now().timestamp(),
            "sleep": lambda seconds: None,
            **http_options,
        },
    )


def _have_webhooks_sent(desk: Desk, system: TicketSystem, url: str) -> None:
    if system.manages_webhooks:
        system.webhooks.register()
    else:
        desk.send_webhooks_to(url)


class _Quiet(WSGIRequestHandler):
    """Serves without a log line for every request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


def _not_yet(environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return [b""]
