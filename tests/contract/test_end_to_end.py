"""The whole connector on each simulated system: the first thing that an adapter is for. Time is moved here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import StatusGroup, TicketId
from connector.policy.policy import FinalEscalation
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import Desk, Urgency
from tests.builders import NINE, a_policy, at

ESCALATED = "ESCALATED"
POLL = timedelta(minutes=5)


def running(stack: ExitStack, names: Sequence[str], folder: Path) -> Simulation:
    """The connector at nine o'clock, connected to those systems."""
    start = NINE - timedelta(minutes=5)
    clock = VirtualClock(start)
    desks = [ticket_systems()[name].simulated(clock) for name in names]
    critical = {desk.priority_name(Urgency.CRITICAL).casefold() for desk in desks}
    policy = replace(
        at_desks(a_policy(), desks),
        final=FinalEscalation(desks[0].member("irene"), desks[0].member("maria"), desks[0].member("adam")),
        priority_factors=dict.fromkeys(critical, 0.5),
        critical_priorities=frozenset(critical),
    )
    url = f"sqlite:///{folder / 'stage.db'}"
    made = stack.enter_context(stage(start, policy, url, desks=desks, clock=clock, poll_every=POLL))
    made.run_until(NINE)
    return made


@pytest.fixture(params=list(ticket_systems()))
def one(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Simulation]:
    """One system at a time."""
    with ExitStack() as stack:
        yield running(stack, [request.param], tmp_path)


def escalations(desk: Desk, ticket: TicketId) -> list[datetime]:
    """When the ticket's escalation notes were written; each is internal."""
    found = [note for note in desk.notes(ticket) if note.by_connector and ESCALATED in note.text.partition("\n")[0]]
    assert all(note.is_internal for note in found)
    return [note.at for note in found]


def a_ticket(desk: Desk, summary: str = "VPN client cannot connect", urgency: Urgency = Urgency.NORMAL) -> TicketId:
    return desk.open_ticket(summary, owner="tess", urgency=urgency)


@pytest.mark.variants("one")
def test_a_ticket_that_nobody_touches_goes_up_tier_by_tier_at_its_second(one: Simulation) -> None:
    ticket = a_ticket(one.desk)
    one.run_until(at("09:29:59"))
    assert one.desk.ticket(ticket).tier == 1
    one.run_until(at("09:30"))
    assert (one.desk.ticket(ticket).tier, escalations(one.desk, ticket)) == (2, [at("09:30")])
    assert one.desk.ticket(ticket).owner is None
    one.run_until(at("10:00"))
    assert (one.desk.ticket(ticket).tier, escalations(one.desk, ticket)) == (3, [at("09:30"), at("10:00")])


@pytest.mark.variants("one")
def test_a_plan_in_time_and_a_resolution_in_time_leave_a_ticket_alone(one: Simulation) -> None:
    ticket = a_ticket(one.desk)
    one.run_until(at("09:25"))
    one.desk.note(ticket, "tess", "Diagnosis plan: follow the beacon error through the logs")
    one.run_until(at("10:24"))
    one.desk.set_status(ticket, "tess", StatusGroup.RESOLVED)
    one.run_until(at("12:00"))
    assert (one.desk.ticket(ticket).tier, escalations(one.desk, ticket)) == (1, [])


@pytest.mark.variants("one")
def test_waiting_stops_the_clock_and_urgency_quickens_it(one: Simulation) -> None:
    waits, urgent = a_ticket(one.desk), a_ticket(one.desk, "Phones are down", Urgency.CRITICAL)
    one.run_until(at("09:10"))
    one.desk.set_status(waits, "tess", StatusGroup.WAITING)
    one.run_until(at("09:15"))
    assert escalations(one.desk, urgent) == [at("09:15")]
    one.run_until(at("10:10"))
    one.desk.set_status(waits, "tess", StatusGroup.WORKING)
    one.run_until(at("10:29:59"))
    assert escalations(one.desk, waits) == []
    one.run_until(at("10:30"))
    assert escalations(one.desk, waits) == [at("10:30")]


@pytest.mark.variants("one")
def test_what_a_lost_webhook_told_is_found_by_the_poll(one: Simulation) -> None:
    one.desk.lose_webhooks(lost=True)
    ticket = a_ticket(one.desk)
    one.run_until(at("09:20"))
    one.desk.note(ticket, "tess", "Plan: renew the certificate")
    one.run_until(at("09:45"))
    assert escalations(one.desk, ticket) == []
    one.run_until(at("10:20"))
    assert escalations(one.desk, ticket) == [at("10:20")]


@pytest.mark.variants("one")
def test_a_ticket_that_a_person_moved_is_the_next_tiers_from_that_moment(one: Simulation) -> None:
    ticket = a_ticket(one.desk)
    one.run_until(at("09:12"))
    one.desk.move(ticket, "tess", 2, "sam")
    one.run_until(at("09:41:59"))
    assert (one.desk.ticket(ticket).owner, escalations(one.desk, ticket)) == ("sam", [])
    one.run_until(at("09:42"))
    assert (one.desk.ticket(ticket).tier, escalations(one.desk, ticket)) == (3, [at("09:42")])


@pytest.mark.process("enforce")
def test_all_systems_at_once_do_the_same_at_the_same_second(tmp_path: Path) -> None:
    with ExitStack() as stack:
        made = running(stack, list(ticket_systems()), tmp_path)
        tickets = {desk.system: a_ticket(desk) for desk in made.desks}
        made.run_until(at("09:15"))
        for desk in made.desks:
            desk.note(tickets[desk.system], "tess", "Plan: renew the certificate")
        made.run_until(at("10:16"))
        for desk in made.desks:
            assert escalations(desk, tickets[desk.system]) == [at("10:15")], desk.system
            assert (desk.ticket(tickets[desk.system]).tier, desk.ticket(tickets[desk.system]).owner) == (2, None)
