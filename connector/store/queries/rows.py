"""Statements on the rows of the mailbox: ring, lock, take, release; what to take is chosen in ``due``.

Statements that lock several rows do it in the order of (connection, ticket), the order of Python's
strings; that keeps two transactions from waiting for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby, islice
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, case, delete, null, select, update

from connector.store.database.prepared import AnyStatement, Prepared, PreparedList, PreparedRows
from connector.store.database.tables import AnyRow, Moment, mailbox, to_micros
from connector.store.records import Claim, Key

CHUNK = 500
"""How many names one statement may list: far below either database's limit of parameters."""
_ERROR_LENGTH = 2000

_at_key = (mailbox.c.connection == bindparam("at_connection")) & (mailbox.c.ticket == bindparam("at_ticket"))

_TAKING = Prepared(
    update(mailbox)
    .where(_at_key)
    .values(
        owner=bindparam("new_owner"),
        fence=mailbox.c.fence + 1,
        lease_until=bindparam("new_until"),
        wake_at=bindparam("new_until"),
        ring_at=case((mailbox.c.ring_at > bindparam("at_now", type_=Moment), mailbox.c.ring_at), else_=null()),
    )
)
_ROW = select(
    mailbox.c.ticket,
    mailbox.c.fence,
    mailbox.c.owner,
    mailbox.c.due_at,
    mailbox.c.ring_at,
    mailbox.c.attempts,
    mailbox.c.failing_since,
)
_LOCKING = PreparedList(
    lambda names: (
        _ROW.where(mailbox.c.connection == bindparam("at_connection"), mailbox.c.ticket.in_(names))
        .order_by(mailbox.c.ticket)
        .with_for_update()
    )
)
_LOCKING_ONE = Prepared(_ROW.where(_at_key).with_for_update())


@dataclass(frozen=True, slots=True)
class Release:
    """How a row stands after a turn; ``snapshot`` None keeps the one that is stored."""

    key: Key
    wake_at: datetime | None
    due_at: datetime | None
    snapshot: Mapping[str, object] | None = None
    attempts: int = 0
    failing_since: datetime | None = None
    error: str | None = None
    is_dead: bool = False


