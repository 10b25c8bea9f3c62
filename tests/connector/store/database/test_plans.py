"""The statements that run all the time use their indexes when the tables are large, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Select, event, func, select, text

from connector.store.database.engine import Store
from connector.store.database.tables import inbox, mailbox, step, to_micros
from connector.store.mailbox import Mailbox
from connector.store.queries.due import (
    due_query,
    first_due_query,
    lane_query,
    last_looked_at_query,
    names_query,
    newest_query,
    ranks_query,
    urgent_query,
)
from connector.store.queries.rows import has_prefix
from connector.store.records import KEY
from tests.databases import POSTGRESQL, SQLITE, postgresql_database

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROWS = 60_000

FILL = """
INSERT INTO mailbox (connection, ticket, wake_at, fence, attempts, is_dead)
SELECT 'psa', CAST(n AS varchar), {start} + CAST(n AS bigint) * 1000000, 0, 0, {false} FROM numbers
"""
FILL_INBOX = """
INSERT INTO inbox (connection, ticket, delivery, source, received_at, done_at)
SELECT 'psa', CAST(n AS varchar), CAST(n AS varchar), 'webhook', 0, CASE WHEN n % 100 = 0 THEN NULL ELSE n END
FROM numbers
"""
FILL_STEPS = "INSERT INTO step (saga, n, state, at) SELECT 'psa/' || n || '/x', 1, 'done', 0 FROM numbers"


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL])
def full(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A full store of each kind, to look only: filled once."""
    with ExitStack() as stack:
        if request.param == SQLITE:
            path = request.getfixturevalue("tmp_path_factory").mktemp("full") / "escalator.db"
            url = f"sqlite:///{shutil.copyfile(request.getfixturevalue('sqlite_template'), path)}"
        else:
            names = ("postgresql_server", "postgresql_template")
            url = stack.enter_context(postgresql_database(*map(request.getfixturevalue, names)))
        store = stack.enter_context(closing(Store.open(url)))
        yield filled(store)


def filled(store: Store) -> Store:
    """The store with many tickets, all but the first few due later, and much mail, nearly all of it done."""
    numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ROWS - 1}) "
    false = "false" if store.is_postgresql else "0"
    with store.writing() as conn:
        for fill in (FILL, FILL_INBOX, FILL_STEPS):
            statement = fill.format(start=to_micros(NOW), false=false)
            if store.is_postgresql:
                conn.execute(text(statement.replace("FROM numbers", f"FROM generate_series(0, {ROWS - 1}) AS n")))
            else:
                head, _, tail = statement.partition("SELECT")
                conn.execute(text(f"{head} {numbers} SELECT {tail}"))
        if store.is_postgresql:
            conn.execute(text("ANALYZE"))
    return store


def plan(store: Store, query: Select[tuple[object, ...]], **values: object) -> str:
    """How the database means to run a query, in one line."""
    explain = "EXPLAIN " if store.is_postgresql else "EXPLAIN QUERY PLAN "
    found: list[str] = []

    def explain_first(conn: Connection, _: object, statement: str, parameters: Any, *__: object) -> None:
        cursor = conn.connection.cursor()
        cursor.execute(explain + statement, parameters)
        found.extend(str(row[-1]) for row in cursor.fetchall())
        cursor.close()

    with store.reading() as conn:
        event.listen(conn, "before_cursor_execute", explain_first)
        conn.execute(query, values).all()
        event.remove(conn, "before_cursor_execute", explain_first)
    return " | ".join(found)


def test_claiming_is_a_range_of_the_wake_index_in_its_order(full: Store) -> None:
    found = plan(full, due_query(), at_connection="psa", at_last=NOW + timedelta(seconds=50), at_most=10)
    if full.is_postgresql:
        assert "Index Scan using mailbox_wake" in found
        assert "Sort" not in found
    else:
        assert "SEARCH mailbox USING INDEX mailbox_wake (connection=? AND wake_at<?)" in found
        assert "TEMP B-TREE" not in found


