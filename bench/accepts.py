"""Durable accepts over HTTP: ``escalator web``, beside two bare Flask views under the same gunicorn settings.

The first reference inserts one row and commits it (on SQLite with WAL, synchronous=FULL, as ours); the second answers
202 and stores nothing. The three take turns in short rounds under the same load: on SQLite with one web process, as a
deployment there has by default, and with two; on PostgreSQL with one, both on the same server. Ours verifies the
signature, parses, refuses duplicates and rings the ticket besides.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.servers import KEY, Served, bare, ours, postgresql

CONCURRENCIES = (1, 8, 32)
ROUNDS = 4
SECONDS = 0.6
MOST_A_SECOND = 6_000
AIMS = {1: 0.7, 8: 1.0, 32: 1.0}
"""What is to be reached of the first reference's rate, by how many are at once, with one process."""
OURS, INSERT, NOTHING = "ours", "insert", "nothing"


@dataclass(slots=True)
class Tally:
    """What one server did under one load, over all rounds: requests a second by round, and every latency."""

    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second, the median of the rounds."""
        return statistics.median(self.rates)

    def latency(self, part: float) -> float:
        """Milliseconds below which that part of the answers came."""
        return sorted(self.latencies)[int(part * (len(self.latencies) - 1))] * 1000


def load(served: Served, concurrency: int, seconds: float) -> dict[str, object]:
    """One round of load from a process of its own. Raises RuntimeError when anything but 202 was answered."""
    wish = {
        "port": served.port,
        "key": KEY,
        "key_url": served.key_url,
        "concurrency": concurrency,
        "seconds": seconds,
        "most": int(MOST_A_SECOND * seconds) + concurrency,
    }
    command = [sys.executable, "-m", "bench.load"]
    done = subprocess.run(command, input=json.dumps(wish), capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    if list(found["statuses"]) != ["202"]:  # type: ignore[call-overload]  # a mapping, from our own program
        raise RuntimeError(f"not only 202 was answered: {found['statuses']}")
    return found


def measure(processes: int, *, is_postgresql: bool = False) -> dict[tuple[str, int], Tally]:
    """The three servers side by side, in turns."""
    tallies = {(name, n): Tally() for n in CONCURRENCIES for name in (OURS, INSERT, NOTHING)}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(postgresql(folder)) if is_postgresql else ""
        servers = {
            OURS: stack.enter_context(ours(folder, processes, database)),
            INSERT: stack.enter_context(bare(INSERT, folder, processes, database)),
            NOTHING: stack.enter_context(bare(NOTHING, folder, processes)),
        }
        for served in servers.values():
            load(served, 32, 0.3)
        for number in range(ROUNDS):
            for concurrency in CONCURRENCIES:
                for name in list(servers)[:: 1 if number % 2 else -1]:
                    note(tallies[name, concurrency], load(servers[name], concurrency, SECONDS))
    return tallies


def note(tally: Tally, found: Mapping[str, object]) -> None:
    """Add a round to a tally."""
    latencies, seconds, client = found["latencies"], found["seconds"], found["client"]
    assert isinstance(latencies, list)
    assert isinstance(seconds, float)
    assert isinstance(client, float)
    tally.rates.append(len(latencies) / seconds)
    tally.latencies += latencies
    tally.client.append(client)


def report(title: str, tallies: Mapping[tuple[str, int], Tally]) -> list[dict[str, object]]:
    """The rows of one way of deploying."""
    rows: list[dict[str, object]] = []
    for n in CONCURRENCIES:
        mine, insert, nothing = (tallies[name, n] for name in (OURS, INSERT, NOTHING))
        what = f"accepts, {title}, {n} at once"
        rows += [
            rate_row(f"{what}: requests/s, against insert and commit", mine, insert, AIMS[n]),
            rate_row(f"{what}: requests/s, against storing nothing", mine, nothing, 0.5),
            latency_row(f"{what}: p50 in ms, against insert and commit", mine, insert, 0.5, has_aim=False),
            latency_row(f"{what}: p99 in ms, against insert and commit", mine, insert, 0.99, has_aim=True),
        ]
    busiest = max(statistics.median(tally.client) for tally in tallies.values())
    name = f"accepts, {title}: the load's own share of a core, at most"
    return [*rows, {"name": name, "ours": round(busiest, 2), "reference": None, "ratio": None, "aim": "-", "met": None}]


def rate_row(name: str, mine: Tally, other: Tally, aim: float) -> dict[str, object]:
    ratio = mine.rate / other.rate
    return {
        "name": name,
        "ours": round(mine.rate),
        "reference": round(other.rate),
        "ratio": round(ratio, 2),
        "aim": f"ratio >= {aim}",
        "met": ratio >= aim,
    }


def latency_row(name: str, mine: Tally, other: Tally, part: float, *, has_aim: bool) -> dict[str, object]:
    own, theirs = mine.latency(part), other.latency(part)
    return {
        "name": name,
        "ours": round(own, 2),
        "reference": round(theirs, 2),
        "ratio": round(own / theirs, 2),
        "aim": "ratio < 1" if has_aim else "-",
        "met": own < theirs if has_aim else None,
    }


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    return [
        *report("SQLite, one process", measure(1)),
        *report("SQLite, two processes", measure(2)),
        *report("PostgreSQL, one process", measure(1, is_postgresql=True)),
    ]


if __name__ == "__main__":
    for row in results():
        print(row)
