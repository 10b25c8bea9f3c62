"""Callbacks as they come in: signature, then which ticket they speak of. No network.

The signature is an HMAC-SHA256 over the raw bytes, keyed with the SHA-256 of a signing key that the site
serves at ``Metadata.key_url``. That address stands in the untrusted body, and other companies have keys on
the same cloud host: so it must be the path of keys on the configured site, and must name the configured company and
the GUID of a key. A key goes by an address that is put together from these anew, so that nobody can name it in many
ways.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta
from functools import lru_cache
from types import NoneType
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from jsonschema import Draft202012Validator

from adapters.connectwise.callbacks import Callbacks
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.hosts import is_shared
from adapters.connectwise.mapping import info, state_told
from adapters.connectwise.variables import ConnectWiseSettings
from adapters.http import origin_of
from adapters.payloads import Json, check_form, decoded, prove, sound, text
from connector.clock import Clock
from connector.errors import KeyOutdated, KeyUnknown, PayloadError, Permanent, SignatureError
from connector.model import InboundRequest, Notice, TicketId
from connector.systems.contract import SigningKeys

SIGNATURE_HEADER = "x-content-signature"
KEY_REFETCH = timedelta(hours=1)
"""After a mismatch, a key older than this is fetched anew before the webhook is called forged."""

_LONGEST_NAME = 50
_LONGEST_DELIVERY = 200
_HIGHEST_ID = 2**53
_ADDRESSES_KEPT = 64
_ADDRESS = re.compile(r"[!-~]{1,500}")
_KEY_PATH = re.compile(r"/[A-Za-z0-9_.-]{1,50}//?system/callbackkey/index\.rails")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ENVELOPE = Draft202012Validator(
    {
        "type": "object",
        "required": ["Action", "Type", "ID"],
        "properties": {
            "Action": {"type": "string", "minLength": 1, "maxLength": _LONGEST_NAME},
            "Type": {"type": "string", "minLength": 1, "maxLength": _LONGEST_NAME},
            "ID": {"type": "integer", "minimum": 1, "maximum": _HIGHEST_ID},
            "MessageId": {"type": "string", "minLength": 1, "maxLength": _LONGEST_DELIVERY},
            "Entity": {"type": ["string", "null"]},
            "Metadata": {
                "type": "object",
                "required": ["key_url"],
                "properties": {"key_url": {"type": "string"}},
            },
        },
    }
)


class Webhooks(Callbacks):
    """Verifies and reads the callbacks of one site, and keeps the one that has them sent."""

    def __init__(
        self,
        settings: ConnectWiseSettings,
        client: ConnectWiseClient,
        keys: SigningKeys,
        clock: Clock,
        webhook_url: str = "",
    ) -> None:
        super().__init__(client, settings, webhook_url)
        self._tokens = tuple(token.encode() for token in settings.webhook_token)
        self._company = settings.company
        self._origins = client.origins
        self._keys = keys
        self._clock = clock
        # Callbacks name the same address again and again; what is refused is looked at anew each time.
        self._allowed = lru_cache(_ADDRESSES_KEPT)(self._checked)

    def verify(self, request: InboundRequest) -> None:
        """See the contract."""
        if self._tokens and not request.is_kept:
            prove(self._tokens, request.query.get("token", ""), "the token in the address is missing or wrong")
        signature = request.headers.get(SIGNATURE_HEADER, "").strip()
        if not signature:
            raise SignatureError(f"the header {SIGNATURE_HEADER} is missing")
        address = self.allowed(_key_url(decoded(request.body)))
        known = self._keys.get(address)
        if known is None:
            raise KeyUnknown(address)
        key, fetched_at = known
        if hmac.compare_digest(sign(key, request.body), signature.encode("utf-8", "replace")):
            return
        if self._is_stale(fetched_at):
            raise KeyOutdated(address)
        raise SignatureError("the signature does not fit the body")

    def parse(self, request: InboundRequest) -> list[Notice]:
        """See the contract. Callbacks about anything but tickets are no notice at all."""
        body = decoded(request.body)
        if not _fits_plainly(body):
            check_form(_ENVELOPE, body)
        if body["Type"].casefold() != "ticket":
            return []
        delivery = sound(body.get("MessageId", ""), "$.MessageId") or hashlib.sha256(request.body).hexdigest()
        return [Notice(TicketId(str(int(body["ID"]))), delivery, _state(body))]

    def learn_key(self, reference: str) -> None:
        """See the contract."""
        try:
            address = self.allowed(reference)
        except SignatureError as error:
            raise Permanent(str(error)) from error
        self._keys.put(address, self._client.signing_key_at(address))

    def allowed(self, address: str) -> str:
        """The address of a signing key, always written in one way; SignatureError if it may not be asked for one."""
        return self._allowed(address)

    def _checked(self, address: str) -> str:
        if not _ADDRESS.fullmatch(address) or "\\" in address or "#" in address:
            raise SignatureError("the key address is not a plain address")
        try:
            parts = urlsplit(address)
            origin = origin_of(address)
        except ValueError as error:
            raise SignatureError("the key address is not a plain address") from error
        if origin not in self._origins or "@" in parts.netloc:
            raise SignatureError("the key address is on a host which is not the configured site")
        if not _KEY_PATH.fullmatch(parts.path):
            raise SignatureError("the key address is not where the site keeps signing keys")
        query = parse_qs(parts.query, keep_blank_values=True)
        companies = [company for name in query if name.lower() == "companyname" for company in query[name]]
        is_named = bool(companies) or not is_shared(parts.hostname or "")
        if not is_named or any(company.casefold() != self._company.casefold() for company in companies):
            raise SignatureError("the key address is not the configured company's")
        guids = [guid.lower() for name in query if name.lower() == "id" for guid in query[name]]
        if len(guids) != 1 or not _GUID.fullmatch(guids[0]):
            raise SignatureError("the key address does not name one key by its GUID")
        named = {"companyName": self._company} if companies else {}
        told = urlencode({**named, "id": guids[0]}, quote_via=quote)
        return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}?{told}"

    def _is_stale(self, fetched_at: datetime) -> bool:
        return self._clock.now() - fetched_at > KEY_REFETCH


def sign(key: str, body: bytes) -> bytes:
    """The value of the signature header for a body, as bytes."""
    digest = hmac.digest(hashlib.sha256(key.encode()).digest(), body, "sha256")
    return base64.b64encode(digest)


def _state(body: Json) -> str:
    """The state that a callback tells of, where it names one and the same member for it twice."""
    told, by = body.get("Entity"), text(body.get("MemberId"))
    if not told or not by or body["Action"].casefold() != "updated":
        return ""
    try:
        entity = json.loads(told)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(entity, dict) or text(info(entity).get("updatedBy")).casefold() != by.casefold():
        return ""
    return state_told(entity, by)


def _fits_plainly(body: Any) -> bool:
    """Whether a body is of the usual form. Never true where the schema says no; that takes many times as long."""
    if type(body) is not dict:
        return False
    number, metadata = body.get("ID"), body.get("Metadata")
    return (
        type(number) is int
        and 1 <= number <= _HIGHEST_ID
        and _is_text(body.get("Action"), _LONGEST_NAME)
        and _is_text(body.get("Type"), _LONGEST_NAME)
        and _is_text(body.get("MessageId"), _LONGEST_DELIVERY)
        and type(body.get("Entity", "")) in (str, NoneType)
        and type(metadata) is dict
        and type(metadata.get("key_url")) is str
    )


def _is_text(value: Any, longest: int) -> bool:
    return type(value) is str and 1 <= len(value) <= longest


def _key_url(body: Any) -> str:
    metadata = body.get("Metadata") if isinstance(body, dict) else None
    address = metadata.get("key_url") if isinstance(metadata, dict) else None
    if not isinstance(address, str):
        raise PayloadError("$.Metadata.key_url", "missing")
    return address
