"""Sessions: a signed cookie says who logged in and when, the accounts whether they still may, the database whether it
was ended. Idle for half an hour, or after twelve hours, it is over.

Nothing is kept of a session that goes on, so any number of web processes serve it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from connector.store.database.engine import Store
from connector.store.database.tables import from_micros, to_micros
from connector.store.logins.void import VoidSessions
from connector.web.console.gate import Viewer
from connector.web.login.accounts import Account, Accounts
from connector.web.login.keys import Signing

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
"""A cookie is written anew no more often than this."""

_SESSION, _FORM, _USER = "session", "form", "user"
_AHEAD = timedelta(minutes=5)
"""So far another process's clock may be ahead of ours."""


class Over(StrEnum):
    """Why there is no session; the values stand in the login page's address."""

    NONE = "none"
    IDLE = "idle"
    AGE = "age"
    ENDED = "ended"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who logged in. ``proof``: of the account as it was then."""

    id: str
    name: str
    proof: str
    begun_at: datetime
    seen_at: datetime


class Sessions:
    """Begins, reads and ends sessions. Safe for several threads. Raises StoreUnavailable."""

    def __init__(self, store: Store, accounts: Accounts, signing: Signing) -> None:
        self._store = store
        self._accounts = accounts
        self._signing = signing
        self._void = VoidSessions(store, LONGEST)

    def begin(self, account: Account) -> Session:
        """A new one for who has just logged in."""
        now = self._store.now()
        return Session(secrets.token_urlsafe(16), account.viewer.name, self._accounts.proof(account), now, now)

    def cookie(self, session: Session) -> str:
        """The text of its cookie."""
        return self._signing.signed(
            _SESSION,
            {
                "id": session.id,
                "name": session.name,
                "proof": session.proof,
                "begun": to_micros(session.begun_at),
                "seen": to_micros(session.seen_at),
            },
        )

    def read(self, cookie: str) -> tuple[Session, Viewer] | Over:
        """The session of a cookie and whose it is; or why it is none."""
        found = _session_of(self._signing.read(_SESSION, cookie) if cookie else None)
        if found is None:
            return Over.NONE
        now = self._store.now()
        account = self._accounts.find(found.name)
        if account is None or not secrets.compare_digest(found.proof, self._accounts.proof(account)):
            return Over.CHANGED
        if not found.seen_at - _AHEAD <= now < found.begun_at + LONGEST:
            return Over.AGE
        if now >= found.seen_at + IDLE:
            return Over.IDLE
        if self._void.holds(self._who(found), found.id, found.begun_at):
            return Over.ENDED
        return found, account.viewer

    def seen(self, session: Session) -> Session | None:
        """The session as seen now, where its cookie is to be written anew for that."""
        now = self._store.now()
        return replace(session, seen_at=now) if now >= session.seen_at + SEEN_EVERY else None

    def end(self, session: Session) -> None:
        """It is over, also for whoever copied its cookie."""
        self._void.add(self._who(session), session.id)

    def end_every(self, session: Session) -> None:
        """All sessions of whose this is are over."""
        self._void.add(self._who(session))

    def token(self, session: Session) -> str:
        """What a form of this session carries."""
        return self._signing.digest(_FORM, session.id)

    def is_token(self, given: str, session: Session) -> bool:
        """Whether a form is one of this session's."""
        return self._signing.is_digest(given, _FORM, session.id)

    def _who(self, session: Session) -> str:
        return self._signing.digest(_USER, session.name)


def _session_of(value: Mapping[str, Any] | None) -> Session | None:
    """The session that a signed value says; None where an older version, or none, wrote it."""
    match value:
        case {"id": str(id_), "name": str(name), "proof": str(proof), "begun": int(begun), "seen": int(seen)}:
            return Session(id_, name, proof, from_micros(begun), from_micros(seen))
    return None
