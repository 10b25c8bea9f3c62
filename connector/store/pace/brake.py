"""The brake: how many escalations by time go up within an hour, and what waits for its turn.

A place is taken in the very transaction that begins an escalation's note, under the connection's lock: a worker that
dies has either begun it, and whoever goes on with it asks for no second place, or has taken none. Who finds no place
waits in a queue; one chore lets the first one go when it is its turn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, or_, select, update

from connector.errors import ConnectorError
from connector.store import audit
from connector.store.database.engine import Store, insert_into
from connector.store.database.prepared import Prepared
from connector.store.database.tables import AnyRow, Moment, braked, mailbox
from connector.store.pace import rows as pace
from connector.store.queries import rows
from connector.store.records import PACE, AuditEvent, Braked, Event, Key

HOUR = timedelta(hours=1)

KEEP = timedelta(hours=24)
"""For how long a place is remembered that nobody took, or that counts no more."""

PAGE = 200
"""So many are let go in one transaction."""

_ONE = Prepared(
    select(braked.c.passes_at, braked.c.is_taken).where(
        braked.c.connection == bindparam("at_connection"), braked.c.saga == bindparam("at_saga")
    )
)
_HERE = braked.c.connection == bindparam("at_connection")
_PASSED = Prepared(
    select(func.count().label("count")).where(
        _HERE, braked.c.passes_at > bindparam("at_since", type_=Moment), braked.c.is_counted
    )
)
_ANY_WAITING = Prepared(select(exists().where(_HERE, braked.c.passes_at.is_(None), ~braked.c.is_taken).label("is_any")))


class MustWait(ConnectorError):
    """An escalation by time found no place any more when its note was to be begun: it waits at the brake."""

    def __init__(self, wait: Braked) -> None:
        self.wait = wait
        super().__init__("the escalation waits at the brake")


@dataclass(frozen=True, slots=True)
class BrakePlace:
    """The place of an escalation by time. ``per_hour``: how many there are; 0 for any number.

    ``is_bound``: False for what never waits, and is counted all the same.
    """

    connection: str
    ticket: str
    wait: Braked
    per_hour: int
    is_bound: bool = True

    def take(self, conn: Connection, now: datetime) -> None:
        """Take it, inside the transaction that begins the escalation. Raises MustWait."""
        # Where nothing is counted, nobody waits for the lock of the others.
        row = pace.lock(conn, self.connection) if self.per_hour else pace.find(conn, self.connection)
        if self.is_bound and not may_pass(conn, self.connection, self.wait, self.per_hour, now, row):
            raise MustWait(self.wait)
        if not self.per_hour:
            return
        taken = _new(conn, self.connection, self.ticket, self.wait, now, passes_at=now, is_taken=True)
        kept = {"is_taken": True, "passes_at": func.coalesce(braked.c.passes_at, taken.excluded.passes_at)}
        conn.execute(taken.on_conflict_do_update(index_elements=["connection", "saga"], set_=kept))


@dataclass(frozen=True, slots=True)
class BrakeStanding:
    """How the brake of a connection stands. ``count``: how many wait; ``first_due_at``: since when the first is due.

    ``passed``: when the last ones went up that count, the newest first, of the last hour; ``held_at``: since when
    nothing goes up by time because somebody said so; ``calendars``: the names of those that they wait by.
    """

    count: int
    first_due_at: datetime | None
    passed: tuple[datetime, ...]
    held_at: datetime | None
    calendars: tuple[str, ...] = ()

    def free_at(self, per_hour: int, now: datetime) -> datetime:
        """When the next one may go: evenly spaced, and never more than ``per_hour`` within an hour."""
        if not per_hour or not self.passed:
            return now
        free_at = max(now, self.passed[0] + HOUR / per_hour)
        return free_at if len(self.passed) < per_hour else max(free_at, self.passed[per_hour - 1] + HOUR)


class Brakes:
    """The brakes of one store's connections. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def is_free(self, place: BrakePlace, acts_at: datetime | None) -> BrakePlace | None:
        """The place where there is one now, as far as can be told without a lock; None where it is to wait.

        What was to be done (``acts_at``) while the connection was down needs none: it is no fault.
        """
        with self.store.reading() as conn:
            row = pace.find(conn, place.connection)
            is_held = row is not None and row.held_at is not None
            if row is not None and not is_held and acts_at is not None and pace.was_away(row.detail, acts_at):
                return replace(place, per_hour=0)
            now = self.store.now()
            if not place.is_bound or may_pass(conn, place.connection, place.wait, place.per_hour, now, row):
                return place
        return None

    def is_held(self, connection: str) -> bool:
        """Whether somebody said that nothing goes up by time."""
        with self.store.reading() as conn:
            row = pace.find(conn, connection)
        return row is not None and row.held_at is not None

    def standing(self, connection: str) -> BrakeStanding:
        """How it stands now."""
        c = braked.c
        waiting = (
            select(c.calendar, func.count().label("count"), func.min(c.due_at, type_=Moment).label("due_at"))
            .where(_waits(connection))
            .group_by(c.calendar)
        )
        with self.store.reading() as conn:
            since = self.store.now() - HOUR
            passed = select(c.passes_at).where(c.connection == connection, c.passes_at > since, c.is_counted)
            row, found = pace.find(conn, connection), conn.execute(waiting).all()
            moments = conn.execute(passed.order_by(c.passes_at.desc())).scalars().all()
        return BrakeStanding(
            sum(one._mapping["count"] for one in found),
            min((one.due_at for one in found), default=None),
            tuple(moments),
            None if row is None else row.held_at,
            tuple(sorted(one.calendar for one in found)),
        )

    def ahead_of(self, connection: str, ticket: str) -> int | None:
        """How many of those that wait come before a ticket's; None where it does not wait."""
        c = braked.c
        with self.store.reading() as conn:
            own = conn.execute(select(c.due_at, c.saga).where(_waits(connection), c.ticket == ticket)).first()
            if own is None:
                return None
            before = or_(c.due_at < own.due_at, and_(c.due_at == own.due_at, c.saga < own.saga))
            found: int = conn.execute(select(func.count()).where(_waits(connection), before)).scalar_one()
        return found

    def let_go_next(self, connection: str, calendars: Collection[str], per_hour: int) -> bool:
        """Let the first one go that waits by one of these calendars; False where there is none, or none may."""
        c = braked.c
        first = select(c.saga, c.ticket).where(_waits(connection), c.calendar.in_(sorted(calendars)))
        with self.store.writing() as conn:
            found = conn.execute(first.order_by(c.due_at, c.saga).limit(1)).one_or_none()
            if found is None:
                return False
            now = self.store.now(conn)
            _wake(conn, connection, [found.ticket], now)
            row = pace.lock(conn, connection)
            if row.held_at is not None or (per_hour and _passed(conn, connection, now) >= per_hour):
                return False
            here = update(braked).where(_waits(connection), c.saga == found.saga)
            return conn.execute(here.values(passes_at=now, is_counted=bool(per_hour))).rowcount == 1

    def hold(self, connection: str, by: str) -> None:
        """From now on nothing goes up by time on a connection, until it is released. ``by``: for the audit trail."""
        with self.store.writing() as conn:
            now = self.store.now(conn)
            rows.schedule(conn, (connection, PACE), now, now)
            row = pace.lock(conn, connection)
            # What was let go and has not gone yet waits, too.
            let_go = and_(braked.c.connection == connection, ~braked.c.is_taken)
            conn.execute(update(braked).where(let_go).values(passes_at=None))
            if row.held_at is None:
                pace.write(conn, connection, held_at=now)
                audit.append(conn, [((connection, PACE), AuditEvent(Event.BRAKE_HELD, {"by": by}))], now)

    def release(self, connection: str, by: str) -> int:
        """What is held goes up, and the count begins anew; how many were held. ``by``: for the audit trail."""
        c = braked.c
        with self.store.writing() as conn:
            now = self.store.now(conn)
            rows.schedule(conn, (connection, PACE), now, now)
            pace.lock(conn, connection)
            pace.write(conn, connection, held_at=None)
            conn.execute(update(braked).where(c.connection == connection, c.is_counted).values(is_counted=False))
            audit.append(conn, [((connection, PACE), AuditEvent(Event.BRAKE_RELEASED, {"by": by}))], now)
        total, page = 0, [""]
        while page:
            with self.store.writing() as conn:
                now = self.store.now(conn)
                page = list(conn.execute(select(c.ticket).where(_waits(connection)).limit(PAGE)).scalars())
                _wake(conn, connection, page, now)
                pace.lock(conn, connection)
                there = and_(_waits(connection), c.ticket.in_(page))
                total += conn.execute(update(braked).where(there).values(passes_at=now, is_counted=False)).rowcount
        return total

    def prune(self) -> None:
        """Forget places that count no more."""
        with self.store.writing() as conn:
            before = self.store.now(conn) - KEEP
            conn.execute(delete(braked).where(braked.c.passes_at < before))


