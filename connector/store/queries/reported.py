"""Statements for a report: what is known of tickets from a moment on, in the order of connection and ticket.

So each source can be merged with the others and no more than one ticket is held. Read them in one snapshot. Besides,
what was done, the newest first, and all that is known of a few tickets: by indexes, whatever else is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, or_, select, text, union_all

from connector.store.database.tables import DEEDS, AnyRow, audit, audit_entry, ended_stint, mailbox, unwatched
from connector.store.queries.rows import by_connection, has_prefix
from connector.store.records import CHORE, EndedStint, Event, Key

_AT_ONCE = 500
"""So many rows are fetched at once."""

_OUT_OF_ORDER = timedelta(hours=1)
"""Entries are dated in the order of their numbers, but for a clock that was put back by no more than that."""

_ENDED = tuple(EndedStint.__dataclass_fields__)


def entries(
    conn: Connection, connections: Sequence[str], told: Collection[Event], since: datetime, until: datetime
) -> Iterator[AnyRow]:
    """The audit entries of these events from ``since`` on, before ``until``: connection, ticket, at, event, detail.

    Those of the closed chain, too, which are older.
    """
    events = sorted(told)
    for connection in sorted(connections):
        new = audit_entry.c
        first = _first_since(conn, connection, since - _OUT_OF_ORDER)
        if first is None:
            continue
        columns = (new.connection, new.ticket, new.at, new.event, new.detail)
        # The empty text keeps both databases from walking through the whole trail by its index on tickets.
        query = select(*columns).where(new.connection == connection, new.n >= first).order_by(new.ticket + "", new.n)
        yield from _rows(conn, query.where(new.at >= since, new.at < until, new.event.in_(events)))


def closed_entries(
    conn: Connection, connections: Sequence[str], told: Collection[Event], since: datetime, until: datetime
) -> Iterator[AnyRow]:
    """The same of the closed chain, which versions before wrote."""
    c = audit.c
    query = select(c.connection, c.ticket, c.at, c.event, c.detail).where(c.connection.in_(sorted(connections)))
    query = query.where(c.at >= since, c.at < until, c.event.in_(sorted(told)))
    yield from _rows(conn, query.order_by(c.connection, c.ticket, c.id))


def _first_since(conn: Connection, connection: str, since: datetime) -> int | None:
    """The number of a connection's first entry from a moment on, by halves; None where there is none."""
    c = audit_entry.c
    low, high = conn.execute(select(func.min(c.n), func.max(c.n)).where(c.connection == connection)).one()
    if low is None:
        return None
    high += 1
    while low < high:
        middle = (low + high) // 2
        at = conn.execute(select(c.at).where(c.connection == connection, c.n == middle)).scalar_one()
        if at < since:
            low = middle + 1
        else:
            high = middle
    return int(low)


def ended(conn: Connection, connections: Sequence[str], since: datetime, until: datetime) -> Iterator[EndedStint]:
    """The stints that ended from ``since`` on, before ``until``, of a ticket in the order of their ends."""
    c = ended_stint.c
    query = select(*(c[name] for name in _ENDED)).where(c.ended_at >= since, c.ended_at < until)
    query = query.where(c.connection.in_(sorted(connections))).order_by(c.connection, c.ticket, c.ended_at, c.stint)
    for row in _rows(conn, query):
        yield EndedStint(**row._mapping)


def open_tickets(conn: Connection, connections: Sequence[str]) -> Iterator[AnyRow]:
    """The watched tickets as their rows stand: connection, ticket, snapshot, is_dead."""
    c = mailbox.c
    query = select(c.connection, c.ticket, c.snapshot, c.is_dead).where(c.connection.in_(sorted(connections)))
    yield from _rows(conn, query.where(~has_prefix(c.ticket, CHORE)).order_by(c.connection, c.ticket))


def elsewhere(conn: Connection, connections: Sequence[str], since: datetime) -> Iterator[AnyRow]:
    """Open tickets that were seen at no tier's home from a moment on: connection, ticket, place, seen_at."""
    c = unwatched.c
    query = select(unwatched).where(c.connection.in_(sorted(connections)), c.seen_at >= since)
    yield from _rows(conn, query.order_by(c.connection, c.ticket))


@dataclass(frozen=True, slots=True)
class DeedCursor:
    """An entry of the trail, behind which a page begins; ``n``: its number in its connection's chain."""

    at: datetime
    connection: str
    n: int


