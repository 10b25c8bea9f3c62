"""How many past tickets a second and core are replayed once they are local, and in how much memory.

Ten thousand tickets with twenty entries each, in the file that a run keeps, through the whole command. The reference of
the speed is what any reader of that file must do at least, taking each line apart as JSON; that of the memory, the same
command over a hundred. And on each desk ten thousand past tickets are read in moved time while escalations fall due.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

from connector.backtest.ticket import PastTicket
from connector.model import Aspect, AuthorKind, Change, TicketId
from connector.past.file import PastFile
from connector.systems.catalogue import ticket_systems
from tests.builders import (
    DESK,
    NEW,
    NINE,
    RESOLVED,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_note,
    a_ticket,
    given_to,
    moved,
    turned,
)
from tests.scenarios.past_desks import late_while_reading

MANY, FEW, ENTRIES = 10_000, 100, 20
AIM, MEMORY_AIM = 2_000, 150
POLICY = {
    "tiers": [
        {"homes": {"psa": "Service Desk > First Touch"}},
        {"homes": {"psa": "Tier 3 > Seniors"}},
        {"homes": {"psa": "Sr IT"}},
    ]
}
TEXTS = (
    "Toggled the agent's connection off and on again, no change.",
    "Client says the error is the same on the other WiFi network as well.",
    "Read the Event Viewer: Event ID 7031, the service terminated unexpectedly.",
    "Called the vendor, case opened, they want the logs of the last two days.",
)


def a_past(n: int) -> PastTicket:
    """One of so many: every third is planned late, every fifth waits in between, every seventh is moved."""
    begins = NINE + timedelta(minutes=n % 300, days=7 * (n % 10))
    kinds = (AuthorKind.AGENT, AuthorKind.AGENT, AuthorKind.CLIENT)
    entries = [
        a_note(TEXTS[k % len(TEXTS)], begins + timedelta(minutes=2 + 3 * k), kind=kinds[k % 3])
        for k in range(ENTRIES - 1)
    ]
    entries.append(a_note("Plan: replace the beacon", begins + timedelta(minutes=45 if n % 3 == 0 else 20)))
    entries = [replace(entry, id=f"{n}-{k}") for k, entry in enumerate(entries)]
    changes: list[Change] = [
        given_to(TESS, begins + timedelta(minutes=1)),
        turned(NEW, WORKING, begins + timedelta(minutes=1)),
    ]
    if n % 5 == 0:
        changes.append(turned(WORKING, WAITING, begins + timedelta(minutes=5)))
        changes.append(turned(WAITING, WORKING, begins + timedelta(minutes=15)))
    if n % 7 == 0:
        changes.append(moved(DESK, TIER_3, begins + timedelta(minutes=50), "history"))
    changes.append(turned(WORKING, RESOLVED, begins + timedelta(minutes=70)))
    ends = {change.what: change.new for change in changes}
    record = a_ticket(
        id=TicketId(str(n)),
        summary=f"VPN client {n} cannot connect",
        contact="",
        place=ends.get(Aspect.PLACE, DESK),
        status=RESOLVED,
        owner=TESS,
        entered_at=begins,
        updated_at=begins + timedelta(minutes=70),
        read_at=NINE + timedelta(days=80),
        entries=tuple(sorted(entries, key=lambda entry: entry.at)),
    )
    return PastTicket("psa", record, tuple(changes))


def fill(path: Path, count: int) -> None:
    """So many past tickets in a file."""
    with PastFile(path).writer() as writer:
        for n in range(count):
            writer.append(a_past(n))


def timed(folder: Path, file: Path) -> tuple[float, float]:
    """Seconds of one core that the command takes over a file, and its memory at most, in MB."""
    environ = {"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{folder / 'b.db'}"}
    script = (
        "import resource, sys; from connector.cli.main import cli\n"
        "try: cli(sys.argv[1:], prog_name='escalator')\n"
        "finally:\n"
        "  used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "  print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)"
    )
    said = (
        "backtest",
        "--since",
        "2026-01-01",
        "--policy",
        str(folder / "policy.json"),
        "--from-file",
        str(file),
        "--json",
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *said], env=environ, check=True, capture_output=True, cwd=folder, text=True
    )
    seconds, memory = done.stderr.split()[-2:]
    return float(seconds), int(memory) / 1024


def taken_apart(file: Path) -> float:
    """Seconds that a JSON reader takes over a file's lines."""
    begun = time.process_time()
    with file.open() as lines:
        for line in lines:
            json.loads(line)
    return time.process_time() - begun


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        (folder / "policy.json").write_text(json.dumps(POLICY))
        many, few = folder / "many.jsonl", folder / "few.jsonl"
        fill(many, MANY)
        fill(few, FEW)
        ours, reference = (min(timed(folder, file) for _ in range(3)) for file in (many, few))
        bare = min(taken_apart(many) for _ in range(3))
    rate, bare_rate = (MANY - FEW) / (ours[0] - reference[0]), MANY / bare
    rows: list[dict[str, object]] = [
        {
            "name": "backtest, 10,000 of 20 entries: tickets a second and core (reference: JSON alone)",
            "ours": rate,
            "reference": bare_rate,
            "ratio": rate / bare_rate,
            "aim": f"ours >= {AIM:,}",
            "met": rate >= AIM,
        },
        {
            "name": "backtest: memory in MB, at most (reference: over 100)",
            "ours": ours[1],
            "reference": reference[1],
            "ratio": ours[1] / reference[1],
            "aim": f"ours <= {MEMORY_AIM}",
            "met": ours[1] <= MEMORY_AIM,
        },
    ]
    return rows + [_read(system) for system in ticket_systems()]


def _read(system: str) -> dict[str, object]:
    """How late an escalation was that fell due while past tickets were read, in seconds of the desk's time."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        reference, late = (late_while_reading(system, Path(there), n) for there, n in ((few, FEW), (many, MANY)))
    return {
        "name": f"backtest, 10,000 read on {system}: an escalation late, s, at worst (reference: 100 read)",
        "ours": late,
        "reference": reference,
        "ratio": None,
        "aim": "ours <= 60",
        "met": late <= 60,
    }
