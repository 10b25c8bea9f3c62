"""Has the database itself keep nothing of what was deleted, as far as that is in its hands.

SQLite writes its file anew, without free pages, and empties the log beside it. PostgreSQL clears the dead rows, so that
nobody reads them any more; their bytes stay in its files until something else is written there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import Connection

from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable

PATIENCE_SECONDS = 60.0
"""For those who read the log beside the file, or are writing it back just then."""


def scrub(store: Store, tables: Iterable[str]) -> None:
    """Rid the database of what was deleted: on SQLite the whole file, on PostgreSQL those tables.

    Others go on meanwhile on PostgreSQL; on SQLite they read, and their writes wait. Raises StoreUnavailable where it
    could not be done; to do it again does no harm.
    """
    with store.outside_transactions() as conn:
        if store.is_postgresql:
            for table in tables:
                conn.exec_driver_sql(f'VACUUM "{table}"')
        else:
            conn.exec_driver_sql("VACUUM")
            _empty_log(conn)


def _empty_log(conn: Connection) -> None:
    """Write the log back into the file and cut it off. SQLite does not wait for who writes it back at the moment."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
        if time.monotonic() > give_up_at:
            raise StoreUnavailable("the log beside the database's file could not be emptied, as somebody reads it")
        time.sleep(0.05)
