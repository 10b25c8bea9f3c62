"""The servers that are measured: ours as a deployment starts it, and the bare Flask views that it stands beside.

``python -m bench.servers insert|nothing PORT PROCESSES DATABASE`` serves a bare view under the same gunicorn settings
as ours: the same worker class, threads, processes and keep-alive.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, request

from connector.app.serve import Listening, Site, serve
from connector.store.database.engine import Store
from connector.store.signing_keys import SigningKeyStore

KEY = "a-signing-key-of-the-benchmark"
START_SECONDS = 30.0
ESCALATOR = Path(sys.executable).with_name("escalator")


@dataclass(frozen=True, slots=True)
class Served:
    """A running server. ``key_url``: what a webhook's body must name. ``ready_after``: seconds until it accepted."""

    port: int
    pid: int
    key_url: str
    ready_after: float


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_of(folder: Path, url: str, **more: str) -> dict[str, str]:
    """The environment of a connector on a SQLite file in ``folder``; nothing of the caller's settings."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **plain,
        "DATABASE_URL": f"sqlite:///{folder / 'bench.db'}",
        "LOG_LEVEL": "warning",
        "CONNECTWISE_URL": url,
        "CONNECTWISE_COMPANY": "bench",
        "CONNECTWISE_PUBLIC_KEY": "bench-public",
        "CONNECTWISE_PRIVATE_KEY": "bench-private",
        "CONNECTWISE_CLIENT_ID": "00000000-0000-4000-8000-0000000be0c4",
        "TIER_1_HOME": "Service Desk",
        "TIER_2_HOME": "Tier 3",
        "TIER_3_HOME": "Sr IT",
        **more,
    }


@contextmanager
def started(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process, stopped by SIGTERM at the end."""
    process = subprocess.Popen(command, env=dict(environ), cwd=folder, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(is_there: Callable[[], bool], process: subprocess.Popen[bytes], what: str) -> float:
    """Wait until it is there; seconds it took. Raises RuntimeError when the process ended or it takes too long."""
    begin = time.perf_counter()
    while not is_there():
        if process.poll() is not None:
            raise RuntimeError(f"{what}: ended with {process.returncode}")
        if time.perf_counter() - begin > START_SECONDS:
            raise RuntimeError(f"{what}: not there after {START_SECONDS:g} s")
        time.sleep(0.005)
    return time.perf_counter() - begin


def answers(port: int, path: str = "/health/live") -> bool:
    """Whether a server answers a request there, whatever it says."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
            caller.sendall(f"GET {path} HTTP/1.0\r\nHost: bench\r\n\r\n".encode())
            return caller.recv(12).startswith(b"HTTP/1.")
    except OSError:
        return False


@contextmanager
def ours(folder: Path, processes: int) -> Iterator[Served]:
    """``escalator web`` with a known signing key."""
    site = "http://127.0.0.1:9"
    key_url = f"{site}/v4_6_release/system/callbackkey/index.rails?companyName=bench&id=1"
    port = free_port()
    environ = settings_of(folder, site, PORT=str(port), WEB_CONCURRENCY=str(processes))
    store = Store.open(environ["DATABASE_URL"])
    store.migrate()
    SigningKeyStore(store, "connectwise").put(key_url, KEY)
    store.close()
    with started([str(ESCALATOR), "web"], environ, folder) as process:
        took = wait_for(lambda: answers(port), process, "escalator web")
        yield Served(port, process.pid, key_url, took)


@contextmanager
def bare(kind: str, folder: Path, processes: int) -> Iterator[Served]:
    """A bare Flask view under the same gunicorn settings."""
    port = free_port()
    command = [sys.executable, "-m", "bench.servers", kind, str(port), str(processes), str(folder / "bare.db")]
    with started(command, os.environ, Path(__file__).resolve().parent.parent) as process:
        took = wait_for(lambda: answers(port), process, kind)
        yield Served(port, process.pid, "-", took)


def inserting(database: str) -> Flask:
    """One row a request: inserted and committed before the answer; one connection a thread, WAL, FULL."""
    app, local = Flask("insert"), threading.local()

    def connection() -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(local, "connection", None)
        if found is None:
            found = local.connection = sqlite3.connect(database, timeout=15, isolation_level=None)
            found.execute("PRAGMA synchronous=FULL")
        return found

    @app.post("/webhooks/connectwise")
    def receive() -> tuple[dict[str, int], int]:
        connection().execute("INSERT INTO inbox (body) VALUES (?)", (request.get_data(),))
        return {"accepted": 1}, 202

    return app


def answering() -> Flask:
    """202 and nothing stored."""
    app = Flask("nothing")

    @app.post("/webhooks/connectwise")
    def receive() -> tuple[dict[str, int], int]:
        request.get_data()
        return {"accepted": 1}, 202

    return app


def _nothing() -> None:
    """The bare views have nothing to begin or end."""


def main(kind: str, port: str, processes: str, database: str) -> None:
    if kind == "insert":
        with sqlite3.connect(database) as setup:
            setup.execute("PRAGMA journal_mode=WAL")
            setup.execute("CREATE TABLE inbox (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        setup.close()
    app = inserting(database) if kind == "insert" else answering()
    serve(lambda: Site(app, _nothing, _nothing), Listening("127.0.0.1", int(port), int(processes)))


if __name__ == "__main__":
    main(*sys.argv[1:])
