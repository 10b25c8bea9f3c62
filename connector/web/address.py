"""What others know the web service by: where webhooks come in, where people come back from the identity provider, and
the form of a refusal.
"""

from __future__ import annotations

PATH = "/webhooks/"
CAME_BACK = "/login/oidc"
PROBLEM_MEDIA_TYPE = "application/problem+json"
"""The media type of every refusal, see ``problems``."""


def address_of(public_url: str, connection: str) -> str:
    """Where a connection's webhooks are to be sent; empty where the connector is not reached from outside."""
    return f"{public_url.rstrip('/')}{PATH}{connection}" if public_url else ""
