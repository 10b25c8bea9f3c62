"""Calls held against a vendor's OpenAPI document: the path, the method, the query, what is sent and what is answered.

The documents are the vendors' and not copied here: who uses this finds them beside the checkout or skips.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference"
_URI = "urn:specification"
_FORMS = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": "true|false|True|False"}


@dataclass(frozen=True)
class Exchange:
    """A call and its answer; bodies as JSON, None where there is none."""

    method: str
    path: str
    query: Mapping[str, str]
    sent: Any
    status: int
    answer: Any


def record(app: Flask) -> list[Exchange]:
    """Every call that an app answers from now on; to be asked for before the first one."""
    found: list[Exchange] = []

    def keep(response: Response) -> Response:
        answer = response.get_json(silent=True) if response.is_json else None
        sent = request.get_json(silent=True) if request.is_json else None
        found.append(Exchange(request.method, request.path, request.args.to_dict(), sent, response.status_code, answer))
        return response

    app.after_request(keep)
    return found


class Specification:
    """A vendor's document, for the paths below ``prefix``; names in paths in any case where ``any_case``."""

    def __init__(self, path: Path, prefix: str, *, any_case: bool = False) -> None:
        document = _as_json_schema(json.loads(path.read_text(encoding="utf-8")))
        self._registry: Registry[Any] = Registry().with_resource(_URI, Resource(document, DRAFT202012))
        self._prefix = prefix
        self._document = document
        flags = re.IGNORECASE if any_case else 0
        self._paths = [
            (re.compile(re.sub(r"\{[^}]*\}", "[^/]+", name), flags), name, item)
            for name, item in sorted(document["paths"].items(), key=lambda entry: entry[0].count("{"))
        ]

    def problems(self, exchange: Exchange) -> Iterator[str]:
        """What of a call or its answer is not as the document has it: one line each, without values."""
        found = self._operation(exchange)
        if isinstance(found, str):
            yield found
            return
        name, operation = found
        where = f"{exchange.method} {name}"
        yield from (f"{where}: query: {what}" for what in self._in_query(operation, exchange.query))
        schema = _schema_of(operation.get("requestBody"))
        if exchange.sent is not None:
            yield from (f"{where}: sent: {what}" for what in self._in_body(schema, exchange.sent, is_strict=True))
        responses = operation["responses"]
        answered = responses.get(str(exchange.status), responses.get("default"))
        if answered is None:
            yield f"{where}: answers {exchange.status}"
        elif exchange.answer is not None:
            schema = _schema_of(answered)
            yield from (f"{where}: answered: {what}" for what in self._in_body(schema, exchange.answer))

    def _operation(self, exchange: Exchange) -> tuple[str, Mapping[str, Any]] | str:
        if not exchange.path.startswith(self._prefix):
            return f"{exchange.method} {exchange.path}: is outside {self._prefix}"
        path = exchange.path.removeprefix(self._prefix)
        for form, name, item in self._paths:
            if form.fullmatch(path):
                operation = item.get(exchange.method.lower())
                if operation is None:
                    return f"{exchange.method} {name}: no such method"
                parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                return name, {**operation, "parameters": parameters}
        return f"{exchange.method} {path}: no such path"

    def _in_query(self, operation: Mapping[str, Any], query: Mapping[str, str]) -> Iterator[str]:
        parameters = [self._resolved(one) for one in operation["parameters"]]
        known = {one["name"]: one.get("schema", {}) for one in parameters if one["in"] == "query"}
        for name, value in query.items():
            kinds = known.get(name, {}).get("type", "string")
            form = _FORMS.get(kinds[0] if isinstance(kinds, list) else kinds, ".*")
            if name not in known:
                yield f"{name} is not known"
            elif not re.fullmatch(form, value, re.DOTALL):
                yield f"{name} is no {kinds}"

    def _in_body(self, schema: Any, body: Any, *, is_strict: bool = False) -> Iterator[str]:
        if schema is None:
            return
        validator = Draft202012Validator(schema, registry=self._registry)
        for error in validator.iter_errors(body):
            yield f"{_place(error.absolute_path)}: {error.validator} {error.validator_value!r}"[:200]
        if is_strict:
            yield from (f"{name} is not known" for name in self._unknown(schema, body))

    def _unknown(self, schema: Any, body: Any) -> Iterator[str]:
        """Names of sent fields that the document does not have, where it has any."""
        schema = self._resolved(schema)
        if isinstance(body, list) and "items" in schema:
            for one in body:
                yield from self._unknown(schema["items"], one)
        elif isinstance(body, dict) and schema.get("properties"):
            for name, value in body.items():
                if name in schema["properties"]:
                    yield from self._unknown(schema["properties"][name], value)
                else:
                    yield name

    def _resolved(self, schema: Any) -> Any:
        while "$ref" in schema:
            schema = self._registry.resolver().lookup(schema["$ref"]).contents
        return schema


def _schema_of(body: Any) -> Any:
    """The schema of a JSON body, None where the document says nothing of it."""
    content = (body or {}).get("content", {})
    return next((one.get("schema") for kind, one in content.items() if "json" in kind), None)


def _place(path: Any) -> str:
    return ".".join("[]" if isinstance(part, int) else str(part) for part in path) or "$"


def _as_json_schema(value: Any) -> Any:
    """A document whose schemas are JSON Schema: what is nullable may be null, and references name the document.

    One of several open forms can match more than one of them: any of them will do.
    """
    if isinstance(value, list):
        return [_as_json_schema(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: _as_json_schema(one) for key, one in value.items() if key != "nullable"}
    if "oneOf" in found:
        found["anyOf"] = found.pop("oneOf")
    if isinstance(found.get("$ref"), str):
        found["$ref"] = found["$ref"].replace("#", f"{_URI}#", 1)
    if value.get("nullable") is True:
        if isinstance(found.get("type"), str):
            found["type"] = [found["type"], "null"]
        if isinstance(found.get("enum"), list):
            found["enum"] = [*found["enum"], None]
    return found
