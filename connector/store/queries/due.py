"""What is due, locked in the order in which it is claimed: what is urgent, then what waits the longest.

What is locked already is skipped, never waited for: so the order of these locks does not matter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, exists, func, select

from connector.model import Lane
from connector.store.database.prepared import Prepared
from connector.store.database.tables import AnyRow, mailbox
from connector.store.queries.rows import has_prefix
from connector.store.records import CHORE, KEY, UNSHARED, Fairness, Key

LOOKED_THROUGH = 10_000
"""Among so many due rows of a connection, and those due at the same moment, the urgent ones are looked for: it bounds
what a claim costs."""

CROWD = 1_000
"""Where fewer rows than that are due, over all connections, one look tells which connections these are of."""

LATE_LOOKED_THROUGH = 100
"""Among so many late tickets of a connection the first one that wants to be woken is looked for: see ``ranks_query``.
"""

AT_ONCE = 16
"""Where more connections than that have something due, a claim looks at so many, and at further ones only while it has
not enough."""

GIVES_WAY = timedelta(seconds=45)
"""A ticket that was looked at within that time gives way to those that were not: mail may keep coming on it."""

_is_waiting = (mailbox.c.connection == bindparam("at_connection")) & (mailbox.c.wake_at <= bindparam("at_last"))


_WANTED = (
    *("connection", "ticket", "fence", "attempts", "failing_since", "snapshot"),
    *("wake_at", "due_at", "is_dead", "held_by", "lane"),
)


def due_query() -> Select[Any]:
    """The rows of one connection that want to be woken, the longest waiting first: a range of one index."""
    c = mailbox.c
    return (
        select(*(c[name] for name in _WANTED))
        .where(_is_waiting)
        .order_by(c.wake_at)
        .limit(bindparam("at_most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def urgent_query() -> Select[Any]:
    """Of these rows the ones that go first: tickets whose deadline has passed, and the worker's own chores.

    Not a ticket whose turn has failed, which would go first again and again; nor the learning of signing keys, for who
    sends webhooks decides how many of these there are.
    """
    c = mailbox.c
    is_late = (c.due_at <= bindparam("at_now")) & (c.attempts == 0)
    is_chore = has_prefix(c.ticket, CHORE) & ~has_prefix(c.ticket, KEY)
    return due_query().where(is_late | is_chore)


def lane_query() -> Select[Any]:
    """Of these rows those of one lane alone: a range of an index of its own, however many there are of the others."""
    return due_query().where(mailbox.c.lane == bindparam("at_lane", type_=Integer))


def newest_query() -> Select[Any]:
    """The same, what came last on top."""
    return lane_query().order_by(None).order_by(mailbox.c.wake_at.desc())


def chores_query() -> Select[Any]:
    """Of these rows the worker's own chores alone: a short range of the key, however many tickets wait."""
    return due_query().where(has_prefix(mailbox.c.ticket, CHORE))


def _is_urgent(row: AnyRow, now: datetime) -> bool:
    """See ``urgent_query``."""
    if row.ticket.startswith(CHORE):
        return not row.ticket.startswith(KEY)
    return row.due_at is not None and row.due_at <= now and row.attempts == 0


def lane_of(row: AnyRow, now: datetime) -> Lane:
    """In which lane the calls of a row's turn are made."""
    if not _is_urgent(row, now):
        return Lane(row.lane)
    return Lane.URGENT if row.ticket.startswith(CHORE) else Lane(min(row.lane, Lane.DUE))


