"""What people do in the minute in which the connector acts: they have the last word, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from adapters.halopsa.simulation import changes
from adapters.halopsa.simulation.state import SYSTEM_ACTOR
from adapters.request_tracker.simulation.state import SYSTEM
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import StatusGroup, TicketId
from connector.store import audit
from connector.store.records import Claim
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import Desk
from connector.turn.explaining.account import held
from tests.builders import a_tier, at, minutes
from tests.scenarios.conftest import SELDOM, scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, where

SYSTEMS = list(ticket_systems())


@contextmanager
def running_on(system: str, url: str, poll_minutes: int = SELDOM) -> Iterator[Simulation]:
    """A desk of that system at nine; Maria may override everywhere."""
    clock = VirtualClock(at("08:55"))
    desk = ticket_systems()[system].simulated(clock)
    policy = at_desks(scenario_policy(), [desk])
    policy = replace(policy, tiers=tuple(replace(tier, managers=(desk.member("maria"),)) for tier in policy.tiers))
    with stage(clock.now(), policy, url, desks=[desk], clock=clock, poll_every=minutes(poll_minutes)) as running:
        running.run_until(at("09:00"))
        yield running


@pytest.fixture(params=SYSTEMS)
def running(request: pytest.FixtureRequest, sqlite_url: str, poll_minutes: int) -> Iterator[Simulation]:
    with running_on(request.param, sqlite_url, poll_minutes) as made:
        yield made


def said(running: Simulation, ticket: TicketId) -> list[str]:
    """The first lines of the connector's own notes, oldest first."""
    return [note.text.splitlines()[0] for note in running.desk.notes(ticket) if note.by_connector]


def told(running: Simulation, ticket: TicketId, *names: str) -> list[audit.AuditRow]:
    return [row for row in audit.events(running.store, ticket=ticket) if row.event in names]


def trail_calls(running: Simulation) -> int:
    return len([call for call in running.simulator.calls if "audittrail" in call.path])


def in_the_second_of_the_note(running: Simulation, do: Callable[[Desk], object]) -> None:
    """Somebody acts right after the next note was written, before the connector has its answer."""
    running.simulator.faults.after_note(1, lambda: do(running.desk))


BY_HAND: dict[str, tuple[Callable[[Desk, TicketId], object], int, str]] = {
    "resolved": (lambda desk, t: desk.set_status(t, "tess", StatusGroup.RESOLVED), 1, "Tess Tech resolved it at 09:30"),
    "closed": (lambda desk, t: desk.set_status(t, "tess", StatusGroup.CLOSED), 1, "Tess Tech closed it at 09:30"),
    "paused": (lambda desk, t: desk.set_status(t, "tess", StatusGroup.WAITING), 1, "Tess Tech set it to "),
    "moved": (lambda desk, t: desk.move(t, "tess", 3), 3, "Tess Tech moved it there at 09:30"),
    "planned": (lambda desk, t: desk.note(t, "tess", "Plan: swap the cable"), 1, "Tess Tech recorded a diagnosis plan"),
    "overridden": (
        lambda desk, t: desk.note(t, "maria", "/override 45m because the vendor calls back"),
        1,
        "Maria Desk overrode its limit at 09:30",
    ),
}


@pytest.mark.parametrize("what", list(BY_HAND))
def test_who_acts_in_the_second_between_the_note_and_the_move_has_the_last_word(running: Simulation, what: str) -> None:
    act, tier, why = BY_HAND[what]
    if what == "closed" and StatusGroup.CLOSED not in running.desk.statuses:
        pytest.skip("the desk has no such status")
    ticket = running.desk.open_ticket("Opened in vain", owner="tess")
    running.settle()
    in_the_second_of_the_note(running, lambda desk: act(desk, ticket))
    running.run_until(at("09:59"))
    assert running.desk.ticket(ticket).tier == tier
    notes = said(running, ticket)
    assert notes[0].startswith("ESCALATED to Tier 3")
    stays = [note for note in notes if note.startswith("It stays with ")]
    assert len(stays) == 1
    assert why in stays[0]
    assert "while it was being escalated." in stays[0]
    assert len(notes) == (3 if what == "overridden" else 2)
    assert len(told(running, ticket, "escalation not finished")) == 1
    assert told(running, ticket, "escalated") == []


