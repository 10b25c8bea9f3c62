"""The audit trail: who, what, why, in a chain of hashes for each connection and one for the service.

Each entry's hash covers its content and the hash before it; the end of each chain is kept in a row of its own. So an
entry that was changed, removed (also the last ones) or slipped in is found by ``verify``. Whoever can write to the
database can work all hashes out anew: what he did before a signed head was told outside is found by that head alone.

Of its detail the hash covers a digest, made with a salt that is kept beside the detail: both can be forgotten, and what
stays proves the entry and tells nothing of its detail. Entries of the versions before have no salt: their hash covers
the detail itself. How either is forgotten: ``chain/forgotten.py``.

Old entries are cut off, the oldest first, at a checkpoint, signed with the key that a connection's marks are made with:
see ``chain/``. Up to a version there was one chain over all connections. It is closed: each chain begins with where
that one ended when it began, its first link.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.database.prepared import Prepared, PreparedRows
from connector.store.database.tables import AnyRow, audit_chain, audit_entry, audit_head, to_json, to_micros
from connector.store.queries import chains
from connector.store.queries.chains import CLOSED
from connector.store.records import AuditEvent, Key

GENESIS = "0" * 64

SERVICE = "@service"
"""What the chain of entries that belong to no connection is called; in the tables its name is empty."""

CHECKPOINT = "checkpoint"
"""The event of an exported line that stands for what was cut."""

SALT_BYTES = 16
"""Of chance, an entry: a detail of a few words cannot be guessed back from its digest."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An event as it stands in the trail; ``id`` counts within its ``chain``.

    ``salt``: of its detail's digest, None in the form of before and where the detail was forgotten: then ``digest`` is
    what was kept of it.
    """

    id: int
    connection: str
    ticket: str
    at: datetime
    event: str
    detail: Mapping[str, Any]
    previous_hash: str
    hash: str
    chain: str
    salt: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a chain ends, or ended: how many entries it had, also those that were cut, and the last one's hash."""

    entries: int
    hash: str


@dataclass(frozen=True, slots=True)
class Telling:
    """When a head was told, in whole seconds, by the key of which connection, and the signature: ``sign_head``."""

    at: datetime
    by: str
    signature: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where the trail ends: each chain's end, by its name, the closed one first. ``told``: None where unsigned."""

    chains: Mapping[str, ChainHead]
    told: Telling | None = None

    @property
    def entries(self) -> int:
        """How many entries all chains have together, also those that were cut."""
        return sum(one.entries for one in self.chains.values())

    @property
    def text(self) -> str:
        """All of it in one word: ``@closed=0:…,psa=12:…,@told=MOMENT/psa/SIGNATURE``; ``read_head`` reads it."""
        told = self.told
        return self._ends + (f"{_TOLD}{told.at.isoformat()}/{told.by}/{told.signature}" if told else "")

    @property
    def hash(self) -> str:
        """One hash for all chains: of their ends as ``text`` has them."""
        return hashlib.sha256(self._ends.encode()).hexdigest()

    @property
    def _ends(self) -> str:
        return ",".join(f"{name}={one.entries}:{one.hash}" for name, one in self.chains.items())


_TOLD = ",@told="


_END = Prepared(
    select(audit_chain.c.length, audit_chain.c.hash, audit_chain.c.oldest_at)
    .where(audit_chain.c.connection == bindparam("at_connection"))
    .with_for_update()
)
_CLOSED_END = Prepared(select(audit_head.c.length, audit_head.c.hash))
_BEGINNING = PreparedRows(
    audit_chain,
    ("connection", "length", "hash", "link_entries", "link_hash"),
    lambda plain: plain.on_conflict_do_nothing(index_elements=["connection"]),
)
_APPENDING = PreparedRows(
    audit_entry, ("connection", "n", "ticket", "at", "event", "detail", "previous_hash", "hash", "salt")
)
_MOVING_ON = Prepared(
    update(audit_chain)
    .where(audit_chain.c.connection == bindparam("at_connection"))
    .values(length=bindparam("new_length"), hash=bindparam("new_hash"), oldest_at=bindparam("new_oldest_at"))
)


def append(conn: Connection, entries: Sequence[tuple[Key, AuditEvent]], now: datetime) -> None:
    """Append events of tickets to their chains inside the caller's transaction; call it LAST there.

    It locks the ends of these chains, in the order of their names, until the commit: nothing else may be locked after.
    """
    by_name = sorted(entries, key=lambda one: one[0][0])
    for connection, group in groupby(by_name, key=lambda one: one[0][0]):
        _append(conn, connection, [(ticket, event) for (_, ticket), event in group], now)


