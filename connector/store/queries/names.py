"""How an index finds rows by what their names begin with."""

from __future__ import annotations

from sqlalchemy import BindParameter, ColumnElement


def has_prefix(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """A range that holds the names with that prefix, so that an index serves it."""
    return in_range(column, *range_of(prefix))


def range_of(prefix: str) -> tuple[str, str]:
    """The first name that may have a prefix, and the first after it that cannot."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


def in_range(
    column: ColumnElement[str], first: str | BindParameter[str], end: str | BindParameter[str]
) -> ColumnElement[bool]:
    """The names from ``first`` on, before ``end``."""
    return (column >= first) & (column < end)
