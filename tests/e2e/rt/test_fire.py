"""Two hundred escalations on a real Request Tracker while everything around them dies, judged from RT's own history."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.crash.desks import until
from tests.e2e.rt.api import Api, Transaction
from tests.e2e.rt.conftest import proven_on
from tests.e2e.rt.connector import HOMES, Connector, connector_at
from tests.e2e.rt.instance import ACCOUNT, POSTGRESQL, Instance

pytestmark = [pytest.mark.e2e, proven_on(POSTGRESQL), pytest.mark.timeout(3600)]

TICKETS = 200
WORKERS = 3
LIMIT = timedelta(seconds=6)
SHELTER = 0.2
"""The share of the tickets that goes up when the fire is out."""

PATIENCE = 1500.0
"""For each part, in seconds: an upper limit. After each outage what waited goes up one every five seconds."""


@pytest.fixture
def connector(instance: Instance, tmp_path: Path) -> Iterator[Connector]:
    """A web process and workers, none of which runs yet. Whoever arrives on the second tier is sam's."""
    given = {
        "TIER_1_DIAGNOSIS_MINUTES": f"{LIMIT.total_seconds() / 60:g}",
        "TIER_2_ASSIGN": "sam",
        "WARN_AT": "0",
        "RECONCILE_SECONDS": "5",
    }
    with connector_at(instance, tmp_path, given, "fire") as connector:
        connector.call("migrate")
        yield connector


class Fire:
    """Kills a worker at random after every few escalations and starts another one; restarts RT; loses webhooks.

    It goes by what has been done, not by the time, so that it burns alike on fast machines and on slow ones.
    """

    def __init__(self, connector: Connector, progress: Callable[[], int], seed: int) -> None:
        self.connector = connector
        self.kills = 0
        self.lost_webhooks = 0
        self.restarts: list[str] = []
        self.deaths: list[datetime] = []
        """Of Request Tracker: when its process was gone."""
        self._is_sender_down = False
        self._progress = progress
        self._random = random.Random(seed)
        self._workers = [connector.start("worker") for _ in range(WORKERS)]
        self._pause = threading.Event()

    def burn(self, patience: float) -> None:
        """Burn until the share of the tickets that has no shelter is up. AssertionError when that never is."""
        end = time.monotonic() + patience
        done, next_kill = 0, 1
        disasters = [(0.2, self._restart), (0.5, self._crash)]
        while done < (1 - SHELTER) * TICKETS:
            assert time.monotonic() < end, f"only {done} escalations under fire: {self.connector.log()[-2000:]}"
            self._pause.wait(self._random.uniform(0.5, 1.5))
            done = self._progress()
            if done >= next_kill:
                self._kill_one()
                next_kill = done + self._random.randint(2, 8)
            if disasters and done >= disasters[0][0] * TICKETS:
                disasters.pop(0)[1](self.connector.instance)
        if self._is_sender_down:
            self._switch_the_sender(self.connector.instance)

    def _kill_one(self) -> None:
        number = self._random.randrange(WORKERS)
        self._workers[number].kill()
        self._workers[number].wait()
        self._workers[number] = self.connector.start("worker")
        self.kills += 1
        self._switch_the_sender(self.connector.instance)

    def _switch_the_sender(self, instance: Instance) -> None:
        """Down, it loses what happens until the next kill; then it is started again."""
        self._is_sender_down = not self._is_sender_down
        if self._is_sender_down:
            instance.stop_sender(kill=True)
        else:
            self.lost_webhooks += instance.forget_webhooks()
            instance.start_sender()

    def _restart(self, instance: Instance) -> None:
        instance.stop()
        self.deaths.append(datetime.now(UTC))
        self._pause.wait(2)
        instance.start()
        self.restarts.append("restarted")

    def _crash(self, instance: Instance) -> None:
        instance.crash()
        self.deaths.append(datetime.now(UTC))
        self._pause.wait(2)
        instance.start()
        self.restarts.append("killed and started")


def open_tickets(instance: Instance) -> None:
    """The tickets, one after the other, each tess's from its first moment."""
    tess = Api(instance, "tess")
    for number in range(TICKETS):
        until(lambda number=number: is_opened(tess, number), "the ticket is opened", PATIENCE)  # type: ignore[misc]


