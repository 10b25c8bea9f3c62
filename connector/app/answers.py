"""A whole request in memory, run through gunicorn's parser and the application; its answer in memory, too.

An answer of the server's own is a problem like those of the application, and says nothing of what was sent.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gunicorn import http
from gunicorn.http import errors, wsgi

from connector.app.framing import MOST_BODY_BYTES

_STATUSES = {
    errors.LimitRequestLine: 414,
    errors.LimitRequestHeaders: 431,
    errors.ExpectationFailed: 417,
    errors.UnsupportedTransferCoding: 501,
}
_REFUSED = (errors.ParseException, errors.NoMoreData, OSError, ValueError)
"""What the parser raises of what it was given, and of nothing else: it reads from memory."""


def refusal(status: int, code: str, title: str, detail: str = "", retry: int = 0) -> bytes:
    """A whole answer of the server itself, after which the connection ends. ``retry``: in so many seconds."""
    said = {"type": "about:blank", "title": title, "status": status, "code": code}
    body = json.dumps({**said, "detail": detail} if detail else said).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        *([f"Retry-After: {retry}"] if retry else []),
        "Cache-Control: no-store",
        "Connection: close",
    )
    return "\r\n".join((*head, "", "")).encode() + body


@dataclass(slots=True)
class Answer:
    """What to send; what came behind the request; whether the connection ends with it."""

    data: bytes
    rest: bytes = b""
    is_last: bool = True


class _Source:
    """What the parser reads in place of a socket. ``is_exhausted``: it wanted more than came."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.is_exhausted = False

    def __iter__(self) -> Iterator[bytes]:
        yield self._data
        self.is_exhausted = True


class _Reply:
    """What the server writes an answer to in place of a socket."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.parts.append(bytes(data))

    def send(self, data: bytes) -> int:
        """``100 Continue``, which was said when it was of use."""
        return len(data)


def answer_to(data: bytes, worker: Any, client: Any, server: Any) -> Answer:
    """The answer to a request that is here as a whole, or to none if it is not; raises nothing."""
    source = _Source(data)
    parser = http.get_parser(worker.cfg, source, client)
    try:
        request = next(parser)
        body = _body_of(request)
    except StopIteration:
        return Answer(b"")
    except _REFUSED as error:
        status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 400)
        worker.log.info("request refused by the server: %s", type(error).__name__)
        return Answer(refusal(status, "not_http", "The request is not of the expected form"))
    reply = _Reply()
    try:
        response = _run(request, body, reply, worker, client, server)
        is_last = response.should_close() or not parser.finish_body() or source.is_exhausted
    except Exception:
        worker.log.exception("request failed in the server")
        return Answer(refusal(500, "internal_error", "Internal error", "It was logged here."))
    return Answer(b"".join(reply.parts), parser.unreader.take_buffered(), is_last)


def _body_of(request: Any) -> io.BytesIO:
    """The body, read now: what is wrong with its framing is the server's matter. Raises what the parser raises."""
    body = request.body.read(MOST_BODY_BYTES)
    if request.trailers:
        raise errors.InvalidHeader("a trailer")
    return io.BytesIO(body)


def _run(request: Any, body: io.BytesIO, reply: _Reply, worker: Any, client: Any, server: Any) -> Any:
    response, environ = wsgi.create(request, reply, client, server, worker.cfg)
    environ["wsgi.multithread"] = True
    environ["wsgi.input"] = body
    if not worker.alive:
        response.force_close()
    parts = worker.wsgi(environ, response.start_response)
    try:
        for part in parts:
            response.write(part)
        response.close()
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return response
