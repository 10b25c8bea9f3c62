"""A pooler between us and the server: found by itself, and given nothing to keep from one transaction to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import PropertyMock, patch

from psycopg import ConnectionInfo
from sqlalchemy import text

from connector.cli.checks.database import of_pooler
from connector.model import Severity
from connector.store.database.engine import Store

Opener = Callable[..., Store]


@contextmanager
def somebody_in_between() -> Iterator[None]:
    """Who answers for the server tells another process than there is."""
    with patch.object(ConnectionInfo, "backend_pid", PropertyMock(return_value=1)):
        yield


def prepares_after(store: Store) -> object:
    with store.reading() as conn:
        return conn.connection.driver_connection.prepare_threshold  # type: ignore[union-attr]  # it is psycopg's


def test_statements_are_prepared_on_the_server_unless_somebody_lies_between(
    postgresql_url: str, open_store: Opener
) -> None:
    assert prepares_after(open_store(postgresql_url)) == 5
    with somebody_in_between():
        assert prepares_after(open_store(postgresql_url)) is None


def test_nobody_in_between_is_no_finding(store: Store) -> None:
    assert list(of_pooler(store)) == []


def test_time_outs_that_the_user_has_not_on_the_server_are_told_until_it_has(
    postgresql_url: str, open_store: Opener
) -> None:
    store = open_store(postgresql_url)
    user = store.engine.url.username
    with somebody_in_between():
        [found] = of_pooler(store)
        assert (found.severity, found.message) == (
            Severity.WARNING,
            f"lies between, and may keep no time-out of ours: on the server, ALTER ROLE {user} SET statement_timeout = "
            f"15000; ALTER ROLE {user} SET lock_timeout = 10000; ALTER ROLE {user} SET "
            "idle_in_transaction_session_timeout = 15000",
        )
        name = store.engine.url.database
        with store.writing() as conn:
            for one in found.message.partition("on the server, ")[2].split("; "):
                conn.execute(text(one.replace(" SET", f" IN DATABASE {name} SET", 1)))
        again = open_store(postgresql_url)
        [found] = of_pooler(again)
    assert (found.severity, found.message) == (
        Severity.OK,
        "lies between; the server has the time-outs of this user itself",
    )


def test_a_server_that_does_not_answer_is_told_elsewhere(open_store: Opener) -> None:
    assert list(of_pooler(open_store("postgresql://u@127.0.0.1:1/n"))) == []