def is_opened(tess: Api, number: int) -> bool:
    """Try to open a ticket; False while Request Tracker is away. It may have been opened all the same."""
    try:
        tess.open(f"Under fire {number}", Owner="tess")
    except (OSError, AssertionError):
        return False
    return True


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that takes long, looking only every other second: looking costs RT, too."""
    pause, end = threading.Event(), time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"it did not come about: {what}"
        pause.wait(2)


def how_many_are_up(judge: Api, first: int) -> int:
    """How many tickets, from that one on, stand where they belong; 0 while Request Tracker is away."""
    query = f"id >= {first} AND Queue = '{HOMES[1]}' AND Owner = 'sam'"
    try:
        return int(judge.call("GET", "/tickets", query=query, per_page=1)["total"])
    except (OSError, AssertionError):
        return 0


def all_from(judge: Api, first: int) -> list[int]:
    """All tickets from that one on, as Request Tracker has them: some may have come twice when it died."""
    pages = range(1, TICKETS // 100 + 2)
    found = [judge.call("GET", "/tickets", query=f"id >= {first}", orderby="id", per_page=100, page=n) for n in pages]
    return [int(item["id"]) for page in found for item in page["items"]]


def what_is_wrong(
    history: Sequence[Transaction], owner: str, opened: datetime, deaths: Sequence[datetime] = ()
) -> list[str]:
    """What Request Tracker's history of one ticket has that it should not have, or lacks.

    ``opened`` is when the ticket came in: the transaction that tells of it may be written a second later.
    At most one entry of a move may be lacking, and only where Request Tracker died between our note and what we did
    next: it writes the queue first and the entry then, each by itself (``RT::Ticket::_Set``).
    """
    own = [one for one in history if one.by == ACCOUNT]
    count = Counter(f"{one.type} {one.field}".strip() for one in own)
    moves = [(one.old, one.new) for one in own if (one.type, one.field) == ("Set", "Queue")]
    owners = [one.new for one in own if (one.type, one.field) == ("Set", "Owner")]
    wrong = [f"{number} x {what}" for what, number in count.items() if number != 1]
    if "Comment" not in count:
        wrong.append("no note")
    if set(count) - {"Comment", "Set Queue", "Set Owner", "SetWatcher Owner"}:
        wrong.append(f"besides: {dict(count)}")
    if moves != [(HOMES[0], HOMES[1])] and not (moves == [] and died_between(own, deaths)):
        wrong.append(f"moves: {moves}")
    if owners != ["sam"] or owner != "sam":
        wrong.append(f"owners: {owners}, now {owner}")
    if any(one.at < opened + LIMIT for one in own):
        wrong.append("early")
    return wrong


def died_between(own: Sequence[Transaction], deaths: Sequence[datetime]) -> bool:
    """Whether Request Tracker died after our note and before we gave the ticket to the new owner."""
    noted = next((one.at for one in own if one.type == "Comment"), None)
    assigned = next((one.at for one in own if (one.type, one.field) == ("Set", "Owner")), None)
    return noted is not None and assigned is not None and any(noted <= death <= assigned for death in deaths)


def owner_and_opening(ticket: Mapping[str, Any]) -> tuple[str, datetime]:
    """Whose a ticket is, and when it came in."""
    return str(ticket["Owner"]), datetime.fromisoformat(ticket["Created"])


def test_two_hundred_escalations_under_fire_are_each_there_once(
    instance: Instance, connector: Connector, judge: Api, figures: list[str]
) -> None:
    begin = time.monotonic()
    first = Api(instance, "tess").open("The last one before the fire", queue="Projects") + 1
    connector.start("web")
    fire = Fire(connector, lambda: how_many_are_up(judge, first), seed=20)
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(open_tickets, instance)
        fire.burn(PATIENCE)
        opening.result()
    under_fire = time.monotonic() - begin
    tickets = all_from(judge, first)
    assert len(tickets) >= TICKETS
    eventually(lambda: how_many_are_up(judge, first) == len(tickets), "all tickets are up")
    eventually(lambda: mailbox(connector)["due"] == mailbox(connector)["leased"] == 0, "nothing is due any more")
    took = time.monotonic() - begin

    wrong = {
        ticket: problems
        for ticket in tickets
        if (problems := what_is_wrong(judge.history(ticket), *owner_and_opening(judge.ticket(ticket)), fire.deaths))
    }
    figures.append(
        f"{len(tickets)} escalations in {took:.0f} s, {under_fire:.0f} s under fire: {fire.kills} workers killed, "
        f"Request Tracker {' and '.join(fire.restarts)}, {fire.lost_webhooks} webhooks lost: {len(wrong)} wrong"
    )
    assert wrong == {}
    assert fire.kills >= 10
    assert len(fire.restarts) == 2
    assert fire.lost_webhooks >= TICKETS / 10
    assert mailbox(connector)["dead"] == 0


def mailbox(connector: Connector) -> dict[str, float]:
    """How many tickets are in which state, as the connector's metrics tell it."""
    told = requests.get(f"{connector.url}/metrics", timeout=30).text
    lines = re.findall(r'^escalator_mailbox_tickets\{state="(\w+)",system="rt"\} (\S+)$', told, re.MULTILINE)
    return {state: float(number) for state, number in lines}
