"""Forgets one ticket: refused while it is watched, done in whole transactions, each noted in the audit trail.

Whoever dies on the way has removed whole pages, and said so; called again, it goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, func, select

from connector.store.chain import forgotten
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.database.tables import Moment, audit_entry, connection, inbox, mailbox
from connector.store.forgetting.places import PLACES
from connector.store.heartbeats import living
from connector.store.records import Event, Key

DETAILS, OF_DETAILS = "audit_entry", "details of entries of the audit trail; the entries stay, with their digests"
"""What the trail's part is called among the places, and what it is."""


class StillWatched(StoreError):
    """A ticket is not to be forgotten now: what would be removed is needed, or would be read again at once."""


class OtherPlace(Protocol):
    """Somewhere outside of the database where something of a ticket may lie, such as a file of past tickets."""

    @property
    def name(self) -> str: ...

    @property
    def what(self) -> str: ...

    def count(self, key: Key) -> int:
        """How much of the ticket lies there."""
        ...

    def remove(self, key: Key) -> int:
        """Remove it for good; how much it was. Again it finds nothing."""
        ...


@dataclass(frozen=True, slots=True)
class KeptOfTicket:
    """What is kept of a ticket: how much in each place, by its name, and when it was forgotten last, if it ever was."""

    counts: Mapping[str, int]
    forgotten_at: datetime | None
    is_parked: bool

    @property
    def is_known(self) -> bool:
        """Whether anything is, or was."""
        return bool(self.counts) or self.forgotten_at is not None


class Forgetting:
    """Forgets tickets of one store. ``over``: the states of rows of tickets that nobody watches; ``elsewhere``: places
    outside of the database. Raises StoreUnavailable.
    """

    def __init__(self, store: Store, over: Collection[str], elsewhere: Sequence[OtherPlace] = ()) -> None:
        self.store = store
        self._over = frozenset(over)
        self._elsewhere = tuple(elsewhere)

    @property
    def places(self) -> dict[str, str]:
        """The places by their names, with what lies there in plain words."""
        found = {DETAILS: OF_DETAILS, **{place.name: place.what for place in PLACES}}
        return found | {place.name: place.what for place in self._elsewhere}

    @property
    def tables(self) -> list[str]:
        """The tables out of which something is removed."""
        return sorted({DETAILS, "audit", *(table for place in PLACES for table in place.tables)})

    def kept_of(self, key: Key) -> KeptOfTicket:
        """What is kept of a ticket now."""
        counts = {place.name: place.count(key) for place in self._elsewhere}
        with self.store.reading() as conn:
            counts |= {DETAILS: forgotten.count_details(conn, key)}
            counts |= {place.name: place.count(conn, key) for place in PLACES}
            row = _row(conn, key)
            c = audit_entry.c
            last = select(func.max(c.at, type_=Moment)).where(
                c.connection == key[0], c.ticket == key[1], c.event == Event.FORGOTTEN.value
            )
            forgotten_at = conn.execute(last).scalar_one()
        found = {name: count for name, count in counts.items() if count}
        return KeptOfTicket(found, forgotten_at, is_parked=row is not None and row.is_dead)

    def connections(self) -> list[str]:
        """The names of all connections that were ever started with this database."""
        with self.store.reading() as conn:
            return list(conn.execute(select(connection.c.name).order_by(connection.c.name)).scalars())

    def is_worked_on(self, name: str, silence: timedelta) -> bool:
        """Whether a worker may work on that connection, of those that gave a sign of life within ``silence``."""
        with self.store.reading() as conn:
            return any(worker.serves(name) for worker in living(conn, self.store.now(conn) - silence))

    def require_unwatched(self, key: Key, *, is_served: bool) -> None:
        """Raise StillWatched where it cannot be forgotten now. ``is_served``: somebody may work on its connection."""
        with self.store.reading() as conn:
            self._require_unwatched(conn, key, is_served=is_served)

    def forget(self, key: Key, by: str, *, is_served: bool) -> dict[str, int]:
        """Remove all that is kept of a ticket; how much in each place. ``by``: who has it done, for the audit trail.

        Raises StillWatched.
        """
        self.require_unwatched(key, is_served=is_served)
        beyond = {place.name: count for place in self._elsewhere if (count := place.remove(key))}
        total = Counter(beyond)
        while True:
            with self.store.writing() as conn:
                self._require_unwatched(conn, key, is_served=is_served)
                removed = {place.name: count for place in PLACES if (count := place.remove(conn, key))}
                details = forgotten.forget_details(conn, self.store, key, by, beyond | removed)
            total.update({**removed, DETAILS: details})
            if details < forgotten.PAGE:  # of neither chain there are more
                return dict(+total)
            beyond = {}

    def _require_unwatched(self, conn: Connection, key: Key, *, is_served: bool) -> None:
        row = _row(conn, key, locks=True)
        why = "" if row is None else self._why_not(conn, key, row, is_served=is_served)
        if why:
            raise StillWatched(f"{key[0]} {key[1]} is not forgotten: {why}")

    def _why_not(self, conn: Connection, key: Key, row: Any, *, is_served: bool) -> str:
        if row.owner is not None and row.lease_until > self.store.now(conn):
            return "a worker has it in hand at this moment; try again in a minute"
        if row.is_dead or not is_served:
            return ""
        if row.state in self._over and not _has_mail(conn, key):
            return ""
        if row.state is None or row.state in self._over:
            return "something was told of it that is not read yet; try again when a worker has looked at it"
        return (
            f"it is open and watched (state: {row.state}), and would be read again at once; resolve or delete it in "
            "the ticket system, and try again when a worker has seen that"
        )


def _row(conn: Connection, key: Key, *, locks: bool = False) -> Any:
    """How a ticket's row stands; None where it has none."""
    c = mailbox.c
    query = select(c.owner, c.lease_until, c.is_dead, c.state).where(c.connection == key[0], c.ticket == key[1])
    return conn.execute(query.with_for_update() if locks else query).one_or_none()


def _has_mail(conn: Connection, key: Key) -> bool:
    c = inbox.c
    waiting = select(c.id).where(c.connection == key[0], c.ticket == key[1], c.done_at.is_(None)).limit(1)
    return conn.execute(waiting).one_or_none() is not None
