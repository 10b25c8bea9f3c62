"""A strict in-memory HaloPSA: for the demo, the tests and the benchmarks, and to try things by hand.

It refuses what the real system refuses, ignores what that ignores, and can be told to fail (``simulator.faults``).
Built from the public facts about the API, not from the adapter. ``python -m adapters.halopsa.simulator`` serves one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event as Waiting
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, got_request_exception

from adapters.halopsa.simulation.door import Access, Door
from adapters.halopsa.simulation.faults import Faults
from adapters.halopsa.simulation.people import People
from adapters.halopsa.simulation.setup import Setup, begin, furnish
from adapters.halopsa.simulation.setup_routes import OpenRoutes, SetupRoutes, WebhookRoutes
from adapters.halopsa.simulation.state import Actor, State
from adapters.halopsa.simulation.ticket_routes import TicketRoutes
from adapters.halopsa.simulation.webhooks import Webhooks
from adapters.halopsa.simulation.wire import public
from adapters.simulation.outbox import Delivery, Mode, Post
from adapters.simulation.refusal import Json, Refusal
from adapters.simulation.server import Call, CallLog, FailingLayer, NoAnswer, Server
from connector.clock import Clock, SystemClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

APPLICATION = "Escalation Connector"
API_AGENT = "Escalation Connector API"
WEBHOOK_TOKEN = "simulated-webhook-token"  # noqa: S105 - opens nothing


class Simulator(Setup, People):
    """One simulated instance. Safe to use from several threads.

    ``callback_delivery``: ``thread`` sends behind the caller's back, ``manual`` on ``deliver_pending()``,
    ``inline`` before the call that caused it returns. ``post`` replaces the sending of webhooks. ``tenant``: where
    there is one, the token endpoint asks for it.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        client_id: str = "00000000-0000-4000-8000-0000000ca11e",
        client_secret: str = "simulated-client-secret",  # noqa: S107 - opens nothing
        tenant: str = "",
        callback_delivery: Mode = "thread",
        callback_workers: int = 4,
        post: Post | None = None,
    ) -> None:
        self.faults = Faults()
        self.state = State(clock, self.faults)
        self.client_id = client_id
        self.client_secret = client_secret
        self.access = Access(self.state, tenant)
        self._webhooks = Webhooks(self.state, callback_delivery, post, callback_workers)
        self._log = CallLog()
        self._server: Server | None = None
        begin(self)
        self.api_agent = self.add_application(client_id, client_secret, APPLICATION, API_AGENT)
        self.app = Flask("halopsa-simulator", static_folder=None)
        door = Door(self.app, self.state, self.access)
        TicketRoutes(door)
        SetupRoutes(door)
        WebhookRoutes(door)
        OpenRoutes(self.app, self.state, self.access)
        self.errors: list[BaseException] = []
        """Exceptions that escaped from the simulator itself: each one is a mistake in it."""
        got_request_exception.connect(self._note_error, self.app)
        inner = _AnyCase(self.app.wsgi_app)
        self._layer = FailingLayer(inner, self.faults, clock, self._log, short_path)
        self.app.wsgi_app = self._layer  # type: ignore[method-assign]  # Flask's documented way to wrap it

    def standard_desk(self) -> Simulator:
        """Furnish the instance with a ready service desk; returns itself."""
        furnish(self)
        return self

    @property
    def base_url(self) -> str:
        """Where the simulator is served."""
        return self.state.base_url

    def add_application(self, client_id: str, client_secret: str, name: str, agent: str, *, is_api: bool = True) -> int:
        """A further API application that logs in as a new agent; returns the agent's id."""
        number = self.add_agent(agent, is_api=is_api)
        self.access.add(client_id, client_secret, Actor(agent, 1, number, name))
        return number

    def revoke_tokens(self) -> None:
        """Refuse every token that was given so far."""
        self.access.revoke()

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
        self._webhooks.outbox.stop()

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
        values = {
            "HALOPSA_URL": self.state.base_url,
            "HALOPSA_CLIENT_ID": self.client_id,
            "HALOPSA_CLIENT_SECRET": self.client_secret,
            "HALOPSA_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        }
        return {**values, "HALOPSA_TENANT": self.access.tenant} if self.access.tenant else values

    def _note_error(self, app: Flask, exception: BaseException) -> None:
        self.errors.append(exception)

    # Looking.

    @property
    def calls(self) -> list[Call]:
        """The calls so far (the last 100,000): method, path below ``api/``, status (0: no answer)."""
        return self._log.list()

    def call_counts(self) -> Counter[str]:
        """How many calls there were of each method."""
        return self._log.counts()

    def forget_calls(self) -> None:
        """Begin counting anew."""
        self._log.clear()

    def webhooks(self) -> list[Mapping[str, Any]]:
        """The registered webhooks, with their secrets."""
        return [public(webhook) for webhook in self.state.webhooks.values()]

    def mails(self) -> list[Json]:
        """The mails that went to clients."""
        return list(self.state.mails)

    @property
    def deliveries(self) -> list[Delivery]:
        """The webhooks that were sent, with the status that came back (0: no answer)."""
        return list(self._webhooks.outbox.sent)

    # Webhooks.

    def deliver_pending(self) -> list[Delivery]:
        """Send the webhooks that wait (``manual``); returns what was sent."""
        return self._webhooks.outbox.deliver_pending()

    def pending_callbacks(self) -> int:
        """How many webhooks wait or are being sent."""
        return self._webhooks.outbox.pending()

    def wait_delivered(self, timeout: float) -> bool:
        """Wait until no webhook waits or is being sent (``thread``); False after ``timeout`` seconds."""
        return self._webhooks.outbox.wait_delivered(timeout)

    def proof(self, webhook: str, body: bytes) -> dict[str, str]:
        """The headers with which a webhook would prove itself for exactly this body."""
        return self._webhooks.proof(webhook, body)


class _AnyCase:
    """Lets addresses below ``api/`` be written in any case, as Halo does."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ["PATH_INFO"].lower()
        return self._inner(environ, start_response)


def short_path(path: str) -> str:
    """What lies below ``api/``; another path without its leading slash."""
    return path.lstrip("/").removeprefix("api/")


@click.command()
@click.option("--port", default=8901, show_default=True, help="Where to listen on 127.0.0.1.")
def main(port: int) -> None:
    """Serve a simulated HaloPSA with a ready service desk until interrupted."""
    simulator = Simulator(SystemClock()).standard_desk()
    with simulator.serve(port) as address:
        click.echo(f"A simulated HaloPSA listens on {address}. Settings to reach it:\n")
        for name, value in simulator.environment().items():
            click.echo(f"export {name}={value}")
        click.echo("\nTIER_1_HOME='First Touch' TIER_2_HOME='Tier 3' TIER_3_HOME='Sr IT'")
        click.echo("\nStop it with Ctrl-C.")
        try:
            Waiting().wait()
        except KeyboardInterrupt:
            click.echo("Stopped.")


__all__ = ["APPLICATION", "WEBHOOK_TOKEN", "Call", "Delivery", "Faults", "NoAnswer", "Refusal", "Simulator"]

if __name__ == "__main__":
    main()