def _append(conn: Connection, connection: str, entries: Sequence[tuple[str, AuditEvent]], now: datetime) -> None:
    end = _END.one_or_none(conn, {"at_connection": connection}) or _begun(conn, connection)
    length, previous = end.length, end.hash
    rows: list[dict[str, object]] = []
    for ticket, event in entries:
        length += 1
        at, detail, salt = event.at or now, to_json(event.detail), secrets.token_hex(SALT_BYTES)
        new = hash_of(length, connection, ticket, at, event.event, digest_of(salt, detail), previous)
        rows.append(
            {
                "connection": connection,
                "n": length,
                "ticket": ticket,
                "at": at,
                "event": event.event,
                "detail": detail,
                "previous_hash": previous,
                "hash": new,
                "salt": salt,
            }
        )
        previous = new
    _APPENDING.run(conn, rows)
    moved = {"new_length": length, "new_hash": previous, "new_oldest_at": end.oldest_at or rows[0]["at"]}
    _MOVING_ON.run(conn, [{"at_connection": connection, **moved}])


def _begun(conn: Connection, connection: str) -> Any:
    """Begin a chain where the closed one ends now, unless somebody has; its end, locked."""
    closed = _CLOSED_END.one_or_none(conn, {})
    if closed is None:
        raise StoreError("the record of where the audit trail ends is missing")
    first = {"length": 0, "hash": beginning_of(connection, closed.length, closed.hash)}
    link = {"link_entries": closed.length, "link_hash": closed.hash}
    _BEGINNING.run(conn, [{"connection": connection, **first, **link}])
    return _END.one_or_none(conn, {"at_connection": connection})


def lock_end(conn: Connection, chain: str) -> None:
    """Lock the end of a chain: nobody appends to it, or cuts it, until the commit."""
    if chain == CLOSED:
        conn.execute(select(audit_head.c.id).with_for_update())
    else:
        _END.one_or_none(conn, {"at_connection": chain})


def events(store: Store, connection: str | None = None, ticket: str | None = None) -> Iterator[AuditRow]:
    """The events, chain after chain and oldest first in each, in pages that each see the newest state.

    First those of the closed chain; so what is asked of one connection comes oldest first.
    """
    for chain in _all_chains(store) if connection is None else (CLOSED, connection):
        yield from _events_of(store, chain, connection, ticket)


def latest(store: Store, connection: str, ticket: str, most: int) -> list[tuple[datetime, str, dict[str, Any]]]:
    """When, which event and its detail: the last ones of a ticket, the newest first; none of the closed chain."""
    with store.reading() as conn:
        found = chains.latest_of(conn, connection, ticket, most)
    return [(row.at, row.event, json.loads(row.detail)) for row in found]


def _all_chains(store: Store) -> list[str]:
    with store.reading() as conn:
        return [CLOSED, *(row.connection for row in chains.chains(conn))]


def _events_of(
    store: Store, chain: str, connection: str | None = None, ticket: str | None = None
) -> Iterator[AuditRow]:
    after: int | None = None
    while True:
        with store.reading() as conn:
            page = chains.entries_after(conn, chain, after, chains.PAGE, connection, ticket)
        for row in page:
            yield _row(chain, row)
        if len(page) < chains.PAGE:
            return
        after = page[-1].id


def _row(chain: str, row: AnyRow) -> AuditRow:
    return AuditRow(**{**row._mapping, "detail": json.loads(row.detail)}, chain=chain or SERVICE)


def head(store: Store) -> AuditHead:
    """Where the trail ends now. Raises StoreError when the record of it is missing."""
    with store.reading(is_snapshot=True) as conn:
        found = ends_of(conn)
    if CLOSED not in found:
        raise StoreError("the record of where the audit trail ends is missing")
    return AuditHead(found)


def ends_of(conn: Connection) -> dict[str, ChainHead]:
    """Where each chain ends, by its name; the closed one is missing where the record of it is."""
    closed = _CLOSED_END.one_or_none(conn, {})
    found = {} if closed is None else {CLOSED: ChainHead(closed.length, closed.hash)}
    return found | {row.connection or SERVICE: ChainHead(row.length, row.hash) for row in chains.chains(conn)}