def _chosen(due: Sequence[AnyRow], now: datetime, limit: int, fairness: Fairness) -> list[AnyRow]:
    """What fits: first what is urgent, then the others by their lane; to what waits the longest a quarter is left.

    Of those that are woken at one moment, as after an outage, the one that is due first goes first.
    """
    due = sorted(due, key=lambda row: (row.wake_at, row.due_at or row.wake_at))
    urgent = [row for row in due if _is_urgent(row, now)]
    by_lane = _by_lane(due, now, fairness)
    share = _Share(fairness, now)
    chosen: dict[Key, AnyRow] = {}
    for rows, most in ((urgent, limit - limit // 4), (by_lane, limit - limit // 4), (due, limit)):
        for row in rows:
            key = (row.connection, row.ticket)
            if len(chosen) < most and key not in chosen and share.take(row):
                chosen[key] = row
    return list(chosen.values())


def _by_lane(due: Sequence[AnyRow], now: datetime, fairness: Fairness) -> list[AnyRow]:
    """By their lane. Where more changed than there are calls for, the oldest and the newest go by turns: what somebody
    writes now waits for no mass edit. Those that were looked at lately are never among the newest, and count as if they
    had come later.
    """
    changed: dict[str, list[AnyRow]] = defaultdict(list)
    for row in due:
        if lane_of(row, now) is Lane.WEBHOOKS:
            changed[row.connection].append(row)
    rank: dict[Key, int] = {}
    for connection, rows in changed.items():
        most = fairness.lanes.get(connection, {}).get(Lane.WEBHOOKS, len(rows))
        if most < len(rows):
            lately = {row.ticket for row in rows if _is_seen_lately(row, now)}
            oldest = sorted(rows, key=lambda row: row.wake_at + GIVES_WAY * (row.ticket in lately))
            newest = sorted(rows, key=lambda row: (row.ticket in lately, now - row.wake_at))
            order = [row for pair in zip(oldest, newest, strict=True) for row in pair][now.second % 2 :]
            rank |= {(row.connection, row.ticket): n for n, row in reversed([*enumerate(order)])}
    return sorted(due, key=lambda row: (lane_of(row, now), rank.get((row.connection, row.ticket), 0)))


def _is_seen_lately(row: AnyRow, now: datetime) -> bool:
    read_at = (row.snapshot or {}).get("read_at")
    return isinstance(read_at, str) and now - datetime.fromisoformat(read_at) < GIVES_WAY


class _Share:
    """What of each connection was taken, and whether more may be: see ``Fairness``."""

    def __init__(self, fairness: Fairness, now: datetime) -> None:
        self._fairness = fairness
        self._now = now
        self._taken = Counter(fairness.in_hand)
        self._chores = Counter(fairness.chores)
        self._in_lanes: Counter[tuple[str, Lane]] = Counter()

    def take(self, row: AnyRow) -> bool:
        """Take one more row, if its connection may have it. A chore is bound to no lane."""
        name, lane, threads = row.connection, lane_of(row, self._now), self._fairness.threads
        mine = self._taken[name]
        is_chore = row.ticket.startswith(CHORE)
        least = self._chores[name] + 1 if not is_chore else 1
        if threads is not None and mine >= max(least, (threads - self._taken.total() + mine) // 2):
            return False
        if is_chore:
            self._chores[name] += 1
        else:
            most = self._fairness.lanes.get(name, {}).get(lane)
            if most is not None and self._in_lanes[name, lane] >= most:
                return False
            self._in_lanes[name, lane] += 1
        self._taken[name] += 1
        return True


_DUE = Prepared(due_query())
_IN_LANE = Prepared(lane_query())
_NEWEST = Prepared(newest_query())
_URGENT = Prepared(urgent_query())
_CHORES = Prepared(chores_query())


def last_looked_at_query(looked_through: int) -> Select[Any]:
    """When the one after so many due rows of a connection wants to be woken; nothing where there are no more."""
    return select(mailbox.c.wake_at).where(_is_waiting).order_by(mailbox.c.wake_at).offset(looked_through).limit(1)


def first_due_query() -> Select[Any]:
    """Of which connections the rows are that wait the longest: a range of one index, which holds the answer."""
    c = mailbox.c
    first = select(c.connection, c.wake_at).where(c.wake_at <= bindparam("at_last")).order_by(c.wake_at)
    return select(first.limit(bindparam("at_most", type_=Integer)).subquery().c.connection)


def names_query() -> Select[Any]:
    """Every connection of which a row is due: for each connection that has rows at all a step or two into an index."""
    c = mailbox.c
    names = select(func.min(c.connection).label("connection")).cte("names", recursive=True)
    following = select(func.min(c.connection)).where(c.connection > names.c.connection).scalar_subquery()
    names = names.union_all(select(following).where(names.c.connection.is_not(None)))
    is_due = exists().where(c.connection == names.c.connection, c.wake_at <= bindparam("at_last"))
    return select(names.c.connection).where(names.c.connection.is_not(None), is_due)


def ranks_query() -> Select[Any]:
    """The same connections, each with when its first row wanted to be woken, and since when a ticket is late.

    A ticket may be late and wait for something else, as at a brake: among so many the first one that wants to be woken
    is looked for.
    """
    c = mailbox.c
    names = names_query().subquery("due")
    here = c.connection == names.c.connection
    first_at = select(func.min(c.wake_at)).where(here).scalar_subquery()
    overdue = select(c.due_at, c.wake_at, c.attempts).where(here, c.due_at <= bindparam("at_last"), ~c.is_dead)
    late = overdue.order_by(c.due_at).limit(LATE_LOOKED_THROUGH).correlate(names).subquery("late")
    is_ready = (late.c.wake_at <= bindparam("at_last")) & (late.c.attempts == 0)
    late_since = select(late.c.due_at).where(is_ready).limit(1).scalar_subquery()
    return select(names.c.connection, first_at.label("first_at"), late_since.label("late_since"))


_FIRST_DUE = Prepared(first_due_query())
_NAMES = Prepared(names_query())
_RANKS = Prepared(ranks_query())
_LAST_LOOKED_AT = Prepared(last_looked_at_query(LOOKED_THROUGH))
_next_wake = select(func.min(mailbox.c.wake_at).label("wake_at")).where(
    mailbox.c.connection == bindparam("at_connection")
)
_NEXT_WAKE = Prepared(_next_wake)
_NEXT_CHORE = Prepared(_next_wake.where(has_prefix(mailbox.c.ticket, CHORE)))
_NEXT_IN_LANE = Prepared(_next_wake.where(mailbox.c.lane == bindparam("at_lane", type_=Integer)))
_NEXT_DEADLINE = Prepared(
    select(func.min(mailbox.c.due_at).label("wake_at")).where(
        mailbox.c.connection == bindparam("at_connection"), mailbox.c.due_at > bindparam("at_now"), ~mailbox.c.is_dead
    )
)


def next_wake(conn: Connection, connections: Sequence[str], chores_of: Sequence[str] = ()) -> datetime | None:
    """The earliest ``wake_at`` of the connections, and of others that of their chores: a step into an index each."""
    asked = [(_NEXT_WAKE, name) for name in connections] + [(_NEXT_CHORE, name) for name in chores_of]
    found = (row.wake_at for query, name in asked for row in query.rows(conn, {"at_connection": name}))
    return min((moment for moment in found if moment is not None), default=None)


def next_wake_but(conn: Connection, connection: str, shut: Collection[Lane], now: datetime) -> datetime | None:
    """The same of a connection, without its chores, while some lanes are shut: what they keep wakes when it is due."""
    given = {"at_connection": connection, "at_now": now}
    found = [_NEXT_IN_LANE.rows(conn, {**given, "at_lane": int(lane)}) for lane in Lane if lane not in shut]
    found.append(_NEXT_DEADLINE.rows(conn, given))
    return min((row.wake_at for rows in found for row in rows if row.wake_at is not None), default=None)


def connections_due(conn: Connection, now: datetime) -> set[str]:
    """The connections of which anything is due; the idle ones cost nothing, unless very much is due elsewhere."""
    few = _few_due(conn, now)
    return {row.connection for row in _NAMES.rows(conn, {"at_last": now})} if few is None else few


def _few_due(conn: Connection, now: datetime) -> set[str] | None:
    """The same in one look; None where too much is due for that."""
    first = _FIRST_DUE.rows(conn, {"at_last": now, "at_most": CROWD})
    return {row.connection for row in first} if len(first) < CROWD else None


def is_any_due(conn: Connection, connections: Sequence[str], chores_of: Sequence[str], now: datetime) -> bool:
    """Whether anything of the connections is due, or a chore of the others."""
    due = connections_due(conn, now)
    given = {"at_last": now, "at_most": 1}
    chores = (name for name in chores_of if name in due)
    return not due.isdisjoint(connections) or any(
        _CHORES.rows(conn, {**given, "at_connection": name}) for name in chores
    )


def lock(
    conn: Connection,
    connections: Sequence[str],
    now: datetime,
    limit: int,
    chores_of: Sequence[str] = (),
    fairness: Fairness = UNSHARED,
) -> list[AnyRow]:
    """Lock up to ``limit`` due rows over all connections, and of the chores alone of others; what somebody else has
    locked is left out.

    What is urgent comes first, however much mail came in before it, but leaves a quarter of the places to what waits
    the longest. Rows that were locked but do not fit into the limit are let go with the transaction, unchanged.
    """
    names = _in_turn(conn, {*connections, *chores_of}, now)
    most = limit if len(names) <= AT_ONCE else max(AT_ONCE, limit // 4)
    due: dict[Key, AnyRow] = {}
    chosen: list[AnyRow] = []
    looked, at_once = 0, AT_ONCE
    of_chores = set(chores_of)
    while looked < len(names) and len(chosen) < limit:
        for connection in names[looked : looked + at_once]:
            given = {"at_connection": connection, "at_last": now, "at_most": most}
            found = _CHORES.rows(conn, given) if connection in of_chores else _lock_of(conn, given, fairness)
            due |= {(row.connection, row.ticket): row for row in found}
        chosen = _chosen(list(due.values()), now, limit, fairness)
        looked, at_once = looked + at_once, 2 * at_once
    return chosen


def _in_turn(conn: Connection, wanted: Collection[str], now: datetime) -> list[str]:
    """The connections of which anything is due. Where they are many, by turns the one that is late the longest, and the
    one that waits the longest.
    """
    few = _few_due(conn, now)
    if few is not None and len(few := few.intersection(wanted)) <= AT_ONCE:
        return sorted(few)
    found = [row for row in _RANKS.rows(conn, {"at_last": now}) if row.connection in wanted]
    waiting = sorted(found, key=lambda row: row.first_at)
    late = sorted((row for row in found if row.late_since is not None), key=lambda row: row.late_since)
    by_turns = chain.from_iterable(zip_longest(late, waiting))
    return list(dict.fromkeys(row.connection for row in by_turns if row is not None))


def _lock_of(conn: Connection, given: Mapping[str, Any], fairness: Fairness) -> list[AnyRow]:
    """Lock of one connection what may be claimed."""
    now, most = given["at_last"], given["at_most"]
    found = _DUE.rows(conn, given)
    if len(found) == most:
        # There may be more. Where there are fewer, all that is urgent is among them.
        last = _LAST_LOOKED_AT.one_or_none(conn, given)
        found += _URGENT.rows(conn, {**given, "at_now": now, "at_last": last.wake_at if last else now})
        lanes = fairness.lanes.get(given["at_connection"], {})
        for lane in _GO_AHEAD if not lanes else (one for one in Lane if lanes.get(one, most) > 0):
            found += _IN_LANE.rows(conn, {**given, "at_lane": int(lane)})
            if lane is Lane.WEBHOOKS:
                found += _NEWEST.rows(conn, {**given, "at_lane": int(lane)})
    return found


_GO_AHEAD = (Lane.WEBHOOKS,)
"""Lanes that are looked for behind very many looks."""
