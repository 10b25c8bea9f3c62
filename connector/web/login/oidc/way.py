"""The way of a log-in through the identity provider: there, and back in the same browser, once.

What is remembered meanwhile stands in a signed cookie of that browser. All that proves the way back is made of its
``state`` and our key, so the cookie alone, or the address alone, is worth nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from connector.store.database.engine import Store
from connector.store.database.tables import from_micros, to_micros
from connector.store.logins.void import VoidSessions
from connector.web.console.gate import Role
from connector.web.login.keys import Signing
from connector.web.login.oidc.asking import Asking
from connector.web.login.oidc.people import person_of
from connector.web.login.oidc.provider import Begun, Provider, ProviderSettings
from connector.web.login.oidc.refusals import NotLetIn
from connector.web.login.origin import local_path
from connector.web.login.outside import OutsidePerson

LASTS = timedelta(minutes=10)
"""So long somebody may be away at the provider."""

LONGEST_CODE = 4096

_STATE, _NONCE, _VERIFIER, _SPENT = "oidc state", "oidc nonce", "oidc verifier", "oidc way back"

NOT_BEGUN_HERE = (
    "This log-in was not begun in this browser a moment ago, or it was used already. Nobody was logged in: please "
    "begin here anew, in one window, by the address of this service."
)
_SAID = {
    "access_denied": "The identity provider did not let you through, or you turned back there. Nobody was logged in.",
    "temporarily_unavailable": "The identity provider is too busy at this moment. Try again in a minute.",
    "server_error": "The identity provider has a fault of its own at this moment. Try again in a minute.",
    "login_required": "The identity provider wants you to log in there anew. Please try again.",
    "interaction_required": "The identity provider wants something of you first. Try again, and see what it says.",
    "consent_required": "The identity provider wants somebody's consent to this application first: ask who runs it.",
}
_OTHERWISE = (
    "The identity provider refused this service. Nobody was logged in; who runs the service has to look at how it is "
    "registered there."
)


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """What is configured. ``roles``: by group. ``managers``: identifiers that policies have."""

    provider: ProviderSettings
    roles: Mapping[str, Role]
    managers: Collection[str] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """All of it that a session depends on: with another secret or other roles every session is over."""
        provider = self.provider
        roles = (f"{role.name} {group}" for group, role in sorted(self.roles.items()))
        return provider.issuer, provider.client_id, provider.client_secret.reveal(), *roles


@dataclass(frozen=True, slots=True)
class SetOut:
    """Somebody on the way to the provider: at which address, and what their browser keeps meanwhile."""

    address: str
    cookie: str


class OidcWay:
    """The way through one provider. Safe for several threads. Raises NotLetIn and StoreUnavailable."""

    def __init__(
        self,
        settings: OidcSettings,
        store: Store,
        signing: Signing,
        ask: Asking,
        monotonic: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        """``wall``: seconds since 1970, as the provider has them, too."""
        self._settings = settings
        self._store = store
        self._void = VoidSessions(store, LASTS)
        self._signing = signing
        self._provider = Provider(settings.provider, ask, monotonic)
        self._wall = wall

    lasts = LASTS

    @property
    def said(self) -> tuple[str, ...]:
        """All that is configured of it; see ``OutsidePeople``."""
        return self._settings.said

    @property
    def name(self) -> str:
        """What the page calls the provider: its host."""
        return urlsplit(self._settings.provider.issuer).hostname or ""

    def set_out(self, to: str) -> SetOut:
        """Begin a log-in that is to end at ``to``, a path of ours."""
        state = secrets.token_urlsafe(32)
        address = self._provider.address_to(self._begun(state))
        kept = self._signing.signed(_STATE, {"state": state, "to": to, "at": to_micros(self._store.now())})
        return SetOut(address, kept)

    def began(self, said: MultiDict[str, str], cookie: str) -> str:
        """Where a log-in was to end, with whose ``state`` somebody comes back in the browser that set out; spends it.

        Raises NotLetIn for everybody else. Until here the provider is not asked anything.
        """
        kept = self._signing.read(_STATE, cookie) if cookie else None
        match kept:
            case {"state": str(state), "to": str(to), "at": int(at)}:
                is_it = secrets.compare_digest(said.get("state", "").encode("utf-8", "replace"), state.encode())
                begun_at, now = from_micros(at), self._store.now()
                if (
                    is_it
                    and len(said.getlist("state")) == 1
                    and begun_at - LASTS <= now < begun_at + LASTS
                    and self._void.spend(self._signing.digest(_SPENT, state), "once", 2 * LASTS)
                ):
                    return local_path(to)
        raise NotLetIn("not begun here", NOT_BEGUN_HERE)

    def who_came_back(self, said: MultiDict[str, str], taken: Collection[str]) -> OutsidePerson:
        """Who it is, after ``began``. ``taken``: names of accounts of our own, case-folded."""
        settings = self._settings
        self._provider.require_issuer(said.get("iss", ""))
        if "error" in said:
            error = said["error"]
            raise NotLetIn(
                "refused by the provider", _SAID.get(error, _OTHERWISE), 403, error if error in _SAID else "otherwise"
            )
        code = said.get("code", "")
        if not code or len(code) > LONGEST_CODE or len(said.getlist("code")) != 1:
            raise NotLetIn("not begun here", NOT_BEGUN_HERE)
        claims = self._provider.claims(code, self._begun(said["state"]), self._wall())
        return person_of(claims, settings.provider.issuer, settings.roles, settings.managers, taken)

    def _begun(self, state: str) -> Begun:
        """All of a log-in, made of its state and our key."""
        return Begun(state, self._signing.digest(_NONCE, state), self._signing.digest(_VERIFIER, state))
