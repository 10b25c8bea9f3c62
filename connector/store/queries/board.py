"""The open clocks in groups, the nearest first: the first rows of each, a page of one, and how many there are at most.

However many tickets are open, no more rows are read than are shown, and none is counted beyond a bound. One statement
asks for all groups of all connections.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, true, union_all

from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow, mailbox, pace, step
from connector.store.queries.rows import has_prefix
from connector.store.queries.views import SHOWN
from connector.store.records import CHORE, TicketRow

SOON = timedelta(minutes=30)
"""What is due within that is due soon."""

MOST_UNDATED = 5000
"""Among so many tickets without a deadline those that are paused are counted."""

_BREACHED, _PAUSED, _OVERRIDDEN = "breached", "paused", "overridden"
_WAITS = ("due at opening", "deferred")
"""How a clock stands whose limit is out and that waits for an opening."""


class ClockGroup(StrEnum):
    """A group of open clocks, by what it asks of people; each ticket is in one of the first seven."""

    PAST = "past"
    FINAL = "final"
    NEXT = "next"
    WAITS = "waits"
    LATER = "later"
    PAUSED = "paused"
    NO_CLOCK = "none"
    OVERRIDDEN = "overridden"
    FAILING = "failing"
    PARKED = "parked"
    AHEAD = "ahead"
    ALL = "all"


EACH_ONCE = tuple(ClockGroup)[:7]

_UNDATED = frozenset({ClockGroup.PAUSED, ClockGroup.NO_CLOCK})
_BOTH = frozenset({ClockGroup.OVERRIDDEN, ClockGroup.ALL})
_BY_TICKET = frozenset({ClockGroup.FAILING, ClockGroup.PARKED})
"""Few as a rule, and found by an index of their own, which knows no deadline."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which tickets are asked for. ``tier``: its name; ``client``, ``holder``: what their names contain, in any case;
    ``nobody``: only those that nobody holds. ``last_tiers``: the names of the tiers above which nothing is.
    """

    connections: Sequence[str]
    last_tiers: Collection[str]
    tier: str = ""
    client: str = ""
    holder: str = ""
    nobody: bool = False

    @property
    def is_narrow(self) -> bool:
        """Whether some tickets of the connections are not asked for."""
        return bool(self.tier or self.client or self.holder or self.nobody)

    def condition(self, connection: str) -> ColumnElement[bool]:
        """What a row must be like."""
        c = mailbox.c
        said = [c.connection == connection, ~has_prefix(c.ticket, CHORE)]
        said += [c.tier == self.tier] if self.tier else []
        said += [_contains(c.client, self.client)] if self.client else []
        said += [_contains(c.holder, self.holder)] if self.holder else []
        said += [or_(c.holder.is_(None), c.holder == "")] if self.nobody else []
        return and_(*said)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: the next one begins behind it. ``deadline``: None for one without."""

    deadline: datetime | None
    connection: str
    ticket: str


