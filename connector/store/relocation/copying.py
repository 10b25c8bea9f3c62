"""Copies everything from a SQLite file to PostgreSQL, so that it can be stopped anywhere and begun again.

1. Look: is the target empty, is nobody at work, does PostgreSQL take each row. Nothing is changed up to here but that
   the target gets its tables.
2. Mark the file: in that one transaction the workers' signs of life are looked at again, and from it on no program
   writes to the file any more. What it holds is what is carried, whenever that may be.
3. Mark the target as a copy that is not whole, with the same token: no program opens it.
4. Carry, page by page: what keys of a page the target has not got is added, in one transaction. Who was killed and
   begins again adds what is missing, and nothing twice; two at once wait for each other.
5. Compare each row of both sides, and prove the audit trail of the target against the file's head.
6. Note on the file that the copy is whole, and only then let programs open the target.

Killed before 6 is done, the next run does 4 and 5 again, which then change nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Connection, func, select, text, type_coerce

from connector.errors import ConfigError
from connector.store import audit
from connector.store.chain.proof import AuditReport, verify
from connector.store.database import moved, postgresql, schema
from connector.store.database.engine import Store
from connector.store.database.moved import Relocation
from connector.store.database.schema import SchemaState
from connector.store.database.tables import MICROSECOND, audit_head, mailbox, to_micros, worker
from connector.store.editions import LONGEST_SILENCE
from connector.store.relocation.columns import CARRIED, CarriedTable, Values
from connector.store.relocation.sides import CopyFailed, add, keys_there, pages, rows_there

SECOND = 1_000_000
"""In microseconds."""

MOST_NAMED = 20
"""So many rows are named; of more, how many there are."""


class CopyStep(StrEnum):
    """What is done with each row, in this order."""

    LOOK = "looked at"
    CARRY = "carried"
    COMPARE = "compared"


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """How far a step is: with how many ``rows`` of a table, ``page`` of them just now, and of all
    tables; ``total``: None while nobody knows."""

    step: CopyStep
    table: str
    rows: int
    all_rows: int
    total: int | None
    page: int
    is_table_done: bool

    def is_further(self, by: int) -> bool:
        """Whether the page took the table past another ``by`` rows."""
        return self.rows // by > (self.rows - self.page) // by


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: how many rows of each table, how many of them were ``added`` by this run.

    ``trail``: the proof of the target's audit trail; ``ahead``: so much later is the target's clock than this host's.
    """

    rows: Mapping[str, int]
    added: int
    head: audit.AuditHead
    trail: AuditReport
    ahead: timedelta


Tell = Callable[[CopyProgress], None]


def copy(source: Store, target: Store, places: tuple[str, str], tell: Tell = lambda _: None) -> Copied | None:
    """Copy the file of ``source`` to ``target``; None where that was done before, to the end.

    ``places``: what both are called for people, without a password. Raises ConfigError where one of them is not what
    it has to be; CopyFailed where somebody is at work, a row cannot be carried, or the copy is not the same.
    """
    begun = _begun(source)
    state = _require_target(target, begun, places[1])
    if begun and begun.finished_at and state is SchemaState.CURRENT:
        return None
    counts = _look(source, "" if begun is None else begun.token, tell)
    if state is SchemaState.EMPTY:
        target.migrate()
    relocation = begun or _leave(source, places[1])
    if state is not SchemaState.ARRIVING:
        _expect(target, relocation, places[0])
    counts, added = _carry(source, target, relocation.token, counts, tell)
    _compare(source, target, relocation.token, counts, tell)
    head, trail = _prove(source, target)
    _finish(source, target, relocation.token, places[1])
    with target.reading() as conn:
        ahead = target.now(conn) - source.now()
    return Copied(counts, added, head, trail, ahead)


def reopen(source: Store) -> Relocation | None:
    """Take the mark off a file; the move that it was left for, None where it is not marked."""
    with source.writing() as conn:
        if schema.state(conn) is not SchemaState.LEFT:
            schema.require_current(conn)
            return None
        left = moved.found(conn)
        moved.stay(conn)
    return left


# --- 1. look --------------------------------------------------------------------------------------------------


