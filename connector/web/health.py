"""Is it alive, is it ready? ``live`` asks nobody; ``ready`` asks the database, and through it the workers.

Ready means: the database answers, a worker completed a cycle in the last minute, and nothing has been waiting for
longer than that. Any process can tell, whichever the workers are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response, jsonify

from connector.store import heartbeats
from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.systems.kept import Kept
from connector.web.deps import Deps

LONGEST_SILENCE = timedelta(seconds=60)
LONGEST_LAG = timedelta(seconds=60)
CACHE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of readiness, and how it stands in plain words."""

    name: str
    holds: bool
    message: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """All conditions together."""

    checks: tuple[Check, ...]

    @property
    def is_ready(self) -> bool:
        return all(check.holds for check in self.checks)


def look(mailbox: Mailbox, connections: Sequence[str]) -> Readiness:
    """The readiness of this moment; never raises because of the database."""
    try:
        now = mailbox.store.now()
        last = heartbeats.last_cycle_at(mailbox.store)
        next_wake = mailbox.next_wake(connections)
    except StoreUnavailable as error:
        return Readiness((Check("database", False, str(error)),))
    return Readiness((Check("database", True, "answers"), _worker(now, last), _mailbox(now, next_wake)))


def cached(deps: Deps) -> Callable[[], Readiness]:
    """``look``, at most once a second however many ask."""
    return Kept(lambda: look(deps.mailbox, tuple(deps.connections)), deps.monotonic, CACHE_SECONDS).get


def blueprint(ready: Callable[[], Readiness]) -> Blueprint:
    """The routes ``/health/live`` and ``/health/ready``."""
    routes = Blueprint("health", __name__, url_prefix="/health")

    @routes.get("/live")
    def live() -> Response:
        return jsonify(status="live")

    @routes.get("/ready")
    def is_ready() -> tuple[Response, int]:
        found = ready()
        body = {check.name: {"holds": check.holds, "message": check.message} for check in found.checks}
        status = "ready" if found.is_ready else "not ready"
        return jsonify(status=status, checks=body), 200 if found.is_ready else 503

    return routes


def _worker(now: datetime, last: datetime | None) -> Check:
    if last is None:
        return Check("worker", False, "no worker has ever completed a cycle")
    silence = max(now - last, timedelta(0))
    return Check("worker", silence <= LONGEST_SILENCE, f"last cycle {silence.total_seconds():.0f} s ago")


def _mailbox(now: datetime, next_wake: datetime | None) -> Check:
    lag = max(now - next_wake, timedelta(0)) if next_wake else timedelta(0)
    waits = f"what waits longest has been due for {lag.total_seconds():.0f} s" if lag else "nothing is overdue"
    return Check("mailbox", lag <= LONGEST_LAG, waits)