class Board:
    """The open clocks of one store, to look at. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def first(self, chosen: Chosen, now: datetime, most: Mapping[ClockGroup, int]) -> dict[ClockGroup, list[TicketRow]]:
        """The first rows of each of these groups, at most so many."""
        asked = [
            (group, connection, is_dated)
            for group in most
            for connection in chosen.connections
            for is_dated in _parts(group)
        ]
        parts = [_part(chosen, *one, now, most[one[0]]) for one in asked]
        found: dict[ClockGroup, list[AnyRow]] = {group: [] for group in most}
        for row in self._all(parts):
            found[ClockGroup(row.part)].append(row)
        return {group: [_ticket(row) for row in _nearest(group, rows, most[group])] for group, rows in found.items()}

    def page(
        self, chosen: Chosen, group: ClockGroup, now: datetime, most: int, after: Cursor | None = None
    ) -> list[TicketRow]:
        """The next rows of a group behind that one, or from its beginning."""
        parts = [
            _part(chosen, group, connection, is_dated, now, most, after)
            for connection in chosen.connections
            for is_dated in _parts(group)
            if is_dated is False or after is None or after.deadline is not None
        ]
        return [_ticket(row) for row in _nearest(group, self._all(parts), most)]

    def counts(self, chosen: Chosen, now: datetime, groups: Iterable[ClockGroup], most: int) -> dict[ClockGroup, int]:
        """How many there are in each group; ``most`` + 1 stands for any more. Of the paused among ``MOST_UNDATED``."""
        parts = []
        for group in groups:
            for connection in chosen.connections:
                if group is ClockGroup.PAUSED:
                    every = _paused(chosen, connection)
                else:
                    every = select(mailbox.c.state).where(_condition(chosen, group, connection, now))
                bounded = every.limit(most + 1).subquery()
                parts.append(
                    select(
                        literal(group.value).label("part"),
                        func.count().label("count"),
                    ).select_from(bounded)
                )
        found = dict.fromkeys(groups, 0)
        if parts:
            with self.store.reading() as conn:
                for part, count in conn.execute(union_all(*parts)).all():
                    found[ClockGroup(part)] = min(found[ClockGroup(part)] + count, most + 1)
        return found

    def said(self, sagas: Sequence[str]) -> dict[str, tuple[datetime, bool]]:
        """Of these effects those that were done: when, and whether they were not only decided."""
        if not sagas:
            return {}
        c = step.c
        query = select(c.saga, c.n, c.at).where(c.saga.in_(sagas), c.state == "done")
        with self.store.reading() as conn:
            return {saga: (at, n > 0) for saga, n, at in conn.execute(query.order_by(c.saga, c.n)).all()}

    def steps_since(self, moment: datetime, kinds: Sequence[int], most: int) -> list[Mapping[str, object]]:
        """What the finished steps of these kinds told since a moment, with their kind as ``n``; at most so many."""
        c = step.c
        query = select(c.n, c.outcome).where(c.at >= moment, c.n.in_(kinds), c.state == "done").limit(most)
        with self.store.reading() as conn:
            return [{**(outcome or {}), "n": n} for n, outcome in conn.execute(query).all()]

    def held(self) -> dict[str, datetime]:
        """The connections on which nothing goes up by time because somebody said so, and since when."""
        query = select(pace.c.connection, pace.c.held_at).where(pace.c.held_at.is_not(None))
        with self.store.reading() as conn:
            return {row.connection: row.held_at for row in conn.execute(query)}

    def _all(self, parts: Sequence[Select[tuple[object, ...]]]) -> list[AnyRow]:
        if not parts:
            return []
        with self.store.reading() as conn:
            return list(conn.execute(union_all(*(select(part.subquery()) for part in parts))).all())


def _contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether a name contains a text in any case, as far as the database knows of cases."""
    return or_(func.lower(column).contains(text.lower(), autoescape=True), column.contains(text, autoescape=True))


def _parts(group: ClockGroup) -> tuple[bool, ...]:
    """With a deadline, without, or both."""
    return (True, False) if group in _BOTH else (group not in _UNDATED | _BY_TICKET,)


def _part(
    chosen: Chosen,
    group: ClockGroup,
    connection: str,
    is_dated: bool,
    now: datetime,
    most: int,
    after: Cursor | None = None,
) -> Select[tuple[object, ...]]:
    """The rows of a group on one connection, in the order of the index."""
    c = mailbox.c
    query = select(literal(group.value).label("part"), c.deadline, *(c[name] for name in SHOWN))
    query = query.where(_condition(chosen, group, connection, now))
    if is_dated:
        query = query.where(c.deadline.is_not(None)).order_by(c.deadline, c.ticket)
        if after is not None and after.deadline is not None:
            is_behind = or_(c.deadline > after.deadline, _behind(after, connection))
            query = query.where(c.deadline >= after.deadline, is_behind)
    else:
        query = (
            query.order_by(c.ticket) if group in _BY_TICKET else query.where(c.deadline.is_(None)).order_by(c.ticket)
        )
        if after is not None and after.deadline is None:
            query = query.where(_behind(after, connection))
    return query.limit(most)