def test_passed_deadlines_are_looked_for_in_the_same_range(full: Store) -> None:
    now = NOW + timedelta(seconds=50)
    for query in (urgent_query(), last_looked_at_query(10_000), lane_query(), newest_query()):
        found = plan(full, query, at_connection="psa", at_now=now, at_last=now, at_most=10, at_lane=2)
        assert "mailbox_wake" in found or "mailbox_lane" in found
        assert "Seq Scan" not in found
        assert "SCAN mailbox" not in found


def test_connections_with_something_due_are_found_without_looking_at_the_idle_ones(full: Store) -> None:
    last = NOW + timedelta(seconds=50)
    found = plan(full, first_due_query(), at_last=last, at_most=1000)
    assert "mailbox_wake_of_all" in found
    assert "Seq Scan" not in found
    assert "Sort" not in found
    assert "TEMP B-TREE" not in found


@pytest.mark.parametrize("query", [names_query(), ranks_query()], ids=["names", "ranks"])
def test_in_a_crowd_each_connection_is_a_step_into_an_index(full: Store, query: Select[tuple[object, ...]]) -> None:
    found = plan(full, query, at_last=NOW + timedelta(seconds=50))
    assert "Seq Scan on mailbox" not in found
    assert "SCAN mailbox" not in found


def test_in_a_crowd_late_tickets_are_a_step_into_the_index_of_deadlines(full: Store) -> None:
    found = plan(full, ranks_query(), at_last=NOW + timedelta(seconds=50))
    assert "mailbox_due" in found
    assert "Sort" not in found
    assert "TEMP B-TREE" not in found


def test_a_claim_takes_what_is_due_out_of_many(store: Store) -> None:
    with filled(store).writing() as conn:
        conn.execute(text("UPDATE mailbox SET wake_at = 0 WHERE ticket IN ('7', '59999')"))
        conn.execute(text("UPDATE mailbox SET wake_at = wake_at + 3600000000000000 WHERE wake_at > 0"))
    claims = Mailbox(store).claim("worker", 100, timedelta(minutes=1), ["psa"])
    assert {claim.ticket for claim in claims} == {"7", "59999"}


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (select(func.min(mailbox.c.wake_at)).where(mailbox.c.connection == "psa"), "mailbox_wake"),
        (
            select(inbox.c.id).where(
                inbox.c.connection == "psa", inbox.c.ticket.in_(["100", "200", "300"]), inbox.c.done_at.is_(None)
            ),
            "inbox_undone",
        ),
        (
            select(func.count()).where(
                inbox.c.connection == "psa", has_prefix(inbox.c.ticket, KEY), inbox.c.done_at.is_(None)
            ),
            "inbox_undone",
        ),
        (
            select(func.count(), func.min(mailbox.c.due_at)).where(
                mailbox.c.connection == "psa", mailbox.c.due_at < NOW, ~mailbox.c.is_dead
            ),
            "mailbox_due",
        ),
        (
            select(func.count(), func.min(mailbox.c.failing_since)).where(
                mailbox.c.connection == "psa", mailbox.c.failing_since < NOW, ~mailbox.c.is_dead
            ),
            "mailbox_failing",
        ),
        (select(func.count()).where(mailbox.c.connection == "psa", mailbox.c.is_dead), "mailbox_dead"),
        (select(inbox.c.id).where(inbox.c.done_at < datetime(1970, 1, 1, 0, 0, 0, 50, tzinfo=UTC)), "inbox_done"),
    ],
)
def test_what_runs_all_the_time_has_its_index(full: Store, query: Select[tuple[object, ...]], index: str) -> None:
    assert f"{index}" in plan(full, query)


def test_steps_are_found_by_prefix_in_the_primary_key(full: Store) -> None:
    found = plan(full, select(step).where(has_prefix(step.c.saga, "psa/47/")).order_by(step.c.saga, step.c.n))
    assert ("step_pkey" in found) if full.is_postgresql else ("sqlite_autoindex_step_1 (saga>? AND saga<?)" in found)


def test_rows_are_locked_through_the_primary_key(full: Store) -> None:
    query = select(mailbox.c.fence).where(mailbox.c.connection == "psa", mailbox.c.ticket.in_(["1", "2", "3"]))
    found = plan(full, query.order_by(mailbox.c.ticket).with_for_update())
    assert ("mailbox_pkey" in found) if full.is_postgresql else ("sqlite_autoindex_mailbox_1" in found)
