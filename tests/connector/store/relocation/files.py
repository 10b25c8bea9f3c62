"""Files to copy: with rows in every table, and with values in them that are easily changed on the way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, TypeDecorator

from connector.model import Mode
from connector.store.audit import append
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.database.tables import metadata
from connector.store.records import AuditEvent, Event
from connector.store.relocation.columns import CARRIED

KEPT_WHOLE = {"audit", "audit_head", "audit_chain", "audit_entry", "audit_checkpoint", "connection", "worker"}
"""Tables that hold together: what stands in them is written by the connector."""

LETTERS = ("z", "Z", "\xe4", "_")
TEXTS = ('{"b":1, "a": "\xfc\\u0000"}', "", "\\N\t\r\n\\.", "\N{GRINNING FACE} 'x' \"y\"")
NUMBERS = (0, -1, 1_700_000_000_000_000, 2**63 - 1, -(2**63))
SMALL = (3, 0, 2**31 - 1, -(2**31), 1)
BYTES = (b"", b"\0\xff", b"\\x00", bytes(range(256)))
SHARES = (0.1, -0.0, 1e308, 5e-324, 30.0)


def path_of(store: Store) -> Path:
    """The file of a store."""
    return Path(str(store.engine.url.database))


def fill(store: Store, rows: int = 6, entries: int = 5) -> None:
    """So many rows in every table, and so many entries in each of three chains of the audit trail."""
    for name in ("psa", "desk"):
        Connections(store).ensure(name, Mode.ENFORCE, "v1")
    with store.writing() as conn:
        for n in range(entries):
            for chain in ("", "psa", "desk"):
                append(
                    conn, [((chain, str(n)), AuditEvent(Event.ESCALATED, {"n": n, "by": "Zo\xeb"}))], store.now(conn)
                )
    with closing(sqlite3.connect(path_of(store))) as file, file:
        for table in metadata.sorted_tables:
            if table.name not in KEPT_WHOLE:
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                places = ", ".join("?" * len(table.columns))
                values = [[_value(column, n) for column in table.columns] for n in range(rows)]
                file.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({places})", values)


def _value(column: Column[Any], n: int) -> object:
    kind: Any = column.type
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if column.primary_key or column.name == "delivery":
        return n * 7 + 1 if isinstance(kind, Integer) else LETTERS[n % 4] + str(n)
    if column.name == "owner" or (column.nullable and n % 3 == 2):
        return None
    values: dict[type, tuple[object, ...]] = {
        Boolean: (0, 1),
        BigInteger: NUMBERS,
        Integer: SMALL,
        Float: SHARES,
        LargeBinary: BYTES,
    }
    of_kind = next((found for one, found in values.items() if isinstance(kind, one)), TEXTS)
    return of_kind[n % len(of_kind)]


def rows_of(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as its database's driver gives it; what is true is 1 on both."""
    found = {}
    with store.reading() as conn:
        for one in CARRIED:
            names = ", ".join(f'"{name}"' for name in one.columns)
            rows = conn.exec_driver_sql(f"SELECT {names} FROM {one.name}").all()
            found[one.name] = sorted(
                (tuple(int(x) if x is True or x is False else x for x in row) for row in rows), key=repr
            )
    return found


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value
