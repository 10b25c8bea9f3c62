"""How often a password was wrong lately, by whatever is counted: each process counts on in the same rows.

A try is counted before the password is looked at, so that many at once are not looked at all at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, select, update

from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow, login_try

KEPT = timedelta(hours=1)
"""So long after the last try it is forgotten."""

NONE = timedelta(0)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)


@dataclass(frozen=True, slots=True, order=True)
class Counted:
    """What is counted, by a digest; ``free``: so many tries have no wait behind them."""

    key: str
    free: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whether a try may be made. ``wait``: so long not, zero where it may; ``is_slowed``: something counted has used up
    its free tries with this one, or before.
    """

    wait: timedelta
    is_slowed: bool


def wait_after(tries: int, free: int) -> timedelta:
    """How long nobody may try again after so many tries that were wrong."""
    if tries < free:
        return NONE
    doublings = min(tries - free, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


class LoginTries:
    """The tries of all processes. Safe for several threads. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, counted: Sequence[Counted]) -> Admitted:
        """Count a try, unless anything of it has to wait: then nothing is counted, nor written."""
        c = login_try.c
        with self._store.reading() as conn:  # a flood of tries that wait keeps nobody from writing
            query = select(login_try).where(c.key.in_([one.key for one in counted]))
            found = {row.key: row for row in conn.execute(query)}
            wait = self._wait(counted, found, conn)
        if wait > NONE:
            return Admitted(wait, is_slowed=True)
        with self._store.writing() as conn:
            now = self._store.now(conn)
            conn.execute(delete(login_try).where(c.last_at <= now - KEPT))
            for one in sorted(counted):  # in one order, so that no two lock each other out
                new = self._store.insert(login_try).values(key=one.key, tries=0, last_at=now)
                conn.execute(new.on_conflict_do_nothing(index_elements=["key"]))
                found[one.key] = conn.execute(select(login_try).where(c.key == one.key).with_for_update()).one()
            wait = self._wait(counted, found, conn)
            if wait > NONE:
                return Admitted(wait, is_slowed=True)
            tries = {one: found[one.key].tries + 1 for one in sorted(counted)}
            for one, count in tries.items():
                conn.execute(update(login_try).where(c.key == one.key).values(tries=count, last_at=now))
            return Admitted(NONE, any(count >= one.free for one, count in tries.items()))

    def _wait(self, counted: Sequence[Counted], found: Mapping[str, AnyRow], conn: Connection) -> timedelta:
        """How long a try has to wait, by the rows that are there; what is old counts no more."""
        now = self._store.now(conn)
        rows = [(found[one.key], one.free) for one in counted if one.key in found]
        waits: list[timedelta] = [
            row.last_at + wait_after(row.tries, free) - now for row, free in rows if row.last_at > now - KEPT
        ]
        return max([NONE, *waits])

    def was_right(self, forgotten: Sequence[str], given_back: Sequence[str] = ()) -> None:
        """The password of a try was right: what is ``forgotten`` begins anew, of others that try alone was none."""
        c = login_try.c
        with self._store.writing() as conn:
            conn.execute(delete(login_try).where(c.key.in_(forgotten)))
            less = update(login_try).where(c.key.in_(given_back), c.tries > 0).values(tries=c.tries - 1)
            conn.execute(less)
