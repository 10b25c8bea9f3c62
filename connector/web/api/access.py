"""Who asks the API, and whether they may: a token, or who is let in to the console.

A token that is sent decides alone, whatever cookies come with it: no browser sends it by itself, so no other site's
page has it sent. Without a login configured all of it is for this machine only, as the console is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from flask import Request
from werkzeug.exceptions import HTTPException

from connector.store.database.engine import Store
from connector.store.logins.tokens import ApiTokens, TokenRow
from connector.web.api.scopes import ApiScope
from connector.web.api.tokens import id_of, is_of
from connector.web.console import forms
from connector.web.console.gate import NOT_ALLOWED, NOT_THIS_MACHINE, WhoAsks, why_not_this_machine
from connector.web.login.keys import Signing
from connector.web.login.origin import Places
from connector.web.login.slowing import Slowing
from connector.web.login.telling import LoginLog
from connector.web.problems import HttpProblem

REALM = 'Bearer realm="escalator"'
WRONG_TOKEN, NO_TOKEN, TOO_MANY = "wrong_token", "no_token", "too_many_wrong_tokens"

_WAY = {"way": "api"}


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """Who asks. ``name``: as the audit trail has it."""

    name: str
    may: frozenset[ApiScope]


class TokenDoor:
    """Lets tokens in. Safe for several threads. Raises StoreUnavailable."""

    def __init__(self, store: Store, key: str, places: Places, telling: LoginLog) -> None:
        """``key``: what tries are counted under, the same in all processes that count together."""
        self._store = store
        self._tokens = ApiTokens(store)
        self._slowing = Slowing(store, Signing(f"tokens of the API, {key}"))  # nobody's log-in is slowed
        self._places = places
        self._telling = telling

    def let_in(self, asked: Request, text: str) -> ApiCaller:
        """Whose token that is. Raises HttpProblem 401, or 429 after many wrong ones.

        A right one is always let in: it cannot be guessed, and nobody who tries others is to lock it out.
        """
        row = self._tokens.find(id_of(text)) if id_of(text) else None
        if not is_of(row.hash if row else None, text) or row is None:
            raise self._wrong(asked, row, id_of(text))
        now = self._store.now()
        if now >= row.expires_at:
            self._telling.refused("expired token", row.name, self._places.sender(asked), **_WAY)
            raise _unauthorised(WRONG_TOKEN, f"This token expired at {row.expires_at.isoformat(timespec='seconds')}.")
        self._tokens.note_used(row, now)
        known = set(ApiScope)
        return ApiCaller(f"token {row.name}", frozenset(ApiScope(one) for one in row.scopes if one in known))

    def _wrong(self, asked: Request, row: TokenRow | None, id_: str) -> HttpProblem:
        """Count a wrong one, tell it, and refuse it: in the same words whether there is one of that id."""
        name, address = row.name if row else "", self._places.sender(asked)
        admitted = self._slowing.take(f"token {id_}", self._places.counted_sender(asked), "").admitted
        if admitted.wait:
            self._telling.refused("too many tries", name, address, **_WAY)
            seconds = math.ceil(admitted.wait.total_seconds())
            detail = f"Too many wrong tokens came from here. Wait {seconds} s before another wrong one is looked at."
            return HttpProblem(429, TOO_MANY, "Too many wrong tokens", detail, {"Retry-After": str(seconds)})
        self._telling.refused("wrong token", name, address, **_WAY)
        if admitted.is_slowed:
            self._telling.slowed(name, address)
        return _unauthorised(
            WRONG_TOKEN, "There is no such token, or not any more: `escalator console token` makes one."
        )


class ApiGate:
    """Says who asks, and refuses who may not. Raises HttpProblem, StoreUnavailable."""

    def __init__(self, who_asks: WhoAsks, door: Callable[[], TokenDoor], *, has_login: bool) -> None:
        """``who_asks``: of the console."""
        self._who_asks = who_asks
        self._door = door
        self._has_login = has_login

    def require(self, asked: Request, scope: ApiScope) -> ApiCaller:
        """Who asks, if that may do this."""
        found = self._caller(asked)
        if scope not in found.may:
            told = f'{REALM}, error="insufficient_scope", scope="{scope}"'
            detail = f"A token needs the scope {scope}, a session the role {scope.role.name.lower()} or more."
            raise HttpProblem(403, NOT_ALLOWED, "Not for everybody", detail, {"WWW-Authenticate": told})
        return found

    def _caller(self, asked: Request) -> ApiCaller:
        text = _sent(asked)
        if text is not None:
            why = "" if self._has_login else why_not_this_machine(asked)
            if why:
                raise HttpProblem(403, NOT_THIS_MACHINE, "The API is for this machine only", why)
            return self._door().let_in(asked, text)
        try:
            viewer = self._who_asks(asked)
        except HTTPException as error:  # to the page to log in, where a browser asks
            raise _unauthorised(NO_TOKEN, _LOG_IN) from error
        except HttpProblem as problem:
            if problem.status == 401:
                raise _unauthorised(NO_TOKEN, _LOG_IN) from problem
            if problem.code == forms.FOREIGN_FORM:
                raise HttpProblem(403, forms.FOREIGN_FORM, problem.title, _NO_FORM) from problem
            raise
        return ApiCaller(viewer.told, frozenset(scope for scope in ApiScope if viewer.may(scope.role)))


_LOG_IN = "Send a token as `Authorization: Bearer …`, or log in to the console with this browser."
_NO_FORM = (
    f"Nothing was changed. A session's request that changes something carries the session's {forms.HEADER}; "
    "a program sends a token, and needs none."
)


def _sent(asked: Request) -> str | None:
    """The token of a request; None for none, also where a proxy asked for credentials of its own."""
    kind, _, text = asked.headers.get("Authorization", "").strip().partition(" ")
    return text.strip() if kind.lower() == "bearer" else None


def _unauthorised(code: str, detail: str) -> HttpProblem:
    error = ', error="invalid_token"' if code == WRONG_TOKEN else ""
    return HttpProblem(401, code, "Not let in", detail, {"WWW-Authenticate": f"{REALM}{error}"})
