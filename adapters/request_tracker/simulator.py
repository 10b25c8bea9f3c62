"""A strict in-memory Request Tracker: for the tests and the demo, and to try things by hand.

It refuses what a real RT 5.0.3 refuses, in its ways, and can be told to fail (``simulator.faults``).
``python -m adapters.request_tracker.simulator`` serves one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Waiting

import click
from flask import Flask, got_request_exception

from adapters.request_tracker.simulation.actions import Actions
from adapters.request_tracker.simulation.door import API, Access
from adapters.request_tracker.simulation.faults import Faults
from adapters.request_tracker.simulation.furnishing import ADMIN, CONNECTOR, HOMES, Furnishing, begin, furnish
from adapters.request_tracker.simulation.records import Ticket, Transaction, User
from adapters.request_tracker.simulation.routes import create_app
from adapters.request_tracker.simulation.sender import Sender
from adapters.request_tracker.simulation.state import State
from adapters.simulation.outbox import Delivery, Mode, Post
from adapters.simulation.server import Call, CallLog, FailingLayer, Server
from connector.clock import Clock, SystemClock

VERSION = "5.0.3"
PRIORITIES = "Low=0, Normal=50, High=75, Critical=100"
"""The names of priorities of the ready desk, as ``RT_PRIORITIES`` has them."""


class Simulator(Furnishing):
    """One simulated RT. Safe to use from several threads.

    ``webhook_delivery``: ``thread`` sends behind the caller's back, ``manual`` on ``deliver_pending()``, ``inline``
    before the call that caused it returns. ``post`` replaces the sending.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        name: str = "rt.test",
        signs_with: str = "simulated-webhook-secret",
        webhook_delivery: Mode = "thread",
        post: Post | None = None,
    ) -> None:
        self.faults = Faults()
        self.state = State(clock, self.faults, name)
        self.actions = Actions(self.state)
        self.webhook_secret = signs_with
        self.sender = Sender(self.state, webhook_delivery, signs_with, post)
        self._access = Access()
        self._log = CallLog()
        self._server: Server | None = None
        begin(self)
        self.token = self.add_token(CONNECTOR)
        self.admin_token = self.add_token(ADMIN)
        self.app: Flask = create_app(self.state, self._access, VERSION)
        self.errors: list[BaseException] = []
        """Exceptions that escaped from the simulator itself: each one is a mistake in it."""
        got_request_exception.connect(self._note_error, self.app)
        self._layer = FailingLayer(self.app.wsgi_app, self.faults, clock, self._log, short_path)
        self.app.wsgi_app = self._layer  # type: ignore[method-assign]  # Flask's documented way to wrap it

    def standard_desk(self) -> Simulator:
        """Furnish it with a ready service desk, everybody with a password; returns itself."""
        furnish(self)
        for user in list(self.state.users.values()):
            self._access.passwords[user.id] = password_of(user.name)
        return self

    def add_token(self, name: str) -> str:
        """A new token for a user, in the form that RT gives it."""
        user = self.user(name)
        token = f"1-{user.id}-{user.id:032x}"
        self._access.tokens[token] = user.id
        return token

    def withdraw_token(self, token: str) -> None:
        """Make a token one that RT does not know."""
        self._access.tokens.pop(token, None)

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
        self.sender.stop()

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
            "RT_URL": self.state.base_url,
            "RT_TOKEN": self.token,
            "RT_WEBHOOK_SECRET": self.webhook_secret,
            "RT_PRIORITIES": PRIORITIES,
        }

    def _note_error(self, app: Flask, exception: BaseException) -> None:
        self.errors.append(exception)

    # Looking.

    @property
    def calls(self) -> list[Call]:
        """The calls so far (the last 100,000): method, path below ``/REST/2.0/``, status (0: no answer)."""
        return self._log.list()

    def call_counts(self) -> Counter[str]:
        """How many calls there were of each method."""
        return self._log.counts()

    def forget_calls(self) -> None:
        """Begin counting anew."""
        self._log.clear()

    def ticket(self, number: int) -> Ticket:
        """The ticket of that number, or that which it was merged into. Raises LookupError."""
        found = self.state.ticket(number)
        if found is None:
            raise LookupError(f"the simulated RT has no ticket {number}")
        return found

    def history(self, number: int, *types: str) -> list[Transaction]:
        """What happened to a ticket, also what hardly anybody may see; of some types where they are named."""
        return [row for row in self.state.history(self.ticket(number)) if not types or row.type in types]

    def owner(self, number: int) -> User:
        """The owner of a ticket."""
        return self.state.users[self.ticket(number).owner]

    # Webhooks.

    def send_webhooks_to(self, url: str) -> None:
        """Send webhooks there from now on; nowhere when it is empty."""
        self.sender.url = url

    @property
    def deliveries(self) -> list[Delivery]:
        """The webhooks that were sent, with every status that came back (0: no answer)."""
        return list(self.sender.outbox.sent)

    def deliver_pending(self) -> list[Delivery]:
        """Send the webhooks that wait (``manual``); returns what was sent."""
        return self.sender.outbox.deliver_pending()

    def pending_webhooks(self) -> int:
        """How many webhooks wait or are being sent."""
        return self.sender.outbox.pending()

    def wait_delivered(self, timeout: float) -> bool:
        """Wait until no webhook waits or is being sent (``thread``); False after ``timeout`` seconds."""
        return self.sender.outbox.wait_delivered(timeout)


def password_of(name: str) -> str:
    """The password of a user of the ready desk."""
    return f"{name.partition('@')[0]}-password"


def short_path(path: str) -> str:
    """What lies below ``/REST/2.0/``; another path without its leading slash."""
    return path.removeprefix(API) if path.startswith(API) else path.lstrip("/")


@click.command()
@click.option("--port", default=8920, show_default=True, help="Where to listen on 127.0.0.1.")
def main(port: int) -> None:
    """Serve a simulated Request Tracker with a ready service desk until interrupted."""
    simulator = Simulator(SystemClock()).standard_desk()
    with simulator.serve(port) as address:
        click.echo(f"A simulated Request Tracker listens on {address}. Settings to reach it:\n")
        for name, value in simulator.environment().items():
            click.echo(f"export {name}='{value}'")
        homes = " ".join(f"TIER_{number}_HOME='{home}'" for number, home in enumerate(HOMES, start=1))
        click.echo(f"\n{homes}\n\nEverybody's password is their name with -password. Stop it with Ctrl-C.")
        try:
            Waiting().wait()
        except KeyboardInterrupt:
            click.echo("Stopped.")


if __name__ == "__main__":
    main()
