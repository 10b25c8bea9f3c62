"""Connects to one ConnectWise site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.connectwise import NAME
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.directory import Directory
from adapters.connectwise.line import Line
from adapters.connectwise.tickets import Tickets
from adapters.connectwise.variables import ConnectWiseSettings
from adapters.connectwise.webhook import Webhooks
from adapters.http import HttpOptions
from connector.clock import Clock
from connector.systems.contract import Sender, SigningKeys, TicketSystem


def connect(
    settings: ConnectWiseSettings,
    homes: Sequence[str],
    keys: SigningKeys,
    clock: Clock,
    webhook_url: str = "",
    **http_options: Any,
) -> TicketSystem:
    """The site, ready to be asked. ``homes``: the configured homes there; ``webhook_url``: where webhooks go.

    ``http_options``: fields of ``adapters.http.HttpOptions``; without ``calls_per_window`` there are at most as many
    calls in any minute as the settings say.
    """
    client = ConnectWiseClient(
        settings, clock, HttpOptions(**{"calls_per_window": settings.calls_per_minute, **http_options})
    )
    directory = Directory(client)
    webhooks = Webhooks(settings, client, keys, clock, webhook_url)
    return TicketSystem(
        kind=NAME,
        note_limit=4000,
        settle_seconds=30.0,
        manages_webhooks=True,
        can_add_people=True,
        reads_while_listing=False,
        webhooks=webhooks,
        tickets=Tickets(settings, client, directory, clock),
        directory=directory,
        line=Line(client.http, client, directory, webhooks, homes),
        # It waits for 5 s, and sends again after 404, 409, 419 and 429 alone.
        sender=Sender(patience_seconds=3.5, busy_status=429),
    )
