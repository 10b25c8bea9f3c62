"""Where webhooks come in, and people who come back from the identity provider."""

from __future__ import annotations

PATH = "/webhooks/"
CAME_BACK = "/login/oidc"


def address_of(public_url: str, connection: str) -> str:
    """Where a connection's webhooks are to be sent; empty where the connector is not reached from outside."""
    return f"{public_url.rstrip('/')}{PATH}{connection}" if public_url else ""