def _begun(source: Store) -> Relocation | None:
    """The move that the file is marked with, None where it is not. Raises ConfigError where it cannot be copied."""
    with source.reading() as conn:
        if schema.state(conn) is not SchemaState.LEFT:
            schema.require_current(conn)
            _require_silence(source, conn)
            return None
        begun = moved.found(conn)
        if begun is None:
            raise ConfigError([f"the database {schema.refusal(conn)}"])
    return begun


def _require_silence(source: Store, conn: Connection) -> None:
    """Raise CopyFailed where a worker gave a sign of life lately, or still holds a ticket."""
    now = to_micros(source.now(conn))
    silence = LONGEST_SILENCE // MICROSECOND
    seen_at = type_coerce(worker.c.seen_at, BigInteger)
    at_work: dict[str, int] = {
        row.id: row.seen_at + silence
        for row in conn.execute(select(worker.c.id, seen_at.label("seen_at")).where(seen_at > now - silence))
    }
    lease_until = type_coerce(mailbox.c.lease_until, BigInteger)
    held = select(mailbox.c.owner, func.max(lease_until).label("until")).where(mailbox.c.owner.is_not(None))
    for row in conn.execute(held.where(lease_until > now).group_by(mailbox.c.owner)):
        at_work[row.owner] = max(row.until, at_work.get(row.owner, now))
    if at_work:
        seconds = (max(at_work.values()) - now) // SECOND + 1
        names = ", ".join(sorted(at_work))
        wait = f"once it has ended, the copy can begin {seconds} s from now"
        raise CopyFailed(
            f"a worker is at work, or was a moment ago ({names}): end every process of the service; {wait}"
        )


def _require_target(target: Store, begun: Relocation | None, place: str) -> SchemaState:
    """The state of the target. Raises ConfigError unless it is empty, or this very copy."""
    with target.reading() as conn:
        state = schema.state(conn)
        if state is SchemaState.ARRIVING:
            there = moved.found(conn)
            if begun is None or there is None or there.token != begun.token:
                of = f" of {there.place}" if there else ""
                raise ConfigError([f"the target holds another copy{of} that is not whole: name an empty database"])
            return state
        if state not in (SchemaState.EMPTY, SchemaState.CURRENT):
            raise ConfigError([f"the target {schema.refusal(conn)}, or name an empty database"])
        if begun is not None and begun.place != place:
            raise ConfigError([f"the database {moved.refusal(schema.REVISION, begun)}"])
        is_whole = begun is not None and begun.finished_at is not None
        if state is SchemaState.CURRENT and not is_whole and not _holds_nothing(conn):
            raise ConfigError(["the target is not empty: name a database that nothing was ever stored in"])
    return state


def _holds_nothing(conn: Connection) -> bool:
    """Whether nothing was stored since the migrations, which leave the end of a chain that has no entry yet."""
    for one in CARRIED:
        query = select(one.table).limit(1)
        if one.table is audit_head:
            query = query.where(audit_head.c.length > 0)
        if conn.execute(query).first() is not None:
            return False
    return True


def _look(source: Store, token: str, tell: Tell) -> dict[str, int]:
    """How many rows each table has. Raises CopyFailed, with their names, where some cannot be carried."""
    counts = {one.name: 0 for one in CARRIED}
    unfit: list[str] = []
    for one, page in _told(source, token, None, CopyStep.LOOK, tell):
        counts[one.name] += len(page)
        unfit += [f"{one.said(row)}: {why}" for row in page if (why := one.unfit(row))]
    _require_none(unfit, "cannot be carried: PostgreSQL does not take them. Correct or delete them in the file")
    return counts


def _require_none(rows: list[str], what: str) -> None:
    if rows:
        more = [] if len(rows) <= MOST_NAMED else [f"and {len(rows) - MOST_NAMED} more"]
        raise CopyFailed("\n  ".join([f"{len(rows)} rows {what}:", *rows[:MOST_NAMED], *more]))


def _told(
    source: Store, token: str, counts: Mapping[str, int] | None, step: CopyStep, tell: Tell
) -> Iterator[tuple[CarriedTable, list[Values]]]:
    """Every page of every table; what was done with a page is told when the next one is asked for."""
    total = None if counts is None else sum(counts.values())
    all_rows = 0
    for one in CARRIED:
        rows = 0
        for page in pages(source, one, token):
            yield one, page
            rows += len(page)
            all_rows += len(page)
            tell(CopyProgress(step, one.name, rows, all_rows, total, len(page), is_table_done=False))
        tell(CopyProgress(step, one.name, rows, all_rows, total, 0, is_table_done=True))


