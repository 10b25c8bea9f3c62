"""A command counts for one stint, also where the ticket moves within the second in which it was written."""

from __future__ import annotations

from dataclasses import replace

from connector.rules.commands import Commands, read_commands
from connector.rules.limits import evaluate
from connector.rules.stints import build_timeline
from connector.store.records import Step, StepState
from connector.turn.saga import StepKind, heard_by, heard_in, unanswered
from tests.builders import DESK, HOMES, NINE, TESS, TIER_3, a_note, a_policy, a_ticket, at, moved, seen

MANAGERS = {1: {"": "Tess Tech"}}


def a_step(saga: str, n: int = StepKind.MOVE, **outcome: object) -> Step:
    return Step(saga, n, StepState.DONE, outcome, NINE)


def commands_of(*entries, heard, moved_at="09:10") -> Commands:
    """The commands on a ticket that came to tier 3 at ``moved_at``."""
    record = a_ticket(owner=TESS, entries=entries)
    changes = (*seen(record, NINE), moved(DESK, TIER_3, at(moved_at)))
    timeline = build_timeline(replace(record, place=TIER_3), changes, a_policy(), HOMES)
    return read_commands(timeline, a_policy(), MANAGERS, heard)


COMMAND = a_note("/escalate urgency the till", at("09:10"))
FIRST_STINT = "20260115T090000Z@1/25"


def test_a_command_in_the_second_of_the_move_counts_for_the_tier_that_has_the_ticket_now():
    assert [request.entry for request in commands_of(COMMAND, heard={}).requests] == [COMMAND.id]


def test_a_command_that_caused_the_move_asks_for_nothing_again():
    assert commands_of(COMMAND, heard={COMMAND.id: FIRST_STINT}).requests == ()


def test_a_command_of_a_stint_that_the_ticket_never_had_counts_by_its_time():
    assert len(commands_of(COMMAND, heard={COMMAND.id: "20250101T000000Z@1/25"}).requests) == 1


def test_an_override_that_was_answered_stays_with_its_stint():
    said = a_note("/override off", at("09:10"))
    (stint,) = commands_of(said, heard={said.id: FIRST_STINT}).overrides
    assert stint == FIRST_STINT


def test_the_journal_tells_what_was_heard():
    steps = [
        a_step("rt/7/stint@1/25/diagnosis", StepKind.NOTE, heard=["41", "42"], stint="stint@1/25"),
        a_step("rt/7/stint@1/25/answer/43#0a1b2c3d", StepKind.SAID, heard=["43"], stint="stint@1/25"),
        a_step("rt/7/stint@1/25/diagnosis/warning", StepKind.SAID),
        a_step("rt/7/stint@1/25/fix", stint="stint@1/25"),
    ]
    assert heard_by(steps) == {"41": "stint@1/25", "42": "stint@1/25", "43": "stint@1/25"}


def test_what_a_turn_hears_is_what_is_said_in_the_running_stint():
    entries = (COMMAND, a_note("/overide 5m", at("09:11")), a_note("/override off", at("09:12")))
    record = a_ticket(owner=TESS, entries=entries)
    timeline = build_timeline(record, seen(record, NINE), a_policy(), HOMES)
    commands = read_commands(timeline, a_policy(), MANAGERS)
    decision = evaluate(timeline, a_policy(), at("09:15"), commands)
    assert heard_in(decision) == dict.fromkeys((entry.id for entry in entries), FIRST_STINT)
    ended = replace(decision, timeline=replace(timeline, current=None))
    assert heard_in(ended) == {}


def test_a_note_may_stand_unheard_of_whose_outcome_is_not_known():
    noted, said = a_step("up", StepKind.NOTE, marker="ESC-1"), a_step("answer", StepKind.SAID, marker="ESC-2")
    begun, bare = replace(said, state=StepState.BEGUN), a_step("people", StepKind.SAID, what="people")
    assert unanswered([noted, begun, replace(bare, state=StepState.BEGUN)]) == {"ESC-1", "ESC-2"}
    assert unanswered([noted, a_step("up"), said, bare]) == frozenset()
