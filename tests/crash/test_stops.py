"""Workers that are asked to stop in the middle of a call, and two that race for the same tickets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from adapters.connectwise.simulator import Simulator
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from tests.crash.desks import (
    announce,
    are_settled,
    assert_each_went_up_once,
    escalations,
    held,
    open_tickets,
    until,
    workers_seen,
)
from tests.crash.executioner import Executioner
from tests.crash.workers import NAME, PATIENCE, Crew

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

SIXTY = 60


def slow_from(simulator: Simulator, executioner: Executioner, kind: str, seconds: float) -> threading.Event:
    """Every call is slow from the first of that kind on; set when that one has come in."""
    reached = threading.Event()

    def slow_down(called: str, _ticket: int) -> None:
        if called == kind and not reached.is_set():
            simulator.faults.latency = seconds
            reached.set()

    executioner.on_call = slow_down
    return reached


@pytest.mark.process("crash")
@pytest.mark.parametrize("kind", ["read", "note", "move"])
def test_a_worker_that_is_stopped_in_the_middle_of_a_slow_call_finishes_its_turn(
    simulator: Simulator, executioner: Executioner, make_crew: Callable[..., Crew], started_store: Store, kind: str
) -> None:
    mailbox = Mailbox(started_store)
    [ticket] = open_tickets(simulator, 1)
    reached = slow_from(simulator, executioner, kind, 0.5)
    crew = make_crew(http=5.0, lease=15.0)
    announce(mailbox, [ticket])
    crew.keep(1)
    assert reached.wait(PATIENCE)
    assert crew.stop() == [0]
    assert held(mailbox) == {}
    if kind != "read":
        assert_each_went_up_once(simulator, started_store, [ticket], executioner.moves)
    simulator.faults.latency = 0.0
    mailbox.ring_all(NAME)
    crew.keep(1)
    until(lambda: are_settled(simulator, mailbox, [ticket]), "the ticket is up")
    assert crew.stop() == [0]
    assert_each_went_up_once(simulator, started_store, [ticket], executioner.moves)


@pytest.mark.parametrize("kind", ["note", "move"])
def test_a_turn_that_does_not_finish_in_time_is_handed_back_and_nothing_is_doubled(
    simulator: Simulator, executioner: Executioner, make_crew: Callable[..., Crew], started_store: Store, kind: str
) -> None:
    mailbox = Mailbox(started_store)
    [ticket] = open_tickets(simulator, 1)
    reached = slow_from(simulator, executioner, kind, 1.0)
    impatient = make_crew(http=5.0, lease=15.0, settle=3.0, stop=0.2)
    heirs = make_crew(http=5.0, lease=15.0, settle=3.0)
    announce(mailbox, [ticket])
    impatient.keep(1)
    assert reached.wait(PATIENCE)
    assert str(ticket) in held(mailbox)
    impatient.ask_to_stop()
    until(lambda: str(ticket) not in held(mailbox), "the turn is handed back")
    assert escalations(started_store) == {}
    heirs.keep(1)
    assert impatient.stop() == [0]
    simulator.faults.latency = 0.0
    until(lambda: are_settled(simulator, mailbox, [ticket]), "the ticket is up")
    assert heirs.stop() == [0]
    assert held(mailbox) == {}
    assert_each_went_up_once(simulator, started_store, [ticket], executioner.moves)


def test_two_workers_at_once_escalate_each_of_sixty_due_tickets_once(
    simulator: Simulator, executioner: Executioner, make_crew: Callable[..., Crew], started_store: Store
) -> None:
    mailbox = Mailbox(started_store)
    tickets = open_tickets(simulator, SIXTY)
    crew = make_crew(http=5.0, lease=15.0)
    crew.keep(2)
    until(lambda: workers_seen(started_store) == 2, "both workers have cycled")
    begun = time.monotonic()
    announce(mailbox, tickets)
    until(lambda: are_settled(simulator, mailbox, tickets), "every ticket is on the second tier")
    shares = [executioner.callers["note", pid] for pid in crew.pids()]
    print(f"{started_store.engine.dialect.name}: {SIXTY} tickets, {shares} by each, {time.monotonic() - begun:.1f} s")
    assert sum(shares) == SIXTY
    assert min(shares) > 0
    assert set(crew.stop()) == {0}
    assert held(mailbox) == {}
    assert_each_went_up_once(simulator, started_store, tickets, executioner.moves)
