"""A strict in-memory ConnectWise PSA: for the demo, the tests and the benchmarks, and to try things by hand.

It refuses what the real system refuses and can be told to fail (``simulator.faults``). Built from the public
facts about the API, not from the adapter. ``python -m adapters.connectwise.simulator`` serves one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from adapters.connectwise.simulation.callbacks import CallbackSender
from adapters.connectwise.simulation.door import Access
from adapters.connectwise.simulation.faults import Faults
from adapters.connectwise.simulation.loading import load_note, load_ticket, load_time_entry
from adapters.connectwise.simulation.people import People
from adapters.connectwise.simulation.routes import create_app
from adapters.connectwise.simulation.setup import STANDARD_STATUSES, Setup, StatusSetup, furnish
from adapters.connectwise.simulation.state import State
from adapters.simulation.outbox import Mode, Post
from adapters.simulation.serving import Served, serve_by_hand
from connector.clock import Clock, SystemClock

API_MEMBER = "connector-api"
"""The identifier of the API member that the first pair of keys stands for."""


class Simulator(Setup, People, Served):
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
        self.faults: Faults = Faults()
        self.state = State(clock, self.faults, company, codebase)
        self.company = company
        self.public_key = public_key
        self.private_key = private_key
        self.client_id = client_id
        self._callbacks = CallbackSender(self.state, callback_delivery, retry_waits, post, callback_workers)
        self._access = Access(client_id)
        self.api_member = self.add_api_member(API_MEMBER, public_key, private_key)
        app = create_app(self.state, self._access, self._callbacks.key_of)
        super().__init__(app, self.state, self._callbacks.outbox, short_path)

    def standard_desk(self, statuses: Sequence[StatusSetup | tuple[Any, ...]] = STANDARD_STATUSES) -> Simulator:
        """Furnish the site with a ready service desk, each board with those statuses; returns itself."""
        furnish(self, statuses)
        return self

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

    def environment(self) -> dict[str, str]:
        return {
            "CONNECTWISE_URL": self.state.base_url,
            "CONNECTWISE_COMPANY": self.company,
            "CONNECTWISE_PUBLIC_KEY": self.public_key,
            "CONNECTWISE_PRIVATE_KEY": self.private_key,
            "CONNECTWISE_CLIENT_ID": self.client_id,
        }

    # Callbacks.

    def callbacks(self) -> list[Mapping[str, Any]]:
        """The callback registrations as the API gives them."""
        return list(self.state.callbacks.values())

    def key_url(self, registration: int) -> str:
        """Where the signing key of a registration is served."""
        return self._callbacks.key_url(registration)

    def signature(self, registration: int, body: bytes) -> str:
        """The ``x-content-signature`` with which a registration's callback would carry exactly this body."""
        return self._callbacks.signature(registration, body)

    def rotate_signing_key(self, registration: int, *, keep_guid: bool = False) -> None:
        """Sign a registration's callbacks with a new key from now on."""
        self._callbacks.rotate_key(registration, keep_guid)


def short_path(path: str) -> str:
    """What lies below ``apis/3.0/``; another path without its leading slash."""
    before, mark, after = path.partition("/apis/3.0/")
    return after if mark else before.lstrip("/")


@click.command()
@click.option("--port", default=8900, show_default=True, help="Where to listen on 127.0.0.1.")
def main(port: int) -> None:
    """Serve a simulated ConnectWise with a ready service desk until interrupted."""
    simulator = Simulator(SystemClock()).standard_desk()
    serve_by_hand(simulator, port, "ConnectWise", ("Service Desk", "Tier 3", "Sr IT"))


if __name__ == "__main__":
    main()
