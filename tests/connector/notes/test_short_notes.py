"""The connector's short notes, compared as whole text: what is read here is what people read."""

from __future__ import annotations

import pytest

from connector.model import Reason
from connector.notes.short_notes import (
    HOW_TO_ESCALATE,
    HOW_TO_OVERRIDE,
    SELF_CHECK,
    help_for,
    incomplete,
    near_plan,
    note,
    override_applied,
    override_refused,
    reminder,
    unclear,
    untouched,
    warning,
)
from connector.policy.policy import EndOfDay
from connector.rules.commands import Misunderstood, Question, Request
from connector.rules.escalation import Documentation
from tests.builders import (
    CRITICAL,
    SR_IT,
    TESS,
    WAITING,
    WORKING,
    a_policy,
    a_ticket,
    at,
    office_hours,
    seen,
    turned,
)
from tests.connector.speech import IRENE, MARIA, decided, said

K, P, U = Reason.KNOWLEDGE, Reason.PERMISSION, Reason.URGENCY
NEW_YORK = {"default": office_hours("America/New_York")}


def test_a_note_ends_in_its_marker_whatever_must_be_cut():
    assert note(["one", "two"], "ESC-A-B", 100) == "one\ntwo\n\nRef. ESC-A-B"
    cut = note(["word " * 50], "ESC-A-B", 100)
    assert len(cut) <= 100
    assert cut.endswith("word…\n\nRef. ESC-A-B")


# --- answers --------------------------------------------------------------------------------------------------


@pytest.mark.process("missing-answer")
def test_an_incomplete_request_is_told_exactly_what_is_missing():
    request = Request("n1", "Tess Tech", "tess", at("09:10"), (K, P), "")
    assert incomplete(request, ["what was tried", "the error codes"]) == (
        "Tess Tech: the knowledge and permission escalation waits for what was not recognised on the ticket: "
        "1) what was tried; 2) the error codes. It goes up as soon as an internal note or time entry says so."
    )


def test_a_command_that_is_not_understood_is_answered_with_what_is_wrong():
    word = Misunderstood(
        "n1", "Tess\n/override off", at("09:10"), "override", "there is no command /overide; did you mean it?"
    )
    assert unclear(word) == "Tess '/override' off: there is no command /overide; did you mean it? Nothing was done."
    word = Misunderstood("n1", "Tess Tech", at("09:10"), "escalate", "the kind of escalation is missing")
    assert unclear(word) == "Tess Tech: the kind of escalation is missing. Nothing was done."


def test_what_nearly_is_a_plan_is_answered_with_how_one_is_written():
    nearly = Misunderstood("n1", "Tess Tech", at("09:10"), "plan", "The plan is to restart it")
    assert near_plan(nearly) == (
        "Tess Tech: is “The plan is to restart it” the plan? It is not recorded yet. To record it, begin a line of a "
        "note with “Plan: …”, or write “/plan …”."
    )


def test_who_asks_for_help_reads_each_command_in_one_short_note():
    told = help_for(Question("n1", "Tess Tech"))
    assert all(word in told for word in ("Plan: …", "/escalate knowledge …", "permission, urgency", "/override 45m"))
    assert len(told) <= 450


def answered(text, now="09:11", by=MARIA, policy=None, changes=None, managers=None, **given):
    policy = policy or a_policy()
    record = a_ticket(**{"owner": TESS, "status": WORKING, "entries": (said(text, at("09:10"), by),)} | given)
    decision = decided(record, at(now), changes, policy)
    (override,) = decision.commands.overrides_of(decision.stint)
    if override.refused:
        return override_refused(override, decision.commands.managers[1].values() if managers is None else managers)
    return override_applied(override, decision, policy)


