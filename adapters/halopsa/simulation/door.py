"""Around every call to the simulated instance: tokens, arrays, errors and headers."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from adapters.halopsa.simulation.state import Actor, State
from adapters.halopsa.simulation.wire import messed
from adapters.simulation.door import FrontDoor, as_json
from adapters.simulation.refusal import Json, Refusal

KNOWN_SCOPES = frozenset(("all", "read:tickets", "edit:tickets", "read:customers", "edit:customers"))


class Access:
    """Who may call: applications with the agent that each logs in as, and the tokens that were given."""

    def __init__(self, state: State, tenant: str) -> None:
        self._state = state
        self.tenant = tenant
        self.applications: dict[str, tuple[str, Actor]] = {}
        self._tokens: dict[str, tuple[datetime, Actor]] = {}
        self._lock = threading.Lock()
        self.given = 0

    def add(self, client_id: str, client_secret: str, actor: Actor) -> None:
        """An API application."""
        self.applications[client_id] = (client_secret, actor)

    def revoke(self) -> None:
        """Refuse every token that was given so far."""
        with self._lock:
            self._tokens.clear()

    def token_for(self, client_id: str, client_secret: str, scope: str, tenant: str) -> Json:
        """A new token. Raises Refusal (400) as the authorisation server does."""
        known = self.applications.get(client_id)
        if self.tenant and tenant.casefold() != self.tenant.casefold():
            raise Refusal(404, {"error": "The tenant was not found."})
        if known is None or not hmac.compare_digest(known[0].encode(), client_secret.encode()):
            raise Refusal(400, {"error": "invalid_client", "error_description": "The client is not known."})
        if not scope or not set(scope.split()) <= KNOWN_SCOPES:
            raise Refusal(400, {"error": "invalid_scope"})
        with self._lock:
            seconds = self._state.faults.token_lifetime
            token = self._state.guid()
            self._tokens[token] = (self._state.clock.now() + timedelta(seconds=seconds), known[1])
            self.given += 1
        return {"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": scope}

    def bearer(self, header: str) -> Actor:
        """Who calls. Raises Refusal (401)."""
        kind, _, token = header.partition(" ")
        with self._lock:
            known = self._tokens.get(token)
        if kind.lower() != "bearer" or known is None or self._state.clock.now() >= known[0]:
            raise Refusal(401, {"error": "invalid_token"})
        return known[1]


class Door(FrontDoor):
    """Serves views at addresses below ``api/`` to those who may call."""

    def __init__(self, app: Flask, state: State, access: Access) -> None:
        super().__init__(app, state)
        self.state = state
        self._access = access

    def on(self, method: str, path: str, answer: Callable[..., Any]) -> None:
        """Serve ``answer`` at an address below ``api/``: JSON, or (JSON, status)."""

        def view(**parts: Any) -> Response:
            g.actor = self._access.bearer(request.headers.get("Authorization", ""))
            found = answer(**parts)
            body, status = found if isinstance(found, tuple) else (found, 200)
            return as_json(messed(self.state, body), status)

        self.serve(method, f"/api/{path}", view)

    def sent_objects(self) -> list[Json]:
        """The objects that were posted. Raises Refusal (415, 400): an array it must be, also for one."""
        if request.mimetype != "application/json":
            raise Refusal(415, {"error": "Unsupported Media Type"})
        try:
            found = json.loads(request.get_data())
        except ValueError:
            raise self.state.faults.problem(400, "The body is not JSON.") from None
        if isinstance(found, dict) and not self.state.faults.strict_arrays:
            found = [found]
        if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
            raise self.state.faults.problem(400, "The body must be an array of objects.")
        return found

    def posted(self, made: list[Json]) -> tuple[Any, int]:
        """The answer to a POST: the last object, or all that were made where that is asked for."""
        if request.args.get("returnall", "").lower() == "true":
            return made, 201
        return (made[-1:] if self.state.faults.answers_arrays else made[-1]), 201

    def actor(self) -> Actor:
        """The agent as whom this call is made."""
        actor: Actor = g.actor
        return actor

    def http_error(self, error: HTTPException) -> Response:
        return self.refused(self.state.faults.problem(error.code or 500, error.name))


def flag(name: str) -> bool:
    """Whether a query parameter is ``true``."""
    return request.args.get(name, "").lower() == "true"
