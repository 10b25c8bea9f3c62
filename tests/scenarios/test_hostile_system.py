"""One of two connected ticket systems is hostile: its own tickets wait, the other's are on time, people are told once.

With moved time, each system in turn, in every way that ``Hostility`` names. What each single call makes of such answers
is in ``tests/adapters/test_hostile_answers.py``, what they cost a process in ``tests/crash/test_hostile_memory.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from adapters.simulation.hostility import STRAYED, Hostility
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import TicketId
from connector.policy.policy import FinalEscalation
from connector.store import audit
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import Desk
from tests.builders import at
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.test_outages import Told
from tests.scenarios.test_two_of_a_kind import values_of

SYSTEMS = list(ticket_systems())
MINUTE = timedelta(minutes=1)
URGENT = "/escalate urgency the whole office cannot work"

HARMLESS = (Hostility.COOKIES, Hostility.SURROGATES)
"""What such an answer says of a ticket is true."""

COSTLY = (Hostility.HUGE, Hostility.ENDLESS, Hostility.DRIPPING, Hostility.BOMB, Hostility.VALUES)
"""Each of these answers takes real time: there are to be fewer."""

TOLD_LATE = (Hostility.OTHER_TICKET, Hostility.WRONG_TYPES)
"""These are troubles of single tickets, of which people are told when they last."""

OF_EACH_SORT = (
    *(Hostility.WRONG_ID, Hostility.OTHER_TICKET, Hostility.ENDLESS),
    *(Hostility.COOKIES, Hostility.REDIRECT, Hostility.ECHO),
)
"""What `make test` takes here; the adapters meet each kind there, too."""


@dataclass
class Two:
    """Two desks, of which the first will be hostile, and the connector that serves both."""

    running: Simulation
    told: Told
    spoil: Callable[[], None] = lambda: None

    @property
    def hostile(self) -> Desk:
        return self.running.desks[0]

    @property
    def honest(self) -> Desk:
        return self.running.desks[1]

    @property
    def simulator(self) -> Any:
        """What is behind the hostile desk."""
        return self.running.simulator

    def turns(self, spoil: Callable[[], None]) -> None:
        """From now on the first system is hostile in that way."""
        self.simulator.faults.reset()
        self.spoil = spoil
        spoil()

    def turns_honest(self) -> None:
        """It is over."""
        self.turns(lambda: None)

    @contextmanager
    def people(self) -> Iterator[None]:
        """People act and look without being answered hostilely: on one system they, too, do it through its API."""
        self.simulator.faults.reset()
        yield
        self.spoil()

    def alarms(self) -> list[str]:
        """What people were told that is of no ticket's escalation, but that something is over."""
        return [title for title in self.told.alarms if "over:" not in title and not title.endswith("again")]

    def written_on(self, desk: Desk) -> list[str]:
        """What was done there, ticket by ticket."""
        rows = [row for row in audit.events(self.running.store) if row.connection == desk.system]
        return sorted(row.ticket for row in rows if row.event == "escalated")

    def up(self, desk: Desk, tickets: Sequence[TicketId]) -> list[tuple[int, int]]:
        """The tier of each ticket, and how many notes of the connector's are on it."""
        with self.people():
            return [(desk.ticket(one).tier, sum(note.by_connector for note in desk.notes(one))) for one in tickets]

    def escalated_at(self, desk: Desk, ticket: TicketId) -> datetime | None:
        rows = audit.events(self.running.store, ticket=ticket)
        found = [row.at for row in rows if row.event == "escalated" and row.connection == desk.system]
        return found[0] if found else None


@contextmanager
def two_desks(system: str, url: str, **patience: Any) -> Iterator[Two]:
    """That system and another one at nine o'clock, with somebody to be told."""
    clock = VirtualClock(at("08:55"))
    other = SYSTEMS[(SYSTEMS.index(system) + 1) % len(SYSTEMS)]
    desks = [ticket_systems()[name].simulated(clock) for name in (system, other)]
    for desk, number in zip(desks, (70_001, 60_001), strict=True):
        # A number that is nothing else's: answers are made another ticket's by it.
        desk.simulator.state._next_ids.setdefault("ticket", number)  # type: ignore[attr-defined]
    names = {"final": FinalEscalation(reminders=0), "priority_factors": {}, "critical_priorities": frozenset()}
    policy = at_desks(scenario_policy(**names), desks)
    told = Told(clock)
    given: dict[str, Any] = {"notifier": told, "attempts": 1, "poll_every": 5 * MINUTE, **patience}
    with stage(clock.now(), policy, url, desks=desks, clock=clock, **given) as running:
        running.run_until(at("09:00"))
        yield Two(running, told)


def secrets_of(desk: Desk) -> list[str]:
    """What the connector proves itself with, there."""
    secret = ("KEY", "SECRET", "TOKEN", "PASSWORD")
    return [value for name, value in desk.variables().items() if name.endswith(secret) and value]


def assert_nothing_leaked(two: Two) -> None:
    """No secret of the hostile system's is in the database or was told to anybody."""
    kept = [value for _, value in values_of(two.running)]
    said = [text for message in two.told.messages for text in message[1:]]
    for secret in secrets_of(two.hostile):
        assert not [text for text in (*kept, *said) if secret in text], "a secret was written down"


