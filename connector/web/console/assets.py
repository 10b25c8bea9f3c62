"""The files that pages load: the style sheet of the reports with what pages need besides, and the scripts.

The address of each changes with it, so it may be kept for good.

Anybody may have it: it says nothing of anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Blueprint, Response, abort

_FILES: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "console.css": (
        "text/css",
        (("connector.report", "templates/console.css"), ("connector.web.console", "static/pages.css")),
    ),
    "console.js": ("text/javascript", (("connector.web.console", "static/console.js"),)),
    "htmx.min.js": ("text/javascript", (("connector.web.console", "static/htmx.min.js"),)),
}
"""By its name what kind of file it is, and of which files of ours it is made."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load. ``version``: the beginning of its hash."""

    body: bytes
    kind: str
    version: str


@cache
def asset(name: str) -> Asset:
    """That file of ours. Raises KeyError."""
    kind, parts = _FILES[name]
    body = b"\n".join(files(package).joinpath(path).read_bytes() for package, path in parts)
    return Asset(body, kind, hashlib.sha256(body).hexdigest()[:12])


def address_of(name: str) -> str:
    """Where a page finds it."""
    return f"/static/{name}?v={asset(name).version}"


def blueprint() -> Blueprint:
    """The routes below ``/static``."""
    routes = Blueprint("assets", __name__, url_prefix="/static")

    @routes.get("/<name>")
    def file(name: str) -> Response:
        if name not in _FILES:
            abort(404)
        found = asset(name)
        answer = Response(found.body, content_type=f"{found.kind}; charset=utf-8")
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer

    return routes
