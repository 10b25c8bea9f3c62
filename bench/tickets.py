"""How long ``escalator tickets`` takes over 100,000 open tickets, and how much memory, as a whole process.

The reference is the same command over a hundred. A first screen, a screen of one client's (a hundredth of them), and
all of them as a document.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from connector.store.database.engine import Store
from connector.store.database.tables import mailbox

MANY, FEW = 100_000, 100
READ_AT = "2026-11-30T09:00:00+00:00"
CLIENTS = 100
ENVIRONMENT = {
    "CONNECTWISE_URL": "https://na.myconnectwise.net",
    "CONNECTWISE_COMPANY": "acme",
    "CONNECTWISE_PUBLIC_KEY": "public-12345678",
    "CONNECTWISE_PRIVATE_KEY": "private-12345678",
    "CONNECTWISE_CLIENT_ID": "00000000-0000-4000-8000-000000000000",
    "WORK_TIME_ZONE": "America/New_York",
    **{f"TIER_{n}_HOME": f"Board {n}" for n in (1, 2, 3)},
}
COMMANDS = {
    "a first screen": ("tickets",),
    "a first screen of one client": ("tickets", "--client", "client 42"),
    "all as a document": ("tickets", "--limit", "0", "--json"),
}


def fill(path: Path, count: int) -> None:
    """So many tickets that are looked at, each with its clock, in a database of its own."""
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    now = store.now()
    with store.writing() as conn:
        for first in range(0, count, 1000):
            rows = [a_row(n, now + timedelta(seconds=n % 36_000)) for n in range(first, min(first + 1000, count))]
            conn.execute(mailbox.insert(), rows)
    store.close()


def a_row(n: int, due_at: datetime | None, state: str = "running") -> dict[str, object]:
    """A ticket that is looked at, as the mailbox has it. ``due_at``: None where no limit runs."""
    client, tier, holder = f"Client {n % CLIENTS} Ltd", "First Touch (T1/2)", f"Tess Tech {n % 7}"
    clock = {"used_minutes": 10.0, "limit_minutes": 30.0, "stage": "diagnosis", "calendar": "default"}
    told = {"summary": "VPN client cannot connect since this morning " * 2, "why": "the plan is due in 30 minutes"}
    also = {"link": f"https://na.myconnectwise.net/ticket/{n}", "place": "Board 1", "status": "In Progress"}
    named = {"client": client, "tier": tier, "holder": holder}
    snapshot = {**clock, **told, **also, **named, "due_at": due_at and due_at.isoformat(), "verdict": state}
    return {
        **named,
        "connection": "connectwise",
        "ticket": str(n),
        "wake_at": due_at,
        "due_at": due_at,
        "deadline": due_at,
        "state": state,
        "fence": 1,
        "attempts": 0,
        "is_dead": False,
        "snapshot": {**snapshot, "read_at": READ_AT, "version": READ_AT},
    }


def timed(folder: Path, command: tuple[str, ...]) -> tuple[float, float]:
    """Seconds that a process of the command takes, and its memory at most, in MB."""
    environ = {"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{folder / 'b.db'}", **ENVIRONMENT}
    begun = time.perf_counter()
    script = (
        "import resource, sys; from connector.cli.main import cli\n"
        "try: cli(sys.argv[1:], prog_name='escalator')\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], env=environ, check=True, capture_output=True, cwd=folder, text=True
    )
    return time.perf_counter() - begun, int(done.stderr.split()[-1]) / 1024


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        fill(Path(few) / "b.db", FEW)
        fill(Path(many) / "b.db", MANY)
        for name, command in COMMANDS.items():
            reference, ours = ([timed(Path(folder), command) for _ in range(3)] for folder in (few, many))
            seconds, memory = (
                (min(one[which] for one in ours), min(one[which] for one in reference)) for which in (0, 1)
            )
            for what, pair in (("seconds", seconds), ("memory in MB, at most", memory)):
                row: dict[str, object] = {"name": f"tickets, {name}, 100,000: {what}", "ours": pair[0]}
                row |= {"reference": pair[1], "ratio": pair[0] / pair[1]}
                if what == "seconds" and "document" not in name:
                    row |= {"aim": "ours <= 1", "met": pair[0] <= 1}
                if what != "seconds":
                    row |= {"aim": "ratio <= 1.1", "met": pair[0] / pair[1] <= 1.1}
                rows.append(row)
    return rows
