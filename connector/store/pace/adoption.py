"""What was open before is taken up one ticket after the other: the critical ones first, then the oldest.

A turn says that its ticket's clock waits (``keep``); one chore a connection begins the next one's, and rings it. When a
clock began is written down, for good: a restart changes nothing, and two workers begin no two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, or_, select, update

from connector.store.database.engine import Store, insert_into
from connector.store.database.prepared import Prepared
from connector.store.database.tables import AnyRow, Moment, adopted, inbox
from connector.store.pace import rows as pace
from connector.store.queries import rows
from connector.store.records import Key, Source, Unbegun

SETTLES = timedelta(minutes=15)
"""For so long after an adoption a survey of it is waited for, so that the most urgent comes first."""

_ONE = Prepared(
    select(adopted.c.since, adopted.c.begins_at).where(
        adopted.c.connection == bindparam("at_connection"), adopted.c.ticket == bindparam("at_ticket")
    )
)


@dataclass(frozen=True, slots=True)
class TakenUp:
    """Of a ticket that was adopted ``since`` then: when its clock began in its turn; None while it waits."""

    since: datetime
    begins_at: datetime | None


@dataclass(frozen=True, slots=True)
class AdoptionStanding:
    """What of a connection waits to be taken up. ``count``: how many; ``since``: the adoption that they wait in.

    ``begun_at``: when a clock began last; ``calendars``: the names of those that they wait by.
    """

    count: int
    since: datetime | None
    begun_at: datetime | None
    calendars: tuple[str, ...]


class Adoptions:
    """The adopted tickets of one store. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def of(self, connection: str, ticket: str) -> TakenUp | None:
        """How it stands with one ticket; None where it neither waits nor was taken up."""
        with self.store.reading() as conn:
            row = _ONE.one_or_none(conn, {"at_connection": connection, "at_ticket": ticket})
        return None if row is None else TakenUp(row.since, row.begins_at)

    def standing(self, connection: str) -> AdoptionStanding:
        """What waits on a connection."""
        c = adopted.c
        query = (
            select(c.calendar, func.count().label("count"), func.max(c.since, type_=Moment).label("since"))
            .where(_waits(connection))
            .group_by(c.calendar)
        )
        with self.store.reading() as conn:
            row, found = pace.find(conn, connection), conn.execute(query).all()
        return AdoptionStanding(
            sum(one._mapping["count"] for one in found),
            max((one.since for one in found), default=None),
            None if row is None else row.begun_at,
            tuple(sorted(one.calendar for one in found)),
        )

    def ahead_of(self, connection: str, ticket: str) -> int:
        """How many of those that wait come before a ticket that waits."""
        c = adopted.c
        with self.store.reading() as conn:
            own = conn.execute(select(adopted).where(_waits(connection), c.ticket == ticket)).one_or_none()
            return 0 if own is None else _count_before(conn, connection, own)

    def is_being_surveyed(self, connection: str) -> bool:
        """Whether tickets that a survey found are still to be looked at."""
        c = inbox.c
        is_left = exists().where(c.connection == connection, c.done_at.is_(None), c.source == Source.SWEEP.value)
        with self.store.reading() as conn:
            return bool(conn.execute(select(is_left)).scalar_one())

    def told_of(self, connection: str) -> str:
        """The adoption of which people were told last; empty for none."""
        with self.store.reading() as conn:
            row = pace.find(conn, connection)
        return "" if row is None else str(row.detail.get(pace.TOLD, ""))

    def note_told(self, connection: str, since: str) -> None:
        """Remember of which adoption people were told."""
        with self.store.writing() as conn:
            detail = pace.lock(conn, connection).detail
            pace.write(conn, connection, detail={**detail, pace.TOLD: since})

    def begin_next(self, connection: str, calendars: Collection[str], after: datetime | None) -> bool:
        """Have the clock of the first one begin that waits by one of these calendars; False where there is none, or
        another one began since ``after``.
        """
        c = adopted.c
        first = select(c.ticket).where(_waits(connection), c.calendar.in_(sorted(calendars)))
        first = first.order_by(c.is_critical.desc(), c.entered_at, c.ticket).limit(1)
        with self.store.writing() as conn:
            ticket = conn.execute(first).scalar_one_or_none()
            if ticket is None:
                return False
            now = self.store.now(conn)
            rows.schedule(conn, (connection, ticket), now, now)  # a ticket's row is locked before that of the pace
            if pace.lock(conn, connection).begun_at != after:
                return False
            here = update(adopted).where(_waits(connection), c.ticket == ticket).values(begins_at=now)
            if conn.execute(here).rowcount != 1:
                return False
            pace.write(conn, connection, begun_at=now)
        return True


def keep(conn: Connection, waiting: Mapping[Key, Unbegun], over: Sequence[Key], not_waiting: Sequence[Key]) -> None:
    """Note which tickets wait for their turn, which do not any more, and whose adoption is over.

    Inside the caller's transaction, which has locked the tickets' rows.
    """
    c = adopted.c
    for (connection, ticket), unbegun in waiting.items():
        values = {
            "since": unbegun.since,
            "is_critical": unbegun.is_critical,
            "entered_at": unbegun.entered_at,
            "calendar": unbegun.calendar,
        }
        new = insert_into(adopted, is_postgresql=conn.dialect.name == "postgresql")
        new = new.values(connection=connection, ticket=ticket, **values)
        anew = or_(c.begins_at.is_(None), c.since != new.excluded.since)
        kept = new.on_conflict_do_update(
            index_elements=["connection", "ticket"], set_={**values, "begins_at": None}, where=anew
        )
        conn.execute(kept)
    for keys, chosen in ((not_waiting, c.begins_at.is_(None)), (over, None)):
        for connection, ticket in keys:
            here = and_(c.connection == connection, c.ticket == ticket)
            conn.execute(delete(adopted).where(here if chosen is None else and_(here, chosen)))


def _waits(connection: str) -> ColumnElement[bool]:
    return and_(adopted.c.connection == connection, adopted.c.begins_at.is_(None))


def _count_before(conn: Connection, connection: str, own: AnyRow) -> int:
    c = adopted.c
    is_same = c.is_critical == own.is_critical
    older = or_(c.entered_at < own.entered_at, and_(c.entered_at == own.entered_at, c.ticket < own.ticket))
    before = and_(is_same, older)
    if not own.is_critical:
        before = or_(c.is_critical, before)
    found: int = conn.execute(select(func.count()).where(_waits(connection), before)).scalar_one()
    return found
