"""Whether an escalation whose note stands goes on, by how its ticket stands when it is looked at once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from connector.model import Change, Doer, TicketRecord
from connector.policy.policy import EndOfDay, Policy
from connector.rules.escalation import Demand, Documentation, demand_of
from connector.store.records import Claim, Step, StepState
from connector.turn.look import Seen
from connector.turn.saga import StepKind
from connector.turn.stays import STAYS, Stay, is_held, stay_of
from tests.builders import (
    CLOSED,
    DESK,
    HOMES,
    NORMAL,
    ODD,
    RESOLVED,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_note,
    a_policy,
    a_ticket,
    at,
    moved,
    seen,
    turned,
)
from tests.connector.speech import MARIA, decided, said

STINT = f"psa/4711/20260115T090000Z@{DESK.key}"
NOTE = Step(f"{STINT}/diagnosis", StepKind.NOTE, StepState.DONE, {"from_tier": 1, "stage": "diagnosis"}, at("09:30"))
FIRST = a_ticket(owner=TESS, status=WORKING)


def looked(
    record: TicketRecord, *later: Change, now: str = "09:31", policy: Policy | None = None, steps: Sequence[Step] = ()
) -> Seen:
    policy, changes = policy or a_policy(), (*seen(FIRST), *later)
    decision = decided(record, at(now), changes, policy)
    return Seen(Claim("psa", "4711", 1), record, changes, (), HOMES, tuple(steps), decision, policy)


def stay(found: Seen, note: Step = NOTE, *, held: bool = False) -> Stay | None:
    demand = demand_of(found.decision, found.policy, Documentation(found.decision))
    return stay_of(found, note, demand, is_held=held)


def test_what_is_still_demanded_goes_on():
    assert stay(looked(FIRST)) is None
    assert stay(looked(FIRST), held=True) is None


def test_what_was_held_and_is_demanded_for_another_reason_is_closed_without_a_word():
    record = replace(FIRST, entries=(said("/escalate urgency all mail is down", at("09:20")),))
    asked = looked(record, now="09:25")
    assert stay(asked) is None
    assert stay(asked, held=True) == Stay("it goes up for another reason (command)", is_over=True)


def test_who_closed_it_is_named_unless_it_was_a_program():
    record = replace(FIRST, status=CLOSED)
    by_tess = replace(turned(WORKING, CLOSED, at("09:31")), who="Tess Tech", by=Doer.PERSON)
    assert "Tess Tech closed it at 09:31" in stay(looked(record, by_tess)).line
    assert "Workflow" not in stay(looked(record, replace(by_tess, who="Workflow", by=Doer.PROGRAM))).line


def test_a_moment_that_is_a_guess_is_not_told():
    record = replace(FIRST, status=RESOLVED)
    change = replace(turned(WORKING, RESOLVED, at("09:31")), who="Tess Tech", not_before=at("09:20"))
    assert "Tess Tech resolved it, while" in stay(looked(record, change)).line


def test_what_nobody_saw_happen_is_told_without_who_and_when():
    found = replace(looked(replace(FIRST, status=RESOLVED), turned(WORKING, RESOLVED, at("09:31"))), known=())
    assert stay(found).line == "It stays with First Touch (T1/2): it was resolved, while it was being escalated."


@pytest.mark.parametrize(
    ("between", "began", "word"),
    [
        ((turned(WORKING, RESOLVED, at("09:31")), turned(RESOLVED, WORKING, at("09:32"))), "reopened", "reopened"),
        ((moved(DESK, TIER_3, at("09:31")), moved(TIER_3, DESK, at("09:32"))), "moved here", "moved"),
    ],
)
def test_a_new_stint_on_the_same_tier_closes_what_the_old_one_began(between, began, word):
    found = stay(looked(FIRST, *between, now="09:33"))
    assert (found.why, found.is_over) == (f"a new stint began meanwhile ({began})", True)
    assert found.key == f"anew/20260115T093200Z@{DESK.key}"
    assert word in found.line


def test_an_override_holds_it_and_is_told_once_by_its_entry():
    record = replace(FIRST, entries=(said("/override 2h because the vendor calls", at("09:29"), MARIA),))
    found = stay(looked(record))
    assert (found.key, found.is_over) == ("overridden/maria-092900", False)
    assert "Maria Desk overrode its limit at 09:29" in found.line


def test_a_plan_does_not_close_what_was_owed_after_it():
    record = replace(FIRST, entries=(a_note("Plan: swap it", at("09:05")),), status=WAITING)
    fix = replace(NOTE, saga=f"{STINT}/fix", outcome={"from_tier": 1, "stage": "fix"})
    assert stay(looked(record, turned(WORKING, WAITING, at("09:31"))), fix).key == "paused/20260115T093100Z"


def test_a_limit_that_is_not_out_any_more_holds_it_and_says_so():
    found = stay(looked(FIRST, policy=a_policy(priority_factors={NORMAL.name.casefold(): 4.0})))
    assert (found.key, found.is_over) == ("undemanded", False)
    assert found.line == "It stays with First Touch (T1/2): what it was escalated for does not hold any more."


def test_what_nobody_did_holds_nothing_but_goes_on_holding():
    deferring = a_policy(end_of_day=EndOfDay.DEFER, end_of_day_minutes=480)
    deferred = looked(FIRST, policy=deferring)
    assert stay(deferred) is None
    assert stay(deferred, held=True) == Stay(deferred.decision.why)
    unknown = looked(replace(FIRST, status=ODD), turned(WORKING, ODD, at("09:31")))
    assert stay(unknown) is None
    assert stay(unknown, held=True) == Stay(unknown.decision.why)


def test_it_is_held_once_people_were_told_since_its_note_was_begun():
    told = Step(f"{NOTE.saga}/{STAYS}/paused/1", StepKind.SAID, StepState.DONE, {}, at("09:31"))
    assert is_held(looked(FIRST, steps=(NOTE, told)), NOTE)
    assert not is_held(looked(FIRST, steps=(NOTE, replace(told, at=at("09:29")))), NOTE)
    assert not is_held(looked(FIRST, steps=(NOTE, replace(told, saga=f"{STINT}/fix/{STAYS}/paused/1"))), NOTE)


def test_a_demand_of_the_same_name_in_the_same_stint_is_the_same():
    assert stay_of(looked(FIRST), NOTE, Demand("diagnosis", ()), is_held=True) is None
