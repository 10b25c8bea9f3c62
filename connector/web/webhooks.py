"""Webhooks in: limit the size, verify the raw bytes, parse, store, answer 202. A webhook is only a hint.

The order of refusals is fixed: size 413, media type 415, signature 401, payload 400. Nothing of the body gets into
a log or an answer.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable
from time import monotonic

import structlog
from flask import Blueprint, Request, Response, jsonify, request

from connector.errors import KeyOutdated, KeyUnknown, PayloadError, SignatureError
from connector.model import InboundRequest
from connector.redaction import may_hold
from connector.store.database.errors import StoreUnavailable
from connector.store.records import Delivery, Source
from connector.systems.addresses import sender_of
from connector.systems.contract import Connection
from connector.web.address import PATH
from connector.web.deps import Deps
from connector.web.nonces import PARAMETER, Answers
from connector.web.problems import HttpProblem, unavailable
from connector.web.unverified import Unverified

MOST_BYTES = 256 * 1024
LONGEST_DELIVERY = 200
NOT_STORED = "not_stored"
"""The code of what the database did not take."""

SAID_ONE_BY_ONE, WINDOW_SECONDS = 20, 60.0
"""So many refusals of each kind are said in the log within that time; of a flood the others are counted."""

QUIET_SECONDS = 10.0
"""So long after the last webhook that could not be stored, one that is tells that this is over."""

_ASKS = f"{PARAMETER}=".encode()

log = structlog.get_logger("connector.web.webhooks")


def blueprint(deps: Deps, answer: Answers = lambda _: "") -> Blueprint:
    """The route of every connection's webhooks. ``answer``: to the nonces of ``check``, of which no webhook is made."""
    routes = Blueprint("webhooks", __name__)
    receivers: dict[str, Receiver] = {}
    storing = Storing(deps.monotonic)

    @routes.post(f"{PATH}<connection_id>")
    def receive(connection_id: str) -> Response:
        connection = deps.connections.get(connection_id)
        if connection is None:
            raise HttpProblem(404, "unknown_system", "No such ticket system is connected")
        if _ASKS in request.query_string and (proof := answer(request.args.get(PARAMETER, ""))):
            return jsonify(answer=proof)
        receiver = receivers.get(connection_id) or receivers.setdefault(
            connection_id, Receiver(connection, deps, storing)
        )
        return Response(f'{{"accepted":{receiver.receive(request)}}}\n', 202, content_type="application/json")

    return routes


