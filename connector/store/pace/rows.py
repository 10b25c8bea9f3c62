"""The row of a connection's pace: the lock of what is taken up and let go, and what both remember. In transactions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from connector.store.database.engine import insert_into
from connector.store.database.prepared import Prepared
from connector.store.database.tables import AnyRow, pace

AWAY = "away"
"""Of a pace's detail: the stretches in which the connection was down lately, oldest first."""

TOLD = "told"
"""Of a pace's detail: the adoption of which people were told last."""

MOST_AWAY = 20

_ROW = Prepared(select(pace).where(pace.c.connection == bindparam("at_connection")))


def find(conn: Connection, connection: str) -> AnyRow | None:
    """The row as it is, without a lock; None where nothing was remembered yet."""
    return _ROW.one_or_none(conn, {"at_connection": connection})


def lock(conn: Connection, connection: str) -> AnyRow:
    """The row, made where it is not there, and locked for this transaction."""
    is_postgresql = conn.dialect.name == "postgresql"
    new = insert_into(pace, is_postgresql=is_postgresql).values(connection=connection, detail={})
    conn.execute(new.on_conflict_do_nothing(index_elements=["connection"]))
    return conn.execute(select(pace).where(pace.c.connection == connection).with_for_update()).one()


def write(conn: Connection, connection: str, **values: Any) -> None:
    """Change the row, which is locked."""
    conn.execute(update(pace).where(pace.c.connection == connection).values(values))


def note_away(conn: Connection, connection: str, since: datetime, until: datetime) -> None:
    """Remember that a connection was down: what was due meanwhile is no fault. The last few are kept."""
    detail = lock(conn, connection).detail
    spans = [*detail.get(AWAY, ()), [since.isoformat(), until.isoformat()]][-MOST_AWAY:]
    write(conn, connection, detail={**detail, AWAY: spans})


def was_away(detail: Mapping[str, Any], at: datetime) -> bool:
    """Whether the connection was down at a moment."""
    spans = detail.get(AWAY, ())
    return any(datetime.fromisoformat(since) <= at <= datetime.fromisoformat(until) for since, until in spans)
