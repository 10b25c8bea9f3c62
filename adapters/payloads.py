"""Reading the bodies of webhooks: bytes into JSON, and in which words a body is refused. Repeats nothing of it."""

from __future__ import annotations

import json
from typing import Any

from connector.errors import PayloadError


def decoded(body: bytes) -> Any:
    """A body as JSON. Raises PayloadError."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError("$", "not JSON, or nested too deeply") from error


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
