"""What grows is bounded: the history of closed tickets and the audit trail end after ``KEEP_MONTHS``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.policy.modes import ENFORCES
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.database.tables import audit_entry, observed, step, worker
from connector.store.heartbeats import beat
from connector.store.mailbox import Mailbox
from connector.systems.catalogue import ticket_systems
from connector.turn.turn import TurnSettings
from connector.worker import housekeeping
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, where

KEPT = TurnSettings(modes=ENFORCES).keeps_for
WEEK = timedelta(days=7)


@pytest.fixture
def desk(open_stage: Callable[..., Simulation], database_url: str) -> Simulation:
    running = open_stage(url=database_url)
    running.run_until(at("09:00"))
    return running


def kept_of(desk: Simulation, ticket: int) -> tuple[int, int, int]:
    """How many steps, changes and audit entries of a ticket there are."""
    ours = (
        step.c.saga.like(f"connectwise/{ticket}/%"),
        observed.c.ticket == str(ticket),
        audit_entry.c.ticket == str(ticket),
    )
    with desk.store.reading() as conn:
        steps, changes, entries = (conn.execute(select(func.count()).where(one)).scalar_one() for one in ours)
    return steps, changes, entries


def closed(desk: Simulation, *tickets: int) -> None:
    """The tickets are resolved, and ten minutes later a last one: the poll looks at what changed last ever again."""
    for ticket in tickets:
        desk.simulator.resolve(ticket, by="tess")
    desk.run_until(desk.clock.now() + minutes(10))
    desk.simulator.resolve(a_ticket_on(desk, "the last one"), by="tess")
    desk.run_until(desk.clock.now() + minutes(10))


def jump(desk: Simulation, by: timedelta) -> None:
    """Time passes in which nothing happens."""
    desk.clock.advance(by)
    desk.settle()


def test_a_closed_ticket_is_forgotten_in_time_and_the_trail_is_proven_from_its_checkpoint(desk: Simulation) -> None:
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:35"))
    assert where(desk, ticket)[0] == "Tier 3"
    closed(desk, ticket)
    kept, before = audit.head(desk.store), kept_of(desk, ticket)
    assert all(before)
    jump(desk, KEPT - WEEK)
    assert (kept_of(desk, ticket), verify(desk.store, kept).is_intact) == (before, True)
    jump(desk, 2 * WEEK)
    assert kept_of(desk, ticket) == (0, 0, 0)
    report = verify(desk.store, kept)
    assert (report.why, report.rows, report.cut) == ("", 0, kept.entries)
    (line,) = [one for one in audit.export(desk.store) if one["event"] == "checkpoint"]
    assert line["id"] == kept.entries


def test_an_open_ticket_keeps_its_history_and_goes_on_by_it(desk: Simulation) -> None:
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:35"))
    desk.simulator.set_status(ticket, "Waiting on vendor", by="theo")
    desk.run_until(at("09:40"))
    before = kept_of(desk, ticket)
    jump(desk, KEPT + WEEK)
    assert kept_of(desk, ticket)[:2] == before[:2]
    assert len(our_notes(desk, ticket)) == 1
    assert verify(desk.store).is_intact


def test_a_forgotten_ticket_that_is_reopened_is_not_overdue_by_the_years_it_was_closed(desk: Simulation) -> None:
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:05"))
    closed(desk, ticket)
    jump(desk, KEPT + WEEK)
    assert kept_of(desk, ticket) == (0, 0, 0)
    opening = desk.clock.now().replace(hour=10, minute=0)
    while opening.weekday() > 3:
        opening += timedelta(days=1)
    desk.clock.move_to(opening)
    desk.settle()
    desk.simulator.set_status(ticket, "In Progress", by="tess")
    desk.settle()
    desk.run_until(opening + minutes(29))
    assert our_notes(desk, ticket) == []
    desk.run_until(opening + minutes(31))
    (note,) = our_notes(desk, ticket)
    assert note["text"].startswith("ESCALATED to Tier 3")
    assert [row.event for row in events(desk, ticket)] == ["clock", "escalated", "clock"]


def test_workers_that_are_gone_leave_nothing_behind(desk: Simulation) -> None:
    for n in range(5):
        beat(desk.store, f"worker {n}")
    jump(desk, timedelta(hours=26))
    with desk.store.reading() as conn:
        assert conn.execute(select(worker.c.id)).scalars().all() == ["stage"]


def test_after_years_of_keeping_everything_the_old_goes_in_portions(
    desk: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "MOST_FORGOTTEN", 1)
    tickets = [a_ticket_on(desk, f"ticket {n}") for n in range(3)]
    desk.run_until(at("09:05"))
    closed(desk, *tickets)
    kept = audit.head(desk.store)
    desk.clock.advance(KEPT + WEEK)
    taken = 0
    while any(sum(kept_of(desk, ticket)) for ticket in tickets):
        desk.settle()
        desk.clock.advance(housekeeping.SOON)
        taken += 1
        assert taken < 50
    assert taken > 1
    assert verify(desk.store).cut == kept.entries


@pytest.mark.usual_rounds
def test_of_several_connections_the_first_one_an_hour_forgets_for_all(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pruned: list[datetime] = []
    prune = Mailbox.prune

    def counted(self: Mailbox, before: datetime) -> int:
        pruned.append(before)
        return prune(self, before)

    monkeypatch.setattr(Mailbox, "prune", counted)
    clock = VirtualClock(at("08:55"))
    desks = [system.simulated(clock) for system in ticket_systems().values()]
    policy = at_desks(scenario_policy(), desks)
    with stage(clock.now(), policy, database_url, desks=desks, clock=clock) as running:
        running.run_until(at("10:15"))
        assert len(desks) > 1
        assert len(pruned) == 2
