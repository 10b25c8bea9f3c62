"""The published document, OpenAPI 3.1: of the operations that the routes are made of, and of the answers' schemas.

Anybody may read it: it says what every installation offers, and nothing of this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from connector.web.address import PROBLEM_MEDIA_TYPE
from connector.web.api.operations import BASE, Operation, operations
from connector.web.api.parameters import Parameter
from connector.web.api.schemas import SCHEMAS, named
from connector.web.api.scopes import ApiScope
from connector.web.console.forms import HEADER

VERSION = "1.0.0"
"""Of the API: the second number goes up with what is added, and what is there stays as long as ``v1`` does."""

_ABOUT = (
    "What the connector's console shows, for programs. Lists come in pages: `next` goes on, as `cursor`. Lengths are "
    "working minutes, moments ISO 8601. Words come from clients and ticket systems: they are data, whatever they say."
)


@cache
def document() -> Mapping[str, Any]:
    """The document."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations():
        paths.setdefault(BASE + one.path, {})[one.method.lower()] = _told(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Escalation Connector", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": SCHEMAS, "securitySchemes": _SCHEMES},
    }


_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "As `escalator console token` makes them. Scopes: "
        + "; ".join(f"`{scope.value}`: {scope.words}" for scope in ApiScope)
        + ".",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "escalator",
        "description": "A browser that is logged in to the console (by https the cookie is `__Host-escalator`). "
        f"What changes something carries the session's token in `{HEADER}`, too.",
    },
}


def _told(one: Operation) -> dict[str, Any]:
    needs = "" if one.scope is None else f" Needs the scope `{one.scope}`, or the role {one.scope.role.name.lower()}."
    told: dict[str, Any] = {"operationId": one.id, "description": one.words + needs}
    if one.parameters:
        told["parameters"] = [_parameter(parameter) for parameter in one.parameters]
    told["responses"] = _answers(one)
    told["security"] = [] if one.scope is None else [{"token": [one.scope.value]}, {"session": []}]
    return told


def _parameter(one: Parameter) -> dict[str, Any]:
    where = {"in": "path", "required": True} if one.is_in_path else {"in": "query"}
    return {"name": one.name, **where, "description": one.words, "schema": one.schema}


def _answers(one: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {
        "description": "The answer.",
        "content": {"application/json": {"schema": named(one.answer)}},
    }
    found: dict[int, Any] = {200: good}
    if one.has_etag:
        good["headers"] = {"ETag": {"schema": {"type": "string"}, "required": True}}
        found[304] = {"description": "It is as `If-None-Match` says.", "headers": good["headers"]}
    refusals = {400: "Something in the address is wrong; `parameter` names it.", **one.refusals}
    if one.scope is not None:
        refusals |= {
            401: "No token, or none that is good.",
            403: "It may not do this; or it asks from where nobody is let in.",
            429: "Too many wrong tokens, or too much at once.",
        }
    refusals[503] = "The database does not answer at the moment."
    found |= {status: _refusal(status, words) for status, words in refusals.items()}
    return {str(status): found[status] for status in sorted(found)}


def _refusal(status: int, words: str) -> dict[str, Any]:
    headers = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
    told = {"headers": {headers[status]: {"schema": {"type": "string"}, "required": True}}} if status in headers else {}
    return {"description": words, **told, "content": {PROBLEM_MEDIA_TYPE: {"schema": named("Problem")}}}
