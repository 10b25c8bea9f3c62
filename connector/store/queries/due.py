"""What is due, locked in the order in which it is claimed: what is urgent, then what waits the longest.

What is locked already is skipped, never waited for: so the order of these locks does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, func, select

from connector.store.database.prepared import Prepared
from connector.store.database.tables import AnyRow, mailbox
from connector.store.queries.rows import has_prefix
from connector.store.records import CHORE, KEY, Key

LOOKED_THROUGH = 10_000
"""Among so many due rows of a connection, and those due at the same moment, the urgent ones are looked for: it bounds
what a claim costs."""

_is_waiting = (mailbox.c.connection == bindparam("at_connection")) & (mailbox.c.wake_at <= bindparam("at_last"))


def due_query() -> Select[Any]:
    """The rows of one connection that want to be woken, the longest waiting first: a range of one index."""
    c = mailbox.c
    return (
        select(c.connection, c.ticket, c.fence, c.attempts, c.failing_since, c.snapshot, c.wake_at, c.due_at)
        .where(_is_waiting)
        .order_by(c.wake_at)
        .limit(bindparam("at_most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def urgent_query() -> Select[Any]:
    """Of these rows the ones that go first: tickets whose deadline has passed, and the worker's own chores.

    Not a ticket whose turn has failed, which would go first again and again; nor the learning of signing keys, for who
    sends webhooks decides how many of these there are.
    """
    c = mailbox.c
    is_late = (c.due_at <= bindparam("at_now")) & (c.attempts == 0)
    is_chore = has_prefix(c.ticket, CHORE) & ~has_prefix(c.ticket, KEY)
    return due_query().where(is_late | is_chore)


def _is_urgent(row: AnyRow, now: datetime) -> bool:
    """See ``urgent_query``."""
    if row.ticket.startswith(CHORE):
        return not row.ticket.startswith(KEY)
    return row.due_at is not None and row.due_at <= now and row.attempts == 0


def _chosen(due: Sequence[AnyRow], now: datetime, limit: int) -> list[AnyRow]:
    """What fits: first what is urgent, then what waits the longest, to which a quarter of the places is left."""
    due = sorted(due, key=lambda row: row.wake_at)
    urgent = [row for row in due if _is_urgent(row, now)][: limit - limit // 4]
    taken = {(row.connection, row.ticket) for row in urgent}
    return [*urgent, *(row for row in due if (row.connection, row.ticket) not in taken)][:limit]


_DUE = Prepared(due_query())
_URGENT = Prepared(urgent_query())


def last_looked_at_query(looked_through: int) -> Select[Any]:
    """When the one after so many due rows of a connection wants to be woken; nothing where there are no more."""
    return select(mailbox.c.wake_at).where(_is_waiting).order_by(mailbox.c.wake_at).offset(looked_through).limit(1)


_LAST_LOOKED_AT = Prepared(last_looked_at_query(LOOKED_THROUGH))
_NEXT_WAKE = Prepared(
    select(func.min(mailbox.c.wake_at).label("wake_at")).where(mailbox.c.connection == bindparam("at_connection"))
)


def next_wake(conn: Connection, connections: Sequence[str]) -> datetime | None:
    """The earliest ``wake_at`` of the connections: one step into the index for each."""
    found = (row.wake_at for name in connections for row in _NEXT_WAKE.rows(conn, {"at_connection": name}))
    return min((moment for moment in found if moment is not None), default=None)


def lock(conn: Connection, connections: Sequence[str], now: datetime, limit: int) -> list[AnyRow]:
    """Lock up to ``limit`` due rows over all connections; what somebody else has locked is left out.

    What is urgent comes first, however much mail came in before it, but leaves a quarter of the places to what waits
    the longest. Rows that were locked but do not fit into the limit are let go with the transaction, unchanged.
    """
    due: dict[Key, AnyRow] = {}
    for connection in sorted(set(connections)):
        given = {"at_connection": connection, "at_last": now, "at_most": limit}
        found = _DUE.rows(conn, given)
        if len(found) == limit:
            # There may be more. Where there are fewer, all that is urgent is among them.
            last = _LAST_LOOKED_AT.one_or_none(conn, given)
            found += _URGENT.rows(conn, {**given, "at_now": now, "at_last": last.wake_at if last else now})
        due |= {(row.connection, row.ticket): row for row in found}
    return _chosen(list(due.values()), now, limit)