def test_a_pause_in_that_second_holds_the_move_until_it_ends_and_no_second_note_is_written(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Paused in that second", owner="tess")
    running.settle()
    in_the_second_of_the_note(running, lambda desk: desk.set_status(ticket, "tess", StatusGroup.WAITING))
    running.run_until(at("10:15"))
    running.desk.note(ticket, "tess", "The vendor still does not answer")
    running.run_until(at("10:20"))
    assert (running.desk.ticket(ticket).tier, len(said(running, ticket))) == (1, 2)
    running.desk.set_status(ticket, "tess", StatusGroup.WORKING)
    running.settle()
    assert running.desk.ticket(ticket).tier == 2
    assert len(said(running, ticket)) == 2
    (row,) = told(running, ticket, "escalated")
    assert row.detail["from_tier"] == 1
    running.run_until(at("10:49"))
    assert len(said(running, ticket)) == 2
    running.run_until(at("10:50"))
    assert running.desk.ticket(ticket).tier == 3


def test_an_override_in_that_second_holds_the_move_until_it_ends(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Overridden in that second", owner="tess")
    running.settle()
    words = "/override 45m because the vendor calls back"
    in_the_second_of_the_note(running, lambda desk: desk.note(ticket, "maria", words))
    running.run_until(at("10:14"))
    assert (running.desk.ticket(ticket).tier, len(said(running, ticket))) == (1, 3)
    assert len(told(running, ticket, "override applied")) == 1
    running.run_until(at("10:15"))
    assert (running.desk.ticket(ticket).tier, len(said(running, ticket))) == (2, 3)


@pytest.mark.parametrize(
    ("what", "why", "moves"),
    [
        ("paused", "the clock stands still: status ", "once the pause ends and its limit is out then"),
        ("overridden", "the limit for the diagnosis plan applies later, by Maria Desk", "at 2026-01-15 10:15:00 UTC, "),
    ],
)
def test_explain_says_that_an_escalation_is_held_open_why_and_until_when(
    running: Simulation, what: str, why: str, moves: str
) -> None:
    act, _, _ = BY_HAND[what]
    ticket = running.desk.open_ticket("Held open", owner="tess")
    running.run_until(at("09:29"))
    claim = Claim(running.connected.connection.id, ticket, fence=0)
    look = running.connected.turns.reader.look
    assert held(look(claim)) == []
    in_the_second_of_the_note(running, lambda desk: act(desk, ticket))
    running.run_until(at("09:40"))
    held_open, then, closes = held(look(claim))
    assert held_open.startswith("held open: the escalation note of 2026-01-15 09:30:00 UTC stands, and the ticket was")
    assert why in held_open
    assert then.startswith(f"it moves, without a second note, {moves}")
    assert closes.startswith("a resolution or a move by hand closes it")
    running.desk.set_status(ticket, "tess", StatusGroup.RESOLVED)
    running.settle()
    assert held(look(claim)) == []


def test_a_move_that_was_seen_stays_where_it_was_seen_though_the_answer_to_an_override_ends_badly(open_stage):
    tiers = (a_tier(1), a_tier(2, managers=("maria",)), a_tier(3))
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.forbid(path="audittrail")
    desk.run_until(at("09:10"))
    desk.simulator.move(ticket, "Tier 3", "Seniors", by="tess")
    desk.simulator.add_note(ticket, "/override 3h because the vendor calls back", "maria")
    desk.simulator.faults.fail_next(None, 500, method="POST", path="notes")
    desk.settle()
    desk.run_until(at("09:11"))
    desk.simulator.add_note(ticket, "Rebuilt the profile, no change", "sam")
    desk.settle()
    desk.simulator.faults.reset()
    desk.run_until(at("12:09:59"))
    assert where(desk, ticket)[0] == "Tier 3"
    (answer,) = our_notes(desk, ticket)
    assert answer["text"].startswith("Override by Maria Desk: the diagnosis plan is due at 12:10 (UTC)")
    assert len(events(desk, ticket, "override applied")) == 1
    desk.run_until(at("12:10"))
    assert where(desk, ticket)[0] == "Sr IT"


def test_however_often_a_held_ticket_is_paused_one_note_says_that_it_stays(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Paused again and again", owner="tess")
    running.settle()
    in_the_second_of_the_note(running, lambda desk: desk.set_status(ticket, "tess", StatusGroup.WAITING))
    running.run_until(at("09:31"))
    words = "/override 3h because the vendor calls back"
    running.desk.note(ticket, "maria", words)
    for minute in range(32, 42, 2):
        running.run_until(at(f"09:{minute}"))
        running.desk.set_status(ticket, "tess", StatusGroup.WORKING)
        running.run_until(at(f"09:{minute + 1}"))
        running.desk.set_status(ticket, "tess", StatusGroup.WAITING)
        running.settle()
    running.run_until(at("15:00"))
    running.desk.set_status(ticket, "tess", StatusGroup.RESOLVED)
    running.settle()
    notes = said(running, ticket)
    assert [note.partition(" ")[0] for note in notes] == ["ESCALATED", "It", "Override"]
    assert len(told(running, ticket, "escalation not finished")) == 2


def test_a_final_escalation_with_nothing_to_change_is_held_by_a_pause_like_any_other(running: Simulation) -> None:
    ticket = running.desk.open_ticket("On the last tier", owner="irene", tier=3)
    running.settle()
    in_the_second_of_the_note(running, lambda desk: desk.set_status(ticket, "irene", StatusGroup.WAITING))
    running.run_until(at("10:30"))
    notes = said(running, ticket)
    assert [note.partition(":")[0] for note in notes] == ["FINAL ESCALATION", "It stays with Sr IT Manager"]
    assert told(running, ticket, "final escalation") == []
    running.desk.set_status(ticket, "irene", StatusGroup.WORKING)
    running.settle()
    assert len(told(running, ticket, "final escalation")) == 1
    assert len(said(running, ticket)) == 2


def move_down(desk: Desk, ticket: TicketId) -> None:
    desk.move(ticket, "tess", 1)


@pytest.mark.parametrize("what", list(BY_HAND))
def test_a_final_escalation_looks_once_more_too(running: Simulation, what: str) -> None:
    act, _, why = BY_HAND[what]
    if what == "closed" and StatusGroup.CLOSED not in running.desk.statuses:
        pytest.skip("the desk has no such status")
    ticket = running.desk.open_ticket("On the last tier", owner="tess", tier=3)
    running.settle()
    act = move_down if what == "moved" else act
    in_the_second_of_the_note(running, lambda desk: act(desk, ticket))
    running.run_until(at("10:29"))
    final, *others = said(running, ticket)
    assert final.startswith("FINAL ESCALATION")
    (stays,) = (note for note in others if note.startswith("It stays with "))
    assert why.replace("09:30", "10:00") in stays
    assert len(others) == (2 if what == "overridden" else 1)
    assert running.desk.ticket(ticket).tier == (1 if what == "moved" else 3)
    assert len(told(running, ticket, "escalation not finished")) == 1
    assert told(running, ticket, "final escalation", "reminded") == []


def test_who_takes_it_over_in_the_second_of_the_final_escalations_note_does_not_hold_it(running: Simulation) -> None:
    ticket = running.desk.open_ticket("On the last tier", owner="irene", tier=3)
    running.settle()
    in_the_second_of_the_note(running, lambda desk: desk.assign(ticket, "tess", "sam"))
    running.run_until(at("10:00"))
    assert said(running, ticket)[0].startswith("FINAL ESCALATION")
    assert (len(said(running, ticket)), len(told(running, ticket, "final escalation"))) == (1, 1)


def test_what_was_asked_for_by_command_goes_up_though_it_is_paused_in_that_second(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Asked for", owner="tess")
    running.settle()
    in_the_second_of_the_note(running, lambda desk: desk.set_status(ticket, "tess", StatusGroup.WAITING))
    running.desk.note(ticket, "tess", "/escalate urgency the whole branch stands still")
    running.settle()
    assert running.desk.ticket(ticket).tier == 2
    assert len(said(running, ticket)) == 1


@pytest.mark.parametrize("by", ["tess", "maria"])
@pytest.mark.parametrize("when", ["before the move", "after the move"])
def test_a_wish_in_the_very_second_of_an_escalation_by_time_takes_the_ticket_up_one_tier_only(
    running: Simulation, when: str, by: str
) -> None:
    ticket = running.desk.open_ticket("Wished for in that second", owner="tess")
    running.settle()
    words = "/escalate knowledge mailbox moves\nSteps attempted: a restart\nNo error shown\nResearch: nothing found"
    if when == "before the move":
        in_the_second_of_the_note(running, lambda desk: desk.note(ticket, by, words))
    running.run_until(at("09:30"))
    if when == "after the move":
        running.desk.note(ticket, by, words)
    running.settle()
    running.run_until(at("09:53"))
    assert running.desk.ticket(ticket).tier == 2
    assert len(said(running, ticket)) == 1
    assert len(told(running, ticket, "escalated")) == 1
    assert len(told(running, ticket, "training request")) == (1 if when == "before the move" else 0)


def resolved_and_reopened(desk: Desk, ticket: TicketId) -> None:
    desk.set_status(ticket, "tess", StatusGroup.RESOLVED)
    desk.set_status(ticket, "sam", StatusGroup.WORKING)


def moved_there_and_back(desk: Desk, ticket: TicketId) -> None:
    desk.move(ticket, "tess", 3, "irene")
    desk.move(ticket, "sam", 1, "tess")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (resolved_and_reopened, "Sam Senior reopened it at 09:30"),
        (moved_there_and_back, "Sam Senior moved it there at 09:30"),
    ],
)
def test_who_ends_its_stint_in_that_second_and_begins_another_has_the_last_word(
    running: Simulation, act: Callable[[Desk, TicketId], None], why: str
) -> None:
    ticket = running.desk.open_ticket("There and back in that second", owner="tess")
    running.settle()
    in_the_second_of_the_note(running, lambda desk: act(desk, ticket))
    running.run_until(at("09:45"))
    escalated, stays = said(running, ticket)
    assert escalated.startswith("ESCALATED to Tier 3")
    assert stays.startswith(f"It stays with First Touch (T1/2): {why}, while it was being escalated.")
    assert told(running, ticket, "escalated") == []
    running.run_until(at("09:59:59"))
    assert running.desk.ticket(ticket).tier == 1


def test_where_only_its_plan_date_shows_of_a_resolution_and_a_reopening_the_note_says_no_more(sqlite_url: str) -> None:
    with running_on("connectwise", sqlite_url) as running:
        running.simulator.faults.forbid(path="audittrail")
        ticket = running.desk.open_ticket("Resolved and reopened", owner="tess")
        running.settle()
        in_the_second_of_the_note(running, lambda desk: resolved_and_reopened(desk, ticket))
        running.run_until(at("10:29"))
        _, stays = said(running, ticket)
        assert stays.startswith("It stays with First Touch (T1/2): tess set its plan date at 09:30, while it was being")
        assert running.desk.ticket(ticket).tier == 1


def test_a_person_who_moves_it_back_in_the_very_second_of_our_move_begins_a_new_stint(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Moved back at once", owner="tess")
    running.run_until(at("09:30"))
    assert running.desk.ticket(ticket).tier == 2
    running.desk.move(ticket, "tess", 1, "tess")
    running.settle()
    running.run_until(at("09:59:59"))
    assert (running.desk.ticket(ticket).tier, len(told(running, ticket, "escalated"))) == (1, 1)
    running.run_until(at("10:00"))
    assert (running.desk.ticket(ticket).tier, len(told(running, ticket, "escalated"))) == (2, 2)


# --- moves that are turned back -------------------------------------------------------------------------------


@pytest.mark.parametrize("after", ["09:30:30", "11:00"])
def test_a_move_back_by_a_person_is_final_and_begins_a_new_stint(running: Simulation, after: str) -> None:
    ticket = running.desk.open_ticket("Moved back by Tess", owner="tess")
    running.run_until(at("09:40") if after == "11:00" else at(after))
    if after == "11:00":
        running.desk.note(ticket, "sam", "/override none because I am on it with the vendor")
        running.desk.note(ticket, "maria", "/override none because he is on it with the vendor")
        running.run_until(at(after))
    assert running.desk.ticket(ticket).tier == 2
    running.desk.move(ticket, "tess", 1, "tess")
    begun = at(after)
    running.run_until(begun + minutes(30) - minutes(1 / 60))
    assert running.desk.ticket(ticket).tier == 1
    assert len(told(running, ticket, "escalated")) == 1
    assert told(running, ticket, "turn failed", "dead letter") == []
    running.run_until(begun + minutes(30))
    assert running.desk.ticket(ticket).tier == 2
    assert len(told(running, ticket, "escalated")) == 2


def a_rule_moves_it_down(running: Simulation, ticket: TicketId) -> None:
    """A rule of the system itself moves the ticket to the first tier."""
    simulator, number = running.simulator, int(ticket)
    match running.desk.system:
        case "connectwise":
            simulator.move(number, "Service Desk", "First Touch", by="workflow")
        case "halopsa":
            team = next(id_ for id_, team in simulator.state.teams.items() if team["name"] == running.desk.homes[0])
            changes.change_ticket(simulator.state, number, {"team_id": team}, SYSTEM_ACTOR)
        case "rt":
            state = simulator.state
            with state.acting():
                assert simulator.actions.set_queue(state.users[SYSTEM], state.tickets[number], running.desk.homes[0])


def test_a_slow_rules_move_back_is_tried_against_after_one_minute_and_after_five_then_people_are_told_once(
    running: Simulation,
) -> None:
    ticket = running.desk.open_ticket("Moved back by a rule", owner="tess")
    running.run_until(at("09:45"))
    tiers = []
    for moment in ("09:45", "09:45:59", "09:46", "09:46:30", "09:51:29", "09:51:30", "09:52", "10:30"):
        running.run_until(at(moment))
        tiers.append(running.desk.ticket(ticket).tier)
        if moment in ("09:45", "09:46:30", "09:52"):
            a_rule_moves_it_down(running, ticket)
            running.settle()
            assert running.desk.ticket(ticket).tier == 1
    assert tiers == [2, 1, 2, 2, 1, 2, 2, 1]
    assert len(said(running, ticket)) == 1
    assert len(told(running, ticket, "dead letter")) == 1
    (dead,) = running.mailbox.dead_letters()
    assert dead.ticket == ticket
    running.desk.note(ticket, "tess", "What is going on here?")
    running.run_until(at("12:00"))
    assert running.desk.ticket(ticket).tier == 1


def test_a_rule_that_gives_in_is_told_to_nobody(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Moved back once", owner="tess")
    running.run_until(at("09:31"))
    a_rule_moves_it_down(running, ticket)
    running.run_until(at("09:59"))
    assert running.desk.ticket(ticket).tier == 2
    assert len(said(running, ticket)) == 1
    assert running.mailbox.dead_letters() == []


@pytest.mark.parametrize(("after", "tier"), [("09:31", 2), ("09:35", 1)])
def test_where_nobody_is_named_for_a_move_back_how_soon_it_came_tells(sqlite_url: str, after: str, tier: int) -> None:
    with running_on("connectwise", sqlite_url) as running:
        running.simulator.faults.forbid(path="audittrail")
        ticket = running.desk.open_ticket("Moved back by nobody", owner="tess")
        running.run_until(at(after))
        running.simulator.move(int(ticket), "Service Desk", "First Touch", by="dispatch")
        running.run_until(at("09:59"))
        assert running.desk.ticket(ticket).tier == tier


def test_without_the_trail_the_tickets_last_updater_tells_who_moved_it_back(sqlite_url: str) -> None:
    with running_on("connectwise", sqlite_url) as running:
        running.simulator.faults.forbid(path="audittrail")
        one, other = (running.desk.open_ticket(f"Moved back {n}", owner="tess") for n in (1, 2))
        running.run_until(at("09:31"))
        asked = trail_calls(running)
        running.desk.move(one, "tess", 1, "tess")
        running.settle()
        running.simulator.move(int(other), "Service Desk", "First Touch", by="workflow")
        running.run_until(at("09:59"))
        assert (running.desk.ticket(one).tier, running.desk.ticket(other).tier) == (1, 2)
        assert (asked, trail_calls(running)) == (0, 1)  # once it is refused it is left alone for an hour


# --- moves that nothing dates ---------------------------------------------------------------------------------


def handed_on_unseen(running: Simulation, tier: int, *says: tuple[str, str]) -> TicketId:
    """A ticket that Tess hands to Sam of that tier by hand at 09:10, of which more is said before anybody looks."""
    running.simulator.faults.forbid(path="audittrail")
    ticket = running.desk.open_ticket("Handed on by hand", owner="tess")
    running.run_until(at("09:10"))
    running.desk.move(ticket, "tess", tier, "sam")
    for n, (by, words) in enumerate(says, start=1):
        running.clock.move_to(at("09:10") + minutes(n / 4))
        running.desk.note(ticket, by, words)
    running.settle()
    return ticket


def test_a_plan_between_the_last_look_and_a_move_that_nothing_dates_counts_on_the_new_tier(sqlite_url: str) -> None:
    with running_on("connectwise", sqlite_url) as running:
        words = "Plan: restore the profile from last night"
        ticket = handed_on_unseen(running, 2, ("sam", words), ("sam", "Started on it"))
        running.run_until(at("09:59"))
        assert (running.desk.ticket(ticket).tier, said(running, ticket)) == (2, [])
        running.run_until(at("12:00"))
        first, *_ = said(running, ticket)
        assert first.startswith("ESCALATED to Sr IT")
        (note, *_) = (note for note in running.desk.notes(ticket) if note.by_connector)
        assert "restore the profile from last night" in note.text
        (row,) = told(running, ticket, "escalated")
        assert row.detail["stage"] == "fix"


def test_an_override_between_the_last_look_and_a_move_that_nothing_dates_holds_on_the_new_tier(sqlite_url: str) -> None:
    with running_on("connectwise", sqlite_url) as running:
        words = "/override 2h because the vendor calls back"
        ticket = handed_on_unseen(running, 2, ("maria", words), ("sam", "Thanks, Maria"))
        (answer,) = said(running, ticket)
        assert answer.startswith("Override by Maria Desk: the diagnosis plan is due at 11:10 (UTC)")
        running.run_until(at("11:10"))
        assert (running.desk.ticket(ticket).tier, len(told(running, ticket, "override applied"))) == (2, 1)
        running.run_until(at("11:11"))
        assert running.desk.ticket(ticket).tier == 3


@pytest.mark.parametrize(("by", "tier"), [("sam", 3), ("tess", 2)])
def test_who_holds_a_ticket_after_a_move_that_nothing_dates_may_have_asked_for_the_next(
    sqlite_url: str, by: str, tier: int
) -> None:
    with running_on("connectwise", sqlite_url) as running:
        words = "/escalate urgency the whole branch stands still"
        ticket = handed_on_unseen(running, 2, (by, words), ("sam", "I am here"))
        assert running.desk.ticket(ticket).tier == tier
