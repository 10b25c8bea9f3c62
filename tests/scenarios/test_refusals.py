"""A refusal that lasts is told at once, once for each cause; what is parked is not deaf; what is mended goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.demo.stage import at_desks, stage
from connector.store import audit
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.catalogue import ticket_systems
from tests.builders import a_tier, at, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, our_notes, where
from tests.scenarios.test_notifications import Recorder
from tests.scenarios.test_same_minute import a_rule_moves_it_down

NO_POLL = timedelta(days=30)
RIGHT = "the right Service Desk > Service Tickets (Edit) is missing"
MOVES = (("connectwise", "PATCH", "tickets/"), ("halopsa", "POST", "Tickets$"), ("rt", "PUT", "ticket/"))


def refusals(running):
    return [one for one in Troubles(running.store).all() if one.kind is TroubleKind.REFUSAL]


@pytest.fixture
def notifier():
    return Recorder(1)


@pytest.fixture
def desk(open_stage, notifier):
    running = open_stage(poll_every=NO_POLL, notifier=notifier)
    running.run_until(at("09:00"))
    return running


def alarms(notifier):
    return [title for _, title, _ in notifier.sent if "cannot go on" in title]


def test_a_missing_right_for_moves_is_told_once_within_twenty_seconds_and_on_the_ticket(desk, notifier):
    tickets = a_ticket_on(desk), a_ticket_on(desk, "Another")
    desk.settle()
    desk.simulator.faults.forbid(method="PATCH", path="tickets/")
    desk.run_until(at("09:30") + timedelta(seconds=20))
    assert [RIGHT in title for title in alarms(notifier)] == [True]
    (trouble,) = refusals(desk)
    assert (trouble.cause, trouble.count >= 2) == (RIGHT, True)
    for ticket in tickets:
        _, correction = our_notes(desk, ticket)
        assert correction["text"].startswith(
            f"Could not be moved to Tier 3 / Service Desk Manager: {RIGHT}. It is still"
        )
    desk.run_until(at("12:00"))
    assert len(alarms(notifier)) == 1
    assert [len(our_notes(desk, ticket)) for ticket in tickets] == [2, 2]
    desk.simulator.faults.reset()
    desk.run_until(at("12:45"))
    assert all(where(desk, ticket)[0] != "Service Desk" for ticket in tickets)
    assert refusals(desk) == []
    assert len(alarms(notifier)) == 1
    assert any("over: " + RIGHT in title for _, title, _ in notifier.sent)


@pytest.mark.usual_rounds
def test_a_refusal_that_two_tickets_leave_in_the_same_moment_is_over_within_minutes(open_stage, notifier, database_url):
    desk = open_stage(poll_every=NO_POLL, notifier=notifier, url=database_url)
    desk.run_until(at("09:00"))
    for summary in ("one", "another"):
        a_ticket_on(desk, summary)
    desk.settle()
    desk.simulator.faults.forbid(method="PATCH", path="tickets/")
    desk.run_until(at("09:31"))
    desk.simulator.faults.reset()
    desk.clock.move_to(at("09:35"))
    claims = [one for one in desk.mailbox.claim("other", 10, minutes(1), ["connectwise"]) if one.held_by]
    assert len(claims) == 2
    assert all(desk.mailbox.finish([desk.connected.turns.take(one) for one in claims]))
    assert len(refusals(desk)) == 1
    desk.run_until(at("09:50"))
    assert refusals(desk) == []
    assert sum("over: " + RIGHT in title for _, title, _ in notifier.sent) == 1


def test_a_refusal_that_a_ticket_leaves_for_another_one_is_over(desk, notifier):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.forbid(method="POST", path="notes")
    desk.run_until(at("09:31"))
    desk.simulator.faults.reset()
    desk.simulator.faults.forbid(method="PATCH", path="tickets/")
    desk.run_until(at("12:00"))
    assert where(desk, ticket)[0] == "Service Desk"
    assert [one.cause for one in refusals(desk)] == [RIGHT]
    assert len(alarms(notifier)) == 2
    assert len([title for _, title, _ in notifier.sent if "over: " in title]) == 1


def test_a_missing_right_for_notes_is_told_once(desk, notifier):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.forbid(method="POST", path="notes")
    desk.run_until(at("09:30") + timedelta(seconds=20))
    (title,) = alarms(notifier)
    assert "Service Tickets (Add, Edit) is missing" in title
    assert our_notes(desk, ticket) == []
    desk.simulator.faults.reset()
    desk.run_until(at("10:30"))
    assert where(desk, ticket)[0] != "Service Desk"


def test_a_home_that_does_not_resolve_is_told_at_once(open_stage, notifier):
    tiers = (a_tier(1), a_tier(2, homes={"connectwise": "Teir 3"}), a_tier(3))
    desk = open_stage(scenario_policy(tiers=tiers), poll_every=NO_POLL, notifier=notifier)
    desk.run_until(at("09:00"))
    a_ticket_on(desk)
    desk.run_until(at("09:30") + timedelta(seconds=20))
    (title,) = alarms(notifier)
    assert "Teir 3" in title


def test_a_parked_ticket_answers_is_told_of_once_and_goes_up_once_mended(desk, notifier):
    desk.connected.turns.failures.dead_letter_after = timedelta(hours=1)
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.forbid(method="PATCH", path="tickets/")
    desk.run_until(at("11:30"))
    (dead,) = desk.mailbox.dead_letters()
    before = len(our_notes(desk, ticket))
    desk.simulator.add_note(ticket, "/help", "tess")
    desk.settle()
    assert "each of these works" in our_notes(desk, ticket)[-1]["text"]
    for n in range(3):
        desk.simulator.add_note(ticket, f"Just a word {n}", "tess")
        desk.settle()
    assert len(our_notes(desk, ticket)) == before + 1
    assert desk.mailbox.dead_letters()[0].failing_since == dead.failing_since
    assert len(alarms(notifier)) == 1
    desk.simulator.faults.reset()
    desk.run_until(at("13:00"))
    assert where(desk, ticket)[0] != "Service Desk"
    assert desk.mailbox.dead_letters() == []


def test_a_parked_ticket_that_is_resolved_leaves_the_dead_letters(desk):
    desk.connected.turns.failures.dead_letter_after = timedelta(hours=1)
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.forbid(method="PATCH", path="tickets/")
    desk.run_until(at("11:30"))
    assert len(desk.mailbox.dead_letters()) == 1
    desk.simulator.resolve(ticket, by="tess")
    desk.settle()
    assert desk.mailbox.dead_letters() == []
    assert refusals(desk) == []


@pytest.mark.parametrize(("system", "method", "path"), MOVES)
def test_on_every_system_a_refused_move_names_its_cause_without_the_ticket(system, method, path, sqlite_url, notifier):
    clock = VirtualClock(at("08:55"))
    desk = ticket_systems()[system].simulated(clock)
    policy = at_desks(scenario_policy(), [desk])
    given = {"desks": [desk], "clock": clock, "poll_every": minutes(600), "notifier": notifier}
    with stage(clock.now(), policy, sqlite_url, **given) as running:
        running.run_until(at("09:00"))
        ticket = desk.open_ticket("Refused", owner="tess")
        running.settle()
        running.simulator.faults.forbid(method=method, path=path)
        running.run_until(at("09:31"))
        (trouble,) = refusals(running)
        assert "is missing" in trouble.cause
        assert str(ticket) not in trouble.cause
        assert len(alarms(notifier)) == 1


# --- after which a person must act ----------------------------------------------------------------------------


def for_a_person(notifier):
    return [title for _, title, _ in notifier.sent if "needs a person" in title]


def of_kind(running, kind):
    return [one for one in Troubles(running.store).all() if one.kind is kind]


def three_in_a_row(desk):
    """Tickets that are due one minute after the other."""
    tickets = []
    for moment in ("09:01", "09:02", "09:03"):
        tickets.append(a_ticket_on(desk, moment))
        desk.run_until(at(moment))
    return tickets


def test_a_note_that_came_back_visible_is_told_once_for_the_connection_and_ends_with_a_replay(
    open_stage, notifier, database_url
):
    desk = open_stage(poll_every=NO_POLL, notifier=notifier, url=database_url)
    desk.run_until(at("09:00"))
    tickets = three_in_a_row(desk)
    desk.simulator.faults.note_comes_back_public = True
    desk.run_until(at("09:35"))
    first = desk.mailbox.dead_letters()[0].ticket
    assert for_a_person(notifier) == [f"connectwise: ticket {first} needs a person"]
    (stopped,) = of_kind(desk, TroubleKind.NOTES_STOPPED)
    assert (stopped.cause.startswith("an internal note came back visible"), stopped.count >= 3) == (True, True)
    assert sorted(desk.mailbox.held_by("connectwise", stopped.name, 9)) == sorted(map(str, tickets))
    for n in range(3):
        for ticket in tickets:
            desk.simulator.add_note(ticket, f"Just a word {n}", "tess")
            desk.settle()
    desk.run_until(at("10:30"))
    assert len(for_a_person(notifier)) == 1
    assert [one.mail for one in desk.mailbox.dead_letters()] == [0, 0, 0]
    desk.simulator.faults.note_comes_back_public = False
    desk.mailbox.replay("connectwise", first, "tests")
    desk.run_until(at("10:45"))
    assert of_kind(desk, TroubleKind.NOTES_STOPPED) == []
    assert desk.mailbox.dead_letters() == []
    assert all(where(desk, ticket)[0] != "Service Desk" for ticket in tickets)
    assert sum("over: notes stopped" in title for _, title, _ in notifier.sent) == 1


@pytest.mark.usual_rounds
def test_who_lets_notes_go_on_and_dies_before_saying_so_leaves_nobody_waiting(desk, notifier, monkeypatch):
    tickets = three_in_a_row(desk)
    desk.simulator.faults.note_comes_back_public = True
    desk.run_until(at("09:35"))
    desk.simulator.faults.note_comes_back_public = False
    first = desk.mailbox.dead_letters()[0].ticket
    monkeypatch.setattr(desk.connected.turns.failures, "notes_go_on", lambda claim: None)
    desk.mailbox.replay("connectwise", first, "tests")
    desk.settle()
    assert len(of_kind(desk, TroubleKind.NOTES_STOPPED)) == 1
    desk.run_until(at("09:55"))
    assert of_kind(desk, TroubleKind.NOTES_STOPPED) == []
    assert all(where(desk, ticket)[0] != "Service Desk" for ticket in tickets)


def test_a_move_that_was_turned_back_three_times_is_told_once_a_ticket_and_ends_when_it_holds(desk, notifier):
    tickets = [a_ticket_on(desk, summary) for summary in ("one", "two")]
    for moment in ("09:45", "09:46:30", "09:52"):
        desk.run_until(at(moment))
        for ticket in tickets:
            a_rule_moves_it_down(desk, ticket)
        desk.settle()
    assert len(for_a_person(notifier)) == 2
    (trouble,) = of_kind(desk, TroubleKind.MOVE_TURNED_BACK)
    assert trouble.cause == "moves to the next tier were turned back, three times each"
    assert len(desk.mailbox.held_by("connectwise", trouble.name, 9)) == 2
    for n in range(3):
        desk.simulator.add_note(tickets[0], f"Just a word {n}", "tess")
        desk.settle()
    assert [one.mail for one in desk.mailbox.dead_letters()] == [0, 0]
    desk.run_until(at("11:00"))
    assert len(for_a_person(notifier)) == 2
    for ticket in tickets:
        assert len(of_kind(desk, TroubleKind.MOVE_TURNED_BACK)) == 1
        desk.mailbox.replay("connectwise", str(ticket), "tests")
        desk.settle()
        assert where(desk, ticket)[0] != "Service Desk"
    assert of_kind(desk, TroubleKind.MOVE_TURNED_BACK) == []
    assert sum("over: move turned back" in title for _, title, _ in notifier.sent) == 1


@pytest.mark.usual_rounds
def test_where_moves_and_notes_are_refused_both_are_told(desk, notifier):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.forbid(method="PATCH", path="tickets/")
    desk.simulator.faults.after_note(1, lambda: desk.simulator.faults.forbid(method="POST", path="notes"))
    desk.run_until(at("09:31"))
    assert sorted(one.cause for one in refusals(desk)) == sorted(
        [RIGHT, "the right Service Desk > Service Tickets (Add, Edit) is missing"]
    )
    assert len(alarms(notifier)) == 2
    desk.simulator.add_note(ticket, "/help", "tess")
    desk.run_until(at("11:00"))
    assert len(alarms(notifier)) == 2
    desk.simulator.faults.reset()
    desk.run_until(at("12:30"))
    assert where(desk, ticket)[0] != "Service Desk"
    assert refusals(desk) == []


def test_a_ticket_that_meets_another_refusal_leaves_the_first_one_and_a_failure_between_forgets_neither(desk, notifier):
    ticket = a_ticket_on(desk)
    desk.settle()
    desk.simulator.faults.forbid(method="GET", path="otes$")
    desk.run_until(at("09:31"))
    (reading,) = refusals(desk)
    assert reading.name.startswith("read: ")
    desk.simulator.faults.reset()
    desk.simulator.faults.forbid(method="PATCH", path="tickets/")
    desk.run_until(at("10:30"))
    (moving,) = refusals(desk)
    assert moving.cause == RIGHT
    desk.simulator.faults.reset()
    desk.simulator.faults.accept_but_never_answer(1, method="PATCH", path="tickets/")
    desk.run_until(at("12:00"))
    assert where(desk, ticket)[0] != "Service Desk"
    assert refusals(desk) == []


# --- on all three systems -------------------------------------------------------------------------------------


@pytest.fixture(params=MOVES, ids=lambda moves: moves[0])
def refused(request, sqlite_url, notifier):
    """A desk at nine with Maria for a manager, and what has its moves answered otherwise."""
    system, method, path = request.param
    clock = VirtualClock(at("08:55"))
    desk = ticket_systems()[system].simulated(clock)
    policy = at_desks(scenario_policy(), [desk])
    policy = replace(policy, tiers=tuple(replace(tier, managers=(desk.member("maria"),)) for tier in policy.tiers))
    given = {"desks": [desk], "clock": clock, "poll_every": NO_POLL, "notifier": notifier}
    with stage(clock.now(), policy, sqlite_url, **given) as running:
        running.run_until(at("09:00"))
        yield running, method, path


def firsts(running, ticket):
    return [note.text.splitlines()[0] for note in running.desk.notes(ticket) if note.by_connector]


def test_a_parked_ticket_is_given_what_is_commanded_there_once_and_without_an_alarm(refused, notifier):
    running, method, path = refused
    running.connected.turns.failures.dead_letter_after = timedelta(hours=1)
    ticket, planned = (running.desk.open_ticket(summary, owner="tess") for summary in ("one", "two"))
    running.settle()
    running.simulator.faults.forbid(method=method, path=path)
    running.run_until(at("11:30"))
    assert {one.ticket for one in running.mailbox.dead_letters()} == {ticket, planned}
    before = firsts(running, ticket)
    answers = []
    for by, words in (
        ("tess", "/help"),
        ("tess", "/override 2h because I am on it"),
        ("tess", "/escalate knowledge"),
        ("maria", "/override 2h because the vendor calls back"),
    ):
        running.desk.note(ticket, by, words)
        running.settle()
        said = firsts(running, ticket)
        answers.append(said[len(before) :])
        before = said
    helped, refused_override, asked, overridden = answers
    assert [line.partition(" each ")[2] for line in helped] == [
        "of these works on a line of its own in an internal note."
    ]
    assert [line.startswith("Not applied, Tess Tech: only a manager") for line in refused_override] == [True]
    assert asked == []  # it is being escalated: what is asked for waits for that
    stays, applied, incomplete = overridden
    assert stays.startswith("It stays with First Touch (T1/2): Maria Desk overrode its limit at 11:30")
    assert applied.startswith("Override by Maria Desk: the diagnosis plan is due at 13:30")
    assert incomplete.startswith("Tess Tech, your /escalate knowledge waits for 3 things")
    running.desk.note(planned, "tess", "Plan: swap the cable")
    running.settle()
    _, _, stays = firsts(running, planned)
    assert stays.startswith("It stays with First Touch (T1/2): Tess Tech recorded a diagnosis plan at 11:30")
    assert len(alarms(notifier)) == 1
    assert running.mailbox.dead_letters() == []
    running.simulator.faults.reset()
    running.run_until(at("13:29"))
    assert running.desk.ticket(ticket).tier == 1
    running.run_until(at("13:31"))
    assert running.desk.ticket(ticket).tier == 2


@pytest.mark.parametrize("refused", MOVES[2:], indirect=True, ids=["rt"])
def test_a_place_that_is_gone_is_no_missing_ticket(refused, notifier):
    running, method, path = refused
    ticket = running.desk.open_ticket("Nowhere to go", owner="tess")
    running.settle()
    running.simulator.faults.fail_next(None, 404, method=method, path=path)
    running.run_until(at("09:40"))
    assert len(alarms(notifier)) == 1
    assert "gone" not in [row.event for row in audit.events(running.store, ticket=ticket)]
    (trouble,) = refusals(running)
    assert trouble.cause == "the place, the person or the status that it needs does not exist any more"
    assert firsts(running, ticket)[-1].startswith("Could not be moved to ")
    running.simulator.faults.reset()
    running.run_until(at("10:30"))
    assert running.desk.ticket(ticket).tier > 1
