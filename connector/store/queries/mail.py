"""Statements on the inbox: store what came in, find what is undone, tick off what was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Integer, bindparam, delete, func, select, text, update

from connector.redaction import redacted_bytes
from connector.store.database.engine import Store
from connector.store.database.prepared import Prepared, PreparedList, PreparedRows
from connector.store.database.tables import AnyRow, inbox
from connector.store.queries.rows import by_connection
from connector.store.records import CHORE, KEY, Delivery, Key, Mail, Source
from connector.wording import storable

OF_A_CHORE, OF_A_KEY = 100, 10
"""So many of a chore's mails are read for one turn: thousands of messages may wait for a target that was down. Fewer of
the webhooks that wait for a signing key: each is there with its body.
"""

_ALLOT_IDS = text("SELECT nextval(pg_get_serial_sequence('inbox', 'id')) FROM generate_series(1, :count)")


def _waiting(names: Sequence[BindParameter[str]]) -> ColumnElement[bool]:
    c = inbox.c
    return (c.connection == bindparam("at_connection")) & c.ticket.in_(names) & c.done_at.is_(None)


_MAIL = ("id", "delivery", "source", "received_at", "body", "headers", "state")
_UNDONE_IDS = PreparedList(lambda names: select(inbox.c.ticket, inbox.c.id).where(_waiting(names)))
_UNDONE = PreparedList(
    lambda names: select(inbox.c.ticket, *(inbox.c[name] for name in _MAIL)).where(_waiting(names)).order_by(inbox.c.id)
)
_OF_ONE = (
    (inbox.c.connection == bindparam("at_connection"))
    & (inbox.c.ticket == bindparam("at_ticket"))
    & inbox.c.done_at.is_(None)
)
_FIRST_IDS = Prepared(select(inbox.c.id).where(_OF_ONE).order_by(inbox.c.id).limit(bindparam("at_most", type_=Integer)))
_FIRST = Prepared(
    select(*(inbox.c[name] for name in _MAIL))
    .where(_OF_ONE)
    .order_by(inbox.c.id)
    .limit(bindparam("at_most", type_=Integer))
)
_DONE_SINCE = Prepared(
    select(func.count().label("count")).where(
        inbox.c.done_at > bindparam("at_since"),
        inbox.c.connection == bindparam("at_connection"),
        inbox.c.ticket == bindparam("at_ticket"),
    )
)
_THAT = (
    (inbox.c.id == bindparam("at_id"))
    & (inbox.c.connection == bindparam("at_connection"))
    & (inbox.c.ticket == bindparam("at_ticket"))
    & inbox.c.done_at.is_(None)
)
_TICKING_OFF = Prepared(
    update(inbox).where(_THAT).values(done_at=bindparam("new_done_at"), body=None, headers=None, state=None)
)
_FORGETTING = Prepared(delete(inbox).where(_THAT))


def insert(conn: Connection, store: Store, deliveries: Sequence[Delivery], now: datetime) -> list[bool]:
    """Store the deliveries; True for each that was not known yet.

    Ids follow the order of the list. On PostgreSQL the rows themselves go in sorted by name: two batches with
    the same names, which wait for each other's unique keys, then cannot wait in a circle.
    """
    rows = [_row(delivery, now) for delivery in deliveries]
    storing = _STORING
    if store.is_postgresql and len(rows) > 1:
        ids = sorted(conn.execute(_ALLOT_IDS, {"count": len(rows)}).scalars())
        rows = [{**row, "id": id_} for row, id_ in zip(rows, ids, strict=True)]
        rows.sort(key=lambda row: (row["connection"], row["delivery"], row["id"]))
        storing = _STORING_AS
    fresh = {(row.connection, row.delivery) for row in storing.rows(conn, rows)}
    results = []
    for delivery in deliveries:
        name = (storable(delivery.connection), storable(delivery.delivery))
        results.append(name in fresh)
        fresh.discard(name)
    return results


def _unless_known(plain: Any) -> Any:
    known = plain.on_conflict_do_nothing(index_elements=["connection", "delivery"])
    return known.returning(inbox.c.connection, inbox.c.delivery)


_GIVEN = ("connection", "ticket", "delivery", "source", "body", "headers", "state", "received_at")
_STORING = PreparedRows(inbox, _GIVEN, _unless_known)
_STORING_AS = PreparedRows(inbox, (*_GIVEN, "id"), _unless_known)


def _row(delivery: Delivery, now: datetime) -> dict[str, object]:
    is_unverified = delivery.source is Source.UNVERIFIED
    return {
        "connection": delivery.connection,
        "ticket": delivery.ticket,
        "delivery": delivery.delivery,
        "source": delivery.source.value,
        # One that is unverified must stay as it was signed.
        "body": redacted_bytes(delivery.body) if delivery.body and not is_unverified else delivery.body,
        "headers": None if delivery.headers is None else dict(delivery.headers),
        "state": delivery.state or None,
        "received_at": now,
    }


def undone(conn: Connection, keys: Iterable[Key]) -> dict[Key, list[Mail]]:
    """The mail that waits for the tickets, in order of arrival; of a chore the first ``at_once``, and one more."""
    found: dict[Key, list[Mail]] = defaultdict(list)
    chores, tickets = _chores_apart(keys)
    for key in chores:
        found[key] = [_mail(row) for row in _FIRST.rows(conn, _first_of(key))]
    for connection, names in by_connection(tickets):
        for row in _UNDONE.rows(conn, names, {"at_connection": connection}):
            found[connection, row.ticket].append(_mail(row))
    return found


def undone_ids(conn: Connection, keys: Iterable[Key]) -> dict[Key, set[int]]:
    """The ids of the mail that waits for the tickets; of a chore as many as ``undone`` reads."""
    found: dict[Key, set[int]] = defaultdict(set)
    chores, tickets = _chores_apart(keys)
    for key in chores:
        found[key] = {row.id for row in _FIRST_IDS.rows(conn, _first_of(key))}
    for connection, names in by_connection(tickets):
        for row in _UNDONE_IDS.rows(conn, names, {"at_connection": connection}):
            found[connection, row.ticket].add(row.id)
    return found


def _chores_apart(keys: Iterable[Key]) -> tuple[list[Key], list[Key]]:
    every = sorted(set(keys))
    chores = [key for key in every if key[1].startswith(CHORE)]
    return chores, [key for key in every if not key[1].startswith(CHORE)]


def _first_of(key: Key) -> dict[str, object]:
    return {"at_connection": key[0], "at_ticket": key[1], "at_most": at_once(key[1]) + 1}


def at_once(chore: str) -> int:
    """How many of a chore's mails are read for one turn."""
    return OF_A_KEY if chore.startswith(KEY) else OF_A_CHORE


def _mail(row: AnyRow) -> Mail:
    return Mail(row.id, row.delivery, Source(row.source), row.received_at, row.body, row.headers, row.state or "")


def done_since(conn: Connection, key: Key, moment: datetime) -> int:
    """How much mail of a ticket was done since then: a range of what was done lately."""
    given = {"at_connection": key[0], "at_ticket": key[1], "at_since": moment}
    found: int = _DONE_SINCE.rows(conn, given)[0].count
    return found


def tick_off(conn: Connection, done: Sequence[tuple[int, str, str]], now: datetime) -> None:
    """Mark mail (id, connection, ticket) as done. Its body goes: only its name is still needed.

    Of a webhook that waited for its signing key not even that: a known key lets it in by the name that it gives itself,
    and what was refused would be remembered for nothing.
    """
    for statement, is_gone in ((_TICKING_OFF, False), (_FORGETTING, True)):
        given = {} if is_gone else {"new_done_at": now}
        chosen = [one for one in done if one[2].startswith(KEY) == is_gone]
        statement.run(
            conn,
            [{"at_id": i, "at_connection": connection, "at_ticket": name, **given} for i, connection, name in chosen],
        )
