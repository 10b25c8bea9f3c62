"""Is it alive, is it ready, is all well? ``live`` asks nobody, unless it is given a nonce (``nonces``); the others ask
the database, once a second at most.

Ready is this process: the database answers, its schema is current, and where the process has a worker, that worker has
completed a cycle in the last minute. A web process that can store webhooks is ready whatever the ticket system or a
backlog does. How the whole service stands is ``/health/status``; see ``reasons``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from connector.store import heartbeats
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.database.schema import SchemaState
from connector.store.editions import LONGEST_SILENCE
from connector.systems.kept import Kept
from connector.web.deps import Deps
from connector.web.nonces import PARAMETER, Answers
from connector.web.reasons import ConnectionHealth, Inspector, ServiceHealth

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


def look(store: Store, worker: str = "") -> Readiness:
    """The readiness of this process at this moment; never raises because of the database.

    ``worker``: the name of the worker in this process, if it has one.
    """
    try:
        now, schema = store.now(), store.schema_state()
        if schema is not SchemaState.CURRENT:
            return Readiness((Check("database", True, "answers"), Check("schema", False, f"is {schema.value}")))
        checks = [Check("database", True, "answers"), Check("schema", True, "is current")]
        if worker:
            checks.append(_worker(now, heartbeats.last_cycle_at(store, worker)))
    except StoreError:  # what it says may name a host
        return Readiness((Check("database", False, "does not answer"),))
    return Readiness(tuple(checks))


def readiness(deps: Deps) -> Callable[[], Readiness]:
    """``look``, at most once a second however many ask."""
    return Kept(lambda: look(deps.mailbox.store, deps.worker), deps.monotonic, CACHE_SECONDS).get


def service_health(deps: Deps) -> Callable[[], ServiceHealth]:
    """How the whole service stands, looked at once a second at most however many ask."""
    return Kept(Inspector(deps.mailbox, deps.connections, deps.poll_every).look, deps.monotonic, CACHE_SECONDS).get


def blueprint(
    ready: Callable[[], Readiness], service: Callable[[], ServiceHealth], answer: Answers = lambda _: ""
) -> Blueprint:
    """The routes ``/health/live``, ``/health/ready`` and ``/health/status``. ``answer``: to the nonces of ``check``."""
    routes = Blueprint("health", __name__, url_prefix="/health")

    @routes.get("/live")
    def live() -> Response:
        nonce = request.args.get(PARAMETER, "")
        proof = answer(nonce) if nonce else ""
        return jsonify(status="live", **({"answer": proof} if proof else {}))

    @routes.get("/ready")
    def is_ready() -> tuple[Response, int]:
        found = ready()
        body = {check.name: {"holds": check.holds, "message": check.message} for check in found.checks}
        status = "ready" if found.is_ready else "not ready"
        return jsonify(status=status, checks=body), 200 if found.is_ready else 503

    @routes.get("/status")
    def status() -> tuple[Response, int]:
        found = service()
        return jsonify(_told(found)), 200 if found.is_good else 503

    return routes


def _worker(now: datetime, last: datetime | None) -> Check:
    if last is None:
        return Check("worker", False, "has not completed a cycle yet")
    silence = max(now - last, timedelta(0))
    return Check("worker", silence <= LONGEST_SILENCE, f"last cycle {silence.total_seconds():.0f} s ago")


UNKNOWN = "unknown"
"""What is said of what could not be read."""


def _told(found: ServiceHealth) -> dict[str, Any]:
    return {
        "status": "good" if found.is_good else "degraded",
        "at": _moment(found.at),
        "reasons": [
            {
                "code": one.code,
                "connection": one.connection or None,
                "message": one.message,
                "since": one.since.isoformat(timespec="seconds") if one.since else None,
                "runbook": one.runbook,
            }
            for one in found.reasons
        ],
        "last_cycle_seconds": _seconds(found.cycle_age),
        "connections": {one.name: _told_of(one) for one in found.connections},
    }


def _told_of(one: ConnectionHealth) -> dict[str, Any]:
    return {
        "last_good_call_at": _moment(one.answered_at),
        "failing_since": one.down.since.isoformat(timespec="seconds") if one.down else None,
        "why": one.down.cause if one.down else None,
        "last_good_poll_seconds": _seconds(one.poll_age),
        "webhook_registration": one.registration,
        "told_by_webhook": _or_unknown(one.told_by_webhook),
        "found_by_poll": _or_unknown(one.found_by_poll),
        "past_deadline": _or_unknown(one.past_deadline),
        "latest_by_seconds": _seconds(one.latest_by),
        "dead_letters": _or_unknown(one.dead_letters),
        "adoption_waiting": _or_unknown(one.unbegun),
        "brake_waiting": _or_unknown(one.braked),
    }


def _or_unknown(value: int | None) -> int | str:
    return UNKNOWN if value is None else value


def _moment(value: datetime | None) -> str:
    return UNKNOWN if value is None else value.isoformat(timespec="seconds")


def _seconds(value: timedelta | None) -> float | str:
    return UNKNOWN if value is None else round(value.total_seconds(), 1)
