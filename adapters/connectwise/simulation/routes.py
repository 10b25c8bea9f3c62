"""The simulated system as a Flask application."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request

from adapters.connectwise.simulation.door import Access, Door
from adapters.connectwise.simulation.refusal import (
    no_endpoint,
)
from adapters.connectwise.simulation.state import ROUTER, State
from adapters.connectwise.simulation.system_routes import SystemRoutes
from adapters.connectwise.simulation.ticket_routes import TicketRoutes
from adapters.simulation.application import Application
from adapters.simulation.door import as_json
from adapters.simulation.refusal import dumped


def create_app(state: State, access: Access, key_of: Callable[[str], str | None]) -> Flask:
    """The Flask application. ``key_of`` gives the callback signing key that is served under a GUID."""
    app = Application("connectwise-simulator")
    # Real addresses have double slashes; they must arrive as they are, not as a redirect.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    door = Door(app, state, access)
    TicketRoutes(door)
    SystemRoutes(door)
    _OpenRoutes(app, state, key_of)
    return app.complete()


class _OpenRoutes:
    """What needs no credentials: the company look-up and the callback signing keys."""

    def __init__(self, app: Flask, state: State, key_of: Callable[[str], str | None]) -> None:
        self._state = state
        self._key_of = key_of
        app.add_url_rule("/login/companyinfo/<company>", "company_info", self._company_info)
        for path in ("/<codebase>/system/callbackkey/index.rails", "/<codebase>//system/callbackkey/index.rails"):
            app.add_url_rule(path, path, self._callback_key)

    # Without credentials.

    def _company_info(self, company: str) -> Response:
        if company.lower() != self._state.company.lower():
            return as_json(None)
        code = self._state.codebase.rstrip("/")
        return as_json(
            {
                "CompanyName": self._state.company,
                "Codebase": self._state.codebase,
                "VersionCode": code.replace("_", "."),
                "VersionNumber": "v4.6.100000",
                "CompanyID": self._state.company,
                "IsCloud": self._state.faults.cloud_mode,
                "SiteUrl": request.host,
            }
        )

    def _callback_key(self, codebase: str) -> Response:
        key = self._key_of(request.args.get("id", ""))
        is_known = request.args.get("companyName", "").lower() == self._state.company.lower()
        if key is None or not is_known or codebase + "/" not in (self._state.codebase, ROUTER):
            raise no_endpoint()
        # The real answer does not always say that it is JSON.
        return Response(dumped({"signing_key": key}), content_type="text/plain; charset=utf-8")
