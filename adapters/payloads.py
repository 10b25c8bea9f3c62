"""Reading the bodies of webhooks: bytes into JSON, and in which words a body is refused. Repeats nothing of it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from adapters.contract import PayloadError

_KEPT = 32
"""A webhook's body is read to verify it and again to parse it: so many may be between the two at once."""


def decoded(body: bytes) -> Any:
    """A body as JSON, not to be changed. Raises PayloadError."""
    try:
        return _decoded(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError("$", "not JSON, or nested too deeply") from error


@lru_cache(_KEPT)
def _decoded(body: bytes) -> Any:
    return json.loads(body)


def problem(rule: Any, wanted: Any) -> str:
    """What is wrong by a rule of a schema, in words that do not repeat what was sent."""
    match rule:
        case "type":
            kinds = wanted if isinstance(wanted, list) else [wanted]
            return f"must be {' or '.join(kinds)}"
        case "required":
            return f"must have {', '.join(wanted)}"
        case "const":
            return f"must be {wanted}"
        case _:
            return f"{rule} is {wanted}"
