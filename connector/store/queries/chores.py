"""Statements of housekeeping, in pages: one page is one short transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, ScalarSelect, case, delete, exists, literal, select, update
from sqlalchemy.sql import Select

from connector.store.database.tables import Moment, inbox, mailbox
from connector.store.queries.rows import has_prefix
from connector.store.records import CHORE, KEY, Source

PAGE = 500


def ring_page(conn: Connection, connection: str, after: str, now: datetime) -> list[str]:
    """Make the next page of a connection's tickets due now; returns their names, none at the end."""
    c = mailbox.c
    page = (
        select(c.ticket)
        .where(c.connection == connection, c.ticket > after, ~has_prefix(c.ticket, CHORE), ~c.is_dead)
        .order_by(c.ticket)
        .limit(PAGE)
        .with_for_update()
    )
    tickets = list(conn.execute(page).scalars())
    is_free, at_once = c.owner.is_(None), literal(now, Moment)
    conn.execute(
        update(mailbox)
        .where(c.connection == connection, c.ticket.in_(tickets))
        .values(
            wake_at=case((is_free & (c.wake_at.is_(None) | (c.wake_at > now)), at_once), else_=c.wake_at),
            ring_at=case((is_free, c.ring_at), else_=at_once),
        )
    )
    return tickets


def prune_done(conn: Connection, before: datetime) -> int:
    """Delete a page of mail that was done before that moment; returns how many."""
    return _delete_mail(conn, select(inbox.c.id).where(inbox.c.done_at < before).order_by(inbox.c.done_at))


def prune_unverified(conn: Connection, before: datetime) -> int:
    """Delete a page of unverified mail whose key could not be learned since before that moment."""
    return _delete_mail(
        conn,
        select(inbox.c.id).where(
            has_prefix(inbox.c.ticket, KEY),
            inbox.c.source == Source.UNVERIFIED.value,
            inbox.c.done_at.is_(None),
            inbox.c.received_at < before,
        ),
    )


def prune_unverified_rows(conn: Connection, before: datetime) -> int:
    """Delete a page of dead rows of unknown signing keys for which no mail is left; returns how many."""
    c = mailbox.c
    has_mail = exists().where(inbox.c.connection == c.connection, inbox.c.ticket == c.ticket, inbox.c.done_at.is_(None))
    page = (
        select(c.connection, c.ticket)
        .where(c.is_dead, has_prefix(c.ticket, KEY), c.failing_since < before)
        .order_by(c.connection, c.ticket)
        .limit(PAGE)
        .with_for_update()
    )
    removed = 0
    for row in conn.execute(page).all():
        # A statement of its own, after the lock: mail that came meanwhile keeps the row.
        gone = delete(mailbox).where(c.connection == row.connection, c.ticket == row.ticket, ~has_mail)
        removed += conn.execute(gone).rowcount
    return removed


def _delete_mail(conn: Connection, chosen: Select[tuple[int]]) -> int:
    page: ScalarSelect[int] = chosen.limit(PAGE).with_for_update(skip_locked=True).scalar_subquery()
    return conn.execute(delete(inbox).where(inbox.c.id.in_(page))).rowcount
