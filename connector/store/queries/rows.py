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

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    delete,
    literal,
    literal_column,
    null,
    select,
    update,
)

from connector.model import Lane
from connector.store.database.engine import insert_into
from connector.store.database.prepared import AnyStatement, Prepared, PreparedList, PreparedRows
from connector.store.database.tables import AnyRow, Moment, mailbox, to_micros
from connector.store.records import CHORE, Claim, Key

CHUNK = 500
"""How many names one statement may list: far below either database's limit of parameters."""
_ERROR_LENGTH = 2000

_ALSO_KEPT = {"tier": "tier", "client": "client", "holder": "holder", "state": "verdict"}
"""Columns by which tickets are chosen, and what they are called in a snapshot."""

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
    mailbox.c.rests_until,
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
    held_by: str | None = None
    lane: Lane = Lane.LOOKS
    rests_until: datetime | None = None


def has_prefix(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """A range that holds the names with that prefix, so that an index serves it."""
    return in_range(column, *range_of(prefix))


def range_of(prefix: str) -> tuple[str, str]:
    """The first name that may have a prefix, and the first after it that cannot."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


def in_range(
    column: ColumnElement[str], first: str | ColumnElement[str], end: str | ColumnElement[str]
) -> ColumnElement[bool]:
    """The names from ``first`` on, before ``end``."""
    return (column >= first) & (column < end)


def by_connection(keys: Iterable[Key]) -> Iterator[tuple[str, list[str]]]:
    """The keys, each once, in lock order, in portions of one connection that fit one statement."""
    for connection, group in groupby(sorted(set(keys)), key=lambda key: key[0]):
        tickets = iter([ticket for _, ticket in group])
        while portion := list(islice(tickets, CHUNK)):
            yield connection, portion


def ring(conn: Connection, lanes: Mapping[Key, Lane], now: datetime) -> None:
    """Wake the rows now, those that rest when that is over; makes those that are not there. A dead ticket stays dead:
    it is woken for one turn.

    A dead chore is revived. A held row keeps its lease, but is locked all the same: its holder looks for mail only
    after that.
    """
    _RINGING.run(conn, [_new_row(key, now, now, lanes[key]) for key in sorted(lanes)])


def schedule(conn: Connection, key: Key, wake_at: datetime, now: datetime, lane: Lane = Lane.LOOKS) -> None:
    """Like ``ring``, for any moment; a held row keeps the wish in ``ring_at``."""
    _SCHEDULING.run(conn, [_new_row(key, wake_at, now, lane)])


def _new_row(key: Key, wake_at: datetime, now: datetime, lane: Lane) -> dict[str, object]:
    return {
        "connection": key[0],
        "ticket": key[1],
        "wake_at": wake_at,
        "fence": to_micros(now),
        "attempts": 0,
        "is_dead": False,
        "lane": int(lane),
    }


def _ringing(statement: Any, *, keeps_wish: bool) -> AnyStatement:
    wanted, lane, row = statement.excluded.wake_at, statement.excluded.lane, mailbox.c
    is_free = row.owner.is_(None)
    was_later = row.wake_at.is_(None) | (row.wake_at > wanted)
    if not keeps_wish:
        wanted = case((row.rests_until > wanted, row.rests_until), else_=wanted)
    is_chore = in_range(row.ticket, *map(literal_column, map(repr, range_of(CHORE))))
    is_revived = row.is_dead & is_chore
    changed: dict[str, object] = {
        "wake_at": case((is_free, _earlier(row.wake_at, wanted)), else_=row.wake_at),
        "lane": case((is_free & (was_later | (lane < row.lane)), lane), else_=row.lane),
        "attempts": case((is_revived, 0), else_=row.attempts),
        "failing_since": case((is_revived, null()), else_=row.failing_since),
        "error": case((is_revived, null()), else_=row.error),
        "is_dead": case((is_chore, False), else_=row.is_dead),
    }
    if keeps_wish:
        changed["ring_at"] = case((is_free, row.ring_at), else_=_earlier(row.ring_at, wanted))
    complete: AnyStatement = statement.on_conflict_do_update(index_elements=["connection", "ticket"], set_=changed)
    return complete


def _earlier(stored: ColumnElement[Any], wanted: ColumnElement[Any]) -> ColumnElement[Any]:
    """The earlier of a stored moment, if there is one, and the wanted one."""
    return case((stored <= wanted, stored), else_=wanted)


_NEW = ("connection", "ticket", "wake_at", "fence", "attempts", "is_dead", "lane")
_RINGING = PreparedRows(mailbox, _NEW, partial(_ringing, keeps_wish=False))
_SCHEDULING = PreparedRows(mailbox, _NEW, partial(_ringing, keeps_wish=True))


def take_new(conn: Connection, keys: Sequence[Key], worker: str, now: datetime, until: datetime) -> dict[Key, int]:
    """Make rows that are not there yet, with ``worker`` as their holder; returns the fence of each that was made.

    What comes for one of them meanwhile waits until the caller's transaction is over.
    """
    held = {"owner": worker, "lease_until": until}
    new = [{**_new_row(key, until, now, Lane.LISTS), **held} for key in sorted(set(keys))]
    if not new:
        return {}
    making = insert_into(mailbox, is_postgresql=conn.dialect.name == "postgresql").values(new)
    c = mailbox.c
    making = making.on_conflict_do_nothing(index_elements=["connection", "ticket"])
    made = conn.execute(making.returning(c.connection, c.ticket, c.fence))
    return {(row.connection, row.ticket): row.fence for row in made}


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


def give_back(conn: Connection, claims: Sequence[Claim], now: datetime) -> None:
    """Release locked rows as they were before they were claimed."""
    for claim in claims:
        released = {"owner": None, "lease_until": None, "wake_at": claim.wake_at or now}
        conn.execute(update(mailbox).where(_at_key).values(released), _at([claim.key]))


def release(conn: Connection, releases: Sequence[Release]) -> None:
    """Release locked rows after a turn; they come in the locks' order or were locked before."""
    for with_snapshot in (False, True):
        chosen = [r for r in releases if (r.snapshot is not None) is with_snapshot]
        _RELEASING[with_snapshot].run(conn, [_released(r, with_snapshot) for r in chosen])


def _releasing(*, with_snapshot: bool) -> AnyStatement:
    names = ["wake_at", "due_at", "attempts", "failing_since", "error", "is_dead", "held_by", "lane", "rests_until"]
    if with_snapshot:
        names += ["snapshot", "deadline", *_ALSO_KEPT]
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
        "new_error": None if release.error is None else release.error[:_ERROR_LENGTH],
        "new_is_dead": release.is_dead,
        "new_held_by": release.held_by,
        "new_lane": int(release.lane),
        "new_rests_until": release.rests_until,
    }
    if with_snapshot:
        snapshot = release.snapshot or {}
        due_at = snapshot.get("due_at")
        values["new_snapshot"] = snapshot
        values["new_deadline"] = datetime.fromisoformat(due_at) if isinstance(due_at, str) else None
        values |= {f"new_{column}": snapshot.get(name) for column, name in _ALSO_KEPT.items()}
    return values


def remove(conn: Connection, keys: Sequence[Key]) -> None:
    """Delete locked rows."""
    if keys:
        conn.execute(delete(mailbox).where(_at_key), _at(keys))


def revive(conn: Connection, key: Key, now: datetime) -> bool:
    """Wake a dead row now, from attempt 0; False where it is not dead. One that is held wakes when it is released."""
    c, at_once = mailbox.c, literal(now, Moment)
    is_free = c.owner.is_(None)
    statement = (
        update(mailbox)
        .where(c.connection == key[0], c.ticket == key[1], c.is_dead)
        .values(
            is_dead=False,
            lane=int(Lane.URGENT),
            wake_at=case((is_free, at_once), else_=c.wake_at),
            ring_at=case((is_free, c.ring_at), else_=at_once),
            attempts=0,
            failing_since=None,
            error=None,
        )
    )
    return conn.execute(statement).rowcount == 1


def _at(keys: Iterable[Key]) -> list[dict[str, str]]:
    return [{"at_connection": connection, "at_ticket": ticket} for connection, ticket in keys]
