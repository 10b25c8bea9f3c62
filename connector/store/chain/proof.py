"""Proves the audit trail: walks every chain from its beginning, or from the signed checkpoint at which it was cut."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.store.audit import (
    GENESIS,
    SERVICE,
    AuditHead,
    ChainHead,
    beginning_of,
    digest_of,
    ends_of,
    hash_of,
    hash_over_detail,
)
from connector.store.chain.forgotten import is_forgotten, what_is_wrong_with
from connector.store.chain.signatures import key_of, sign_checkpoint, sign_head
from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow
from connector.store.queries import chains
from connector.store.queries.chains import CLOSED
from connector.store.records import Event

CLOCKS_DIFFER = timedelta(minutes=10)
"""So much earlier than a head was told, what came after it may be dated: transactions last, and clocks differ."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What ``verify`` found: how many entries are sound, the first that is not and why, the hash of the head.

    ``cut``: how many earlier entries ended in checkpoints; ``chain``: where the first thing that is wrong was found;
    ``past``: the chains of which all that an expected head speaks of was cut: its signature alone was compared.
    ``forgotten``: of how many entries the detail was forgotten; ``by_statement``: so many of these are in the form of
    before: their place in the chain is proven, what else stays of them is what was signed then.
    """

    rows: int
    first_bad_id: int | None
    why: str
    head_hash: str
    cut: int = 0
    chain: str = ""
    past: tuple[str, ...] = ()
    forgotten: int = 0
    by_statement: int = 0

    @property
    def is_intact(self) -> bool:
        return not self.why


def verify(store: Store, expected: AuditHead | None = None, keeps_from: datetime | None = None) -> AuditReport:
    """Walk every chain, in one consistent view of them, and report the first thing that is wrong.

    ``expected``: an earlier head that was kept elsewhere; the chains must still hold it, and what came after it must
    not be dated before it. ``keeps_from``: what an expected head of after that moment speaks of must not have been cut.
    Memory: a page of entries. Whatever stands in the tables, it is a report: no kind of value is an error here.
    """
    try:
        return _walked(store, expected or AuditHead({}), keeps_from)
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, RecursionError) as error:
        why = f"the connector never writes what stands there ({type(error).__name__} when it is read)"
        return AuditReport(0, None, why, GENESIS, chain="a chain")


def _walked(store: Store, expected: AuditHead, keeps_from: datetime | None) -> AuditReport:
    with store.reading(is_snapshot=True) as conn:
        ends, links = ends_of(conn), {row.connection or SERVICE: row for row in chains.chains(conn)}
        proof = _Proof(conn, links, expected, keeps_from)
        for name in (CLOSED, *links):
            proof.prove(name, ends.get(name))
        unrecorded = chains.unrecorded(conn, {row.connection for row in links.values()})
        if unrecorded is not None:
            proof.wrong(unrecorded or SERVICE, None, "the record of where the chain ends is missing")
        for name, one in expected.chains.items():
            if one.entries and name != CLOSED and name not in links:
                proof.wrong(name, 1, f"{one.entries} rows that were there are missing")
    head = AuditHead(ends).hash
    forgotten, by_statement = len(proof.forgotten), proof.by_statement
    walked = (proof.rows, proof.bad_id, proof.why, head, proof.cut, proof.chain, tuple(proof.past))
    return AuditReport(*walked, forgotten, by_statement)


class _Proof:
    """Walks chain after chain, up to the first thing that is wrong."""

    def __init__(
        self, conn: Connection, links: Mapping[str, AnyRow], expected: AuditHead, keeps_from: datetime | None
    ) -> None:
        self._conn = conn
        self._links = links
        self._kept = expected.chains
        self._told_at = expected.told.at if expected.told else None
        self._keeps_from = keeps_from
        self._marks = {name: {one.entries} for name, one in self._kept.items()}
        self._marks.setdefault(CLOSED, set()).update(row.link_entries for row in links.values())
        self._closed: dict[int, str] = {}
        self._closed_from = 0
        self.rows = self.cut = 0
        self.bad_id: int | None = None
        self.why = self.chain = ""
        self.past: list[str] = []
        self.forgotten: set[tuple[str, int]] = set()
        self.by_statement = 0
        self._starts: dict[str, int] = {}
        self._compare_signature(expected)

    def wrong(self, chain: str, bad_id: int | None, why: str) -> None:
        """Note what is wrong, unless something was before."""
        if not self.why:
            self.chain, self.bad_id, self.why = chain, bad_id, why

    def prove(self, name: str, end: ChainHead | None) -> None:
        """Prove one chain; does nothing once something is wrong."""
        if self.why:
            return
        kept = self._kept.get(name)
        start = self._start(name)
        passed, previous, sound = {start.entries: start.hash}, start.hash, start.entries
        self._starts[name] = sound
        self.cut += 0 if self.why else start.entries
        for row in () if self.why else chains.pages(self._conn, _stored(name)):
            why = _what_is_wrong(row, sound + 1, previous) or self._what_is_backdated(row, kept)
            why = why or self._what_was_forgotten(name, row)
            if why:
                self.wrong(name, row.id, why)
                break
            previous, sound = row.hash, sound + 1
            self.rows += 1
            if sound in self._marks.get(name, ()):
                passed[sound] = previous
            if row.event == Event.FORGOTTEN.value:
                self._compare_forgotten(name, row)
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
        key = key_of(self._conn, found.signed_by)
        if key is None:
            self.wrong(name, found.entries, "the key that its checkpoint is signed with is not there")
        elif not hmac.compare_digest(sign_checkpoint(found._asdict(), key), found.signature):
            self.wrong(name, found.entries, "its checkpoint is not what was signed")
        else:
            self._compare_cut(name, found)
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
            self.past.append(name)
        elif passed.get(kept.entries) != kept.hash:
            why = "it, or one before it, is another than when its hash was kept elsewhere"
            self.wrong(name, kept.entries, why)

    def _compare_signature(self, expected: AuditHead) -> None:
        """Whether a signed head was told by this database: of what was cut nothing else can be compared."""
        if expected.told is None:
            return
        key = key_of(self._conn, expected.told.by)
        if key is None:
            self.wrong(expected.told.by, None, "the key that the expected head is signed with is not there")
        elif not hmac.compare_digest(sign_head(expected, expected.told.at, key), expected.told.signature):
            self.wrong(expected.told.by, None, "the expected head is not what was signed with this database's key")

    def _compare_cut(self, name: str, checkpoint: AnyRow) -> None:
        """Whether what an expected head speaks of, and more, may have been cut: by the moment that is kept with it."""
        kept = self._kept.get(name, ChainHead(0, ""))
        if kept.entries >= checkpoint.entries or (kept.entries == 0 and self._told_at is None):
            return
        cut = f"all up to entry {checkpoint.entries} was cut off"
        if self._told_at is None:
            self.wrong(name, kept.entries, f"{cut}, and a head without a signature says nothing of that")
        elif checkpoint.until < self._told_at - CLOCKS_DIFFER:
            self.wrong(name, checkpoint.entries, f"{cut} and is dated before the head that has not got it: backdated")
        elif self._keeps_from is not None and self._told_at > self._keeps_from:
            why = "which KEEP_MONTHS still keeps: not by the connector, or KEEP_MONTHS was shorter then"
            self.wrong(name, checkpoint.entries, f"{cut}, also what came after that head, {why}")

    def _what_was_forgotten(self, name: str, row: AnyRow) -> str:
        """What is wrong with the statement that stands in place of an entry's detail, where one does."""
        if not is_forgotten(row):
            return ""
        self.forgotten.add((name, row.id))
        self.by_statement += row.digest is None
        return what_is_wrong_with(self._conn, _stored(name), row)

    def _compare_forgotten(self, name: str, row: AnyRow) -> None:
        """Whether what an entry says was forgotten is not there again."""
        for chain, numbers in json.loads(row.detail)["entries"].items():
            for number in numbers:
                if number > self._starts.get(chain, 0) and (chain, number) not in self.forgotten:
                    self.wrong(chain, number, f"its detail was forgotten, says entry {row.id} of {name}, and is there")

    def _what_is_backdated(self, row: AnyRow, kept: ChainHead | None) -> str:
        if self._told_at is None or row.id <= (kept.entries if kept else 0) or row.at >= self._told_at - CLOCKS_DIFFER:
            return ""
        return "it came after the expected head and is dated before it: backdated, or a clock was wrong"


def _stored(name: str) -> str:
    """A chain's name as the tables have it."""
    return "" if name == SERVICE else name


def _what_is_wrong(row: AnyRow, expected_id: int, previous: str) -> str:
    if row.id != expected_id:
        return "a row before it is missing" if row.id > expected_id else "a row was slipped in"
    if row.previous_hash != previous:
        return "it does not follow from the row before it"
    content = (row.id, row.connection, row.ticket, row.at, row.event)
    if row.digest is not None:
        if not is_forgotten(row):
            return "a detail stands where its own was forgotten"
        found = hash_of(*content, row.digest, previous)
    elif row.salt is not None:
        found = hash_of(*content, digest_of(row.salt, row.detail), previous)
    elif is_forgotten(row):
        return ""  # what cannot be worked out any more, the statement vouches for
    else:
        found = hash_over_detail(*content, row.detail, previous)
    return "" if found == row.hash else "its content was changed"
