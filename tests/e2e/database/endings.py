"""How long processes take to end when the database, or the ticket system, answers nobody any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from adapters.connectwise.simulator import Simulator
from connector.clock import SystemClock
from tests.crash.desks import open_tickets, until
from tests.crash.services import Service, a_free_port, environment, run_to_end, service
from tests.e2e.database.proxy import Proxy
from tests.postgresql import Cluster

ENDS_WITHIN = 30.0
HANGING = ("the database", "the ticket system")
COMMANDS = ("worker", "run", "web")
_WAITING = 4.0
"""Seconds of hanging before the signal: calls are under way then."""


@dataclass(frozen=True, slots=True)
class Ending:
    """``seconds`` from SIGTERM until the process was gone, None when it never was."""

    hanging: str
    command: str
    seconds: float | None

    def __str__(self) -> str:
        how = "was still there" if self.seconds is None else f"ended after {self.seconds:.1f} s"
        return f"{self.hanging} hangs: `{self.command}` {how}"


def end_everything(folder: Path, tell: Callable[[Ending], None]) -> None:
    """Each command, with each thing hanging. AssertionError where one did not end in time."""
    cluster = Cluster.at(folder / "postgresql")
    cluster.start()
    try:
        for hanging in HANGING:
            for command in COMMANDS:
                database = f"{command}_{HANGING.index(hanging)}"
                cluster.create(database)
                ending = _end(cluster, database, hanging, command, folder)
                tell(ending)
                assert ending.seconds is not None, str(ending)
                assert ending.seconds <= ENDS_WITHIN, str(ending)
    finally:
        cluster.stop()


def _end(cluster: Cluster, database: str, hanging: str, command: str, folder: Path) -> Ending:
    work = folder / database
    work.mkdir()
    simulator = Simulator(SystemClock(), callback_delivery="manual").standard_desk()
    with simulator.serve() as url, Proxy(cluster.port) as proxy:
        address = cluster.url(database).replace(f":{cluster.port}/", f":{proxy.port}/")
        with _running(command, url, address, work) as one:
            if hanging == HANGING[0]:
                proxy.silence()
            else:
                simulator.faults.drop_before_performing(1000, hang=True)
            open_tickets(simulator, 5)
            if command != "worker":
                _ask(one)
            time.sleep(_WAITING)
            begun = time.monotonic()
            one.process.terminate()
            until(lambda: one.process.poll() is not None or time.monotonic() - begun > 2 * ENDS_WITHIN, "it ended", 90)
            seconds = time.monotonic() - begun if one.process.poll() is not None else None
        simulator.faults.reset()
        proxy.mend()
    return Ending(hanging, command, seconds)


@contextmanager
def _running(command: str, url: str, database: str, folder: Path) -> Iterator[Service]:
    """The command at that desk, at work: every ticket is due at once."""
    environ = environment(
        {
            "CONNECTWISE_URL": url,
            "CONNECTWISE_COMPANY": "acme",
            "CONNECTWISE_PUBLIC_KEY": "public",
            "CONNECTWISE_PRIVATE_KEY": "private",
            "CONNECTWISE_CLIENT_ID": "00000000-0000-0000-0000-000000000001",
            "TIER_1_HOME": "Service Desk > First Touch",
            "TIER_2_HOME": "Tier 3",
            "TIER_3_HOME": "Sr IT",
            "TIER_1_DIAGNOSIS_MINUTES": "0.02",
            "WORK_HOURS": "24x7",
            "WORK_TIME_ZONE": "UTC",
            "ESCALATION_MODE": "enforce",
            "ADOPT": "history",
            "ESCALATIONS_PER_HOUR": "0",
            "RECONCILE_SECONDS": "2",
            "DATABASE_URL": database,
            "PORT": str(a_free_port()),
        }
    )
    run_to_end(["migrate"], environ, folder)
    with service(command, environ, folder) as one:
        until(lambda: command == "worker" or one.is_live(), "it listens")
        until(lambda: one.log.stat().st_size > 0, "it has begun")
        time.sleep(_WAITING)
        yield one


def _ask(one: Service) -> None:
    """A request that the hanging thing keeps waiting."""
    try:
        requests.get(f"{one.url}/health/ready", timeout=1)
    except requests.Timeout:
        return
