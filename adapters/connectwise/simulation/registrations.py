"""Callback registrations: what may be registered and what is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from adapters.connectwise.simulation.refusal import bad_request, invalid, not_found, problem
from adapters.connectwise.simulation.state import State, wire
from adapters.simulation.refusal import Json

LEVELS = {
    "ticket": ("owner", "board", "project", "phase", "status", "ticket", "integratortag"),
    "time": ("owner", "company", "time"),
    "company": ("owner", "company", "type", "status", "territory"),
    "contact": ("owner", "company", "contact"),
    "schedule": ("owner", "member", "schedule"),
    "member": ("owner", "member"),
    **{
        name: ("owner", name)
        for name in (
            "activity",
            "agreement",
            "configuration",
            "expense",
            "invoice",
            "opportunity",
            "productcatalog",
            "project",
            "purchaseorder",
            "site",
        )
    },
}
_RESOURCE = "callbackEntry"
_WRITABLE = {
    "description": str,
    "url": str,
    "objectId": int,
    "type": str,
    "level": str,
    "payloadVersion": str,
    "inactiveFlag": bool,
    "isSoapCallbackFlag": bool,
    "isSelfSuppressedFlag": bool,
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def register(state: State, sent: Any, member: Json, number: int | None = None) -> Json:
    """Store a registration, new or with ``number`` in an old one's place. Raises Refusal (400)."""
    with state.acting() as now:
        values = _checked(state, sent, number)
        old = state.callbacks.get(number) if number is not None else None
        made = {
            "id": state.new_id("callback", 26501) if number is None else number,
            **values,
            "memberId": member["id"] if old is None else old["memberId"],
            "connectWiseID": state.guid() if old is None else old["connectWiseID"],
            "_info": {"lastUpdated": wire(now), "updatedBy": member["identifier"]},
        }
        state.callbacks[made["id"]] = made
        return made


def patch_registration(state: State, number: int, operations: Any, member: Json) -> Json:
    """Change fields of a registration. Raises Refusal."""
    with state.acting():
        sent = {name: registration(state, number)[name] for name in _WRITABLE if name in state.callbacks[number]}
        if not isinstance(operations, list):
            raise bad_request("InvalidBody", "A PATCH body must be an array of operations.")
        for operation in operations:
            op, path = (operation.get("op"), operation.get("path")) if isinstance(operation, dict) else (0, 0)
            name = path.removeprefix("/") if isinstance(path, str) else ""
            if op not in ("add", "replace", "remove") or name not in _WRITABLE:
                message = f"The path {path} is not a field that can be written."
                raise invalid(_RESOURCE, [problem("InvalidField", message, _RESOURCE, name)])
            if op == "remove":
                sent.pop(name, None)
            else:
                sent[name] = operation.get("value")
        return register(state, sent, member, number)


def registration(state: State, number: int) -> Json:
    """A registration. Raises Refusal (404)."""
    found = state.callbacks.get(number)
    if found is None:
        raise not_found("Callback", number)
    return found


def unregister(state: State, number: int) -> None:
    """Remove a registration. Raises Refusal (404)."""
    with state.acting():
        registration(state, number)
        del state.callbacks[number]


def _checked(state: State, sent: Any, number: int | None) -> Json:
    if not isinstance(sent, dict):
        raise bad_request("InvalidBody", "The body must be an object.")
    wrong = []

    def refuse(code: str, message: str, name: str) -> None:
        wrong.append(problem(code, message, _RESOURCE, name))

    for name, kind in _WRITABLE.items():
        if sent.get(name) is not None and not isinstance(sent[name], kind):
            refuse("InvalidField", f"The value of {name} is not of the right type.", name)
    for name in ("url", "objectId", "type", "level"):
        if sent.get(name) is None:
            refuse("MissingRequiredField", f"The {name} field is required.", name)
    if wrong:
        raise invalid(_RESOURCE, wrong)
    if len(sent.get("description") or "") > 100:
        refuse("MaxLengthField", "The field description must be a string with a maximum length of 100.", "description")
    if not _is_url(sent["url"]):
        refuse("InvalidField", "Invalid URL", "url")
    levels = LEVELS.get(sent["type"].lower())
    if levels is None:
        refuse("InvalidObject", "Unrecognized type, see documentation for supported types", "type")
    elif sent["level"].lower() not in levels:
        message = "Unrecognized level for type, see documentation for supported levels for each type"
        refuse("InvalidObject", message, "level")
    object_id = 1 if sent["level"].lower() == "owner" else sent["objectId"]
    for other in state.callbacks.values():
        same = (other["type"].lower(), other["url"], other["objectId"], other["level"].lower())
        if other["id"] != number and same == (sent["type"].lower(), sent["url"], object_id, sent["level"].lower()):
            refuse("ObjectExists", "A matching callback entry already exists", "objectId")
            break
    if wrong:
        raise invalid(_RESOURCE, wrong)
    values: Json = {"description": sent["description"]} if sent.get("description") else {}
    return {
        **values,
        "url": sent["url"],
        "objectId": object_id,
        "type": sent["type"],
        "level": sent["level"],
        "payloadVersion": sent.get("payloadVersion") or "3.0.0",
        "inactiveFlag": sent.get("inactiveFlag") is True,
        "isSoapCallbackFlag": sent.get("isSoapCallbackFlag") is True,
        "isSelfSuppressedFlag": sent.get("isSelfSuppressedFlag") is True,
    }


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    # Plain http is a concession to tests and demonstrations on one machine.
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))
