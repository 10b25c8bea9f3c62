"""The connector as an operator runs it: processes of ``escalator``, told everything by environment variables."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.crash.desks import until
from tests.crash.services import a_free_port
from tests.e2e.rt.api import JUDGE, Api
from tests.e2e.rt.instance import ACCOUNT, SECRET, Instance

HOMES = ("First Touch", "Tier 3", "Sr IT")
_COMMAND = [sys.executable, "-c", "from connector.cli import main; main()"]
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")


@dataclass(slots=True)
class Connector:
    """One installation: its database, its variables, and the processes that run of it."""

    instance: Instance
    folder: Path
    database_url: str
    variables: Mapping[str, str]
    port: int = field(default_factory=a_free_port)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where its web process listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of its processes: what an operator sets, and nothing that happens to be here."""
        return {
            **{name: value for name, value in os.environ.items() if name in _KEPT},
            "DATABASE_URL": self.database_url,
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "ESCALATION_MODE": "enforce",
            "ADOPT_PER_HOUR": "0",  # a ticket of the second of the first start counts as one that was open before
            "ESCALATIONS_PER_HOUR": "0",  # some let hundreds of tickets fall due at once
            "RT_URL": self.instance.url,
            "RT_TOKEN": self.instance.tokens[ACCOUNT],
            "RT_WEBHOOK_SECRET": SECRET,
            **{f"TIER_{number}_HOME": home for number, home in enumerate(HOMES, 1)},
            "WORK_HOURS": "24x7",
            "WORK_TIME_ZONE": "UTC",
            **self.variables,
        }

    @property
    def log_file(self) -> Path:
        """Where all processes write."""
        return self.folder / "connector.log"

    def log(self) -> str:
        """What the processes wrote so far."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Start ``escalator run``, ``web`` or ``worker``."""
        with self.log_file.open("ab") as stream:
            process = subprocess.Popen(
                [*_COMMAND, command], env=self.environ, cwd=self.folder, stdout=stream, stderr=subprocess.STDOUT
            )
        self._processes.append(process)
        return process

    def call(self, *arguments: str) -> str:
        """Run a command that ends by itself; what it printed, whatever it ended with."""
        done = subprocess.run(
            [*_COMMAND, *arguments], env=self.environ, cwd=self.folder, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def wait_until_ready(self) -> None:
        """Wait until the web process answers and a worker has completed a cycle."""
        until(self._is_ready, "the connector is ready", 60)

    def is_running(self) -> bool:
        """Whether every process that was started is there."""
        return all(process.poll() is None for process in self._processes)

    def stop(self) -> list[int]:
        """End all that runs, gracefully; the exit codes."""
        running = [process for process in self._processes if process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(30) for process in running]
        self._processes.clear()
        return codes

    def kill(self) -> None:
        """End all that runs, at once."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self._processes.clear()

    def _is_ready(self) -> bool:
        assert self.is_running(), self.log()[-4000:]
        try:
            return requests.get(f"{self.url}/health/ready", timeout=10).status_code == 200
        except requests.ConnectionError:
            return False


@contextmanager
def connector_at(
    instance: Instance, folder: Path, variables: Mapping[str, str] | None = None, name: str = "connector"
) -> Iterator[Connector]:
    """A new installation at a desk without open tickets, with the kind of database that the instance has.

    The webhooks go to it. No process runs yet.
    """
    Api(instance, JUDGE).clear_the_desk()
    if instance.cluster is None:
        database_url = f"sqlite:///{folder / name}.db"
    else:
        instance.cluster.drop(name)
        instance.cluster.create(name)
        database_url = instance.cluster.url(name)
    connector = Connector(instance, folder, database_url, variables or {})
    instance.send_webhooks_to(f"{connector.url}/webhooks/rt")
    try:
        yield connector
    finally:
        connector.kill()
        instance.send_webhooks_to("")
