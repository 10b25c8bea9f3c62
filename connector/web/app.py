"""The app factory: routes, errors, headers. Everything it works with is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from connector.metrics import DatabaseCollector, exposition
from connector.redaction import redacted_bytes
from connector.systems.kept import Kept
from connector.web import health, problems, webhooks
from connector.web.api.parts import NO_PARTS, ApiParts
from connector.web.api.site import Api
from connector.web.console.parts import ConsoleParts
from connector.web.console.site import Console
from connector.web.deps import Deps
from connector.web.nonces import answers_of
from connector.web.problems import HttpProblem

METRICS_SECONDS = 1.0

_SAID = ("CONTENT_TYPE", "CONTENT_LENGTH", "PATH_INFO")

_LOADS_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""What an answer may load that is no page: a page of the console says its own."""

_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


def create_app(deps: Deps, parts: ConsoleParts | None = None, api: ApiParts = NO_PARTS) -> Flask:
    """The web application. It answers without a worker; ``/health/status`` then says that there is none.

    ``parts``: of the console; None for a site without one, which has no API either. ``api``: what that has besides.
    """
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's own provider has it
    app.url_map.merge_slashes = False  # a path is what was sent: nothing is redirected
    app.before_request(_refuse_what_is_no_text)
    ready, service = health.readiness(deps), health.service_health(deps)
    answer = answers_of(deps)
    if parts is None:
        problems.register(app)
    else:
        console = Console(deps, parts, service)
        problems.register(app, console.refusal)
        console.register(app)
        Api(deps, parts, api, lambda: console.looks).register(app)
    app.register_blueprint(webhooks.blueprint(deps, answer))
    app.register_blueprint(health.blueprint(ready, service, answer))
    _add_metrics(app, deps)
    app.after_request(_protect)
    return app


def create_side_app(deps: Deps) -> Flask:
    """What a worker alone offers: health and metrics, and no webhooks."""
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's own provider has it
    problems.register(app)
    app.url_map.merge_slashes = False
    app.register_blueprint(health.blueprint(health.readiness(deps), health.service_health(deps)))
    _add_metrics(app, deps)
    app.after_request(_protect)
    return app


def _add_metrics(app: Flask, deps: Deps) -> None:
    collector = DatabaseCollector(deps.mailbox, deps.connections)
    text = Kept(lambda: exposition(deps.metrics, collector, deps.shared_metrics), deps.monotonic, METRICS_SECONDS)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(text.get(), content_type=CONTENT_TYPE_LATEST)


def _refuse_what_is_no_text() -> None:
    """Raises HttpProblem 400 for the request at hand, where its path, its query or a header is no text."""
    if not _is_text(request.environ):
        raise HttpProblem(400, "not_text", "The address and the headers must be text", "NUL or broken UTF-8 is in one.")


def _is_text(environ: Mapping[str, Any]) -> bool:
    """Whether path, query and headers of a WSGI request are text."""
    said = "\n".join(
        [value for name, value in environ.items() if type(value) is str and (name.startswith("HTTP_") or name in _SAID)]
    )
    query = unquote_to_bytes(environ.get("QUERY_STRING", ""))
    return _is_text_of(said.encode("latin-1", "replace")) and _is_text_of(query)


def _is_text_of(said: bytes) -> bool:
    if b"\0" in said:
        return False
    if said.isascii():
        return True
    try:
        said.decode()
    except UnicodeDecodeError:
        return False
    return True


def _protect(response: Response) -> Response:
    """Nothing may be cached, framed, sniffed or loaded from elsewhere, and no answer holds a secret of ours."""
    for name, value in _HEADERS:
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", _LOADS_NOTHING)
    response.headers.setdefault("Cache-Control", "no-store")
    if response.is_streamed:
        response.response = map(redacted_bytes, response.iter_encoded())  # each part of it is of whole lines
    elif response.status_code != HTTPStatus.ACCEPTED and not response.direct_passthrough:
        data = response.get_data()
        if (plain := redacted_bytes(data)) != data:
            response.set_data(plain)
    return response