@pytest.mark.process("override-confirmed", "override-reason")
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "/override 45m because the vendor calls back",
            "Override by Maria Desk: the limit for the diagnosis plan applies from Thu 15 Jan 09:55 UTC. "
            "Reason: the vendor calls back.",
        ),
        (
            "/override until 16:30 because the vendor calls back",
            "Override by Maria Desk: the limit for the diagnosis plan applies from Thu 15 Jan 16:30 UTC. "
            "Reason: the vendor calls back.",
        ),
        (
            "/override 10m because the vendor calls back",
            "Override by Maria Desk until Thu 15 Jan 09:20 UTC. Reason: the vendor calls back. It changes nothing: "
            "the limit for the diagnosis plan runs out later, at Thu 15 Jan 09:30 UTC.",
        ),
        (
            "/override none because it is planned work",
            "Override by Maria Desk: no limit in this stint of First Touch (T1/2). Reason: it is planned work. "
            "“/override off” ends it.",
        ),
        (
            "/override off",
            "Overrides of this stint are off, by Maria Desk: the diagnosis plan counts again; it is due at "
            "Thu 15 Jan 09:30 UTC.",
        ),
        ("/override 45m", "Maria Desk: the override was not applied: the reason is missing: write why, in at least two "
         "words, after the time."),
        ("/override 9h because the vendor calls", "Maria Desk: the override was not applied: it is longer than the 480 "
         "working minutes that a single override may last."),
        ("/override until 09:00 because of a spare part", "Maria Desk: the override was not applied: that time is past "
         "already."),
    ],
)  # fmt: skip
def test_an_override_is_confirmed_with_the_new_deadline_or_refused_with_the_reason(text, answer):
    assert answered(text) == answer


def test_the_time_is_said_back_in_the_tiers_zone():
    assert answered("/override until 10:00 because the vendor calls", policy=a_policy(calendars=NEW_YORK)) == (
        "Override by Maria Desk: the limit for the diagnosis plan applies from Thu 15 Jan 10:00 EST. "
        "Reason: the vendor calls."
    )


def test_an_override_while_the_clock_stands_still_says_so():
    changes = [*seen(a_ticket(owner=TESS, status=WORKING)), turned(WORKING, WAITING, at("09:05"))]
    assert answered("/override off", changes=changes, status=WAITING) == (
        "Overrides of this stint are off, by Maria Desk: the diagnosis plan counts again; its clock stands still."
    )
    assert answered("/override 45m because the vendor calls", changes=changes, status=WAITING) == (
        "Override by Maria Desk: the limit for the diagnosis plan applies from Thu 15 Jan 09:55 UTC. "
        "Reason: the vendor calls."
    )


@pytest.mark.process("override-managers")
def test_whoever_is_no_manager_is_told_who_may():
    text = "/override 45m because I need it"
    assert answered(text, by=TESS) == (
        "Tess Tech: the override was not applied: only a manager of First Touch (T1/2) may override. That "
        "is Maria Desk."
    )
    assert answered(text, by=TESS, managers=["Maria Desk", "Mo Second"]) == (
        "Tess Tech: the override was not applied: only a manager of First Touch (T1/2) may override. That "
        "is Maria Desk and Mo Second."
    )
    assert answered(text, by=TESS, managers=[]) == (
        "Tess Tech: the override was not applied: only a manager of First Touch (T1/2) may override. None "
        "is configured."
    )


def test_a_reason_cannot_pass_for_a_line_of_ours():
    answer = answered("/override 45m because **Plan:** x Ref. ESC-AAAAAAAAAA-BBBBBBBBBB")
    assert answer.endswith("Reason: Plan: x Ref. ESC AAAAAAAAAA-BBBBBBBBBB.")


# --- before a breach ------------------------------------------------------------------------------------------


def warned(now, *entries, policy=None, **given) -> list[str]:
    policy = policy or a_policy()
    record = a_ticket(**{"owner": TESS, "status": WORKING, "entries": entries} | given)
    decision = decided(record, at(now), policy=policy)
    return list(warning(decision, policy, Documentation(decision)))


@pytest.mark.process("warning-share", "warning-self-check", "warning-how-to")
def test_the_warning_says_what_is_left_what_is_missing_and_what_to_do():
    assert warned("09:24") == [
        "Tess Tech: 24 of 30 working minutes for the diagnosis plan are used; 6 working minutes are left, until "
        "Thu 15 Jan 09:30 UTC. Then the ticket goes up a tier.",
        "Nowhere on the ticket yet: a diagnosis plan, the steps tried, error codes and what was looked up.",
        "Please check: is the path forward known, step by step? Is this in your training, or would a colleague be "
        "better placed? Does it block a critical function? Is the client at the computer right now? Is it nearly the "
        "end of the client's day? Are permissions missing?",
        "To record a plan: a line starting with “Plan:” in a note or time entry.",
        "To ask for an escalation: a line “/escalate knowledge”, “/escalate permission” or “/escalate urgency” in an "
        "internal note, with what was tried and found.",
        "A manager may override: “/override 45m because …” in an internal note.",
    ]


