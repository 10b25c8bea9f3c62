"""A minute of hostile senders before ``escalator web``: are real webhooks and ``/health`` answered, does nothing grow?

Two minutes: 64 connections that send a byte now and then, or nothing, and come again when they are closed; and 200
requests a second that are not signed, or are signed wrongly, or name signing keys that nobody knows, with bodies of up
to 200 KB. Real webhooks come five times a second meanwhile, each on a connection of its own, and from the same address
as all the others. The reference is a bare Flask view under gunicorn's own threaded worker, for a shorter time.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from bench.footprint import megabytes
from bench.load import webhooks
from bench.servers import KEY, Served, bare, ours

SECONDS, REFERENCE_SECONDS = 60.0, 20.0
SLOW, DRIP_SECONDS = 64, 0.5
A_SECOND, SENDERS = 200, 16
EVERY = 0.2
PATIENCE = 10.0
"""After so many seconds a sender takes a webhook for lost."""

P99_AIM, MEMORY_AIM, GROWTH_AIM = 2.0, 250.0, 16.0


@dataclass(slots=True)
class Minute:
    """What came of one: latencies in seconds (a lost one counts ``PATIENCE``), the rest in megabytes."""

    latencies: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    memory: float = 0.0
    growth: float = 0.0
    refused: int = 0

    @staticmethod
    def p99(latencies: list[float]) -> float:
        """The latency below which 99 of 100 answers came."""
        return sorted(latencies)[int(0.99 * (len(latencies) - 1))]


def asked(port: int, request: bytes, wanted: bytes) -> float:
    """Seconds until that status came to a request on a connection of its own, else ``PATIENCE``."""
    begun = time.perf_counter()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as caller:
            caller.sendall(request)
            if not caller.recv(64).startswith(b"HTTP/1.1 " + wanted):
                return PATIENCE
    except OSError:
        return PATIENCE
    return time.perf_counter() - begun


def minute(served: Served, attack: str, seconds: float, folder: Path | None) -> Minute:
    """Attack a server, and see how it does. ``folder``: where its database is.

    A webhook is sent when its time has come, whether the ones before were answered or not.
    """
    found = Minute()
    before = size_of(folder)
    command = [sys.executable, "-m", "bench.doors", attack, str(served.port), str(seconds), served.key_url]
    real = webhooks(served.port, KEY, served.key_url, int(seconds / EVERY))
    health = b"GET /health/live HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
    with subprocess.Popen(command, stdout=subprocess.PIPE) as attackers, ThreadPoolExecutor(128) as pool:
        assert attackers.stdout is not None
        attackers.stdout.readline()
        begun = time.perf_counter()
        waiting, asking = [], []
        for number, webhook in enumerate(real):
            time.sleep(max(0.0, begun + number * EVERY - time.perf_counter()))
            waiting.append(pool.submit(asked, served.port, webhook, b"202"))
            if number % 5 == 0 and folder is not None:
                asking.append(pool.submit(asked, served.port, health, b"200"))
                found.memory = max(found.memory, megabytes(served.pid, "Pss"))
        found.latencies = [one.result() for one in waiting]
        found.health = [one.result() for one in asking]
        found.refused = int(attackers.stdout.read())
    found.growth = size_of(folder) - before
    return found


def size_of(folder: Path | None) -> float:
    """Megabytes of the database and its log."""
    return sum(one.stat().st_size for one in folder.glob("bench.db*")) / 2**20 if folder else 0.0


# -- the attackers, in a process of their own ------------------------------------------------------------------


def slow(port: int, seconds: float, _key_url: str) -> int:
    """Keep connections open that never finish a request; how many were closed."""
    head = b"POST /webhooks/connectwise HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    kinds = cycle(
        [b"", head[:30], head, head + b"Content-Length: 200000\r\n\r\n", head + b"Transfer-Encoding: chunked\r\n\r\n"]
    )
    drip = {b"": b"", head[:30]: b"x", head: b"x-a: b\r\n"}
    waiting, closed = selectors.DefaultSelector(), 0

    def connect() -> None:
        kind = next(kinds)
        one = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        one.sendall(kind)
        waiting.register(one, selectors.EVENT_READ, drip.get(kind, b"1"))

    for _ in range(SLOW):
        connect()
    end_at = time.perf_counter() + seconds
    while time.perf_counter() < end_at:
        for key, _ in waiting.select(DRIP_SECONDS):
            waiting.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]  # a socket
            closed += 1
            connect()
        for key in list(waiting.get_map().values()):
            try:
                key.fileobj.send(key.data)  # type: ignore[union-attr]  # a socket
            except OSError:
                continue  # its end is read above
    return closed


def flood(port: int, seconds: float, key_url: str) -> int:
    """Send what nobody signed, many times a second, from several threads; how many were not accepted."""
    begun = time.perf_counter()

    def send(numbers: range) -> int:
        refused = 0
        for number in numbers:
            time.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
            refused += asked(port, forged(number, key_url), b"202") == PATIENCE
        return refused

    count = int(A_SECOND * seconds)
    with ThreadPoolExecutor(SENDERS) as pool:
        return sum(pool.map(send, [range(first, count, SENDERS) for first in range(SENDERS)]))


def forged(number: int, key_url: str) -> bytes:
    """Without a signature, with a wrong one, and with one by a key that nobody knows, small and large."""
    kind = number % 4
    guid = f"{number:08x}-0000-4000-8000-000000000000"
    message = {
        "Action": "updated",
        "Type": "ticket",
        "ID": number + 1,
        "Entity": "x" * (200_000 if kind == 3 else 2_000),
        "Metadata": {"key_url": key_url if kind < 2 else f"{key_url.rpartition('=')[0]}={guid}"},
    }
    body = json.dumps(message).encode()
    signature = b"" if kind == 0 else b"x-content-signature: Zm9yZ2Vk\r\n"
    return (
        b"POST /webhooks/connectwise HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\n%sContent-Length: %d\r\n\r\n%s" % (signature, len(body), body)
    )


# -- the figures -----------------------------------------------------------------------------------------------


def report(title: str, mine: Minute, other: Minute) -> list[dict[str, object]]:
    """The rows of one attack."""
    lost = sum(one >= PATIENCE for one in mine.latencies)
    p99 = Minute.p99(mine.latencies)
    return [
        row(f"doors, {title}: p99 of real webhooks in s", p99, P99_AIM, Minute.p99(other.latencies)),
        row(f"doors, {title}: real webhooks not answered 202", lost, 0),
        row(f"doors, {title}: p99 of /health in s", Minute.p99(mine.health), P99_AIM),
        row(f"doors, {title}: memory (PSS) in MB, at most", mine.memory, MEMORY_AIM),
        row(f"doors, {title}: growth of the database in MB", mine.growth, GROWTH_AIM),
        row(f"doors, {title}: connections ended or requests refused", mine.refused),
    ]


def row(name: str, own: float, most: float | None = None, theirs: float | None = None) -> dict[str, object]:
    """A figure; ``most`` is its aim, ``theirs`` its reference."""
    return {
        "name": name,
        "ours": round(own, 3),
        "reference": theirs,
        "ratio": None if theirs is None else round(own / theirs, 3),
        "aim": "-" if most is None else f"ours <= {most:g}",
        "met": None if most is None else own <= most,
    }


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    rows: list[dict[str, object]] = []
    for title, attack in (("64 slow connections", "slow"), ("200 forged a second", "flood")):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            mine = minute(stack.enter_context(ours(folder, 1)), attack, SECONDS, folder)
            other = minute(stack.enter_context(bare("nothing", folder, 1)), attack, REFERENCE_SECONDS, None)
        rows += report(title, mine, other)
    return rows


ATTACKS: dict[str, Callable[[int, float, str], int]] = {"slow": slow, "flood": flood}

if __name__ == "__main__":
    attack, port, seconds, key_url = sys.argv[1:]
    print("begun", flush=True)
    print(ATTACKS[attack](int(port), float(seconds), key_url))
