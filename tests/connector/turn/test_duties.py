"""What is owed on a ticket besides an escalation: each thing once, at its time, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from connector.model import Entry, Mode, Visibility
from connector.policy.policy import EndOfDay, FinalEscalation
from connector.reading.command_words import gist
from connector.rules.escalation import Documentation, demand_of
from connector.store.records import Step, StepState
from connector.turn.announcements import Hears
from connector.turn.duties import Duties, Situation, duties_of
from connector.turn.saga import StepKind
from tests.builders import (
    RESOLVED,
    SR_IT,
    TESS,
    WAITING,
    WORKING,
    a_policy,
    a_ticket,
    at,
    seen,
    turned,
)
from tests.connector.speech import IRENE, MARIA, decided, said

OVERRIDE = "/override 45m because the vendor calls"
STINT = "psa/4711/20260115T090000Z@1/25"
LAST_STINT = "psa/4711/20260115T090000Z@3"


def owed(
    now: str,
    *entries,
    policy=None,
    changes=None,
    steps: Iterable[Step] = (),
    mode=Mode.ENFORCE,
    adopted_at=None,
    day=15,
    **given,
) -> Duties:
    policy = policy or a_policy()
    record = a_ticket(**{"owner": TESS, "status": WORKING, "entries": entries} | given)
    decision = decided(record, at(now, day), changes, policy, adopted_at=adopted_at)
    documentation = Documentation(decision)
    names = {"irene": "Irene Systems", "maria": "Maria Desk"}
    people = [(role, names.get(who, who)) for role, who in policy.final.people.items()]
    situation = Situation("psa", decision, policy, tuple(steps), documentation, lambda: people, mode=mode)
    return duties_of(situation, demand_of(decision, policy, documentation))


def done(saga: str, n: int = StepKind.SAID, when: str = "09:20", state=StepState.DONE, **outcome) -> Step:
    return Step(saga, n, state, outcome, at(when))


def answer_to(entry: Entry) -> str:
    """The identity of the answer to an entry."""
    return f"{STINT}/answer/{entry.id}#{gist(entry.text)}"


def whats(duties: Duties) -> list[str]:
    return [say.what for say in duties.says]


# --- nothing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"owner": None, "status": a_ticket().status},
        {"status": RESOLVED, "changes": [*seen(a_ticket(owner=TESS)), turned(WORKING, RESOLVED, at("09:05"))]},
        {"is_escalatable": False, "why_not": "merged"},
    ],
)
def test_nothing_is_owed_on_a_ticket_without_a_clock(given):
    assert owed("10:00", **given) == Duties()


def test_a_clock_that_runs_owes_its_warning_later():
    assert owed("09:05") == Duties(wake_at=at("09:24"))


# --- answers ---------------------------------------------------------------------------------------------------


def test_each_entry_is_answered_once_with_all_that_it_said_in_one_note():
    noted = said(f"{OVERRIDE}\n\n/escalate knowledge\n\n/overide", at("09:10"), MARIA, id_="77")
    (say,) = owed("09:11", noted).says
    assert (say.saga, say.what, say.to_client) == (answer_to(noted), "answer", False)
    assert [line.split(":")[0].split(", your")[0] for line in say.lines] == [
        "Override by Maria Desk",
        "Maria Desk",
        "Nothing was done, Maria Desk",
    ]
    assert [event.event for event in say.audit] == [
        "override applied",
        "escalation incomplete",
        "command not understood",
    ]
    assert say.facts == {"heard": ["77"], "stint": say.saga.split("/", 2)[2].partition("/answer/")[0]}
    assert owed("09:11", noted, steps=[done(say.saga)]).says == ()


def test_an_answer_that_was_begun_and_not_finished_is_still_owed():
    noted = said("/overide", at("09:10"), id_="77")
    step = done(answer_to(noted), state=StepState.BEGUN)
    assert whats(owed("09:11", noted, steps=[step])) == ["answer"]


def test_two_entries_get_an_answer_each():
    one, two = said("/overide", at("09:09"), id_="1"), said("/override off", at("09:10"), MARIA, id_="2")
    assert {say.saga for say in owed("09:11", one, two).says} == {answer_to(one), answer_to(two)}


def test_a_command_that_was_mended_in_its_note_is_confirmed_and_other_edits_are_not_answered():
    typo = said("/overide 45m because the vendor calls", at("09:10"), MARIA, id_="77")
    mended = replace(typo, text=OVERRIDE)
    (say,) = owed("09:12", mended, steps=[done(answer_to(typo))]).says
    assert say.lines[0].startswith("Override by Maria Desk: the diagnosis plan is due at 09:55 (UTC), not at 09:30.")
    assert [event.event for event in say.audit] == ["override applied"]
    noted = replace(mended, text=f"Hello.\n<p>{OVERRIDE}</p>\n\nMore words.")
    assert owed("09:12", noted, steps=[done(answer_to(mended))]).says == ()


def test_who_asks_for_help_is_told_what_can_be_commanded():
    asks = said("/help", at("09:10"), id_="77")
    (say,) = owed("09:11", asks).says
    assert (say.saga, [event.event for event in say.audit]) == (answer_to(asks), ["help given"])
    assert "/escalate knowledge" in say.lines[0]


def test_a_line_that_nearly_is_a_plan_is_answered_once_in_a_stint():
    one, two = said("The plan is to restart it", at("09:09"), id_="1"), said("Plan to test it", at("09:10"), id_="2")
    (say,) = owed("09:11", one, two).says
    assert say.saga == f"{STINT}/answer/plan"
    assert "“The plan is to restart it”" in say.lines[0]
    assert [(event.event, event.detail["command"]) for event in say.audit] == [("command not understood", "plan")]
    assert owed("09:11", one, two, steps=[done(say.saga)]).says == ()
    assert owed("09:11", one, said("Plan: restart it", at("09:10"))).says == ()


def test_while_the_ticket_goes_up_nobody_is_told_how_a_plan_is_written():
    assert owed("09:31", said("The plan is to restart it", at("09:09"))).says == ()


@pytest.mark.process("override-recorded")
def test_the_audit_trail_says_who_overrode_what_until_when_and_why():
    (say,) = owed("09:11", said(OVERRIDE, at("09:10"), MARIA, id_="77")).says
    (event,) = say.audit
    assert (event.event, event.detail) == (
        "override applied",
        {
            "by": "maria",
            "tier": "First Touch (T1/2)",
            "stage": "diagnosis",
            "until": at("09:55").isoformat(),
            "how": "later",
            "reason": "the vendor calls",
            "entry": "77",
        },
    )


@pytest.mark.parametrize(
    ("text", "by", "event", "how", "until", "why"),
    [
        ("/override none because it is planned", MARIA, "override applied", "no limit", None, None),
        ("/override off", MARIA, "override applied", "off", None, None),
        ("/override off", TESS, "override refused", "off", None, "only a manager of First Touch (T1/2) may override"),
        ("/override until 09:00", MARIA, "override refused", "later", "09:00",
         "the reason is missing: write why, in at least two words, after the time"),
    ],
)  # fmt: skip
def test_a_refused_override_is_on_record_with_its_reason(text, by, event, how, until, why):
    (say,) = owed("09:11", said(text, at("09:10"), by)).says
    (found,) = say.audit
    assert (found.event, found.detail["how"], found.detail.get("why")) == (event, how, why)
    assert found.detail["until"] == (at(until).isoformat() if until else None)


@pytest.mark.process("missing-answer")
def test_an_incomplete_request_is_answered_and_a_complete_one_is_not():
    (say,) = owed("09:11", said("/escalate permission tunnel admin", at("09:10"), id_="77")).says
    assert say.lines[0].startswith(
        "Tess Tech, your /escalate permission waits for one thing that was not recognised on the ticket. "
    )
    (event,) = say.audit
    assert event.detail == {
        "by": "tess",
        "reason": "Permission",
        "missing": ["what is to be done once they are there (“Next steps: …”)"],
        "entry": "77",
    }
    assert whats(owed("09:11", said("/escalate permission tunnel admin\n\nNext steps: go", at("09:10")))) == []


def test_while_the_ticket_goes_up_nobody_is_told_what_their_request_lacks():
    asked = said("/escalate knowledge", at("09:10"))
    assert whats(owed("09:30", asked)) == []
    assert whats(owed("09:12", asked, said("/escalate urgency the ward", at("09:11")))) == []
    assert whats(owed("09:30", asked, said("/override off", at("09:20"), MARIA))) == ["answer"]


def test_what_was_said_before_the_ticket_was_adopted_is_not_answered():
    old = said(f"{OVERRIDE}\n/escalate knowledge\n/overide", at("09:10"), MARIA)
    assert whats(owed("10:05", old, adopted_at=at("10:00"))) == []
    assert whats(owed("10:05", old, said("/overide", at("10:02")), adopted_at=at("10:00"))) == ["answer"]


# --- the warning -----------------------------------------------------------------------------------------------


@pytest.mark.process("warning-share", "warning-once")
def test_the_warning_comes_at_its_share_of_the_limit_once_a_stage():
    assert owed("09:23") == Duties(wake_at=at("09:24"))
    (say,) = owed("09:24").says
    assert (say.saga, say.what, say.hears) == (f"{STINT}/diagnosis/warning", "warning", Hears.TIER)
    (event,) = say.audit
    told = {
        "stage": "diagnosis",
        "due_at": at("09:30").isoformat(),
        "stint": STINT.split("/", 2)[2],
        "mode": Mode.ENFORCE,
    }
    assert (event.event, event.detail) == ("warned", told)
    assert owed("09:25", steps=[done(say.saga)]) == Duties()
    planned = said("Plan: swap it", at("09:26"))
    assert owed("09:30", planned, steps=[done(say.saga)]) == Duties(wake_at=at("10:14"))
    assert owed("10:14", planned, steps=[done(say.saga)]).says[0].saga == f"{STINT}/fix/warning"


@pytest.mark.process("warning-share")
def test_a_share_of_nought_turns_the_warning_off():
    assert owed("09:29", policy=a_policy(warn_at=0)) == Duties()


def test_after_the_limit_nobody_is_warned_any_more():
    assert whats(owed("09:30")) == []
    start = at("16:30")
    given = {"entered_at": start, "updated_at": start, "read_at": start}
    assert whats(owed("17:10", **given)) == []
    assert whats(owed("08:00", day=16, **given)) == []


def test_while_it_waits_for_the_clients_next_day_nobody_is_warned():
    start = at("16:10")
    given = {"entered_at": start, "updated_at": start, "read_at": start}
    assert whats(owed("16:45", policy=a_policy(end_of_day=EndOfDay.DEFER), **given)) == []


def test_while_the_clock_stands_still_nobody_is_warned():
    changes = [*seen(a_ticket(owner=TESS, status=WORKING)), turned(WORKING, WAITING, at("09:10"))]
    assert owed("12:00", changes=changes, status=WAITING) == Duties()
    waited = [*changes, turned(WAITING, WORKING, at("11:10"))]
    assert owed("11:11", changes=waited) == Duties(wake_at=at("11:24"))


def test_an_override_moves_the_warning_with_the_limit():
    noted = said("/override until 10:40 because the vendor calls", at("09:10"), MARIA, id_="77")
    answered = done(answer_to(noted))
    assert owed("09:30", noted, steps=[answered]) == Duties(wake_at=at("10:20"))
    assert whats(owed("10:20", noted, steps=[answered])) == ["warning"]


def test_without_a_limit_there_is_nothing_to_warn_of():
    noted = said("/override none because it is planned", at("09:10"), MARIA, id_="77")
    assert owed("12:00", noted, steps=[done(answer_to(noted))]) == Duties()


# --- after a final escalation ----------------------------------------------------------------------------------

FINAL = FinalEscalation("irene", "maria", "", reminder_minutes=60, reminders=3)
FINAL_SAGA = f"{LAST_STINT}/final"
MOVED = done(FINAL_SAGA, StepKind.MOVE, "10:00")


def owed_finally(now, *entries, final=FINAL, steps=(MOVED,), **given) -> Duties:
    given = {"place": SR_IT, "owner": IRENE, "policy": a_policy(final=final)} | given
    return owed(now, *entries, steps=steps, **given)


def test_the_first_reminder_comes_an_interval_after_the_final_escalation():
    assert owed_finally("10:30") == Duties(wake_at=at("11:00"))
    duties = owed_finally("11:00")
    (say,) = duties.says
    assert (say.saga, say.what, duties.wake_at) == (f"{FINAL_SAGA}/reminder-1", "reminder", at("12:00"))
    assert say.lines == (
        "REMINDER 1 of 3, Irene Systems and Maria Desk. Still owed: a new plan (“New plan: …” in a note) and word to "
        "the client, Carla Client (a note that the client sees). The next reminder comes at 12:00 (UTC). Nobody is "
        "configured as Account Manager.",
    )
    (event,) = say.audit
    assert (event.event, event.detail["number"], event.detail["of"], len(event.detail["owed"])) == ("reminded", 1, 3, 2)


@pytest.mark.process("final-reminders")
def test_reminders_end_with_their_number():
    steps = [MOVED, *(done(f"{FINAL_SAGA}/reminder-{n}") for n in (1, 2, 3))]
    assert owed_finally("16:00", steps=steps) == Duties()


def test_of_several_missed_reminders_only_the_last_is_said():
    (say,) = owed_finally("12:30").says
    assert say.saga == f"{FINAL_SAGA}/reminder-2"


@pytest.mark.process("final-owed", "final-reminders")
def test_reminders_stop_when_both_things_are_there_and_name_only_what_is_not():
    plan = said("New plan: swap it", at("10:20"), IRENE)
    word = said("We swap it today.", at("10:25"), IRENE, visibility=Visibility.CLIENT)
    assert owed_finally("11:00", plan, word) == Duties()
    (line,) = owed_finally("11:00", plan).says[0].lines
    assert "Still owed: word to the client, Carla Client (a note that the client sees). The next" in line


@pytest.mark.process("final-message")
def test_the_client_is_told_once_where_that_is_configured_and_only_the_plan_is_owed_then():
    final = FinalEscalation(client_message="We are on it.", reminders=1)
    duties = owed_finally("10:00", final=final)
    (say,) = duties.says
    assert (say.saga, say.what, say.lines, say.to_client) == (
        f"{FINAL_SAGA}/client",
        "message to the client",
        ("We are on it.",),
        True,
    )
    assert duties.wake_at == at("11:00")
    steps = [MOVED, done(say.saga)]
    assert owed_finally("10:01", final=final, steps=steps) == Duties(wake_at=at("11:00"))
    (reminder,) = owed_finally("11:00", final=final, steps=steps).says
    assert "word to the client" not in reminder.lines[0]


@pytest.mark.process("final-people")
def test_the_three_are_put_on_the_ticket_once_where_that_is_wanted():
    final = FinalEscalation("irene", add_people=True, reminders=0)
    assert owed_finally("10:00", final=final).add_people == f"{FINAL_SAGA}/people"
    assert owed_finally("10:00", final=final, steps=[MOVED, done(f"{FINAL_SAGA}/people")]).add_people == ""
    assert owed_finally("10:00").add_people == ""


@pytest.mark.parametrize(
    "step",
    [
        done(FINAL_SAGA, StepKind.MOVE, "10:00", StepState.BEGUN),
        done(FINAL_SAGA, StepKind.MOVE, "10:00", abandoned="resolved"),
        done("psa/4711/another/final", StepKind.MOVE, "10:00"),
        done(FINAL_SAGA, StepKind.WOULD, "10:00"),
    ],
)
def test_before_a_final_escalation_was_carried_out_nothing_follows_from_it(step):
    assert owed_finally("11:00", steps=[step]) == Duties()


# --- observing -------------------------------------------------------------------------------------------------


def test_an_observer_notes_each_duty_once_and_what_was_written_before_does_not_count_for_it():
    saga = f"{STINT}/diagnosis/warning"
    assert whats(owed("09:24", mode=Mode.OBSERVE, steps=[done(saga, StepKind.SAID)])) == ["warning"]
    assert whats(owed("09:24", mode=Mode.OBSERVE, steps=[done(saga, StepKind.WOULD)])) == []
    assert whats(owed("09:24", steps=[done(saga, StepKind.WOULD)])) == ["warning"]


def test_an_observer_follows_a_final_escalation_up_as_if_it_had_been():
    would = done(FINAL_SAGA, StepKind.WOULD, "10:00")
    assert owed_finally("10:30", steps=[would], mode=Mode.OBSERVE) == Duties(wake_at=at("11:00"))
    assert owed_finally("10:30", steps=[MOVED], mode=Mode.OBSERVE) == Duties()


# --- before anybody has touched it -----------------------------------------------------------------------------

UNTOUCHED = {"owner": None, "status": a_ticket().status, "policy": a_policy(untouched_minutes=30)}


@pytest.mark.process("untouched-told")
def test_that_nobody_touches_a_ticket_is_told_once_at_its_time():
    assert owed("09:10", **UNTOUCHED) == Duties(wake_at=at("09:30"))
    (say,) = owed("09:30", **UNTOUCHED).says
    assert (say.saga, say.what, say.hears) == (f"{STINT}/untouched", "untouched", Hears.ALL)
    assert [(event.event, event.detail) for event in say.audit] == [("untouched", {"minutes": 30})]
    assert owed("09:40", steps=[done(say.saga)], **UNTOUCHED) == Duties()
    assert owed("09:40", said("took it", at("09:20")), **UNTOUCHED).says == ()


def test_an_observer_notes_that_nobody_touches_a_ticket_once():
    (say,) = owed("09:30", mode=Mode.OBSERVE, **UNTOUCHED).says
    assert owed("09:40", steps=[done(say.saga, StepKind.WOULD)], mode=Mode.OBSERVE, **UNTOUCHED) == Duties()
