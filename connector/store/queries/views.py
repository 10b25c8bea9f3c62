"""Statements that only look: counts, lists, snapshots. Rows of the worker's own chores are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from connector.store.database.tables import Moment, inbox, mailbox
from connector.store.queries.rows import by_connection, has_prefix
from connector.store.records import CHORE, KEY


def stats(conn: Connection, connection: str, now: datetime) -> dict[str, Any]:
    """The fields of MailboxStats. A row whose lease has run out is due."""
    c = mailbox.c
    is_ticket = ~has_prefix(c.ticket, CHORE)
    is_due = is_ticket & (c.wake_at <= now)
    is_later = is_ticket & (c.wake_at > now)
    query = select(
        _count(is_due).label("due"),
        _count(is_later & c.owner.is_(None)).label("pending"),
        _count(is_later & c.owner.is_not(None)).label("leased"),
        _count(c.is_dead).label("dead"),
        func.min(case((is_due, c.wake_at)), type_=Moment).label("oldest_due_at"),
    ).where(c.connection == connection)
    return dict(conn.execute(query).mappings().one())


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def snapshots(conn: Connection, connection: str, tickets: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The stored snapshots of those tickets that have one."""
    c = mailbox.c
    found: dict[str, dict[str, Any]] = {}
    for name, portion in by_connection((connection, ticket) for ticket in tickets):
        query = select(c.ticket, c.snapshot).where(c.connection == name, c.ticket.in_(portion), c.snapshot.is_not(None))
        found |= {row.ticket: row.snapshot for row in conn.execute(query)}
    return found


def listing(conn: Connection, connections: Sequence[str] | None, limit: int) -> list[dict[str, Any]]:
    """The fields of TicketRow, the one due first on top."""
    c = mailbox.c
    query = (
        select(c.connection, c.ticket, c.wake_at, c.due_at, c.owner, c.attempts, c.error, c.is_dead, c.snapshot)
        .where(~has_prefix(c.ticket, CHORE))
        .order_by(c.due_at.is_(None), c.due_at, c.connection, c.ticket)
        .limit(limit)
    )
    if connections is not None:
        query = query.where(c.connection.in_(connections))
    return [dict(row) for row in conn.execute(query).mappings()]


def dead_letters(conn: Connection, connection: str | None) -> list[dict[str, Any]]:
    """The fields of DeadLetter, the oldest failure first."""
    c = mailbox.c
    mail = (
        select(func.count())
        .select_from(inbox)
        .where(inbox.c.connection == c.connection, inbox.c.ticket == c.ticket, inbox.c.done_at.is_(None))
        .scalar_subquery()
    )
    query = (
        select(c.connection, c.ticket, c.attempts, c.failing_since, c.error, mail.label("mail"))
        .where(c.is_dead)
        .order_by(c.failing_since, c.connection, c.ticket)
    )
    if connection is not None:
        query = query.where(c.connection == connection)
    return [dict(row) for row in conn.execute(query).mappings()]


def unverified_waiting(conn: Connection, connection: str) -> int:
    """How many unverified deliveries are undone."""
    query = (
        select(func.count())
        .select_from(inbox)
        .where(
            inbox.c.connection == connection,
            has_prefix(inbox.c.ticket, KEY),
            inbox.c.done_at.is_(None),
        )
    )
    return conn.execute(query).scalar_one()
