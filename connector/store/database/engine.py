"""The way to the database: one ``Store`` for SQLite and PostgreSQL, its transactions and its clock.

SQLite runs with WAL and ``synchronous=FULL`` (an answered webhook survives a power cut) and takes the
write lock when a writing transaction begins, so that none has to be given up half-way. PostgreSQL runs
READ COMMITTED; its driver is loaded where it is reached, and nowhere else. Every error of the database library
that means "not reachable now" leaves here as ``StoreUnavailable``; the log says once that it began, and once
that it is over.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connector.clock import Clock, SystemClock
from connector.errors import ConfigError
from connector.store.database import moved, schema, sqlite_file
from connector.store.database.errors import StoreMoved, StoreUnavailable
from connector.store.database.schema import SchemaState
from connector.store.database.steady import DatabaseClock
from connector.store.database.tables import EPOCH

LOCK_WAIT_SECONDS = 15.0
BACK_BY = timedelta(seconds=5)
"""A clock that stands so far before a moment that it told has gone back."""

log = structlog.get_logger("connector.store")

_stores: weakref.WeakSet[Store] = weakref.WeakSet()


class Store:
    """A connection pool with the connector's transactions and clock. Safe to use from several threads."""

    def __init__(self, engine: Engine, clock: Clock, database_clock: DatabaseClock | None = None) -> None:
        self.engine = engine
        self.is_postgresql = engine.dialect.name == "postgresql"
        self._file = None if self.is_postgresql else Path(str(engine.url.database)).absolute()
        self._clock = clock
        self._database_clock = database_clock
        self._latest = EPOCH
        self._writing = threading.Lock()
        self._away_since: float | None = None
        self._away = threading.Lock()
        self._is_moved = False
        driver: Any = engine.dialect.dbapi
        # The library's, and what comes from the driver itself where it is asked without the library.
        self._unavailable = (OperationalError, InterfaceError, driver.OperationalError, driver.InterfaceError)
        _stores.add(self)

    @classmethod
    def open(cls, url: str, clock: Clock | None = None) -> Store:
        """Open ``sqlite:///path`` or ``postgresql://…`` (also ``postgres://``); connects when first used.

        With a ``clock``, its time counts for everything; without, the database's on PostgreSQL and the
        host's on SQLite. Raises ConfigError for an address that cannot be used.
        """
        parsed = _parse(url)
        _require_options(parsed)
        if parsed.get_backend_name() == "sqlite":
            return cls(_sqlite_engine(parsed), clock or SystemClock())
        from connector.store.database import postgresql

        database_clock = DatabaseClock()
        engine = postgresql.make_engine(parsed, database_clock, LOCK_WAIT_SECONDS)
        return cls(engine, clock or database_clock, None if clock else database_clock)

    def now(self, conn: Connection | None = None) -> datetime:
        """The present moment, by the clock that counts. Nobody is asked for it, and it goes on without a database.

        In a transaction, pass its connection: where the database's clock counts, it is learned anew there.
        """
        if conn is not None and self._database_clock is not None and self._database_clock.is_stale:
            from connector.store.database import postgresql

            postgresql.sample(conn, self._database_clock)
        moment = self._clock.now()
        self._latest = max(self._latest, moment)
        return moment

    def has_gone_back(self) -> bool:
        """Whether the clock stands well before a moment that it told since this was asked last: it had been wrong."""
        latest, now = self._latest, self._clock.now()
        if now > latest - BACK_BY:
            return False
        self._latest = now
        return True

    @contextmanager
    def reading(self, is_snapshot: bool = False) -> Iterator[Connection]:
        """A transaction that only reads. ``is_snapshot``: all its statements see one state of the data.

        Without, each statement sees what is there when it begins; SQLite then needs no transaction around them.
        """
        with self._translated():
            conn = self.engine.connect()
            if is_snapshot and self.is_postgresql:
                conn = conn.execution_options(isolation_level="REPEATABLE READ")
            with conn, conn.begin():
                if is_snapshot:
                    self._begin(conn, "BEGIN")
                yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; committed at the end, rolled back on any error. Never nest two.

        On SQLite the threads of one process queue here, in memory, instead of in SQLite's polling lock
        queue.
        """
        with self._turn(), self._translated(), self.engine.connect() as conn, conn.begin():
            self._begin(conn, "BEGIN IMMEDIATE")
            yield conn

    @contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """A connection without a transaction around its statements: for what the database does as a whole."""
        with self._turn(), self._translated(), self.engine.connect() as conn:
            # SQLite's driver begins none by itself; the library's own switch would have it begin some afterwards.
            yield conn.execution_options(isolation_level="AUTOCOMMIT") if self.is_postgresql else conn

    def _begin(self, conn: Connection, how: str) -> None:
        """Begin on SQLite, whose driver begins too late by itself.

        Not by an event, the documented way: a single listener slows every statement of every connection down.
        """
        if not self.is_postgresql:
            driver: sqlite3.Connection = conn.connection.driver_connection  # type: ignore[assignment]  # it is SQLite's
            driver.execute(how)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self.is_postgresql:
            yield
            return
        if not self._writing.acquire(timeout=LOCK_WAIT_SECONDS):
            raise StoreUnavailable("the database was busy for too long")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._unavailable as error:
            raise self._unavailable_now(f"the database could not do its work: {self._told(error)}") from error
        except (IntegrityError, sqlite3.IntegrityError) as error:
            said = moved.said_by_fence(error)
            if not said:
                raise
            raise self._moved(said) from error
        except DatabaseError as error:
            if type(error.orig) is not sqlite3.DatabaseError:
                raise
            # Not the statement's fault: the file is damaged, or is no database at all.
            raise self._unavailable_now(f"the database could not be read: {self._told(error)}") from error
        except PoolTimeout as error:
            raise self._unavailable_now("no database connection became free in time") from error
        if self._away_since is not None:
            self._is_back()

    def _moved(self, said: str) -> StoreMoved:
        """The error to raise for a file that was left; told of once, as it is not over before the process ends."""
        with self._away:
            is_news, self._is_moved = not self._is_moved, True
        if is_news:
            log.error("database moved", error=said)
        return StoreMoved(f"the database was {said}")

    def _told(self, error: BaseException) -> str:
        """What the database said, and for a file where that is and what to do."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        told = _in_short(cause)
        if self._file is not None:
            return told + sqlite_file.remedy(self._file, cause)
        from connector.store.database import postgresql

        what = postgresql.remedy(told)
        return f"{told}: {what}" if what else told

    def _unavailable_now(self, message: str) -> StoreUnavailable:
        """The error to raise. An outage is told of when it begins: here; and when it ends."""
        with self._away:
            if self._away_since is None:
                self._away_since = time.monotonic()
                log.error("database away", error=message)
        return StoreUnavailable(message)

    def _is_back(self) -> None:
        with self._away:
            since, self._away_since = self._away_since, None
        if since is not None:
            log.warning("database back", seconds=round(time.monotonic() - since, 1))

    def insert(self, table: Table) -> postgresql_dialect.Insert | sqlite.Insert:
        """An INSERT that knows ON CONFLICT, for the database at hand."""
        return insert_into(table, is_postgresql=self.is_postgresql)

    def schema_state(self) -> SchemaState:
        """How the database's schema relates to the one this program needs."""
        with self.reading() as conn:
            return schema.state(conn)

    def migrate(self) -> SchemaState:
        """Bring the schema up to date, serially over all processes; returns the state it was in before.

        Raises ConfigError when the database was written by a newer version of the program, or was moved.
        """
        with self.writing() as conn:
            if not self.is_postgresql:
                return schema.upgrade(conn)
            from connector.store.database import postgresql

            with postgresql.unhurried(conn):
                return schema.upgrade(conn)

    def require_current_schema(self) -> None:
        """Raise ConfigError, naming the remedy, unless the schema is the one this program needs."""
        with self.reading() as conn:
            schema.require_current(conn)

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    def _forget_parent(self) -> None:
        """In a forked child: leave the parent's connections alone and start with none."""
        self._writing, self._away = threading.Lock(), threading.Lock()
        self.engine.dispose(close=False)


