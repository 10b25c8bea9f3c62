"""What one test leaves in the database that the next one gets."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from tests.kept_database import KeptDatabase


@pytest.fixture
def kept(postgresql_server: str, postgresql_template: str) -> Iterator[KeptDatabase]:
    database = KeptDatabase(postgresql_server, postgresql_template)
    yield database
    database.drop()


def connected(url: str) -> psycopg.Connection:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    with connected(url) as conn:
        tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        return {table: conn.execute(f"TABLE {table}").fetchall() for (table,) in tables}


def test_the_rows_of_one_test_are_not_there_for_the_next(kept: KeptDatabase) -> None:
    url = kept.url()
    before = contents(url)
    with connected(url) as conn:
        conn.execute("INSERT INTO step (saga, n, state, at) VALUES ('a', 1, 'done', 0)")
        conn.execute("UPDATE audit_head SET length = 7")
        conn.execute("DELETE FROM alembic_version")
    assert contents(url) != before
    kept.give_back()
    assert (kept.url(), contents(url)) == (url, before)


def test_nothing_is_left_of_the_pages_so_that_rows_come_in_the_order_of_a_new_one(kept: KeptDatabase) -> None:
    with connected(kept.url()) as conn:
        conn.execute("INSERT INTO step (saga, n, state, at) VALUES ('a', 1, 'done', 0), ('b', 1, 'done', 0)")
        conn.execute("DELETE FROM step WHERE saga = 'a'")
    kept.give_back()
    with connected(kept.url()) as conn:
        assert conn.execute("SELECT pg_relation_size('step')").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE another (n integer)",
        "ALTER TABLE step ALTER COLUMN state DROP NOT NULL",
        "ALTER TABLE step ALTER COLUMN state SET DEFAULT 'x'",
        "DROP INDEX mailbox_wake",
        "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "ANALYZE audit_head",
        "TRUNCATE step",
        "CREATE SCHEMA beside CREATE TABLE another (n integer)",
    ],
)
def test_a_database_of_which_more_was_changed_is_not_kept(kept: KeptDatabase, change: str) -> None:
    url = kept.url()
    with connected(url) as conn:
        conn.execute(change)
    kept.give_back()
    assert kept.url() != url


def test_a_database_in_which_somebody_is_left_is_not_kept(kept: KeptDatabase) -> None:
    url = kept.url()
    with connected(url) as conn:
        kept.give_back()
        with pytest.raises(psycopg.OperationalError):
            conn.execute("SELECT 1")
    assert kept.url() != url
