"""Connects to an Acme desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.clock import Clock
from connector.errors import UnknownName
from connector.model import Place, Ref
from connector.systems.contract import SigningKeys, TicketSystem


class Desk:
    """All four parts in one, as far as they are asked."""

    def __init__(self, url: str, homes: Sequence[str]) -> None:
        self._url = url
        self._homes = homes

    def locate(self, home: str) -> Place:
        """The home of that name at this address."""
        if home not in self._homes:
            raise UnknownName("home", home, self._homes)
        return Place((Ref(f"{self._url}/{home}", home),))


def connect(
    settings: str,
    homes: Sequence[str],
    keys: SigningKeys,
    clock: Clock,
    webhook_url: str = "",
    **http_options: Any,
) -> TicketSystem:
    """The desk, ready to be asked."""
    desk: Any = Desk(settings, homes)
    return TicketSystem(
        kind="acme",
        note_limit=1000,
        settle_seconds=0.0,
        manages_webhooks=False,
        can_add_people=False,
        reads_while_listing=False,
        webhooks=desk,
        tickets=desk,
        directory=desk,
        line=desk,
    )
