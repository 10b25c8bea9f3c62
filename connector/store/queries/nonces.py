"""The nonces that ``check`` asks the public address for: who knows the answer to one reads this very database.

A few rows, each good for a minute: what an outsider asks for is in none of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from connector.store.database.engine import Store
from connector.store.database.tables import nonce

GOOD_FOR = timedelta(minutes=1)
MOST = 8
"""So many are kept; the oldest goes when one more is issued."""

_BYTES = 24


@dataclass(frozen=True, slots=True)
class IssuedNonce:
    """What to ask for, and what this database alone knows to answer."""

    nonce: str
    answer: str


class Nonces:
    """The nonces of a database. Safe for several threads and processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def issue(self) -> IssuedNonce:
        """A new one; what is over goes. Raises StoreUnavailable."""
        made = IssuedNonce(secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES))
        c = nonce.c
        with self._store.writing() as conn:
            now = self._store.now(conn)
            newest = select(c.nonce).order_by(c.until.desc(), c.nonce).limit(MOST - 1)
            conn.execute(delete(nonce).where((c.until <= now) | c.nonce.not_in(newest)))
            conn.execute(nonce.insert().values(nonce=made.nonce, answer=made.answer, until=now + GOOD_FOR))
        return made

    def answers(self) -> Mapping[str, str]:
        """The answers to those that are good now. Raises StoreUnavailable."""
        c = nonce.c
        with self._store.reading() as conn:
            rows = conn.execute(select(c.nonce, c.answer).where(c.until > self._store.now(conn)).limit(MOST))
            return {row.nonce: row.answer for row in rows}
