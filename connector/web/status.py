"""The status page: version, mode, health, which systems are connected, and counts. No ticket's data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, render_template

from connector.store.database.errors import StoreUnavailable
from connector.store.records import MailboxStats
from connector.systems.kept import Kept
from connector.web.deps import Deps
from connector.web.reasons import ServiceHealth, length_text

CACHE_SECONDS = 2.0


def blueprint(deps: Deps, service: Callable[[], ServiceHealth]) -> Blueprint:
    """The route ``/``."""
    routes = Blueprint("status", __name__)
    routes.add_app_template_filter(length_text)
    counts = Kept(lambda: _counts(deps), deps.monotonic, CACHE_SECONDS)

    @routes.get("/")
    def page() -> str:
        try:
            found: Mapping[str, MailboxStats] = counts.get()
        except StoreUnavailable:
            found = {}
        return render_template("status.html", facts=deps.facts, health=service(), counts=found)

    return routes


def _counts(deps: Deps) -> Mapping[str, MailboxStats]:
    return {name: deps.mailbox.stats(name) for name in deps.connections}