def newest(
    conn: Connection,
    connections: Sequence[str],
    told: Collection[Event],
    since: datetime,
    until: datetime,
    most: int,
    behind: DeedCursor | None = None,
) -> list[AnyRow]:
    """The last entries of these events from ``since`` on, before ``until``, the newest first, at most so many.

    Of events that have the index for it: ``DEEDS``. Each is a walk of at most that length through it. None of the
    closed chain.
    """
    c = audit_entry.c
    columns = (c.connection, c.n, c.ticket, c.at, c.event, c.detail)
    parts = []
    for connection in sorted(connections):
        for event in sorted(told):
            query = select(*columns).where(text(DEEDS), c.connection == connection, c.event == event.value)
            query = query.where(c.at >= since, c.at < until)
            if behind is not None:
                query = query.where(c.at <= behind.at, _is_behind(behind, connection))
            parts.append(query.order_by(c.at.desc(), c.n.desc()).limit(most))
    if not parts:
        return []
    rows = conn.execute(union_all(*(select(part.subquery()) for part in parts))).all()
    return sorted(sorted(rows, key=lambda row: (row.connection, -row.n)), key=lambda row: row.at, reverse=True)[:most]


def _is_behind(behind: DeedCursor, connection: str) -> Any:
    """Whether an entry of that connection comes behind the cursor, which is of the same moment or a later one."""
    c = audit_entry.c
    if connection == behind.connection:
        return or_(c.at < behind.at, c.n < behind.n)
    return c.at < behind.at if connection < behind.connection else c.at <= behind.at


def entry(conn: Connection, connection: str, n: int) -> AnyRow | None:
    """The entry of that number in a connection's chain."""
    c = audit_entry.c
    query = select(c.connection, c.n, c.ticket, c.at, c.event, c.detail).where(c.connection == connection, c.n == n)
    return conn.execute(query).one_or_none()


def entries_of(
    conn: Connection, keys: Iterable[Key], told: Collection[Event], since: datetime, until: datetime
) -> list[AnyRow]:
    """The entries of these events of some tickets, as ``entries`` with their numbers, a ticket's oldest first."""
    c = audit_entry.c
    query = select(c.connection, c.n, c.ticket, c.at, c.event, c.detail)
    query = query.where(c.at >= since, c.at < until, c.event.in_(sorted(told)))
    return sorted(_of_tickets(conn, query, audit_entry, keys), key=lambda row: (row.connection, row.ticket, row.n))


def ended_of(conn: Connection, keys: Iterable[Key]) -> list[EndedStint]:
    """The stints of some tickets that are over, a ticket's in the order of their ends."""
    query = select(*(ended_stint.c[name] for name in _ENDED))
    found = [EndedStint(**row._mapping) for row in _of_tickets(conn, query, ended_stint, keys)]
    return sorted(found, key=lambda one: (one.connection, one.ticket, one.ended_at, one.stint))


def open_of(conn: Connection, keys: Iterable[Key]) -> list[AnyRow]:
    """Those of some tickets that are watched, as ``open_tickets``."""
    c = mailbox.c
    return _of_tickets(conn, select(c.connection, c.ticket, c.snapshot, c.is_dead), mailbox, keys)


def resolved(
    conn: Connection, connections: Sequence[str], since: datetime, until: datetime, most: int
) -> tuple[int, int]:
    """How many stints ended from ``since`` on, before ``until``, with a resolution, and how many of these were warned.

    Among the first ``most`` that ended.
    """
    c = ended_stint.c
    query = select(c.was_warned, c.is_escalated, c.has_left).where(c.ended_at >= since, c.ended_at < until)
    rows = conn.execute(query.where(c.connection.in_(sorted(connections))).order_by(c.ended_at).limit(most)).all()
    found = [row.was_warned for row in rows if not row.is_escalated and row.has_left is False]
    return len(found), sum(found)


def _of_tickets(conn: Connection, query: Select[Any], table: Table, keys: Iterable[Key]) -> list[AnyRow]:
    """The rows of a table that are of these tickets: one statement."""
    c = table.c
    parts = [
        query.where(and_(c.connection == connection, c.ticket.in_(tickets)))
        for connection, tickets in by_connection(keys)
    ]
    return list(conn.execute(union_all(*parts)).all()) if parts else []


def _rows(conn: Connection, query: Select[Any]) -> Iterator[AnyRow]:
    yield from conn.execute(query.execution_options(yield_per=_AT_ONCE))