class Storing:
    """Says in the log once that webhooks cannot be stored, and once that they can be again. For several threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._refused = 0
        self._begun_at = self._last_at = 0.0

    def failed(self, connection: str, why: str) -> None:
        """A webhook could not be stored."""
        with self._lock:
            self._last_at = self._monotonic()
            self._refused += 1
            if self._refused > 1:
                return
            self._begun_at = self._last_at
        log.error("webhooks not stored", connection=connection, error=why)

    def worked(self) -> None:
        """A webhook was stored."""
        if not self._refused:
            return
        with self._lock:
            if not self._refused or self._monotonic() - self._last_at < QUIET_SECONDS:
                return
            refused, self._refused = self._refused, 0
            lasted = self._last_at - self._begun_at
        log.warning("webhooks stored again", seconds=round(lasted, 1), refused=refused)


class Refusals:
    """The refusals of one connection. For several threads."""

    def __init__(self, connection: str, monotonic: Callable[[], float]) -> None:
        self._id = connection
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._begun_at = monotonic()
        self._counts: Counter[str] = Counter()

    def refused(self, code: str, reason: str, sender: str) -> None:
        """One was refused. ``sender``: the address that it came from."""
        with self._lock:
            further = self._over()
            self._counts[code] += 1
            is_said = self._counts[code] <= SAID_ONE_BY_ONE
        for kind, count in further.items():
            log.warning("more webhooks refused", connection=self._id, code=kind, count=count)
        if is_said:
            log.warning("webhook refused", connection=self._id, code=code, reason=reason, sender=sender)

    def _over(self) -> dict[str, int]:
        """How many were counted only, by kind, when the window is over."""
        if self._monotonic() - self._begun_at < WINDOW_SECONDS:
            return {}
        further = {kind: count - SAID_ONE_BY_ONE for kind, count in self._counts.items() if count > SAID_ONE_BY_ONE}
        self._begun_at = self._monotonic()
        self._counts.clear()
        return further


class Receiver:
    """Receives the webhooks of one connection. Safe for several threads. ``storing``: is told what could be stored."""

    def __init__(self, connection: Connection, deps: Deps, storing: Storing) -> None:
        self._id = connection.id
        self._system = connection.system
        self._deps = deps
        self._storing = storing
        self._unknown = Unverified(connection.id, deps)
        self._refusals = Refusals(connection.id, deps.monotonic)
        self._sender = connection.system.sender

    def receive(self, incoming: Request) -> int:
        """Store what a webhook says; how many notices of it were new. Raises HttpProblem."""
        try:
            return self._receive(incoming)
        except HttpProblem as problem:
            self._count(problem.code)
            if problem.code != NOT_STORED:  # that is an outage's, and said once
                said = incoming.headers.get("X-Forwarded-For", "")
                sender = sender_of(incoming.remote_addr or "", said, self._deps.trusted_proxies)
                self._refusals.refused(problem.code, problem.detail, sender)
            raise

    def _receive(self, incoming: Request) -> int:
        body = read_body(incoming)
        if not _is_json(incoming.mimetype):
            raise HttpProblem(415, "unsupported_media_type", "The body must be application/json")
        wrapped = InboundRequest(
            body=body,
            headers={name.lower(): value for name, value in incoming.headers.items()},
            query={name: values[-1] for name, values in incoming.args.lists()},
        )
        try:
            return self._take_in(wrapped)
        except SignatureError as error:
            challenge = {"WWW-Authenticate": 'Signature realm="webhooks"'}
            raise HttpProblem(401, "signature", "Not signed as expected", str(error), challenge) from error
        except PayloadError as error:
            raise HttpProblem(400, "payload", "Not of the expected form", error.problem, field=error.field) from error
        except StoreUnavailable as error:
            self._storing.failed(self._id, str(error))
            detail = "The notice could not be stored. Please send it again."
            raise self._busy(NOT_STORED, detail, error.retry_after) from error

    def _take_in(self, incoming: InboundRequest) -> int:
        """Take it in before its sender's patience ends. What is stored later all the same is no harm."""
        begun = monotonic()  # the sender's time, which nobody moves
        result = "accepted"
        try:
            self._system.webhooks.verify(incoming)
            deliveries = self._verified(incoming)
        except KeyOutdated as outdated:
            self._unknown.fetch_anew(outdated.reference)
            raise self._busy("key_outdated", "The signing key is fetched anew. Please send it again.", 2) from outdated
        except KeyUnknown as unknown:
            result, deliveries = "unverified", [self._unverified(incoming, unknown.reference)]
        patience = self._sender.patience_seconds
        left = None if patience is None else patience - (monotonic() - begun)
        return self._store(deliveries, result, left)

    def _busy(self, code: str, detail: str, retry_after: float) -> HttpProblem:
        """The answer after which the sender sends again."""
        return unavailable(code, detail, retry_after, self._sender.busy_status)

    def _verified(self, incoming: InboundRequest) -> list[Delivery]:
        return [
            Delivery(self._id, str(notice.ticket), bounded(notice.delivery), Source.WEBHOOK, state=notice.state)
            for notice in self._system.webhooks.parse(incoming)
        ]

    def _unverified(self, incoming: InboundRequest, reference: str) -> Delivery:
        """A webhook whose signing key a worker must learn first; so much may wait and no more."""
        found = self._unknown.delivery(incoming, reference)
        if found is None:
            raise self._busy("too_many_unverified", "Too many webhooks wait for their signing key.", 30)
        return found

    def _store(self, deliveries: list[Delivery], result: str, within: float | None) -> int:
        accepted = sum(self._deps.deliver(deliveries, within)) if deliveries else 0
        if deliveries:
            self._storing.worked()
        self._count(result, accepted)
        if not deliveries:
            self._count("irrelevant")
        self._count("duplicate", len(deliveries) - accepted)
        if accepted:
            log.debug("webhook stored", connection=self._id, delivery=deliveries[0].delivery, result=result)
            if self._deps.nudge is not None:
                self._deps.nudge()
        return accepted

    def _count(self, result: str, times: int = 1) -> None:
        if times:
            self._deps.metrics.deliveries.labels(self._id, result).inc(times)


def read_body(incoming: Request) -> bytes:
    """The whole body, never more than ``MOST_BYTES`` of it. Raises HttpProblem 413, or 400 when the client hung up."""
    announced = incoming.content_length
    if announced is not None and announced > MOST_BYTES:
        raise _too_large()
    stream = incoming.environ["wsgi.input"]
    if announced is not None:
        body = _read(stream, announced)
        if len(body) < announced:
            raise HttpProblem(400, "incomplete", "The body ended too early")
        return body
    if not incoming.environ.get("wsgi.input_terminated"):
        return b""
    body = _read(stream, MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise _too_large()
    return body


def _too_large() -> HttpProblem:
    return HttpProblem(413, "too_large", "The body is too large", f"At most {MOST_BYTES} bytes are accepted.")


def bounded(delivery: str) -> str:
    """A delivery's name as it may be stored: by its digest where it is overlong, or holds a secret of ours."""
    if len(delivery) <= LONGEST_DELIVERY and not may_hold(delivery):
        return delivery
    return "sha256:" + hashlib.sha256(delivery.encode("utf-8", "surrogatepass")).hexdigest()


def _read(stream: object, most: int) -> bytes:
    """Up to ``most`` bytes: a stream may give less at a time than it was asked for."""
    read = stream.read  # type: ignore[attr-defined]  # WSGI says that it is there
    parts: list[bytes] = []
    missing = most
    try:
        while missing > 0 and (part := read(missing)):
            parts.append(part)
            missing -= len(part)
    except OSError as error:
        raise HttpProblem(400, "incomplete", "The body ended too early") from error
    return b"".join(parts)


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))
