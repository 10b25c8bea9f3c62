"""Checks a policy document against the published JSON Schema and says in plain words what is wrong, and where.

Pure apart from the schema file of the package. What a schema can't say (names that must exist, calendars that must
have an open minute) is checked in ``document``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from connector.wording import Path, Problem, clipped, did_you_mean


@cache
def schema() -> Mapping[str, Any]:
    """The published JSON Schema of a policy document. Not to be changed."""
    file = resources.files("connector.policy").joinpath("policy.schema.json")
    found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def check(document: object) -> tuple[list[Problem], dict[str, Any]]:
    """What the schema refuses, and a copy of the document without the refused parts."""
    errors = sorted(_validator().iter_errors(document), key=lambda error: [str(key) for key in error.absolute_path])
    sound = copy.deepcopy(document) if isinstance(document, dict) else {}
    problems = []
    for error in errors:
        found = _problems(error)
        problems += found
        for problem in found:
            _prune(sound, problem.path)
    return problems, sound


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def _prune(document: Any, path: Path) -> None:
    """Take out the value at the last key of a path. Items of lists go with their whole list."""
    depth = max((index for index, key in enumerate(path) if isinstance(key, str)), default=None)
    if depth is None:
        return
    for key in path[:depth]:
        document = document.get(key, {}) if isinstance(document, dict) else document[key]
    document.pop(path[depth], None)


# --- in plain words -------------------------------------------------------------------------------------------

_TYPES = {
    "number": "a number",
    "integer": "a whole number",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def _type(expected: str | Sequence[str]) -> str:
    kinds = [expected] if isinstance(expected, str) else expected
    return f"must be {' or '.join(_TYPES[kind] for kind in kinds)}"


def _pattern(expected: str) -> str:
    return "must not be empty" if expected == r"\S" else "is not of the right form"


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "type": _type,
    "enum": lambda choices: f"must be {' or '.join(choices)}",
    "pattern": _pattern,
    "minimum": lambda bound: f"must be at least {bound}",
    "exclusiveMinimum": lambda bound: f"must be more than {bound}",
    "maximum": lambda bound: f"must be at most {bound}",
    "exclusiveMaximum": lambda bound: f"must be less than {bound}",
    "minItems": lambda count: f"must have at least {count} {'item' if count == 1 else 'items'}",
    "maxItems": lambda count: f"must have at most {count} items",
}
"""What to say for each keyword that the schema uses, besides those that speak of keys."""


def _problems(error: ValidationError) -> list[Problem]:
    """The problems of one error of the validator: one for each key that it is about, or one for the value."""
    path: Path = tuple(error.absolute_path)
    found: Any = error.instance
    rules: Any = error.schema
    if error.validator == "additionalProperties":
        known = rules["properties"]
        return [Problem((*path, key), f"unknown key{did_you_mean(key, known)}") for key in found if key not in known]
    if error.validator == "required":
        return [Problem((*path, key), "is missing") for key in rules["required"] if key not in found]
    if "propertyNames" in error.absolute_schema_path:
        return [Problem((*path, found), f"the key {_WORDS[str(error.validator)](error.validator_value)}")]
    message = f"{_WORDS[str(error.validator)](error.validator_value)} (got {clipped(found)})"
    return [Problem(path, message, _example(rules))]


def _example(rules: Mapping[str, Any]) -> str:
    examples = rules.get("examples")
    return json.dumps(examples[0], ensure_ascii=False) if examples else ""