def may_pass(conn: Connection, connection: str, wait: Braked, per_hour: int, now: datetime, row: AnyRow | None) -> bool:
    """Whether an escalation by time may go up now. ``row``: that of the connection's pace, if there is one."""
    if row is not None and row.held_at is not None:
        return False
    own = _ONE.one_or_none(conn, {"at_connection": connection, "at_saga": wait.saga})
    if own is not None:
        return own.is_taken or own.passes_at is not None
    if not per_hour:
        return True
    if _ANY_WAITING.rows(conn, {"at_connection": connection})[0].is_any:
        return False
    return _passed(conn, connection, now) < per_hour


def keep(conn: Connection, waiting: Mapping[Key, Braked], over: Sequence[Key], now: datetime) -> None:
    """Note which tickets' escalations wait, and which do not any more. Inside the caller's transaction."""
    c = braked.c
    for (connection, ticket), wait in waiting.items():
        conn.execute(delete(braked).where(_untaken(connection, ticket), c.saga != wait.saga))
        new = _new(conn, connection, ticket, wait, now)
        anew = {"passes_at": None, "is_taken": False, "asked_at": now}
        conn.execute(new.on_conflict_do_update(index_elements=["connection", "saga"], set_=anew, where=c.is_taken))
    for connection, ticket in over:
        conn.execute(delete(braked).where(_untaken(connection, ticket)))


