"""The simulated system behind a socket, and the layer that fails on command, which lies around the app.

Keep-alive, no Nagle, no access log. A dropped call looks to a client like a connection that breaks off.
"""

from __future__ import annotations

import io
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from adapters.simulation.faults import CallFaults, Mishap
from adapters.simulation.hostility import Asked, Given, Hostility, renumbered, spoiled
from adapters.simulation.refusal import Refusal
from connector.clock import Clock
from connector.systems.desk import serve_in_background

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LONGEST_HANG = 120.0


class Call(NamedTuple):
    """A call as it was answered: the path as the simulator shortens it; status 0 for no answer."""

    method: str
    path: str
    status: int


class Stream:
    """A body that goes out piece by piece, and whose connection ends with it."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


class NoAnswer(ConnectionAbortedError):
    """The call was to get no answer."""


class CallLog:
    """What was called, newest last; the oldest are forgotten after ``longest``. Safe between threads."""

    def __init__(self, longest: int = 100_000) -> None:
        self._calls: deque[Call] = deque(maxlen=longest)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)
            self._counts[call.method] += 1

    def list(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def counts(self) -> Counter[str]:
        """How many calls of each method, however long ago."""
        with self._lock:
            return Counter(self._counts)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._counts.clear()


class FailingLayer:
    """A WSGI layer that records every call and does to it what the switches say.

    ``short_path``: how a path stands in the log, and what the switches are matched with.
    """

    def __init__(
        self, inner: WSGIApplication, faults: CallFaults, clock: Clock, log: CallLog, short_path: Callable[[str], str]
    ) -> None:
        self._inner = inner
        self._faults = faults
        self._clock = clock
        self._log = log
        self._short_path = short_path
        self._stopped = threading.Event()
        self.cookies: list[str] = []
        """What callers sent back of the cookies that they were given."""

    def stop(self) -> None:
        """Cut short what waits."""
        self._stopped.set()
        self._faults.release()

    def start(self) -> None:
        """Let calls be slow again after ``stop()``."""
        self._stopped.clear()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], self._short_path(environ["PATH_INFO"])
        faults = self._faults
        if environ.get("HTTP_COOKIE"):
            self.cookies.append(environ["HTTP_COOKIE"])
        if faults.latency > 0:
            self._stopped.wait(faults.latency)
        if faults.outage:
            return self._refuse(faults.outage_refusal(), method, path, start_response)
        mishap = faults.take(method, path, self._clock.now())
        if mishap is not None and mishap.refusal is not None:
            return self._refuse(mishap.refusal, method, path, start_response)
        if mishap is not None and mishap.hostility is not None:
            return self._answer_hostilely(mishap.hostility, mishap.numbers, environ, start_response)
        if mishap is not None:
            self._give_no_answer(mishap, environ, method, path)
        return self._answer(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], self._short_path(environ["PATH_INFO"])
        status: list[str] = []

        def noted(line: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], object]:
            status[:] = [line]
            return start_response(line, headers, exc_info)

        answer = self._inner(environ, noted)
        self._log.add(Call(method, path, int(status[0][:3])))
        if status[0].startswith("2"):
            self._faults.performed(method, path)
        return answer

    def _answer_hostilely(
        self, kind: Hostility, numbers: Mapping[str, str], environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        credentials = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
        asked = Asked(
            environ["REQUEST_METHOD"], environ["PATH_INFO"].lstrip("/"), environ["SERVER_PORT"], credentials, numbers
        )
        if kind is Hostility.OTHER_TICKET and asked.method == "GET":
            names = ("PATH_INFO", "QUERY_STRING", "REQUEST_URI", "RAW_URI")
            anew = {**environ, **{name: renumbered(environ.get(name, ""), numbers) for name in names}}
            # What is asked for by its number is asked for by the other one's; else only the answer can be another.
            if anew != environ:
                return self._answer(anew, start_response)
        told: list[tuple[int, list[tuple[str, str]]]] = []

        def noted(line: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], object]:
            told[:] = [(int(line[:3]), list(headers))]
            return _swallow_bytes

        body = b"".join(self._answer(environ, noted))
        status, headers = told[0]
        given = spoiled(kind, Given(status, headers, [body]), asked, self._stopped.wait)
        start_response(f"{given.status} SPOILED", given.headers)
        return Stream(given.body)

    def _refuse(self, refusal: Refusal, method: str, path: str, start_response: StartResponse) -> Iterable[bytes]:
        self._log.add(Call(method, path, refusal.status))
        body = refusal.payload
        at = self._clock.now().replace(microsecond=0)
        headers = [
            ("Content-Type", refusal.content_type),
            ("Content-Length", str(len(body))),
            ("Date", format_datetime(at, usegmt=True)),
            *refusal.headers.items(),
        ]
        start_response(f"{refusal.status} REFUSED", headers)
        return [body]

    def _give_no_answer(self, mishap: Mishap, environ: WSGIEnvironment, method: str, path: str) -> None:
        if mishap.is_performed:
            b"".join(self._inner(environ, _swallow))
            self._faults.performed(method, path)
        self._log.add(Call(method, path, 0))
        if mishap.hangs and not self._stopped.is_set():
            self._faults.hold(LONGEST_HANG)
        raise NoAnswer("the simulator was told not to answer")


def _swallow(status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], object]:
    return _swallow_bytes


def _swallow_bytes(data: bytes) -> object:
    """For WSGI's ``write``, which no app here uses."""
    raise NotImplementedError(f"{len(data)} bytes were written past the answer")


class _Handler(WSGIRequestHandler):
    """Keeps connections open, which werkzeug's own handler never does, and writes an answer in one go."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.server.opened.add(self.connection)  # type: ignore[attr-defined]  # set by Server

    def finish(self) -> None:
        self.server.opened.discard(self.connection)  # type: ignore[attr-defined]  # set by Server
        try:
            super().finish()
        except OSError:
            # The client was gone before the last bytes: there is nobody left to tell.
            self.close_connection = True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        # Read whole, so that what the app leaves unread does not become the next request's first line.
        length = int(self.headers.get("Content-Length") or 0)
        environ["wsgi.input"] = io.BytesIO(self.rfile.read(length))
        head: list[str] = []

        def start_response(status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], object]:
            head[:] = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
            return _swallow_bytes

        try:
            answer = self.server.app(environ, start_response)
            if isinstance(answer, Stream):
                self.close_connection = True
                head.append("Connection: close")
                self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1"))
                for piece in answer:
                    self.wfile.write(piece)
                    self.wfile.flush()
                return
            body = b"".join(answer)
            if self.close_connection:
                head.append("Connection: close")
            self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)
            self.wfile.flush()
        except ConnectionError:
            self.close_connection = True


class Server:
    """A threaded server on the loopback interface. ``address`` is its base URL, without a trailing slash."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self._server: BaseWSGIServer = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
        self._opened: set[socket.socket] = set()
        self._server.opened = self._opened  # type: ignore[attr-defined]  # read by _Handler
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._stop: Callable[[], None] = self._server.server_close

    def start(self) -> None:
        self._stop = serve_in_background(self._server, "simulator")

    def stop(self) -> None:
        """Stop listening and close every connection."""
        self._stop()
        for connection in list(self._opened):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed by the other side already
