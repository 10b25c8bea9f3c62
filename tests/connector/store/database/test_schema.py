"""The schema: migrated from nothing, the same as the tables in the code, refused when it is not current."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import connector.store
from connector.errors import ConfigError
from connector.store.connections import Connections
from connector.store.database import schema
from connector.store.database.engine import Store
from connector.store.database.schema import SchemaState
from connector.store.database.tables import metadata
from connector.store.heartbeats import last_cycle_at
from connector.store.logins.tries import Counted, LoginTries
from connector.store.logins.void import VoidSessions
from connector.store.policy_log import PolicyLog
from connector.store.queries import ended_stints
from connector.store.queries.nonces import Nonces

Opener = Callable[..., Store]


def test_an_empty_database_is_refused_then_migrated_then_accepted(empty_database_url: str, open_store: Opener) -> None:
    store = open_store(empty_database_url)
    assert store.schema_state() is SchemaState.EMPTY
    with pytest.raises(ConfigError, match="escalator migrate"):
        store.require_current_schema()
    assert store.migrate() is SchemaState.EMPTY
    assert store.schema_state() is SchemaState.CURRENT
    store.require_current_schema()


def test_migrating_again_changes_nothing(store: Store) -> None:
    assert store.migrate() is SchemaState.CURRENT


def test_the_migrations_make_the_tables_that_the_code_knows(store: Store) -> None:
    with store.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn), metadata) == []


def test_an_old_schema_is_refused_and_the_remedy_is_named(store: Store) -> None:
    with store.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert store.schema_state() is SchemaState.OLD
    with pytest.raises(ConfigError, match="older schema: run `escalator migrate`"):
        store.require_current_schema()


def test_a_newer_schema_is_refused_and_never_migrated(store: Store) -> None:
    with store.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="newer version"):
        store.require_current_schema()
    with pytest.raises(ConfigError, match="newer version"):
        store.migrate()


def test_a_version_table_without_a_version_counts_as_empty(store: Store) -> None:
    with store.writing() as conn:
        conn.execute(text("DELETE FROM alembic_version"))
    assert store.schema_state() is SchemaState.EMPTY


def test_processes_that_migrate_at_once_do_it_one_after_the_other(empty_database_url: str, open_store: Opener) -> None:
    found: list[SchemaState] = []
    at_once = threading.Barrier(3)

    def migrate() -> None:
        store = open_store(empty_database_url)
        at_once.wait()
        found.append(store.migrate())

    threads = [threading.Thread(target=migrate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [SchemaState.CURRENT, SchemaState.CURRENT, SchemaState.EMPTY]


def test_the_program_asks_for_the_newest_migration() -> None:
    folder = Path(connector.store.__file__).parent / "migrations"
    scripts = ScriptDirectory(str(folder))
    assert scripts.get_current_head() == schema.REVISION


def test_a_database_of_the_first_version_keeps_what_it_holds(empty_database_url: str, open_store: Opener) -> None:
    store = open_store(empty_database_url)
    with store.writing() as conn:
        schema.upgrade(conn, "0001")
        conn.execute(
            text(
                "INSERT INTO connection (name, first_started_at, adopted_at, mode, policy_version, marker_key, state) "
                "VALUES ('psa', 1, 2, 'enforce', 'old', 'key', '{}')"
            )
        )
    assert store.schema_state() is SchemaState.OLD
    assert store.migrate() is SchemaState.OLD
    assert store.schema_state() is SchemaState.CURRENT
    assert Connections(store).get("psa").policy_version == "old"
    assert PolicyLog(store).rows() == []


def test_a_database_of_the_second_version_keeps_its_workers_signs_of_life(
    empty_database_url: str, open_store: Opener
) -> None:
    store = open_store(empty_database_url)
    with store.writing() as conn:
        schema.upgrade(conn, "0002")
        conn.execute(text("INSERT INTO worker (id, seen_at, state) VALUES ('one', 1000000, 'running')"))
    assert store.migrate() is SchemaState.OLD
    assert last_cycle_at(store) == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_a_database_of_the_sixth_version_takes_nonces(empty_database_url: str, open_store: Opener) -> None:
    store = open_store(empty_database_url)
    with store.writing() as conn:
        schema.upgrade(conn, "0006")
    assert store.migrate() is SchemaState.OLD
    made = Nonces(store).issue()
    assert Nonces(store).answers() == {made.nonce: made.answer}


def test_a_database_of_the_seventh_version_keeps_its_ended_stints(empty_database_url: str, open_store: Opener) -> None:
    store = open_store(empty_database_url)
    with store.writing() as conn:
        schema.upgrade(conn, "0007")
        conn.execute(
            text(
                "INSERT INTO ended_stint (connection, ticket, stint, tier, ladder, holder, client, began_at, ended_at, "
                "ended_by, is_escalated, was_warned) VALUES ('psa', '1', 'a', 'First', '', '', '', 1, 2, 'x', :no, :no)"
            ),
            {"no": False},
        )
    assert store.migrate() is SchemaState.OLD
    with store.reading() as conn:
        (kept,) = ended_stints.between(conn, datetime(1970, 1, 1, tzinfo=UTC), datetime(1971, 1, 1, tzinfo=UTC))
    assert (kept.tier, kept.board, kept.plan_limit, kept.has_left) == ("First", None, None, None)


def test_a_database_of_the_ninth_version_takes_log_ins(empty_database_url: str, open_store: Opener) -> None:
    store = open_store(empty_database_url)
    with store.writing() as conn:
        schema.upgrade(conn, "0009")
    assert store.migrate() is SchemaState.OLD
    assert not LoginTries(store).take([Counted("a", 2)]).is_slowed
    assert LoginTries(store).take([Counted("a", 2)]).is_slowed
    VoidSessions(store, timedelta(hours=1)).add("a")
    assert VoidSessions(store, timedelta(hours=1)).holds("a", "b", datetime(1970, 1, 1, tzinfo=UTC))