def has_prefix(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """A range that holds the names with that prefix, so that an index serves it."""
    return in_range(column, *range_of(prefix))


def range_of(prefix: str) -> tuple[str, str]:
    """The first name that may have a prefix, and the first after it that cannot."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


def in_range(
    column: ColumnElement[str], first: str | BindParameter[str], end: str | BindParameter[str]
) -> ColumnElement[bool]:
    """The names from ``first`` on, before ``end``."""
    return (column >= first) & (column < end)


def by_connection(keys: Iterable[Key]) -> Iterator[tuple[str, list[str]]]:
    """The keys, each once, in lock order, in portions of one connection that fit one statement."""
    for connection, group in groupby(sorted(set(keys)), key=lambda key: key[0]):
        tickets = iter([ticket for _, ticket in group])
        while portion := list(islice(tickets, CHUNK)):
            yield connection, portion


def ring(conn: Connection, keys: Iterable[Key], now: datetime) -> None:
    """Wake the rows now; makes those that are not there and revives dead ones.

    A held row keeps its lease, but is locked all the same: its holder looks for mail only after that.
    """
    _RINGING.run(conn, [_new_row(key, now, now) for key in sorted(set(keys))])


def schedule(conn: Connection, key: Key, wake_at: datetime, now: datetime) -> None:
    """Like ``ring``, for any moment; a held row keeps the wish in ``ring_at``."""
    _SCHEDULING.run(conn, [_new_row(key, wake_at, now)])


def _new_row(key: Key, wake_at: datetime, now: datetime) -> dict[str, object]:
    return {
        "connection": key[0],
        "ticket": key[1],
        "wake_at": wake_at,
        "fence": to_micros(now),
        "attempts": 0,
        "is_dead": False,
    }


def _ringing(statement: Any, *, keeps_wish: bool) -> AnyStatement:
    wanted, row = statement.excluded.wake_at, mailbox.c
    is_free = row.owner.is_(None)
    changed: dict[str, object] = {
        "wake_at": case((is_free, _earlier(row.wake_at, wanted)), else_=row.wake_at),
        "attempts": case((row.is_dead, 0), else_=row.attempts),
        "failing_since": case((row.is_dead, null()), else_=row.failing_since),
        "error": case((row.is_dead, null()), else_=row.error),
        "is_dead": False,
    }
    if keeps_wish:
        changed["ring_at"] = case((is_free, row.ring_at), else_=_earlier(row.ring_at, wanted))
    complete: AnyStatement = statement.on_conflict_do_update(index_elements=["connection", "ticket"], set_=changed)
    return complete


def _earlier(stored: ColumnElement[Any], wanted: ColumnElement[Any]) -> ColumnElement[Any]:
    """The earlier of a stored moment, if there is one, and the wanted one."""
    return case((stored <= wanted, stored), else_=wanted)


_NEW = ("connection", "ticket", "wake_at", "fence", "attempts", "is_dead")
_RINGING = PreparedRows(mailbox, _NEW, partial(_ringing, keeps_wish=False))
_SCHEDULING = PreparedRows(mailbox, _NEW, partial(_ringing, keeps_wish=True))


def take(conn: Connection, keys: Sequence[Key], worker: str, now: datetime, until: datetime) -> None:
    """Make ``worker`` the holder of locked rows. A wish for later outlives the change of hands."""
    if keys:
        given = {"new_owner": worker, "new_until": until, "at_now": now}
        _TAKING.run(conn, [{**at, **given} for at in _at(keys)])


def lock(conn: Connection, keys: Iterable[Key]) -> dict[Key, AnyRow]:
    """Lock the rows that exist, in order, and return them as they are now."""
    found: dict[Key, AnyRow] = {}
    for connection, tickets in by_connection(keys):
        locked = _LOCKING.rows(conn, tickets, {"at_connection": connection})
        found |= {(connection, row.ticket): row for row in locked}
    return found


def lock_one(conn: Connection, key: Key) -> AnyRow | None:
    """Lock a single row, in less time than ``lock`` takes; None where it does not exist."""
    return _LOCKING_ONE.one_or_none(conn, {"at_connection": key[0], "at_ticket": key[1]})


def holds(row: AnyRow | None, claim: Claim) -> bool:
    """Whether a claim is still good. A released row keeps its fence, so the owner is asked for, too."""
    return row is not None and row.owner is not None and row.fence == claim.fence


def lock_held(conn: Connection, claims: Sequence[Claim]) -> dict[Key, AnyRow]:
    """Lock the rows of the claims, in sorted order, and return those that the claims still hold."""
    found = lock(conn, {claim.key for claim in claims})
    return {claim.key: found[claim.key] for claim in claims if holds(found.get(claim.key), claim)}


def is_held(conn: Connection, claim: Claim) -> bool:
    """Lock the row of a claim, and tell whether the claim still holds it."""
    return holds(lock_one(conn, claim.key), claim)


def extend(conn: Connection, keys: Sequence[Key], until: datetime) -> None:
    """Move the end of the lease of locked rows."""
    if keys:
        conn.execute(update(mailbox).where(_at_key).values(lease_until=until, wake_at=until), _at(keys))


def hand_back(conn: Connection, keys: Sequence[Key], now: datetime) -> None:
    """Release locked rows as they were, due now."""
    if keys:
        released = {"owner": None, "lease_until": None, "wake_at": now}
        conn.execute(update(mailbox).where(_at_key).values(released), _at(keys))


def release(conn: Connection, releases: Sequence[Release]) -> None:
    """Release locked rows after a turn; they come in the locks' order or were locked before."""
    for with_snapshot in (False, True):
        chosen = [r for r in releases if (r.snapshot is not None) is with_snapshot]
        _RELEASING[with_snapshot].run(conn, [_released(r, with_snapshot) for r in chosen])


def _releasing(*, with_snapshot: bool) -> AnyStatement:
    names = ["wake_at", "due_at", "attempts", "failing_since", "error", "is_dead"]
    if with_snapshot:
        names.append("snapshot")
    fresh: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(mailbox).where(_at_key).values(owner=None, lease_until=None, ring_at=None, **fresh)


_RELEASING = {choice: Prepared(_releasing(with_snapshot=choice)) for choice in (False, True)}


def _released(release: Release, with_snapshot: bool) -> dict[str, object]:
    values: dict[str, object] = {
        "at_connection": release.key[0],
        "at_ticket": release.key[1],
        "new_wake_at": release.wake_at,
        "new_due_at": release.due_at,
        "new_attempts": release.attempts,
        "new_failing_since": release.failing_since,
        "new_error": None if release.error is None else release.error.replace("\0", " ")[:_ERROR_LENGTH],
        "new_is_dead": release.is_dead,
    }
    if with_snapshot:
        values["new_snapshot"] = release.snapshot
    return values


def remove(conn: Connection, keys: Sequence[Key]) -> None:
    """Delete locked rows."""
    if keys:
        conn.execute(delete(mailbox).where(_at_key), _at(keys))


def revive(conn: Connection, key: Key, now: datetime) -> bool:
    """Wake a dead row now, from attempt 0; False where it is not dead."""
    statement = (
        update(mailbox)
        .where(mailbox.c.connection == key[0], mailbox.c.ticket == key[1], mailbox.c.is_dead)
        .values(is_dead=False, wake_at=now, attempts=0, failing_since=None, error=None)
    )
    return conn.execute(statement).rowcount == 1


def _at(keys: Iterable[Key]) -> list[dict[str, str]]:
    return [{"at_connection": connection, "at_ticket": ticket} for connection, ticket in keys]
