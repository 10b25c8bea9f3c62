"""Connects to one Halo instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.halopsa import NAME
from adapters.halopsa.client import HaloClient
from adapters.halopsa.directory import Directory
from adapters.halopsa.line import Line
from adapters.halopsa.tickets import Tickets
from adapters.halopsa.variables import HaloSettings
from adapters.halopsa.webhook import Webhooks
from adapters.http import HttpOptions
from connector.clock import Clock
from connector.systems.contract import SigningKeys, TicketSystem

CALLS_PER_WINDOW = 300
"""In any five minutes, all the application does together (https://github.com/homotechsual/HaloAPI, issue 31)."""


def connect(
    settings: HaloSettings,
    homes: Sequence[str],
    keys: SigningKeys,
    clock: Clock,
    webhook_url: str = "",
    **http_options: Any,
) -> TicketSystem:
    """The instance, ready to be asked. ``homes``: the configured homes there; ``webhook_url``: where webhooks go.

    There are no ``keys`` to learn. ``http_options``: fields of ``adapters.http.HttpOptions``; without
    ``calls_per_minute`` there are at most 300 calls in any five minutes.
    """
    if "calls_per_minute" not in http_options:
        http_options = {"calls_per_minute": None, "calls_per_window": CALLS_PER_WINDOW, **http_options}
    options = HttpOptions(**http_options)
    client = HaloClient(settings, clock, options)
    directory = Directory(client)
    webhooks = Webhooks(client, settings, webhook_url)
    return TicketSystem(
        kind=NAME,
        note_limit=16_000,
        settle_seconds=30.0,
        manages_webhooks=True,
        can_add_people=False,
        reads_while_listing=False,
        webhooks=webhooks,
        tickets=Tickets(settings.url, client, directory, clock, options.sleep),
        directory=directory,
        line=Line(client.http, client, directory, webhooks, homes),
    )
