"""The mark of a move from a file to another database: on the file that is left, and on the copy until it is whole.

It stands where the schema's version does. Every program looks there that opens the database, older ones too: those
take it for a newer version's, and refuse. What runs already is kept from writing by triggers in the file itself, from
the transaction on that sets the mark. A table of its own beside them, made with the mark and gone with it, says more.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from connector.store.database.tables import from_micros, metadata, to_micros

LEFT, ARRIVING = "moved:", "copying:"
"""In front of the schema's version: in the file that is left, and in a copy that is not whole yet."""

_relocation = Table(
    "relocation",
    MetaData(),
    Column("token", String, primary_key=True),
    Column("place", String, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
)
_FENCE = "moved away: "
"""How the words of the triggers begin."""

_DEEDS = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class Relocation:
    """A move of a database. ``token``: which one it is, the same on both sides.

    ``place``: on the file that is left where it goes, on the copy where it comes from; without a password.
    ``finished_at``: since when the copy is whole and proven; None before, and always on the copy.
    """

    token: str
    place: str
    begun_at: datetime
    finished_at: datetime | None = None


def found(conn: Connection) -> Relocation | None:
    """The move that this database has a part in; None where there is none, or its mark says no more."""
    if not inspect(conn).has_table(_relocation.name):
        return None
    row = conn.execute(select(_relocation)).one_or_none()
    if row is None:
        return None
    finished = None if row.finished_at is None else from_micros(row.finished_at)
    return Relocation(row.token, row.place, from_micros(row.begun_at), finished)


def holds(conn: Connection, token: str) -> bool:
    """Whether this database still has a part in that move; in the transaction of ``conn`` it stays so."""
    if not inspect(conn).has_table(_relocation.name):
        return False
    rows = conn.execute(select(_relocation.c.token).with_for_update()).all()
    return [row.token for row in rows] == [token]


def leave(conn: Connection, move: Relocation) -> None:
    """Mark a SQLite file as one that is left: from this transaction on no program writes to its tables."""
    _set(conn, LEFT, move)
    said = _words_of(move).replace("'", "''")
    for table in metadata.sorted_tables:
        for deed in _DEEDS:
            trigger = f"CREATE TRIGGER {_trigger(table.name, deed)} BEFORE {deed} ON {table.name}"
            conn.exec_driver_sql(f"{trigger} BEGIN SELECT RAISE(ABORT, '{said}'); END")


def finish(conn: Connection, place: str, at: datetime) -> None:
    """Note on the file that is left that its copy is whole, and what its place was called last."""
    conn.execute(update(_relocation).values(place=place, finished_at=to_micros(at)))


def stay(conn: Connection) -> None:
    """Take the mark off a file that was left: it is worked with again."""
    for table in metadata.sorted_tables:
        for deed in _DEEDS:
            conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_trigger(table.name, deed)}")
    _unset(conn, LEFT)


def expect(conn: Connection, move: Relocation) -> None:
    """Mark a database as a copy that is not whole yet: no program opens it."""
    _set(conn, ARRIVING, move)


def arrive(conn: Connection) -> None:
    """Take the mark off a copy: it is whole."""
    _unset(conn, ARRIVING)


def refusal(version: str, move: Relocation | None) -> str:
    """Why a database with such a mark is not to be used, and what to do; the rest of a sentence about it."""
    if version.startswith(ARRIVING):
        whence = f" of {move.place}" if move else ""
        return f"is a copy{whence} that is not whole yet: let `escalator database copy` go on to its end"
    if move is None:
        return "was moved to another one: set DATABASE_URL to that one's address"
    back = "to work with this file all the same: `escalator database reopen`"
    if move.finished_at is None:
        return f"is being moved to {move.place}: let `escalator database copy` go on to its end; {back}"
    at = f"{move.finished_at:%Y-%m-%d %H:%M} UTC"
    return f"was moved to {move.place} on {at}: set DATABASE_URL to that one's address, with its password; {back}"


def said_by_fence(error: BaseException | None) -> str:
    """Where the database went, if an error is that of a write to a file that was left; empty for any other error."""
    cause = error.orig if isinstance(error, IntegrityError) else error
    is_fence = getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT_TRIGGER
    return str(cause) if is_fence and str(cause).startswith(_FENCE) else ""


def _words_of(move: Relocation) -> str:
    return f"{_FENCE}its place is {move.place} now; start this process anew with the DATABASE_URL of that"


def _trigger(table: str, deed: str) -> str:
    return f"moved_{table}_{deed.lower()}"


def _set(conn: Connection, sign: str, move: Relocation) -> None:
    _relocation.create(conn)
    conn.execute(insert(_relocation).values(token=move.token, place=move.place, begun_at=to_micros(move.begun_at)))
    conn.execute(text("UPDATE alembic_version SET version_num = :sign || version_num"), {"sign": sign})


def _unset(conn: Connection, sign: str) -> None:
    conn.execute(delete(_relocation))
    _relocation.drop(conn)
    conn.execute(text("UPDATE alembic_version SET version_num = substr(version_num, :skip)"), {"skip": len(sign) + 1})