def _new(
    conn: Connection,
    connection: str,
    ticket: str,
    wait: Braked,
    now: datetime,
    *,
    passes_at: datetime | None = None,
    is_taken: bool = False,
) -> Any:
    return insert_into(braked, is_postgresql=conn.dialect.name == "postgresql").values(
        connection=connection,
        saga=wait.saga,
        ticket=ticket,
        calendar=wait.calendar,
        due_at=wait.due_at,
        asked_at=now,
        passes_at=passes_at,
        is_taken=is_taken,
        is_counted=True,
    )


def _passed(conn: Connection, connection: str, now: datetime) -> int:
    given = {"at_connection": connection, "at_since": now - HOUR}
    found: int = _PASSED.rows(conn, given)[0].count
    return found


def _waits(connection: str) -> ColumnElement[bool]:
    return and_(braked.c.connection == connection, braked.c.passes_at.is_(None), ~braked.c.is_taken)


def _untaken(connection: str, ticket: str) -> ColumnElement[bool]:
    return and_(braked.c.connection == connection, braked.c.ticket == ticket, ~braked.c.is_taken)


def _wake(conn: Connection, connection: str, tickets: Sequence[str], now: datetime) -> None:
    """Wake tickets that are let go, and have them count as due: they go before what is not."""
    for ticket in sorted(tickets):
        rows.schedule(conn, (connection, ticket), now, now)
    c = mailbox.c
    late = and_(c.connection == connection, c.ticket.in_(tickets), c.due_at.is_(None))
    conn.execute(update(mailbox).where(late).values(due_at=now))
