"""The API's routes, made of ``operations``. Light: what makes the answers is loaded with the first request."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, request

from connector.web.api.operations import Operation, operations
from connector.web.api.parts import ApiParts
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps

if TYPE_CHECKING:
    from connector.web.api.access import ApiGate, TokenDoor
    from connector.web.api.handlers import Handler
    from connector.web.console.ticket.reading import TicketLooks


class Api:
    """The API of one installation."""

    def __init__(self, deps: Deps, parts: ConsoleParts, own: ApiParts, looks: Callable[[], TicketLooks]) -> None:
        """``looks``: gives what reads tickets for the pages, too."""
        self._deps = deps
        self._parts = parts
        self._own = own
        self._looks = looks

    def register(self, app: Flask) -> None:
        """Add the routes to the app."""
        routes = Blueprint("api", __name__)
        for one in operations():
            routes.add_url_rule(
                one.rule, one.id, self._view(one), methods=[one.method], provide_automatic_options=False
            )
        app.register_blueprint(routes)

    def _view(self, operation: Operation) -> Callable[..., Response]:
        def view(**path: str) -> Response:
            from connector.web.api.parameters import read_values  # with the first request

            caller = None if operation.scope is None else self._gate.require(request, operation.scope)
            values = read_values(operation.parameters, request.args, path)
            return answer_of(operation, self._handlers[operation.id](caller, values))

        return view

    @cached_property
    def _gate(self) -> ApiGate:
        from connector.web.api.access import ApiGate  # the same

        return ApiGate(self._parts.who_asks, lambda: self._door, has_login=self._parts.login is not None)

    @cached_property
    def _door(self) -> TokenDoor:
        if self._own.token_door is not None:
            return self._own.token_door()
        from connector.web.api.access import TokenDoor  # with the first token
        from connector.web.login.origin import Places
        from connector.web.login.telling import LoginLog

        telling = LoginLog(self._deps.monotonic, self._deps.metrics.logins)
        places = Places("", self._deps.trusted_proxies)
        return TokenDoor(self._deps.mailbox.store, secrets.token_urlsafe(), places, telling)

    @cached_property
    def _handlers(self) -> Mapping[str, Handler]:
        from connector.web.api.handlers import handlers_of  # with the first request

        return handlers_of(self._deps, self._parts, self._own, self._looks())


def answer_of(operation: Operation, document: Any) -> Response:
    """An answer as it is sent. Every sign beyond ASCII is escaped in it: no reader is turned around by one."""
    body = json.dumps(document, allow_nan=False, separators=(",", ":"))
    answer = Response(body + "\n", content_type="application/json")
    answer.vary.update(("Authorization", "Cookie"))
    if operation.has_etag:
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
        answer.make_conditional(request)
    return answer
