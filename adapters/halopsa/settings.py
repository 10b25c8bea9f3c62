"""What a connection to HaloPSA needs to know. Only values: the environment is read elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    ``tenant``: empty where the instance needs none. ``public_url``: where this connector is reached from outside,
    empty when it is not. The secrets never show in ``repr``.
    """

    url: str
    auth_url: str
    client_id: str
    client_secret: str = field(repr=False)
    proof: WebhookProof
    tenant: str = ""
    public_url: str = ""
