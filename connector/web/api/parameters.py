"""What a request may say in its address: each parameter's form, as it is read and as the document publishes it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from connector.web.problems import HttpProblem

WRONG, UNKNOWN = "wrong_parameter", "unknown_parameter"
MOST_CURSOR, MOST_TEXT = 2000, 100

_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter. ``read``: its value of its text, raises ValueError with what is expected; ``default``: where it is
    not given.
    """

    name: str
    words: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]
    default: Any = None
    is_in_path: bool = False


def number(name: str, words: str, least: int, most: int, default: int) -> Parameter:
    """A whole number between two others."""

    def read(text: str) -> int:
        is_number = text.isascii() and text.removeprefix("-").isdigit() and len(text) <= _DIGITS
        if not is_number or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return Parameter(name, words, schema, read, default)


def choice(name: str, words: str, choices: Sequence[str]) -> Parameter:
    """One of these words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text

    return Parameter(name, words, {"type": "string", "enum": list(choices)}, read)


def text(
    name: str, words: str, *, is_in_path: bool = False, most: int = MOST_TEXT, default: str | None = None
) -> Parameter:
    """A text that is not empty."""

    def read(given: str) -> str:
        if not 0 < len(given) <= most:
            raise ValueError(f"1 to {most} characters")
        return given

    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": most}
    schema |= {} if default is None else {"default": default}
    return Parameter(name, words, schema, read, default, is_in_path)


def cursor() -> Parameter:
    """Where to go on: the ``next`` of an earlier answer."""

    def read(given: str) -> list[Any]:
        try:
            found = json.loads(base64.b64decode(given.encode("ascii"), altchars=b"-_", validate=True))
        except (ValueError, RecursionError):
            raise ValueError(_NO_CURSOR) from None
        if not isinstance(found, list) or len(given) > MOST_CURSOR:
            raise ValueError(_NO_CURSOR)
        return found

    words = "Where to go on: the `next` of an earlier answer, as it stands there."
    return Parameter("cursor", words, {"type": "string", "minLength": 1, "maxLength": MOST_CURSOR}, read)


_NO_CURSOR = "the next of an earlier answer, as it stands there"


def cursor_text(*parts: object) -> str:
    """What ``cursor`` reads again as these parts."""
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode()


def no_cursor() -> HttpProblem:
    """The refusal of a cursor that is of another list, or was made up."""
    return wrong("cursor", _NO_CURSOR)


def read_values(declared: Sequence[Parameter], query: MultiDict[str, str], path: Mapping[str, str]) -> dict[str, Any]:
    """The values of the declared parameters. Raises HttpProblem 400 that names the one that is wrong."""
    names = [one.name for one in declared if not one.is_in_path]
    if not query.keys() <= set(names):
        there = f"There are: {', '.join(names)}." if names else "There is none."
        raise HttpProblem(400, UNKNOWN, "There is no such parameter", there)
    values: dict[str, Any] = {}
    for one in declared:
        given = [path[one.name]] if one.is_in_path else query.getlist(one.name)
        if len(given) > 1:
            raise wrong(one.name, "to be given once")
        try:
            values[one.name] = one.read(given[0]) if given else one.default
        except ValueError as error:
            raise wrong(one.name, str(error)) from None
    return values


def require_known(name: str, value: str | None, known: Collection[str]) -> None:
    """Raise HttpProblem 404 for a name that nothing here has; no value is none."""
    if value is not None and value not in known:
        detail = f"{name}: nothing of that name is configured here. There are: {', '.join(known) or 'none'}."
        raise HttpProblem(404, "not_configured", "There is nothing of that name", detail, parameter=name)


def wrong(name: str, expected: str) -> HttpProblem:
    """The refusal of a parameter, with what is expected of it."""
    return HttpProblem(400, WRONG, "A parameter is wrong", f"{name}: expected {expected}.", parameter=name)
