"""Both sides of a copy: the file that is read, page by page in the order of the keys, and the database it goes to.

A page is what has keys behind one and up to another, so that the same stretch can be asked for on both sides. Keys sort
alike on both: numbers as numbers, texts by their bytes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection

from connector.store.database import moved
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.relocation.columns import CarriedTable, Values, is_whole

PAGE_ROWS, PAGE_BYTES = 1000, 4 << 20
"""A page has so many rows at most, and ends behind the row with which it has so many bytes."""


class CopyFailed(StoreError):
    """The copy could not go on, or is not what was to be copied; the message says what to do."""


@contextmanager
def any_text(store: Store) -> Iterator[Connection]:
    """Read a file whatever stands in its texts: what is no UTF-8 comes with lone surrogates, instead of an error."""
    with store.reading(is_snapshot=True) as conn:
        driver: Any = conn.connection.driver_connection
        driver.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        try:
            yield conn
        finally:
            driver.text_factory = str


def pages(store: Store, one: CarriedTable, token: str = "") -> Iterator[list[Values]]:
    """The rows of a table in the file. ``token``: of the move that must be under way there; empty before one is.

    Raises CopyFailed where the mark of the move was taken off meanwhile.
    """
    after: Values | None = None
    while True:
        with any_text(store) as conn:
            if token and not moved.holds(conn, token):
                raise CopyFailed(
                    "the file's mark was taken off: somebody works with it again; begin with an empty target"
                )
            page = _page(conn, one, after)
        if page:
            yield page
            after = _bindable(one, page[-1])
        else:
            return


def _bindable(one: CarriedTable, row: Values) -> Values:
    key = one.key_of(row)
    if not all(is_whole(part) for part in key if isinstance(part, str)):
        raise CopyFailed(f"{one.said(row)}: its key is no text in UTF-8: correct or delete it in the file")
    return key


def _page(conn: Connection, one: CarriedTable, after: Values | None) -> list[Values]:
    driver: Any = conn.connection.driver_connection
    behind = f"WHERE ({_names(one.key)}) > ({_places(one.key)})" if after else ""
    order = f"ORDER BY {_names(one.key)} LIMIT {PAGE_ROWS}"
    sql = f"SELECT {_names(one.columns)} FROM {one.name} {behind} {order}"  # noqa: S608  # our own names
    page: list[Values] = []
    size = 0
    cursor: sqlite3.Cursor = driver.execute(sql, after or ())
    for row in cursor:
        page.append(row)
        size += sum(len(value) for value in row if isinstance(value, (str, bytes)))
        if size >= PAGE_BYTES:
            break
    cursor.close()
    return page


def keys_there(conn: Connection, one: CarriedTable, after: Values | None, until: Values) -> set[Values]:
    """The keys that the target has behind one and up to another."""
    return {tuple(row) for row in _between(conn, one, one.key, after, until)}


def rows_there(conn: Connection, one: CarriedTable, after: Values | None, until: Values | None) -> list[Values]:
    """The rows that the target has behind one key and up to another, if there is one, in no order."""
    return [tuple(row) for row in _between(conn, one, one.columns, after, until)]


def _between(
    conn: Connection, one: CarriedTable, columns: Sequence[str], after: Values | None, until: Values | None
) -> list[Values]:
    """Like the pages of the file. A page at most, unless the target has what the file has not."""
    conditions: list[str] = []
    values: list[Any] = []
    for sign, key in ((">", after), ("<=", until)):
        if key is not None:
            conditions.append(f"({_names(one.key)}) {sign} ({', '.join(['%s'] * len(key))})")
            values += key
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    sql = f"SELECT {_names(columns)} FROM {one.name} {where}"  # noqa: S608  # our own names
    driver: psycopg.Connection[Any] = conn.connection.driver_connection  # type: ignore[assignment]  # it is psycopg's
    with driver.cursor() as cursor:
        return cursor.execute(sql.encode(), values).fetchall()


def add(conn: Connection, one: CarriedTable, rows: Sequence[Values]) -> None:
    """Add rows to the target. Raises CopyFailed where it does not take them."""
    driver: psycopg.Connection[Any] = conn.connection.driver_connection  # type: ignore[assignment]  # it is psycopg's
    sql = f"COPY {one.name} ({_names(one.columns)}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(sql.encode()) as copy:
            for row in rows:
                copy.write_row(one.carried(row))
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        between = f"{one.said(rows[0])} and {one.said(rows[-1])}"
        why = error.diag.message_primary or type(error).__name__
        raise CopyFailed(f"the target does not take a row between {between}: {why}") from error


def _names(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _places(names: Sequence[str]) -> str:
    return ", ".join("?" * len(names))
