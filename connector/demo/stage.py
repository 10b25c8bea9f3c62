"""The whole connector on a simulated ticket system, in one process, with time that is moved.

The parts are the real ones: HTTP between all of them, signed webhooks, a database file, the worker. Only the clock is
virtual, so that hours pass in moments and everything happens at its exact second.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from adapters.connectwise.settings import ConnectWiseSettings
from adapters.connectwise.simulator import Simulator
from adapters.connectwise.system import ConnectWise
from connector import __version__, assembly
from connector.clock import VirtualClock
from connector.group_commit import GroupCommit
from connector.mailbox import Mailbox
from connector.policy import Policy
from connector.store.engine import Store
from connector.store.signing_keys import SigningKeyStore
from connector.turn import TurnSettings
from connector.web.app import create_app
from connector.web.deps import Deps, Facts
from connector.worker import WorkerSettings

NAME = "connectwise"


@dataclass
class Stage:
    """A simulated desk and the connector that watches it. Use ``stage()`` to get one."""

    clock: VirtualClock
    simulator: Simulator
    store: Store
    mailbox: Mailbox
    system: ConnectWise
    connected: assembly.Connected
    worker: Any
    url: str

    def settle(self) -> None:
        """Let everything happen that happens now: webhooks arrive, turns are taken, their echoes arrive."""
        while True:
            delivered = self.simulator.deliver_pending()
            taken = self.worker.run_until_idle()
            if not delivered and not taken:
                return

    def run_until(self, moment: datetime) -> None:
        """Move the time on to ``moment``, stopping at every second at which the connector wants to be woken."""
        self.settle()
        while True:
            wake_at = self.mailbox.next_wake([NAME])
            if wake_at is None or wake_at > moment:
                break
            self.clock.move_to(max(wake_at, self.clock.now()))
            self.settle()
        self.clock.move_to(max(moment, self.clock.now()))
        self.settle()


class _Quiet(WSGIRequestHandler):
    """Serves without a log line for every request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


def _not_yet(environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return [b""]


@contextmanager
def stage(
    start: datetime,
    policy: Policy,
    database_url: str,
    *,
    is_enforcing: bool = True,
    adopts_from_now: bool = True,
    simulator: Simulator | None = None,
    clock: VirtualClock | None = None,
    threads: int = 4,
    has_webhooks: bool = True,
    poll_every: timedelta = timedelta(seconds=60),
    **http_options: Any,
) -> Iterator[Stage]:
    """Everything connected and running, registered for webhooks, at ``start``; taken down afterwards."""
    clock = clock or VirtualClock(start)
    simulator = simulator or Simulator(clock, callback_delivery="manual").standard_desk()
    store = Store.open(database_url, clock)
    store.migrate()
    mailbox = Mailbox(store)
    group = GroupCommit(mailbox)
    keys = SigningKeyStore(store, NAME)
    web = make_server("127.0.0.1", 0, _not_yet, threaded=True, request_handler=_Quiet)
    url = f"http://127.0.0.1:{web.server_port}"
    system = ConnectWise(
        ConnectWiseSettings(
            url=simulator.start(),
            company=simulator.company,
            public_key=simulator.public_key,
            private_key=simulator.private_key,
            client_id=simulator.client_id,
            public_url=url,
        ),
        [tier.homes[NAME] for tier in policy.tiers],
        keys,
        clock,
        **{
            "calls_per_minute": None,
            "monotonic": lambda: clock.now().timestamp(),
            "sleep": lambda seconds: None,
            **http_options,
        },
    )
    facts = Facts(__version__, "enforce" if is_enforcing else "observe", (NAME,))
    web.app = create_app(Deps({NAME: system}, mailbox, group.deliver, facts))
    threading.Thread(target=web.serve_forever, name="stage web", daemon=True).start()
    connected = assembly.connect(
        system,
        store,
        policy,
        TurnSettings(is_enforcing=is_enforcing, adopts_from_now=adopts_from_now),
        poll_every,
        keeps_webhooks=has_webhooks,
        jitter=random.Random(1),  # noqa: S311  # spreads retries, guards nothing
    )
    worker = assembly.worker_of(store, [connected], WorkerSettings("stage", threads=threads))
    try:
        if has_webhooks:
            system.register_webhooks()
        yield Stage(clock, simulator, store, mailbox, system, connected, worker, url)
    finally:
        web.shutdown()
        web.server_close()
        simulator.stop()
        group.stop()
        system.close()
        store.close()
