"""More escalations by time than a desk can have are a fault somewhere: they are slowed down, and people are told.

With moved time, on both databases.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from connector.demo.stage import Simulation
from connector.model import StatusGroup, TicketId
from connector.policy.modes import ENFORCES
from connector.store import audit
from connector.store.pace.brake import Brakes
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.desk import Urgency
from connector.turn.turn import TurnSettings
from connector.web.reasons import Inspector
from tests.builders import a_tier, at, round_the_clock
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.paced import KeepsPace, keeps_pace, most_within

HOUR = timedelta(hours=1)
LONG = (a_tier(1), a_tier(2, diagnosis_minutes=6000), a_tier(3))


def braked_desk(
    open_stage: Callable[..., Simulation], url: str, count: int, per_hour: int, **policy: object
) -> tuple[KeepsPace, list[TicketId]]:
    """A desk with so many tickets of low urgency, whose limits are very long: a mass edit makes all of them late."""
    factors = {"priority 1 - critical": 0.5, "priority 4 - low": 100.0}
    made = scenario_policy(tiers=LONG, priority_factors=factors, **policy)
    desk = keeps_pace(open_stage, url, TurnSettings(ENFORCES, escalations_per_hour=per_hour), made, poll_every=HOUR)
    desk.run_until(at("09:00"))
    tickets = desk.open_tickets(count, urgency=Urgency.LOW)
    desk.run_until(at("10:00"))
    return desk, tickets


def mass_edit(desk: KeepsPace, tickets: list[TicketId], urgency: Urgency = Urgency.NORMAL) -> None:
    for ticket in tickets:
        desk.running.desk.set_urgency(ticket, "tess", urgency)
    desk.settle()


def connection_of(desk: KeepsPace) -> str:
    return desk.running.connected.connection.id


def waiting(desk: KeepsPace) -> int:
    return Brakes(desk.running.store).standing(connection_of(desk)).count


def release(desk: KeepsPace) -> int:
    return Brakes(desk.running.store).release(connection_of(desk), "tests")


def reasons(desk: KeepsPace) -> list[str]:
    found = Inspector(desk.running.mailbox, [connection_of(desk)], HOUR).look()
    return [one.code for one in found.reasons]


@pytest.mark.process("brake")
@pytest.mark.parametrize(("count", "per_hour"), [(40, 12), pytest.param(500, 60, marks=pytest.mark.soak)])
def test_of_many_that_a_mass_edit_makes_late_so_many_an_hour_go_up_until_they_are_released(
    open_stage: Callable[..., Simulation], database_url: str, count: int, per_hour: int
) -> None:
    desk, tickets = braked_desk(open_stage, database_url, count, per_hour)
    desk.restart(count=2)
    mass_edit(desk, tickets)
    assert len(desk.went_up()) == per_hour
    assert waiting(desk) == count - per_hour
    desk.run_until(at("10:30"))
    desk.restart(count=2)
    desk.run_until(at("11:29:59"))
    moments = [moment for _, moment in desk.went_up()]
    assert most_within(moments, HOUR) == per_hour
    assert len(moments) == per_hour + per_hour // 2
    assert most_within(moments[per_hour:], HOUR / per_hour) == 1
    (alarm,) = desk.told.alarms
    assert alarm.endswith(f"more escalations by time than a desk can have; {count - per_hour} wait")
    assert reasons(desk) == ["brake"]
    gone = {ticket for ticket, _ in desk.went_up()}  # which were first is the database's choice
    asked = next(ticket for ticket in reversed(tickets) if ticket not in gone)
    desk.running.desk.note(asked, "tess", "/escalate urgency the whole floor stands still")
    desk.settle()
    assert desk.went_up()[-1] == (asked, desk.running.clock.now())
    assert release(desk) == waiting_before_release(moments, count)
    desk.settle()
    assert sorted(ticket for ticket, _ in desk.went_up()) == sorted(tickets)
    assert reasons(desk) == []
    assert [alarm.partition(": ")[2] for alarm in desk.told.alarms[1:]] == ["the brake is off"]


def waiting_before_release(moments: list[object], count: int) -> int:
    """All but those that went up, and the one that somebody asked for."""
    return count - len(moments) - 1


@pytest.mark.process("brake")
def test_critical_ones_pass_and_count(open_stage: Callable[..., Simulation], database_url: str) -> None:
    desk, tickets = braked_desk(open_stage, database_url, 8, 3)
    mass_edit(desk, tickets[:4], Urgency.CRITICAL)
    assert {ticket for ticket, _ in desk.went_up()} == set(tickets[:4])
    mass_edit(desk, tickets[4:])
    assert {ticket for ticket, _ in desk.went_up()} == set(tickets[:4])
    desk.run_until(at("11:00"))
    assert len(desk.went_up()) == 5
    desk.running.desk.set_urgency(tickets[-1], "tess", Urgency.CRITICAL)
    desk.settle()
    assert desk.went_up()[-1][0] == tickets[-1]


def test_what_is_held_goes_up_by_what_was_due_first_and_in_its_working_hours(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk, tickets = braked_desk(open_stage, sqlite_url, 12, 4)
    desk.run_until(at("15:50"))
    for ticket in reversed(tickets):
        desk.running.desk.set_urgency(ticket, "tess", Urgency.NORMAL)
        desk.settle()
    first = [ticket for ticket, _ in desk.went_up()]
    assert first == [*reversed(tickets)][:4]
    desk.run_until(at("08:40", day=16))
    later = desk.went_up()[4:]
    assert [ticket for ticket, _ in later] == tickets[:4]
    assert [f"{moment:%d %H:%M}" for _, moment in later] == ["15 16:50", "16 08:00", "16 08:15", "16 08:30"]


def test_nothing_goes_up_by_time_while_it_is_held_and_all_does_when_it_is_released(
    open_stage: Callable[..., Simulation], database_url: str
) -> None:
    desk, tickets = braked_desk(open_stage, database_url, 6, 60)
    Brakes(desk.running.store).hold(connection_of(desk), "tests")
    desk.settle()
    mass_edit(desk, tickets)
    desk.run_until(at("10:20"))
    desk.restart(count=2)
    desk.run_until(at("11:00"))
    assert desk.went_up() == []
    assert reasons(desk) == ["brake"]
    (alarm,) = desk.told.alarms
    assert alarm.endswith("the brake is held: nothing goes up by time")
    desk.running.desk.note(tickets[0], "tess", "/escalate urgency the whole floor stands still")
    desk.running.desk.set_urgency(tickets[1], "tess", Urgency.CRITICAL)
    desk.settle()
    assert {ticket for ticket, _ in desk.went_up()} == set(tickets[:2])
    assert release(desk) == 4
    desk.settle()
    assert {ticket for ticket, _ in desk.went_up()} == set(tickets)
    assert reasons(desk) == []
    assert len(desk.told.alarms) == 2


def test_who_holds_what_waits_at_the_brake_is_not_told_that_nothing_waits(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk, tickets = braked_desk(open_stage, sqlite_url, 6, 2)
    mass_edit(desk, tickets)
    desk.run_until(at("10:20"))
    Brakes(desk.running.store).hold(connection_of(desk), "tests")
    desk.settle()
    fast, held = desk.told.alarms
    assert "more escalations by time than a desk can have" in fast
    assert held.endswith("the brake is held: nothing goes up by time")
    assert reasons(desk) == ["brake"]
    release(desk)
    desk.settle()
    assert [title.partition(": ")[2] for title in desk.told.alarms[2:]] == ["the brake is released"]


def test_an_escalation_that_was_held_open_does_not_go_on_while_the_brake_is_held(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk, (ticket,) = braked_desk(open_stage, sqlite_url, 1, 60)
    held_open_by_a_pause(desk, ticket)
    Brakes(desk.running.store).hold(connection_of(desk), "tests")
    desk.running.desk.set_status(ticket, "tess", StatusGroup.WORKING)
    desk.settle()
    desk.run_until(at("12:00"))
    assert desk.went_up() == []
    assert waiting(desk) == 1
    assert release(desk) == 1
    desk.settle()
    assert [one for one, _ in desk.went_up()] == [ticket]


def held_open_by_a_pause(desk: KeepsPace, ticket: TicketId) -> None:
    """The escalation's note is written, and the ticket paused before it is moved."""
    tickets = desk.running.system.tickets
    write = tickets.write_note

    def write_and_pause(*args: object, **given: object) -> object:
        written = write(*args, **given)
        object.__setattr__(tickets, "write_note", write)
        desk.running.desk.set_status(ticket, "tess", StatusGroup.WAITING)
        return written

    object.__setattr__(tickets, "write_note", write_and_pause)
    mass_edit(desk, [ticket])


