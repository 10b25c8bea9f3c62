"""A PgBouncer of our own before a PostgreSQL server of the tests, on a free port of the loopback interface."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from tests.crash.services import a_free_port

MODE = "TESTS_THROUGH_PGBOUNCER"
"""The variable by which the tests' databases are reached through one: ``transaction`` or ``session``."""

MODES = ("transaction", "session")
PATIENCE = 30.0
_CLIENTS = 500
_POOL = 20
"""Connections to the server for each database; fewer than a crowd of threads wants, so that they are handed on."""


def mode() -> str:
    """How the tests' databases are to be reached; empty: directly. Raises ValueError for a mode that there is not."""
    wanted = os.environ.get(MODE, "")
    if wanted not in ("", *MODES):
        raise ValueError(f"{MODE} is {wanted!r}; it may be {' or '.join(MODES)}")
    return wanted


def program() -> str | None:
    """Where PgBouncer is on this machine; Debian has it in a folder that not everybody's PATH names."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def pgbouncer(server: str, folder: Path, pool_mode: str) -> Iterator[str]:
    """The address of the server's own database through a PgBouncer in that mode, which ends afterwards.

    It runs as the user who owns the server's socket, because it refuses to run as root.
    """
    found = program()
    if found is None:
        raise RuntimeError("there is no pgbouncer on this machine: on Debian, apt-get install pgbouncer")
    url, port = make_url(server), a_free_port()
    host = str(url.query.get("host") or url.host)
    at = f"host={host} user={url.username}" + (f" port={url.port}" if url.port else "")
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": pool_mode,
        "max_client_conn": _CLIENTS,
        "default_pool_size": _POOL,
        "logfile": folder / "pgbouncer.log",
        "log_connections": 0,
        "log_disconnections": 0,
    }
    config = folder / "pgbouncer.ini"
    lines = [f"{name} = {value}" for name, value in settings.items()]
    config.write_text("\n".join(["[databases]", f"* = {at}", "[pgbouncer]", *lines, ""]))
    user = ["-u", Path(host).owner()] if os.geteuid() == 0 and host.startswith("/") else []
    if user:
        for path in (folder, config):
            shutil.chown(path, user[1])
    process = subprocess.Popen([found, "-q", *user, str(config)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(process, port)
        yield url.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("pgbouncer did not start") from None