@pytest.mark.parametrize(
    "kind", [kind if kind in OF_EACH_SORT else pytest.param(kind, marks=pytest.mark.soak) for kind in Hostility]
)
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_hostile_system_keeps_its_own_tickets_waiting_and_nobody_elses(
    sqlite_url: str, system: str, kind: Hostility
) -> None:
    # What is larger is refused as it would be from 16 MB on, sooner.
    patience = {"total_seconds": 0.15} if kind is Hostility.DRIPPING else {"max_bytes": 2**20}
    with two_desks(system, sqlite_url, **patience) as two:
        running, hostile, honest = two.running, two.hostile, two.honest
        due, planned, asking = (hostile.open_ticket(f"Nobody can print {n}", owner="tess") for n in range(3))
        hostile.note(planned, "tess", "Plan: swap the printer")
        running.run_until(at("09:01"))
        well, urgent = (honest.open_ticket(f"Nobody can scan {n}", owner="tess") for n in range(2))
        begins = at("09:29") if kind in COSTLY else at("09:25")
        running.run_until(begins)
        others = {due: planned, planned: due, asking: planned}
        ghosts = {due: "8812345", planned: "8812346", asking: "8812347"}
        numbers = others if kind is Hostility.OTHER_TICKET else ghosts
        two.turns(lambda: two.simulator.faults.be_hostile(kind, numbers=numbers))
        running.run_until(begins + MINUTE)
        with two.people():
            hostile.client_writes(due, "Any news?")
            honest.client_writes(well, "Any news?")
        running.run_until(begins + 2 * MINUTE)
        with two.people():
            hostile.note(asking, "tess", URGENT)
            honest.note(urgent, "tess", URGENT)
        running.run_until(at("09:46") if kind in TOLD_LATE else at("09:32"))

        for ticket, wanted in ((well, at("09:31")), (urgent, begins + 2 * MINUTE)):
            written = two.escalated_at(honest, ticket)
            assert written is not None
            assert written - wanted <= MINUTE
        if kind not in HARMLESS:
            assert two.up(hostile, (due, planned, asking)) == [(1, 0)] * 3
            assert two.alarms() != []

        two.turns_honest()
        running.run_until(at("09:56"))
        assert two.up(hostile, (due, planned, asking)) == [(2, 1), (1, 0), (2, 1)]
        assert two.up(honest, (well, urgent)) == [(2, 1)] * 2
        assert two.written_on(hostile) == [due, asking]
        alarms = two.alarms()
        assert len(set(alarms)) == len(alarms) <= (0 if kind in HARMLESS else 2), alarms
        assert all(title.startswith(f"{system}: ") for title in two.told.alarms)
        assert two.simulator.cookies == []
        assert not [call for call in two.simulator.calls if STRAYED in call.path]
        assert_nothing_leaked(two)


@pytest.mark.parametrize("system", SYSTEMS)
def test_tickets_that_are_answered_hostilely_wait_each_by_itself(sqlite_url: str, system: str) -> None:
    with two_desks(system, sqlite_url, total_seconds=0.3) as two:
        running, hostile, honest = two.running, two.hostile, two.honest
        read_so = {hostile.open_ticket(f"Nobody can print, {kind}", owner="tess"): kind for kind in Hostility}
        beside = hostile.open_ticket("Nobody can copy", owner="tess")
        well = honest.open_ticket("Nobody can scan", owner="tess")
        running.run_until(at("09:28"))

        def spoil() -> None:
            for ticket, kind in read_so.items():
                numbers = {ticket: beside if kind is Hostility.OTHER_TICKET else "8812345"}
                two.simulator.faults.be_hostile(kind, path=f"ickets?/{ticket}(/|$)", numbers=numbers)

        two.turns(spoil)
        running.run_until(at("09:48"))
        waiting = [ticket for ticket, kind in read_so.items() if kind not in HARMLESS]
        assert two.up(hostile, waiting) == [(1, 0)] * len(waiting)
        assert two.written_on(hostile) == sorted({*read_so, beside} - {*waiting})
        for desk, ticket in ((hostile, beside), (honest, well)):
            written = two.escalated_at(desk, ticket)
            assert written is not None
            assert written - at("09:30") <= MINUTE
        two.turns_honest()
        running.run_until(at("10:15"))
        assert two.up(hostile, waiting) == [(2, 1)] * len(waiting)
        alarms = two.alarms()
        assert 1 <= len(set(alarms)) == len(alarms), alarms
        assert_nothing_leaked(two)


@pytest.mark.parametrize("system", SYSTEMS)
def test_whatever_a_write_is_answered_it_is_done_once_and_on_this_ticket_alone(sqlite_url: str, system: str) -> None:
    with two_desks(system, sqlite_url, total_seconds=0.3) as two:
        running, hostile, honest = two.running, two.hostile, two.honest
        beside = hostile.open_ticket("Nobody can copy", owner="tess")
        hostile.note(beside, "tess", "Plan: swap the copier")
        kinds = list(Hostility)
        tickets = []
        for n in range(len(kinds)):
            running.run_until(at("09:01") + n * MINUTE)
            tickets.append(hostile.open_ticket(f"Nobody can print {n}", owner="tess"))
        well = honest.open_ticket("Nobody can scan", owner="tess")

        def spoil(kind: Hostility, numbers: dict[str, str]) -> None:
            for method in ("POST", "PUT", "PATCH"):
                two.simulator.faults.be_hostile(kind, method=method, path="(?i)ticket|actions", numbers=numbers)

        for n, (kind, ticket) in enumerate(zip(kinds, tickets, strict=True)):
            running.run_until(at("09:30:30") + n * MINUTE)
            two.turns(partial(spoil, kind, {ticket: beside}))
        running.run_until(at("09:50"))
        two.turns_honest()
        running.run_until(at("09:58"))
        assert two.up(hostile, tickets) == [(2, 1)] * len(tickets)
        assert two.up(hostile, [beside]) == [(1, 0)]
        assert two.up(honest, [well]) == [(2, 1)]
        alarms = two.alarms()
        assert len(set(alarms)) == len(alarms), alarms
        assert_nothing_leaked(two)
