"""Memory and start-up time of ``web``, ``worker`` and ``run``, beside a bare Flask view under gunicorn.

Memory is the proportional share (PSS) where the system tells it, summed over the processes of a service: pages that
they have in common count once. It is read after some load, long enough for the collector to have looked through
everything, and of the same services as a deployment starts them.
Start-up is the time from the start of the command until the first request is answered, for a worker until its first
claim is worked on (the first call to the ticket system).
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.accepts import load
from bench.psa import Psa, psa
from bench.servers import ESCALATOR, Served, answers, bare, free_port, ours, settings_of, started, wait_for
from connector.store.database.engine import Store

MEGABYTE = 1024.0
SETTLED_SECONDS = 2.0
LOAD_SECONDS = 3.0
AIMS = {"web, 1 process": 80, "run": 90, "worker": 60}
"""Megabytes (PSS)."""


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += family(int(child))
    return found


def megabytes(pid: int, what: str) -> float:
    """``Pss`` or ``Rss`` of a process and all that it started."""
    total = 0
    for member in family(pid):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{what}:"):
                total += int(line.split()[1])
    return total / MEGABYTE


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    if not Path("/proc/self/smaps_rollup").exists():
        raise RuntimeError("the memory of processes can only be read on Linux")
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (1, 2):
            with bare("nothing", Path(folder), count) as served:
                hello = measured(served)
            with ours(fresh(folder, f"web{count}"), count) as served:
                web = measured(served)
            title = f"web, {count} process{'es' if count > 1 else ''}"
            rows += report(title, web, hello)
            if count == 1:
                alone = hello
        with psa() as desk:
            rows += report("run", measured_run(desk, fresh(folder, "run")), alone)
            rows += report("worker", measured_worker(desk, fresh(folder, "worker")), alone)
    return rows


def fresh(folder: str, name: str) -> Path:
    made = Path(folder) / name
    made.mkdir()
    return made


def measured(served: Served) -> tuple[float, float, float]:
    """PSS and RSS in megabytes after some load, and the seconds until it answered."""
    load(served, 32, LOAD_SECONDS)
    return megabytes(served.pid, "Pss"), megabytes(served.pid, "Rss"), served.ready_after


def measured_run(desk: Psa, folder: Path) -> tuple[float, float, float]:
    """``escalator run``, once it answers and its worker has looked at the ticket system."""
    port = free_port()
    with service("run", desk, folder, PORT=str(port)) as process:
        took = wait_for(lambda: answers(port), process, "escalator run")
        time.sleep(SETTLED_SECONDS)
        return megabytes(process.pid, "Pss"), megabytes(process.pid, "Rss"), took


def measured_worker(desk: Psa, folder: Path) -> tuple[float, float, float]:
    """``escalator worker``, from its start to its first call to the ticket system."""
    store = Store.open(f"sqlite:///{folder / 'bench.db'}")
    store.migrate()
    store.close()
    desk.calls()
    with service("worker", desk, folder) as process:
        took = wait_for(lambda: bool(desk.calls()), process, "escalator worker")
        time.sleep(SETTLED_SECONDS)
        return megabytes(process.pid, "Pss"), megabytes(process.pid, "Rss"), took


@contextmanager
def service(name: str, desk: Psa, folder: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of the connector's services on the simulated ticket system."""
    environ = settings_of(folder, desk.url, **desk.environment, **more)
    with started([str(ESCALATOR), name], environ, folder) as process:
        yield process


def report(title: str, mine: tuple[float, float, float], other: tuple[float, float, float]) -> list[dict[str, object]]:
    """The rows of one service."""
    what = ("PSS in MB", "RSS in MB", "start-up in s")
    return [
        {
            "name": f"footprint, {title}: {name}, against bare Flask",
            "ours": round(own, 2),
            "reference": round(theirs, 2),
            "ratio": round(own / theirs, 2),
            "aim": f"ours <= {AIMS[title]}" if has_aim else "-",
            "met": own <= AIMS[title] if has_aim else None,
        }
        for name, own, theirs in zip(what, mine, other, strict=True)
        for has_aim in (name == what[0] and title in AIMS,)
    ]


if __name__ == "__main__":
    for row in results():
        print(row)
