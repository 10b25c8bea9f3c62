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

REVISION = "0007"
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


def state(conn: Connection) -> SchemaState:
    """The state of the schema that ``conn`` sees."""
    if not inspect(conn).has_table("alembic_version"):
        return SchemaState.EMPTY
    found = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if found is None:
        return SchemaState.EMPTY
    if found == REVISION:
        return SchemaState.CURRENT
    return SchemaState.OLD if found < REVISION else SchemaState.NEWER


def require_current(found: SchemaState) -> None:
    """Raise ConfigError, naming the remedy, unless ``found`` is CURRENT."""
    if found is SchemaState.NEWER:
        raise ConfigError(["the database was set up by a newer version of escalator: install that version"])
    if found is not SchemaState.CURRENT:
        what = "is empty" if found is SchemaState.EMPTY else "has an older schema"
        raise ConfigError([f"the database {what}: run `escalator migrate` first"])


def upgrade(conn: Connection, to: str = "head") -> SchemaState:
    """Run the migrations that are missing, up to the one that ``to`` names, inside the transaction of ``conn``.

    Returns the state before.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    before = state(conn)
    if before is SchemaState.NEWER:
        require_current(before)
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
