"""How PostgreSQL is reached so that nothing waits for ever: time-outs on both sides, and the database's clock.

Who does not answer is noticed within half a minute, whatever lies between: the server ends what takes too long, the
operating system a connection whose other end is gone, and the patience here what a proxy or a stopped server keeps
open. A server likewise ends the transaction of a client that is gone, and with it the locks that others wait for.

A pooler may lie between, such as PgBouncer in session or in transaction mode: nothing in the store lasts longer than a
transaction but these time-outs, which are to be set for the database's user, too, there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from connector.store.database.steady import DatabaseClock

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 15
LOCK_SECONDS = 10
PATIENCE_SECONDS = 18.0
"""For an answer to one statement. A little longer than the server gives it, so that the server says why."""

_MILLISECONDS = 1000
_ON_BOTH_SIDES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
_SESSION = {
    "statement_timeout": STATEMENT_SECONDS * _MILLISECONDS,
    "lock_timeout": LOCK_SECONDS * _MILLISECONDS,
    "idle_in_transaction_session_timeout": STATEMENT_SECONDS * _MILLISECONDS,
    **{f"tcp_{name.removeprefix('tcp_')}": value for name, value in _ON_BOTH_SIDES.items()},
}
_BEGINNING = "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())
_BY_USER = tuple(name for name in _SESSION if name.endswith("_timeout") and "tcp" not in name)
"""What can be set for a user on the server as well."""

_UNHURRIED = text("SELECT " + ", ".join(f"set_config('{name}', '0', true)" for name in _BY_USER))
"""For the transaction that asks it, and no longer."""

RV = TypeVar("RV")

_NOW = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
_DATABASE_NOW = text(_NOW)
_NOW_AND_WHO = f"{_NOW}, pg_backend_pid()"
_WHO = text("SELECT pg_backend_pid()")
_ENDLESS = text("SELECT name FROM pg_settings WHERE reset_val = '0'")


class PatientConnection(psycopg.Connection[Any]):
    """A connection that waits for no answer longer than ``patience`` seconds (None: for ever), and is closed then."""

    patience: float | None = PATIENCE_SECONDS

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """See ``psycopg.Connection.wait``. Raises OperationalError."""
        patience = self.patience if timeout is None else timeout
        begun = time.monotonic()
        try:
            return super().wait(gen, interval, patience)
        except psycopg.OperationalError:
            if timeout is None and patience is not None and time.monotonic() - begun >= patience:
                # What the server does with the statement, and whether it ever answers, is not known any more.
                self.pgconn.finish()
                raise psycopg.OperationalError(f"no answer came within {patience:.0f} s") from None
            raise


def make_engine(url: URL, clock: DatabaseClock, pool_timeout: float) -> Engine:
    """An engine for that address. What its query says of time-outs wins over what is set here."""
    given = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "escalator",
        **_ON_BOTH_SIDES,
    }
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        pool_timeout=pool_timeout,
        connect_args={name: value for name, value in given.items() if name not in url.query},
    )

    def connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> PatientConnection:
        return PatientConnection.connect(*arguments, **named)

    def begin(connection: PatientConnection, _record: Any) -> None:
        connection.execute(_BEGINNING).close()
        with clock.sampled() as learn:
            [(micros, process)] = connection.execute(_NOW_AND_WHO).fetchall()
            learn(micros)
        connection.commit()
        if process != connection.info.backend_pid:
            # Each transaction may go to another process of the server: what one was given to keep, the next has not.
            connection.prepare_threshold = None

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", begin)
    return engine


_REMEDIES = {
    "connection refused": "start it, or correct host and port in DATABASE_URL",
    "failed to resolve host": "correct the host in DATABASE_URL, or look at this host's name server",
    "translate host name": "correct the host in DATABASE_URL, or look at this host's name server",
    "timeout expired": "see whether a firewall is in between, or correct the host in DATABASE_URL",
    "password authentication failed": "correct user and password in DATABASE_URL",
    "no password supplied": "put the password into DATABASE_URL",
    "pg_hba.conf": "allow this host and user in the server's pg_hba.conf",
    "permission denied": "give the user of DATABASE_URL the right to use and to change this database",
    "does not support ssl": "say sslmode=disable in DATABASE_URL, or switch TLS on at the server",
    "certificate": "correct sslmode and sslrootcert in DATABASE_URL",
    "too many clients": "allow more connections there, or start fewer processes here",
    "remaining connection slots": "allow more connections there, or start fewer processes here",
    "no more connections allowed": "allow more connections there, or start fewer processes here",
    "unsupported startup parameter": "take that option out of DATABASE_URL: the pooler in between passes none on",
    "no space left": "make room on the server's disk",
}
_NO_DATABASE = re.compile(r'database "[^"]*" does not exist')


def remedy(told: str) -> str:
    """What to do about what the server or its driver says, in English; empty where that is not known."""
    if _NO_DATABASE.search(told):
        return "create it, or correct its name in DATABASE_URL"
    return next((what for words, what in _REMEDIES.items() if words in told.casefold()), "")


def is_pooled(conn: Connection) -> bool:
    """Whether somebody lies between and answers for the server: then the process there is another than was told."""
    driver: Any = conn.connection.driver_connection
    return bool(conn.execute(_WHO).scalar_one() != driver.info.backend_pid)


def unset_time_outs(conn: Connection) -> list[str]:
    """How to set those time-outs for the user that the server has none of for it, whatever a connection said since."""
    endless = {row.name for row in conn.execute(_ENDLESS)}
    return [f"{name} = {_SESSION[name]}" for name in _BY_USER if name in endless]


def sample(conn: Connection, clock: DatabaseClock) -> None:
    """Ask for the database's time, and have the clock learn it."""
    with clock.sampled() as learn:
        learn(conn.execute(_DATABASE_NOW).scalar_one())


@contextmanager
def unhurried(conn: Connection) -> Iterator[None]:
    """Let the transaction of ``conn`` take as long as it takes: a migration."""
    driver: Any = conn.connection.driver_connection
    driver.patience = None
    try:
        conn.execute(_UNHURRIED)
        yield
    finally:
        driver.patience = PATIENCE_SECONDS
