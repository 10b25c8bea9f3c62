"""Answers of the API held against its own document: no status, media type, header or field that it does not publish."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

from connector.web.api.openapi import document

BASE = "/api/v1"


def require_documented(answer: TestResponse, method: str, path: str) -> None:
    """Fail where an answer is none that the document has."""
    told = operation_of(method, path)
    if told is None:
        assert answer.status_code in (404, 405), answer.status_code
        assert answer.mimetype == "application/problem+json"
        schema_of("Problem").validate(answer.json)
        return
    found = told["responses"].get(str(answer.status_code))
    assert found, f"{method} {path}: {answer.status_code} is not documented"
    for name, header in found.get("headers", {}).items():
        assert name in answer.headers or not header["required"], f"{name} is missing"
    if "content" not in found:
        assert answer.data == b""
        return
    assert answer.mimetype in found["content"], answer.mimetype
    problems = errors_of(answer.json, method, path, answer.status_code, answer.mimetype)
    assert not problems, problems


def errors_of(given: Any, method: str, path: str, status: int = 200, media_type: str = "application/json") -> list[str]:
    """What of an answer is not as the document says."""
    told = operation_of(method, path)
    assert told is not None
    name = told["responses"][str(status)]["content"][media_type]["schema"]["$ref"].rpartition("/")[2]
    return [f"{'/'.join(map(str, one.path))}: {one.message}" for one in schema_of(name).iter_errors(given)]


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """What the document has on a request; None for nothing."""
    bare = path.partition("?")[0]
    for template, methods in sorted(document()["paths"].items(), key=lambda one: one[0].count("{")):
        form = re.escape(template).replace(r"\{connection\}", "[^/]+").replace(r"\{ticket\}", ".+")
        if re.fullmatch(form, bare) and method.lower() in methods:
            return methods[method.lower()]
    return None


@cache
def schema_of(name: str) -> Draft202012Validator:
    """What validates answers of that schema."""
    whole = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())
