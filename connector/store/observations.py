"""Changes of tickets as they were seen, for ticket systems that keep no history of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from connector.model import Aspect, Change
from connector.store.database.codec import decode, encode
from connector.store.database.engine import Store
from connector.store.database.prepared import Prepared, PreparedRows
from connector.store.database.tables import observed

_STORING = PreparedRows(observed, ("connection", "ticket", "at", "what", "old", "new", "how", "who"))
_OF_TICKET = Prepared(
    select(observed)
    .where(observed.c.connection == bindparam("at_connection"), observed.c.ticket == bindparam("at_ticket"))
    .order_by(observed.c.at, observed.c.id)
)


def append(conn: Connection, changes: Sequence[tuple[str, str, Change]]) -> None:
    """Store changes, each with its connection and ticket, inside the caller's transaction."""
    _STORING.run(conn, [_row(*change) for change in changes])


def _row(connection: str, ticket: str, change: Change) -> dict[str, object]:
    return {
        "connection": connection,
        "ticket": ticket,
        "at": change.at,
        "what": change.what.value,
        "old": encode(change.old),
        "new": encode(change.new),
        "how": change.how,
        "who": change.who,
    }


def changes_of(store: Store, connection: str, ticket: str) -> list[Change]:
    """The changes seen on a ticket: by their moment, and as they were stored where moments are equal."""
    with store.reading() as conn:
        return read(conn, connection, ticket)


def read(conn: Connection, connection: str, ticket: str) -> list[Change]:
    """See ``changes_of``; inside the caller's transaction."""
    return [
        Change(row.at, Aspect(row.what), decode(row.old), decode(row.new), row.how, row.who)
        for row in _OF_TICKET.rows(conn, {"at_connection": connection, "at_ticket": ticket})
    ]
