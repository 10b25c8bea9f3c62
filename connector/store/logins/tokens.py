"""The tokens that programs have for the API: what each is called, may do, and until when. Of the token itself a digest.

Making and revoking one stands in the audit trail; one that is revoked is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update

from connector.errors import ConnectorError
from connector.store import audit
from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow, api_token
from connector.store.records import AuditEvent, Event, Key

MOST = 100
"""So many tokens there are at most."""

KEPT = timedelta(days=30)
"""For so long one that expired is shown, so that whoever used it finds out why it does not work."""

USED_EVERY = timedelta(hours=1)
"""Its last use is noted no more often than that."""

_SERVICE: Key = ("", "")


class NoRoomForToken(ConnectorError):
    """A token that cannot be made, and why not."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as it is kept. ``hash``: of its text; ``used_at``: its last use, to the hour; None before the first."""

    id: str
    name: str
    hash: str
    scopes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


class ApiTokens:
    """The tokens of one store. Safe for several threads. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, id: str, name: str, hash: str, scopes: Sequence[str], lasts: timedelta, by: str) -> TokenRow:
        """Keep a new one that lasts so long; ``by``: who made it. Raises NoRoomForToken."""
        c = api_token.c
        with self._store.writing() as conn:
            now = self._store.now(conn)
            conn.execute(delete(api_token).where(c.expires_at <= now - KEPT))
            if conn.execute(select(func.count()).select_from(api_token)).scalar_one() >= MOST:
                raise NoRoomForToken(f"there are {MOST} tokens already: revoke one that is not needed any more")
            made = TokenRow(id, name, hash, tuple(scopes), now, now + lasts, None)
            new = self._store.insert(api_token).values(
                id=id, name=name, hash=hash, scopes={"may": list(scopes)}, made_at=now, expires_at=made.expires_at
            )
            if not conn.execute(new.on_conflict_do_nothing(index_elements=["name"]).returning(c.name)).all():
                raise NoRoomForToken(f"there is a token {name!r} already: revoke it first, or take another name")
            told = {"id": id, "name": name, "scopes": list(scopes), "expires_at": made.expires_at.isoformat(), "by": by}
            audit.append(conn, [(_SERVICE, AuditEvent(Event.TOKEN_MADE, told))], now)
        return made

    def find(self, id: str) -> TokenRow | None:
        """The token of that id, be it expired or not."""
        with self._store.reading() as conn:
            row = conn.execute(select(api_token).where(api_token.c.id == id)).one_or_none()
        return None if row is None else _token(row)

    def every(self) -> list[TokenRow]:
        """All that are kept, by name."""
        with self._store.reading() as conn:
            return [_token(row) for row in conn.execute(select(api_token).order_by(api_token.c.name))]

    def revoke(self, named: str, by: str) -> TokenRow | None:
        """Take the token of that name or id away, at once and for good; None where there is none."""
        c = api_token.c
        with self._store.writing() as conn:
            now = self._store.now(conn)
            row = conn.execute(
                select(api_token).where(or_(c.name == named, c.id == named)).order_by(c.name != named).limit(1)
            ).one_or_none()
            if row is None or not conn.execute(delete(api_token).where(c.id == row.id)).rowcount:
                return None
            told = {"id": row.id, "name": row.name, "by": by}
            audit.append(conn, [(_SERVICE, AuditEvent(Event.TOKEN_REVOKED, told))], now)
        return _token(row)

    def note_used(self, token: TokenRow, now: datetime) -> None:
        """It was used now; written where that was not noted lately."""
        if token.used_at is not None and now < token.used_at + USED_EVERY:
            return
        c = api_token.c
        with self._store.writing() as conn:
            is_older = or_(c.used_at.is_(None), c.used_at <= now - USED_EVERY)
            conn.execute(update(api_token).where(c.id == token.id, is_older).values(used_at=now))


def _token(row: AnyRow) -> TokenRow:
    return TokenRow(row.id, row.name, row.hash, tuple(row.scopes["may"]), row.made_at, row.expires_at, row.used_at)
