"""The calls of a connection as all processes count them; meets ``connector.systems.contract.CallLedger``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from connector.store.database.engine import Store
from connector.store.database.prepared import Prepared
from connector.store.database.tables import call_budget

_here = call_budget.c.connection == bindparam("at_connection")
_READING = Prepared(select(call_budget.c.ledger).where(_here))
_LOCKING = Prepared(select(call_budget.c.ledger).where(_here).with_for_update())
_WRITING = Prepared(update(call_budget).where(_here).values(ledger=bindparam("new_ledger")))


class StoredLedger:
    """The ledger of one connection. Raises StoreUnavailable."""

    def __init__(self, store: Store, connection: str) -> None:
        self._store = store
        self._at = {"at_connection": connection}
        self._connection = connection

    def read(self) -> tuple[Mapping[str, Any], datetime]:
        """See the contract."""
        with self._store.reading() as conn:
            row = _READING.one_or_none(conn, self._at)
            return {} if row is None else row.ledger, self._store.now(conn)

    def change(self, edit: Callable[[Mapping[str, Any], datetime], Mapping[str, Any] | None]) -> None:
        """See the contract."""
        with self._store.writing() as conn:
            row = _LOCKING.one_or_none(conn, self._at)
            if row is None:
                new = self._store.insert(call_budget).values(connection=self._connection, ledger={})
                conn.execute(new.on_conflict_do_nothing(index_elements=["connection"]))
                row = _LOCKING.one_or_none(conn, self._at)
                assert row is not None
            written = edit(row.ledger, self._store.now(conn))
            if written is not None:
                _WRITING.run(conn, [{**self._at, "new_ledger": dict(written)}])
