"""A priority that rises, a plan that a status makes, and the entries of a stretch of time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import BY_HISTORY, Aspect, AuthorKind, Change, Doer, Ref, Remembered, Status, StatusGroup
from connector.rules.evidence import (
    DiagnosisPlan,
    Period,
    critical_within,
    entries_within,
    first_touch,
    plan_sighted,
    plan_within,
    touched_since,
    without_plan,
)
from tests.builders import (
    CRITICAL,
    NEW,
    NORMAL,
    PLANNED,
    TESS,
    WORKING,
    a_change,
    a_note,
    a_policy,
    a_ticket,
    at,
    given_to,
    seen,
    turned,
)

SPAN = Period(at("09:00"), at("12:00"))
URGENT = Ref("2", "Priority 2 - Urgent")
POLICY = a_policy(critical_priorities=frozenset({"priority 1 - critical", "priority 2 - urgent"}))


def priority(old, new, clock):
    return a_change(Aspect.PRIORITY, old, new, at(clock))


@pytest.mark.parametrize(
    ("changes", "risen_at"),
    [
        ([], None),
        ([priority(NORMAL, CRITICAL, "09:00")], None),
        ([priority(NORMAL, CRITICAL, "09:00:01")], "09:00:01"),
        ([priority(NORMAL, CRITICAL, "10:00")], "10:00"),
        ([priority(NORMAL, CRITICAL, "12:00")], None),
        ([priority(NORMAL, CRITICAL, "08:59")], None),
        ([priority(None, CRITICAL, "10:00")], "10:00"),
        ([priority(NORMAL, CRITICAL, "10:00"), priority(CRITICAL, NORMAL, "10:30")], None),
        ([priority(NORMAL, CRITICAL, "10:00"), priority(CRITICAL, None, "10:30")], None),
        (
            [
                priority(NORMAL, CRITICAL, "10:00"),
                priority(CRITICAL, NORMAL, "10:30"),
                priority(NORMAL, CRITICAL, "11:00"),
            ],
            "11:00",
        ),
        ([priority(NORMAL, URGENT, "10:00"), priority(URGENT, CRITICAL, "10:30")], "10:00"),
        ([priority(CRITICAL, URGENT, "10:00")], None),
        ([priority(NORMAL, CRITICAL, "08:30"), priority(CRITICAL, URGENT, "10:00")], None),
        ([turned(NEW, WORKING, at("10:00")), given_to(TESS, at("10:10"))], None),
        ([*seen(a_ticket(priority=CRITICAL), at("10:00"))], None),
    ],
)
def test_a_priority_rises_when_it_becomes_critical_within_the_stint_and_stays_so(changes, risen_at):
    assert critical_within(SPAN, changes, POLICY) == (at(risen_at) if risen_at else None)


def test_the_entries_of_a_stretch_begin_with_it_end_before_its_end_and_come_oldest_first():
    before, first, second, last = (a_note("x", at(clock)) for clock in ("08:59", "09:00", "11:59", "12:00"))
    assert entries_within(SPAN, [last, second, first, before]) == (first, second)
    assert entries_within(Period(at("09:00"), None), [last, first]) == (first, last)


def test_a_planned_status_that_follows_another_one_made_no_new_plan():
    drafted = Status("17", "Plan drafted", StatusGroup.PLANNED)
    changes = [turned(drafted, PLANNED, at("10:00"))]
    assert plan_within(SPAN, False, a_ticket(), changes, POLICY) is None
    made = plan_within(SPAN, False, a_ticket(), [turned(WORKING, PLANNED, at("10:00"))], POLICY)
    assert made is not None
    assert (made.at, made.how) == (at("10:00"), "status Plan made")


def test_a_plan_that_is_commanded_counts_in_internal_notes_alone():
    def plan(*entries):
        period = Period(at("09:00"), None)
        return plan_within(period, True, a_ticket(entries=entries), (), a_policy())

    assert plan(a_note("/plan restart it", at("09:10"))).text == "restart it"
    assert plan(a_note("/plan restart it", at("09:10"), internal=False)) is None
    assert plan(a_note("Plan: restart it", at("09:10"), internal=False)).text == "restart it"


# --- what was seen of plans -------------------------------------------------------------------------------------

MORNING = Period(at("09:00"), None)


def plan_of(*entries, sighted=(), unplanned=(), period=MORNING):
    record = a_ticket(entries=entries, read_at=at("09:30"))
    return plan_within(period, True, record, sighted, a_policy(), unplanned)


def sighting(when, entry="n1", words="as it was"):
    return Change(when, Remembered.PLAN, None, Ref(entry, words), "observed", "Tess Tech")


@pytest.mark.process("plan-edited")
def test_a_plan_that_was_seen_stays_made_whatever_its_entry_says_now():
    edited = replace(a_note("looked at it", at("09:10")), id="n1")
    kept = DiagnosisPlan(at("09:10"), "Tess Tech", "as it was", "note", "n1")
    assert plan_of(edited, sighted=[sighting(at("09:10"))]) == kept
    assert plan_of(sighted=[sighting(at("09:10"))]) == kept
    reworded = replace(edited, text="Plan: in better words")
    assert plan_of(reworded, sighted=[sighting(at("09:10"))]) == replace(kept, text="in better words")
    older = replace(a_note("Plan: an older one", at("09:05")), id="n0")
    assert plan_of(older, reworded, sighted=[sighting(at("09:10"))]) == replace(kept, text="in better words")


@pytest.mark.process("plan-edited")
def test_a_plan_that_was_seen_is_one_of_its_own_stint_alone():
    assert plan_of(sighted=[sighting(at("08:59"))]) is None
    assert plan_of(sighted=[sighting(at("09:10"))], period=Period(at("09:20"), None)) is None
    assert plan_of(sighted=[turned(NEW, WORKING, at("09:10"))]) is None


@pytest.mark.process("plan-client")
def test_a_mail_records_no_plan_whoever_it_says_that_it_is_from():
    mailed = replace(a_note("Plan: restart it", at("09:10")), is_claimed=True)
    assert plan_of(mailed) is None
    assert plan_of(mailed, a_note("Plan: restart it", at("09:20"))).at == at("09:20")


@pytest.mark.process("plan-edited")
def test_what_was_edited_into_an_entry_counts_from_now_on():
    edited = a_note("Plan: restart it", at("09:10"))
    assert plan_of(edited, unplanned=[edited.id]).at == at("09:30")
    assert plan_of(edited, unplanned=["another"]).at == at("09:10")
    other = a_note("Plan: test it now", at("09:20"))
    assert plan_of(edited, other, unplanned=[edited.id]).text == "test it now"
    assert plan_of(edited, unplanned=[edited.id], period=Period(at("09:00"), at("09:20"))) is None
    assert plan_of(edited, unplanned=[edited.id], period=Period(at("09:20"), None)) is None


def test_a_plan_is_remembered_once_and_in_part_where_it_is_long():
    plan = plan_of(replace(a_note("Plan: " + "wait " * 200, at("09:10")), id="n1"))
    (change,) = plan_sighted(plan, [turned(NEW, WORKING, at("09:10"))])
    assert (change.at, change.what, change.old, change.who) == (at("09:10"), Remembered.PLAN, None, "Tess Tech")
    assert (change.new.id, len(change.new.name)) == ("n1", 500)
    assert plan_sighted(plan, [change]) == ()
    assert plan_sighted(None, []) == ()
    assert plan_sighted(DiagnosisPlan(at("09:10"), "Tess Tech", "", "status Plan made"), []) == ()


def test_entries_without_a_plan_are_remembered_as_long_as_none_has_one():
    notes = [a_note("looked at it", at("09:10")), a_note("hello", at("09:11"), kind=AuthorKind.CLIENT)]
    by_status = DiagnosisPlan(at("09:10"), "Tess Tech", "", "status Plan made")
    assert without_plan(MORNING, None, notes) == without_plan(MORNING, by_status, notes) == (notes[0].id,)
    assert without_plan(Period(at("09:11"), None), None, notes) == ()
    assert without_plan(MORNING, replace(by_status, entry="n1"), notes) == ()
    many = [replace(notes[0], id=str(n)) for n in range(500)]
    assert without_plan(MORNING, None, many) == tuple(map(str, range(300, 500)))


# -- where the beginning of a stretch is a guess

GUESSED = Period(at("09:00"), at("12:00"), heard_after=at("08:50"))


@pytest.mark.parametrize(
    ("clock", "is_held", "is_heard"),
    [
        ("08:50", False, False),
        ("08:50:01", False, True),
        ("08:59:59", False, True),
        ("09:00", True, True),
        ("11:59", True, True),
        ("12:00", False, False),
    ],
)
def test_what_was_said_since_the_last_look_before_a_guessed_beginning_may_be_of_the_stretch(clock, is_held, is_heard):
    assert (GUESSED.holds(at(clock)), GUESSED.hears(at(clock))) == (is_held, is_heard)
    assert SPAN.hears(at(clock)) is is_held


def test_a_plan_since_the_last_look_before_a_guessed_beginning_is_evidence():
    note, early = a_note("Plan: restart it", at("08:55")), a_note("Plan: look at it", at("08:50"))
    record = a_ticket(entries=(early, note))
    plan = plan_within(GUESSED, False, record, (), POLICY)
    assert (plan.at, plan.text) == (at("08:55"), "restart it")
    assert plan_within(SPAN, False, record, (), POLICY) is None
    (sighted,) = plan_sighted(plan, ())
    assert plan_within(GUESSED, False, a_ticket(), (sighted,), POLICY).text == "restart it"


def test_a_plan_date_since_the_last_look_before_a_guessed_beginning_is_evidence():
    record = a_ticket(planned_at=at("08:55"), planned_by="Tess Tech")
    assert plan_within(GUESSED, False, record, (), POLICY).how == "resolution plan date"


def test_an_entry_since_the_last_look_before_a_guessed_beginning_may_become_a_plan():
    note = a_note("looking", at("08:55"))
    assert without_plan(GUESSED, None, (note,)) == (note.id,)
    edited = replace(note, text="Plan: restart it")
    record = a_ticket(entries=(edited,), read_at=at("09:30"))
    assert plan_within(GUESSED, False, record, (), POLICY, (note.id,)).at == at("09:30")


# -- the first thing that an agent does after a moment


@pytest.mark.parametrize(
    ("change", "touched_at"),
    [
        (given_to(TESS, at("09:30")), "09:30"),
        (given_to(None, at("09:30"), TESS), None),
        (given_to(TESS, at("09:00")), None),
        (turned(NEW, WORKING, at("09:30")), "09:30"),
        (turned(WORKING, NEW, at("09:30")), None),
        (replace(turned(WORKING, NEW, at("09:30")), by=Doer.PERSON), "09:30"),
        (replace(turned(NEW, WORKING, at("09:30")), by=Doer.PROGRAM), None),
        (replace(turned(NEW, WORKING, at("09:30")), how="connector"), None),
        (replace(turned(NEW, WORKING, at("09:30")), how="first sight"), None),
        (priority(NORMAL, CRITICAL, "09:30"), None),
        (replace(priority(NORMAL, CRITICAL, "09:30"), by=Doer.PERSON), "09:30"),
    ],
)
def test_an_agent_touches_a_ticket_by_what_a_program_does_not_do(change, touched_at):
    found = touched_since(a_ticket(), [change], POLICY, at("09:00"))
    assert found == (at(touched_at) if touched_at else None)


def test_an_agents_note_touches_a_ticket_and_a_clients_does_not():
    notes = (
        a_note("Looked", at("08:50")),
        a_note("Is anybody there?", at("09:10"), kind=AuthorKind.CLIENT),
        a_note("Looked again", at("09:20")),
    )
    assert touched_since(a_ticket(entries=notes), [], POLICY, at("09:00")) == at("09:20")


MAIL = replace(a_note("Looking at it", at("09:10"), internal=False), is_claimed=True)
OPENED = replace(turned(NEW, WORKING, at("09:10:01")), how=BY_HISTORY, by=Doer.PROGRAM)


def test_a_mail_touches_nothing_whoever_it_says_to_be_from():
    assert first_touch(a_ticket(status=NEW, entries=(MAIL,)), [], POLICY) is None
    assert touched_since(a_ticket(entries=(MAIL,)), [], POLICY, at("09:00")) is None
    noted = a_note("Looked", at("09:20"))
    assert first_touch(a_ticket(status=NEW, entries=(MAIL, noted)), [], POLICY) == at("09:20")


@pytest.mark.parametrize(
    ("change", "entry", "touched_at"),
    [
        (OPENED, MAIL, None),
        (replace(OPENED, by=Doer.PERSON), MAIL, "09:10:01"),
        (replace(OPENED, by=Doer.UNKNOWN), MAIL, "09:10:01"),
        (replace(OPENED, at=at("09:10:03")), MAIL, "09:10:03"),
        (replace(OPENED, at=at("09:09:59")), MAIL, "09:09:59"),
        (OPENED, replace(MAIL, is_claimed=False), "09:10"),
        (OPENED, replace(MAIL, at=at("09:00"), is_claimed=True), "09:10:01"),
        (replace(given_to(TESS, at("09:10:01")), by=Doer.PROGRAM), MAIL, "09:10:01"),
    ],
)
def test_a_status_that_a_program_sets_because_a_mail_came_in_is_no_touch(change, entry, touched_at):
    found = first_touch(a_ticket(entries=(entry,)), [change], POLICY)
    assert found == (at(touched_at) if touched_at else None)


def test_a_status_that_a_program_sets_as_a_ticket_is_opened_by_mail_is_a_touch():
    begins = replace(MAIL, at=at("09:00"))
    opened = replace(OPENED, at=at("09:00:01"))
    assert first_touch(a_ticket(entries=(begins,), entered_at=at("09:00")), [opened], POLICY) == at("09:00:01")


def test_of_two_plans_the_first_one_counts():
    first, second = a_note("Plan: test it", at("09:10")), a_note("Plan: replace it", at("09:20"))
    assert plan_of(first, second).text == "test it"