@pytest.mark.process("brake")
@pytest.mark.taken_on("sqlite")
def test_what_an_outage_held_back_passes_at_its_own_pace(
    open_stage: Callable[..., Simulation], database_url: str
) -> None:
    policy = scenario_policy(tiers=LONG)
    desk = keeps_pace(open_stage, database_url, TurnSettings(ENFORCES, escalations_per_hour=3), policy)
    desk.run_until(at("09:00"))
    tickets = desk.open_tickets(20)
    desk.run_until(at("09:20"))
    desk.running.simulator.faults.fail_next(None, 503)
    desk.run_until(at("10:00"))
    desk.running.simulator.faults.reset()
    desk.run_until(at("10:05"))
    assert {ticket for ticket, _ in desk.went_up()} == set(tickets)
    assert waiting(desk) == 0
    assert [one.kind for one in Troubles(desk.running.store).all()] == []


def test_no_more_than_so_many_an_hour_wait_for_nobody_and_the_count_is_that_of_an_hour(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk, tickets = braked_desk(open_stage, sqlite_url, 9, 3, calendars={"default": round_the_clock()})
    mass_edit(desk, tickets[:3])
    assert len(desk.went_up()) == 3
    assert desk.told.alarms == []
    desk.run_until(at("11:00"))
    mass_edit(desk, tickets[3:6])
    assert len(desk.went_up()) == 6
    assert reasons(desk) == []
    mass_edit(desk, tickets[6:])
    assert len(desk.went_up()) == 6
    desk.run_until(at("14:00"))
    assert len(desk.went_up()) == 9
    assert most_within([moment for _, moment in desk.went_up()], HOUR) == 3
    assert len(desk.told.alarms) == 2
    assert reasons(desk) == []


def test_what_was_mended_while_it_waited_is_not_escalated_and_the_trail_says_that_it_was_held_back(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk, tickets = braked_desk(open_stage, sqlite_url, 6, 2)
    mass_edit(desk, tickets)
    desk.run_until(at("10:05"))
    held = {row.ticket for row in audit.events(desk.running.store) if row.event == "held back"}
    assert len(held) == 4
    assert len([row for row in audit.events(desk.running.store) if row.event == "held back"]) == 4
    mass_edit(desk, tickets, Urgency.LOW)
    assert waiting(desk) == 0
    desk.run_until(at("13:30"))
    assert len(desk.went_up()) == 2
    assert not any(one.kind is TroubleKind.BRAKE for one in Troubles(desk.running.store).all())


def test_switching_the_brake_off_lets_go_what_waits(open_stage: Callable[..., Simulation], sqlite_url: str) -> None:
    desk, tickets = braked_desk(open_stage, sqlite_url, 6, 2)
    mass_edit(desk, tickets)
    assert len(desk.went_up()) == 2
    desk.restart(escalations_per_hour=0)
    desk.settle()
    assert {ticket for ticket, _ in desk.went_up()} == set(tickets)


def test_health_names_no_ticket(open_stage: Callable[..., Simulation], sqlite_url: str) -> None:
    desk, tickets = braked_desk(open_stage, sqlite_url, 4, 1)
    mass_edit(desk, tickets)
    desk.run_until(at("10:02"))
    found = Inspector(desk.running.mailbox, [connection_of(desk)], HOUR).look()
    assert [one.braked for one in found.connections] == [3]
    told = json.dumps([one.message for one in found.reasons])
    assert not any(ticket in told for ticket in tickets)
