"""Again and again kill -9 in the middle of a three-step escalation: none lost, none doubled, none stuck."""

from __future__ import annotations

import itertools
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
    held,
    open_tickets,
    recoveries,
    until,
)
from tests.crash.executioner import Executioner, Point
from tests.crash.workers import NAME, Crew

pytestmark = [pytest.mark.crash, pytest.mark.timeout(600), pytest.mark.long]

CERTAIN = (Point.BEFORE_NOTE, Point.AFTER_NOTE, Point.BEFORE_MOVE, Point.AFTER_MOVE)
STUBBORN = (*CERTAIN, Point.SOON_AFTER_MOVE)
"""What the most unlucky tickets go through: a kill at every step, one after the other."""


@pytest.mark.process("crash", "unit")
@pytest.mark.parametrize(
    ("kills", "count", "unlucky"), [(20, 35, 3), pytest.param(50, 77, 6, marks=pytest.mark.soak)], ids=["20", "50"]
)
def test_kills_in_the_middle_of_escalations_lose_double_and_block_nothing(
    simulator: Simulator,
    executioner: Executioner,
    make_crew: Callable[..., Crew],
    started_store: Store,
    kills: int,
    count: int,
    unlucky: int,
) -> None:
    """At least so many kills, of so many tickets; a few of these meet one at every step."""
    mailbox = Mailbox(started_store)
    tickets = open_tickets(simulator, count)
    crew = make_crew()
    plan = {ticket: [point] for ticket, point in zip(tickets, itertools.cycle(Point), strict=False)}
    executioner.condemn(plan | dict.fromkeys(tickets[:unlucky], STUBBORN), crew.kill)
    announce(mailbox, tickets)
    begun = time.monotonic()

    def tended() -> bool:
        # Every fifth time two workers are there at once, so that the heirs race for what a dead one held.
        crew.keep(2 if crew.killed % 5 == 4 else 1)
        return are_settled(simulator, mailbox, tickets)

    until(tended, "every ticket is on the second tier, once", 400)
    executioner.finish()
    seconds = time.monotonic() - begun
    print(
        f"{started_store.engine.dialect.name}: {crew.killed} kills, {len(tickets)} tickets, "
        f"{recoveries(started_store)} found done after a kill, {crew.started} workers, {seconds:.1f} s; "
        + ", ".join(f"{point.name.lower()} {times}" for point, times in executioner.kills.items())
    )
    assert crew.killed >= kills
    assert min(executioner.kills[point] for point in CERTAIN) >= 3
    assert_each_went_up_once(simulator, started_store, tickets, executioner.moves)

    # Whoever looks at all of them again finds nothing left to do.
    crew.keep(1)
    mailbox.ring_all(NAME)
    until(lambda: are_settled(simulator, mailbox, tickets), "the second look is over")
    assert set(crew.stop()) == {0}
    assert held(mailbox) == {}
    assert_each_went_up_once(simulator, started_store, tickets, executioner.moves)
