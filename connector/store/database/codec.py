"""The values of changes as JSON text and back, exactly; a text of another make is refused with ValueError."""

from __future__ import annotations

import json
from typing import Any

from connector.model import Person, Place, Ref, Status, StatusGroup, Value
from connector.redaction import may_hold, redacted_all

_to_json = json.JSONEncoder(separators=(",", ":")).encode


def encode(value: Value) -> str | None:
    """A value as JSON text that says its kind; None stays None."""
    match value:
        case None:
            return None
        case Place():
            content: dict[str, object] = {"place": [[ref.id, ref.name] for ref in value.path]}
        case Person():
            content = {"person": [value.id, value.identifier, value.name, value.is_active, value.open_tickets]}
        case Status():
            content = {"status": [value.id, value.name, value.group.value]}
        case Ref():
            content = {"ref": [value.id, value.name]}
    text = _to_json(content)
    return _to_json(redacted_all(content)) if may_hold(text) else text


def decode(text: str | None) -> Value:
    """The value that ``encode`` made the text from."""
    if text is None:
        return None
    try:
        [(kind, parts)] = json.loads(text).items()
        return _decoded(kind, parts)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError("a stored value of a change cannot be read") from error


def _decoded(kind: str, parts: list[Any]) -> Value:
    match kind:
        case "place":
            return Place(tuple(Ref(id_, name) for id_, name in parts))
        case "person":
            return Person(*parts)
        case "status":
            id_, name, group = parts
            return Status(id_, name, StatusGroup(group))
        case "ref":
            return Ref(*parts)
    raise ValueError(f"unknown kind {kind!r}")
