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
from collections.abc import Iterator, Mapping, Sequence
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
TICKETS = 120
ROUNDS = 3
WARM_UP = 40
POOLED = " through PgBouncer"

WITHOUT_BOUNDS = {
    "WORK_HOURS": "24x7",
    "ADOPT": "history",
    "ADOPT_PER_HOUR": "0",
    "ESCALATIONS_PER_HOUR": "0",
    "ESCALATION_MODE": "enforce",
    "CONNECTWISE_CALLS_PER_MINUTE": "100000",
    "RECONCILE_SECONDS": "3600",
}
"""What holds a service back for other people's sake would be all that is measured here."""


@dataclass(frozen=True, slots=True)
class Crew:
    """So many workers over a database of their own, on a desk of their own. ``pids``: their processes."""

    desk: Psa
    store: Store
    pids: list[int]

    def rate(self, count: int = TICKETS) -> float:
        """Escalations a second."""
        return count / escalated(self.store, self.desk.overdue_tickets(count))

    def megabytes(self) -> float:
        """The memory of all processes: their proportional share."""
        return sum(megabytes(pid, "Pss") for pid in self.pids)

    def connections(self) -> int:
        """How many the server has for this database, without our own."""
        own = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        with self.store.reading() as conn:
            return int(conn.execute(text(own)).scalar_one()) - 1


@contextmanager
def crew(folder: Path, database: str, reached_at: str, count: int) -> Iterator[Crew]:
    """So many workers over a database that nothing was stored in yet, which they reach at another address perhaps."""
    with ExitStack() as stack:
        desk = stack.enter_context(psa())
        store = Store.open(database)
        stack.callback(store.close)
        store.migrate()
        environ = {"DATABASE_URL": reached_at, **WITHOUT_BOUNDS}
        pids = [stack.enter_context(service("worker", desk, folder, **environ)).pid for _ in range(count)]
        made = Crew(desk, store, pids)
        made.rate(WARM_UP * count)
        yield made


@dataclass(frozen=True, slots=True)
class Loop:
    """The bare loop in so many processes, on a desk of its own."""

    desk: Psa
    pool: ProcessPoolExecutor
    count: int

    def rate(self, count: int = TICKETS) -> float:
        """Tickets a second."""
        tickets = self.desk.overdue_tickets(count)
        begin = time.perf_counter()
        shares = [tickets[n :: self.count] for n in range(self.count)]
        list(self.pool.map(_share, [(self.desk.url, self.desk.environment, share) for share in shares]))
        return count / (time.perf_counter() - begin)


@contextmanager
def loop(count: int) -> Iterator[Loop]:
    """The bare loop, its processes started."""
    with psa() as desk, ProcessPoolExecutor(count, multiprocessing.get_context("spawn")) as pool:
        made = Loop(desk, pool, count)
        made.rate(WARM_UP * count)
        yield made


def _share(given: tuple[str, dict[str, str], list[int]]) -> float:
    url, environment, tickets = given
    with bare_loop(_Site(url, environment), THREADS) as escalate:
        return escalate(tickets)


@dataclass(frozen=True, slots=True)
class _Site:
    url: str
    environment: dict[str, str]


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


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point. Those of one way to the database are there at once, and take turns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        server = stack.enter_context(postgresql(folder))
        rows = turns(server, folder, "", server)
        if program() is not None:
            rows += turns(server, folder, POOLED, stack.enter_context(pgbouncer(server, folder, "transaction")))
        return rows


def turns(server: str, folder: Path, way: str, reached_at: str) -> list[dict[str, object]]:
    """The rows of all counts that reach the server in this way; one worker that reaches it directly is among them."""
    with ExitStack() as stack:
        crews: dict[tuple[int, str], Crew] = {}
        for key in dict.fromkeys([(COUNTS[0], ""), *((count, way) for count in COUNTS)]):
            database = new_database(server, f"workers_{key[0]}_{len(way)}_{len(key[1])}")
            at = make_url(reached_at if key[1] else server).set(database=make_url(database).database)
            reached = at.render_as_string(hide_password=False)
            crews[key] = stack.enter_context(crew(folder, database, reached, key[0]))
        loops = {count: stack.enter_context(loop(count)) for count in COUNTS}
        each: dict[object, Crew | Loop] = {**crews, **loops}
        rates: dict[object, list[float]] = {key: [] for key in each}
        for number in range(ROUNDS):
            for key, one in list(each.items())[:: 1 if number % 2 else -1]:
                rates[key].append(one.rate())
        return [row for key, one in crews.items() if key[1] == way for row in report(key, one, crews, rates)]


def new_database(server: str, name: str) -> str:
    """The address of an empty database there."""
    admin = Store.open(server)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    admin.close()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def report(
    key: tuple[int, str], one: Crew, crews: Mapping[tuple[int, str], Crew], rates: Mapping[object, list[float]]
) -> list[dict[str, object]]:
    """The rows of so many workers. Ratios of rates are the medians of the rounds' own."""
    count, way = key
    beside = {"a bare loop in as many processes": rates[count], "one worker": rates[COUNTS[0], ""]}
    rows = []
    for name, others in beside.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(rates[key], others, strict=True))
        figures = statistics.median(rates[key]), statistics.median(others), ratio
        rows.append((f"escalations a second, against {name}", *figures))
    first = crews[COUNTS[0], ""]
    for name, mine, theirs in (
        ("memory of all in MB (PSS), against one worker", one.megabytes(), first.megabytes()),
        ("connections to the server, against one worker", one.connections(), first.connections()),
    ):
        rows.append((name, mine, theirs, mine / theirs))
    return [
        {
            "name": f"workers, {count}{way}: {name}",
            "ours": round(mine, 1),
            "reference": round(theirs, 1),
            "ratio": round(ratio, 2),
            "aim": "-",
        }
        for name, mine, theirs, ratio in rows
    ]


if __name__ == "__main__":
    for row in results():
        print(row)
