"""Wrong passwords are slowed: of a user at one address, of an address, and of a user wherever they come from.

Who has logged in with a browser before is counted by that browser alone, so that strangers who try a name lock nobody
out. Nothing that was typed is kept or logged: a name may be a password in the wrong field.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from connector.store.database.engine import Store
from connector.store.logins.tries import Admitted, Counted, LoginTries
from connector.web.login.accounts import folded
from connector.web.login.keys import Signing

FREE_TRIES = 5
"""So many wrong passwords of a user at an address, or in a browser that is known, have no wait behind them."""

FREE_OF_ADDRESS, FREE_OF_USER = 20, 50
"""And so many of an address, whatever the user, and of a user, wherever from."""

_DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Try:
    """One try, as it was counted. ``own``: what begins anew when it was right; the ``shared`` counts go on."""

    admitted: Admitted
    own: tuple[Counted, ...]
    shared: tuple[Counted, ...]


class Slowing:
    """Counts the tries of all web processes. Safe for several threads. Raises StoreUnavailable."""

    def __init__(self, store: Store, signing: Signing) -> None:
        self._tries = LoginTries(store)
        self._signing = signing

    def take(self, name: str, address: str, device: str) -> Try:
        """Count a try before its password is looked at. ``device``: what this browser was given when it logged in."""
        own, shared = self._counted(folded(name), address, device)
        return Try(self._tries.take([*own, *shared]), own, shared)

    def take_of_address(self, address: str) -> Try:
        """Count a try that names nobody, such as one that an identity provider vouches for."""
        shared = (Counted(self._key("address", address), FREE_OF_ADDRESS),)
        return Try(self._tries.take(shared), (), shared)

    def was_right(self, made: Try) -> None:
        """Begin anew; others of that address keep theirs."""
        self._tries.was_right(_keys(made.own), _keys(made.shared))

    def give_back(self, made: Try) -> None:
        """The password was not looked at."""
        self._tries.was_right((), _keys((*made.own, *made.shared)))

    def device(self, name: str) -> str:
        """What to give a browser that has just logged in."""
        return self._signing.signed(_DEVICE, {"who": self._who(folded(name)), "id": secrets.token_urlsafe(12)})

    def _counted(self, name: str, address: str, device: str) -> tuple[tuple[Counted, ...], tuple[Counted, ...]]:
        who = self._who(name)
        match self._signing.read(_DEVICE, device) if device else None:
            case {"who": str(whose), "id": str(id_)} if whose == who:
                return (Counted(self._key("device", id_), FREE_TRIES),), ()
        own = (Counted(self._key("user at address", who, address), FREE_TRIES),)
        address_, user = self._key("address", address), self._key("user", who)
        return own, (Counted(address_, FREE_OF_ADDRESS), Counted(user, FREE_OF_USER))

    def _who(self, name: str) -> str:
        return self._signing.digest("who tries", name)

    def _key(self, *what: str) -> str:
        return self._signing.digest("tries", *what)


def _keys(counted: Sequence[Counted]) -> list[str]:
    return [one.key for one in counted]
