"""Access tokens by client credentials: renewed before they end, one renewal at a time, dropped when refused.

There is no refresh: a new token is simply asked for (https://github.com/alex-thorne/haloitsm-mcp).
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from adapters.answers import Answer
from adapters.halopsa.mapping import number
from adapters.halopsa.refusals import token_refusal
from adapters.halopsa.variables import HaloSettings
from adapters.http import HttpClient
from adapters.payloads import json_of
from connector.clock import Clock
from connector.errors import PayloadError, Unreachable
from connector.redaction import know

RENEW_AT = 0.8
"""The share of its lifetime after which a token is renewed."""

ASSUMED_LIFETIME = timedelta(seconds=3600)
"""Where the answer names none."""

LONGEST_LIFETIME = timedelta(days=1)


class Tokens:
    """The token of one connection. Safe to use from several threads."""

    def __init__(self, settings: HaloSettings, http: HttpClient, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at: datetime | None = None

    def current(self) -> str:
        """A token that should be good, asked for where there is none. Raises AdapterError, PayloadError."""
        with self._lock:
            if self._renew_at is None or self._clock.now() >= self._renew_at:
                self._renew()
            return self._token

    def drop(self, token: str) -> None:
        """Forget a token that was refused; one that has been renewed meanwhile stays."""
        with self._lock:
            if token == self._token:
                self._renew_at = None

    def ask(self) -> Answer:
        """The authorisation server's answer to a request for a token, whatever it is."""
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "scope": "all",
        }
        return self._http.call(
            "POST",
            f"{settings.auth_url}/token",
            what="log in to HaloPSA",
            params={"tenant": settings.tenant} if settings.tenant else None,
            form=form,
            # Nothing but a token comes of it.
            is_repeatable=True,
        )

    def _renew(self) -> None:
        asked_at = self._clock.now()
        answer = self.ask()
        if answer.status not in (200, 201):
            raise token_refusal(answer)
        try:
            body = json_of(answer, "log in to HaloPSA")
        except Unreachable as error:
            raise Unreachable(f"{error}; check HALOPSA_AUTH_URL", cause=error.cause) from error
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise PayloadError("log in to HaloPSA: access_token", "missing")
        told = timedelta(seconds=min(number(body.get("expires_in")), LONGEST_LIFETIME.total_seconds()))
        lifetime = told if told > timedelta() else ASSUMED_LIFETIME
        know(f"access token of {self._settings.auth_url}", (token,))
        self._token = token
        self._renew_at = asked_at + RENEW_AT * lifetime
