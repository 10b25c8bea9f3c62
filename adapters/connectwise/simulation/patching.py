"""PATCH bodies: which operations and paths there are, and what of them takes effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.connectwise.simulation.refusal import invalid, problem
from adapters.connectwise.simulation.state import State
from adapters.connectwise.simulation.tickets import RESOURCE, WRITABLE
from adapters.connectwise.simulation.vocabulary import REFERENCE, TICKET
from adapters.simulation.refusal import Json, Refusal


def patched(state: State, operations: Any) -> Json:
    """The fields that a PATCH body asks for, unresolved. Raises Refusal (400).

    A path is a bare name in the right case, a leading slash being let through. A path into a reference is
    answered as if it worked and changes nothing, unless the switch says otherwise.
    """
    if not isinstance(operations, list):
        raise Refusal(400, {"code": "InvalidBody", "message": "A PATCH body must be an array of operations."})
    sent: Json = {}
    for operation in operations:
        if not isinstance(operation, dict) or operation.get("op") not in ("add", "replace", "remove"):
            raise _bad_operation("op must be add, replace or remove.", "op")
        path = operation.get("path")
        if not isinstance(path, str) or not path:
            raise _bad_operation("path is missing.", "path")
        if operation["op"] != "remove" and "value" not in operation:
            raise _bad_operation("value is missing.", path)
        name, _, inner = path.removeprefix("/").partition("/")
        if name not in WRITABLE:
            raise _bad_operation(f"The path {path} is not a field that can be written.", path)
        if inner:
            _into_reference(state, sent, name, inner, operation)
        elif name == "owner":
            _patch_owner(state, sent, operation)
        elif operation["op"] != "remove":
            sent[name] = operation["value"]
        elif name not in state.faults.removal_is_ignored:
            sent[name] = None
    return sent


def _into_reference(state: State, sent: Json, name: str, inner: str, operation: Mapping[str, Any]) -> None:
    if TICKET.fields.get(name) != REFERENCE and name != "customFields":
        raise _bad_operation(f"The path {name}/{inner} does not exist.", f"{name}/{inner}")
    if state.faults.subpath_patch_works and name != "customFields" and operation["op"] != "remove":
        sent[name] = {inner: operation["value"]}


def _patch_owner(state: State, sent: Json, operation: Mapping[str, Any]) -> None:
    value = operation.get("value")
    how = "remove" if operation["op"] == "remove" else {"": "empty", None: "null"}.get(_scalar(value))
    if how is None:
        sent["owner"] = value
    elif how in state.faults.owner_removal:
        sent["owner"] = None
    elif not state.faults.owner_removal_is_ignored:
        raise _bad_operation("The owner field can not be unset.", "owner")


def _scalar(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else "other"


def _bad_operation(message: str, field: str) -> Refusal:
    return invalid(RESOURCE, [problem("InvalidField", message, RESOURCE, field)])
