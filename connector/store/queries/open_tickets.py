"""What is due next: the tickets by their deadline, chosen by tier, client, holder and state, page by page.

What has no deadline comes last. A page begins behind the last row of the one before, so however many there are, no more
than a page is held at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow, mailbox
from connector.store.queries.rows import has_prefix
from connector.store.queries.views import SHOWN
from connector.store.records import CHORE, TicketRow

PAGE = 200
"""So many rows are read at a time."""

NAMED = ("tier", "client", "holder")
"""The columns whose names people choose by."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets are wanted. ``names``: for a column those that it may have; ``states``: what it may be in.

    ``is_failing``, ``is_parked``: also those whose turns fail, and dead letters. ``before``: due before that moment.
    """

    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    states: Collection[str] = ()
    is_failing: bool = False
    is_parked: bool = False
    before: datetime | None = None

    def condition(self, connection: str) -> ColumnElement[bool]:
        """What a row must be like."""
        c = mailbox.c
        said: list[ColumnElement[bool]] = [c[name].in_(sorted(names)) for name, names in self.names.items()]
        told: list[ColumnElement[bool]] = [c.state.in_(sorted(self.states))] if self.states else []
        told += [(c.attempts > 0) & ~c.is_dead] if self.is_failing else []
        told += [c.is_dead] if self.is_parked else []
        if told:
            said.append(or_(*told))
        if self.before is not None:
            said.append(c.deadline < self.before)
        return and_(c.connection == connection, ~has_prefix(c.ticket, CHORE), *said)


ANY = Wanted()


class OpenTickets:
    """The watched tickets of one store, to look at. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def next_due(self, connection: str, wanted: Wanted = ANY) -> Iterator[TicketRow]:
        """Those of a connection, those with a deadline first, each page as it stands when it is read."""
        with self.store.reading() as conn:
            for row in _rows(conn, wanted.condition(connection), has_undated=wanted.before is None):
                yield TicketRow(**{name: row._mapping[name] for name in SHOWN})

    def count(self, connection: str, wanted: Wanted = ANY) -> int:
        """How many there are."""
        query = select(func.count()).select_from(mailbox).where(wanted.condition(connection))
        with self.store.reading() as conn:
            return conn.execute(query).scalar_one()

    def names_in(self, column: str) -> list[str]:
        """Every name that a column of ``NAMED`` has."""
        one: Any = mailbox.c[column]
        query = select(one).where(one.is_not(None)).distinct().order_by(one)
        with self.store.reading() as conn:
            return list(conn.execute(query).scalars())


def _rows(conn: Connection, condition: ColumnElement[bool], *, has_undated: bool) -> Iterator[AnyRow]:
    c = mailbox.c
    query = select(*(c[name] for name in SHOWN), c.deadline).where(condition)
    dated = query.where(c.deadline.is_not(None)).order_by(c.deadline, c.ticket).limit(PAGE)
    page = conn.execute(dated).all()
    while page:
        yield from page
        last = page[-1]
        later = or_(c.deadline > last.deadline, and_(c.deadline == last.deadline, c.ticket > last.ticket))
        page = conn.execute(dated.where(c.deadline >= last.deadline, later)).all()
    undated = query.where(c.deadline.is_(None)).order_by(c.ticket).limit(PAGE)
    page = conn.execute(undated).all() if has_undated else []
    while page:
        yield from page
        page = conn.execute(undated.where(c.ticket > page[-1].ticket)).all()
