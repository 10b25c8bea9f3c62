"""The line in which tickets come up that were due before their connection was back: most overdue first, at one pace.

Those whose deadlines were known are given their moments when it is back (``outages``). Here every one of them is held
to the pace when it is about to go up, whatever woke it before; and what was due without that anybody knew, because it
came or changed meanwhile, finds its place behind those that are more overdue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from connector.store.database.engine import Store
from connector.store.database.prepared import Prepared
from connector.store.database.tables import connection as table
from connector.store.queries import recovery

AT_ONCE = 10
"""So many of the tickets that are overdue when a connection is back come up at once."""

ONE_EVERY = timedelta(seconds=5)
"""The others follow, one so often."""

_EARLY = ONE_EVERY / 2
"""So much before its moment one may go: some are read more quickly than the one before."""

LINE = "line"
"""Remembered of a connection: ``until``: what was due up to then is in the line; ``full``: when all ``AT_ONCE`` may
come again; ``last``: the last moment that was given; ``sorted``: when they were put in order, absent while all are."""

_STATE = Prepared(select(table.c.state).where(table.c.name == bindparam("at_name")))


class WaitingLine:
    """The lines of one store's connections. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def wait(self, connection: str, due_at: datetime, known_due_at: datetime | None) -> datetime | None:
        """When a ticket that is to go up, for it was due then, is to come again; None: it may go now, and is counted.

        ``known_due_at``: the deadline by which it was woken; one that was unknown gives way to all more overdue ones.
        """
        if not self._is_there(connection, due_at):
            return None  # by far the most: nobody waits for a lock to learn that
        with self.store.writing() as conn:
            state = _locked(conn, connection)
            line = _holding(state, due_at)
            if line is None:
                return None
            now = self.store.now(conn)
            has_place = known_due_at is not None and known_due_at <= _at(line, "until")
            full = max(_at(line, "full"), now)
            is_free = full - (AT_ONCE - 1) * ONE_EVERY <= now + _EARLY
            goes = is_free and (has_place or not recovery.waits_before(conn, connection, due_at))
            if goes:
                full += ONE_EVERY
            if "sorted" in line and now - _at(line, "sorted") >= ONE_EVERY:
                # Of those that are in somebody's hands at this moment, the next one is put in order, too.
                first = max(full - (AT_ONCE - 1) * ONE_EVERY, now + _EARLY)
                count = recovery.put_in_order(conn, connection, _at(line, "until"), now, first, ONE_EVERY)
                last = first + (count - 1) * ONE_EVERY
                # Of very many only the first ones are put in order: those behind them keep what they were given.
                line = {**line, "last": (max(last, _at(line, "last")) if count == recovery.PAGE else last).isoformat()}
                del line["sorted"]
            again = None if goes else max(_at(line, "last"), now) + ONE_EVERY
            if again is not None:
                line = {"sorted": now.isoformat(), **line, "last": again.isoformat()}
            line = {**line, "full": full.isoformat()}
            conn.execute(update(table).where(table.c.name == connection).values(state={**state, LINE: line}))
        return again

    def _is_there(self, connection: str, due_at: datetime) -> bool:
        """Whether what was due then is in the line, as far as can be told without a lock."""
        with self.store.reading() as conn:
            row = _STATE.one_or_none(conn, {"at_name": connection})
        return row is not None and _holding(row.state, due_at) is not None


def open_line(conn: Connection, connection: str, until: datetime, last: datetime) -> None:
    """A connection is back: what was due ``until`` now is in its line, where moments were given up to the ``last``."""
    state = _locked(conn, connection)
    before = state.get(LINE, {"full": until.isoformat(), "last": last.isoformat()})
    line = {**before, "until": until.isoformat(), "last": max(_at(before, "last"), last).isoformat()}
    conn.execute(update(table).where(table.c.name == connection).values(state={**state, LINE: line}))


def _locked(conn: Connection, connection: str) -> Mapping[str, Any]:
    """The free-form state of a connection, empty for one that was never started."""
    return conn.execute(select(table.c.state).where(table.c.name == connection).with_for_update()).scalar() or {}


def _holding(state: Mapping[str, Any], due_at: datetime) -> Mapping[str, str] | None:
    """The line, where what was due then is in it."""
    line: Mapping[str, str] | None = state.get(LINE)
    return None if line is None or due_at > _at(line, "until") else line


def _at(line: Mapping[str, str], name: str) -> datetime:
    return datetime.fromisoformat(line[name])
