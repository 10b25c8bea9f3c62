"""A PostgreSQL database that serves one test after the other: emptied between them, rather than copied anew.

Copying the migrated template and dropping the copy takes many times as long as emptying what a test wrote. A database
is kept only where nothing else of it has changed and nobody is left in it; otherwise the next test gets a new one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import psycopg
from psycopg.sql import SQL, Identifier, Literal
from sqlalchemy import make_url

_numbers = itertools.count(1)

_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_PATIENCE = 20
"""How often is asked whether somebody is left."""
_OURS = "relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)"
_SHAPE = f"""
WITH ours AS (SELECT oid, xmin FROM pg_class WHERE {_OURS})
SELECT 'relation', oid::bigint, xmin::text FROM ours
UNION ALL SELECT 'column', attrelid::bigint * 10000 + attnum, pg_attribute.xmin::text
  FROM pg_attribute JOIN ours ON attrelid = ours.oid
UNION ALL SELECT 'constraint', pg_constraint.oid::bigint, pg_constraint.xmin::text
  FROM pg_constraint JOIN ours ON conrelid = ours.oid
UNION ALL SELECT 'trigger', pg_trigger.oid::bigint, pg_trigger.xmin::text
  FROM pg_trigger JOIN ours ON tgrelid = ours.oid
UNION ALL SELECT 'statistics', starelid::bigint * 10000 + staattnum, pg_statistic.xmin::text
  FROM pg_statistic JOIN ours ON starelid = ours.oid
UNION ALL SELECT 'function', oid::bigint, xmin::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'setting', setrole::bigint, xmin::text FROM pg_db_role_setting
ORDER BY 1, 2
"""
"""Whatever of a database is not rows: statistics, too, for plans rest on them."""
_WRITTEN = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""


@dataclass(slots=True)
class KeptDatabase:
    """A copy of the template on a server, for tests that come one by one; ``url`` is the server's own database."""

    server: str
    template: str
    name: str = ""
    _own: psycopg.Connection | None = None
    _shape: list[tuple[object, ...]] = field(default_factory=list)
    _rows: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)

    def url(self) -> str:
        """The address of an empty, migrated database."""
        if not self.name:
            name = f"kept_{next(_numbers)}"
            self._on_server(SQL("CREATE DATABASE {} TEMPLATE {}"), name, self.template)
            conn = self._own = self._connect(name)
            tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            self._rows = {
                table: conn.execute(SQL("TABLE {}").format(Identifier(table))).fetchall() for (table,) in tables
            }
            self._shape = conn.execute(_SHAPE).fetchall()
            self.name = name
        return make_url(self.server).set(database=self.name).render_as_string(hide_password=False)

    def give_back(self) -> None:
        """Empty it for the next test, or drop it where more was changed than rows, or where somebody is left in it."""
        conn = self._own
        if conn is None:
            return
        if not _others(conn) and conn.execute(_SHAPE).fetchall() == self._shape:
            self._empty(conn)
        else:
            self.drop()

    def drop(self) -> None:
        """Drop it, whoever is left in it."""
        if self._own is not None:
            self._own.close()
            self._own = None
            self._on_server(SQL("DROP DATABASE {} WITH (FORCE)"), self.name)
            self.name = ""

    def _empty(self, conn: psycopg.Connection) -> None:
        """What a test wrote goes with its pages: rows that are put where others were come in another order."""
        written = [table for (table,) in conn.execute(_WRITTEN).fetchall() if not self._rows[table]]
        if written:
            conn.execute(SQL("TRUNCATE {} CASCADE").format(SQL(", ").join(map(Identifier, written))))
            self._shape = conn.execute(_SHAPE).fetchall()
        for table, rows in self._rows.items():
            if rows and conn.execute(SQL("TABLE {}").format(Identifier(table))).fetchall() != rows:
                conn.execute(SQL("DELETE FROM {}").format(Identifier(table)))
                for row in rows:
                    values = SQL(", ").join(Literal(value) for value in row)
                    conn.execute(SQL("INSERT INTO {} VALUES ({})").format(Identifier(table), values))
        conn.execute("SELECT setval(seqrelid, seqstart, false) FROM pg_sequence")

    def _on_server(self, statement: SQL, *names: str) -> None:
        with self._connect(None) as conn:
            conn.execute(statement.format(*map(Identifier, names)))

    def _connect(self, name: str | None) -> psycopg.Connection:
        address = make_url(self.server).set(drivername="postgresql")
        address = address.set(database=name) if name else address
        return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True)


def _others(conn: psycopg.Connection) -> bool:
    """Whether anybody else is still in the database; who has just hung up takes a moment to go."""
    return all(conn.execute(_OTHERS).fetchall() != [(0,)] for _ in range(_PATIENCE))
