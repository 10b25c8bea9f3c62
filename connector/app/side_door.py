"""A small HTTP server in a thread: what a worker that runs alone offers to those who watch it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from connector.app.wiring import Wiring
from connector.errors import ConfigError
from connector.store.group_commit import GroupCommit
from connector.store.mailbox import Mailbox

if TYPE_CHECKING:
    from flask import Flask

    from connector.worker.worker import Worker

PATIENCE_SECONDS = 10.0
"""How long one who asks may take to say what."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking a name server for our own name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _ServerV6(_Server):
    address_family = socket.AF_INET6


class _Quiet(WSGIRequestHandler):
    timeout = PATIENCE_SECONDS

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses may hold tokens, and a watcher asks every few seconds."""


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
