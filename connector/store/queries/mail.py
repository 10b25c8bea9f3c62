"""Statements on the inbox: store what came in, find what is undone, tick off what was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, select, text, update

from connector.store.database.engine import Store, insert_into
from connector.store.database.prepared import Prepared, PreparedList
from connector.store.database.tables import AnyRow, inbox
from connector.store.queries.rows import by_connection
from connector.store.records import Delivery, Key, Mail, Source

_ALLOT_IDS = text("SELECT nextval(pg_get_serial_sequence('inbox', 'id')) FROM generate_series(1, :count)")


def _waiting(names: Sequence[BindParameter[str]]) -> ColumnElement[bool]:
    c = inbox.c
    return (c.connection == bindparam("at_connection")) & c.ticket.in_(names) & c.done_at.is_(None)


_UNDONE_IDS = PreparedList(lambda names: select(inbox.c.ticket, inbox.c.id).where(_waiting(names)))
_UNDONE = PreparedList(
    lambda names: (
        select(
            inbox.c.ticket,
            inbox.c.id,
            inbox.c.delivery,
            inbox.c.source,
            inbox.c.received_at,
            inbox.c.body,
            inbox.c.headers,
        )
        .where(_waiting(names))
        .order_by(inbox.c.id)
    )
)
_TICKING_OFF = Prepared(
    update(inbox)
    .where(
        inbox.c.id == bindparam("at_id"),
        inbox.c.connection == bindparam("at_connection"),
        inbox.c.ticket == bindparam("at_ticket"),
        inbox.c.done_at.is_(None),
    )
    .values(done_at=bindparam("new_done_at"), body=None, headers=None)
)


def insert(conn: Connection, store: Store, deliveries: Sequence[Delivery], now: datetime) -> list[bool]:
    """Store the deliveries; True for each that was not known yet.

    Ids follow the order of the list. On PostgreSQL the rows themselves go in sorted by name: two batches with
    the same names, which wait for each other's unique keys, then cannot wait in a circle.
    """
    rows = [_row(delivery, now) for delivery in deliveries]
    if store.is_postgresql and len(rows) > 1:
        ids = sorted(conn.execute(_ALLOT_IDS, {"count": len(rows)}).scalars())
        rows = [{**row, "id": id_} for row, id_ in zip(rows, ids, strict=True)]
        rows.sort(key=lambda row: (row["connection"], row["delivery"], row["id"]))
    fresh = {(row.connection, row.delivery) for row in _stored(conn, store, rows)}
    results = []
    for delivery in deliveries:
        name = (delivery.connection, delivery.delivery)
        results.append(name in fresh)
        fresh.discard(name)
    return results


def _storing(*, is_postgresql: bool) -> Any:
    return (
        insert_into(inbox, is_postgresql=is_postgresql)
        .on_conflict_do_nothing(index_elements=["connection", "delivery"])
        .returning(inbox.c.connection, inbox.c.delivery)
    )


_GIVEN = ("connection", "ticket", "delivery", "source", "body", "headers", "received_at")
_STORING = Prepared(_storing(is_postgresql=False).values({name: bindparam(name) for name in _GIVEN}))
_STORING_MANY = _storing(is_postgresql=True)


def _stored(conn: Connection, store: Store, rows: Sequence[dict[str, object]]) -> Iterable[AnyRow]:
    """What was new, each row once. On PostgreSQL many go in one statement: each would cost a journey of its own."""
    if store.is_postgresql:
        return conn.execute(_STORING_MANY, rows)
    return [new for row in rows for new in _STORING.rows(conn, row)]


def _row(delivery: Delivery, now: datetime) -> dict[str, object]:
    return {
        "connection": delivery.connection,
        "ticket": delivery.ticket,
        "delivery": delivery.delivery,
        "source": delivery.source.value,
        "body": delivery.body,
        "headers": None if delivery.headers is None else dict(delivery.headers),
        "received_at": now,
    }


def undone(conn: Connection, keys: Iterable[Key]) -> dict[Key, list[Mail]]:
    """The mail that waits for the tickets, in order of arrival."""
    found: dict[Key, list[Mail]] = defaultdict(list)
    for connection, tickets in by_connection(keys):
        for row in _UNDONE.rows(conn, tickets, {"at_connection": connection}):
            found[connection, row.ticket].append(
                Mail(row.id, row.delivery, Source(row.source), row.received_at, row.body, row.headers)
            )
    return found


def undone_ids(conn: Connection, keys: Iterable[Key]) -> dict[Key, set[int]]:
    """The ids of the mail that waits for the tickets."""
    found: dict[Key, set[int]] = defaultdict(set)
    for connection, tickets in by_connection(keys):
        for row in _UNDONE_IDS.rows(conn, tickets, {"at_connection": connection}):
            found[connection, row.ticket].add(row.id)
    return found


def tick_off(conn: Connection, done: Sequence[tuple[int, str, str]], now: datetime) -> None:
    """Mark mail (id, connection, ticket) as done. Its body goes: only its name is still needed."""
    given = {"new_done_at": now}
    _TICKING_OFF.run(
        conn,
        [{"at_id": i, "at_connection": connection, "at_ticket": ticket, **given} for i, connection, ticket in done],
    )
