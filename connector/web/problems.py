"""Errors as ``application/problem+json`` (RFC 9457) with a stable ``code`` for programs.

The text says what is wrong and what to do; it never repeats what was sent.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from connector.store.database.errors import StoreUnavailable
from connector.web.address import PROBLEM_MEDIA_TYPE

log = structlog.get_logger("connector.web")


class HttpProblem(Exception):
    """A refusal on its way to the client; named as in the standard."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> None:
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more
        super().__init__(title)

    def response(self) -> Response:
        """The answer to send."""
        body = {"type": "about:blank", "title": self.title, "status": self.status, "code": self.code}
        if self.detail:
            body["detail"] = self.detail
        text = json.dumps({**body, **self.more}, ensure_ascii=False)
        return Response(text, self.status, self.headers, content_type=PROBLEM_MEDIA_TYPE)


def unavailable(code: str, detail: str, retry_after: float, status: int = 503) -> HttpProblem:
    """503, or what the caller understands instead, with Retry-After in whole seconds."""
    headers = {"Retry-After": str(max(1, math.ceil(retry_after)))}
    return HttpProblem(status, code, "Not possible at the moment", detail, headers)


Draw = Callable[[HttpProblem], Response | None]
"""Draws a problem for people; None where a program asked."""


def register(app: Flask, draw: Draw = lambda _: None) -> None:
    """Turn every error of the app into a problem, or into what ``draw`` makes of it."""
    told: tuple[tuple[type[Exception], Callable[[Any], HttpProblem]], ...] = (
        (HttpProblem, lambda problem: problem),
        (HTTPException, _of_http),
        (StoreUnavailable, _of_store),
        (Exception, _of_anything),
    )
    for kind, problem_of in told:
        app.register_error_handler(kind, partial(_answer, problem_of, draw))


def _answer(problem_of: Callable[[Any], HttpProblem], draw: Draw, error: Exception) -> Response:
    problem = problem_of(error)
    return draw(problem) or problem.response()


def _of_http(error: HTTPException) -> HttpProblem:
    status = error.code or 500
    title = error.name
    code = title.lower().replace(" ", "_").replace("'", "")
    kept = ("allow", "retry-after", "www-authenticate")
    headers = {name: value for name, value in error.get_headers(request.environ) if name.lower() in kept}
    return HttpProblem(status, code, title, headers=headers)


def _of_store(error: StoreUnavailable) -> HttpProblem:
    # The store has said so in the log, once.
    return unavailable("store_unavailable", "The database does not answer.", error.retry_after)


def _of_anything(error: Exception) -> HttpProblem:
    reference = secrets.token_hex(4)
    log.error("request failed", path=request.path, error=type(error).__name__, reference=reference, exc_info=error)
    return HttpProblem(500, "internal_error", "Internal error", "It was logged here.", reference=reference)
