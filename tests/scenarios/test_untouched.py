"""A ticket that nobody touches is told of once: in an internal note, and to the configured people."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.demo.stage import Simulation
from connector.policy.modes import OBSERVES
from tests.builders import NINE, at, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes
from tests.scenarios.test_notifications import Recorder

pytestmark = pytest.mark.process("untouched-told")


def opened(open_stage: Callable[..., Simulation], notifier: Recorder | None = None, **given) -> Simulation:
    desk = open_stage(scenario_policy(untouched_minutes=20), notifier=notifier or Recorder(1), **given)
    desk.run_until(NINE)
    return desk


def test_it_is_told_at_its_very_minute_and_never_again(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(2)
    desk = opened(open_stage, notifier)
    ticket = a_ticket_on(desk, owner=None)
    desk.run_until(at("09:19"))
    assert (our_notes(desk, ticket), notifier.sent) == ([], [])
    desk.run_until(NINE + minutes(20))
    (note,) = our_notes(desk, ticket)
    assert note["internalAnalysisFlag"]
    assert note["text"].startswith("Nobody has touched this ticket for 20 working minutes, since Thu 15 Jan 09:00 UTC.")
    assert len(note["text"]) <= 450
    assert sorted((number, title) for number, title, _ in notifier.sent) == [
        (str(n), f"Ticket {ticket}: {note['text'].splitlines()[0]}") for n in range(2)
    ]
    (row,) = events(desk, ticket, "untouched")
    assert row.detail["minutes"] == 20
    desk.simulator.add_note(ticket, "Any news?", contact="Connie Client")
    desk.run_until(NINE + minutes(300))
    assert len(our_notes(desk, ticket)) == 1
    assert len(notifier.sent) == 2


def test_the_note_is_written_once_though_nobody_hears_of_it_at_first(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(1)
    desk = opened(open_stage, notifier)
    ticket = a_ticket_on(desk, owner=None)
    desk.run_until(at("09:19"))
    desk.simulator.faults.accept_but_never_answer(1, method="POST", path="notes")
    desk.run_until(at("09:40"))
    assert len(our_notes(desk, ticket)) == 1
    assert len(notifier.sent) == 1


def test_whoever_touches_it_in_time_hears_nothing(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(1)
    desk = opened(open_stage, notifier)
    ticket = a_ticket_on(desk, owner=None)
    desk.run_until(at("09:19"))
    desk.simulator.add_note(ticket, "On it.", "tess")
    desk.run_until(at("09:45"))
    assert (our_notes(desk, ticket), notifier.sent) == ([], [])


def test_what_was_open_at_the_first_start_counts_from_then(open_stage: Callable[..., Simulation]) -> None:
    desk = open_stage(scenario_policy(untouched_minutes=20), notifier=Recorder(0))
    ticket = a_ticket_on(desk, owner=None)
    desk.run_until(at("09:14"))
    assert our_notes(desk, ticket) == []
    desk.run_until(at("09:16"))
    assert len(our_notes(desk, ticket)) == 1


def test_an_observer_tells_nobody_and_keeps_what_it_would_have_told(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(1)
    desk = opened(open_stage, notifier, modes=OBSERVES)
    ticket = a_ticket_on(desk, owner=None)
    desk.run_until(at("09:40"))
    assert (our_notes(desk, ticket), notifier.sent) == ([], [])
    assert [row.event for row in events(desk, ticket, "untouched", "would write")] == ["untouched", "would write"]


def test_it_is_off_unless_it_is_wanted(desk: Simulation) -> None:
    ticket = a_ticket_on(desk, owner=None)
    desk.run_until(at("16:00"))
    assert our_notes(desk, ticket) == []