def insert_into(table: Table, *, is_postgresql: bool) -> postgresql_dialect.Insert | sqlite.Insert:
    """See ``Store.insert``; for statements that are made once and kept."""
    return postgresql_dialect.insert(table) if is_postgresql else sqlite.insert(table)


def _forget_parents() -> None:
    for store in list(_stores):
        store._forget_parent()


os.register_at_fork(after_in_child=_forget_parents)


def _in_short(cause: BaseException | None) -> str:
    """The database's own first line, without the statement (it may speak of the client)."""
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


def _parse(url: str) -> URL:
    example = "expected sqlite:///escalator.db or postgresql://user:password@host/name"
    scheme, separator, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        url = f"postgresql+psycopg{separator}{rest}"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # of a port that is none; its text may be a password's
        raise ConfigError([f"DATABASE_URL is not a database address: {example}"]) from None
    if parsed.drivername == "postgresql+psycopg":
        return parsed
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise ConfigError([f"DATABASE_URL names a database that is not supported: {example}"])
    if parsed.database in {None, "", ":memory:"} or str(parsed.database).startswith("file:"):
        raise ConfigError([f"DATABASE_URL must name a file, or a restart loses everything: {example}"])
    sqlite_file.require_place(Path(str(parsed.database)).absolute())
    return parsed


def _require_options(url: URL) -> None:
    """Raise ConfigError for what stands behind the ? of an address and is no option: each connection would fail."""
    if not url.query:
        return
    try:
        _, options = url.get_dialect()().create_connect_args(url)
        if url.get_backend_name() == "postgresql":
            from psycopg import ProgrammingError, conninfo

            try:
                conninfo.make_conninfo(**options)
            except ProgrammingError as error:
                raise ValueError from error
    except (ArgumentError, TypeError, ValueError):  # its text may be a password's
        raise ConfigError(["DATABASE_URL has an option behind its ? that the database does not know"]) from None


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=8,
        max_overflow=24,
        # Every transaction here ends by itself: there is nothing left to roll back when a connection is returned.
        pool_reset_on_return=None,
        connect_args={"timeout": LOCK_WAIT_SECONDS},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction control begins too late; ours is in Store._begin.
    # https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#enabling-non-legacy-sqlite-transactional-modes-with-the-sqlite3-or-aiosqlite-driver
    connection.isolation_level = None
    _switch_to_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Once per file, the first connection switches it; SQLite makes the others fail meanwhile, not wait."""
    give_up_at = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if not sqlite_file.is_held(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)
        else:
            return
