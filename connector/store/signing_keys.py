"""The webhook signing keys learned from the ticket systems; meets ``connector.systems.contract.SigningKeys``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from connector.store.database.engine import Store
from connector.store.database.tables import signing_key


class SigningKeyStore:
    """The signing keys of one connection."""

    def __init__(self, store: Store, connection: str) -> None:
        self._store = store
        self._connection = connection

    def get(self, reference: str) -> tuple[str, datetime] | None:
        """The key text and the moment it was fetched, or None if it was never learned."""
        c = signing_key.c
        query = select(c.key, c.fetched_at).where(c.connection == self._connection, c.reference == reference)
        with self._store.reading() as conn:
            row = conn.execute(query).one_or_none()
        return None if row is None else (row.key, row.fetched_at)

    def put(self, reference: str, key: str) -> None:
        """Keep a fetched key, replacing an older one."""
        with self._store.writing() as conn:
            statement = self._store.insert(signing_key).values(
                connection=self._connection, reference=reference, key=key, fetched_at=self._store.now(conn)
            )
            fresh = {"key": statement.excluded.key, "fetched_at": statement.excluded.fetched_at}
            conn.execute(statement.on_conflict_do_update(index_elements=["connection", "reference"], set_=fresh))
