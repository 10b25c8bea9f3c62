"""Statements of the hot paths: put together once for each database, then run by its driver.

A turn or a webhook runs some fifteen small statements. What the library does around each of them takes several times
as long as the database does, so these go past it; the table's types still translate the values, both ways.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Dialect, Select, Table, bindparam
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import NullType, TypeEngine

from connector.store.database.engine import insert_into
from connector.store.database.tables import Name

AnyStatement = Select[Any] | UpdateBase
Translate = Callable[[Any], Any]


class Prepared:
    """A statement with named parameters, for use in a transaction of the store. Safe for several threads.

    ``postgresql``: the statement there, where it has to be another. An ``INSERT`` names its values. A row comes back as
    a named tuple of the columns. Errors are the driver's own; the store translates those that mean "not reachable now".
    """

    def __init__(self, statement: AnyStatement, postgresql: AnyStatement | None = None) -> None:
        self._statements = {"sqlite": statement, "postgresql": statement if postgresql is None else postgresql}
        self._forms: dict[str, _Form] = {}

    def rows(self, conn: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Run it once; the rows that came back."""
        form = self._form(conn)
        return form.read(form.cursor(conn).execute(form.sql, form.bound(values)).fetchall())

    def one_or_none(self, conn: Connection, values: Mapping[str, Any]) -> Any | None:
        """Run it once; the only row that came back, if there is one. Raises ValueError for more."""
        found = self.rows(conn, values)
        if len(found) > 1:
            raise ValueError("more than one row came back")
        return found[0] if found else None

    def run(self, conn: Connection, many: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of the sets of values; nothing comes back."""
        form = self._form(conn)
        if len(many) == 1:
            form.cursor(conn).execute(form.sql, form.bound(many[0]))
        elif many:
            form.cursor(conn).executemany(form.sql, [form.bound(values) for values in many])

    def _form(self, conn: Connection) -> _Form:
        name = conn.dialect.name
        form = self._forms.get(name)
        if form is None:
            form = self._forms[name] = _Form(self._statements[name], conn.dialect)
        return form


class PreparedList:
    """Like ``Prepared``, for a statement that asks for a list of names. It is kept for lengths that double."""

    def __init__(self, make: Callable[[list[BindParameter[str]]], AnyStatement]) -> None:
        self._make = make
        self._of_length: dict[int, Prepared] = {}

    def rows(self, conn: Connection, names: Sequence[str], values: Mapping[str, Any]) -> list[Any]:
        """Run it for these names, at least one; the rows that came back."""
        length = 1 << (len(names) - 1).bit_length()
        prepared = self._of_length.get(length)
        if prepared is None:
            prepared = self._of_length[length] = Prepared(
                self._make([bindparam(f"name_{n}", type_=Name) for n in range(length)])
            )
        filled = [*names, *[names[-1]] * (length - len(names))]
        return prepared.rows(conn, {**values, **{f"name_{n}": name for n, name in enumerate(filled)}})


class PreparedRows:
    """Like ``Prepared``, for an ``INSERT`` of several rows: few steps of the database instead of one for each row.

    Each step lets another thread of the process go first, and in a busy one that takes longer than the step.
    ``complete``: adds to the plain ``INSERT`` what is to be done about conflicts. It is kept for lengths that double,
    up to ``MOST`` rows; others go in several.
    """

    MOST = 32

    def __init__(
        self, table: Table, names: Sequence[str], complete: Callable[[Any], AnyStatement] = lambda plain: plain
    ) -> None:
        self._table = table
        self._names = tuple(names)
        self._complete = complete
        self._of_length: dict[int, Prepared] = {}

    def run(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert these rows, in their order."""
        for prepared, values in self._portions(rows):
            prepared.run(conn, [values])

    def rows(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Insert these rows, in their order; what the statement returns, in any."""
        return [row for prepared, values in self._portions(rows) for row in prepared.rows(conn, values)]

    def _portions(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Prepared, dict[str, Any]]]:
        start = 0
        while start < len(rows):
            length = min(self.MOST, 1 << ((len(rows) - start).bit_length() - 1))
            part = rows[start : start + length]
            yield (
                self._prepared(length),
                {f"{name}_{n}": row[name] for n, row in enumerate(part) for name in self._names},
            )
            start += length

    def _prepared(self, length: int) -> Prepared:
        prepared = self._of_length.get(length)
        if prepared is None:
            # The library gives the columns' types to the first row's parameters only.
            typed = {name: self._table.c[name].type for name in self._names}
            rows: list[dict[str, Any]] = [
                {name: bindparam(f"{name}_{n}", type_=type_) for name, type_ in typed.items()} for n in range(length)
            ]
            prepared = self._of_length[length] = Prepared(
                *(
                    self._complete(insert_into(self._table, is_postgresql=is_postgresql).values(rows))
                    for is_postgresql in (False, True)
                )
            )
        return prepared


class _Form:
    """A statement as one database takes it."""

    def __init__(self, statement: AnyStatement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        places: Sequence[str] | None = compiled.positiontup
        self.cursor: Callable[[Connection], Any] = _cursor
        if places is None:
            # PostgreSQL's driver would look for the names at each call, which takes longer than all else about it.
            self.sql, places = _numbered(self.sql)
            self.cursor = _raw_cursor
        binds: Mapping[str, BindParameter[Any]] = compiled.binds
        if untyped := [name for name, bind in binds.items() if isinstance(bind.type, NullType)]:
            raise TypeError(f"parameters without a type: {', '.join(untyped)}")
        self._constants = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._binds = [(name, _binding(binds[name].type, dialect)) for name in places]
        self._columns: list[ColumnElement[Any]] = list(statement.exported_columns)
        self._reading = [_reading(column.type, dialect) for column in self._columns]

    @cached_property
    def _row(self) -> Any:
        return namedtuple("Row", [str(column.key) for column in self._columns])

    def bound(self, values: Mapping[str, Any]) -> Any:
        """The values as the driver wants them. Raises KeyError for one that is missing."""
        given = {**self._constants, **values} if self._constants else values
        return [given[name] if bind is None else bind(given[name]) for name, bind in self._binds]

    def read(self, found: Iterable[Sequence[Any]]) -> list[Any]:
        """The rows, from what the driver fetched."""
        make, reading = self._row._make, self._reading
        return [make([x if read is None else read(x) for x, read in zip(row, reading, strict=True)]) for row in found]


def _binding(type_: TypeEngine[Any], dialect: Dialect) -> Translate | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _reading(type_: TypeEngine[Any], dialect: Dialect) -> Translate | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _numbered(sql: str) -> tuple[str, list[str]]:
    """A statement with ``$1``, ``$2``, … in place of ``%(name)s``, and the names in that order."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

    return _PLACE.sub(number, sql), list(numbers)


_PLACE = re.compile(r"%\(([^()]+)\)s|%%")


def _cursor(conn: Connection) -> Any:
    driver: Any = conn.connection.driver_connection
    return driver.cursor()


def _raw_cursor(conn: Connection) -> Any:
    from psycopg import RawCursor

    driver: Any = conn.connection.driver_connection
    return RawCursor(driver)
