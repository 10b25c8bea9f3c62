"""Statements for a connection that is back: what waited comes up the most overdue first, at a bounded pace."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, case, cast, func, literal, select, type_coerce, update

from connector.store.database.tables import MICROSECOND, Moment, mailbox, to_micros
from connector.store.queries.rows import has_prefix
from connector.store.records import CHORE

PAGE = 20_000
"""So many tickets are changed in one transaction, which must not outlast what a statement is given."""

_failing_since = type_coerce(mailbox.c.failing_since, BigInteger)


def count_waiting(conn: Connection, connection: str, now: datetime) -> int:
    """How many tickets want to be woken and are in nobody's hands: a range of one index."""
    query = select(func.count()).where(_is_waiting(connection, now))
    found: int = conn.execute(query).scalar_one()
    return found


def spread_page(conn: Connection, connection: str, now: datetime, at_once: int, every: timedelta, spread: int) -> int:
    """Let the next page of the tickets whose deadline has passed come up one behind the other; returns how many.

    The most overdue first, after the first ``at_once``, which are left as they are (``come_up``), and after so many as
    were ``spread`` before: one ``every`` so often. What was given its moment is not on the next page; what somebody
    holds is left alone.
    """
    c = mailbox.c
    late = _is_late(connection, now)
    page = (
        select(c.ticket, c.due_at, c.wake_at)
        .where(late)
        .order_by(c.due_at, c.wake_at, c.ticket)
        .offset(at_once)
        .limit(PAGE)
        .subquery()
    )
    place = func.row_number().over(order_by=(page.c.due_at, page.c.wake_at, page.c.ticket))
    ranked = select(page.c.ticket, place.label("place")).subquery()
    later = cast(ranked.c.place, BigInteger) + _number(spread)
    slot = _number(to_micros(now)) + later * _number(every // MICROSECOND)
    here = (c.connection == connection) & (c.ticket == ranked.c.ticket) & (c.wake_at <= now) & c.owner.is_(None)
    return conn.execute(update(mailbox).where(here).values(wake_at=type_coerce(slot, Moment))).rowcount


def come_up(conn: Connection, connection: str, now: datetime) -> None:
    """Let those come up now that are still to, all alike."""
    late = _is_late(connection, now)
    _lock(conn, late)
    conn.execute(update(mailbox).where(late).values(wake_at=now))


def waits_before(conn: Connection, connection: str, due_at: datetime) -> bool:
    """Whether a ticket that was due before that moment waits for its turn, in nobody's hands."""
    query = select(mailbox.c.ticket).where(_is_in_line(connection), mailbox.c.due_at < due_at).limit(1)
    return conn.execute(query).first() is not None


def put_in_order(
    conn: Connection, connection: str, until: datetime, now: datetime, first: datetime, every: timedelta
) -> int:
    """Have the tickets due ``until`` then that wait for their moment come from ``first`` on, one ``every`` so often.

    The most overdue first, up to ``PAGE`` of them; returns how many.
    """
    c = mailbox.c
    waits = _is_in_line(connection) & (c.due_at <= until) & (c.wake_at > now)
    order = (c.due_at, c.wake_at, c.ticket)
    page = select(c.ticket, func.row_number().over(order_by=order).label("place")).where(waits)
    ranked = page.order_by(*order).limit(PAGE).subquery()
    _lock(conn, (c.connection == connection) & c.ticket.in_(select(ranked.c.ticket)))
    slot = _number(to_micros(first)) + (cast(ranked.c.place, BigInteger) - 1) * _number(every // MICROSECOND)
    here = (c.connection == connection) & (c.ticket == ranked.c.ticket)
    return conn.execute(update(mailbox).where(here).values(wake_at=type_coerce(slot, Moment))).rowcount


def pass_over_page(conn: Connection, connection: str, since: datetime, now: datetime, after: str) -> str | None:
    """Take the time between out of how long tickets have been failing: nobody could have mended anything then.

    Of those behind the ticket ``after`` the next page; returns its last ticket, None where there is none left.
    """
    c = mailbox.c
    failing = (c.connection == connection) & c.failing_since.is_not(None) & ~c.is_dead & (c.ticket > after)
    page = select(c.ticket).where(failing).order_by(c.ticket).limit(PAGE).with_for_update()
    tickets = conn.execute(page).scalars().all()
    if not tickets:
        return None
    away, started = _number(to_micros(now) - to_micros(since)), _number(to_micros(since))
    moved = case((_failing_since <= started, _failing_since + away), else_=_number(to_micros(now)))
    here = failing & (c.ticket <= tickets[-1])
    conn.execute(update(mailbox).where(here).values(failing_since=type_coerce(moved, Moment)))
    return str(tickets[-1])


def _number(value: int) -> ColumnElement[int]:
    """A number in as many bits as moments have: PostgreSQL takes a bare one for a short one."""
    return literal(value, BigInteger)


def _is_waiting(connection: str, now: datetime) -> ColumnElement[bool]:
    c = mailbox.c
    is_chore = has_prefix(c.ticket, CHORE)
    return (c.connection == connection) & (c.wake_at <= now) & c.owner.is_(None) & ~is_chore


def _is_late(connection: str, now: datetime) -> ColumnElement[bool]:
    return _is_waiting(connection, now) & (mailbox.c.due_at <= now)


def _is_in_line(connection: str) -> ColumnElement[bool]:
    """Tickets with a deadline that are to be woken, in nobody's hands, whose turns do not fail."""
    c = mailbox.c
    is_sound = ~c.is_dead & (c.attempts == 0) & c.wake_at.is_not(None)
    return (c.connection == connection) & c.due_at.is_not(None) & c.owner.is_(None) & is_sound


def _lock(conn: Connection, chosen: ColumnElement[bool]) -> None:
    """Lock rows in the order in which everybody does."""
    locked = select(mailbox.c.ticket).where(chosen).order_by(mailbox.c.ticket).with_for_update().subquery()
    conn.execute(select(func.count()).select_from(locked))
