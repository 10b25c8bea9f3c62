"""A small HTTP server in a thread: what a worker that runs alone offers to those who watch it.

Who asks has a thread, so those are few: a worker that lends its threads and files to whoever keeps a connection open
has none left for its tickets. Who is slow is hung up on, and who comes when all places are taken gets the oldest one.
"""

from __future__ import annotations

import io
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any, TextIO
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import structlog

from connector.app.wiring import Wiring
from connector.errors import ConfigError
from connector.store.group_commit import GroupCommit
from connector.store.mailbox import Mailbox

if TYPE_CHECKING:
    from flask import Flask

    from connector.worker.worker import Worker

PATIENCE_SECONDS = 10.0
"""How long one who asks may take to say what and to take the answer, in all."""

MOST_HEAD_BYTES = 32 * 1024
"""Of a request; what stands behind is not read, and nobody who asks how we are has so much to say."""

MOST_ASKING = 16
"""So many are listened to at a time."""

MOST_THREADS = 64
"""Beyond these, those of callers included who were hung up on, nobody is let in."""

log = structlog.get_logger("connector.side_door")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[WSGIRequestHandler]) -> None:
        self._lock = threading.Lock()
        self._callers: dict[Any, float] = {}
        self._waiting: dict[Any, None] = {}
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for our own name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def verify_request(self, request: Any, client_address: object) -> bool:
        """Whether there is room for one more; makes it by hanging up on whoever is there the longest."""
        with self._lock:
            if len(self._callers) >= MOST_THREADS:
                return False
            self._callers[request] = time.monotonic()
            self._waiting[request] = None
            for one in list(self._waiting)[:-MOST_ASKING]:
                self._hang_up(one)
        return True

    def service_actions(self) -> None:
        """Called twice a second: hang up on those who are slow."""
        with self._lock:
            before = time.monotonic() - PATIENCE_SECONDS
            for one in [one for one in self._waiting if self._callers[one] <= before]:
                self._hang_up(one)

    def shutdown_request(self, request: Any) -> None:
        """The end of a caller, in its own thread."""
        with self._lock:
            self._callers.pop(request, None)
            self._waiting.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing of one who hung up, or was hung up on; the server's own way is a traceback for each."""
        if not isinstance(sys.exc_info()[1], OSError):
            log.exception("request failed at the side door")

    def _hang_up(self, request: Any) -> None:
        """End what its thread waits for; that one closes it."""
        del self._waiting[request]
        with suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)


class _ServerV6(_Server):
    address_family = socket.AF_INET6


class _Head:
    """What a caller sends, up to its bound; there it ends. The library's own is 6 MB."""

    def __init__(self, received: Any) -> None:
        self._received = received
        self._left = MOST_HEAD_BYTES

    def readline(self, limit: int) -> bytes:
        line: bytes = self._received.readline(min(limit, self._left))
        self._left -= len(line)
        return line

    def close(self) -> None:
        self._received.close()


class _Quiet(WSGIRequestHandler):
    timeout = PATIENCE_SECONDS

    def setup(self) -> None:
        """Called for each caller."""
        super().setup()
        self.rfile = _Head(self.rfile)  # type: ignore[assignment]  # as much of it as is asked for here

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses may hold tokens, and a watcher asks every few seconds."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A refusal of the server's own, without its words: they repeat what was sent."""
        super().send_error(code)

    def get_stderr(self) -> TextIO:
        """Nowhere: what reaches it is a traceback of a caller who takes no answer; the application tells of its own."""
        return io.StringIO()


def watched(wiring: Wiring, worker: Worker) -> AbstractContextManager[object]:
    """What a worker alone offers to those who watch it, while it runs, where that is wanted. Raises ConfigError."""
    settings = wiring.settings
    if settings.worker_metrics_port is None:
        return nullcontext()
    from connector.app.web_side import deps_of
    from connector.web.app import create_side_app

    app = create_side_app(deps_of(wiring, GroupCommit(Mailbox(wiring.store)).deliver, worker))
    return side_door(app, settings.host, settings.worker_metrics_port)


@contextmanager
def side_door(app: Flask, host: str, port: int) -> Iterator[int]:
    """Serve ``app`` in the background meanwhile; gives the port. Raises ConfigError where it cannot listen there."""
    kind = _ServerV6 if ":" in host else _Server
    try:
        server = kind((host, port), _Quiet)
    except OSError as error:
        raise ConfigError(
            [
                f"WORKER_METRICS_PORT: cannot listen on port {port} of {host} ({error.strerror}); several workers on "
                "one host need a port each"
            ]
        ) from error
    server.set_app(app)
    thread = threading.Thread(target=server.serve_forever, name="side door", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(PATIENCE_SECONDS)
        server.server_close()
