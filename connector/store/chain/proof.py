"""Proves the audit trail: walks every chain from its beginning, or from the signed checkpoint at which it was cut."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from connector.store.audit import (
    GENESIS,
    SERVICE,
    AuditHead,
    ChainHead,
    beginning_of,
    ends_of,
    hash_of,
)
from connector.store.chain.cutting import sign_checkpoint
from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow
from connector.store.database.tables import connection as connection_table
from connector.store.queries import chains
from connector.store.queries.chains import CLOSED


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What ``verify`` found: how many entries are sound, the first that is not and why, the hash of the head.

    ``cut``: how many earlier entries ended in checkpoints; ``chain``: where the first thing that is wrong was found.
    """

    rows: int
    first_bad_id: int | None
    why: str
    head_hash: str
    cut: int = 0
    chain: str = ""

    @property
    def is_intact(self) -> bool:
        return not self.why


def verify(store: Store, expected: AuditHead | None = None) -> AuditReport:
    """Walk every chain, in one consistent view of them, and report the first thing that is wrong.

    ``expected``: an earlier head that was kept elsewhere; the chains must still hold it. Memory: a page of entries.
    """
    kept = dict(expected.chains) if expected else {}
    with store.reading(is_snapshot=True) as conn:
        ends, links = ends_of(conn), {row.connection or SERVICE: row for row in chains.chains(conn)}
        proof = _Proof(conn, links, kept)
        for name in (CLOSED, *links):
            proof.prove(name, ends.get(name), kept.pop(name, None))
        unrecorded = chains.unrecorded(conn, {row.connection for row in links.values()})
        if unrecorded is not None:
            proof.wrong(unrecorded or SERVICE, None, "the record of where the chain ends is missing")
        for name, one in kept.items():
            if one.entries:
                proof.wrong(name, 1, f"{one.entries} rows that were there are missing")
    return AuditReport(proof.rows, proof.bad_id, proof.why, AuditHead(ends).hash, proof.cut, proof.chain)


class _Proof:
    """Walks chain after chain, up to the first thing that is wrong."""

    def __init__(self, conn: Connection, links: Mapping[str, AnyRow], kept: Mapping[str, ChainHead]) -> None:
        self._conn = conn
        self._links = links
        self._marks = {name: {one.entries} for name, one in kept.items()}
        self._marks.setdefault(CLOSED, set()).update(row.link_entries for row in links.values())
        self._closed: dict[int, str] = {}
        self._closed_from = 0
        self.rows = self.cut = 0
        self.bad_id: int | None = None
        self.why = self.chain = ""

    def wrong(self, chain: str, bad_id: int | None, why: str) -> None:
        """Note what is wrong, unless something was before."""
        if not self.why:
            self.chain, self.bad_id, self.why = chain, bad_id, why

    def prove(self, name: str, end: ChainHead | None, kept: ChainHead | None) -> None:
        """Prove one chain; does nothing once something is wrong."""
        if self.why:
            return
        start = self._start(name)
        passed, previous, sound = {start.entries: start.hash}, start.hash, start.entries
        self.cut += 0 if self.why else start.entries
        for row in () if self.why else chains.pages(self._conn, _stored(name)):
            why = _what_is_wrong(row, sound + 1, previous)
            if why:
                self.wrong(name, row.id, why)
                break
            previous, sound = row.hash, sound + 1
            self.rows += 1
            if sound in self._marks.get(name, ()):
                passed[sound] = previous
        reached = ChainHead(sound, previous)
        self._compare_end(name, reached, end, kept)
        self._compare_kept(name, start, passed, kept)
        if name == CLOSED:
            self._closed, self._closed_from = passed, start.entries

    def _start(self, name: str) -> ChainHead:
        """Where the walk begins: at the checkpoint, whose signature must be right, else at the chain's beginning."""
        found = chains.checkpoint(self._conn, _stored(name))
        link = self._links.get(name)
        if link is not None:
            self._compare_link(name, link)
        if found is None:
            begins = GENESIS if link is None else beginning_of(_stored(name), link.link_entries, link.link_hash)
            return ChainHead(0, begins)
        key = _key_of(self._conn, found.signed_by)
        if key is None:
            self.wrong(name, found.entries, "the key that its checkpoint is signed with is not there")
        elif not hmac.compare_digest(sign_checkpoint(found._asdict(), key), found.signature):
            self.wrong(name, found.entries, "its checkpoint is not what was signed")
        return ChainHead(found.entries, found.hash)

    def _compare_link(self, name: str, link: AnyRow) -> None:
        """Whether the closed chain holds what this one begins with; where that was cut, nobody can tell any more."""
        if link.link_entries >= self._closed_from and self._closed.get(link.link_entries) != link.link_hash:
            self.wrong(name, None, "it does not begin where the closed chain ended")

    def _compare_end(self, name: str, reached: ChainHead, end: ChainHead | None, kept: ChainHead | None) -> None:
        sound = reached.entries
        if end is None:
            self.wrong(name, None, "the record of where the chain ends is missing")
            return
        if kept is not None and kept.entries > max(sound, end.entries):
            self.wrong(name, sound + 1, f"{kept.entries - sound} rows that were there are missing")
        if end.entries > sound:
            self.wrong(name, sound + 1, f"{end.entries - sound} rows are missing at the end")
        if end != reached:
            self.wrong(name, sound, "the chain goes on after its recorded end")

    def _compare_kept(self, name: str, start: ChainHead, passed: Mapping[int, str], kept: ChainHead | None) -> None:
        if kept is None or kept.entries == 0:
            return
        if kept.entries < start.entries:
            why = f"it was cut off with all up to entry {start.entries}: only a later head can be compared"
            self.wrong(name, kept.entries, why)
        elif passed.get(kept.entries) != kept.hash:
            why = "it, or one before it, is another than when its hash was kept elsewhere"
            self.wrong(name, kept.entries, why)


def _stored(name: str) -> str:
    """A chain's name as the tables have it."""
    return "" if name == SERVICE else name


def _key_of(conn: Connection, connection: str) -> str | None:
    c = connection_table.c
    return conn.execute(select(c.marker_key).where(c.name == connection)).scalar_one_or_none()


def _what_is_wrong(row: AnyRow, expected_id: int, previous: str) -> str:
    if row.id != expected_id:
        return "a row before it is missing" if row.id > expected_id else "a row was slipped in"
    if row.previous_hash != previous:
        return "it does not follow from the row before it"
    found = hash_of(row.id, row.connection, row.ticket, row.at, row.event, row.detail, previous)
    return "" if found == row.hash else "its content was changed"
