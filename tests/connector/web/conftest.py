"""The web application on a real SQLite mailbox, with a ticket system that is a fake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient

from connector.clock import VirtualClock
from connector.model import Mode
from connector.policy.modes import Modes
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.web.app import create_app
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps, ServiceFacts
from tests.builders import a_policy
from tests.connector.web.fakes import FakeSystem
from tests.doubles import a_connection


@dataclass
class Desk:
    """The pieces that a test looks at or changes."""

    system: FakeSystem
    mailbox: Mailbox
    clock: VirtualClock
    monotonic: list[float] = field(default_factory=lambda: [0.0])
    nudges: list[None] = field(default_factory=list)
    parts: ConsoleParts = field(default_factory=lambda: ConsoleParts(a_policy(), {"psa": Modes(Mode.OBSERVE)}))

    def deps(self, **changes) -> Deps:
        parts = {
            "connections": {"psa": a_connection(self.system)},
            "mailbox": self.mailbox,
            "deliver": self.deliver,
            "facts": ServiceFacts(version="1.2.3", mode="observe"),
            "nudge": lambda: self.nudges.append(None),
            "monotonic": lambda: self.monotonic[0],
        }
        return Deps(**{**parts, **changes})

    def deliver(self, deliveries, within=None) -> list[bool]:
        return self.mailbox.deliver(deliveries)

    def client(self, **changes) -> FlaskClient:
        return create_app(self.deps(**changes), self.parts).test_client()

    def later(self, seconds: float) -> None:
        """Let what is remembered for a moment grow old."""
        self.monotonic[0] += seconds


@pytest.fixture
def desk(sqlite_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Desk:
    return Desk(FakeSystem(), Mailbox(open_store(sqlite_url, clock)), clock)
