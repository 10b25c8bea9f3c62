"""What is remembered of each connected ticket system: since when, in which mode, how far it was polled."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select, update

from connector.model import Mode
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.database.prepared import Prepared
from connector.store.database.tables import MICROSECOND, Moment, connection, to_micros

TURNS = "turns"
"""Remembered of a connection: for each group of people, when each had his last turns, in microseconds."""

SURVEYED = "surveyed"
"""Remembered of a connection: the keys of the homes whose open tickets were met under the present policy and mode."""

HOMES = "homes"
"""Remembered of a connection: the places of the tiers' homes by the homes' names, as they were last found."""

RUNG_FOR, RUNG_AT = "rung_for", "rung_at"
"""Remembered of a connection: for which mode and policy every ticket was rung, and since when those are in force."""

PACED_FROM = "paced_from"
"""Remembered of a connection: tickets that were adopted from then on take their turns; before, all began at once."""

STARTED_AT = "started_at"
"""Remembered of a connection: when a worker of what is in force was started last."""

ENFORCED = "enforced"
"""Remembered of a connection: that it was in force to move tickets, once or now."""

TRIALS, MOST_TRIALS = "trials", 50
"""Remembered of a connection: from when until when it moved nothing, after it had been enforced once; the last ones."""

TIERS = "tiers"
"""Remembered of a connection: by the key of each tier what it is in, and was (see ``_tier_after``)."""

_MODE, _MOVED, _ADOPTED_AT = "mode", "moved", "adopted_at"
"""Of a tier: its mode; that it was in force to move tickets, once or now; when that adopted what it held."""

ACCOUNTS, MOST_ACCOUNTS = "accounts", 50
"""Remembered of a connection: the ids of its accounts in the ticket system, the present one and those before it."""

_here = connection.c.name == bindparam("at_name")
_NAMED = Prepared(select(connection).where(_here))
_LOCKED = Prepared(select(connection).where(_here).with_for_update())
_REMEMBERING = Prepared(update(connection).where(_here).values(state=bindparam("new_state")))
_SETTING = {
    name: Prepared(update(connection).where(_here).values({name: bindparam("new_moment")}).returning(connection.c.name))
    for name in ("polled_until", "swept_at")
}
_counted = (
    update(connection)
    .where(_here)
    .values(
        told_by_webhook=connection.c.told_by_webhook + bindparam("told_by"),
        found_by_poll=connection.c.found_by_poll + bindparam("found_by"),
    )
)
_new_at = bindparam("new_at", type_=Moment)
_COUNTING = Prepared(_counted)
_COUNTING_AND_ANSWERED = Prepared(
    _counted.values(
        answered_at=case(
            (func.coalesce(connection.c.answered_at, 0) < _new_at, _new_at), else_=connection.c.answered_at
        )
    )
)


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """A connection as it is stored.

    ``adopted_at``: clocks of tickets that were open before count from then (first start, or the first switch to
    enforce). ``mode``: one for all tiers, or one for each (see ``Modes.written``). ``marker_key``: the secret that the
    connector's marks in notes are derived from. ``answered_at``: when the ticket system last gave a good answer;
    ``told_by_webhook``, ``found_by_poll``: changes of tickets, by what told of them first.
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
    answered_at: datetime | None = None
    told_by_webhook: int = 0
    found_by_poll: int = 0

    @property
    def accounts(self) -> frozenset[str]:
        """The ids of the accounts in the ticket system that are, or were, the connection's own."""
        return frozenset(self.state.get(ACCOUNTS, ()))

    @property
    def edition(self) -> str:
        """The name of the policy and mode that are in force."""
        return edition_named(self.mode, self.policy_version)

    def adopted_of(self, tier: str) -> datetime:
        """From when on clocks count of what that tier held before: the connection's adoption, or its own, later one.

        ``tier``: its key, see ``tier_key``.
        """
        own = self.state.get(TIERS, {}).get(tier, {}).get(_ADOPTED_AT)
        return self.adopted_at if own is None else max(self.adopted_at, datetime.fromisoformat(own))

    def binding_from(self, began_at: datetime, tier: str) -> datetime:
        """From when on limits bind what began then in a tier: from the adoption, or the end of the trial that it began
        in.
        """
        began_at = max(began_at, self.adopted_of(tier))
        for since, until in (*self.state.get(TRIALS, ()), *self.state.get(TIERS, {}).get(tier, {}).get(TRIALS, ())):
            if until and datetime.fromisoformat(since) <= began_at < datetime.fromisoformat(until):
                began_at = datetime.fromisoformat(until)
        return began_at