def _behind(after: Cursor, connection: str) -> ColumnElement[bool]:
    """Whether a row of that connection comes behind another one with the same deadline."""
    if connection == after.connection:
        return mailbox.c.ticket > after.ticket
    return literal(connection > after.connection)


def _condition(chosen: Chosen, group: ClockGroup, connection: str, now: datetime) -> ColumnElement[bool]:
    return and_(chosen.condition(connection), _OF[group](chosen, now))


def _is_final(chosen: Chosen) -> ColumnElement[bool]:
    return and_(mailbox.c.state == _BREACHED, mailbox.c.tier.in_(sorted(chosen.last_tiers)))


_OF: Mapping[ClockGroup, Callable[[Chosen, datetime], ColumnElement[bool]]] = {
    ClockGroup.PAST: lambda chosen, now: and_(
        mailbox.c.deadline <= now,
        or_(mailbox.c.state.is_(None), mailbox.c.state.not_in(_WAITS)),
        ~func.coalesce(_is_final(chosen), False),
    ),
    ClockGroup.FINAL: lambda chosen, now: and_(mailbox.c.deadline <= now, _is_final(chosen)),
    ClockGroup.NEXT: lambda _, now: and_(mailbox.c.deadline > now, mailbox.c.deadline <= now + SOON),
    ClockGroup.WAITS: lambda _, now: and_(mailbox.c.deadline <= now, mailbox.c.state.in_(_WAITS)),
    ClockGroup.LATER: lambda _, now: mailbox.c.deadline > now + SOON,
    ClockGroup.PAUSED: lambda _, now: and_(mailbox.c.deadline.is_(None), mailbox.c.state == _PAUSED),
    ClockGroup.NO_CLOCK: lambda _, now: and_(
        mailbox.c.deadline.is_(None), or_(mailbox.c.state.is_(None), mailbox.c.state != _PAUSED)
    ),
    ClockGroup.OVERRIDDEN: lambda _, now: mailbox.c.state == _OVERRIDDEN,
    ClockGroup.FAILING: lambda _, now: and_(mailbox.c.failing_since.is_not(None), ~mailbox.c.is_dead),
    ClockGroup.PARKED: lambda _, now: mailbox.c.is_dead,
    ClockGroup.AHEAD: lambda _, now: mailbox.c.deadline > now,
    ClockGroup.ALL: lambda _, now: true(),
}
"""What a row of each group is like. A limit that waits for an opening has run out, so its deadline has passed."""


def _paused(chosen: Chosen, connection: str) -> Select[tuple[str | None]]:
    """Those that are paused among the first without a deadline: they have no index of their own."""
    undated = (
        select(mailbox.c.state)
        .where(chosen.condition(connection), mailbox.c.deadline.is_(None))
        .limit(MOST_UNDATED)
        .subquery()
    )
    return select(undated.c.state).where(undated.c.state == _PAUSED)


def cursor_at(group: ClockGroup, row: TicketRow) -> Cursor:
    """Where a page ends whose last row this is."""
    due_at = None if group in _BY_TICKET else (row.snapshot or {}).get("due_at")
    deadline = datetime.fromisoformat(due_at) if isinstance(due_at, str) else None
    return Cursor(deadline, row.connection, row.ticket)


def _nearest(group: ClockGroup, rows: Iterable[AnyRow], most: int) -> list[AnyRow]:
    """The first rows by their deadline, those without one last, whatever connection they are of."""
    if group in _BY_TICKET:
        return sorted(rows, key=_key)[:most]
    dated = sorted((row for row in rows if row.deadline is not None), key=lambda row: (row.deadline, *_key(row)))
    undated = sorted((row for row in rows if row.deadline is None), key=_key)
    return [*dated, *undated][:most]


def _key(row: AnyRow) -> tuple[str, str]:
    return row.connection, row.ticket


def _ticket(row: AnyRow) -> TicketRow:
    return TicketRow(**{name: row._mapping[name] for name in SHOWN})
