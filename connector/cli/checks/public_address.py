"""Whether ``PUBLIC_URL`` leads to this very service: a nonce is stored, and the address asked for its answer.

First at ``/health/live``; a proxy that lets through the webhooks' path alone, as is advised, is asked there. Nothing is
followed, little is read, and no answer is waited for for long.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests

from connector.config.settings import Settings
from connector.errors import Temporary
from connector.model import Finding, Severity
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.schema import SchemaState
from connector.store.editions import LONGEST_SILENCE
from connector.store.heartbeats import last_cycle_at
from connector.store.queries.nonces import IssuedNonce, Nonces
from connector.systems.certificates import told_of_refused
from connector.systems.reach import place_of, why
from connector.systems.variables import is_loopback
from connector.web.address import PROBLEM_MEDIA_TYPE, address_of
from connector.web.nonces import KEPT_SECONDS, PARAMETER
from connector.worker.bounded import Bounded

OK, WARNING, ERROR, UNTESTED = Severity.OK, Severity.WARNING, Severity.ERROR, Severity.UNTESTED
CONNECT_SECONDS, READ_SECONDS, IN_ALL_SECONDS = 5.0, 5.0, 12.0
MOST_BYTES = 16 * 1024
SUBJECT = "PUBLIC_URL"

_BEHIND = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
_CLOSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: ``answer`` to the nonce, and whether it looks like what an escalator answers."""

    status: int
    answer: str = ""
    is_an_escalators: bool = False
    leads_to: str = ""


class NotReached(Exception):  # it is what was found, and leaves this module as a finding
    """Nothing came back. ``is_closed``: nobody listens there; ``is_late``: not in time."""

    def __init__(self, why: str, *, is_closed: bool = False, is_late: bool = False) -> None:
        self.is_closed = is_closed
        self.is_late = is_late
        super().__init__(why)


def of_public_address(
    settings: Settings, store: Store, sleep: Callable[[float], object] = time.sleep
) -> Iterator[Finding]:
    """Whether the address leads here, and if not, where and why."""
    url = settings.public_url
    if not url:
        every = f"changes are found by the poll alone, every {settings.reconcile_seconds:g} s"
        yield Finding(WARNING, SUBJECT, f"is not set, so no webhook can be registered: {every}")
        return
    if is_loopback(url):
        alone = f"{url} leads to this machine alone: only a ticket system that runs here reaches it"
        yield Finding(WARNING, SUBJECT, alone)
    try:
        if store.schema_state() is not SchemaState.CURRENT:
            yield Finding(UNTESTED, SUBJECT, "whether it leads here: the database is not set up yet")
            return
        issued, is_running = Nonces(store).issue(), _is_running(store)
    except StoreUnavailable:
        yield Finding(UNTESTED, SUBJECT, "whether it leads here: the database does not answer")
        return
    yield _looked_at(url, sorted(settings.connections), issued, is_running, sleep)


def _is_running(store: Store) -> bool:
    """Whether a worker has been seen of late; a web process leaves no sign."""
    last = last_cycle_at(store)
    return last is not None and store.now() - last <= LONGEST_SILENCE


def _looked_at(
    url: str, connections: Sequence[str], issued: IssuedNonce, is_running: bool, sleep: Callable[[float], object]
) -> Finding:
    replies: list[Reply] = []
    by_webhooks = [address_of(url, id_) for id_ in connections[:1]]
    try:
        for method, address in [("GET", f"{url}/health/live"), *(("POST", one) for one in by_webhooks)]:
            reply = _asked(method, address, issued.nonce)
            if reply.is_an_escalators and reply.answer != issued.answer:
                sleep(KEPT_SECONDS + 0.1)  # what it knows of nonces may be that old
                reply = _asked(method, address, issued.nonce)
            if reply.answer == issued.answer:
                way = "" if method == "GET" else f", by {address}; nothing else is let through, as is advised"
                return Finding(OK, SUBJECT, f"{url} leads to this service{way}")
            replies.append(reply)
    except NotReached as error:
        return _not_reached(url, error, is_running)
    return _elsewhere(url, replies, is_running)


