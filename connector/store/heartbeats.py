"""Signs of life of the workers: who completed a cycle, when, and under which policy and mode. Readiness asks here.

A beat is a write: a worker gives one every few seconds, not with every look into the mailbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from connector.store.database.engine import Store
from connector.store.database.prepared import PreparedRows
from connector.store.database.tables import Moment, worker

_BEATING = PreparedRows(
    worker,
    ("id", "seen_at", "edition", "connections"),
    lambda plain: plain.on_conflict_do_update(
        index_elements=["id"],
        set_={name: plain.excluded[name] for name in ("seen_at", "edition", "connections")},
    ),
)


def beat(store: Store, worker_id: str, editions: Mapping[str, str] | None = None) -> None:
    """Note that a worker has just completed a cycle. ``editions``: by the connections that it serves, the names of the
    policy and mode under which it does.
    """
    serves = edition = None
    if editions is not None:
        serves = {"names": sorted(editions), "editions": dict(editions)}
        edition = next(iter(editions.values()), None)  # what a version before this one takes for that of all
    with store.writing() as conn:
        sign = {"id": worker_id, "seen_at": store.now(conn), "edition": edition, "connections": serves}
        _BEATING.run(conn, [sign])


@dataclass(frozen=True, slots=True)
class Living:
    """A worker that lives. ``edition`` and ``connections`` are None where it does not say its own.

    ``editions``: by connection; empty for a worker of an older version, whose ``edition`` is that of all.
    """

    edition: str | None
    connections: frozenset[str] | None
    editions: Mapping[str, str] = field(default_factory=dict)

    def edition_on(self, connection: str) -> str | None:
        """The name of the policy and mode under which it serves a connection."""
        return self.editions.get(connection, self.edition)

    def serves(self, connection: str) -> bool:
        """Whether it may serve that connection: one that does not say which it serves may serve any."""
        return self.connections is None or connection in self.connections


def living(conn: Connection, since: datetime) -> list[Living]:
    """The workers that gave a sign of life since then."""
    rows = conn.execute(select(worker.c.edition, worker.c.connections).where(worker.c.seen_at >= since))
    return [
        Living(row.edition, None)
        if row.connections is None
        else Living(row.edition, frozenset(row.connections["names"]), row.connections.get("editions", {}))
        for row in rows
    ]


def last_cycle_at(store: Store, worker_id: str | None = None) -> datetime | None:
    """When a worker, that one or whichever it was, completed its last cycle; None if none ever did."""
    query = select(func.max(worker.c.seen_at, type_=Moment))
    if worker_id is not None:
        query = query.where(worker.c.id == worker_id)
    with store.reading() as conn:
        latest: datetime | None = conn.execute(query).scalar_one()
    return latest


def prune_beats(store: Store, before: datetime) -> int:
    """Forget workers that were last seen before that moment; returns how many."""
    with store.writing() as conn:
        return conn.execute(delete(worker).where(worker.c.seen_at < before)).rowcount
