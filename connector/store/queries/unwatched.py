"""Statements on the open tickets that are at no tier's home: one row each, for a report to count them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_

from connector.store.database.prepared import AnyStatement, PreparedRows
from connector.store.database.tables import unwatched
from connector.store.records import Key

_KEY = ("connection", "ticket")


def _latest(statement: Any) -> AnyStatement:
    fresh = {name: statement.excluded[name] for name in ("place", "seen_at")}
    complete: AnyStatement = statement.on_conflict_do_update(index_elements=list(_KEY), set_=fresh)
    return complete


_WRITING = PreparedRows(unwatched, (*_KEY, "place", "seen_at"), _latest)


def write(conn: Connection, found: Mapping[Key, str], now: datetime) -> None:
    """Write where tickets were seen now, each in the place of what was there before; in the order of their keys."""
    _WRITING.run(
        conn,
        [
            {"connection": connection, "ticket": ticket, "place": place, "seen_at": now}
            for (connection, ticket), place in sorted(found.items())
        ],
    )


def forget(conn: Connection, before: datetime, most: int) -> int:
    """Forget those that were not seen since that moment, about ``most`` of them; returns how many."""
    key = tuple_(*(unwatched.c[name] for name in _KEY))
    old = select(*(unwatched.c[name] for name in _KEY)).where(unwatched.c.seen_at < before)
    found = conn.execute(old.order_by(unwatched.c.seen_at).limit(most)).all()
    if found:
        conn.execute(delete(unwatched).where(key.in_([tuple(row) for row in found])))
    return len(found)
