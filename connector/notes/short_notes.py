"""The connector's short internal notes: answers to commands, the warning before a breach, the reminders. Pure.

Each is a few plain sentences that say what is so, and what to do. Words from the ticket are made harmless first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connector.model import Stage
from connector.notes.phrases import Times, clip, joined, minutes_text, name_of, number, quoted
from connector.policy.policy import EndOfDay, Policy
from connector.rules.commands import Misunderstood, Question, Request
from connector.rules.escalation import Documentation
from connector.rules.limits import Decision, StageClock
from connector.rules.overrides import Override
from connector.working_time.client_day import end_of_day

HOW_TO_PLAN = "To record a plan: a line starting with “Plan:” in a note or time entry."
HOW_TO_ESCALATE = (
    "To ask for an escalation: a line “/escalate knowledge”, “/escalate permission” or “/escalate urgency” in an "
    "internal note, with what was tried and found."
)
HOW_TO_OVERRIDE = "A manager may override: “/override 45m because …” in an internal note."
SELF_CHECK = (
    "Please check: is the path forward known, step by step? Is this in your training, or would a colleague be better "
    "placed? Does it block a critical function? Is the client at the computer right now? Is it nearly the end of the "
    "client's day? Are permissions missing?"
)


def note(lines: Sequence[str], marker: str, limit: int) -> str:
    """The lines as a note of at most ``limit`` characters, its marker alone on the last line."""
    foot = f"\n\nRef. {marker}"
    return clip("\n".join(lines), limit - len(foot)) + foot


# --- answers --------------------------------------------------------------------------------------------------


def incomplete(request: Request, missing: Sequence[str]) -> str:
    """What an escalation that was asked for still needs."""
    kinds = joined([reason.value.lower() for reason in request.reasons])
    listed = "; ".join(f"{count}) {words}" for count, words in enumerate(missing, 1))
    return (
        f"{name_of(request.by)}: the {kinds} escalation waits for what was not recognised on the ticket: {listed}. "
        "It goes up as soon as an internal note or time entry says so."
    )


def unclear(word: Misunderstood) -> str:
    """A command that cannot be followed, with the forms that can."""
    end = "" if word.problem.endswith(("?", ".")) else "."
    return f"{name_of(word.by)}: {word.problem}{end} Nothing was done."


def near_plan(nearly: Misunderstood) -> str:
    """What to do about a line that nearly records a plan."""
    return (
        f"{name_of(nearly.by)}: is “{quoted(nearly.problem)}” the plan? It is not recorded yet. To record it, begin a "
        "line of a note with “Plan: …”, or write “/plan …”."
    )


def help_for(question: Question) -> str:
    """What can be commanded."""
    return (
        f"{name_of(question.by)}, each on a line of its own in an internal note: “Plan: …” records the diagnosis plan; "
        "“/escalate knowledge …” (or permission, urgency) sends the ticket up; “/override 45m because …” (also until "
        "16:30, none, off), by a manager, moves the limit."
    )


def override_refused(override: Override, managers: Collection[str]) -> str:
    """Why an override was not applied; ``managers``: the names of those who may."""
    if override.is_strangers:
        who = joined([name_of(name) for name in managers])
        may = f"That is {who}" if who else "None is configured"
        return f"{name_of(override.by)}: the override was not applied: {override.refused}. {may}."
    return f"{name_of(override.by)}: the override was not applied: {override.refused}."


def override_applied(override: Override, decision: Decision, policy: Policy) -> str:
    """What an applied override does, with the new deadline and its zone."""
    clock, by = decision.clock, name_of(override.by)
    times = _times(decision, policy)
    if override.lifts:
        return (
            f"Override by {by}: no limit in this stint of {name_of(override.tier)}. Reason: {quoted(override.reason)}. "
            "“/override off” ends it."
        )
    due = f"it is due at {times.full(clock.due_at)}" if clock and clock.due_at else "its clock stands still"
    if override.is_off:
        return f"Overrides of this stint are off, by {by}: the {override.stage.owed} counts again; {due}."
    assert override.until is not None
    if clock and clock.override is override and clock.limit_at and override.until <= clock.limit_at:
        return (
            f"Override by {by} until {times.full(override.until)}. Reason: {quoted(override.reason)}. It changes "
            f"nothing: the limit for the {override.stage.owed} runs out later, at {times.full(clock.limit_at)}."
        )
    return (
        f"Override by {by}: the limit for the {override.stage.owed} applies from {times.full(override.until)}. "
        f"Reason: {quoted(override.reason)}."
    )


# --- before anybody has touched it ----------------------------------------------------------------------------


def untouched(decision: Decision, policy: Policy) -> Iterator[str]:
    """What the tier is told of a ticket that none of it has touched."""
    stint, tier = decision.stint, decision.tier
    assert stint is not None
    assert tier is not None
    times, factor = _times(decision, policy), policy.factor_of(decision.record.priority)
    yield (
        f"Nobody has touched this ticket for {minutes_text(policy.untouched_minutes)}, since "
        f"{times.full(stint.expected_from)}. {name_of(tier.name)}: please take it."
    )
    yield (
        f"Its clock starts with an owner, a note or another status: {minutes_text(factor * tier.diagnosis_minutes)} to "
        f"a plan (“Plan: …” in a note), then {number(factor * tier.fix_minutes)} for the fix."
    )


# --- before a breach ------------------------------------------------------------------------------------------


def warning(decision: Decision, policy: Policy, documentation: Documentation) -> Iterator[str]:
    """What the holder is told before the limit runs out, fitted to what is missing on the ticket."""
    clock, stint = decision.clock, decision.stint
    assert clock is not None
    assert clock.due_at is not None
    assert stint is not None
    times = _times(decision, policy)
    then = "the ticket goes up a tier" if policy.next_tier(policy.tier(stint.tier)) else "the final escalation follows"
    left = clock.calendar.between(decision.at, clock.due_at, clock.spans)
    holder = f"{name_of(stint.holders[-1])}: " if stint.holders else ""
    yield (
        f"{holder}{number(clock.used_minutes)} of {minutes_text(clock.limit_minutes)} for the {clock.stage.owed} are "
        f"used; {minutes_text(left)} are left, until {times.full(clock.due_at)}. Then {then}."
    )
    lacking = list(_lacking(clock, documentation))
    if lacking:
        yield f"Nowhere on the ticket yet: {joined(lacking)}."
    yield SELF_CHECK
    yield from day_advice(decision, policy, times)
    if clock.stage is Stage.DIAGNOSIS:
        yield HOW_TO_PLAN
    yield HOW_TO_ESCALATE
    yield HOW_TO_OVERRIDE


def _lacking(clock: StageClock, documentation: Documentation) -> Iterator[str]:
    if clock.stage is Stage.DIAGNOSIS:
        yield "a diagnosis plan"
    found = documentation.found
    if not found.steps:
        yield "the steps tried"
    if not found.errors:
        yield "error codes"
    if not found.research:
        yield "what was looked up"


def day_advice(decision: Decision, policy: Policy, times: Times) -> Iterator[str]:
    """To reschedule rather than work on, when the client's day is about to end and the priority is not critical."""
    clock = decision.clock
    if clock is None or policy.end_of_day is EndOfDay.IGNORE or policy.is_critical(decision.record.priority):
        return
    closing = end_of_day(clock.calendar, decision.at, policy.end_of_day_minutes)
    if closing:
        yield f"The client's day ends at {times.full(closing)}: reschedule rather than work on."


# --- after a final escalation ---------------------------------------------------------------------------------


def reminder(count: int, most: int, owed: Sequence[str], people: Sequence[tuple[str, str]]) -> str:
    """What is still owed after a final escalation. ``people``: role and name of those whom it called."""
    called = joined([f"{name_of(name)} ({role})" for role, name in people if name])
    missing = joined([role for role, name in people if not name])
    sentences = [f"REMINDER {count} of {most} after the final escalation. Still owed: {joined(owed)}."]
    if called:
        sentences.append(f"{called}: please.")
    if missing:
        sentences.append(f"Nobody is configured as {missing}.")
    return " ".join(sentences)


def _times(decision: Decision, policy: Policy) -> Times:
    assert decision.tier is not None
    return Times(policy.calendars[decision.tier.calendar].zone, decision.at)
