"""What an escalation costs on a real Request Tracker, beside a plain loop that makes the same calls and nothing else.

A figure, not an assertion: its aim is printed with it.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.app.connect import connect, worker_of
from connector.clock import SystemClock
from connector.config.settings import load_settings
from connector.policy.modes import ENFORCES
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Source
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import Connection
from connector.turn.turn import TurnSettings
from connector.worker.worker import Worker, WorkerSettings
from tests.e2e.rt.api import Api
from tests.e2e.rt.connector import HOMES, connector_at
from tests.e2e.rt.instance import ACCOUNT, Instance
from tests.e2e.rt.replay import Replay, recorded

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TICKETS = 15
AIM = 1.3


class Ours:
    """The connector's own worker in this process, one ticket at a time; the names are looked up already."""

    def __init__(self, instance: Instance, folder: Path) -> None:
        limits = {
            "TIER_1_DIAGNOSIS_MINUTES": "0.001",
            "TIER_2_ASSIGN": "sam",
            "WARN_AT": "0",
            "ADOPT": "history",
            "ADOPT_PER_HOUR": "0",
            "ESCALATIONS_PER_HOUR": "0",
        }
        with connector_at(instance, folder, limits, "cost") as connector:
            settings = load_settings(connector.environ, ticket_systems())
        self.store = Store.open(settings.database_url, SystemClock())
        self.store.migrate()
        self.system = ticket_systems()["rt"].connect(
            settings.connections["rt"].settings,
            HOMES,
            SigningKeyStore(self.store, "rt"),
            SystemClock(),
            calls_per_window=None,
        )
        turns = TurnSettings(modes=ENFORCES, adopts_from_now=False)
        self.connected = connect(
            Connection("rt", self.system),
            self.store,
            settings.policy,
            turns,
            timedelta(hours=1),
            keeps_webhooks=False,
            jitter=random.Random(1),
        )
        # One for all: a worker that begins plans its chores, and a poll in between is no call of an escalation.
        self.worker: Worker = worker_of(self.store, [self.connected], WorkerSettings("cost", threads=1))
        self.worker.run_until_idle()

    def escalate(self, ticket: int) -> None:
        """A ticket's mail comes in; returns when its turn is over."""
        Mailbox(self.store).deliver([Delivery("rt", str(ticket), f"cost:{ticket}", Source.WEBHOOK)])
        self.worker.run_until_idle()

    def close(self) -> None:
        self.system.line.close()
        self.store.close()


@pytest.fixture
def ours(instance: Instance, tmp_path: Path) -> Iterator[Ours]:
    """The connector, with nothing to do."""
    made = Ours(instance, tmp_path)
    yield made
    made.close()


def overdue(instance: Instance) -> int:
    """A ticket of tess's whose limit has run out."""
    return Api(instance, "tess").open("How long does it take?", Owner="tess")


def seconds(act: Callable[[], None]) -> float:
    """How long something takes."""
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def test_an_escalation_beside_the_bare_calls(instance: Instance, ours: Ours, judge: Api, figures: list[str]) -> None:
    for _ in range(2):
        ours.escalate(overdue(instance))
    first = overdue(instance)
    with recorded() as calls:
        ours.escalate(first)
    bare = Replay(instance.url, instance.tokens[ACCOUNT], calls)
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(TICKETS):
        one, other = overdue(instance), overdue(instance)
        acts = [
            ("ours", lambda one=one: ours.escalate(one)),
            ("bare", lambda other=other: bare.run(other)),
        ]
        for name, act in acts[:: 1 if number % 2 else -1]:
            taken[name].append(seconds(act))
        for ticket in (one, other):
            shown = judge.ticket(ticket)
            assert (shown["Queue"], shown["Owner"]) == (HOMES[1], "sam")
    bare.close()
    mine, theirs = (statistics.median(taken[name]) for name in ("ours", "bare"))
    verdict = "met" if mine / theirs <= AIM else "MISSED"
    figures.append(
        f"an escalation of {len(calls)} calls: {mine * 1000:.0f} ms, bare {theirs * 1000:.0f} ms, "
        f"{mine / theirs:.2f} x (aim {AIM} x: {verdict}); {TICKETS} each, in turns, medians"
    )
