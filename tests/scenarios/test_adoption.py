"""What was open before the connector came is taken up at a pace, the most urgent first: a backlog is no emergency.

With moved time, on both databases.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connector.demo.stage import Simulation
from connector.model import StatusGroup
from connector.policy.modes import ENFORCES, OBSERVES
from connector.store.pace.adoption import Adoptions
from connector.systems.desk import Urgency
from connector.turn.turn import TurnSettings
from tests.builders import a_calendar, a_tier, at, minutes, office_hours
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.paced import KeepsPace, keeps_pace, most_within

HOUR = timedelta(hours=1)
SETTLED = timedelta(seconds=20)
"""So long after the switch the tickets are surveyed: no worker of before may go on by what it knew."""

WATCHES = TurnSettings(modes=OBSERVES)


def waiting(desk: KeepsPace) -> int:
    return Adoptions(desk.running.store).standing(desk.running.connected.connection.id).count


@pytest.mark.process("backlog-adopted")
@pytest.mark.taken_on("sqlite")
@pytest.mark.parametrize("count", [45, pytest.param(200, marks=pytest.mark.soak)])
def test_of_many_tickets_twelve_an_hour_leave_the_first_tier_critical_ones_first_then_the_oldest(
    open_stage: Callable[..., Simulation], database_url: str, count: int
) -> None:
    policy = scenario_policy(tiers=(a_tier(1), a_tier(2, diagnosis_minutes=6000), a_tier(3)))
    desk = keeps_pace(open_stage, database_url, WATCHES, policy, poll_every=HOUR)
    desk.run_until(at("09:00"))
    normal = desk.open_tickets(count - 10)
    critical = desk.open_tickets(10, urgency=Urgency.CRITICAL)
    desk.run_until(at("15:30"))
    desk.restart(modes=ENFORCES, adopt_per_hour=12, escalations_per_hour=60)
    desk.run_until(at("16:59"))
    desk.restart(count=2)
    desk.run_until(at("08:45", day=16))
    desk.restart(count=2)
    desk.run_until(at("10:00", day=16))
    first_tier = dict(desk.left_first_tier())
    order = list(first_tier)
    assert order == [*critical, *normal][: len(order)]
    # An hour and a half of the first day, and two of the second, less the half hour that each limit lasts.
    assert len(order) == 36
    assert most_within(list(first_tier.values()), HOUR) == 12
    opening = [ticket for ticket, moment in first_tier.items() if at("08:00", 16) <= moment < at("08:10", 16)]
    assert len(opening) == 2


def test_people_are_told_once_how_many_are_taken_up_and_how_fast(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk = keeps_pace(open_stage, sqlite_url, WATCHES)
    desk.run_until(at("09:00"))
    desk.open_tickets(30)
    desk.run_until(at("10:00"))
    desk.restart(modes=ENFORCES, adopt_per_hour=12)
    desk.run_until(at("11:00"))
    desk.restart()
    desk.run_until(at("12:00"))
    (message,) = desk.told.messages
    assert message[1].endswith("30 tickets that were open before are taken up")
    assert "12 in a working hour" in message[2]
    assert "about Thu 15 Jan 12:25:20 UTC" in message[2]


@pytest.mark.process("backlog-adopted")
def test_a_ticket_that_an_agent_touches_begins_then_and_a_client_touches_none(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk = keeps_pace(open_stage, sqlite_url, WATCHES)
    desk.run_until(at("09:00"))
    tickets = desk.open_tickets(12)
    desk.run_until(at("10:00"))
    desk.restart(modes=ENFORCES, adopt_per_hour=1)
    desk.run_until(at("10:10"))
    touched, written_on = tickets[-1], tickets[-2]
    desk.running.desk.note(touched, "tess", "Looked at the cable.")
    desk.running.desk.client_writes(written_on, "Is anybody there?")
    desk.run_until(at("10:40"))
    assert desk.left_first_tier() == [(tickets[0], at("10:30") + SETTLED), (touched, at("10:40"))]
    desk.run_until(at("11:30"))
    assert [ticket for ticket, _ in desk.left_first_tier() if ticket == written_on] == []


def test_a_command_on_a_ticket_that_waits_is_obeyed_at_once(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk = keeps_pace(open_stage, sqlite_url, WATCHES)
    desk.run_until(at("09:00"))
    tickets = desk.open_tickets(5)
    desk.run_until(at("10:00"))
    desk.restart(modes=ENFORCES, adopt_per_hour=1)
    desk.run_until(at("10:10"))
    desk.running.desk.note(tickets[-1], "tess", "/escalate urgency the whole floor stands still")
    desk.settle()
    assert desk.left_first_tier() == [(tickets[-1], at("10:10"))]


def test_a_paused_ticket_takes_no_turn_and_begins_with_whoever_goes_on_with_it(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk = keeps_pace(open_stage, sqlite_url, WATCHES)
    desk.run_until(at("09:00"))
    paused, *others = desk.open_tickets(3)
    desk.running.desk.set_status(paused, "tess", StatusGroup.WAITING)
    desk.run_until(at("10:00"))
    desk.restart(modes=ENFORCES, adopt_per_hour=2)
    desk.run_until(at("11:10"))
    assert desk.left_first_tier() == [(others[0], at("10:30") + SETTLED), (others[1], at("11:00") + SETTLED)]
    desk.running.desk.set_status(paused, "tess", StatusGroup.WORKING)
    desk.run_until(at("11:40"))
    assert desk.left_first_tier()[-1] == (paused, at("11:40"))


def test_a_clock_begins_while_the_tickets_own_calendar_is_open(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    afternoons = a_calendar({"thu": [["13:00", "20:00"]], "fri": [["13:00", "20:00"]]})
    policy = scenario_policy(
        calendars={"default": office_hours(), "acme": afternoons}, client_calendars={"acme corp": "acme"}
    )
    desk = keeps_pace(open_stage, sqlite_url, WATCHES, policy)
    desk.run_until(at("09:00"))
    acme = desk.open_tickets(2)
    globex = desk.open_tickets(2, client="Globex")
    desk.run_until(at("10:00"))
    desk.restart(modes=ENFORCES, adopt_per_hour=6)
    desk.run_until(at("13:55"))
    ten = minutes(10)
    first, opening = at("10:30") + SETTLED, at("13:40")  # ten working minutes of its own, then the limit
    assert desk.left_first_tier() == [
        (globex[0], first),
        (globex[1], first + ten),
        (acme[0], opening),
        (acme[1], opening + ten),
    ]


def test_those_that_nobody_touched_are_told_of_at_the_pace_too(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk = keeps_pace(open_stage, sqlite_url, WATCHES, scenario_policy(untouched_minutes=30))
    desk.run_until(at("09:00"))
    tickets = desk.open_tickets(4, owner=None)
    desk.run_until(at("10:00"))
    desk.restart(modes=ENFORCES, adopt_per_hour=6)
    desk.run_until(at("10:35"))
    noted = [ticket for ticket in tickets if desk.running.desk.notes(ticket)]
    assert noted == tickets[:1]
    desk.run_until(at("10:45"))
    noted = [ticket for ticket in tickets if desk.running.desk.notes(ticket)]
    assert noted == tickets[:2]


def test_none_waits_where_all_are_taken_up_at_once_and_those_that_waited_begin_when_that_is_said(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk = keeps_pace(open_stage, sqlite_url, WATCHES)
    desk.run_until(at("09:00"))
    tickets = desk.open_tickets(6)
    desk.run_until(at("10:00"))
    desk.restart(modes=ENFORCES, adopt_per_hour=1)
    desk.run_until(at("10:40"))
    assert waiting(desk) == 5
    desk.restart(adopt_per_hour=0)
    desk.run_until(at("11:09"))
    assert [ticket for ticket, _ in desk.left_first_tier()] == tickets[:1]
    desk.run_until(at("11:11"))
    assert {ticket for ticket, _ in desk.left_first_tier()} >= set(tickets)


def test_what_was_adopted_by_a_version_that_knew_no_pace_keeps_its_clock(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk = keeps_pace(open_stage, sqlite_url, WATCHES)
    desk.run_until(at("09:00"))
    tickets = desk.open_tickets(3)
    desk.run_until(at("10:00"))
    desk.restart(modes=ENFORCES)
    desk.running.connected.turns.connection.remember("paced_from", None)
    desk.run_until(at("10:10"))
    desk.restart(adopt_per_hour=1)
    desk.run_until(at("10:30") + minutes(1))
    assert {ticket for ticket, _ in desk.left_first_tier()} == set(tickets)


def test_what_is_resolved_meanwhile_leaves_its_turn_to_the_next(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk = keeps_pace(open_stage, sqlite_url, WATCHES)
    desk.run_until(at("09:00"))
    first, second, third = desk.open_tickets(3)
    desk.run_until(at("10:00"))
    desk.restart(modes=ENFORCES, adopt_per_hour=6)
    desk.run_until(at("10:05"))
    desk.running.desk.set_status(second, "tess", StatusGroup.RESOLVED)
    desk.run_until(at("10:41"))
    assert desk.left_first_tier() == [(first, at("10:30") + SETTLED), (third, at("10:40") + SETTLED)]
    assert waiting(desk) == 0
