"""Connects to one Request Tracker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.http import HttpOptions
from adapters.request_tracker import NAME
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.directory import Directory
from adapters.request_tracker.line import Line
from adapters.request_tracker.tickets import Tickets
from adapters.request_tracker.variables import RequestTrackerSettings
from adapters.request_tracker.webhook import Webhooks
from connector.clock import Clock
from connector.systems.contract import SigningKeys, TicketSystem


def connect(
    settings: RequestTrackerSettings,
    homes: Sequence[str],
    keys: SigningKeys,
    clock: Clock,
    webhook_url: str = "",
    **http_options: Any,
) -> TicketSystem:
    """The RT, ready to be asked. ``homes``: the configured homes there.

    There are no ``keys`` to learn; RT's administrator tells the sender the ``webhook_url``. ``http_options``: fields of
    ``adapters.http.HttpOptions``; without ``calls_per_window`` there are at most as many calls in any minute as the
    settings say.
    """
    client = RtClient(settings, clock, HttpOptions(**{"calls_per_window": settings.calls_per_minute, **http_options}))
    directory = Directory(client, settings)
    return TicketSystem(
        kind=NAME,
        note_limit=20_000,
        settle_seconds=10.0,
        manages_webhooks=False,
        can_add_people=True,
        reads_while_listing=False,
        webhooks=Webhooks(settings, clock),
        tickets=Tickets(settings, client, directory, clock),
        directory=directory,
        line=Line(client.http, client, directory, settings, homes),
    )
