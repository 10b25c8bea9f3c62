"""Webhooks as they come in: who sent them, then which tickets they speak of. No network.

A delivery proves itself in the one configured way. Bodies come in several kinds (the whole ticket, a small one, the
event alone, whatever an administrator wrote, and batches of these); all are hints only. ``id`` is the delivery's GUID
and never a ticket (https://github.com/homotechsual/dotMARC, HaloWebhookEndpointTests.cs).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from adapters.halopsa.mapping import state_told, whole
from adapters.halopsa.registrations import Registrations
from adapters.halopsa.variables import WebhookBasic, WebhookBearer
from adapters.payloads import Json, check_form, decoded, prove, sound
from connector.errors import PayloadError, Permanent, SignatureError
from connector.model import InboundRequest, Notice, TicketId

MOST_EVENTS = 1000
_LONGEST_DELIVERY = 200
_PREFIX = "sha256="

_NUMBER = {"anyOf": [{"type": "number", "minimum": 1}, {"type": "string", "pattern": r"^\s*\d{1,15}(\.0*)?\s*$"}]}
_WITH_ID = {"type": "object", "required": ["id"], "properties": {"id": _NUMBER}}
_EVENT = Draft202012Validator(
    {
        "type": "object",
        "properties": {
            "object_id": _NUMBER,
            "ticket_id": _NUMBER,
            "ticket": {"type": "object"},
            "object": {"type": "object"},
            "event": {"type": ["string", "null"], "maxLength": 500},
        },
        "anyOf": [
            {"required": ["object_id"]},
            {"required": ["ticket"], "properties": {"ticket": _WITH_ID}},
            {"required": ["object"], "properties": {"object": _WITH_ID}},
            {"required": ["ticket_id"]},
        ],
    }
)
_NAMES = ("object_id", "ticket", "object", "ticket_id")


class Webhooks(Registrations):
    """Verifies and reads the webhooks of one instance, and keeps the registration that has them sent."""

    def verify(self, request: InboundRequest) -> None:
        """See the contract."""
        proof = self._proof
        if isinstance(proof, WebhookBasic):
            given = _credentials(request, "basic")
            pairs = (f"{proof.user}:{password}".encode() for password in proof.passwords)
            prove(pairs, _unwrapped(given), "the user name or password is wrong")
        elif isinstance(proof, WebhookBearer):
            given = _credentials(request, "bearer")
            prove((token.encode() for token in proof.tokens), given, "the bearer token is wrong")
        else:
            given = request.headers.get(proof.header, "").strip()
            if not given:
                raise SignatureError(f"the header {proof.header} is missing")
            if given[: len(_PREFIX)].lower() == _PREFIX:
                given = given[len(_PREFIX) :]
            prove((sign(secret, request.body) for secret in proof.secrets), given, "the signature is wrong")

    def parse(self, request: InboundRequest) -> list[Notice]:
        """See the contract."""
        body = decoded(request.body)
        events = list(_events(body, "$"))
        if len(events) > MOST_EVENTS:
            raise PayloadError("$", f"more than {MOST_EVENTS} events")
        names = _Deliveries(body, request.body, is_batch=len(events) > 1)
        return [
            Notice(TicketId(str(_ticket(event, path))), names.name(event, path), _state(event))
            for path, event in events
        ]

    def learn_key(self, reference: str) -> None:
        """See the contract."""
        raise Permanent("HaloPSA has no signing keys to fetch: its webhooks prove themselves by what is configured")


class _Deliveries:
    """Names the deliveries of one body: by the event's own id, else by the envelope's or the body's hash."""

    def __init__(self, body: Any, raw: bytes, *, is_batch: bool) -> None:
        envelope = body.get("id") if isinstance(body, dict) else None
        self._base = _own_id(envelope, "$.id") or hashlib.sha256(raw).hexdigest()
        self._is_batch = is_batch
        self._taken: set[str] = set()

    def name(self, event: Json, path: str) -> str:
        found = _own_id(event.get("id"), f"{path}.id") or self._base
        if found in self._taken or (self._is_batch and found == self._base):
            found = f"{found}-{len(self._taken)}"
        self._taken.add(found)
        return found


def sign(secret: str, body: bytes) -> bytes:
    """The value of the signature header for a body, as bytes."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))


def _credentials(request: InboundRequest, scheme: str) -> str:
    kind, _, given = request.headers.get("authorization", "").strip().partition(" ")
    if kind.casefold() != scheme or not given.strip():
        raise SignatureError(f"no {scheme} credentials in the header authorization")
    return given.strip()


def _unwrapped(given: str) -> bytes:
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("the basic credentials are not readable") from None


def _events(body: Any, path: str, depth: int = 3) -> Iterator[tuple[str, Json]]:
    """The events in a body: itself, those of an array, or those of an object that holds an array of them."""
    if isinstance(body, list):
        for n, one in enumerate(body):
            yield from _events(one, f"{path}[{n}]", depth - 1) if depth else _one(f"{path}[{n}]", one)
        return
    if isinstance(body, dict) and depth and not any(name in body for name in _NAMES):
        held = [value for value in body.values() if _is_batch(value)]
        if held:
            for value in held:  # their names are the sender's own, and not said back
                yield from _events(value, f"{path}.*", depth - 1)
            return
    yield from _one(path, body)


def _one(path: str, event: Any) -> Iterator[tuple[str, Json]]:
    """An event of the right form; raises PayloadError for any other."""
    check_form(_EVENT, event, path, "must have object_id, ticket.id, object.id or ticket_id")
    yield path, event


def _is_batch(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _ticket(event: Json, path: str) -> int:
    """``object_id``, else the id of the ticket or object in it, else a numeric ``ticket_id``."""
    if "object_id" in event:
        return whole(event["object_id"], f"{path}.object_id")
    for name in ("ticket", "object"):
        nested = event.get(name)
        if isinstance(nested, dict) and "id" in nested:
            return whole(nested["id"], f"{path}.{name}.id")
    return whole(event.get("ticket_id"), f"{path}.ticket_id")


def _state(event: Json) -> str:
    """The state that an event tells of, where the whole ticket is in it and an agent is named."""
    ticket, agent = event.get("ticket"), event.get("agent_id")
    if not isinstance(ticket, dict) or isinstance(agent, bool) or not isinstance(agent, int):
        return ""
    return state_told(ticket, str(agent))


def _own_id(told: Any, path: str) -> str:
    """A delivery's own id, empty where it has none that is fit for it: a number could be any record's."""
    is_fit = isinstance(told, str) and 0 < len(told) <= _LONGEST_DELIVERY and not told.isdigit()
    return sound(told, path) if is_fit else ""
