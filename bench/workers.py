"""Escalations a second of 1, 2 and 4 worker processes over one PostgreSQL, beside a bare loop in as many processes.

Each worker is ``escalator worker`` as a deployment starts it. The ticket system is a simulator without waiting of its
own, in another process; the bare loop makes the same four calls for each ticket, on as many threads, and does nothing
else. What the machine's cores have left for a further process shows in both: all processes share them with the
simulator and the database. Where there is a PgBouncer on this machine, the same through it, in transaction mode.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url, text

from bench.escalations import GIVE_UP_SECONDS, NAME, THREADS, bare_loop
from bench.footprint import megabytes, service
from bench.psa import Psa, psa
from bench.servers import postgresql
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Source
from tests.pgbouncer import pgbouncer, program

COUNTS = (1, 2, 4)
TICKETS = 200
ROUNDS = 3
WARM_UP = 40

WITHOUT_BOUNDS = {
    "WORK_HOURS": "24x7",
    "ADOPT": "history",
    "ADOPT_PER_HOUR": "0",
    "ESCALATIONS_PER_HOUR": "0",
    "ESCALATION_MODE": "enforce",
    "CONNECTWISE_CALLS_PER_MINUTE": "1000000",
    "RECONCILE_SECONDS": "3600",
}
"""What holds a service back for other people's sake would be all that is measured here."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Escalations a second by round; memory of all processes, and their connections to the database."""

    rates: list[float]
    megabytes: float
    connections: int


@contextmanager
def crew(desk: Psa, folder: Path, database: str, count: int) -> Iterator[list[int]]:
    """So many workers over that database, by their process ids."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(service("worker", desk, folder, DATABASE_URL=database, **WITHOUT_BOUNDS)).pid
            for _ in range(count)
        ]


def escalated(store: Store, tickets: Sequence[int]) -> float:
    """Have the tickets looked at; the seconds until the audit trail says that each went up."""
    before = _up(store)
    begin = time.perf_counter()
    Mailbox(store).deliver([Delivery(NAME, str(n), f"bench:{n}", Source.WEBHOOK) for n in tickets])
    while _up(store) < before + len(tickets):
        if time.perf_counter() - begin > GIVE_UP_SECONDS:
            raise RuntimeError(f"only {_up(store) - before} of {len(tickets)} tickets escalated in time")
        time.sleep(0.02)
    return time.perf_counter() - begin


def _up(store: Store) -> int:
    with store.reading() as conn:
        return int(conn.execute(text("SELECT count(*) FROM audit_entry WHERE event = 'escalated'")).scalar_one())


def measured(count: int, database: str, pooled: str) -> Workers:
    """Workers over a database that nothing was stored in yet, which they reach at ``pooled``."""
    with tempfile.TemporaryDirectory() as folder, psa() as desk:
        store = Store.open(database)
        store.migrate()
        try:
            with crew(desk, Path(folder), pooled, count) as pids:
                escalated(store, desk.overdue_tickets(WARM_UP * count))
                rates = [TICKETS / escalated(store, desk.overdue_tickets(TICKETS)) for _ in range(ROUNDS)]
                with store.reading() as conn:
                    own = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    connections = conn.execute(text(own)).scalar_one() - 1
                return Workers(rates, sum(megabytes(pid, "Pss") for pid in pids), connections)
        finally:
            store.close()


def bare(count: int) -> list[float]:
    """The loop in so many processes; tickets a second by round."""
    with psa() as desk, ProcessPoolExecutor(count, multiprocessing.get_context("spawn")) as pool:

        def once(tickets: list[int]) -> float:
            begin = time.perf_counter()
            shares = [tickets[n::count] for n in range(count)]
            list(pool.map(_share, [(desk.url, desk.environment, share) for share in shares]))
            return time.perf_counter() - begin

        once(desk.overdue_tickets(WARM_UP * count))
        return [TICKETS / once(desk.overdue_tickets(TICKETS)) for _ in range(ROUNDS)]


def _share(given: tuple[str, dict[str, str], list[int]]) -> float:
    url, environment, tickets = given
    with bare_loop(_Site(url, environment), THREADS) as escalate:
        return escalate(tickets)


@dataclass(frozen=True, slots=True)
class _Site:
    url: str
    environment: dict[str, str]


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    rows: list[dict[str, object]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(postgresql(folder))
        one: Workers | None = None
        for count in COUNTS:
            database = new_database(server, f"direct_{count}")
            found, loop = measured(count, database, database), bare(count)
            one = one or found
            rows += report(f"workers, {count}", found, one, loop)
        if program() is not None:
            pool = stack.enter_context(pgbouncer(server, folder, "transaction"))
            for count in COUNTS:
                database = new_database(server, f"pooled_{count}")
                pooled = make_url(pool).set(database=make_url(database).database).render_as_string(hide_password=False)
                rows += report(f"workers, {count} through PgBouncer", measured(count, database, pooled), one, None)
    return rows


def new_database(server: str, name: str) -> str:
    """The address of an empty database there."""
    admin = Store.open(server)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    admin.close()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def report(title: str, found: Workers, one: Workers, loop: list[float] | None) -> list[dict[str, object]]:
    """The rows of so many workers. ``loop``: the rates of the bare one in as many processes."""
    ours = statistics.median(found.rates)
    rates = {"one worker": one.rates} | ({"a bare loop in as many processes": loop} if loop else {})
    beside = {f"escalations a second, against {name}": (ours, statistics.median(all_)) for name, all_ in rates.items()}
    beside["memory of all in MB (PSS), against one worker"] = (found.megabytes, one.megabytes)
    beside["connections to the server, against one worker"] = (found.connections, one.connections)
    return [
        {
            "name": f"{title}: {name}",
            "ours": round(mine, 1),
            "reference": round(theirs, 1),
            "ratio": round(mine / theirs, 2),
            "aim": "-",
        }
        for name, (mine, theirs) in beside.items()
    ]


if __name__ == "__main__":
    for row in results():
        print(row)
