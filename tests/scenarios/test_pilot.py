"""A pilot: one tier is enforced, the next one warned, another system observed, and each does exactly its part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, default_desk
from connector.model import Mode
from connector.policy.modes import ENFORCES, OBSERVES, Modes
from connector.turn.turn import TurnSettings
from tests.builders import a_tier, at
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, where, writes
from tests.scenarios.paced import keeps_pace

SETTLED = timedelta(seconds=20)


def pilot(*modes: Mode | None):
    """The scenarios' policy of three tiers, each in its mode."""
    return scenario_policy(tiers=tuple(replace(a_tier(n), mode=mode) for n, mode in enumerate(modes, 1)), warn_at=0.8)


def first_lines(desk: Simulation, ticket: int) -> list[str]:
    return [note["text"].splitlines()[0] for note in our_notes(desk, ticket)]


@pytest.mark.process("warn", "pilot")
def test_a_ticket_leaves_the_enforced_tier_and_is_only_warned_of_on_the_next(
    open_stage: Callable[..., Simulation],
) -> None:
    desk = open_stage(pilot(None, Mode.WARN, Mode.OBSERVE))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("12:00"))
    assert where(desk, ticket)[0] == "Tier 3"
    (second,) = events(desk, ticket, "would escalate")
    assert (second.detail["mode"], second.detail["from_tier"], second.at) == ("warn", 2, at("10:00"))
    assert [row.at for row in events(desk, ticket, "warned")] == [at("09:24"), at("09:54")]
    lines = first_lines(desk, ticket)
    assert len(lines) == 3
    assert lines[0].endswith("else this ticket goes to Tier 3 / Service Desk Manager. 6 working minutes left.")
    assert lines[2].endswith(
        "else this ticket would go to Sr IT Manager. 6 working minutes left. This is a pilot: nothing is moved yet."
    )


def test_what_an_observed_tier_holds_is_written_on_by_nobody(open_stage: Callable[..., Simulation]) -> None:
    desk = open_stage(pilot(Mode.OBSERVE, Mode.WARN, None))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("12:00"))
    assert writes(desk) == []
    assert [row.detail["mode"] for row in events(desk, ticket, "would escalate")] == ["observe"]


def test_who_asks_for_an_escalation_in_a_pilot_is_told_that_nothing_is_moved(
    open_stage: Callable[..., Simulation],
) -> None:
    desk = open_stage(pilot(None, None, None), modes=Modes(Mode.WARN))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.simulator.add_note(ticket, "/escalate urgency the whole office cannot work", "tess")
    desk.run_until(at("09:05"))
    assert where(desk, ticket)[0] == "Service Desk"
    (answer,) = our_notes(desk, ticket)
    assert answer["text"].splitlines()[0] == (
        "Tess Tech, by your /escalate urgency this ticket would go up now. "
        "This is a pilot, in which nothing is moved yet: please move it yourself."
    )
    assert len(events(desk, ticket, "would escalate")) == 1


@pytest.mark.parametrize("before", [Mode.OBSERVE, Mode.WARN])
def test_a_tier_that_is_first_enforced_adopts_what_it_holds(
    open_stage: Callable[..., Simulation], sqlite_url: str, before: Mode
) -> None:
    settings = TurnSettings(modes=ENFORCES)
    desk = keeps_pace(open_stage, sqlite_url, settings, pilot(before, None, None))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk.running)
    desk.run_until(at("11:00"))
    assert where(desk.running, ticket)[0] == "Service Desk"
    desk.restart(policy=pilot(None, None, None))
    desk.run_until(at("11:29"))
    assert where(desk.running, ticket)[0] == "Service Desk"
    assert len(events(desk.running, ticket, "warned")) == 2
    desk.run_until(at("11:31"))
    assert where(desk.running, ticket)[0] == "Tier 3"
    (escalated,) = events(desk.running, ticket, "escalated")
    assert timedelta() <= escalated.at - at("11:30") <= SETTLED


def test_a_tier_that_was_enforced_before_adopts_nothing_when_it_is_again(
    open_stage: Callable[..., Simulation], sqlite_url: str
) -> None:
    desk = keeps_pace(open_stage, sqlite_url, TurnSettings(modes=ENFORCES), pilot(None, None, None))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk.running)
    desk.restart(policy=pilot(Mode.OBSERVE, None, None))
    desk.run_until(at("10:00"))
    assert where(desk.running, ticket)[0] == "Service Desk"
    desk.restart(policy=pilot(None, None, None))
    desk.run_until(at("10:01"))
    assert where(desk.running, ticket)[0] == "Tier 3"


def test_an_escalation_that_was_begun_is_finished_though_the_next_tier_is_observed(
    open_stage: Callable[..., Simulation],
) -> None:
    desk = open_stage(pilot(None, Mode.OBSERVE, None))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.simulator.faults.accept_but_never_answer(1, method="PATCH")
    desk.run_until(at("09:40"))
    assert where(desk, ticket)[0] == "Tier 3"
    assert len(events(desk, ticket, "escalated")) == 1


@pytest.mark.process("pilot")
def test_each_system_is_in_its_own_mode(open_stage: Callable[..., Simulation]) -> None:
    clock, ids = VirtualClock(at("08:55")), ("enforced", "observed")
    desks = [default_desk(clock) for _ in ids]
    policy = at_desks(scenario_policy(), desks, ids)
    desk = open_stage(policy, desks=desks, ids=ids, clock=clock, modes_of={"observed": OBSERVES})
    desk.run_until(at("09:00"))
    tickets = [one.open_ticket("Cannot print", owner="tess") for one in desks]
    desk.run_until(at("09:40"))
    assert [len(one.simulator.notes(int(ticket))) > 0 for one, ticket in zip(desks, tickets, strict=True)] == [
        True,
        False,
    ]
    states = [desk.connections[name].connection for name in ("enforced", "observed")]
    assert len(states) == 2
