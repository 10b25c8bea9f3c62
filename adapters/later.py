"""Ticket systems that are planned and not in this version, with the variables that they will read.

They are known by name so that setting one is answered plainly instead of as a typing mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LaterSystem:
    """A ticket system to come: how people call it, the prefix of its variables, and their names."""

    title: str
    prefix: str
    variables: tuple[str, ...]


def _named(prefix: str, *endings: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{ending}" for ending in endings)


LATER: Mapping[str, LaterSystem] = {
    "halopsa": LaterSystem(
        "HaloPSA",
        "HALOPSA_",
        _named(
            "HALOPSA_",
            "URL",
            "AUTH_URL",
            "TENANT",
            "CLIENT_ID",
            "CLIENT_SECRET",
            "WEBHOOK_USER",
            "WEBHOOK_PASSWORD",
            "WEBHOOK_TOKEN",
            "WEBHOOK_SECRET",
            "WEBHOOK_SIGNATURE_HEADER",
        ),
    ),
}
