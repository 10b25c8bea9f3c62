"""What the console's first page costs over 100,000 open tickets, and twenty people who keep it open.

The reference is the same page over a hundred. Looked at is the server's side: from the request to the whole answer.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import event

from bench.tickets import a_row
from connector.model import Mode
from connector.policy.modes import Modes
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.database.tables import mailbox
from connector.store.heartbeats import beat
from connector.store.mailbox import Mailbox
from connector.web.app import create_app
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps, ServiceFacts
from tests.builders import a_policy

MANY, FEW = 100_000, 100
VIEWERS, MINUTES = 20, 2
MOST_MS, MOST_KB, MOST_STATEMENTS, MOST_OF_A_CORE = 300, 150, 10, 0.05
PAGES = {
    "Now": "/",
    "Now, one client's": "/?client=client+42",
    "Now, those that are paused": "/?state=paused",
    "Escalations": "/escalations",
}
_STATES = (("breached", 0.02), ("running", 0.58), ("paused", 0.2), ("untouched", 0.2))


@dataclass
class Desk:
    """A desk with so many open tickets, and its console."""

    store: Store
    seconds: float = 0.0
    statements: list[str] = field(default_factory=list)

    def client(self) -> FlaskClient:
        """Somebody at this machine, in the one process."""
        deps = Deps(
            connections={},
            mailbox=Mailbox(self.store),
            deliver=lambda deliveries, within: [],
            facts=ServiceFacts("bench", "enforce"),
            monotonic=lambda: self.seconds,
        )
        return create_app(deps, ConsoleParts(a_policy(), {"connectwise": Modes(Mode.ENFORCE)})).test_client()


@contextmanager
def a_desk(count: int) -> Iterator[Desk]:
    """A desk with so many open tickets, each with its clock, most of them not due today."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'b.db'}")
        store.migrate()
        chance, now = random.Random(7), store.now()
        states, shares = zip(*_STATES, strict=True)
        with store.writing() as conn:
            for first in range(0, count, 1000):
                rows = []
                for n in range(first, min(first + 1000, count)):
                    (state,) = chance.choices(states, shares)
                    late = -chance.randint(1, 5000) if state == "breached" else chance.randint(1, 100_000)
                    due_at = now + timedelta(minutes=late) if state in ("breached", "running") else None
                    rows.append(a_row(n, due_at, state))
                conn.execute(mailbox.insert(), rows)
        Connections(store).ensure("connectwise", "enforce", "v1")
        beat(store, "bench")
        desk = Desk(store)

        @event.listens_for(store.engine, "before_cursor_execute")
        def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
            desk.statements.append(statement)

        yield desk
        store.close()


def asked(desk: Desk, client: FlaskClient, path: str) -> tuple[float, float, int]:
    """Milliseconds, kilobytes and statements of an answer for which nothing is kept from before."""
    desk.seconds += 3600
    desk.statements.clear()
    begun = time.perf_counter()
    answer = client.get(path, headers={"Accept": "text/html"})
    took = 1000 * (time.perf_counter() - begun)
    assert answer.status_code == 200, answer.text
    return took, len(answer.data) / 1000, len(desk.statements)


def of_a_core(desk: Desk, client: FlaskClient, path: Callable[[int], str]) -> float:
    """Which share of a core twenty viewers take who read their pages anew every ten seconds."""
    begun = time.process_time()
    for _ in range(MINUTES * 6):
        for viewer in range(VIEWERS):
            desk.seconds += 10 / VIEWERS
            answer = client.get(path(viewer), headers={"Accept": "text/html", "HX-Request": "true"})
            assert answer.status_code == 200
    return (time.process_time() - begun) / (MINUTES * 60)


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    rows: list[dict[str, object]] = []
    with a_desk(FEW) as few, a_desk(MANY) as many:
        clients = few.client(), many.client()
        for name, path in PAGES.items():
            pairs = []
            for desk, client in zip((few, many), clients, strict=True):
                asked(desk, client, path)
                figures = [asked(desk, client, path) for _ in range(9)]
                pairs.append([statistics.median(one) for one in zip(*figures, strict=True)])
            for what, most, reference, ours in zip(
                ("ms", "KB", "statements"), (MOST_MS, MOST_KB, MOST_STATEMENTS), *pairs, strict=True
            ):
                rows.append(_row(f"console, {name}, 100,000: {what}", ours, reference, most))
        for name, path_of in {"the same page": lambda _: "/", "a page each": lambda n: f"/?holder=tech+{n}"}.items():
            reference, ours = (
                of_a_core(desk, client, path_of) for desk, client in zip((few, many), clients, strict=True)
            )
            rows.append(_row(f"console, 20 viewers of {name}: of a core", ours, reference, MOST_OF_A_CORE))
    return rows


def _row(name: str, ours: float, reference: float, most: float) -> dict[str, object]:
    found = {"name": name, "ours": ours, "reference": reference, "ratio": ours / reference if reference else None}
    return {**found, "aim": f"ours <= {most:g}", "met": ours <= most}
