"""Statements of housekeeping, in pages: one page is one short transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    ScalarSelect,
    Text,
    case,
    delete,
    exists,
    false,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.sql import Select

from connector.model import Lane
from connector.store.database.engine import Store
from connector.store.database.tables import Moment, housekeeping, inbox, mailbox, to_json
from connector.store.queries.rows import has_prefix
from connector.store.records import CHORE, KEY, Source

PAGE = 500

PRUNING = "prune"
"""The name of what is forgotten once for the whole database."""


def begin(conn: Connection, store: Store, name: str, now: datetime, until: datetime, latest: datetime) -> bool:
    """Begin what is done once for the whole database; False where it is not due, or somebody does it already.

    Whoever has begun it and not ended it ``until`` then is taken for dead. No moment after these, or ``latest`` for the
    next time, was ever written by a clock that was right.
    """
    c = housekeeping.c
    new = store.insert(housekeeping).values(name=name, next_at=now, held_until=until)
    is_due = or_(c.next_at <= now, c.next_at > latest)
    is_free = or_(c.held_until.is_(None), c.held_until <= now, c.held_until > until)
    begun = new.on_conflict_do_update(index_elements=["name"], set_={"held_until": until}, where=is_due & is_free)
    return conn.execute(begun.returning(c.name)).one_or_none() is not None


def end(conn: Connection, name: str, next_at: datetime) -> None:
    """It is done, and due again then."""
    ended = update(housekeeping).where(housekeeping.c.name == name)
    conn.execute(ended.values(next_at=next_at, held_until=None))


def next_at(conn: Connection, name: str) -> datetime | None:
    """When it is due next; None where it was never done."""
    c = housekeeping.c
    found: datetime | None = conn.execute(select(c.next_at).where(c.name == name)).scalar_one_or_none()
    return found


def held_until(conn: Connection, name: str, now: datetime) -> datetime | None:
    """Until when somebody has it who may yet die in it; None: nobody does it now."""
    c = housekeeping.c
    found: datetime | None = conn.execute(
        select(c.held_until).where(c.name == name, c.held_until > now)
    ).scalar_one_or_none()
    return found


def ring_page(conn: Connection, connection: str, after: str, now: datetime, resting: Sequence[str] = ()) -> list[str]:
    """Make the next page of a connection's tickets due now; returns their names, none at the end.

    Left alone are those that wait for nothing, and whose last turn ended with one of the verdicts ``resting``.
    """
    c = mailbox.c
    waits_for_nothing = c.wake_at.is_(None) & c.owner.is_(None) & ~c.is_dead & c.held_by.is_(None)
    kept = type_coerce(c.snapshot, Text)
    ended_so = or_(false(), *(kept.contains(_kept("verdict", one), autoescape=True) for one in resting))
    page = (
        select(c.ticket)
        .where(c.connection == connection, c.ticket > after, ~has_prefix(c.ticket, CHORE))
        .where(~(waits_for_nothing & c.snapshot.is_not(None) & ended_so))
        .order_by(c.ticket)
        .limit(PAGE)
        .with_for_update()
    )
    tickets = list(conn.execute(page).scalars())
    is_free, at_once = c.owner.is_(None), literal(now, Moment)
    is_later = c.wake_at.is_(None) | (c.wake_at > now)
    conn.execute(
        update(mailbox)
        .where(c.connection == connection, c.ticket.in_(tickets))
        .values(
            wake_at=case((is_free & is_later, at_once), else_=c.wake_at),
            lane=case((is_free & is_later, int(Lane.LOOKS)), else_=c.lane),
            ring_at=case((is_free, c.ring_at), else_=at_once),
        )
    )
    return tickets


def quiet_page(conn: Connection, connection: str, after: str) -> list[str]:
    """The next page of a connection's tickets that wait for nothing, by their names; none at the end."""
    c = mailbox.c
    page = (
        select(c.ticket)
        .where(c.connection == connection, c.ticket > after, ~has_prefix(c.ticket, CHORE))
        .where(c.wake_at.is_(None), c.owner.is_(None), ~c.is_dead)
        .order_by(c.ticket)
        .limit(PAGE)
    )
    return list(conn.execute(page).scalars())


def _kept(name: str, value: str) -> str:
    """How a snapshot that has this value under that name says so."""
    return to_json({name: value})[1:-1]


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
