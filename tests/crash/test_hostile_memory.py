"""What a hostile ticket system does to a worker's memory and to its other connection: a real process, in real time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.simulation.hostility import Hostility
from connector.clock import SystemClock
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import Desk
from tests.crash.desks import until
from tests.crash.services import a_free_port, environment, run_to_end, service

pytestmark = [
    pytest.mark.crash,
    pytest.mark.timeout(280),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of processes is read from /proc"),
]

MOST_MEGABYTES = 250
TICKETS = 12
"""More than a worker has threads."""

KINDS = [
    Hostility.HUGE,
    Hostility.ENDLESS,
    Hostility.BOMB,
    Hostility.VALUES,
    Hostility.DEEP,
    Hostility.ECHO,
    Hostility.DRIPPING,
]
"""Those that are about how much there is, or for how long."""


@pytest.fixture
def desks() -> Iterator[tuple[Desk, Desk]]:
    """One that will be hostile, and one that stays honest."""
    with ExitStack() as stack:
        made = tuple(ticket_systems()[name].simulated(SystemClock()) for name in ("connectwise", "halopsa"))
        for desk in made:
            stack.enter_context(desk.serve())
        yield made[0], made[1]


def variables(desks: tuple[Desk, Desk], url: str) -> dict[str, str]:
    homes = {
        f"TIER_{n}_HOME_{desk.system.upper()}": home for desk in desks for n, home in enumerate(desk.homes, start=1)
    }
    ours = {
        **desks[0].variables(),
        **desks[1].variables(),
        **homes,
        "DATABASE_URL": url,
        "PORT": str(a_free_port()),
        "ESCALATION_MODE": "enforce",
        "TIER_1_DIAGNOSIS_MINUTES": "0.005",
        "WARN_AT": "0",
        "WORK_HOURS": "24x7",
        "ADOPT_PER_HOUR": "0",
        # Nothing tells of a ticket but the poll.
        "RECONCILE_SECONDS": "1",
    }
    return {name: value for name, value in environment(ours).items() if not name.startswith("HALOPSA_") or name in ours}


def peak_megabytes(pid: int) -> float:
    """The most memory that a process has had in hand since it began."""
    told: Mapping[str, str] = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
    )
    return int(told["VmHWM"].split()[0]) / 1024


def asked(desk: Desk) -> int:
    """How many calls for one ticket were answered."""
    calls = desk.simulator.calls  # type: ignore[attr-defined]
    return len({call.path for call in calls if "tickets/" in call.path})


def test_a_worker_beside_a_hostile_system_stays_small_and_serves_the_other_one(
    desks: tuple[Desk, Desk], sqlite_url: str, tmp_path: Path
) -> None:
    hostile, honest = desks
    faults = hostile.simulator.faults  # type: ignore[attr-defined]  # every simulated desk has one
    environ = variables(desks, sqlite_url)
    run_to_end(["migrate"], environ, tmp_path)
    with service("worker", environ, tmp_path) as worker:
        for kind in KINDS:
            # The list is honest, so that every thread reads a ticket; of the probe, too, all is well.
            faults.be_hostile(kind, path=r"tickets/\d+")
            for n in range(TICKETS):
                hostile.open_ticket(f"Cannot print {n}", owner="tess")
            ticket = honest.open_ticket(f"Cannot scan beside {kind}", owner="tess")

            def is_up(ticket: str = ticket) -> bool:
                assert worker.process.poll() is None, worker.log.read_text()
                return honest.ticket(ticket).tier == 2

            until(is_up, f"the other system's ticket goes up beside one that is {kind}")
            if kind is not Hostility.DRIPPING:  # each takes half a minute
                until(lambda: asked(hostile) >= TICKETS, f"the tickets of the system that is {kind} are read")
            print(f"{kind}: at most {peak_megabytes(worker.process.pid):.0f} MB")
            assert peak_megabytes(worker.process.pid) <= MOST_MEGABYTES, kind
            hostile.simulator.forget_calls()  # type: ignore[attr-defined]
            faults.reset()
        print(f"worker: at most {peak_megabytes(worker.process.pid):.0f} MB, on {os.cpu_count()} processors")
        assert "Traceback" not in worker.log.read_text()