def read_head(text: str) -> AuditHead:
    """A head that was kept elsewhere: as ``AuditHead.text`` writes it, or as versions before did, unsigned or as
    ``ENTRIES:HASH``. Raises ValueError.
    """
    found: dict[str, ChainHead] = {}
    ends, is_signed, told = text.strip().partition(_TOLD)
    for part in ends.split(","):
        written = re.fullmatch(r"(?:([^=,\s]+)=)?([0-9]{1,18}):([0-9a-f]{64})", part.strip())
        name = written[1] or CLOSED if written else ""
        if written is None or name in found:
            raise ValueError("is no head of the audit trail")
        found[name] = ChainHead(int(written[2]), written[3])
    return AuditHead(found, _read_telling(told) if is_signed else None)


def _read_telling(text: str) -> Telling:
    written = re.fullmatch(r"([0-9T:-]{19}\+00:00)/([^/\s]+)/([0-9a-f]{64})", text)
    if written is None:
        raise ValueError("is no signed head of the audit trail")
    return Telling(datetime.fromisoformat(written[1]), written[2], written[3])


def export(store: Store) -> Iterator[dict[str, Any]]:
    """Every event as a dictionary that is ready for JSON, with ``hash`` and ``previous_hash``, chain after chain.

    Where entries were cut, a line for the checkpoint stands in their place: its ``hash`` is that of the last of them.
    Raises StoreError at an entry that holds what the connector never writes.
    """
    for chain in _all_chains(store):
        last = 0
        try:
            for row in _events_of(store, chain):
                if row.id != last + 1:
                    yield from _cut(store, chain)
                last = row.id
                yield _exported(row)
        except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
            what = f"the entry behind {last} of the chain {chain} holds what the connector never writes"
            raise StoreError(f"{what}: `escalator audit verify` tells more") from error
        if not last:
            yield from _cut(store, chain)


def exported(chain: str, row: AnyRow) -> dict[str, Any]:
    """An entry of a chain as it is exported. Raises what reading its detail raises."""
    return _exported(_row(chain, row))


def _exported(row: AuditRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at.isoformat(timespec="microseconds"),
        "connection": row.connection,
        "ticket": row.ticket,
        "event": row.event,
        "detail": row.detail,
        "previous_hash": row.previous_hash,
        "hash": row.hash,
        "chain": row.chain,
        "salt": row.salt,
        "digest": row.digest,
    }


def _cut(store: Store, chain: str) -> Iterator[dict[str, Any]]:
    with store.reading() as conn:
        yield from cut_line(conn, chain)


def cut_line(conn: Connection, chain: str) -> list[dict[str, Any]]:
    """The exported line that stands for what was cut of a chain; none where nothing was."""
    found = chains.checkpoint(conn, chain)
    if found is None:
        return []
    until, cut_at = (moment.isoformat(timespec="microseconds") for moment in (found.until, found.cut_at))
    signed = {"signed_by": found.signed_by, "signature": found.signature}
    detail = {"entries": found.entries, "cut_at": cut_at, **signed}
    connection = "" if chain == CLOSED else chain
    row = AuditRow(found.entries, connection, "", found.until, CHECKPOINT, detail, "", found.hash, chain or SERVICE)
    return [{**_exported(row), "at": until}]


def digest_of(salt: str, detail: str) -> str:
    """What an entry's hash covers of its detail's JSON."""
    return hashlib.sha256("\n".join((salt, detail)).encode()).hexdigest()


def hash_of(id: int, connection: str, ticket: str, at: datetime, event: str, digest: str, previous_hash: str) -> str:
    """The hash of an entry: of its content, but of its detail the digest, and of the hash before it."""
    content = json.dumps([id, connection, ticket, to_micros(at), event, {"digest": digest}], separators=(",", ":"))
    return hashlib.sha256(f"{previous_hash}\n{content}".encode()).hexdigest()


def hash_over_detail(
    id: int, connection: str, ticket: str, at: datetime, event: str, detail: str, previous_hash: str
) -> str:
    """The hash of an entry without a salt, by a version before: of its content, its detail's JSON included.

    That is a text, and a digest stands in an object: neither form can be taken for the other.
    """
    content = json.dumps([id, connection, ticket, to_micros(at), event, detail], separators=(",", ":"))
    return hashlib.sha256(f"{previous_hash}\n{content}".encode()).hexdigest()


def beginning_of(connection: str, link_entries: int, link_hash: str) -> str:
    """What a chain's first entry follows from: its name, and where the closed chain ended when it began."""
    content = json.dumps([connection, link_entries], separators=(",", ":"))
    return hashlib.sha256(f"{link_hash}\n{content}".encode()).hexdigest()
