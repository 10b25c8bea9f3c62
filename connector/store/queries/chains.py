"""Statements on the chains of the audit trail: read in pages, where they end, up to where they were cut.

The closed chain, of the versions before each connection had its own, lies in tables of its own and is read alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, null, select, update

from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow, audit, audit_chain, audit_checkpoint, audit_entry
from connector.store.records import Event

PAGE = 1000
"""So many entries are read at once."""

CLOSED = "@closed"
"""The chain of the versions before each connection had its own."""

FORGOTTEN = '{"forgotten":'
"""How the detail of an entry begins whose own was forgotten; no other one does."""

_COPIED = ("connection", "ticket", "at", "event", "detail", "previous_hash", "hash")
_SALTED = (audit_entry.c.salt, audit_entry.c.digest)
_UNSALTED = (null().label("salt"), null().label("digest"))


def entries_after(
    conn: Connection,
    chain: str,
    after: int | None,
    limit: int,
    connection: str | None = None,
    ticket: str | None = None,
) -> list[AnyRow]:
    """The next entries of a chain after that number (None: from the first that is there), each with its ``id``."""
    table = audit if chain == CLOSED else audit_entry
    number = audit.c.id if chain == CLOSED else audit_entry.c.n.label("id")
    salted = _UNSALTED if chain == CLOSED else _SALTED
    query: Select[Any] = select(number, *(table.c[name] for name in _COPIED), *salted).order_by("id").limit(limit)
    if chain != CLOSED:
        query = query.where(audit_entry.c.connection == chain)
    elif connection is not None:
        query = query.where(audit.c.connection == connection)
    if ticket is not None:
        query = query.where(table.c.ticket == ticket)
    if after is not None:
        query = query.where((audit.c.id if chain == CLOSED else audit_entry.c.n) > after)
    return list(conn.execute(query).all())


def latest_of(conn: Connection, connection: str, ticket: str, limit: int) -> list[AnyRow]:
    """The last entries of a ticket in its connection's chain, the newest first: at, event, detail."""
    c = audit_entry.c
    query = select(c.at, c.event, c.detail).where(c.connection == connection, c.ticket == ticket)
    return list(conn.execute(query.order_by(c.n.desc()).limit(limit)).all())


def pages(conn: Connection, chain: str) -> Iterator[AnyRow]:
    """Every entry of a chain that is there, oldest first; a page at a time is held."""
    after: int | None = None
    while page := entries_after(conn, chain, after, PAGE):
        yield from page
        after = page[-1].id


def chains(conn: Connection) -> list[AnyRow]:
    """The rows of all chains but the closed one; that of the service has the empty name."""
    return list(conn.execute(select(audit_chain).order_by(audit_chain.c.connection)).all())


def unrecorded(conn: Connection, recorded: Collection[str]) -> str | None:
    """A connection of which entries or a checkpoint are there, and that is none of those whose chain's end is recorded.

    A step into an index for each connection, however many entries there are.
    """
    found: str | None = None
    for column in (audit_entry.c.connection, audit_checkpoint.c.chain):
        found = conn.execute(select(func.min(column))).scalar_one()
        while found is not None and (found in recorded or found == CLOSED):
            found = conn.execute(select(func.min(column)).where(column > found)).scalar_one()
        if found is not None:
            break
    return found


def checkpoint(conn: Connection, chain: str) -> AnyRow | None:
    """Up to where a chain was cut; None where it never was."""
    return conn.execute(select(audit_checkpoint).where(audit_checkpoint.c.chain == chain)).one_or_none()


def set_checkpoint(conn: Connection, store: Store, values: dict[str, Any]) -> None:
    """Move a chain's checkpoint, or set its first."""
    statement = store.insert(audit_checkpoint).values(**values)
    fresh = {name: statement.excluded[name] for name in values if name != "chain"}
    conn.execute(statement.on_conflict_do_update(index_elements=["chain"], set_=fresh))


def with_entries_before(conn: Connection, before: datetime) -> str | None:
    """The chain whose oldest entry is the oldest of all, where it is from before that moment; a step into an index."""
    oldest = (
        select(audit_chain.c.connection)
        .where(audit_chain.c.oldest_at < before)
        .order_by(audit_chain.c.oldest_at, audit_chain.c.connection)
        .limit(1)
    )
    found: str | None = conn.execute(oldest).scalar_one_or_none()
    if found is not None:
        return found
    first = conn.execute(select(audit.c.at).order_by(audit.c.id).limit(1)).scalar_one_or_none()
    return CLOSED if first is not None and first < before else None


def delete_up_to(conn: Connection, chain: str, last: int, oldest_at: datetime | None) -> None:
    """Delete a chain's entries up to that number. ``oldest_at``: the moment of the first that stays."""
    if chain == CLOSED:
        conn.execute(delete(audit).where(audit.c.id <= last))
        return
    c = audit_entry.c
    conn.execute(delete(audit_entry).where(c.connection == chain, c.n <= last))
    conn.execute(update(audit_chain).where(audit_chain.c.connection == chain).values(oldest_at=oldest_at))


def with_details(conn: Connection, chain: str, connection: str, ticket: str, limit: int) -> list[AnyRow]:
    """The first entries of a ticket in a chain whose details are there, and may be forgotten; as ``entries_after``."""
    table = audit if chain == CLOSED else audit_entry
    number = audit.c.id if chain == CLOSED else audit_entry.c.n.label("id")
    salted = _UNSALTED if chain == CLOSED else _SALTED
    query = select(number, *(table.c[name] for name in _COPIED), *salted)
    return list(conn.execute(query.where(_has_detail(chain, connection, ticket)).order_by("id").limit(limit)).all())


def count_with_details(conn: Connection, chain: str, connection: str, ticket: str) -> int:
    """How many there are."""
    table = audit if chain == CLOSED else audit_entry
    query = select(func.count()).select_from(table).where(_has_detail(chain, connection, ticket))
    return conn.execute(query).scalar_one()


def _has_detail(chain: str, connection: str, ticket: str) -> ColumnElement[bool]:
    c = (audit if chain == CLOSED else audit_entry).c
    is_there = ~c.detail.startswith(FORGOTTEN, autoescape=True)
    return (c.connection == connection) & (c.ticket == ticket) & (c.event != Event.FORGOTTEN.value) & is_there


def put_in_place(conn: Connection, chain: str, connection: str, given: list[dict[str, Any]]) -> None:
    """Write ``detail`` and ``digest`` of entries in place of their details and salts, by their ``number``."""
    if chain == CLOSED:
        closed = [{"number": one["number"], "new_detail": one["detail"]} for one in given]
        conn.execute(
            update(audit).where(audit.c.id == bindparam("number")).values(detail=bindparam("new_detail")), closed
        )
        return
    c = audit_entry.c
    of_chain = update(audit_entry).where(c.connection == connection, c.n == bindparam("number"))
    values = of_chain.values(detail=bindparam("new_detail"), digest=bindparam("new_digest"), salt=None)
    entries = [{"number": one["number"], "new_detail": one["detail"], "new_digest": one["digest"]} for one in given]
    conn.execute(values, entries)
