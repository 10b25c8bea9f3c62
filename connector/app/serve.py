"""Gunicorn, embedded: the web processes and, for ``run``, the worker's threads beside the one web process.

The master process only watches. What a web process needs is made in it after the fork, and given back before it
ends: on SIGTERM it stops accepting, answers what is in flight, then finishes or hands back the turns in hand.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from gunicorn import glogging
from gunicorn.app.base import BaseApplication
from prometheus_client import values

from connector.app.door import DoorWorker
from connector.app.memory import settle
from connector.app.stopping import GRACE_SECONDS
from connector.errors import ConfigError, ConnectorError
from connector.systems.addresses import Network

if TYPE_CHECKING:
    from flask import Flask

THREADS = 32
PORT_PATIENCE_SECONDS = 2.0
"""For another start of ours that is just ending."""

log = structlog.get_logger("connector")

_SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"


class PortTaken(ConnectorError):
    """Somebody else listens where we are to."""

    def __init__(self, listening: Listening) -> None:
        way = f"end it (`ss -ltnp 'sport = :{listening.port}'` shows it), or take another PORT"
        super().__init__(f"port {listening.port} of {listening.host} is in use by another process: {way}")


@dataclass(frozen=True, slots=True)
class Site:
    """What runs in one web process. ``begin`` starts threads, ``end`` stops them gracefully."""

    app: Flask
    begin: Callable[[], None]
    end: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how wide to listen. ``trusted``: our own proxies."""

    host: str
    port: int
    processes: int = 1
    threads: int = THREADS
    trusted: Sequence[Network] = ()

    @property
    def bind(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def serve(make_site: Callable[[], Site], listening: Listening) -> None:
    """Serve until SIGTERM or SIGINT; does not return (SystemExit with the exit code).

    Raises ConfigError where nobody could listen there, PortTaken where somebody else does.
    """
    _require_free(listening)
    settle()
    _Server(make_site, listening).run()


def _require_free(listening: Listening) -> None:
    """Wait a moment for one who is just stopping there. The server itself would try for longer, and end in silence."""
    give_up_at = time.monotonic() + PORT_PATIENCE_SECONDS
    while True:
        try:
            with socket.socket(socket.AF_INET6 if ":" in listening.host else socket.AF_INET) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((listening.host, listening.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigError([_cannot_listen(listening, error)]) from error
            if time.monotonic() > give_up_at:
                raise PortTaken(listening) from error
            time.sleep(0.1)
        else:
            return


def _cannot_listen(listening: Listening, error: OSError) -> str:
    if isinstance(error, PermissionError):
        way = "take one from 1024 on, such as PORT=8000, behind your proxy, or give the account the right to"
        return f"PORT: the account that runs escalator may not listen on {listening.port}: {way}"
    way = "take one of its own, such as HOST=127.0.0.1, or HOST=0.0.0.0 for all of them"
    return f"HOST: cannot listen on {listening.host!r} ({error.strerror}): {way}"


@contextmanager
def shared_metrics(processes: int) -> Iterator[str]:
    """A folder in which several web processes count together, so that each can tell the sum; empty for one.

    Enter before the processes are forked.
    """
    if processes == 1:
        yield ""
        return
    folder, owner, before = tempfile.mkdtemp(prefix="escalator-metrics-"), os.getpid(), values.ValueClass
    os.environ[_SHARED_METRICS] = folder
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # the library's
    try:
        yield folder
    finally:
        # The forked processes leave through here, too; the folder is the master's.
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)
            del os.environ[_SHARED_METRICS]
            values.ValueClass = before


class Logger(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's messages through our logging. No access log: addresses hold tokens."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn, also after a reload."""
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.propagate = True
        self.error_log.handlers[:] = []
        self.error_log.setLevel(logging.NOTSET)
        self.access_log.disabled = True


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, make_site: Callable[[], Site], listening: Listening) -> None:
        self._make_site = make_site
        self._listening = listening
        self._site: Site | None = None
        super().__init__()

    @property
    def trusted_proxies(self) -> Sequence[Network]:
        """For the worker."""
        return self._listening.trusted

    def load_config(self) -> None:
        options = {
            "bind": self._listening.bind,
            "workers": self._listening.processes,
            "worker_class": DoorWorker,
            "threads": self._listening.threads,
            "timeout": 60,
            "graceful_timeout": GRACE_SECONDS,
            "sendfile": False,
            "forwarder_headers": "",
            "forwarded_allow_ips": ",".join(str(one) for one in self._listening.trusted),
            "preload_app": False,
            "accesslog": None,
            "logger_class": Logger,
            "proc_name": "escalator",
            "control_socket_disable": True,
            "post_worker_init": self._begin,
            "worker_exit": self._end,
        }
        for name, value in options.items():
            if name in self.cfg.settings:  # older ones have no control socket
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in each web process, after the fork."""
        self._site = self._make_site()
        settle()
        return self._site.app

    def _begin(self, _process: object) -> None:
        if self._site is not None:
            self._site.begin()

    def _end(self, _arbiter: object, _process: object) -> None:
        if self._site is not None:
            self._site.end()
