"""The page Health: what needs a person, first and by name; then how each connection, the workers and the rest stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

from flask import Response

from connector.notes.marker import path_of
from connector.store.database.errors import StoreUnavailable
from connector.store.records import MailboxStats
from connector.systems.kept import Kept
from connector.web.console.frame import Frame
from connector.web.console.health.matters import LANES, HealthMatters, is_ticket, matters
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps
from connector.web.reasons import ServiceHealth, length_text

COUNTS_SECONDS = 10.0
"""How old the counts of tickets may be: every one is looked at for them."""


class HealthPage:
    """Draws it. ``service``: how the whole service stands."""

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame, service: Callable[[], ServiceHealth]) -> None:
        self._deps = deps
        self._per_hour = parts.escalations_per_hour
        self._frame = frame
        self._service = service
        self._counts = Kept(self._count, deps.monotonic, COUNTS_SECONDS)

    def get(self) -> Response:
        """The page as it is now; it stands without the database."""
        health = self._service()
        try:
            counts: Mapping[str, MailboxStats] = self._counts.get()
            found: HealthMatters | None = matters(self._deps.mailbox.store, self._deps.connections)
        except StoreUnavailable:
            counts, found = {}, None
        wall = self._frame.wall(health.at or datetime.now(UTC))
        return self._frame.page(
            "health.html",
            "health",
            wall,
            health=health,
            counts=counts,
            matters=found,
            per_hour=self._per_hour,
            is_ticket=is_ticket,
            lanes=LANES,
            path_of=path_of,
            quoted=partial(quote, safe=""),
            headline=headline(health),
            length=length_text,
        )

    def _count(self) -> Mapping[str, MailboxStats]:
        return {name: self._deps.mailbox.stats(name) for name in self._deps.connections}


def headline(health: ServiceHealth) -> str:
    """How the service stands, in a sentence."""
    count = len(health.reasons)
    if count:
        first = health.reasons[0]
        where = f" ({first.connection})" if first.connection else ""
        return f"{'One thing needs' if count == 1 else f'{count} things need'} a person: {first.message}{where}"
    if not health.connections:
        return "No ticket system is connected"
    each = "The ticket system answers" if len(health.connections) == 1 else "Every ticket system answers"
    return f"All is well. {each}, and the workers are on time"