def _elsewhere(url: str, replies: Sequence[Reply], is_running: bool) -> Finding:
    """What answers in our place. The last one is of the webhooks' own path."""
    reply = replies[-1]
    if any(one.is_an_escalators for one in replies):
        other = "leads to an escalator with another database, or of an older version"
        return Finding(ERROR, SUBJECT, f"{url} {other}: give both the same DATABASE_URL, or correct the address")
    if reply.leads_to:
        moved = f"{url} redirects to {reply.leads_to}, which no sender of webhooks follows: set the address itself"
        return Finding(ERROR, SUBJECT, moved)
    if reply.status in _BEHIND:
        behind = f"{url}: what stands in front answers {reply.status}, as it does not reach the web process behind it"
        return _unless_it_only_does_not_run(behind, is_running)
    if reply.status in _CLOSED:
        closed = f"what stands in front refuses this host ({reply.status}). It has to let POST {url}/webhooks/… through"
        return Finding(UNTESTED, SUBJECT, f"whether {url} leads here: {closed} for the ticket system, without a log-in")
    path = urlsplit(url).path
    strip = f", and take {path} off before" if path else ""
    other = f"another service answers at {url} ({reply.status}): correct the address, or have the proxy pass /webhooks/"
    return Finding(ERROR, SUBJECT, f"{other} to where `escalator web` or `run` listens{strip}")


def _not_reached(url: str, error: NotReached, is_running: bool) -> Finding:
    message = f"{url} is not reached: {place_of(url)}: {error}"
    if error.is_closed:
        return _unless_it_only_does_not_run(message if is_running else f"{url}: connection refused", is_running)
    if error.is_late:
        again = "some networks let nobody out and in again: try it from elsewhere"
        return Finding(WARNING, SUBJECT, f"{message}; {again}")
    return Finding(ERROR, SUBJECT, message)


def _unless_it_only_does_not_run(message: str, is_running: bool) -> Finding:
    if is_running:
        return Finding(
            ERROR, SUBJECT, f"{message}. A worker runs: see whether `escalator web` or `run` does, and where"
        )
    yet = "nothing runs yet, as no worker was seen in the last minute; start `escalator run`, and check again"
    return Finding(UNTESTED, SUBJECT, f"{message}; {yet}")


def _asked(method: str, address: str, nonce: str) -> Reply:
    """The reply to one question. Raises NotReached."""
    found: list[Reply] = []
    try:
        Bounded(IN_ALL_SECONDS)("ask", lambda: found.append(_sent(method, address, nonce)))
    except Temporary:
        raise NotReached(f"no whole answer within {IN_ALL_SECONDS:g} s", is_late=True) from None
    except requests.RequestException as error:
        reason = why(error, CONNECT_SECONDS, READ_SECONDS)
        parts = urlsplit(address)
        shown = told_of_refused(error, parts.hostname or "", parts.port or 443)
        told = (reason.words or type(error).__name__) + (f" ({shown})" if shown else "")
        raise NotReached(told, is_closed=reason.is_closed, is_late=reason.is_late) from error
    return found[0]


def _sent(method: str, address: str, nonce: str) -> Reply:
    with (
        _NoRedirects() as session,
        session.request(
            method,
            address,
            params={PARAMETER: nonce},
            json={} if method == "POST" else None,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
            auth=_nobody,
            proxies={"http": "", "https": ""} if is_loopback(address) else None,
        ) as answer,
    ):
        body = next(answer.iter_content(MOST_BYTES), b"")
        where = answer.headers.get("Location", "") if answer.is_redirect else ""
        return _read(answer.status_code, answer.headers.get("Content-Type", ""), body, where)


class _NoRedirects(requests.Session):
    """Reads no more than it is asked for: to look for the next address, the library reads the body of a redirect whole,
    also of one that is not followed.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, whatever it says."""


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No credentials: the library would take those of a .netrc."""
    return request


def _read(status: int, media_type: str, body: bytes, where: str) -> Reply:
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    said = said if isinstance(said, dict) else {}
    is_ours = said.get("status") == "live" or ("code" in said and media_type.startswith(PROBLEM_MEDIA_TYPE))
    answer = said.get("answer")
    leads_to = _host_of(where) if where else ""
    return Reply(status, answer if isinstance(answer, str) else "", is_ours or bool(answer), leads_to)


def _host_of(where: str) -> str:
    try:
        return urlsplit(where).hostname or "another path there"
    except ValueError:
        return "what is no address"
