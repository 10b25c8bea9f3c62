"""Which policy and mode are in force: those of the last start, for as long as a worker with them lives.

The one place is the connection's row. What follows from a change is written in the same transaction: the policy in the
log, the adoption, and that all tickets are to be looked at anew. One such transaction at a time, whatever number of
processes starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from connector.model import Mode
from connector.store import connections, heartbeats, policy_log
from connector.store.database.engine import Store
from connector.store.database.prepared import PreparedList
from connector.store.database.tables import audit_head
from connector.store.database.tables import connection as table

LONGEST_SILENCE = timedelta(seconds=60)
"""A worker that has given no sign of life for so long is taken for dead."""

_NAMED = PreparedList(
    lambda names: select(table.c.name, table.c.mode, table.c.policy_version, table.c.state).where(
        table.c.name.in_(names)
    )
)


@dataclass(frozen=True, slots=True)
class Edition:
    """A policy and a mode to work under, on one connection. ``mode``: one for all tiers, or one for each.

    ``tiers``: the mode of each tier by its key. ``document``: the policy's; empty for one that was made in code.
    """

    mode: str
    policy_version: str
    tiers: Mapping[str, Mode] = field(default_factory=dict, repr=False, compare=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """What the workers' signs of life and the connections' rows call it."""
        return connections.edition_named(self.mode, self.policy_version)


class Editions:
    """The editions of one store. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def start(self, editions: Mapping[str, Edition]) -> None:
        """Put these in force on their connections, whatever was."""
        with self.store.writing() as conn:
            self._put_in_force(conn, editions, self._one_at_a_time(conn))

    def others(self, editions: Mapping[str, Edition]) -> dict[str, str]:
        """Of these connections those on which another edition is in force, and that one's name."""
        with self.store.reading() as conn:
            return {row.name: _edition_of(row) for row in _with_others(conn, editions)}

    def has_living_others(self, connection: str, edition: str, since: datetime) -> bool:
        """Whether a worker that serves a connection under another edition, or does not say under which, gave a sign of
        life since then.
        """
        with self.store.reading() as conn:
            living = heartbeats.living(conn, since)
        return any(one.serves(connection) and one.edition_on(connection) != edition for one in living)

    def take_over(self, editions: Mapping[str, Edition]) -> bool:
        """Put an edition in force where no worker with the one in force lives any more; True where that is everywhere.

        A worker counts for the connections that it serves.
        """
        with self.store.writing() as conn:
            now = self._one_at_a_time(conn)
            since = now - LONGEST_SILENCE
            living = heartbeats.living(conn, since)
            others = _with_others(conn, editions)
            served = {(row.name, one.edition_on(row.name)) for row in others for one in living if one.serves(row.name)}
            left = {
                row.name: editions[row.name]
                for row in others
                if (row.name, _edition_of(row)) not in served and _started_at(row) < since
            }
            self._put_in_force(conn, left, now)
        return len(left) == len(others)

    def _one_at_a_time(self, conn: Connection) -> datetime:
        """A row that there is one of makes this serial, as it does in versions before: the later transaction counts."""
        conn.execute(select(audit_head.c.id).with_for_update())
        return self.store.now(conn)

    def _put_in_force(self, conn: Connection, editions: Mapping[str, Edition], now: datetime) -> None:
        for version, document in {one.policy_version: one.document for one in editions.values()}.items():
            policy_log.bring_into_force(conn, version, document, now)
        for name, edition in sorted(editions.items()):
            connections.ensure(conn, self.store, name, edition.mode, edition.policy_version, edition.tiers, now)


def _with_others(conn: Connection, editions: Mapping[str, Edition]) -> list[Any]:
    """The rows of the connections on which another edition is in force."""
    rows = _NAMED.rows(conn, sorted(editions), {}) if editions else []
    return [row for row in rows if _edition_of(row) != editions[row.name].name]


def _edition_of(row: Any) -> str:
    return connections.edition_named(row.mode, row.policy_version)


def _started_at(row: Any) -> datetime:
    """When a worker of what is in force started; it may not have come to give a sign of life yet."""
    return datetime.fromisoformat(row.state[connections.STARTED_AT])
