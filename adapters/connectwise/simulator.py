"""A strict in-memory ConnectWise PSA: for the demo, the tests and the benchmarks, and to try things by hand.

It refuses what the real system refuses and can be told to fail (``simulator.faults``). Built from the public
facts about the API, not from the adapter. ``python -m adapters.connectwise.simulator`` serves one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event as Waiting
from typing import Any

import click
from flask import Flask, got_request_exception

from adapters.connectwise.simulation.callbacks import Callbacks, Delivery, Mode, Post
from adapters.connectwise.simulation.door import Access
from adapters.connectwise.simulation.faults import Faults
from adapters.connectwise.simulation.loading import load_note, load_ticket, load_time_entry
from adapters.connectwise.simulation.people import People
from adapters.connectwise.simulation.refusal import Refusal
from adapters.connectwise.simulation.routes import create_app
from adapters.connectwise.simulation.server import Call, CallLog, FailingLayer, NoAnswer, Server, short_path
from adapters.connectwise.simulation.setup import STANDARD_STATUSES, Setup, StatusSetup, furnish
from adapters.connectwise.simulation.state import State
from connector.clock import Clock, SystemClock

API_MEMBER = "connector-api"
"""The identifier of the API member that the first pair of keys stands for."""


class Simulator(Setup, People):
    """One simulated site. Safe to use from several threads.

    ``callback_delivery``: ``thread`` sends behind the caller's back, ``manual`` on ``deliver_pending()``,
    ``inline`` before the call that caused it returns. ``retry_waits`` are real seconds and count only for
    ``thread``; the others retry at once. ``post`` replaces the sending of callbacks.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        company: str = "trainco",
        public_key: str = "simulated-public-key",
        private_key: str = "simulated-private-key",
        client_id: str = "00000000-0000-4000-8000-00000000c11d",
        codebase: str = "v2025_1/",
        callback_delivery: Mode = "thread",
        retry_waits: tuple[float, float] = (2.0, 4.0),
        callback_workers: int = 4,
        post: Post | None = None,
    ) -> None:
        self.faults = Faults()
        self.state = State(clock, self.faults, company, codebase, "http://localhost")
        self.company = company
        self.public_key = public_key
        self.private_key = private_key
        self.client_id = client_id
        self._callbacks = Callbacks(self.state, callback_delivery, retry_waits, post, callback_workers)
        self._access = Access(client_id)
        self._log = CallLog()
        self._server: Server | None = None
        self.api_member = self.add_api_member(API_MEMBER, public_key, private_key)
        self.app: Flask = create_app(self.state, self._access, self._callbacks.key_of)
        self.errors: list[BaseException] = []
        """Exceptions that escaped from the simulator itself: each one is a mistake in it."""
        got_request_exception.connect(self._note_error, self.app)
        self._layer = FailingLayer(self.app.wsgi_app, self.faults, clock, self._log, short_path)
        self.app.wsgi_app = self._layer  # type: ignore[method-assign]  # Flask's documented way to wrap it

    def standard_desk(self) -> Simulator:
        """Furnish the site with a ready service desk; returns itself."""
        furnish(self)
        return self

    @property
    def base_url(self) -> str:
        """Where the simulator is served."""
        return self.state.base_url

    def add_api_member(self, identifier: str, public_key: str, private_key: str) -> int:
        """A further API member with keys of its own."""
        number = self.add_member(identifier, "Connector Integration", license_class="X")
        self._access.add(public_key, private_key, number)
        return number

    def change_codebase(self, codebase: str) -> None:
        """Upgrade the site: addresses with the old codebase are 404 from now on."""
        self.state.codebase = codebase

    # Recorded data.

    def load_ticket(self, record: dict[str, Any], escalation_status: str = "Responded") -> int:
        """Keep a recorded ticket as it is; what it refers to is made. ``escalation_status``: of its status."""
        return load_ticket(self.state, record, escalation_status)

    def load_note(self, record: dict[str, Any], ticket: int) -> int:
        """Keep a recorded note as it is, at a ticket that is there."""
        return load_note(self.state, record, ticket)

    def load_time_entry(self, record: dict[str, Any], ticket: int) -> int:
        """Keep a recorded time entry as it is, at a ticket that is there."""
        return load_time_entry(self.state, record, ticket)

    # The server.

    def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 (``port`` 0: any free one); returns the base URL."""
        if self._server is not None:
            raise RuntimeError("the simulator is serving already")
        self._layer.start()
        self._server = Server(self.app, port)
        self.state.base_url = self._server.address
        self._server.start()
        return self._server.address

    def stop(self) -> None:
        """Stop listening and delivering; calls that hang are let go. May be called twice."""
        self._layer.stop()
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        self._callbacks.outbox.stop()

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """``start`` and ``stop`` around a block; gives the base URL.

        Raises RuntimeError at the end when the simulator itself failed meanwhile.
        """
        try:
            yield self.start(port)
        finally:
            self.stop()
        if self.errors:
            raise RuntimeError("the simulator itself failed") from self.errors[0]

    def environment(self) -> dict[str, str]:
        """The connector's environment variables that point at this simulator while it is serving."""
        return {
            "CONNECTWISE_URL": self.state.base_url,
            "CONNECTWISE_COMPANY": self.company,
            "CONNECTWISE_PUBLIC_KEY": self.public_key,
            "CONNECTWISE_PRIVATE_KEY": self.private_key,
            "CONNECTWISE_CLIENT_ID": self.client_id,
        }

    def _note_error(self, app: Flask, exception: BaseException) -> None:
        self.errors.append(exception)

    # Looking.

    @property
    def calls(self) -> list[Call]:
        """The calls so far (the last 100,000): method, path below ``apis/3.0/``, status (0: no answer)."""
        return self._log.list()

    def call_counts(self) -> Counter[str]:
        """How many calls there were of each method."""
        return self._log.counts()

    def forget_calls(self) -> None:
        """Begin counting anew."""
        self._log.clear()

    def callbacks(self) -> list[Mapping[str, Any]]:
        """The callback registrations as the API gives them."""
        return list(self.state.callbacks.values())

    @property
    def deliveries(self) -> list[Delivery]:
        """The callbacks that were sent, with every status that came back (0: no answer)."""
        return list(self._callbacks.outbox.sent)

    # Callbacks.

    def deliver_pending(self) -> list[Delivery]:
        """Send the callbacks that wait (``manual``); returns what was sent."""
        return self._callbacks.outbox.deliver_pending()

    def pending_callbacks(self) -> int:
        """How many callbacks wait or are being sent."""
        return self._callbacks.outbox.pending()

    def wait_delivered(self, timeout: float) -> bool:
        """Wait until no callback waits or is being sent (``thread``); False after ``timeout`` seconds."""
        return self._callbacks.outbox.wait_delivered(timeout)

    def key_url(self, registration: int) -> str:
        """Where the signing key of a registration is served."""
        return self._callbacks.key_url(registration)

    def signature(self, registration: int, body: bytes) -> str:
        """The ``x-content-signature`` with which a registration's callback would carry exactly this body."""
        return self._callbacks.signature(registration, body)

    def rotate_signing_key(self, registration: int, *, keep_guid: bool = False) -> None:
        """Sign a registration's callbacks with a new key from now on."""
        self._callbacks.rotate_key(registration, keep_guid)


@click.command()
@click.option("--port", default=8900, show_default=True, help="Where to listen on 127.0.0.1.")
def main(port: int) -> None:
    """Serve a simulated ConnectWise with a ready service desk until interrupted."""
    simulator = Simulator(SystemClock()).standard_desk()
    with simulator.serve(port) as address:
        click.echo(f"A simulated ConnectWise listens on {address}. Settings to reach it:\n")
        for name, value in simulator.environment().items():
            click.echo(f"export {name}={value}")
        click.echo("\nTIER_1_HOME='Service Desk' TIER_2_HOME='Tier 3' TIER_3_HOME='Sr IT'")
        click.echo("\nStop it with Ctrl-C.")
        try:
            Waiting().wait()
        except KeyboardInterrupt:
            click.echo("Stopped.")


__all__ = [
    "API_MEMBER",
    "STANDARD_STATUSES",
    "Call",
    "Delivery",
    "Faults",
    "NoAnswer",
    "Refusal",
    "Simulator",
    "StatusSetup",
]

if __name__ == "__main__":
    main()
