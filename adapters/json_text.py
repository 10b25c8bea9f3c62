"""JSON from outside, made sound before anything looks at it. Pure.

What RFC 8259 leaves open is closed here: no NaN, no infinity, no nesting that exhausts a stack, no more values than fit
into the memory of a service. Of a key that stands twice the last counts, everywhere the same. A text that no database
takes is replaced: see ``storable``.
"""

from __future__ import annotations

import json
import math
from typing import Any

from connector.wording import storable

DEEPEST = 64
"""No ticket system nests its records half as deep."""

MOST_VALUES = 1_000_000
"""So many values, and no more, stand in one text: each takes some 80 bytes, however short it is written."""

_WORTH_COUNTING = 200_000
"""A shorter text holds no more values than this, so its values need not be counted."""

_STRUCTURE = b'"[]{},'
_ALL_ELSE = bytes(set(range(256)) - set(_STRUCTURE))
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


def sound_json(body: bytes) -> Any:
    """A body as JSON whose texts every database takes. Raises ValueError as ``plain_json`` does."""
    found = plain_json(body)
    # Without one of these bytes there is no half of a character; in UTF-16 and 32 anything may be.
    may_be_unstorable = b"\\u" in body or b"\xed" in body or not _is_utf_8(body)
    return _storable(found) if may_be_unstorable else found


def plain_json(body: bytes) -> Any:
    """A body as JSON, with whatever its texts hold. Raises ValueError, which says what is wrong and repeats nothing."""
    is_utf_8 = _is_utf_8(body)
    if is_utf_8:
        _measure(body)  # before anything is made of it
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
    except UnicodeDecodeError as error:
        raise ValueError(f"no {error.encoding} at byte {error.start}") from None
    if not is_utf_8:
        _measure(text.encode("utf-8", "surrogatepass"))
    try:
        return json.loads(text, parse_float=_finite, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"character {error.pos}: {error.msg}") from None
    except RecursionError:  # by an interpreter with a shallower stack
        raise ValueError("nested too deeply") from None


def _is_utf_8(body: bytes) -> bool:
    return json.detect_encoding(body).startswith("utf-8")


def _measure(body: bytes) -> None:
    """Raises ValueError for what is nested too deeply or holds too many values; by work that is done in C, and linear.

    Everything but the structure is taken away: escapes, then what is no quote, bracket or comma. Quotes side by side
    are a text without structure in it; what is left of texts stands between two quotes.
    """
    openings = body.count(b"[") + body.count(b"{")
    if openings <= DEEPEST and len(body) <= _WORTH_COUNTING:
        return
    left = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _ALL_ELSE).replace(b'""', b"")
    structure = b"".join(left.split(b'"')[::2])
    brackets = structure.translate(None, _NO_BRACKETS)
    if len(structure) - len(brackets) // 2 >= MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES} values")
    for _ in range(DEEPEST):
        if not brackets:
            return
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    if brackets:
        raise ValueError(f"nested too deeply (more than {DEEPEST}), or brackets that do not match")


def _finite(written: str) -> float:
    found = float(written)
    if math.isinf(found):
        raise ValueError("a number that is too large")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case list():
            return [_storable(item) for item in value]
        case dict():
            return {storable(key): _storable(item) for key, item in value.items()}
    return value