class Connections:
    """The connections of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def ensure(
        self, name: str, mode: str, policy_version: str, tiers: Mapping[str, Mode] | None = None
    ) -> ConnectionState:
        """The state of a connection, made on first use and brought up to the given mode and policy."""
        with self.store.writing() as conn:
            return ensure(conn, self.store, name, mode, policy_version, tiers or {}, self.store.now(conn))

    def note(self, name: str, edition: str, changes: Mapping[str, object]) -> bool:
        """Merge ``changes`` into the free-form state while that edition is in force; where it is not, False.

        What a worker whose policy and mode were in force once found out says nothing about those of now.
        """
        with self.store.writing() as conn:
            before = _locked(conn, name)
            if edition_named(before.mode, before.policy_version) != edition:
                return False
            state = _merged(before.state, changes)
            _REMEMBERING.run(conn, [{"at_name": name, "new_state": state}])
        return True

    def get(self, name: str) -> ConnectionState:
        """The state of a connection; raises StoreError if it was never started."""
        with self.store.reading() as conn:
            row = _NAMED.one_or_none(conn, {"at_name": name})
        if row is None:
            raise StoreError(f"the connection {name} was never started")
        return ConnectionState(**row._asdict())

    def known(self, names: Iterable[str]) -> dict[str, ConnectionState]:
        """The states of those connections that were ever started, by name."""
        with self.store.reading() as conn:
            rows = conn.execute(select(connection).where(connection.c.name.in_(sorted(names)))).all()
        return {row.name: ConnectionState(**row._asdict()) for row in rows}

    def note_signs(self, name: str, answered: timedelta | None, told_by_webhook: int, found_by_poll: int) -> None:
        """Note that the ticket system gave a good answer so long ago (None: no new one), and count changes on."""
        with self.store.writing() as conn:
            signs = {"at_name": name, "told_by": told_by_webhook, "found_by": found_by_poll}
            if answered is None:
                _COUNTING.run(conn, [signs])
            else:
                _COUNTING_AND_ANSWERED.run(conn, [{**signs, "new_at": self.store.now(conn) - answered}])

    def set_polled_until(self, name: str, moment: datetime) -> None:
        """Remember when the last good poll began."""
        self._set(name, "polled_until", moment)

    def set_swept(self, name: str, moment: datetime) -> None:
        """Remember when all open tickets were last gone through."""
        self._set(name, "swept_at", moment)

    def update_state(self, name: str, changes: Mapping[str, object]) -> Mapping[str, Any]:
        """Merge ``changes`` into the connection's free-form state and return it; None removes a name."""
        with self.store.writing() as conn:
            state = _merged(_locked(conn, name).state, changes)
            _REMEMBERING.run(conn, [{"at_name": name, "new_state": state}])
        return state

    def forget(self, name: str, key: str, value: object) -> bool:
        """Remove ``key`` from the connection's free-form state; False, and nothing done, where it has another value."""
        with self.store.writing() as conn:
            state = dict(_locked(conn, name).state)
            if state.pop(key, None) != value:
                return False
            _REMEMBERING.run(conn, [{"at_name": name, "new_state": state}])
        return True

    def add_account(self, name: str, account: str) -> None:
        """Remember an account in the ticket system as the connection's own, for good; of very many the last ones."""
        with self.store.writing() as conn:
            state = _locked(conn, name).state
            known = [one for one in state.get(ACCOUNTS, ()) if one != account]
            state = _merged(state, {ACCOUNTS: [*known, account][-MOST_ACCOUNTS:]})
            _REMEMBERING.run(conn, [{"at_name": name, "new_state": state}])

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

    def _set(self, name: str, what: str, moment: datetime) -> None:
        with self.store.writing() as conn:
            if _SETTING[what].one_or_none(conn, {"at_name": name, "new_moment": moment}) is None:
                raise StoreError(f"the connection {name} was never started")


