"""Configured people, statuses and priorities that a ticket system does not know: told when they are found, not when
somebody needs them; once, and once that they are back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import StatusGroup
from connector.policy.policy import FinalEscalation, Policy
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.catalogue import ticket_systems
from tests.builders import NINE, a_policy, a_tier, at, minutes
from tests.scenarios.test_notifications import Recorder

Open = Callable[..., Simulation]
CODE = TroubleKind.NAME_UNRESOLVED.code
TITLE, BACK = "connectwise: a configured name does not resolve", "connectwise: a configured name is back"


def policy(*, first: dict[str, Any] | None = None, second: dict[str, Any] | None = None, **given: Any) -> Policy:
    """Names that the simulated site knows, but for those given."""
    tiers = replace(a_tier(1), **(first or {})), replace(a_tier(2), **(second or {})), a_tier(3)
    return replace(a_policy(tiers=tiers, warn_at=0), **given)


def reasons(desk: Simulation) -> list[str]:
    found = requests.get(f"{desk.url}/health/status", timeout=10).json()["reasons"]
    return [one["message"] for one in found if one["code"] == CODE]


def told(notifier: Recorder) -> list[str]:
    return [title for _, title, _ in notifier.sent]


NAMES = {
    "a manager": (
        policy(first={"managers": ("Mariaa",)}, second={"managers": ("Mariaa", "maria")}),
        "a configured member is not known: a manager of tier 1 (First Touch (T1/2)); a manager of tier 2",
        ("'Mariaa'; did you mean 'maria'?", "An /override by that person is not applied."),
    ),
    "a manager who left": (
        policy(first={"managers": ("gone",)}),
        "a configured person is not active any more: a manager of tier 1",
        ("'gone'", "An /override by that person is not applied."),
    ),
    "who gets the tickets": (
        policy(second={"assign": "Sennna"}),
        "a configured member is not known: who gets the tickets of tier 2",
        ("'Sennna'", "keeps tickets from going up to tier 2"),
    ),
    "who is called at last": (
        policy(final=FinalEscalation(sr_it_manager="irene", account_manager="Addam", reminders=0)),
        "a configured member is not known: the Account Manager of the final escalation",
        ("'Addam'", "calls that person as configured"),
    ),
    "the status on arrival": (
        policy(second={"status": "In Progres"}),
        "there is no status on the board 'Tier 3' named 'In Progres': the status on arrival at tier 2",
        ("did you mean 'In Progress'?", "Tickets cannot go up to tier 2"),
    ),
    "the final status": (
        policy(final=FinalEscalation(status="Finnal", reminders=0)),
        "named 'Finnal': the status of the final escalation",
        ("The final escalation is not carried out.",),
    ),
    "the final priority": (
        policy(final=FinalEscalation(priority="Priority 9", reminders=0)),
        "there is no priority named 'Priority 9': the priority of the final escalation",
        ("The final escalation is not carried out.",),
    ),
    "a status that was placed": (
        policy(status_groups={"wating": StatusGroup.WAITING}),
        "named 'wating': a status of the group waiting",
        ("judged by what the ticket system says of it",),
    ),
    "a priority that counts": (
        policy(priority_factors={"priority one": 0.5}),
        "there is no priority named 'priority one'",
        ("judged like all others",),
    ),
}


@pytest.mark.parametrize("name", list(NAMES))
def test_a_name_that_does_not_resolve_is_told_of_at_the_start_and_by_cause(open_stage: Open, name: str) -> None:
    under, cause, words = NAMES[name]
    notifier = Recorder(1)
    desk = open_stage(under, notifier=notifier)
    desk.run_until(NINE - minutes(5) + timedelta(seconds=20))
    assert told(notifier) == [TITLE]
    assert all(word in notifier.sent[0][2] for word in (*words, f"docs/runbook.md#{CODE}"))
    (reason,) = reasons(desk)
    assert cause in reason
    assert not any(who in reason.casefold() for who in ("mariaa", "gone'", "sennna", "addam"))
    desk.run_until(NINE + minutes(30))
    assert told(notifier) == [TITLE]


@pytest.mark.usual_rounds
def test_a_name_that_was_mended_in_the_ticket_system_is_back(open_stage: Open) -> None:
    notifier = Recorder(1)
    desk = open_stage(policy(first={"managers": ("mariaa",)}, second={"assign": "mariaa"}), notifier=notifier)
    desk.run_until(NINE)
    assert told(notifier) == [TITLE]
    desk.simulator.add_member("mariaa", "Maria Another")
    desk.run_until(NINE + minutes(6))
    assert told(notifier) == [TITLE, BACK]
    assert "'mariaa'" in notifier.sent[1][2]
    assert (reasons(desk), Troubles(desk.store).all()) == ([], [])


@pytest.mark.usual_rounds
def test_who_leaves_and_comes_back_is_told_of_each_time(open_stage: Open) -> None:
    notifier = Recorder(1)
    desk = open_stage(policy(first={"managers": ("maria",)}), notifier=notifier)
    desk.run_until(NINE)
    assert told(notifier) == []
    desk.simulator.set_member_active("maria", False)
    desk.run_until(NINE + minutes(21))
    assert told(notifier) == [TITLE]
    assert reasons(desk) == ["a configured person is not active any more: a manager of tier 1 (First Touch (T1/2))"]
    desk.simulator.set_member_active("maria", True)
    desk.run_until(NINE + minutes(42))
    assert told(notifier) == [TITLE, BACK]


@pytest.mark.parametrize("path", ["members", ""])
@pytest.mark.parametrize("status", [500, 403])
def test_a_look_up_that_fails_says_nothing_of_a_name_and_ends_nothing(open_stage: Open, path: str, status: int) -> None:
    notifier = Recorder(1)
    desk = open_stage(policy(first={"managers": ("mariaa", "maria")}), notifier=notifier)
    desk.run_until(NINE)
    (before,) = Troubles(desk.store).all()
    desk.simulator.faults.fail_next(None, status, path=path)
    desk.run_until(NINE + minutes(40))
    names = [one for one in Troubles(desk.store).all() if one.kind is TroubleKind.NAME_UNRESOLVED]
    assert [(one.name, one.since) for one in names] == [(before.name, before.since)]
    assert told(notifier).count(TITLE) == 1
    assert BACK not in told(notifier)


def test_of_two_systems_one_has_to_know_a_manager_and_each_whom_the_final_escalation_calls(sqlite_url: str) -> None:
    clock, notifier = VirtualClock(at("08:55")), Recorder(1)
    desks = [ticket_systems()["connectwise"].simulated(clock) for _ in range(2)]
    ids = ("north", "south")
    one, two = (getattr(desk, "simulator") for desk in desks)  # noqa: B009  # a desk need not have one
    one.add_member("nora", "Nora North")
    two.add_member("sam", "Sam South")
    final = FinalEscalation(account_manager="nora", reminders=0)
    under = at_desks(policy(first={"managers": ("nora", "sam", "nobody")}, final=final), desks, ids)
    with stage(clock.now(), under, sqlite_url, desks=desks, ids=ids, clock=clock, notifier=notifier) as both:
        both.run_until(NINE)
        found = {(one.connection, one.name): one.cause for one in Troubles(both.store).all()}
        assert found == {
            ("north", "person: nobody"): "a configured member is not known: a manager of tier 1 (First Touch (T1/2))",
            ("south", "person: nora"): "a configured member is not known: the Account Manager of the final escalation",
        }
        assert sorted(told(notifier)) == [f"{name}: a configured name does not resolve" for name in ids]


def test_while_the_other_system_is_down_nobody_says_that_it_does_not_know_a_manager(sqlite_url: str) -> None:
    clock, notifier = VirtualClock(at("08:55")), Recorder(1)
    desks = [ticket_systems()["connectwise"].simulated(clock) for _ in range(2)]
    ids = ("north", "south")
    under = at_desks(policy(first={"managers": ("nobody",)}), desks, ids)
    down = getattr(desks[1], "simulator")  # noqa: B009  # as above
    with stage(clock.now(), under, sqlite_url, desks=desks, ids=ids, clock=clock, notifier=notifier) as both:
        down.faults.outage = True
        both.run_until(NINE)
        assert [one.kind for one in Troubles(both.store).all()] == [TroubleKind.CONNECTION_DOWN]
        down.faults.reset()
        both.run_until(NINE + minutes(10))
        assert told(notifier).count("north: a configured name does not resolve") == 1


@pytest.mark.parametrize("system", ["halopsa", "rt"])
def test_every_system_tells_of_who_is_not_known(system: str, sqlite_url: str) -> None:
    clock, notifier = VirtualClock(at("08:55")), Recorder(1)
    desk = ticket_systems()[system].simulated(clock)
    under = at_desks(policy(second={"assign": "noone"}, priority_factors={}, critical_priorities=frozenset()), [desk])
    with stage(clock.now(), under, sqlite_url, desks=[desk], clock=clock, notifier=notifier) as running:
        running.run_until(NINE)
        assert told(notifier) == [f"{system}: a configured name does not resolve"]
        (reason,) = reasons(running)
        assert reason.endswith("is not known: who gets the tickets of tier 2 (Tier 3 / Service Desk Manager)")
