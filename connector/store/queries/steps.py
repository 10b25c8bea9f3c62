"""Statements on the journal of effects: write a step, find the steps of a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from connector.store.database.prepared import AnyStatement, Prepared, PreparedRows
from connector.store.database.tables import AnyRow, step
from connector.store.queries.names import in_range, range_of

_WITH_PREFIX = Prepared(
    select(step)
    .where(in_range(step.c.saga, bindparam("at_first"), bindparam("at_end")))
    .order_by(step.c.saga, step.c.n)
)


def row(saga: str, n: int, state: str, outcome: Mapping[str, object], at: datetime) -> dict[str, object]:
    """A step, ready to be written."""
    return {"saga": saga, "n": n, "state": state, "outcome": dict(outcome), "at": at}


def write(conn: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Write steps, each in the place of the one that was there before."""
    _WRITING.run(conn, rows)


def with_prefix(conn: Connection, prefix: str) -> Sequence[AnyRow]:
    """The steps of all sagas whose names begin so, by saga and number."""
    first, end = range_of(prefix)
    return _WITH_PREFIX.rows(conn, {"at_first": first, "at_end": end})


def _in_its_place(statement: Any) -> AnyStatement:
    fresh = {name: statement.excluded[name] for name in ("state", "outcome", "at")}
    complete: AnyStatement = statement.on_conflict_do_update(index_elements=["saga", "n"], set_=fresh)
    return complete


_WRITING = PreparedRows(step, ("saga", "n", "state", "outcome", "at"), _in_its_place)
