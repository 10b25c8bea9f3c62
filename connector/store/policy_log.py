"""Which policy was in force when, and whether a newer one was applied to the stints that were running."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from connector.store.database.engine import Store
from connector.store.database.tables import audit_head, policy


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy that was in force from a moment on. ``applied_at``: since when it counts for earlier stints as well."""

    id: int
    version: str
    in_force_from: datetime
    applied_at: datetime | None
    document: Mapping[str, Any] = field(default_factory=dict)


class PolicyLog:
    """The policies of one store, in the order in which they came into force."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def bring_into_force(self, version: str, document: Mapping[str, Any]) -> bool:
        """Note that a policy is in force from now on; False where it was already. One process at a time."""
        with self.store.writing() as conn:
            # A row that there is one of makes this serial, as it does in versions before.
            conn.execute(select(audit_head.c.id).with_for_update())
            return bring_into_force(conn, version, document, self.store.now(conn))

    def rows(self) -> list[PolicyRow]:
        """All of them, the oldest first, with their documents."""
        with self.store.reading() as conn:
            return [PolicyRow(**row._mapping) for row in conn.execute(select(policy).order_by(policy.c.id))]

    def mark(self) -> tuple[int, int]:
        """Changes whenever the rows do: how many there are, and how many of them were applied."""
        with self.store.reading() as conn:
            count, applied = conn.execute(select(func.count(), func.count(policy.c.applied_at))).one()
        return int(count), int(applied)

    def apply(self) -> PolicyRow | None:
        """Have the newest policy count for running stints as well; None where there is none."""
        with self.store.writing() as conn:
            newest = conn.execute(select(policy).order_by(policy.c.id.desc()).limit(1)).one_or_none()
            if newest is None:
                return None
            now = self.store.now(conn)
            conn.execute(update(policy).where(policy.c.id == newest.id).values(applied_at=now))
        return PolicyRow(**{**newest._mapping, "applied_at": now})


def bring_into_force(conn: Connection, version: str, document: Mapping[str, Any], now: datetime) -> bool:
    """The same within a transaction of which there is one at a time."""
    newest = conn.execute(select(policy.c.version).order_by(policy.c.id.desc()).limit(1)).scalar_one_or_none()
    if newest == version:
        return False
    conn.execute(insert(policy).values(version=version, document=document, in_force_from=now))
    return True
