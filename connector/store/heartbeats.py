"""Signs of life of the workers: who completed a cycle, and when. Readiness asks here.

A beat is a write: a worker gives one every few seconds, not with every look into the mailbox.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from connector.store.database.engine import Store
from connector.store.database.tables import Moment, worker


def beat(store: Store, worker_id: str) -> None:
    """Note that a worker has just completed a cycle."""
    with store.writing() as conn:
        statement = store.insert(worker).values(id=worker_id, seen_at=store.now(conn))
        fresh = {"seen_at": statement.excluded.seen_at}
        conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=fresh))


def last_cycle_at(store: Store) -> datetime | None:
    """When a worker, whichever it was, completed its last cycle; None if none ever did."""
    with store.reading() as conn:
        latest: datetime | None = conn.execute(select(func.max(worker.c.seen_at, type_=Moment))).scalar_one()
    return latest


def prune_beats(store: Store, before: datetime) -> int:
    """Forget workers that were last seen before that moment; returns how many."""
    with store.writing() as conn:
        return conn.execute(delete(worker).where(worker.c.seen_at < before)).rowcount
