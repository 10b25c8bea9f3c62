"""Statements on the stints that are over: one row each, written once; those that ended long ago are forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, tuple_

from connector.store.database.prepared import AnyStatement, PreparedRows
from connector.store.database.tables import ended_stint
from connector.store.records import EndedStint

_KEY = ("connection", "ticket", "stint")
_NAMES = tuple(field.name for field in fields(EndedStint))


def _once(statement: Any) -> AnyStatement:
    complete: AnyStatement = statement.on_conflict_do_nothing(index_elements=list(_KEY))
    return complete


_WRITING = PreparedRows(ended_stint, _NAMES, _once)


def write(conn: Connection, ended: Sequence[EndedStint]) -> None:
    """Write rows; one that is there stays as it is."""
    _WRITING.run(conn, [asdict(one) for one in ended])


def forget(conn: Connection, before: datetime, most: int) -> int:
    """Forget those that ended before that moment, about ``most`` of them; returns how many."""
    key = tuple_(*(ended_stint.c[name] for name in _KEY))
    old = select(*(ended_stint.c[name] for name in _KEY)).where(ended_stint.c.ended_at < before)
    found = conn.execute(old.order_by(ended_stint.c.ended_at).limit(most)).all()
    if found:
        conn.execute(delete(ended_stint).where(key.in_([tuple(row) for row in found])))
    return len(found)


def count(conn: Connection, since: datetime, until: datetime, most: int) -> int:
    """How many ended from ``since`` on, before ``until``; ``most`` + 1 stands for any more."""
    c = ended_stint.c
    some = select(c.ended_at).where(c.ended_at >= since, c.ended_at < until).limit(most + 1).subquery()
    return conn.execute(select(func.count()).select_from(some)).scalar_one()


def between(conn: Connection, since: datetime, until: datetime) -> Iterator[EndedStint]:
    """Those that ended from ``since`` on, before ``until``, in that order."""
    c = ended_stint.c
    query = select(*(c[name] for name in _NAMES)).where(c.ended_at >= since, c.ended_at < until)
    for row in conn.execute(query.order_by(c.ended_at, *(c[name] for name in _KEY))):
        yield EndedStint(**row._mapping)