# --- 2. and 3. mark -------------------------------------------------------------------------------------------


def _leave(source: Store, place: str) -> Relocation:
    with source.writing() as conn:
        schema.require_current(conn)
        _require_silence(source, conn)
        relocation = Relocation(secrets.token_hex(16), place, source.now(conn))
        moved.leave(conn, relocation)
    return relocation


def _expect(target: Store, relocation: Relocation, place: str) -> None:
    with target.writing() as conn:
        schema.require_current(conn)
        if not _holds_nothing(conn):
            raise ConfigError(["something was stored in the target meanwhile: name an empty database"])
        moved.expect(conn, Relocation(relocation.token, place, relocation.begun_at))
        conn.execute(audit_head.delete())


# --- 4. carry -------------------------------------------------------------------------------------------------


def _carry(
    source: Store, target: Store, token: str, counts: Mapping[str, int], tell: Tell
) -> tuple[dict[str, int], int]:
    """Add what the target has not got; how many rows each table has, and how many of all were added."""
    carried, added = {one.name: 0 for one in CARRIED}, 0
    after: dict[str, Values] = {}
    for one, page in _told(source, token, counts, CopyStep.CARRY, tell):
        until = one.key_of(page[-1])
        with target.writing() as conn:
            if not moved.holds(conn, token):
                raise CopyFailed("the target is not this copy any more: begin again")
            there = keys_there(conn, one, after.get(one.name), until)
            missing = [row for row in page if one.key_of(row) not in there]
            if missing:
                add(conn, one, missing)
        carried[one.name] += len(page)
        added += len(missing)
        after[one.name] = until
    return carried, added


# --- 5. compare and prove -------------------------------------------------------------------------------------


def _compare(source: Store, target: Store, token: str, counts: Mapping[str, int], tell: Tell) -> None:
    """Raise CopyFailed, with their names, where there are rows that are not the same on both sides."""
    wrong: list[str] = []
    after: dict[str, Values] = {}
    for one, page in _told(source, token, counts, CopyStep.COMPARE, tell):
        until = one.key_of(page[-1])
        with target.reading() as conn:
            there = {one.key_of(row): row for row in rows_there(conn, one, after.get(one.name), until)}
        for row in page:
            found = there.pop(one.key_of(row), None)
            if found != one.carried(row):
                wrong.append(f"{one.said(row)}: {'is missing' if found is None else 'is another'} in the target")
        wrong += [f"{one.said(row)}: is not in the file" for row in there.values()]
        after[one.name] = until
    for one in CARRIED:
        with target.reading() as conn:
            rest = rows_there(conn, one, after.get(one.name), None)
        wrong += [f"{one.said(row)}: is not in the file" for row in rest]
    _require_none(wrong, "are not the same on both sides. Begin again, with an empty target, after `database reopen`")


def _prove(source: Store, target: Store) -> tuple[audit.AuditHead, AuditReport]:
    """The head, the same on both sides, and the proof. Raises CopyFailed where only the target's trail is not sound."""
    head = audit.head(source)
    trail = verify(target, head)
    if audit.head(target) != head or (not trail.is_intact and verify(source, head) != trail):
        raise CopyFailed(f"the target's audit trail is not that of the file: {trail.why or 'it ends elsewhere'}")
    return head, trail


# --- 6. finish ------------------------------------------------------------------------------------------------


def _finish(source: Store, target: Store, token: str, place: str) -> None:
    with source.writing() as conn:
        if not moved.holds(conn, token):
            raise CopyFailed("the file's mark was taken off meanwhile: begin again, with an empty target")
        moved.finish(conn, place, source.now(conn))
    with target.writing() as conn, postgresql.unhurried(conn):
        if not moved.holds(conn, token):
            raise CopyFailed("the target is not this copy any more: begin again")
        for one in CARRIED:
            _count_on(conn, one)
            conn.execute(text(f"ANALYZE {one.name}"))
        moved.arrive(conn)


def _count_on(conn: Connection, one: CarriedTable) -> None:
    """Have the target count on behind the highest number that was carried."""
    column = one.table.autoincrement_column
    if column is not None:
        last = select(func.coalesce(func.max(column), 0)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(one.name, column.name)
        conn.execute(select(func.setval(sequence, last + 1, False)))
