"""What ``explain`` tells of a ticket that went up to the very end."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import Mode, StatusGroup
from connector.policy.modes import OBSERVES
from connector.systems.catalogue import ticket_systems
from connector.turn.duties import owed_after_final
from connector.turn.explaining import account
from connector.turn.explaining.done import done_by, is_settled
from connector.turn.look import Seen
from tests.builders import at
from tests.scenarios.conftest import FINAL as CALLED
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on


def looked_at(desk: Simulation, ticket: int) -> Seen:
    return account.seen_now(desk.connected.turns.reader, desk.store, desk.desk.system, str(ticket))


def owed_lines(seen: Seen) -> list[str]:
    owed = owed_after_final(account.situation_of("connectwise", seen, Mode.ENFORCE))
    return account.owed_lines(owed, seen) if owed else []


def test_after_a_final_escalation_it_says_what_is_owed_until_it_is_there(
    open_stage: Callable[..., Simulation],
) -> None:
    desk = open_stage(scenario_policy(final=replace(CALLED, reminders=2)))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("10:30"))
    before = looked_at(desk, ticket)
    assert (owed_lines(before), is_settled(before.steps, before.decision, "connectwise")) == ([], False)
    desk.run_until(at("11:10"))
    seen = looked_at(desk, ticket)
    assert is_settled(seen.steps, seen.decision, "connectwise")
    first, second = owed_lines(seen)
    assert first.startswith("After the final escalation of 2026-01-15 11:00:00 UTC is still owed: a new plan ")
    assert first.endswith("and word to the client (a note that the client sees)")
    assert second == "  The next reminder comes at 2026-01-15 12:00:00 UTC"
    told = "\n".join(deed.words for deed in done_by(seen.steps))
    assert "escalation from Sr IT Manager to final escalation (Time, in the diagnosis stage)" in told
    assert not re.search(r"ESC-|@\d|connectwise", told)
    desk.run_until(at("13:30"))
    assert owed_lines(looked_at(desk, ticket))[1] == "  No further reminder comes"
    desk.simulator.add_note(ticket, "New plan: replace it", "irene")
    desk.simulator.add_note(ticket, "We replace it today", "irene", internal=False)
    desk.run_until(at("13:40"))
    assert owed_lines(looked_at(desk, ticket)) == []


def test_what_was_only_noted_is_settled_where_nothing_is_moved(open_stage: Callable[..., Simulation]) -> None:
    desk = open_stage(modes=OBSERVES)
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:20"))
    seen = looked_at(desk, ticket)
    assert not is_settled(seen.steps, seen.decision, "connectwise")
    desk.run_until(at("09:40"))
    seen = looked_at(desk, ticket)
    assert is_settled(seen.steps, seen.decision, "connectwise")
    (deed,) = done_by(seen.steps)
    assert (deed.words, deed.is_real) == ("escalation, decided and not carried out", False)


def test_a_resolved_ticket_owes_nothing(open_stage: Callable[..., Simulation]) -> None:
    desk = open_stage(modes=OBSERVES)
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:40"))
    desk.desk.set_status(str(ticket), "tess", StatusGroup.RESOLVED)
    desk.run_until(at("09:45"))
    assert owed_lines(looked_at(desk, ticket)) == []


@pytest.mark.parametrize("system", list(ticket_systems()))
def test_after_a_change_of_policy_it_says_what_the_next_turn_will(sqlite_url: str, system: str) -> None:
    clock = VirtualClock(at("08:30"))
    open_before = ticket_systems()[system].simulated(clock)
    with open_before.serve():
        ticket = open_before.open_ticket("It was open before", owner="tess")
    clock.move_to(at("09:00"))
    policy = at_desks(scenario_policy(version="first"), [open_before])
    told = []
    for version in ("first", "second"):
        known = replace(policy, version=version)
        with stage(clock.now(), known, sqlite_url, desks=[open_before], clock=clock, adopt_per_hour=12) as desk:
            if version == "second":
                told.append(looked_at(desk, int(ticket)).decision)
            desk.run_until(clock.now() + timedelta(minutes=5))
            told.append(looked_at(desk, int(ticket)).decision)
    clocks = [decision.clock for decision in told]
    assert all(one is not None for one in clocks)
    assert len({one.due_at for one in clocks if one}) == 1
