"""A strict in-memory HaloPSA: for the demo, the tests and the benchmarks, and to try things by hand.

It refuses what the real system refuses, ignores what that ignores, and can be told to fail (``simulator.faults``).
Built from the public facts about the API, not from the adapter. ``python -m adapters.halopsa.simulator`` serves one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from adapters.halopsa.simulation.door import Access, Door
from adapters.halopsa.simulation.faults import Faults
from adapters.halopsa.simulation.people import People
from adapters.halopsa.simulation.setup import Setup, begin, furnish
from adapters.halopsa.simulation.setup_routes import OpenRoutes, SetupRoutes, WebhookRoutes
from adapters.halopsa.simulation.state import Actor, State
from adapters.halopsa.simulation.ticket_routes import TicketRoutes
from adapters.halopsa.simulation.webhooks import WebhookSender
from adapters.halopsa.simulation.wire import public
from adapters.simulation.application import Application
from adapters.simulation.outbox import Mode, Post
from adapters.simulation.refusal import Json
from adapters.simulation.serving import Served, serve_by_hand
from connector.clock import Clock, SystemClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

APPLICATION = "Escalation Connector"
API_AGENT = "Escalation Connector API"
WEBHOOK_TOKEN = "simulated-webhook-token"  # noqa: S105 - opens nothing


class Simulator(Setup, People, Served):
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
        self.faults: Faults = Faults()
        self.state = State(clock, self.faults)
        self.client_id = client_id
        self.client_secret = client_secret
        self.access = Access(self.state, tenant)
        self._webhooks = WebhookSender(self.state, callback_delivery, post, callback_workers)
        begin(self)
        self.api_agent = self.add_application(client_id, client_secret, APPLICATION, API_AGENT)
        app = Application("halopsa-simulator")
        door = Door(app, self.state, self.access)
        TicketRoutes(door)
        SetupRoutes(door)
        WebhookRoutes(door)
        OpenRoutes(app, self.state, self.access)
        app.complete()
        app.wsgi_app = _AnyCase(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way to wrap it
        super().__init__(app, self.state, self._webhooks.outbox, short_path)

    def standard_desk(self) -> Simulator:
        """Furnish the instance with a ready service desk; returns itself."""
        furnish(self)
        return self

    def add_application(self, client_id: str, client_secret: str, name: str, agent: str, *, is_api: bool = True) -> int:
        """A further API application that logs in as a new agent; returns the agent's id."""
        number = self.add_agent(agent, is_api=is_api)
        self.access.add(client_id, client_secret, Actor(agent, 1, number, name))
        return number

    def revoke_tokens(self) -> None:
        """Refuse every token that was given so far."""
        self.access.revoke()

    def environment(self) -> dict[str, str]:
        values = {
            "HALOPSA_URL": self.state.base_url,
            "HALOPSA_CLIENT_ID": self.client_id,
            "HALOPSA_CLIENT_SECRET": self.client_secret,
            "HALOPSA_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        }
        return {**values, "HALOPSA_TENANT": self.access.tenant} if self.access.tenant else values

    # Looking.

    def webhooks(self) -> list[Mapping[str, Any]]:
        """The registered webhooks, with their secrets."""
        return [public(webhook) for webhook in self.state.webhooks.values()]

    def mails(self) -> list[Json]:
        """The mails that went to clients."""
        return list(self.state.mails)

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
    serve_by_hand(simulator, port, "HaloPSA", ("First Touch", "Tier 3", "Sr IT"))


if __name__ == "__main__":
    main()
