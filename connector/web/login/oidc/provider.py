"""The identity provider: what it says of itself, where people are sent, and what it says of who comes back.

Asked when somebody first wants to log in, and never for a session that goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from connector.systems.kept import Kept
from connector.systems.variables import Secret
from connector.web.login.oidc.asking import MOST_AT_ONCE, Asking, ProviderQuestion, is_askable
from connector.web.login.oidc.refusals import NotLetIn, away, busy, not_proven
from connector.web.login.oidc.tokens import Expected, ProviderKeys, claims_of

KEPT_SECONDS, FAILURE_SECONDS = 3600.0, 5.0
"""So long what it says of itself is kept; and so long after it could not be asked nobody asks again."""

_DOCUMENT = "/.well-known/openid-configuration"
_SCOPES = ("openid", "profile", "email")
_GROUPS = "groups"
_POST, _BASIC = "client_secret_post", "client_secret_basic"
_OK = 200
_ROOM_SECONDS = 0.25
"""So long somebody waits while others wait for an answer that is not known yet."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What is configured. ``redirect``: the address of ours that people come back to."""

    issuer: str
    client_id: str
    client_secret: Secret
    redirect: str


@dataclass(frozen=True, slots=True)
class ProviderDocument:
    """What a provider says of itself. ``says_issuer``: whoever comes back brings its name."""

    issuer: str
    authorize: str
    token: str
    keys: str
    is_posted: bool
    scopes: tuple[str, ...]
    says_issuer: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """One log-in, from the way there to the way back."""

    state: str
    nonce: str
    verifier: str = field(repr=False)


class Provider:
    """Safe for several threads. Raises NotLetIn where the provider is away, or something of it is not right."""

    def __init__(self, settings: ProviderSettings, ask: Asking, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._ask = ask
        self._monotonic = monotonic
        self._document = Kept(self._read_document, monotonic, KEPT_SECONDS)
        self._keys = ProviderKeys(self._read_keys, monotonic)
        self._failed: tuple[float, NotLetIn] | None = None
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    def address_to(self, begun: Begun) -> str:
        """Where to send somebody who wants to log in."""
        document = self.document()
        return str(
            prepare_grant_uri(
                document.authorize,
                self._settings.client_id,
                "code",
                redirect_uri=self._settings.redirect,
                scope=list(document.scopes),
                state=begun.state,
                nonce=begun.nonce,
                code_challenge=create_s256_code_challenge(begun.verifier),
                code_challenge_method="S256",
            )
        )

    def require_issuer(self, said: str) -> None:
        """Raise NotLetIn where who came back brings another provider's name, or none though this one sends it."""
        document = self.document()
        if said != document.issuer and (said or document.says_issuer):
            raise not_proven("another provider's answer")

    def claims(self, code: str, begun: Begun, now: float) -> Mapping[str, Any]:
        """What the provider says of whom it gave that code, proven. ``now``: seconds since 1970."""
        settings, document = self._settings, self.document()
        secret = settings.client_secret.reveal()
        form = {"code": code, "redirect_uri": settings.redirect, "code_verifier": begun.verifier}
        basic = None
        if document.is_posted:
            form |= {"client_id": settings.client_id, "client_secret": secret}
        else:
            basic = (quote(settings.client_id, safe=""), quote(secret, safe=""))
        body = prepare_token_request("authorization_code", **form)
        status, answer = self._ask(ProviderQuestion(document.token, str(body), basic))
        if status != _OK or "id_token" not in answer:
            raise _refused(answer)
        expected = Expected(document.issuer, settings.client_id, begun.nonce, now)
        return claims_of(answer["id_token"], self._keys, expected)

    def document(self) -> ProviderDocument:
        """What it says of itself."""
        failed = self._failed
        if failed is not None and self._monotonic() - failed[0] < FAILURE_SECONDS:
            raise failed[1]
        if not self._room.acquire(timeout=_ROOM_SECONDS):
            raise busy()
        try:
            return self._document.get()
        finally:
            self._room.release()

    def _read_document(self) -> ProviderDocument:
        try:
            status, said = self._ask(ProviderQuestion(self._settings.issuer + _DOCUMENT))
            found = _document(status, said, self._settings.issuer)
        except NotLetIn as error:
            self._failed = self._monotonic(), error
            raise
        self._failed = None
        return found

    def _read_keys(self) -> Mapping[str, Any]:
        status, published = self._ask(ProviderQuestion(self.document().keys))
        if status != _OK:
            raise away(f"it answered {status} where its keys should be")
        return published


def _document(status: int, said: Mapping[str, Any], issuer: str) -> ProviderDocument:
    """What a provider's document says. Another issuer's is refused: its people are not those that were meant."""
    if status != _OK:
        raise away(f"it answered {status}: look at OIDC_ISSUER")
    named = said.get("issuer")
    if not isinstance(named, str) or named.removesuffix("/") != issuer:
        raise away("its document names another issuer: set OIDC_ISSUER to the issuer that it names")
    addresses = [said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    if not all(is_askable(one, issuer) for one in addresses):
        raise away("its document names an address that is none with https")
    authorize, token, keys = map(str, addresses)
    methods = said.get("token_endpoint_auth_methods_supported", [_BASIC])
    is_posted = isinstance(methods, list) and _POST in methods
    offered = said.get("scopes_supported")
    scopes = (*_SCOPES, _GROUPS) if isinstance(offered, list) and _GROUPS in offered else _SCOPES
    says_issuer = said.get("authorization_response_iss_parameter_supported") is True
    return ProviderDocument(named, authorize, token, keys, is_posted, scopes, says_issuer)


_REFUSALS = {
    "invalid_client": "it does not take OIDC_CLIENT_ID with this OIDC_CLIENT_SECRET: the secret may have expired there",
    "unauthorized_client": "it does not let this client log people in",
    "invalid_grant": "the code was not taken: it was used before, or too old",
    "redirect_uri_mismatch": "it does not know our redirect address",
}


def _refused(answer: Mapping[str, Any]) -> NotLetIn:
    """What came in place of a token: the log is told one of the errors that there are, and nothing else of it."""
    error = answer.get("error")
    said = _REFUSALS.get(error, "no token came") if isinstance(error, str) else "no token came"
    if error == "invalid_client":
        return away("it does not take the secret that this service has")
    return not_proven(said)
