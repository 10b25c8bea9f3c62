"""Connects to one Halo instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.halopsa import NAME
from adapters.halopsa.client import HaloClient
from adapters.halopsa.directory import Directory
from adapters.halopsa.line import Line
from adapters.halopsa.outcomes import NoteOutcomes
from adapters.halopsa.poll import Poll
from adapters.halopsa.tickets import Tickets
from adapters.halopsa.variables import HaloSettings
from adapters.halopsa.webhook import Webhooks
from adapters.http import HttpOptions
from connector.clock import Clock
from connector.systems.contract import SigningKeys, TicketSystem


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
    ``calls_per_window`` there are at most as many calls in any five minutes as the settings say.
    """
    usual = {"calls_per_window": settings.calls_per_window, "window_seconds": 300.0}
    options = HttpOptions(**{**usual, **http_options})
    client = HaloClient(settings, clock, options)
    directory = Directory(client)
    outcomes = NoteOutcomes(client, settings.note_outcome)
    poll = Poll(client, clock)
    webhooks = Webhooks(client, settings, webhook_url)
    return TicketSystem(
        kind=NAME,
        note_limit=16_000,
        settle_seconds=30.0,
        manages_webhooks=True,
        can_add_people=False,
        reads_while_listing=False,
        webhooks=webhooks,
        tickets=Tickets(settings.url, client, directory, outcomes, poll, clock, options.sleep),
        directory=directory,
        line=Line(client.http, client, directory, outcomes, poll, webhooks, homes),
    )
