"""Worker processes that start in a moment: the real parts in processes forked from a clean, preloaded one.

Loaded by the fork server, so nothing here may start threads or open anything on import.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from types import FrameType

from adapters.connectwise.system import connect as connect_to
from adapters.connectwise.variables import ConnectWiseSettings
from connector import logs
from connector.app.connect import connect, worker_of
from connector.clock import SystemClock
from connector.policy.modes import ENFORCES
from connector.policy.policy import Policy
from connector.store.database.engine import Store
from connector.store.signing_keys import SigningKeyStore
from connector.systems import contract
from connector.turn.turn import TurnSettings
from connector.worker.worker import WorkerSettings
from tests.builders import a_policy, a_tier, round_the_clock

NAME = "connectwise"
PATIENCE = 90.0
"""Seconds after which a test gives up on something that should have happened long before."""

_CLIENT = "00000000-0000-4000-8000-"

forkserver = multiprocessing.get_context("forkserver")
forkserver.set_forkserver_preload(["__main__", __name__])


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker process is to work on, and how patient it is. Lengths are in seconds."""

    database_url: str
    url: str
    company: str
    public_key: str
    private_key: str
    lease: float = 0.9
    http: float = 0.3
    settle: float = 0.3
    threads: int = 4
    stop: float = 10.0


def crash_policy() -> Policy:
    """A first tier whose limit is a third of a second, then tiers that take their time; open round the clock.

    Without warnings: what is killed here are the three steps of an escalation.
    """
    tiers = (
        a_tier(1, diagnosis_minutes=0.005),
        a_tier(2, diagnosis_minutes=600),
        a_tier(3, diagnosis_minutes=600),
    )
    return a_policy(tiers=tiers, calendars={"default": round_the_clock()}, warn_at=0)


def client_of(pid: int) -> str:
    """The client id by which a worker process is told from the others."""
    return f"{_CLIENT}{pid:012d}"


def pid_of(client_id: str) -> int | None:
    """The worker process that calls itself so; None for other clients."""
    number = client_id.removeprefix(_CLIENT)
    return int(number) if client_id.startswith(_CLIENT) and number.isdigit() else None


def work(order: Order, ready: Connection) -> None:
    """Be a worker until SIGTERM; closes ``ready`` once that would be heard."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    ready.close()
    logs.configure("error")
    store = Store.open(order.database_url)
    homes = [tier.homes[NAME] for tier in crash_policy().tiers]
    settings = ConnectWiseSettings(
        order.url, order.company, order.public_key, order.private_key, client_of(os.getpid())
    )
    system = connect_to(
        settings,
        homes,
        SigningKeyStore(store, NAME),
        SystemClock(),
        calls_per_window=None,
        connect_seconds=order.http,
        read_seconds=order.http,
    )
    # The simulator shows a note at once: there is no need to wait as long as for the real system.
    connected = connect(
        contract.Connection(NAME, replace(system, settle_seconds=order.settle)),
        store,
        crash_policy(),
        TurnSettings(modes=ENFORCES, adopts_from_now=False),
        timedelta(seconds=5),
        keeps_webhooks=False,
        jitter=random.Random(os.getpid()),
    )
    lease = timedelta(seconds=order.lease)
    worker = worker_of(store, [connected], WorkerSettings(str(os.getpid()), order.threads, lease, idle_seconds=0.05))
    worker.start()
    parent = multiprocessing.parent_process()
    assert parent is not None
    # Nobody is left to send SIGTERM once the test process is gone.
    while not stopped.wait(1.0) and not wait([parent.sentinel], 0):
        continue
    worker.stop(order.stop)
    system.line.close()
    store.close()


@dataclass(frozen=True, slots=True)
class _Member:
    process: ForkServerProcess
    ready: Connection


class Crew:
    """The worker processes of a test. Safe between threads."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.started = 0
        self.killed = 0
        self._lock = threading.Lock()
        self._alive: dict[int, _Member] = {}

    def keep(self, count: int) -> None:
        """Start workers until so many are there."""
        with self._lock:
            while len(self._alive) < count:
                receiver, sender = forkserver.Pipe(duplex=False)
                process = forkserver.Process(target=work, args=(self.order, sender))
                process.start()
                sender.close()
                assert process.pid is not None
                self._alive[process.pid] = _Member(process, receiver)
                self.started += 1
            ended = [pid for pid, member in self._alive.items() if not member.process.is_alive()]
        assert not ended, f"workers ended by themselves: {ended}"

    def pids(self) -> list[int]:
        """The workers that are there."""
        with self._lock:
            return list(self._alive)

    def kill(self, pid: int) -> bool:
        """End a worker by SIGKILL and return when it is gone; False when it was not there any more."""
        with self._lock:
            member = self._alive.pop(pid, None)
            if member is None:
                return False
            member.process.kill()
            assert _ended(member) == -signal.SIGKILL
            self.killed += 1
            return True

    def ask_to_stop(self) -> None:
        """Send SIGTERM to every worker, as soon as it listens."""
        with self._lock:
            for member in self._alive.values():
                assert member.ready.poll(PATIENCE), "a worker process does not begin"
                member.process.terminate()

    def stop(self) -> list[int | None]:
        """End every worker by SIGTERM; their exit codes."""
        self.ask_to_stop()
        with self._lock:
            left, self._alive = self._alive, {}
            return [_ended(member) for member in left.values()]

    def dismiss(self) -> None:
        """Leave nobody behind, whatever happened."""
        for pid in self.pids():
            self.kill(pid)


def _ended(member: _Member) -> int | None:
    """The exit code of a process that is about to end. Nothing of it is left in this process."""
    assert wait([member.process.sentinel], PATIENCE), "a worker process does not end"
    member.process.join()
    code = member.process.exitcode
    member.process.close()
    member.ready.close()
    return code
