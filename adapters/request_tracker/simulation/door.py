"""Around every call to a simulated RT: who calls, what was sent, errors and headers."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from adapters.request_tracker.simulation.records import User
from adapters.request_tracker.simulation.serial import Serial
from adapters.request_tracker.simulation.state import State
from adapters.simulation.door import FrontDoor, as_json
from adapters.simulation.refusal import TEXT_TYPE, Json, Refusal

API = "/REST/2.0/"
MOST_PER_PAGE = 100
USUAL_PER_PAGE = 20


class Access:
    """Who may call: tokens and passwords, each with the user that they stand for."""

    def __init__(self) -> None:
        self.tokens: dict[str, int] = {}
        self.passwords: dict[int, str] = {}


class Door(FrontDoor):
    """Serves views at addresses below ``/REST/2.0/`` to those who may call."""

    def __init__(self, app: Flask, state: State, access: Access) -> None:
        super().__init__(app, state)
        self.state = state
        self._access = access

    def on(self, method: str, path: str, answer: Callable[..., Any]) -> None:
        """Serve ``answer`` at an address: JSON, or a Response."""

        def view(**parts: Any) -> Response:
            g.user = self._authenticated()
            # RT falls over the date of an If-Modified-Since.
            if method == "GET" and "If-Modified-Since" in request.headers:
                raise nothing(500)
            found = answer(**parts)
            return found if isinstance(found, Response) else as_json(found)

        self.serve(method, API + path, view)

    def serial(self) -> Serial:
        """The writer for this call."""
        return Serial(self.state, self.user, request.args)

    @property
    def user(self) -> User:
        """Who calls."""
        found: User = g.user
        return found

    def _authenticated(self) -> User:
        """The user who calls. Raises Refusal (401) for a wrong token or password, and for the disabled."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        number: int | None = None
        if scheme.lower() == "token":
            number = self._access.tokens.get(given.strip())
        elif scheme.lower() == "basic":
            number = self._by_password(given)
        user = None if number is None else self.state.users[number]
        if user is None or user.is_disabled:
            raise Refusal(401, {"message": "Unauthorized"})
        return user

    def _by_password(self, given: str) -> int | None:
        try:
            name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        user = self.state.user_named(name)
        known = None if user is None else self._access.passwords.get(user.id)
        if user is None or known is None or not hmac.compare_digest(known.encode(), password.encode()):
            return None
        return user.id

    def http_error(self, error: HTTPException) -> Response:
        if error.code == 404 and not request.path.startswith(API):
            return Response("<html><body>Not Found</body></html>", 404, content_type="text/html; charset=utf-8")
        answer = as_json({"message": error.name}, error.code or 500)
        if error.code == 405:
            answer.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or [])
        return answer

    def headed(self, answer: Response) -> Response:
        answer = super().headed(answer)
        answer.headers["Server"] = "HTTP::Server::PSGI"
        return answer


def nothing(status: int) -> Refusal:
    """One of RT's failures without a body."""
    return Refusal(status, "", content_type=TEXT_TYPE)


def refused(status: int, message: str) -> Refusal:
    """A refusal in RT's own form."""
    return Refusal(status, {"message": message})


def sent_object(on_bad_json: int) -> Json:
    """The JSON object that was sent. Raises Refusal: 415 for a form, ``on_bad_json`` for what is no JSON."""
    if request.mimetype != "application/json":
        raise refused(415, "Unsupported Media Type")
    try:
        found = json.loads(request.get_data())
    except ValueError:
        raise nothing(500) if on_bad_json == 500 else refused(400, "JSON body must be well-formed") from None
    if not isinstance(found, dict):
        raise refused(400, "JSON object must be a HASH")
    return found


def page_asked_for() -> tuple[int, int]:
    """The number of the page and its size; what is no number is the usual one."""
    page, size = request.args.get("page", ""), request.args.get("per_page", "")
    number = int(page) if page.isascii() and page.isdigit() else 1
    rows = int(size) if size.isascii() and size.isdigit() else USUAL_PER_PAGE
    return max(1, number), min(rows or USUAL_PER_PAGE, MOST_PER_PAGE)
