"""Builders and helpers for tests of the mailbox: deliveries, a held ticket, pauses inside transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from unittest.mock import patch

from sqlalchemy import Connection, text

from connector.model import Change
from connector.store import audit
from connector.store.database.engine import Store
from connector.store.database.tables import worker
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.queries import rows
from connector.store.records import AuditEvent, Claim, Delivery, Finished, Key, Source, Step

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEASE = timedelta(seconds=60)
PATIENCE = 30.0
"""Seconds after which a test gives up on something that should happen at once."""

T = TypeVar("T")


def a_delivery(
    ticket: str = "1", delivery: str = "d1", connection: str = "psa", source: Source = Source.WEBHOOK
) -> Delivery:
    return Delivery(connection, ticket, delivery, source)


def claim_all(mailbox: Mailbox, worker: str = "worker", limit: int = 100) -> list[Claim]:
    return mailbox.claim(worker, limit, LEASE, ["psa"])


def claim_one(mailbox: Mailbox, worker: str = "worker") -> Claim:
    [claim] = claim_all(mailbox, worker)
    return claim


def a_held_ticket(mailbox: Mailbox, ticket: str = "1", worker: str = "worker") -> Claim:
    """A ticket with one mail, in the hands of ``worker``."""
    mailbox.deliver([a_delivery(ticket, f"first of {ticket}")])
    return claim_one(mailbox, worker)


def all_done(claim: Claim, wake_at: datetime | None = None, **more: Any) -> Finished:
    return Finished(claim, wake_at, done_mail=tuple(mail.id for mail in claim.mail), **more)


def names(claim: Claim) -> list[str]:
    return [mail.delivery for mail in claim.mail]


def changes_seen(mailbox: Mailbox, connection: str, ticket: str) -> list[Change]:
    """The changes that were seen on a ticket, oldest first."""
    return list(Journal(mailbox.store).recall(connection, ticket, f"{connection}/{ticket}/")[0])


def steps_of(journal: Journal, prefix: str) -> list[Step]:
    """The steps of all sagas whose names begin with ``prefix``."""
    return list(journal.recall("", "", prefix)[1])


def record(store: Store, connection: str, ticket: str, event: AuditEvent) -> None:
    """Append one event to the audit trail in a transaction of its own."""
    with store.writing() as conn:
        audit.append(conn, [((connection, ticket), event)], store.now(conn))


def in_thread(call: Callable[[], T]) -> Future[T]:
    """Run ``call`` in a thread of its own; ``result(PATIENCE)`` of what comes back waits for it."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  # handed to whoever waits
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def until(condition: Callable[[], bool], every: float = 0.005) -> None:
    """Wait for something that another thread or process brings about. ``every``: how often to look, in seconds."""
    never = threading.Event()
    for _ in range(int(PATIENCE / every)):
        if condition():
            return
        never.wait(every)
    raise AssertionError("it did not come about")


def until_somebody_waits_for_a_lock(store: Store) -> None:
    """On PostgreSQL: until a transaction in this database is blocked by another. SQLite lets nobody see that."""
    if not store.is_postgresql:
        return
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def is_blocked() -> bool:
        with store.reading() as conn:
            return bool(conn.execute(query).scalar_one())

    until(is_blocked)


class Pause:
    """A point inside a transaction at which a thread stops until it is let go."""

    def __init__(self) -> None:
        self._is_reached = threading.Event()
        self._may_go = threading.Event()

    def stop_here(self) -> None:
        self._is_reached.set()
        assert self._may_go.wait(PATIENCE)

    def wait_until_reached(self) -> None:
        assert self._is_reached.wait(PATIENCE)

    def let_go(self) -> None:
        self._may_go.set()


@contextmanager
def paused_before_commit(store: Store) -> Iterator[Pause]:
    """The next writing transactions of this store stop just before their commits."""
    pause = Pause()
    writing = store.writing

    @contextmanager
    def held() -> Iterator[Connection]:
        with writing() as conn:
            yield conn
            pause.stop_here()

    with patch.object(store, "writing", held):
        try:
            yield pause
        finally:
            pause.let_go()


@contextmanager
def paused_before_ringing(store: Store) -> Iterator[Pause]:
    """The next deliveries to this store stop when their mail is stored and its tickets are not rung yet."""
    pause = Pause()
    ring = rows.ring

    def held(conn: Connection, keys: Iterable[Key], now: datetime) -> None:
        if conn.engine is store.engine:
            pause.stop_here()
        ring(conn, keys, now)

    with patch.object(rows, "ring", held):
        try:
            yield pause
        finally:
            pause.let_go()


def beat_of_before(store: Store, id_: str, edition: str | None) -> None:
    """A sign of life as workers of older versions give it: they do not say which connections they serve."""
    with store.writing() as conn:
        sign = store.insert(worker).values(id=id_, seen_at=store.now(conn), edition=edition)
        conn.execute(sign.on_conflict_do_update(index_elements=["id"], set_={"seen_at": sign.excluded.seen_at}))
