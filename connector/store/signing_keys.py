"""The webhook signing keys learned from the ticket systems; meets ``connector.systems.contract.SigningKeys``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from connector.store.database.engine import Store
from connector.store.database.prepared import Prepared
from connector.store.database.tables import signing_key

MOST_KEYS = 32
"""So many keys of a connection are kept, those fetched last. A system has one a registration; one that is needed again
is fetched again.
"""

FetchedKey = tuple[str, datetime]
"""The key text and the moment it was fetched."""

# Each webhook that is signed asks.
_OF_ONE = Prepared(
    select(signing_key.c.reference, signing_key.c.key, signing_key.c.fetched_at).where(
        signing_key.c.connection == bindparam("of_connection")
    )
)


class SigningKeyStore:
    """The signing keys of one connection."""

    def __init__(self, store: Store, connection: str) -> None:
        self._store = store
        self._connection = connection

    def get(self, reference: str) -> FetchedKey | None:
        """The key, or None if it was never learned."""
        return self.every().get(reference)

    def every(self) -> Mapping[str, FetchedKey]:
        """All keys by their references: few."""
        with self._store.reading() as conn:
            found = _OF_ONE.rows(conn, {"of_connection": self._connection})
        return {row.reference: (row.key, row.fetched_at) for row in found}

    def put(self, reference: str, key: str) -> None:
        """Keep a fetched key, replacing an older one; the oldest beyond ``MOST_KEYS`` go."""
        c = signing_key.c
        with self._store.writing() as conn:
            statement = self._store.insert(signing_key).values(
                connection=self._connection, reference=reference, key=key, fetched_at=self._store.now(conn)
            )
            fresh = {"key": statement.excluded.key, "fetched_at": statement.excluded.fetched_at}
            conn.execute(statement.on_conflict_do_update(index_elements=["connection", "reference"], set_=fresh))
            mine = c.connection == self._connection
            newest = select(c.reference).where(mine).order_by(c.fetched_at.desc(), c.reference).limit(MOST_KEYS)
            conn.execute(delete(signing_key).where(mine, c.reference.not_in(newest)))
