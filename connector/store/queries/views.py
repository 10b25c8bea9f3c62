"""Statements that only look: counts, lists, snapshots. Rows of the worker's own chores are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    type_coerce,
)

from connector.store.database.prepared import PreparedList
from connector.store.database.tables import Moment, inbox, mailbox, to_json, trouble
from connector.store.queries.rows import by_connection, has_prefix
from connector.store.records import CHORE, KEY, ROW_BYTES

LOOKED_AT = 100
"""Among so many tickets those that were read last are looked for: it bounds what that costs."""

_SNAPSHOTS = PreparedList(
    lambda names: select(mailbox.c.ticket, mailbox.c.snapshot).where(
        mailbox.c.connection == bindparam("at_connection"),
        mailbox.c.ticket.in_(names),
        mailbox.c.snapshot.is_not(None),
    )
)


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
    found: dict[str, dict[str, Any]] = {}
    for name, portion in by_connection((connection, ticket) for ticket in tickets):
        rows = _SNAPSHOTS.rows(conn, portion, {"at_connection": name})
        found |= {row.ticket: row.snapshot for row in rows}
    return found


def read_lately(conn: Connection, connection: str) -> list[str]:
    """Tickets with a deadline that were read, the last ones on top; among the ``LOOKED_AT`` with the latest deadlines.

    These were looked at last as a rule; a deadline is in an index, and what was read is not.
    """
    c = mailbox.c
    query = (
        select(c.ticket, c.snapshot)
        .where(c.connection == connection, c.due_at.is_not(None), ~c.is_dead, c.snapshot.is_not(None))
        .order_by(c.due_at.desc())
        .limit(LOOKED_AT)
    )
    read = [(str(row.snapshot.get("read_at", "")), row.ticket) for row in conn.execute(query)]
    return [ticket for read_at, ticket in sorted(read, reverse=True) if read_at]


SHOWN = (
    *("connection", "ticket", "wake_at", "due_at", "owner", "attempts"),
    *("error", "is_dead", "snapshot", "failing_since", "held_by"),
)
"""The fields of a TicketRow."""


def one(conn: Connection, connection: str, ticket: str) -> dict[str, Any] | None:
    """The fields of TicketRow of one row, if there is one."""
    c = mailbox.c
    query = select(*(c[name] for name in SHOWN)).where(c.connection == connection, c.ticket == ticket)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def held_by(conn: Connection, connection: str, name: str, limit: int) -> list[str]:
    """Tickets that a trouble of that name keeps, those whose deadline passed first on top."""
    c = mailbox.c
    query = (
        select(c.ticket)
        .where(c.connection == connection, c.held_by == name)
        .order_by(c.due_at.is_(None), c.due_at, c.ticket)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def at_place(conn: Connection, connection: str, place: str, limit: int) -> list[str]:
    """Tickets whose snapshot has that place, and that are not parked; no index serves this."""
    c = mailbox.c
    known = to_json({"place": place})[1:-1]
    query = (
        select(c.ticket)
        .where(c.connection == connection, ~c.is_dead, type_coerce(c.snapshot, Text).contains(known, autoescape=True))
        .order_by(c.ticket)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def listing(conn: Connection, connections: Sequence[str] | None, limit: int) -> list[dict[str, Any]]:
    """The fields of TicketRow, the one due first on top."""
    c = mailbox.c
    query = (
        select(*(c[name] for name in SHOWN))
        .where(~has_prefix(c.ticket, CHORE))
        .order_by(c.due_at.is_(None), c.due_at, c.connection, c.ticket)
        .limit(limit)
    )
    if connections is not None:
        query = query.where(c.connection.in_(connections))
    return [dict(row) for row in conn.execute(query).mappings()]


def dead_letters(conn: Connection, connection: str | None, limit: int | None) -> list[dict[str, Any]]:
    """The fields of DeadLetter, the oldest failure first; so many at most."""
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
        .limit(limit)
    )
    if connection is not None:
        query = query.where(c.connection == connection)
    return [dict(row) for row in conn.execute(query).mappings()]


def _dead() -> Select[Any]:
    c = mailbox.c
    mail = (
        select(func.count())
        .select_from(inbox)
        .where(inbox.c.connection == c.connection, inbox.c.ticket == c.ticket, inbox.c.done_at.is_(None))
        .scalar_subquery()
    )
    return select(c.connection, c.ticket, c.attempts, c.failing_since, c.error, mail.label("mail")).where(c.is_dead)


def dead_letters_behind(
    conn: Connection, connections: Sequence[str], after: tuple[str, str] | None, limit: int
) -> list[dict[str, Any]]:
    """The fields of DeadLetter of these connections behind that connection and ticket, in their order."""
    c = mailbox.c
    query = _dead().where(c.connection.in_(sorted(connections))).order_by(c.connection, c.ticket).limit(limit)
    if after is not None:
        query = query.where(or_(c.connection > after[0], and_(c.connection == after[0], c.ticket > after[1])))
    return [dict(row) for row in conn.execute(query).mappings()]


def past_deadline(conn: Connection, connection: str, before: datetime) -> tuple[int, datetime | None]:
    """How many tickets that are not parked were to be acted on before that moment, and the earliest of these moments.

    Costs as much as there are such tickets, however many others there are.
    """
    c = mailbox.c
    query = select(func.count(), func.min(c.due_at, type_=Moment)).where(
        c.connection == connection, c.due_at < before, ~c.is_dead
    )
    count, earliest = conn.execute(query).one()
    return count, earliest


def failing(conn: Connection, connection: str, before: datetime) -> tuple[int, datetime | None]:
    """How many tickets that are not parked have failed since before that moment, and since when the first of them.

    Those that a trouble keeps are not counted: it tells of them. Costs as much as there are rows that fail.
    """
    c = mailbox.c
    is_told = exists().where(trouble.c.connection == c.connection, trouble.c.name == c.held_by)
    query = select(func.count(), func.min(c.failing_since, type_=Moment)).where(
        c.connection == connection, c.failing_since < before, ~c.is_dead, ~has_prefix(c.ticket, CHORE), ~is_told
    )
    count, since = conn.execute(query).one()
    return count, since


def dead_count(conn: Connection, connection: str) -> int:
    """How many rows are parked."""
    return conn.execute(select(func.count()).where(mailbox.c.connection == connection, mailbox.c.is_dead)).scalar_one()


def chore_rows(conn: Connection, connection: str) -> list[tuple[str, datetime | None]]:
    """The worker's own chores, each with since when it fails; not the learning of signing keys."""
    c = mailbox.c
    query = select(c.ticket, c.failing_since).where(
        c.connection == connection, has_prefix(c.ticket, CHORE), ~has_prefix(c.ticket, KEY)
    )
    return [(row.ticket, row.failing_since) for row in conn.execute(query)]


def unverified_waiting(conn: Connection, connection: str) -> int:
    """How many unverified deliveries are undone."""
    return _of_unverified(conn, connection, func.count())


def unverified_bytes(conn: Connection, connection: str) -> int:
    """How many bytes they take; see ``Delivery.stored_bytes``."""
    held = func.length(inbox.c.body) + func.length(type_coerce(inbox.c.headers, Text))
    return int(_of_unverified(conn, connection, func.coalesce(func.sum(func.coalesce(held, 0) + ROW_BYTES), 0)))


def _of_unverified(conn: Connection, connection: str, what: ColumnElement[int]) -> int:
    query = (
        select(what)
        .select_from(inbox)
        .where(
            inbox.c.connection == connection,
            has_prefix(inbox.c.ticket, KEY),
            inbox.c.done_at.is_(None),
        )
    )
    return conn.execute(query).scalar_one()
