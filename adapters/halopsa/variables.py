"""The environment variables of a HaloPSA connection. ``HALOPSA_URL`` set means: connected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.systems.variables import Variable, connected, missing, rotating_secret, web_address, whole_number

DEFAULT_CALLS = 240
"""In any five minutes. An instance allows 300, some 700, to all of its integrations together (HaloAPI, issue 31)."""


@dataclass(frozen=True, slots=True)
class WebhookBasic:
    """Webhooks come with a user name and password; up to two passwords are accepted, the first is registered."""

    user: str
    passwords: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookBearer:
    """Webhooks come with a bearer token; up to two are accepted, the first is registered."""

    tokens: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookSignature:
    """Webhooks are signed in a header, named in lower case; up to two secrets, the first is registered."""

    header: str
    secrets: tuple[str, ...] = field(repr=False)


WebhookProof = WebhookBasic | WebhookBearer | WebhookSignature


@dataclass(frozen=True, slots=True)
class HaloSettings:
    """The addresses and credentials of one Halo instance.

    ``url``: the resource server, without ``/api``; ``auth_url``: the authorisation server, without ``/token``;
    ``tenant``: empty where the instance needs none. ``note_outcome``: name or id of the action that notes are written
    with, empty where it is to be found; ``calls_per_window``: at most so many calls in any five minutes. The secrets
    never show in ``repr``.
    """

    url: str
    auth_url: str
    client_id: str
    client_secret: str = field(repr=False)
    proof: WebhookProof
    tenant: str = ""
    note_outcome: str = ""
    calls_per_window: int = DEFAULT_CALLS


_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)


def _resource_server(text: str) -> str:
    """An address; the ``/api`` that Halo shows behind it is taken off."""
    return web_address(text).removesuffix("/api")


def _authorisation_server(text: str) -> str:
    """An address; the ``/token`` of the endpoint itself is taken off."""
    return web_address(text).removesuffix("/token")


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("is not the name of a header")
    return text.lower()


def _user(text: str) -> str:
    if ":" in text:
        raise ValueError("holds a colon")
    return text


URL = Variable(
    "HALOPSA_URL",
    "the resource server, without `/api`; plain http only to a loopback address. Set means: connected",
    "an https address",
    "https://yourcompany.halopsa.com",
    parse=_resource_server,
)
AUTH_URL = Variable(
    "HALOPSA_AUTH_URL",
    "the authorisation server, where it is another one",
    "an https address",
    "https://yourcompany.halopsa.com/auth",
    shown_default="`{HALOPSA_URL}/auth`",
    parse=_authorisation_server,
)
TENANT = Variable("HALOPSA_TENANT", "the tenant, where the instance needs one", "the tenant's name", "yourcompany")
CLIENT_ID = Variable(
    "HALOPSA_CLIENT_ID",
    "the client ID of the API application",
    "the client ID",
    "00000000-0000-0000-0000-000000000000",
)
CLIENT_SECRET = Variable(
    "HALOPSA_CLIENT_SECRET",
    "the client secret of the API application",
    "the client secret",
    "your-client-secret",
    is_secret=True,
)
WEBHOOK_USER = Variable(
    "HALOPSA_WEBHOOK_USER",
    "webhooks by Basic: the user name. One of the three ways (Basic, signature, Bearer) is required; Basic and the "
    "signature are proven in production at others, in that order",
    "a user name without a colon",
    "halo",
    parse=_user,
    make=lambda: "escalator",
)
WEBHOOK_PASSWORD = rotating_secret(
    "HALOPSA_WEBHOOK_PASSWORD",
    "webhooks by Basic: the password, of 16 characters or more; two, comma-separated, while rotating (the first one is "
    "registered)",
)
WEBHOOK_SECRET = rotating_secret(
    "HALOPSA_WEBHOOK_SECRET",
    "webhooks by signature, instead: the secret, of 16 characters or more; two, comma-separated, while rotating (the "
    "first one is registered)",
    instead_of=WEBHOOK_USER.name,
)
WEBHOOK_SIGNATURE_HEADER = Variable(
    "HALOPSA_WEBHOOK_SIGNATURE_HEADER",
    "webhooks by signature: the header that holds it",
    "the name of a header",
    "X-Halo-Signature",
    parse=_header,
    instead_of=WEBHOOK_USER.name,
)
WEBHOOK_TOKEN = rotating_secret(
    "HALOPSA_WEBHOOK_TOKEN",
    "webhooks by Bearer, instead, where nothing else will do: the token, of 16 characters or more; two, "
    "comma-separated, while rotating (the first one is registered). Where Halo takes it is nowhere stated",
    instead_of=WEBHOOK_USER.name,
)
NOTE_OUTCOME = Variable(
    "HALOPSA_NOTE_OUTCOME",
    "the outcome (action) that is an internal note without an e-mail",
    "its name or id",
    "Private Note",
    shown_default="found by itself",
)
CALLS = Variable(
    "HALOPSA_CALLS_PER_5_MINUTES",
    "the whole budget of calls in any 5 minutes, shared by all workers; Halo's limit, 300 or more, is shared with "
    "every other integration",
    "a whole number from 20 to 100000",
    "240",
    shown_default="240",
    parse=whole_number(20, 100_000),
)

REQUIRED = (CLIENT_ID, CLIENT_SECRET)
_WAYS: Mapping[str, tuple[Variable, ...]] = {
    "Basic": (WEBHOOK_USER, WEBHOOK_PASSWORD),
    "signature": (WEBHOOK_SECRET, WEBHOOK_SIGNATURE_HEADER),
    "Bearer": (WEBHOOK_TOKEN,),
}
VARIABLES: tuple[Variable, ...] = (
    URL,
    AUTH_URL,
    TENANT,
    *REQUIRED,
    *(variable for way in _WAYS.values() for variable in way),
    NOTE_OUTCOME,
    CALLS,
)


def settings_from(values: Mapping[str, str]) -> HaloSettings | None:
    """The settings from the variables that are set, or None when ``HALOPSA_URL`` is not among them.

    Raises ConfigError with every problem.
    """
    read = connected(URL, REQUIRED, VARIABLES, values, _wrong_ways(values) if URL.name in values else ())
    if read is None:
        return None
    return HaloSettings(
        url=read[URL.name],
        auth_url=read.get(AUTH_URL.name, f"{read[URL.name]}/auth"),
        tenant=read.get(TENANT.name, ""),
        client_id=read[CLIENT_ID.name],
        client_secret=read[CLIENT_SECRET.name],
        proof=_proof(read),
        note_outcome=read.get(NOTE_OUTCOME.name, ""),
        calls_per_window=read.get(CALLS.name, DEFAULT_CALLS),
    )


def _wrong_ways(values: Mapping[str, str]) -> list[str]:
    """What is wrong with the choice of how webhooks prove themselves."""
    begun = [way for way, variables in _WAYS.items() if _set(variables, values)]
    if not begun:
        return [
            WEBHOOK_USER.problem(
                f"is missing ({URL.name} is set, and {WEBHOOK_PASSWORD.name} belongs to it; instead "
                f"{WEBHOOK_SECRET.name} and {WEBHOOK_SIGNATURE_HEADER.name}, or {WEBHOOK_TOKEN.name} do as well)"
            )
        ]
    if len(begun) > 1:
        names = [variable.name for way in begun for variable in _set(_WAYS[way], values)]
        return [f"{', '.join(names)}: webhooks prove themselves in one way; keep {' or '.join(begun)}"]
    way = _WAYS[begun[0]]
    return missing(way, values, f"{_set(way, values)[0].name} is set")


def _set(variables: Sequence[Variable], values: Mapping[str, str]) -> list[Variable]:
    return [variable for variable in variables if variable.name in values]


def _proof(read: Mapping[str, Any]) -> WebhookProof:
    if WEBHOOK_TOKEN.name in read:
        return WebhookBearer(read[WEBHOOK_TOKEN.name])
    if WEBHOOK_USER.name in read:
        return WebhookBasic(read[WEBHOOK_USER.name], read[WEBHOOK_PASSWORD.name])
    return WebhookSignature(read[WEBHOOK_SIGNATURE_HEADER.name], read[WEBHOOK_SECRET.name])
