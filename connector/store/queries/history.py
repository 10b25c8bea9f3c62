"""Statements that forget what is kept of closed tickets, in pages: one page is one short transaction.

A ticket is closed where it has no row in the mailbox, and its end is long ago where the audit trail tells of nothing
since. What is done to one that comes back in this very moment does it no harm: its reopening begins a new stint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, literal, select, tuple_

from connector.store.database.tables import Moment, audit, audit_entry, mailbox, observed, step
from connector.store.queries.rows import by_connection
from connector.store.records import Key

PAGE = 500

_DELETING_STEP = delete(step).where(step.c.saga == bindparam("at_saga"), step.c.n == bindparam("at_n"))

Passed = Sequence[Any]
"""The last row of a page, by which the next one begins."""


def forget_steps(conn: Connection, before: datetime, after: Passed | None) -> tuple[int, Passed | None]:
    """Delete what a page of steps from before that moment holds of tickets closed by then.

    ``after``: where the page before ended. Returns how many were deleted, and where this one ended; None: it was the
    last.
    """
    c = step.c
    query = select(c.at, c.saga, c.n).where(c.at < before).order_by(c.at, c.saga, c.n).limit(PAGE)
    if after is not None:
        query = query.where(tuple_(c.at, c.saga, c.n) > tuple_(literal(after[0], Moment), *map(literal, after[1:])))
    page = conn.execute(query).all()
    kept = _kept(conn, {_key_of(row.saga) for row in page}, before)
    gone = [{"at_saga": row.saga, "at_n": row.n} for row in page if _key_of(row.saga) not in kept]
    if gone:
        conn.execute(_DELETING_STEP, gone)
    return len(gone), tuple(page[-1]) if len(page) == PAGE else None


def forget_changes(conn: Connection, before: datetime, after: Passed | None) -> tuple[int, Passed | None]:
    """The same with the changes that were seen."""
    c = observed.c
    query = select(c.at, c.id, c.connection, c.ticket).where(c.at < before).order_by(c.at, c.id).limit(PAGE)
    if after is not None:
        query = query.where(tuple_(c.at, c.id) > tuple_(literal(after[0], Moment), literal(after[1])))
    page = conn.execute(query).all()
    kept = _kept(conn, {(row.connection, row.ticket) for row in page}, before)
    gone = [row.id for row in page if (row.connection, row.ticket) not in kept]
    if gone:
        conn.execute(delete(observed).where(c.id.in_(gone)))
    return len(gone), tuple(page[-1][:2]) if len(page) == PAGE else None


def _key_of(saga: str) -> Key:
    connection, ticket, _ = saga.split("/", 2)
    return connection, ticket


def _kept(conn: Connection, keys: Iterable[Key], since: datetime) -> set[Key]:
    """Those of the tickets that are open, or were at some time since then."""
    found: set[Key] = set()
    for connection, tickets in by_connection(keys):
        rows = select(mailbox.c.ticket).where(mailbox.c.connection == connection, mailbox.c.ticket.in_(tickets))
        told = [
            select(table.c.ticket).where(
                table.c.connection == connection, table.c.ticket.in_(tickets), table.c.at >= since
            )
            for table in (audit_entry, audit)
        ]
        for query in (rows, *told):
            found.update((connection, ticket) for ticket in conn.execute(query.distinct()).scalars())
    return found
