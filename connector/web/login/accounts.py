"""The accounts that ``CONSOLE_USERS`` says, and whether a password is that of one.

Whether there is such an account is not told, by no word and by no time: where there is none, a hash that nobody knows
the password of is gone through instead.
"""

from __future__ import annotations

import base64
import secrets
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from connector.systems.variables import Secret
from connector.web.console.gate import Role, Viewer
from connector.web.login import passwords
from connector.web.login.keys import Signing

MOST_AT_ONCE, MOST_WAITING = 1, 3
"""So many passwords are looked at at once, by one process, as each takes memory and a core; and so many wait, as each
takes a thread that webhooks want, too.
"""

LOCAL = "local"
"""Where an account is from, in a session: a further way to log in has a word of its own."""


class TooBusy(Exception):
    """Too many passwords are looked at at this moment."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of our own."""

    viewer: Viewer
    password_hash: Secret


def account(name: str, role: str, password_hash: Secret, member: str = "") -> Account:
    """An account as the configuration has it."""
    return Account(Viewer(name, Role[role.upper()], member), password_hash)


class Accounts:
    """The accounts by name. Safe for several threads."""

    def __init__(self, accounts: Sequence[Account], signing: Signing) -> None:
        self._by_name = {folded(one.viewer.name): one for one in accounts}
        self._signing = signing
        self._nobodys = sorted({_nobodys(one.password_hash.reveal()) for one in accounts})
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE + MOST_WAITING)
        self._turn = threading.BoundedSemaphore(MOST_AT_ONCE)

    def find(self, name: str) -> Account | None:
        """The account of that name, in any case."""
        return self._by_name.get(folded(name))

    def proof(self, account: Account) -> str:
        """What changes with anything of an account: a session holds it, and ends where it is another."""
        viewer = account.viewer
        return self._signing.digest(
            "account", viewer.name, viewer.role.name, viewer.member, account.password_hash.reveal()
        )

    def log_in(self, name: str, password: str) -> Account | None:
        """The account, if that is its password. Raises TooBusy."""
        if passwords.is_too_long(password):
            return None
        found = self.find(name)
        hashed = found.password_hash.reveal() if found else self._some_hash(name)
        if not self._room.acquire(blocking=False):
            raise TooBusy
        try:
            with self._turn:
                is_right = passwords.is_right(hashed, password)
        finally:
            self._room.release()
        return found if is_right else None

    def _some_hash(self, name: str) -> str:
        """For a name that nobody has: always the same one, as a name that somebody has has."""
        return self._nobodys[int(self._signing.digest("nobody", folded(name))[:8], 16) % len(self._nobodys)]


def folded(name: str) -> str:
    """A name as it is compared."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


def _nobodys(hashed: str) -> str:
    """A hash that costs as much, of no password. The costs alone are taken: two of one cost are the same hash."""
    cost = hashed.rsplit("$", 2)[0]
    return f"{cost}${_NO_SALT}${_NO_DIGEST}"


_NO_SALT, _NO_DIGEST = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
