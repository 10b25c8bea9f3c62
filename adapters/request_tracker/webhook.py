"""Webhooks as the sender of ``contrib/request-tracker`` posts them: signature, then which ticket. No network.

The signature is an HMAC-SHA256 in hexadecimal over the sender's time, a dot and the raw body. A time that is more
than five minutes off is refused, so an old delivery cannot be sent again; younger ones are told by their ids.
"""

from __future__ import annotations

import hmac
import re

from jsonschema import Draft202012Validator

from adapters.payloads import Json, check_form, decoded, prove, sound
from adapters.request_tracker.mapping import state_told
from adapters.request_tracker.variables import RequestTrackerSettings
from connector.clock import Clock
from connector.errors import Permanent, SignatureError
from connector.model import InboundRequest, Notice, Registration, TicketId

SIGNATURE_HEADER = "x-rt-signature"
TIMESTAMP_HEADER = "x-rt-timestamp"
WINDOW_SECONDS = 300.0

_HIGHEST_ID = 2**53
_LONGEST_DELIVERY = 180
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_NUMBER = {"type": "integer", "minimum": 1, "maximum": _HIGHEST_ID}
_ENVELOPE = Draft202012Validator(
    {
        "type": "object",
        "required": ["version", "event", "delivery_id", "ticket", "transaction"],
        "properties": {
            "version": {"const": 1},
            "event": {"type": "string", "minLength": 1, "maxLength": 80},
            "delivery_id": {"type": "string", "minLength": 1, "maxLength": _LONGEST_DELIVERY},
            "ticket": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": _NUMBER, "noted_id": _NUMBER},
            },
            "transaction": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": _NUMBER, "created": {"type": ["string", "null"]}},
            },
        },
    }
)


class Webhooks:
    """Verifies and reads the webhooks of one RT. What sends them is installed by RT's administrator."""

    def __init__(self, settings: RequestTrackerSettings, clock: Clock) -> None:
        self._secrets = tuple(settings.webhook_secret)
        self._clock = clock

    def verify(self, request: InboundRequest) -> None:
        """See the contract."""
        if not self._secrets:
            raise SignatureError("no RT_WEBHOOK_SECRET is set: webhooks are not accepted")
        given, sent_at = (request.headers.get(name, "").strip() for name in (SIGNATURE_HEADER, TIMESTAMP_HEADER))
        if not given or not sent_at:
            raise SignatureError(f"the header {SIGNATURE_HEADER if not given else TIMESTAMP_HEADER} is missing")
        signatures = (sign(secret, sent_at, request.body) for secret in self._secrets)
        prove(signatures, given, "the signature does not fit the body")
        if not _SECONDS.fullmatch(sent_at):
            raise SignatureError(f"the header {TIMESTAMP_HEADER} is not a number of seconds")
        if abs(int(sent_at) - self._clock.now().timestamp()) > WINDOW_SECONDS:
            raise SignatureError("it was sent too long ago, or the clocks of RT and of this host differ")

    def parse(self, request: InboundRequest) -> list[Notice]:
        """See the contract. A ticket that was merged meanwhile is named by both its numbers."""
        body = decoded(request.body)
        check_form(_ENVELOPE, body)
        ticket, delivery = body["ticket"], sound(body["delivery_id"], "$.delivery_id")
        now, then = int(ticket["id"]), int(ticket.get("noted_id", ticket["id"]))
        found = [Notice(TicketId(str(now)), delivery, _state(body) if then == now else "")]
        if then != now:
            found.append(Notice(TicketId(str(then)), f"{delivery}:{then}"))
        return found

    def learn_key(self, reference: str) -> None:
        """See the contract."""
        raise Permanent("RT's webhooks are signed with RT_WEBHOOK_SECRET: there is no key to fetch")

    def registrations(self) -> list[Registration]:
        """See the contract."""
        raise _installed_by_hand()

    def register(self) -> Registration:
        """See the contract."""
        raise _installed_by_hand()

    def remove(self) -> int:
        """See the contract."""
        raise _installed_by_hand()

    def elsewhere(self) -> list[Registration]:
        """See the contract."""
        raise _installed_by_hand()

    def remove_elsewhere(self, registration: str) -> None:
        """See the contract."""
        raise _installed_by_hand()


def _state(body: Json) -> str:
    """The state that a webhook tells of; the sender names who made the change."""
    ticket, actor = body["ticket"], body.get("actor")
    number = actor.get("id") if isinstance(actor, dict) else None
    by = str(number) if isinstance(number, int) and not isinstance(number, bool) else ""
    return state_told(by, ticket.get("last_updated"), ticket.get("queue"), ticket.get("owner"), ticket.get("status"))


def sign(secret: str, sent_at: str, body: bytes) -> bytes:
    """The value of the signature header for a body that is sent at that time, as bytes."""
    digest = hmac.digest(secret.encode(), sent_at.encode("utf-8", "replace") + b"." + body, "sha256")
    return b"sha256=" + digest.hex().encode()


def _installed_by_hand() -> Permanent:
    return Permanent(
        "RT's webhooks are not registered from here: RT's administrator installs the scrip and the sender of "
        "contrib/request-tracker, with the address of this connector and RT_WEBHOOK_SECRET"
    )
