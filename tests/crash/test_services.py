"""The same webhook fifty times at once to two web processes, a worker beside them, and their graceful end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from adapters.connectwise.simulator import Simulator
from connector.clock import SystemClock
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from tests.crash.desks import are_settled, assert_each_went_up_once, held, open_tickets, until
from tests.crash.executioner import Executioner
from tests.crash.services import STOP_SECONDS, a_free_port, environment, run_to_end, service

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

TIMES = 50


class Callback(NamedTuple):
    """A callback as the simulated system sent it."""

    ticket: int
    body: bytes
    headers: Mapping[str, str]


class Recorder:
    """Takes callbacks in place of the connector."""

    def __init__(self) -> None:
        self.callbacks: list[Callback] = []

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        self.callbacks.append(Callback(json.loads(body)["ID"], body, dict(headers)))
        return 202


@pytest.fixture
def recorded() -> Recorder:
    return Recorder()


@pytest.fixture
def simulator(recorded: Recorder) -> Iterator[Simulator]:
    """A standard desk whose callbacks are recorded instead of sent."""
    simulator = Simulator(SystemClock(), callback_delivery="manual", post=recorded).standard_desk()
    with simulator.serve():
        yield simulator


@pytest.fixture
def environ(simulator: Simulator, database_url: str) -> dict[str, str]:
    port = str(a_free_port())
    return environment(
        {
            **simulator.environment(),
            "DATABASE_URL": database_url,
            "PORT": port,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "ESCALATION_MODE": "enforce",
            "TIER_1_HOME": "Service Desk > First Touch",
            "TIER_1_DIAGNOSIS_MINUTES": "0.005",
            "WARN_AT": "0",
            "TIER_2_HOME": "Tier 3 > Seniors",
            "TIER_3_HOME": "Sr IT",
            "WORK_HOURS": "24x7",
            # A ticket of the second in which the worker started counts as one that was open before.
            "ADOPT_PER_HOUR": "0",
            "WEB_CONCURRENCY": "1",
            # Only the first poll happens: what comes later, the webhooks have to bring.
            "RECONCILE_SECONDS": "3600",
        }
    )


def a_ticket_with_its_callback(simulator: Simulator, recorded: Recorder) -> tuple[int, Callback]:
    [ticket] = open_tickets(simulator, 1)
    simulator.deliver_pending()
    [callback] = [callback for callback in recorded.callbacks if callback.ticket == ticket]
    return ticket, callback


def post_at_once(callback: Callback, urls: Sequence[str]) -> list[int]:
    """Send a callback fifty times at the same moment, in turn to each address; what each answer accepted."""
    together = threading.Barrier(TIMES)

    def post(number: int) -> int:
        together.wait(STOP_SECONDS)
        url = f"{urls[number % len(urls)]}/webhooks/connectwise"
        answer = requests.post(url, data=callback.body, headers=callback.headers, timeout=30)
        assert answer.status_code == 202, answer.text
        return int(answer.json()["accepted"])

    with ThreadPoolExecutor(TIMES) as pool:
        return list(pool.map(post, range(TIMES)))


def test_the_same_webhook_fifty_times_to_two_web_processes_escalates_once(
    simulator: Simulator,
    recorded: Recorder,
    executioner: Executioner,
    environ: dict[str, str],
    store: Store,
    tmp_path: Path,
) -> None:
    mailbox = Mailbox(store)
    run_to_end(["webhooks", "register"], environ, tmp_path)
    with ExitStack() as services:
        webs = [
            services.enter_context(service("web", {**environ, "PORT": port}, tmp_path))
            for port in (environ["PORT"], str(a_free_port()))
        ]
        urls = [web.url for web in webs]
        for web in webs:
            until(web.is_live, "the web process answers")

        # Nobody knows the signing key yet: the one that is accepted waits, unverified, for a worker to learn it.
        first, callback = a_ticket_with_its_callback(simulator, recorded)
        assert sum(post_at_once(callback, urls)) == 1
        worker = services.enter_context(service("worker", environ, tmp_path))
        until(lambda: are_settled(simulator, mailbox, [first]), "the first ticket is up")

        # Now the key is known, and no poll comes: the second ticket is found through its webhook alone.
        second, another = a_ticket_with_its_callback(simulator, recorded)
        assert sum(post_at_once(another, urls)) == 1
        until(lambda: are_settled(simulator, mailbox, [first, second]), "the second ticket is up")

        # Sent again, both are known: the first by the id under which the worker let it in.
        assert sum(post_at_once(callback, urls)) == 0
        assert sum(post_at_once(another, urls)) == 0

        ends = [one.stop() for one in (worker, *webs)]
        print(f"{store.engine.dialect.name}: stopped after {', '.join(f'{seconds:.2f} s' for _, seconds in ends)}")
        assert [code for code, _ in ends] == [0, 0, 0]
        logs = "".join(one.log.read_text() for one in (worker, *webs))
        assert "Traceback" not in logs
    assert held(mailbox) == {}
    assert_each_went_up_once(simulator, store, [first, second], executioner.moves)


def test_a_worker_command_that_is_stopped_in_the_middle_of_a_slow_call_leaves_a_whole_escalation(
    simulator: Simulator, executioner: Executioner, environ: dict[str, str], store: Store, tmp_path: Path
) -> None:
    mailbox = Mailbox(store)
    [ticket] = open_tickets(simulator, 1)
    reached = threading.Event()

    def slow_down(kind: str, _ticket: int) -> None:
        if kind == "note":
            simulator.faults.latency = 1.0
            reached.set()

    executioner.on_call = slow_down
    with service("worker", environ, tmp_path) as worker:
        until(reached.is_set, "the note is being written")
        code, seconds = worker.stop()
        assert code == 0, worker.log.read_text()
        print(f"{store.engine.dialect.name}: stopped after {seconds:.2f} s")
    assert held(mailbox) == {}
    assert_each_went_up_once(simulator, store, [ticket], executioner.moves)
