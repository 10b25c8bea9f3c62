"""HaloPSA as desks really have it: statuses of their own, and rules behind every write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.cli.checks.connections import of_connections
from connector.clock import VirtualClock
from connector.config.settings import load_settings
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import Severity, TicketId
from connector.policy.policy import Policy
from connector.store import audit
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import Connection
from connector.systems.desk import Desk
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.test_notifications import Recorder

Open = Callable[..., Simulation]


@pytest.fixture
def open_halo(sqlite_url: str, poll_minutes: int) -> Iterator[Open]:
    """Opens a stage on a Halo desk that ``prepare`` has changed, with a policy that ``change`` has."""
    with ExitStack() as stack:

        def open_(
            prepare: Callable[[Desk], object] = lambda desk: None,
            change: Callable[[Policy], Policy] = lambda policy: policy,
            **given: Any,
        ) -> Simulation:
            clock = VirtualClock(at("08:55"))
            desk = ticket_systems()["halopsa"].simulated(clock)
            prepare(desk)
            policy = change(at_desks(scenario_policy(), [desk]))
            given.setdefault("poll_every", timedelta(minutes=poll_minutes))
            running = stack.enter_context(stage(clock.now(), policy, sqlite_url, desks=[desk], clock=clock, **given))
            running.run_until(at("09:00"))
            return running

        yield open_


def tier_of(running: Simulation, ticket: TicketId) -> int:
    return running.desk.ticket(ticket).tier


def our_notes(running: Simulation, ticket: TicketId) -> int:
    return sum(note.by_connector for note in running.desk.notes(ticket))


def events(running: Simulation, ticket: TicketId, name: str) -> list[audit.AuditRow]:
    return [row for row in audit.events(running.store, ticket=ticket) if row.event == name]


# Statuses of the desk's own


def test_a_ticket_in_a_status_of_the_desks_own_on_tier_2_reaches_tier_3(open_halo: Open) -> None:
    running = open_halo()
    ticket = running.desk.open_ticket("VPN drops", owner="tess")
    running.run_until(at("09:31"))
    assert tier_of(running, ticket) == 2
    running.desk.set_status_named(ticket, "sam", "Quality Review")
    running.run_until(at("09:59"))
    assert tier_of(running, ticket) == 2
    running.run_until(at("10:01"))
    assert tier_of(running, ticket) == 3


def test_a_status_of_the_desks_own_that_tier_2_is_given_on_arrival_does_not_stop_its_clock(open_halo: Open) -> None:
    def with_own_status(policy: Policy) -> Policy:
        first, second, last = policy.tiers
        return replace(policy, tiers=(first, replace(second, status="Third Line"), last))

    running = open_halo(lambda desk: desk.simulator.add_status(40, "Third Line"), with_own_status)  # type: ignore[attr-defined]
    ticket = running.desk.open_ticket("VPN drops", owner="tess")
    running.run_until(at("09:31"))
    assert (tier_of(running, ticket), running.desk.ticket(ticket).status) == (2, "Third Line")
    running.run_until(at("10:01"))
    assert tier_of(running, ticket) == 3


def only_unknown_statuses(desk: Desk) -> None:
    state = desk.simulator.state  # type: ignore[attr-defined]
    for number in [number for number, status in state.statuses.items() if not status["_closes"]]:
        del state.statuses[number]
    for number, name in ((41, "Zebra"), (42, "Giraffe"), (43, "Waiting on parts")):
        desk.simulator.add_status(number, name)  # type: ignore[attr-defined]
    state.ticket_types[1]["initial_status"] = 41


def test_a_desk_whose_every_open_status_has_an_unknown_name_escalates_on_time(open_halo: Open) -> None:
    running = open_halo(only_unknown_statuses)
    desk = running.desk.simulator
    tickets = [
        TicketId(str(desk.create_ticket("VPN drops", team="First Touch", status=status, agent="Tess Tech")))
        for status in ("Zebra", "Giraffe", "Waiting on parts")
    ]
    running.run_until(at("09:29"))
    assert [tier_of(running, ticket) for ticket in tickets] == [1, 1, 1]
    running.run_until(at("09:31"))
    assert [tier_of(running, ticket) for ticket in tickets] == [2, 2, 1]  # no status holds: there the names decide


def test_check_lists_what_was_assumed_of_them(open_halo: Open) -> None:
    running = open_halo(only_unknown_statuses)
    environ = {
        **running.desk.variables(),
        "TIER_1_HOME": "First Touch",
        "TIER_2_HOME": "Tier 3",
        "TIER_3_HOME": "Sr IT",
        "WORK_TIME_ZONE": "UTC",
    }
    found = of_connections({"halopsa": Connection("halopsa", running.system)}, load_settings(environ))
    (assumed,) = [one for one in found if one.severity is Severity.WARNING and "assumed" in one.message]
    for words in ("Zebra", "Giraffe", "Waiting on parts"):
        assert words in assumed.message


# Rules


def test_rules_behind_every_note_and_move_do_not_keep_a_ticket_from_going_up_once(open_halo: Open) -> None:
    def with_rules(desk: Desk) -> None:
        simulator = desk.simulator  # type: ignore[attr-defined]
        simulator.faults.rule_after = frozenset({"tickets", "actions"})
        simulator.faults.rule_sets = {"team_id": 2, "agent_id": 1, "status_id": 3}
        assert simulator.state.teams[2]["name"] == "First Touch"

    running = open_halo(with_rules)
    ticket = running.desk.open_ticket("VPN drops", owner="tess")
    running.run_until(at("09:31"))
    assert (tier_of(running, ticket), our_notes(running, ticket)) == (2, 1)
    running.run_until(at("10:01"))
    assert (tier_of(running, ticket), our_notes(running, ticket)) == (3, 2)


def test_a_warning_upon_which_a_rule_moves_the_ticket_does_not_start_the_tiers_clock_anew(open_halo: Open) -> None:
    def with_a_rule(desk: Desk) -> None:
        desk.simulator.faults.rule_after = frozenset({"actions"})  # type: ignore[attr-defined]
        desk.simulator.faults.rule_sets = {"team_id": 2}  # type: ignore[attr-defined]

    running = open_halo(with_a_rule, lambda policy: replace(policy, warn_at=0.8))
    ticket = running.desk.open_ticket("VPN drops", tier=2, owner="sam")
    running.run_until(at("09:25"))
    assert (tier_of(running, ticket), our_notes(running, ticket)) == (2, 1)
    running.run_until(at("09:31"))
    assert (tier_of(running, ticket), our_notes(running, ticket)) == (3, 2)


def test_a_ticket_that_is_brought_back_by_hand_again_and_again_climbs_three_times_and_then_people_are_told(
    open_halo: Open,
) -> None:
    people = Recorder(1)
    running = open_halo(notifier=people)
    ticket = running.desk.open_ticket("VPN drops", owner="tess")
    now, arrivals = at("09:00"), 0
    while now < at("16:00"):
        now += minutes(5)
        running.run_until(now)
        if tier_of(running, ticket) == 2:
            arrivals += 1
            running.run_until(now + minutes(3))
            running.desk.simulator.move(int(ticket), "First Touch", "Tess Tech", by="Tess Tech")
    assert arrivals == 3
    assert our_notes(running, ticket) == 3
    assert len(events(running, ticket, "escalated")) == 3
    (dead,) = running.mailbox.dead_letters()
    assert "moved it to Tier 3 3 times within a day" in dead.error
    running.desk.note(ticket, "tess", "Still at it")
    running.run_until(at("16:30"))
    assert our_notes(running, ticket) == 3  # looked at, and no note more
    assert sum("needs a person" in title for _, title, _ in people.sent) == 1
    running.mailbox.replay("halopsa", str(ticket), "tests")
    running.run_until(at("16:35"))
    assert (tier_of(running, ticket), our_notes(running, ticket)) == (2, 4)


def test_after_a_day_the_moves_of_the_day_before_no_longer_count(open_halo: Open) -> None:
    running = open_halo(poll_every=timedelta(hours=1))
    ticket = running.desk.open_ticket("VPN drops", owner="tess")
    for day in (15, 16, 19, 20):  # Thursday, Friday, Monday, Tuesday
        start = at("09:00", day=day) + timedelta(minutes=0 if day == 15 else 60)
        if day > 15:
            running.clock.move_to(start - minutes(15))  # the night is skipped: nothing happens in it
        running.run_until(start)
        if day > 15:
            running.desk.simulator.move(int(ticket), "First Touch", "Tess Tech")
        running.run_until(start + minutes(31))
        assert tier_of(running, ticket) == 2
        running.run_until(start + minutes(150))
    assert running.mailbox.dead_letters() == []
