"""What is remembered of each connected ticket system: since when, in which mode, how far it was polled."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.database.prepared import Prepared
from connector.store.database.tables import MICROSECOND, AnyRow, connection, to_micros

OBSERVE, ENFORCE = "observe", "enforce"

TURNS = "turns"
"""Remembered of a connection: for each group of people, when each had his last turns, in microseconds."""


_NAMED = Prepared(select(connection).where(connection.c.name == bindparam("at_name")))


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """A connection as it is stored.

    ``adopted_at``: clocks of tickets that were open before count from then (first start, or the switch from
    observe to enforce). ``marker_key``: the secret that the connector's marks in notes are derived from.
    """

    name: str
    first_started_at: datetime
    adopted_at: datetime
    mode: str
    policy_version: str
    marker_key: str = field(repr=False)
    polled_until: datetime | None = None
    swept_at: datetime | None = None
    state: Mapping[str, Any] = field(default_factory=dict)


class Connections:
    """The connections of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def ensure(self, name: str, mode: str, policy_version: str) -> ConnectionState:
        """The state of a connection, made on first use and brought up to the given mode and policy.

        Switching from observe to enforce adopts the open tickets anew.
        """
        with self.store.writing() as conn:
            now = self.store.now(conn)
            self._create(conn, name, mode, policy_version, now)
            before = _locked(conn, name)
            fresh: dict[str, object] = {"mode": mode, "policy_version": policy_version}
            if before.mode == OBSERVE and mode == ENFORCE:
                fresh["adopted_at"] = now
            if (before.mode, before.policy_version) != (mode, policy_version):
                conn.execute(update(connection).where(connection.c.name == name).values(fresh))
            return ConnectionState(**{**before._mapping, **fresh})

    def get(self, name: str) -> ConnectionState:
        """The state of a connection; raises StoreError if it was never started."""
        with self.store.reading() as conn:
            row = _NAMED.one_or_none(conn, {"at_name": name})
        if row is None:
            raise StoreError(f"the connection {name} was never started")
        return ConnectionState(**row._asdict())

    def set_polled_until(self, name: str, moment: datetime) -> None:
        """Remember up to which of the ticket system's moments the poll is complete."""
        self._set(name, polled_until=moment)

    def set_swept(self, name: str, moment: datetime) -> None:
        """Remember when all open tickets were last gone through."""
        self._set(name, swept_at=moment)

    def update_state(self, name: str, changes: Mapping[str, object]) -> Mapping[str, Any]:
        """Merge ``changes`` into the connection's free-form state and return it; None removes a name."""
        with self.store.writing() as conn:
            merged = {**_locked(conn, name).state, **changes}
            state = {key: value for key, value in merged.items() if value is not None}
            conn.execute(update(connection).where(connection.c.name == name).values(state=state))
        return state

    def forget(self, name: str, key: str, value: object) -> bool:
        """Remove ``key`` from the connection's free-form state; False, and nothing done, where it has another value."""
        with self.store.writing() as conn:
            state = dict(_locked(conn, name).state)
            if state.pop(key, None) != value:
                return False
            conn.execute(update(connection).where(connection.c.name == name).values(state=state))
        return True

    def take_turn(
        self, name: str, group: str, loads: Mapping[str, int], fresh: timedelta, *, is_kept: bool = True
    ) -> str:
        """Choose one of the members in ``loads`` (id to load, not empty), and remember that he had his turn.

        The least loaded first, where a choice of the last ``fresh`` counts as load; of several the one whose turn was
        longest ago. One choice at a time, whatever number of processes asks. Not ``is_kept``: only tells who would be.
        """
        with self.store.writing() as conn:
            state = dict(_locked(conn, name).state)
            turns = dict(state.get(TURNS, {}))
            taken: dict[str, list[int]] = {id_: list(at) for id_, at in turns.get(group, {}).items() if id_ in loads}
            now = to_micros(self.store.now(conn))
            since = now - fresh // MICROSECOND

            def rank(member: str) -> tuple[int, int, str]:
                at = taken.get(member, [])
                return loads[member] + sum(moment > since for moment in at), at[-1] if at else -1, member

            chosen = min(loads, key=rank)
            last = max((at[-1] for at in taken.values() if at), default=0)
            recent = [moment for moment in taken.get(chosen, []) if moment > since]
            taken[chosen] = [*recent, max(now, last + 1)]
            turns[group] = taken
            if is_kept:
                conn.execute(update(connection).where(connection.c.name == name).values(state={**state, TURNS: turns}))
        return chosen

    def _create(self, conn: Connection, name: str, mode: str, policy_version: str, now: datetime) -> None:
        statement = self.store.insert(connection).values(
            name=name,
            first_started_at=now,
            adopted_at=now,
            mode=mode,
            policy_version=policy_version,
            marker_key=secrets.token_hex(32),
            state={},
        )
        conn.execute(statement.on_conflict_do_nothing(index_elements=["name"]))

    def _set(self, name: str, **values: object) -> None:
        with self.store.writing() as conn:
            if conn.execute(update(connection).where(connection.c.name == name).values(values)).rowcount != 1:
                raise StoreError(f"the connection {name} was never started")


def _locked(conn: Connection, name: str) -> AnyRow:
    row = conn.execute(select(connection).where(connection.c.name == name).with_for_update()).one_or_none()
    if row is None:
        raise StoreError(f"the connection {name} was never started")
    return row
