"""Two small servers between the parties: one that receives webhooks, and one that stands in a connection's way."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import parse_qsl

import requests
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from connector.model import InboundRequest
from connector.systems.desk import serve_in_background

PATIENCE = 30.0
_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "keep-alive", "date", "server"}


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(app: Callable[[Request], Response]) -> Iterator[str]:
    """The app on a free port of 127.0.0.1; gives its address."""

    def wsgi(environ: Any, start_response: Any) -> Iterable[bytes]:
        return app(Request(environ))(environ, start_response)

    server = make_server("127.0.0.1", 0, wsgi, threaded=True, request_handler=_Quiet)
    stop = serve_in_background(server, "small server")
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stop()


class Catcher:
    """Where ``PUBLIC_URL`` leads: keeps the webhooks that arrive and answers 202."""

    def __init__(self) -> None:
        self.caught: list[InboundRequest] = []
        self.paths: list[str] = []
        self._arrived = threading.Condition()

    def __call__(self, request: Request) -> Response:
        body = request.get_data()
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(parse_qsl(request.query_string.decode(), keep_blank_values=True))
        with self._arrived:
            self.caught.append(InboundRequest(body, headers, query))
            self.paths.append(request.path)
            self._arrived.notify_all()
        return Response("{}", 202, content_type="application/json")

    def take(self, is_enough: Callable[[list[InboundRequest]], bool], patience: float) -> list[InboundRequest]:
        """What has arrived, once that is enough or ``patience`` seconds have passed."""
        with self._arrived:
            self._arrived.wait_for(lambda: is_enough(self.caught), patience)
            taken, self.caught = self.caught, []
            return taken


@dataclass
class _Fault:
    """What is to become of the next call of a kind: performed or not, then this answer (None: none at all)."""

    writes: bool | None
    is_performed: bool
    answer: Callable[[Request], Response] | None


class Relay:
    """Hands calls on to a ticket system, except where it was told to fail. Knows writes only by their method."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._faults: deque[_Fault] = deque()
        self._always: _Fault | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self.calls: list[tuple[str, str]] = []
        self.credentials: set[str] = set()

    def swallow_the_answer_of_the_next_write(self) -> None:
        """It is performed, and the connection drops without a word."""
        self._faults.append(_Fault(writes=True, is_performed=True, answer=None))

    def answer_everything(self, answer: Callable[[Request], Response] | None) -> None:
        """From now on nothing is performed and all is answered like that (None: not at all)."""
        self._always = _Fault(writes=None, is_performed=False, answer=answer)

    def work_again(self) -> None:
        """No more failing."""
        self._always = None
        self._faults.clear()

    def __call__(self, request: Request) -> Response:
        self.calls.append((request.method, request.path))
        if request.headers.get("Authorization"):
            self.credentials.add(request.headers["Authorization"].split()[-1])
        fault = self._always or self._fault_for(request)
        if fault is None:
            return self._handed_on(request)
        if fault.is_performed:
            self._handed_on(request)
        return fault.answer(request) if fault.answer else _hung_up(request)

    def _fault_for(self, request: Request) -> _Fault | None:
        if self._faults and self._faults[0].writes == (request.method != "GET"):
            return self._faults.popleft()
        return None

    def _handed_on(self, request: Request) -> Response:
        query = request.query_string.decode()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in ("host", "connection")}
        answer = self._session.request(
            request.method,
            f"{self._target}{request.environ['RAW_URI'].partition('?')[0]}{'?' + query if query else ''}",
            data=request.get_data(),
            headers=headers,
            timeout=PATIENCE,
            allow_redirects=False,
        )
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP]
        return Response(answer.content, answer.status_code, kept)


def _hung_up(request: Request) -> Response:
    """Cuts the connection: the caller never gets an answer."""
    request.environ["werkzeug.socket"].shutdown(SHUT_RDWR)
    raise ConnectionAbortedError
