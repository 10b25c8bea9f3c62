"""A connection that is down: one trouble, shared by all processes, from the first failure until it has held again.

It has three states. While it is *down*, none of its tickets are claimed. Once it is *up* again they are, the most
overdue first; but it counts as over only when that has lasted, so that a system that comes and goes is one trouble.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, update

from connector.store.database.engine import Store
from connector.store.database.prepared import Prepared, PreparedRows
from connector.store.database.tables import trouble
from connector.store.line import AT_ONCE, ONE_EVERY, open_line
from connector.store.pace import rows as pace
from connector.store.queries import recovery, rows
from connector.store.records import Delivery
from connector.store.troubles import Trouble, TroubleKind, Troubles, find_locked, is_that

MET_WITHIN = timedelta(minutes=1)
"""What was due so shortly before a connection failed was kept by that as well."""

NAME = "tickets"
"""A connection is down in one way at a time: its trouble needs no name of its own."""

_UP, _DOWN, _WAITED, _RELAPSES, _WHY, _THOROUGH = "up_since", "down_since", "waited", "relapses", "why", "is_thorough"

_PASSING = "passing"
"""Until when time is just being taken out of the tickets' failing, and the last ticket of which it was."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A connection that is down, or was until ``up_since``.

    ``why``: what the last probe said, for people. ``is_thorough``: it answers, but the tickets themselves cannot be
    read. ``waited``: how many tickets waited when it was up again; ``relapses``: how often it was down again since.
    """

    trouble: Trouble
    why: str
    is_thorough: bool
    up_since: datetime | None
    waited: int
    relapses: int

    @property
    def since(self) -> datetime:
        """When it began."""
        return self.trouble.since


class Outages:
    """The outages of one store's connections. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.troubles = Troubles(store)

    def current(self, connection: str) -> Outage | None:
        """The outage of a connection that is not over; None where there is none."""
        with self.store.reading() as conn:
            found = find_locked(conn, connection, TroubleKind.CONNECTION_DOWN, NAME, locks=False)
        return None if found is None else _outage(found)

    def down(
        self,
        connection: str,
        cause: str,
        why: str,
        *,
        since: datetime,
        chore: str,
        look_again_at: datetime,
        is_thorough: bool = False,
        relapses: int = 0,
    ) -> Outage:
        """Note that a probe failed. An outage begins ``since`` then, or goes on; its ``chore`` is planned with it.

        ``relapses``: those of an outage that was over a short while ago.
        """
        with self.store.writing() as conn:
            now = self.store.now(conn)
            # The row of the chore comes first in every transaction that takes both.
            rows.schedule(conn, (connection, chore), look_again_at, now)
            since = min(since, now)
            new = {
                "connection": connection,
                "kind": TroubleKind.CONNECTION_DOWN.value,
                "name": NAME,
                "cause": cause,
                "since": since,
                "seen_at": now,
                "count": 0,
                "detail": {_DOWN: since.isoformat(), _RELAPSES: relapses},
            }
            _BEGINNING.run(conn, [new])
            detail: dict[str, Any] = {**_there(conn, connection).detail, _WHY: why, _THOROUGH: is_thorough}
            if detail.pop(_UP, None) is not None:
                detail |= {_DOWN: since.isoformat(), _RELAPSES: detail[_RELAPSES] + 1}
            changed = {"new_cause": cause, "new_seen_at": now, "new_detail": detail}
            _GOING_ON.run(conn, [{"of_connection": connection, **changed}])
            return _outage(_there(conn, connection))

    def up(self, connection: str) -> Outage | None:
        """Note that a probe worked, after what waited was spread. None: there is no outage.

        Whoever notes it first has it done; after a crash before, the next one spreads what was not yet.
        """
        with self.store.writing() as conn:
            found = find_locked(conn, connection, TroubleKind.CONNECTION_DOWN, NAME)
            if found is None or back_since(found) is not None:
                return None if found is None else _outage(found)
            now = self.store.now(conn)
            waited = max(recovery.count_waiting(conn, connection, now), _outage(found).waited)
            conn.execute(update(trouble).where(_here(connection)).values(detail={**found.detail, _WAITED: waited}))
            # Taken out of the tickets' failing later, and forgotten then.
            pace.note_away(conn, connection, datetime.fromisoformat(found.detail[_DOWN]) - MET_WITHIN, now)
        last = now + self._spread(connection, now) * ONE_EVERY
        while not self._has_passed_over(connection, now):
            pass
        with self.store.writing() as conn:
            found = find_locked(conn, connection, TroubleKind.CONNECTION_DOWN, NAME)
            if found is None or back_since(found) is not None:
                return None if found is None else _outage(found)
            open_line(conn, connection, now, last)
            detail = {**found.detail, _UP: self.store.now(conn).isoformat()}
            conn.execute(update(trouble).where(_here(connection)).values(seen_at=now, detail=detail))
            return _outage(_there(conn, connection))

    def _spread(self, connection: str, now: datetime) -> int:
        """In pages: hundreds of thousands may have waited. Returns how many there are after the first ones."""
        total, spread = 0, 1
        while spread:
            with self.store.writing() as conn:
                spread = recovery.spread_page(conn, connection, now, AT_ONCE, ONE_EVERY, total)
            total += spread
        with self.store.writing() as conn:
            recovery.come_up(conn, connection, now)
        return total

    def _has_passed_over(self, connection: str, now: datetime) -> bool:
        """Whether the time since it was down is out of all tickets' failing; else out of one page more of them.

        How far that is, is stored with each page: a crash in between takes it out of none twice.
        """
        with self.store.writing() as conn:
            found = find_locked(conn, connection, TroubleKind.CONNECTION_DOWN, NAME)
            if found is None or back_since(found) is not None:
                return True
            detail = dict(found.detail)
            since = datetime.fromisoformat(detail[_DOWN])
            if _PASSING not in detail and since >= now:
                return True
            until, after = detail.pop(_PASSING, (now.isoformat(), ""))
            last = recovery.pass_over_page(conn, connection, since, datetime.fromisoformat(until), after)
            detail |= {_DOWN: until} if last is None else {_PASSING: [until, last]}
            conn.execute(update(trouble).where(_here(connection)).values(detail=detail))
            return False

    def tell(self, outage: Outage, deliveries: Sequence[Delivery]) -> bool:
        """Have people told of it, once; see ``Troubles.tell``."""
        return self.troubles.tell(outage.trouble, deliveries)

    def over(self, connection: str, deliveries: Sequence[Delivery]) -> bool:
        """It has held: the outage is over, and who was told of it is told so. False: somebody else has said so."""
        return self.troubles.end(connection, TroubleKind.CONNECTION_DOWN, NAME, deliveries) is not None


