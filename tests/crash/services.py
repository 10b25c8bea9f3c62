"""The commands of ``escalator`` as processes of their own, with a log each, that never outlive a test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

STOP_SECONDS = 10.0
COMMAND = [sys.executable, "-c", "from connector.cli import main; main()"]
_OURS = ("CONNECTWISE_", "TIER_", "FINAL_", "ESCALATION_", "PROMETHEUS_", "WEB_", "WORK_", "DATABASE_URL")


@dataclass(frozen=True, slots=True)
class Service:
    """A running ``escalator``. ``url``: where it listens, if it does."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str

    def is_live(self) -> bool:
        """Whether it answers; AssertionError with its log when it ended."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return requests.get(f"{self.url}/health/live", timeout=STOP_SECONDS).status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self) -> tuple[int, float]:
        """End it by SIGTERM: its exit code, and the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS), time.monotonic() - begun


def a_free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of a service: ours, in UTC where that says nothing else, and nothing of it from outside."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**outside, "WORK_TIME_ZONE": "UTC", **ours}


def run_to_end(arguments: list[str], environ: Mapping[str, str], folder: Path) -> str:
    """Run a command that ends by itself, and well; what it said."""
    done = subprocess.run(
        [*COMMAND, *arguments], env=dict(environ), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@contextmanager
def service(command: str, environ: Mapping[str, str], folder: Path) -> Iterator[Service]:
    """``escalator web`` or ``escalator worker``; killed at the end when it is still there."""
    url = f"http://127.0.0.1:{environ['PORT']}"
    log = folder / f"{command}-{environ['PORT']}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*COMMAND, command], env=dict(environ), cwd=folder, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        yield Service(process, log, url)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
