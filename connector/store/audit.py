"""The audit trail: who, what, why, in one chain of hashes over the whole table.

Each row's hash covers its content and the hash before it; the end of the chain is kept in a row of its
own. So a row that was changed, removed (also the last ones) or slipped in is found by ``verify``. Whoever
can rewrite the whole database can still forge everything: keep the hash that ``verify`` reports elsewhere
if that matters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from connector.store.database.engine import Store
from connector.store.database.prepared import Prepared, PreparedRows
from connector.store.database.tables import AnyRow, audit, audit_head, to_json, to_micros
from connector.store.records import AuditEvent, Key

GENESIS = "0" * 64
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An event as it stands in the trail."""

    id: int
    connection: str
    ticket: str
    at: datetime
    event: str
    detail: Mapping[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What ``verify`` found: how many rows are sound, the first that is not and why, the last sound hash."""

    rows: int
    first_bad_id: int | None
    why: str
    head_hash: str

    @property
    def is_intact(self) -> bool:
        return not self.why


_HEAD = Prepared(select(audit_head.c.length, audit_head.c.hash).with_for_update())
_APPENDING = PreparedRows(audit, ("id", "connection", "ticket", "at", "event", "detail", "previous_hash", "hash"))
_MOVING_ON = Prepared(update(audit_head).values(length=bindparam("new_length"), hash=bindparam("new_hash")))


def append(conn: Connection, entries: Sequence[tuple[Key, AuditEvent]], now: datetime) -> None:
    """Append events of tickets to the trail inside the caller's transaction; call it LAST there.

    It locks the end of the chain until the commit: nothing else may be locked after it.
    """
    if not entries:
        return
    [head] = _HEAD.rows(conn, {})
    length, previous = head.length, head.hash
    rows: list[dict[str, object]] = []
    for (connection, ticket), event in entries:
        length += 1
        row: dict[str, object] = {
            "id": length,
            "connection": connection,
            "ticket": ticket,
            "at": event.at or now,
            "event": event.event,
            "detail": to_json(event.detail),
            "previous_hash": previous,
        }
        previous = row["hash"] = _hash(**row)  # type: ignore[arg-type]  # the keys are the parameters
        rows.append(row)
    _APPENDING.run(conn, rows)
    _MOVING_ON.run(conn, [{"new_length": length, "new_hash": previous}])


def events(store: Store, connection: str | None = None, ticket: str | None = None) -> Iterator[AuditRow]:
    """The events, oldest first, in pages that each see the newest state."""
    after_id = 0
    while True:
        query = select(audit).where(audit.c.id > after_id).order_by(audit.c.id).limit(_PAGE)
        if connection is not None:
            query = query.where(audit.c.connection == connection)
        if ticket is not None:
            query = query.where(audit.c.ticket == ticket)
        with store.reading() as conn:
            rows = conn.execute(query).all()
        for row in rows:
            yield AuditRow(**{**row._mapping, "detail": json.loads(row.detail)})
        if len(rows) < _PAGE:
            return
        after_id = rows[-1].id


def export(store: Store) -> Iterator[dict[str, Any]]:
    """Every event as a dictionary that is ready for JSON, with ``hash`` and ``previous_hash``."""
    for row in events(store):
        yield {
            "id": row.id,
            "at": row.at.isoformat(timespec="microseconds"),
            "connection": row.connection,
            "ticket": row.ticket,
            "event": row.event,
            "detail": row.detail,
            "previous_hash": row.previous_hash,
            "hash": row.hash,
        }


def verify(store: Store) -> AuditReport:
    """Walk the whole chain, in one consistent view of it, and report the first thing that is wrong."""
    previous, sound = GENESIS, 0
    with store.reading(is_snapshot=True) as conn:
        for row in _stream(conn):
            why = _what_is_wrong(row, sound + 1, previous)
            if why:
                return AuditReport(sound, row.id, why, previous)
            previous, sound = row.hash, sound + 1
        head = conn.execute(select(audit_head.c.length, audit_head.c.hash)).one_or_none()
    if head is None:
        return AuditReport(sound, None, "the record of where the chain ends is missing", previous)
    if head.length > sound:
        return AuditReport(sound, sound + 1, f"{head.length - sound} rows are missing at the end", previous)
    if (head.length, head.hash) != (sound, previous):
        return AuditReport(sound, sound, "the chain goes on after its recorded end", previous)
    return AuditReport(sound, None, "", previous)


def _stream(conn: Connection) -> Iterator[AnyRow]:
    after = None
    while True:
        query = select(audit).order_by(audit.c.id).limit(_PAGE)
        rows = conn.execute(query if after is None else query.where(audit.c.id > after)).all()
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1].id


def _what_is_wrong(row: AnyRow, expected_id: int, previous: str) -> str:
    if row.id != expected_id:
        return "a row before it is missing" if row.id > expected_id else "a row was slipped in"
    if row.previous_hash != previous:
        return "it does not follow from the row before it"
    found = _hash(row.id, row.connection, row.ticket, row.at, row.event, row.detail, previous)
    return "" if found == row.hash else "its content was changed"


def _hash(id: int, connection: str, ticket: str, at: datetime, event: str, detail: str, previous_hash: str) -> str:
    content = json.dumps([id, connection, ticket, to_micros(at), event, detail], separators=(",", ":"))
    return hashlib.sha256(f"{previous_hash}\n{content}".encode()).hexdigest()