def back_since(found: Trouble) -> datetime | None:
    """Since when a connection that was down serves the connector again; None of any other trouble."""
    up = found.detail.get(_UP) if found.kind is TroubleKind.CONNECTION_DOWN else None
    return datetime.fromisoformat(up) if up else None


def _here(connection: str) -> Any:
    return is_that(connection, TroubleKind.CONNECTION_DOWN, NAME)


def _there(conn: Connection, connection: str) -> Trouble:
    found = find_locked(conn, connection, TroubleKind.CONNECTION_DOWN, NAME)
    assert found is not None
    return found


def _outage(found: Trouble) -> Outage:
    detail = found.detail
    return Outage(
        found,
        str(detail.get(_WHY, "")),
        bool(detail.get(_THOROUGH)),
        back_since(found),
        int(detail.get(_WAITED, 0)),
        int(detail.get(_RELAPSES, 0)),
    )


# While a connection is down each of its probes says so.
_BEGINNING = PreparedRows(
    trouble,
    ("connection", "kind", "name", "cause", "since", "seen_at", "count", "detail"),
    lambda plain: plain.on_conflict_do_nothing(index_elements=["connection", "kind", "name"]),
)
_GOING_ON = Prepared(
    update(trouble)
    .where(is_that(bindparam("of_connection"), TroubleKind.CONNECTION_DOWN, NAME))
    .values(
        cause=bindparam("new_cause"),
        seen_at=bindparam("new_seen_at"),
        count=trouble.c.count + 1,
        detail=bindparam("new_detail"),
    )
)