def edition_named(mode: str, policy_version: str) -> str:
    """What a mode and a policy together are called, in workers' signs of life and where an edition is remembered."""
    return f"{mode} {policy_version}"


def ensure(
    conn: Connection,
    store: Store,
    name: str,
    mode: str,
    policy_version: str,
    tiers: Mapping[str, Mode],
    now: datetime,
) -> ConnectionState:
    """The state of a connection, made on first use and brought up to the given mode and policy.

    A change of either has every ticket looked at anew. The first switch to enforce adopts the open tickets anew, of the
    connection or of the tier that is switched; a way back, and to enforce again, does not. ``tiers``: the mode of each
    tier by its key.
    """
    _create(conn, store, name, mode, policy_version, now)
    before = _locked(conn, name)
    state, adopted_at = _merged(before.state, {STARTED_AT: now.isoformat()}), before.adopted_at
    state.setdefault(PACED_FROM, now.isoformat())
    if (before.mode, before.policy_version) != (mode, policy_version) or RUNG_AT not in state:
        state = _merged(state, {RUNG_FOR: None, RUNG_AT: now.isoformat(), SURVEYED: None})
    moved, moves = (Mode.ENFORCE in one.split("/") for one in (before.mode, mode))
    if moves and not moved and ENFORCED not in state:
        # A version before this one did not remember it; there the adoption tells.
        adopted_at = now if adopted_at == before.first_started_at else adopted_at
    known = state.get(TIERS)
    after = {key: _tier_after((known or {}).get(key), one, now) for key, one in tiers.items()}
    if known is None and ENFORCED in state:  # an older version's: what it enforced it enforced in every tier
        after = {key: {**one, _MOVED: True} for key, one in after.items()}
    state = _merged(state, {TIERS: {**(known or {}), **after} or None})
    if moved or moves:
        trials = _trials(state.get(TRIALS, []), now, moved=moved, moves=moves)
        state = _merged(state, {ENFORCED: True, TRIALS: trials})
    fresh = {"mode": mode, "policy_version": policy_version, "adopted_at": adopted_at, "state": state}
    conn.execute(update(connection).where(connection.c.name == name).values(fresh))
    return ConnectionState(**{**before._asdict(), **fresh})


def _tier_after(before: Mapping[str, Any] | None, mode: Mode, now: datetime) -> dict[str, Any]:
    """What is remembered of a tier after a start; a tier of which nothing is known yet adopts nothing by itself."""
    if before is None:
        return {_MODE: mode, _MOVED: mode.moves}
    after = {**before, _MODE: mode, _MOVED: before[_MOVED] or mode.moves}
    if mode.moves and not before[_MOVED]:
        after[_ADOPTED_AT] = now.isoformat()
    if before[_MOVED]:
        moved = Mode(before[_MODE]).moves
        after = _merged(after, {TRIALS: _trials(before.get(TRIALS, []), now, moved=moved, moves=mode.moves)})
    return after


def _trials(known: list[list[str]], now: datetime, *, moved: bool, moves: bool) -> list[list[str]] | None:
    """The trials after a start: one that began with it is open, and has an empty end."""
    if moves and not moved and known:
        known = [*known[:-1], [known[-1][0], now.isoformat()]]
    elif moved and not moves:
        known = [*known, [now.isoformat(), ""]]
    return known[-MOST_TRIALS:] or None


def _create(conn: Connection, store: Store, name: str, mode: str, policy_version: str, now: datetime) -> None:
    statement = store.insert(connection).values(
        name=name,
        first_started_at=now,
        adopted_at=now,
        mode=mode,
        policy_version=policy_version,
        marker_key=secrets.token_hex(32),
        state={},
    )
    conn.execute(statement.on_conflict_do_nothing(index_elements=["name"]))


def _merged(state: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, Any]:
    """None removes a name."""
    return {key: value for key, value in {**state, **changes}.items() if value is not None}


def _locked(conn: Connection, name: str) -> Any:
    row = _LOCKED.one_or_none(conn, {"at_name": name})
    if row is None:
        raise StoreError(f"the connection {name} was never started")
    return row
