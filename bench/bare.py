"""The bare Flask views that ours stands beside; nothing of the connector is loaded.

``python -m bench.bare insert|nothing PORT PROCESSES DATABASE`` serves one under the gunicorn settings that ours has
(``connector.app.serve``), but under its own threaded worker: the same threads, processes, keep-alive and time-outs.
``DATABASE``: the path of a SQLite file, or an address ``postgresql://…``.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from typing import Any

from flask import Flask, request
from gunicorn.app.base import BaseApplication

CREATE = "CREATE TABLE bare (id {id} PRIMARY KEY, body {body} NOT NULL)"


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """The app, made after the fork."""

    def __init__(self, app: Flask, port: int, processes: int) -> None:
        self._app = app
        self._options = {
            "bind": f"127.0.0.1:{port}",
            "workers": processes,
            "worker_class": "gthread",
            "threads": 32,
            "timeout": 60,
            "graceful_timeout": 27,
            "keepalive": 15,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def inserting(database: str) -> Flask:
    """One row a request: inserted and committed before the answer; one connection a thread, WAL and FULL on SQLite."""
    app, local = Flask("insert"), threading.local()
    is_postgresql = database.startswith("postgresql")
    statement = f"INSERT INTO bare (body) VALUES ({'%s' if is_postgresql else '?'})"

    def connection() -> Any:
        found = getattr(local, "connection", None)
        if found is None:
            found = local.connection = connected(database)
        return found

    @app.post("/webhooks/connectwise")
    def receive() -> tuple[dict[str, int], int]:
        connection().execute(statement, (request.get_data(),))
        return {"accepted": 1}, 202

    return app


def connected(database: str) -> Any:
    """A connection on which each statement is a transaction."""
    if database.startswith("postgresql"):
        import psycopg

        return psycopg.connect(database, autocommit=True)
    found = sqlite3.connect(database, timeout=15, isolation_level=None)
    found.execute("PRAGMA synchronous=FULL")
    return found


def prepare(database: str) -> None:
    """The table to insert into."""
    found = connected(database)
    if database.startswith("postgresql"):
        found.execute(CREATE.format(id="bigint GENERATED ALWAYS AS IDENTITY", body="bytea"))
    else:
        found.execute("PRAGMA journal_mode=WAL")
        found.execute(CREATE.format(id="INTEGER", body="BLOB"))
    found.close()


def answering() -> Flask:
    """202 and nothing stored."""
    app = Flask("nothing")

    @app.post("/webhooks/connectwise")
    def receive() -> tuple[dict[str, int], int]:
        request.get_data()
        return {"accepted": 1}, 202

    return app


def main(kind: str, port: str, processes: str, database: str) -> None:
    if kind == "insert":
        prepare(database)
    Server(inserting(database) if kind == "insert" else answering(), int(port), int(processes)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