def test_the_warning_of_the_fix_asks_for_no_plan_and_names_only_what_is_missing():
    noted = said("Plan: swap it\n\nToggled the agent, it says error 0x80070005.", at("09:10"))
    assert warned("09:58", noted) == [
        "Tess Tech: 48 of 60 working minutes for the fix are used; 12 working minutes are left, until "
        "Thu 15 Jan 10:10 UTC. Then the ticket goes up a tier.",
        "Nowhere on the ticket yet: what was looked up.",
        SELF_CHECK,
        HOW_TO_ESCALATE,
        HOW_TO_OVERRIDE,
    ]


def test_where_nothing_is_missing_nothing_is_said_of_it():
    noted = said(
        "Plan: swap it\n\nSteps attempted: toggled it\nError codes: 0x80070005\nResearch: KB5005463", at("09:10")
    )
    assert warned("09:58", noted)[1] == SELF_CHECK


def test_the_warning_on_the_last_tier_says_what_comes_then():
    assert warned("09:48", place=SR_IT, owner=IRENE)[0] == (
        "Irene Systems: 48 of 60 working minutes for the diagnosis plan are used; 12 working minutes are left, until "
        "Thu 15 Jan 10:00 UTC. Then the final escalation follows."
    )


def test_the_warning_of_a_ticket_without_an_owner_calls_nobody_by_name():
    assert warned("09:24", owner=None)[0].startswith("24 of 30 working minutes")


def test_an_override_moves_what_is_left():
    noted = said("/override 60m because the vendor calls", at("09:10"), MARIA)
    assert warned("09:56", noted)[0] == (
        "Tess Tech: 56 of 30 working minutes for the diagnosis plan are used; 14 working minutes are left, until "
        "Thu 15 Jan 10:10 UTC. Then the ticket goes up a tier."
    )


RESCHEDULE = "The client's day ends at Thu 15 Jan 17:00 UTC: reschedule rather than work on."


@pytest.mark.process("day-advice")
@pytest.mark.parametrize(
    ("given", "is_advised"),
    [
        ({}, True),
        ({"policy": a_policy(end_of_day=EndOfDay.DEFER)}, True),
        ({"policy": a_policy(end_of_day=EndOfDay.IGNORE)}, False),
        ({"policy": a_policy(end_of_day_minutes=10)}, False),
        ({"priority": CRITICAL}, False),
    ],
)
def test_near_the_end_of_the_clients_day_the_warning_recommends_to_reschedule(given, is_advised):
    start = at("16:20")
    lines = warned("16:44", **{"entered_at": start, "updated_at": start, "read_at": start}, **given)
    assert (RESCHEDULE in lines) is is_advised


# --- after a final escalation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "text"),
    [
        (
            [("Sr IT Manager", "Irene Systems"), ("Service Desk Manager", "Maria Desk"), ("Account Manager", "")],
            "REMINDER 2 of 5 after the final escalation. Still owed: a new plan and word to the client. "
            "Irene Systems (Sr IT Manager) and Maria Desk (Service Desk Manager): please. "
            "Nobody is configured as Account Manager.",
        ),
        (
            [("Sr IT Manager", "Irene Systems")],
            "REMINDER 2 of 5 after the final escalation. Still owed: a new plan and word to the client. "
            "Irene Systems (Sr IT Manager): please.",
        ),
        (
            [("Sr IT Manager", ""), ("Account Manager", "")],
            "REMINDER 2 of 5 after the final escalation. Still owed: a new plan and word to the client. "
            "Nobody is configured as Sr IT Manager and Account Manager.",
        ),
    ],
)
def test_a_reminder_calls_those_who_are_configured_and_says_who_is_not(people, text):
    assert reminder(2, 5, ["a new plan", "word to the client"], people) == text


# --- before anybody has touched it -----------------------------------------------------------------------------


@pytest.mark.process("untouched-told")
def test_that_nobody_touches_a_ticket_is_told_in_two_short_lines():
    policy = a_policy(untouched_minutes=30, calendars=NEW_YORK)
    critical = a_ticket(priority=CRITICAL, entered_at=at("14:00"))
    assert list(untouched(decided(critical, at("14:31"), policy=policy), policy)) == [
        "Nobody has touched this ticket for 30 working minutes, since Thu 15 Jan 09:00 EST. First Touch (T1/2): please "
        "take it.",
        "Its clock starts with an owner, a note or another status: 15 working minutes to a plan (“Plan: …” in a note), "
        "then 30 for the fix.",
    ]
