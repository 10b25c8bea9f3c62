"""Statements on the journal of effects: write a step, find the steps of a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select

from connector.store.engine import Store, insert_into
from connector.store.queries.views import in_range, range_of
from connector.store.tables import AnyRow, step

# Made once: to put a statement together takes longer than to run it.
_WITH_PREFIX = (
    select(step)
    .where(in_range(step.c.saga, bindparam("at_first"), bindparam("at_end")))
    .order_by(step.c.saga, step.c.n)
)


def row(saga: str, n: int, state: str, outcome: Mapping[str, object], at: datetime) -> dict[str, object]:
    """A step, ready to be written."""
    return {"saga": saga, "n": n, "state": state, "outcome": dict(outcome), "at": at}


def write(conn: Connection, store: Store, rows: Sequence[dict[str, object]]) -> None:
    """Write steps, each in the place of the one that was there before."""
    if rows:
        conn.execute(_writing(store.is_postgresql), rows)


def with_prefix(conn: Connection, prefix: str) -> Sequence[AnyRow]:
    """The steps of all sagas whose names begin so, by saga and number."""
    first, end = range_of(prefix)
    return conn.execute(_WITH_PREFIX, {"at_first": first, "at_end": end}).all()


@cache
def _writing(is_postgresql: bool) -> Any:
    statement = insert_into(step, is_postgresql=is_postgresql)
    fresh = {name: statement.excluded[name] for name in ("state", "outcome", "at")}
    return statement.on_conflict_do_update(index_elements=["saga", "n"], set_=fresh)
