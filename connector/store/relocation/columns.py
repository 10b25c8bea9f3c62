"""The tables as both databases have them, value by value: what PostgreSQL does not take, and when two are the same.

Values are those of the databases themselves, not of the connector: nothing is read into a moment or a document and
written anew on the way, so that what comes out is what went in, to the byte. SQLite keeps any kind of value in any
column; what the connector never writes may be there all the same, by other hands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, String, Table, TypeDecorator
from sqlalchemy.types import TypeEngine

from connector.store.database.tables import metadata

Values = tuple[Any, ...]
"""A row, or its key, as a database's driver gives it."""

_FOUR_BYTES, _EIGHT_BYTES = 1 << 31, 1 << 63


@dataclass(frozen=True)
class CarriedTable:
    """A table to carry."""

    table: Table

    @property
    def name(self) -> str:
        """Its name, the same on both sides."""
        return self.table.name

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.table.columns)

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The names of the columns of its key."""
        return tuple(column.name for column in self.table.primary_key.columns)

    @cached_property
    def _key_places(self) -> tuple[int, ...]:
        return tuple(map(self.columns.index, self.key))

    @cached_property
    def _checks(self) -> tuple[Callable[[Any], str], ...]:
        return tuple(map(_check_of, self.table.columns))

    @cached_property
    def _booleans(self) -> tuple[int, ...]:
        return tuple(n for n, column in enumerate(self.table.columns) if isinstance(_plain(column), Boolean))

    def key_of(self, row: Sequence[Any]) -> Values:
        """The key of a row."""
        return tuple(row[place] for place in self._key_places)

    def said(self, row: Sequence[Any]) -> str:
        """Which row it is, for people; nothing that a client wrote is in a key."""
        told = ", ".join(f"{name} {value!r}" for name, value in zip(self.key, self.key_of(row), strict=True))
        return f"{self.name} ({told})"

    def unfit(self, row: Sequence[Any]) -> str:
        """Why PostgreSQL does not take a row of SQLite's, by its first column that is wrong; empty where it does."""
        for name, value, check in zip(self.columns, row, self._checks, strict=True):
            if why := check(value):
                return f"{name} {why}"
        return ""

    def carried(self, row: Sequence[Any]) -> Values:
        """A row of SQLite's as PostgreSQL has it: there what is true is no number."""
        if not self._booleans:
            return tuple(row)
        values = list(row)
        for place in self._booleans:
            values[place] = None if values[place] is None else bool(values[place])
        return tuple(values)


CARRIED = tuple(map(CarriedTable, metadata.sorted_tables))
"""Every table of the connector's; only the version of the schema is left to the migrations."""


def _plain(column: Column[Any]) -> TypeEngine[Any]:
    kind = column.type
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return kind


def _check_of(column: Column[Any]) -> Callable[[Any], str]:
    check = _check(_plain(column))
    is_nullable = bool(column.nullable)

    def checked(value: Any) -> str:
        if value is None:
            return "" if is_nullable else "has no value, and must have one"
        return check(value)

    return checked


def _check(kind: TypeEngine[Any]) -> Callable[[Any], str]:
    match kind:
        case Boolean():
            return lambda value: "" if value in (0, 1) else "is neither 0 nor 1"
        case BigInteger():
            return lambda value: _number(value, _EIGHT_BYTES)
        case Integer():
            return lambda value: _number(value, _FOUR_BYTES)
        case Float():
            return lambda value: "" if isinstance(value, (float, int)) else "is no number"
        case LargeBinary():
            return lambda value: "" if isinstance(value, bytes) else "is no bytes, but another kind of value"
        case String():
            return lambda value: _text(value, kind.length)
    raise TypeError(f"nobody has said how a {kind!r} is carried")


def _number(value: Any, bound: int) -> str:
    if not isinstance(value, int):
        return "is no whole number"
    return "" if -bound <= value < bound else "is a larger number than fits there"


def is_whole(value: str) -> bool:
    """Whether a text was read from UTF-8 without an error, and can be written as such."""
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def _text(value: Any, longest: int | None) -> str:
    if not isinstance(value, str):
        return "is no text, but another kind of value"
    if "\0" in value:
        return "holds a NUL, which PostgreSQL takes in no text"
    if not is_whole(value):
        return "is no text in UTF-8"
    if longest is not None and len(value) > longest:
        return f"is longer than {longest} characters"
    return ""
