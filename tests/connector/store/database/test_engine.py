"""The store's addresses, settings, clock and errors."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, exc, text

from connector.clock import VirtualClock
from connector.errors import ConfigError
from connector.store.database import engine
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.tables import from_micros, to_micros
from tests.databases import PREPARED_AS_IN_OPERATION

Opener = Callable[..., Store]
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    ["postgres://u:p@host/name", "postgresql://u:p@host/name", "postgresql+psycopg://u:p@host/name"],
)
def test_every_spelling_of_a_postgresql_address_is_understood(address: str, open_store: Opener) -> None:
    store = open_store(address)
    assert store.is_postgresql
    assert store.engine.url.drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:///file:x?mode=memory&uri=true", "must name a file"),
        ("sqlite:////no/such/folder/x.db", "folder that does not exist"),
        ("mysql://root:hidden@host/name", "not supported"),
        ("hidden", "not a database address"),
        ("sqlite:///x.db?timeout=hidden", "an option behind its"),
        ("postgresql://u:hidden@127.0.0.1:9/d?hidden=1", "an option behind its"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_showing_it(address: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        Store.open(address)
    assert "hidden" not in str(caught.value)


def test_options_that_the_database_knows_are_taken(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path / 'x.db'}?timeout=5").close()
    Store.open("postgresql://u:p@127.0.0.1:9/d?sslmode=require&connect_timeout=3&options=-c%20work_mem%3D8MB").close()
    Store.open("postgresql://u@/d?host=/run/postgresql&application_name=x").close()


def test_sqlite_survives_a_power_cut_and_keeps_its_foreign_keys(
    sqlite_url: str, open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_prepare_sqlite", PREPARED_AS_IN_OPERATION)
    with open_store(sqlite_url).reading() as conn:
        found = {
            name: conn.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}


def test_a_clock_that_is_passed_in_counts_on_both_databases(database_url: str, open_store: Opener) -> None:
    clock = VirtualClock(START)
    store = open_store(database_url, clock)
    assert store.now() == START
    clock.advance(timedelta(hours=1))
    assert store.now() == START + timedelta(hours=1)


def test_on_postgresql_the_clock_of_the_database_counts(postgresql_url: str, open_store: Opener) -> None:
    store = open_store(postgresql_url)
    with store.reading() as conn:
        before = conn.execute(text("SELECT clock_timestamp()")).scalar_one()
        between = store.now(conn)
        after = conn.execute(text("SELECT clock_timestamp()")).scalar_one()
    way = timedelta(milliseconds=50)  # a busy machine's way to the database and back, which nobody can tell apart
    assert before - way <= between <= after + way
    assert store.now() >= between


def test_without_a_clock_sqlite_goes_by_the_host(sqlite_url: str, open_store: Opener) -> None:
    before = datetime.now(UTC)
    assert before <= open_store(sqlite_url).now() <= datetime.now(UTC)


def test_moments_keep_their_microseconds_on_both_sides_of_the_epoch() -> None:
    for moment in (START.replace(microsecond=999_999), datetime(1960, 1, 1, 0, 0, 0, 1, tzinfo=UTC)):
        assert from_micros(to_micros(moment)) == moment


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_micros(datetime(2026, 3, 2))  # noqa: DTZ001  # that is the point


def test_an_error_rolls_a_transaction_back(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writing() as conn:  # noqa: PT012
        conn.execute(text("INSERT INTO worker (id, seen_at) VALUES ('w', 0)"))
        raise RuntimeError
    with store.reading() as conn:
        assert conn.execute(text("SELECT count(*) FROM worker")).scalar_one() == 0


def test_a_missing_table_is_reported_as_unavailable_or_as_the_bug_it_is(store: Store) -> None:
    expected = exc.ProgrammingError if store.is_postgresql else StoreUnavailable
    with pytest.raises(expected), store.reading() as conn:
        conn.execute(text("SELECT 1 FROM nowhere"))


def test_an_unreachable_server_is_unavailable_and_its_password_is_not_told(open_store: Opener) -> None:
    store = open_store("postgresql://someone:hidden@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable) as caught, store.reading():
        pass
    assert "hidden" not in str(caught.value)
    assert caught.value.retry_after > 0


def test_a_file_that_is_no_database_is_unavailable_and_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "junk.db").write_text("no database, and longer than what SQLite looks at first\n" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        Store.open(f"sqlite:///{tmp_path / 'junk.db'}").migrate()


def test_a_disk_that_is_full_is_said_with_the_file_and_what_to_do(tmp_path: Path, open_store: Opener) -> None:
    path = tmp_path / "full.db"
    store = open_store(f"sqlite:///{path}")
    event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count=2"))
    with pytest.raises(StoreUnavailable) as caught:
        store.migrate()
    assert str(caught.value).endswith(f"database or disk is full ({path}): make room on its disk")


def test_a_file_that_cannot_be_written_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.time, "sleep", lambda seconds: pytest.fail("it waited"))
    (tmp_path / "a.db").touch()
    opened = closing(sqlite3.connect(f"file:{tmp_path / 'a.db'}?mode=ro", uri=True))
    with opened as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        engine._switch_to_wal(connection)


def test_a_file_that_stays_locked_is_unavailable(
    sqlite_url: str, open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_WAIT_SECONDS", 0.01)
    first, second = open_store(sqlite_url), open_store(sqlite_url)
    with first.writing(), pytest.raises(StoreUnavailable, match="locked"), second.writing():
        pass
    with first.writing(), second.reading() as conn:
        assert conn.execute(text("SELECT 1")).scalar_one() == 1


def test_threads_of_one_process_that_wait_too_long_learn_it(
    sqlite_url: str, open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_WAIT_SECONDS", 0.01)
    store = open_store(sqlite_url)
    learned: list[str] = []

    def write() -> None:
        try:
            with store.writing():
                learned.append("wrote")
        except StoreUnavailable as error:
            learned.append(str(error))

    with store.writing():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert learned == ["the database was busy for too long"]


def test_a_pool_that_is_used_up_is_unavailable(
    postgresql_url: str, open_store: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_WAIT_SECONDS", 0.01)
    store = open_store(postgresql_url)
    held = [store.engine.connect() for _ in range(16)]
    with pytest.raises(StoreUnavailable, match="became free"), store.reading():
        pass
    for conn in held:
        conn.close()


def test_a_forked_child_starts_with_connections_of_its_own(store: Store) -> None:
    with store.writing() as conn:
        conn.execute(text("SELECT 1"))
        child = os.fork()
        if child == 0:
            # Held in the parent: a child that inherited the lock, or shared the connection, would hang or fail.
            try:
                with store.reading() as own:
                    own.execute(text("SELECT 1")).scalar_one()
                os._exit(0 if store._writing.acquire(blocking=False) else 3)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert conn.execute(text("SELECT 2")).scalar_one() == 2


def test_a_relative_path_is_taken_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_store: Opener
) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///here.db").migrate()
    assert (tmp_path / "here.db").exists()
