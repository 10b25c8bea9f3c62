"""The connector's short notes, compared as whole text: what is read here is what people read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model import AuthorKind, Reason
from connector.notes.short_notes import (
    HOW_TO_GO_ON,
    LONGEST_WARNING,
    closed,
    help_for,
    incomplete,
    moved,
    near_plan,
    not_moved,
    note,
    override_applied,
    override_refused,
    overrode,
    paused,
    plan_dated,
    planned,
    reminder,
    reopened,
    resolved,
    stays,
    unclear,
    untouched,
    warning,
)
from connector.policy.policy import EndOfDay
from connector.rules.commands import Misunderstood, Question, Request
from connector.rules.escalation import Documentation
from connector.rules.follow_up import CLIENT_WORD, NEW_PLAN
from tests.builders import (
    CRITICAL,
    DESK,
    SR_IT,
    TESS,
    WAITING,
    WORKING,
    a_calendar,
    a_note,
    a_policy,
    a_ticket,
    a_tier,
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
        "Tess Tech, your /escalate knowledge and permission waits for 2 things that were not recognised on the ticket. "
        "Add to an internal note or time entry, and it goes up at once:\n1. what was tried\n2. the error codes"
    )
    assert "waits for one thing that was not recognised" in incomplete(request, ["what was tried"])


def test_in_a_pilot_who_asks_is_told_that_nothing_is_moved():
    request = Request("n1", "Tess Tech", "tess", at("09:10"), (K,), "")
    assert incomplete(request, [], moves=False) == (
        "Tess Tech, by your /escalate knowledge this ticket would go up now. "
        "This is a pilot, in which nothing is moved yet: please move it yourself."
    )
    assert incomplete(request, ["what was tried"], moves=False).endswith(
        "and it would go up at once:\n1. what was tried\nThis is a pilot: nothing is moved yet."
    )


def test_a_command_that_is_not_understood_is_answered_with_what_is_wrong():
    word = Misunderstood(
        "n1", "Tess\n/override off", at("09:10"), "override", "there is no command /overide; did you mean it?"
    )
    assert unclear(word) == "Nothing was done, Tess '/override' off: there is no command /overide; did you mean it?"
    word = Misunderstood("n1", "Tess Tech", at("09:10"), "escalate", "the kind of escalation is missing")
    assert unclear(word) == "Nothing was done, Tess Tech: the kind of escalation is missing."


def test_what_nearly_is_a_plan_is_answered_with_how_one_is_written():
    nearly = Misunderstood("n1", "Tess Tech", at("09:10"), "plan", "The plan is to restart it")
    assert near_plan(nearly) == (
        "No plan is recorded yet. To record it, Tess Tech, begin a line of a note with: Plan: …\n"
        "Meant was perhaps “The plan is to restart it”."
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
            "Override by Maria Desk: the diagnosis plan is due at 09:55 (UTC), not at 09:30. "
            "Reason: the vendor calls back.",
        ),
        (
            "/override until 16:30 because the vendor calls back",
            "Override by Maria Desk: the diagnosis plan is due at 16:30 (UTC), not at 09:30. "
            "Reason: the vendor calls back.",
        ),
        (
            "/override 10m because the vendor calls back",
            "Override by Maria Desk changes nothing: the diagnosis plan is due later than 09:20 (UTC), at 09:30. "
            "Reason: the vendor calls back.",
        ),
        (
            "/override none because it is planned work",
            "Override by Maria Desk: no limit at First Touch (T1/2) in this stint. Reason: it is planned work. "
            "It ends with: /override off",
        ),
        ("/override off", "Overrides are off, by Maria Desk: the diagnosis plan is due at 09:30 (UTC) again."),
        ("/override 45m", "Not applied, Maria Desk: the reason is missing: write why, in at least two words, after the "
         "time. The form is: /override 45m because …"),
        ("/override 9h because the vendor calls", "Not applied, Maria Desk: it is longer than the 480 working minutes "
         "that a single override may last. The form is: /override 45m because …"),
        ("/override until 09:00 because of a spare part", "Not applied, Maria Desk: that time is past already. "
         "The form is: /override 45m because …"),
    ],
)  # fmt: skip
def test_an_override_is_confirmed_with_the_new_deadline_or_refused_with_the_reason(text, answer):
    assert answered(text) == answer


def test_the_time_is_said_back_in_the_tiers_zone():
    assert answered("/override until 10:00 because the vendor calls", policy=a_policy(calendars=NEW_YORK)) == (
        "Override by Maria Desk: the diagnosis plan is due at 10:00 (America/New_York), not at 08:30. "
        "Reason: the vendor calls."
    )


def test_an_override_while_the_clock_stands_still_says_so():
    changes = [*seen(a_ticket(owner=TESS, status=WORKING)), turned(WORKING, WAITING, at("09:05"))]
    assert answered("/override off", changes=changes, status=WAITING) == (
        "Overrides are off, by Maria Desk: the diagnosis plan has a clock that stands still again."
    )
    assert answered("/override 45m because the vendor calls", changes=changes, status=WAITING) == (
        "Override by Maria Desk: the diagnosis plan is due at 09:55 (UTC) at the earliest. Reason: the vendor calls."
    )


@pytest.mark.process("override-managers")
def test_whoever_is_no_manager_is_told_who_may():
    text = "/override 45m because I need it"
    assert answered(text, by=TESS) == (
        "Not applied, Tess Tech: only a manager of First Touch (T1/2) may override (Maria Desk). To ask for it, send "
        "them this line: /override 45m because …"
    )
    assert "(Maria Desk and Mo Second)" in answered(text, by=TESS, managers=["Maria Desk", "Mo Second"])
    assert answered(text, by=TESS, managers=[]) == (
        "Not applied, Tess Tech: only a manager of First Touch (T1/2) may override, and nobody is configured as one."
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


ALL_WEEK = {day: [["00:00", "23:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
CHECK = (
    "Ask yourself: In your training, or a colleague's? Does it block a critical function? "
    "Is the client there right now? Rights missing?"
)
GO_ON = HOW_TO_GO_ON


@pytest.mark.process("warning-share", "warning-self-check", "warning-how-to")
def test_the_warning_says_first_what_to_do_by_when_and_then_what_helps():
    assert warned("09:24") == [
        "Write “Plan: …” by 09:30 (UTC), else this ticket goes to Tier 3 / Service Desk Manager. "
        "6 working minutes left.",
        GO_ON,
        "Ask yourself: Is the way known, step by step? In your training, or a colleague's? Does it block a critical "
        "function? Rights missing?",
        "Not recognised on the ticket yet: steps, error codes and research.",
    ]


def test_the_warning_of_the_fix_acknowledges_the_plan_and_names_only_what_is_missing():
    noted = said("Plan: swap it\n\nToggled the agent, it says error 0x80070005.", at("09:10"))
    assert warned("09:58", noted) == [
        "The fix is due by 10:10 (UTC), else this ticket goes to Tier 3 / Service Desk Manager. "
        "12 working minutes left.",
        GO_ON,
        CHECK,
        "Plan seen 09:10. Not recognised on the ticket yet: research.",
    ]


def test_where_nothing_is_missing_nothing_is_said_of_it():
    noted = said(
        "Plan: swap it\n\nSteps attempted: toggled it\nError codes: 0x80070005\nResearch: KB5005463", at("09:10")
    )
    assert warned("09:58", noted)[-1] == "Plan seen 09:10."
    unplanned = said("Steps attempted: toggled it\nError codes: 0x80070005\nResearch: KB5005463", at("09:10"))
    assert len(warned("09:24", unplanned)) == 3


@pytest.mark.process("warning-how-to")
def test_the_warning_on_a_ticket_that_nobody_owns_says_so_in_its_second_line():
    lines = warned("09:24", said("Looked at it.", at("09:00")), owner=None)
    assert lines[1:3] == ["Nobody owns this ticket: please take it.", GO_ON]
    assert lines[3].startswith("Ask yourself: ")


@pytest.mark.process("warning-self-check")
def test_the_self_check_asks_only_what_the_ticket_does_not_answer():
    noted = said("Plan: swap it\nMissing permissions: the tunnel's settings", at("09:05"))
    asks = a_note("Still broken here.", at("09:30"), "Connie Client", AuthorKind.CLIENT, internal=False)
    assert warned("09:30", noted, asks, priority=CRITICAL)[2] == "Ask yourself: In your training, or a colleague's?"


def test_the_warning_on_the_last_tier_says_what_comes_then():
    assert warned("09:48", place=SR_IT, owner=IRENE)[0] == (
        "Write “Plan: …” by 10:00 (UTC), else the final escalation follows. 12 working minutes left."
    )


def test_less_than_a_minute_is_left_in_seconds():
    assert warned("09:29:54")[0].endswith(" 6 working seconds left.")


def test_an_override_moves_what_is_left():
    noted = said("/override 60m because the vendor calls", at("09:10"), MARIA)
    assert warned("09:56", noted)[0] == (
        "Write “Plan: …” by 10:10 (UTC), else this ticket goes to Tier 3 / Service Desk Manager. "
        "14 working minutes left."
    )


@pytest.mark.process("warning-self-check")
@given(
    names=st.lists(st.text("Wij ”…", min_size=1, max_size=200), min_size=3, max_size=3),
    zone=st.sampled_from(["UTC", "America/Argentina/ComodRivadavia", "Antarctica/DumontDUrville"]),
    is_planned=st.booleans(),
    is_late=st.booleans(),
    owner=st.sampled_from([TESS, None]),
)
def test_no_names_make_a_warning_longer_than_it_may_be(names, zone, is_planned, is_late, owner):
    tiers = tuple(a_tier(number, name=name) for number, name in enumerate(names, 1))
    policy = a_policy(tiers=tiers, calendars={"default": a_calendar(ALL_WEEK, zone)}, end_of_day_minutes=10_000)
    entries = (said("Plan: swap it" if is_planned else "Looked at it.", at("09:10" if is_planned else "09:00")),)
    now, place = "09:58" if is_planned else "09:24", SR_IT if is_late else DESK
    lines = warned(now, *entries, policy=policy, place=place, owner=owner)
    assert len(note(lines, "ESC-AAAAAAAAAA-AAAAAAAAAA", 4000)) <= LONGEST_WARNING
    assert len(lines) >= 3


RESCHEDULE = "The client's day ends at 17:00: reschedule rather than work on."


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


def reminded(people, *owed, next_at=None, **given) -> str:
    policy = a_policy(calendars=NEW_YORK)
    return reminder(
        2, owed, people, decided(a_ticket(**{"owner": TESS} | given), at("16:00"), policy=policy), policy, next_at
    )


@pytest.mark.parametrize(
    ("people", "text"),
    [
        (
            [("Sr IT Manager", "Irene Systems"), ("Service Desk Manager", "Maria Desk"), ("Account Manager", "")],
            "REMINDER 2 of 5, Irene Systems and Maria Desk. Still owed: a new plan. It is the last one. "
            "Nobody is configured as Account Manager.",
        ),
        (
            [("Sr IT Manager", "Irene Systems")],
            "REMINDER 2 of 5, Irene Systems. Still owed: a new plan. It is the last one.",
        ),
        (
            [("Sr IT Manager", ""), ("Account Manager", "")],
            "REMINDER 2 of 5. Still owed: a new plan. It is the last one. "
            "Nobody is configured as Sr IT Manager and Account Manager.",
        ),
    ],
)
def test_a_reminder_calls_those_who_are_configured_and_says_who_is_not(people, text):
    assert reminded(people, "a new plan") == text


@pytest.mark.process("final-reminders")
def test_a_reminder_says_when_the_next_one_comes_and_names_the_client():
    people = [("Sr IT Manager", "Irene Systems")]
    assert reminded(people, NEW_PLAN, CLIENT_WORD, next_at=at("17:00")) == (
        "REMINDER 2 of 5, Irene Systems. Still owed: a new plan (“New plan: …” in a note) and word to the client, "
        "Carla Client (a note that the client sees). The next reminder comes at 12:00 (America/New_York)."
    )
    assert " Still owed: word to the client (a note" in reminded(people, CLIENT_WORD, contact=" ")


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


@pytest.mark.parametrize(
    ("deed", "who", "at_", "line"),
    [
        (resolved(), "Theo Three", "10:14", "Theo Three resolved it at 10:14, while it was being escalated."),
        (resolved(), "", "", "it was resolved, while it was being escalated."),
        (closed(), "Theo Three", "", "Theo Three closed it, while it was being escalated."),
        (moved(), "", "10:14", "it was moved there at 10:14, while it was being escalated."),
        (reopened(), "Theo", "", "Theo reopened it, while it was being escalated. Its clock begins anew."),
        (
            paused("Waiting"),
            "Theo",
            "10:14",
            "Theo set it to “Waiting” at 10:14, while it was being escalated. "
            "If its limit is still out then, it goes up when that ends.",
        ),
        (planned(), "Theo", "", "Theo recorded a diagnosis plan, while it was being escalated."),
        (plan_dated(), "", "10:14", "its plan date was set at 10:14, while it was being escalated."),
        (overrode(), "Sandra", "", "Sandra overrode its limit, while it was being escalated."),
        (None, "", "", "what it was escalated for does not hold any more."),
    ],
)
def test_a_ticket_that_stays_is_told_in_one_line_with_what_is_known(deed, who, at_, line):
    assert stays("Tier 3", deed, who, at_) == f"It stays with Tier 3: {line}"


def test_a_refused_move_is_said_with_its_cause_and_who_still_has_the_ticket() -> None:
    told = not_moved("Sr IT Manager", "Tier 3", 'ConnectWise refused the status "Done"', is_told=True)
    assert told == (
        'Could not be moved to Sr IT Manager: ConnectWise refused the status "Done". It is still with Tier 3; the '
        "people in charge have been told."
    )
    final = not_moved("", "Sr IT Manager", "the right is missing", is_told=False)
    assert final == (
        "The final escalation could not be put on the ticket: the right is missing. It is still with Sr IT Manager."
    )
