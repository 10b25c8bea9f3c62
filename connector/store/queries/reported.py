"""Statements for a report: what is known of tickets from a moment on, in the order of connection and ticket.

So each source can be merged with the others and no more than one ticket is held. Read them in one snapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from connector.store.database.tables import AnyRow, audit, audit_entry, ended_stint, mailbox, unwatched
from connector.store.queries.rows import has_prefix
from connector.store.records import CHORE, EndedStint, Event

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


def _rows(conn: Connection, query: Select[Any]) -> Iterator[AnyRow]:
    yield from conn.execute(query.execution_options(yield_per=_AT_ONCE))
