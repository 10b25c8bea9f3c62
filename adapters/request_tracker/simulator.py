"""A strict in-memory Request Tracker: for the tests and the demo, and to try things by hand.

It refuses what a real RT 5.0.3 refuses, in its ways, and can be told to fail (``simulator.faults``).
``python -m adapters.request_tracker.simulator`` serves one.
"""

from __future__ import annotations

import click

from adapters.request_tracker.simulation.actions import Actions
from adapters.request_tracker.simulation.door import API, Access
from adapters.request_tracker.simulation.faults import Faults
from adapters.request_tracker.simulation.furnishing import ADMIN, CONNECTOR, HOMES, Furnishing, begin, furnish
from adapters.request_tracker.simulation.records import Ticket, Transaction, User
from adapters.request_tracker.simulation.routes import create_app
from adapters.request_tracker.simulation.sender import Sender
from adapters.request_tracker.simulation.state import State
from adapters.simulation.outbox import Mode, Post
from adapters.simulation.serving import Served, serve_by_hand
from connector.clock import Clock, SystemClock

VERSION = "5.0.3"
PRIORITIES = "Low=0, Normal=50, High=75, Critical=100"
"""The names of priorities of the ready desk, as ``RT_PRIORITIES`` has them."""


class Simulator(Furnishing, Served):
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
        self.faults: Faults = Faults()
        self.state = State(clock, self.faults, name)
        self.actions = Actions(self.state)
        self.webhook_secret = signs_with
        self.sender = Sender(self.state, webhook_delivery, signs_with, post)
        self._access = Access()
        begin(self)
        self.token = self.add_token(CONNECTOR)
        self.admin_token = self.add_token(ADMIN)
        app = create_app(self.state, self._access, VERSION)
        super().__init__(app, self.state, self.sender.outbox, short_path)

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

    def stop(self) -> None:
        super().stop()
        self.sender.close()

    def environment(self) -> dict[str, str]:
        return {
            "RT_URL": self.state.base_url,
            "RT_TOKEN": self.token,
            "RT_WEBHOOK_SECRET": self.webhook_secret,
            "RT_PRIORITIES": PRIORITIES,
        }

    # Looking.

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
    serve_by_hand(simulator, port, "Request Tracker", HOMES, "Everybody's password is their name with -password. ")


if __name__ == "__main__":
    main()
