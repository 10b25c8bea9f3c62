"""The schema's version: what the database has, what the program needs, and the way from one to the other.

Asking for the version needs no migration library, so that a web process starts fast; only ``upgrade``
loads it. Migrations go forward only and run in one transaction, one process at a time.
"""

from __future__ import annotations

import threading
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from connector.errors import ConfigError
from connector.store.database import moved

REVISION = "0012"
"""The newest migration; a test compares it with the folder."""

_MIGRATION_LOCK = 7_365_001_042
"""The key of the advisory lock, on PostgreSQL, that a migrating process holds. Any fixed number would do."""

_one_at_a_time = threading.Lock()
"""The migration library keeps its state in a module: threads must not share it."""


class SchemaState(StrEnum):
    """How the schema in the database relates to the one the program needs."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"
    NEWER = "newer"
    LEFT = "moved"
    ARRIVING = "not whole yet"


def state(conn: Connection) -> SchemaState:
    """The state of the schema that ``conn`` sees."""
    found = version(conn)
    if not found:
        return SchemaState.EMPTY
    if found == REVISION:
        return SchemaState.CURRENT
    for sign, marked in _MARKED.items():
        if found.startswith(sign):
            return marked
    return SchemaState.OLD if found < REVISION else SchemaState.NEWER


_MARKED = {moved.LEFT: SchemaState.LEFT, moved.ARRIVING: SchemaState.ARRIVING}


def version(conn: Connection) -> str:
    """The version of the schema that ``conn`` sees, with the mark of a move; empty where there is no schema."""
    if not inspect(conn).has_table("alembic_version"):
        return ""
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or ""


def require_current(conn: Connection) -> None:
    """Raise ConfigError, naming the remedy, unless the schema that ``conn`` sees is CURRENT."""
    if what := refusal(conn):
        raise ConfigError([f"the database {what}"])


def refusal(conn: Connection) -> str:
    """Why the database that ``conn`` sees is not to be used, and what to do, as the rest of a sentence about it; empty
    where its schema is CURRENT.
    """
    match state(conn):
        case SchemaState.CURRENT:
            return ""
        case SchemaState.EMPTY:
            return "is empty: run `escalator migrate` first"
        case SchemaState.OLD:
            return "has an older schema: run `escalator migrate` first"
        case SchemaState.NEWER:
            return "was set up by a newer version of escalator: install that version"
        case SchemaState.LEFT | SchemaState.ARRIVING:
            return moved.refusal(version(conn), moved.found(conn))


def upgrade(conn: Connection, to: str = "head") -> SchemaState:
    """Run the migrations that are missing, up to the one that ``to`` names, inside the transaction of ``conn``.

    Returns the state before.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    before = state(conn)
    if before not in (SchemaState.EMPTY, SchemaState.OLD):
        require_current(conn)
    if before is not SchemaState.CURRENT:
        _run(conn, to)
    return before


def _run(conn: Connection, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    config.attributes["connection"] = conn
    with _one_at_a_time:
        command.upgrade(config, to)
