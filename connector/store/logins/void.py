"""Sessions that are over before their time, as somebody logged out: one of them, or all that one had until then.

And what counts once, such as the way back from an identity provider.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select

from connector.store.database.engine import Store
from connector.store.database.tables import void_session

EVERY = ""
"""In place of a session: all of that person's."""


class VoidSessions:
    """The void sessions as all processes see them. Raises StoreUnavailable."""

    def __init__(self, store: Store, longest: timedelta) -> None:
        """``longest``: no session lasts longer, so that nothing has to be remembered for longer."""
        self._store = store
        self._longest = longest

    def add(self, who: str, session: str = EVERY) -> None:
        """What of this began until now is void: that session, or every one of theirs."""
        with self._store.writing() as conn:
            now = self._store.now(conn)
            conn.execute(delete(void_session).where(void_session.c.until <= now))
            new = self._store.insert(void_session).values(
                who=who, session=session, before=now, until=now + self._longest
            )
            later = {"before": new.excluded.before, "until": new.excluded.until}
            conn.execute(new.on_conflict_do_update(index_elements=["who", "session"], set_=later))

    def spend(self, who: str, what: str, lasts: timedelta) -> bool:
        """Make something void that counts once, for as long as it could count; False where somebody did before."""
        with self._store.writing() as conn:
            now = self._store.now(conn)
            conn.execute(delete(void_session).where(void_session.c.until <= now))
            new = self._store.insert(void_session).values(who=who, session=what, before=now, until=now + lasts)
            return bool(conn.execute(new.on_conflict_do_nothing().returning(void_session.c.who)).all())

    def holds(self, who: str, session: str, begun_at: datetime) -> bool:
        """Whether a session that began then is void."""
        c = void_session.c
        is_that = (c.who == who) & c.session.in_((session, EVERY)) & (c.before >= begun_at)
        with self._store.reading() as conn:
            return bool(conn.execute(select(exists().where(is_that))).scalar_one())
