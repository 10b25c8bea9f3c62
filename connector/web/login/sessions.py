"""Sessions: a signed cookie says who logged in and when, the accounts whether they still may, the database whether it
was ended. Idle for half an hour, or after twelve hours, it is over. Of an identity provider's people the configuration
says whether they still may (see ``outside``): the provider is not asked again.

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
from connector.web.login.outside import OutsidePeople, OutsidePerson, kept_in_session, person_of_session

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
"""A cookie is written anew no more often than this."""

_SESSION, _FORM, _USER, _OUTSIDE_USER = "session", "form", "user", "outside user"
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
    """Somebody who logged in. ``proof``: of the account as it was then. ``person``: whom a provider vouched for."""

    id: str
    name: str
    proof: str
    begun_at: datetime
    seen_at: datetime
    person: OutsidePerson | None = None


class Sessions:
    """Begins, reads and ends sessions. Safe for several threads. Raises StoreUnavailable."""

    def __init__(
        self, store: Store, accounts: Accounts, signing: Signing, outside: OutsidePeople | None = None
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._outside = outside
        self._signing = signing
        self._void = VoidSessions(store, LONGEST)

    def begin(self, who: Account | OutsidePerson) -> Session:
        """A new one for who has just logged in."""
        now, id_ = self._store.now(), secrets.token_urlsafe(16)
        if isinstance(who, Account):
            return Session(id_, who.viewer.name, self._accounts.proof(who), now, now)
        assert self._outside is not None  # whoever let them in knows of a provider
        return Session(id_, who.viewer.name, self._outside.proof(who), now, now, who)

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
                **(kept_in_session(session.person) if session.person else {}),
            },
        )

    def read(self, cookie: str) -> tuple[Session, Viewer] | Over:
        """The session of a cookie and whose it is; or why it is none."""
        found = _session_of((self._signing.read(_SESSION, cookie) if cookie else None) or {})
        if found is None:
            return Over.NONE
        now = self._store.now()
        viewer = self._proven(found)
        if viewer is None:
            return Over.CHANGED
        if not found.seen_at - _AHEAD <= now < found.begun_at + LONGEST:
            return Over.AGE
        if now >= found.seen_at + IDLE:
            return Over.IDLE
        if self._void.holds(self._who(found), found.id, found.begun_at):
            return Over.ENDED
        return found, viewer

    def _proven(self, session: Session) -> Viewer | None:
        """Whose session it is, as far as the configuration goes; None where that is another one now."""
        if session.person is not None:
            is_proven = self._outside is not None and self._outside.is_proof(session.proof, session.person)
            return session.person.viewer if is_proven else None
        account = self._accounts.find(session.name)
        if account is None or not secrets.compare_digest(session.proof, self._accounts.proof(account)):
            return None
        return account.viewer

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
        if session.person is not None:  # who is called like an account of our own is somebody else
            return self._signing.digest(_OUTSIDE_USER, session.person.subject)
        return self._signing.digest(_USER, session.name)


def _session_of(value: Mapping[str, Any]) -> Session | None:
    """The session that a signed value says; None where an older version, or none, wrote it."""
    match value:
        case {"id": str(id_), "name": str(name), "proof": str(proof), "begun": int(begun), "seen": int(seen)}:
            person = person_of_session(name, value)
            if person is None and "way" in value:
                return None
            return Session(id_, name, proof, from_micros(begun), from_micros(seen), person)
    return None
