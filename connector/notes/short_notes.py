"""The connector's short internal notes: answers to commands, the warning before a breach, the reminders. Pure.

Each is a few plain sentences that say what is so, and what to do. Words from the ticket are made harmless first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.model import AuthorKind, Stage
from connector.notes.marker import foot
from connector.notes.phrases import Times, clip, inside, joined, minutes_text, name_of, number, outsider, quoted
from connector.policy.policy import EndOfDay, Policy
from connector.rules.commands import Misunderstood, Question, Request
from connector.rules.escalation import Documentation
from connector.rules.follow_up import CLIENT_WORD
from connector.rules.limits import Decision, StageClock
from connector.rules.overrides import Override
from connector.working_time.client_day import end_of_day

HOW_TO_OVERRIDE = "/override 45m because …"
HOW_TO_GO_ON = f"More time? A manager writes: {HOW_TO_OVERRIDE}\nStuck? You write: /escalate knowledge …"
PILOT = "This is a pilot: nothing is moved yet."
MOVE_IT = "This is a pilot, in which nothing is moved yet: please move it yourself."
LONGEST_WARNING = 450
"""How many characters a warning has at most, its last line with the marker included; a link comes on top."""

_FOOT = len("\n\nRef. ESC-AAAAAAAAAA-AAAAAAAAAA")
_TIER = 40
_LATELY = timedelta(minutes=15)


def note(lines: Sequence[str], marker: str, limit: int, page: str = "") -> str:
    """The lines as a note of at most ``limit`` characters, its marker alone on the last line.

    ``page``: the address of the ticket's page, if it has one.
    """
    end = f"\n\n{foot(marker, page)}"
    return clip("\n".join(lines), limit - len(end)) + end


# --- answers --------------------------------------------------------------------------------------------------


def incomplete(request: Request, missing: Sequence[str], *, moves: bool = True) -> str:
    """What an escalation that was asked for still needs; in a pilot, where nothing ``moves``, it may lack nothing."""
    kinds = joined([reason.value.lower() for reason in request.reasons])
    if not missing:
        return f"{name_of(request.by)}, by your /escalate {kinds} this ticket would go up now. {MOVE_IT}"
    things = f"{len(missing)} things that were" if len(missing) > 1 else "one thing that was"
    listed = "\n".join(f"{count}. {words}" for count, words in enumerate(missing, 1))
    return (
        f"{name_of(request.by)}, your /escalate {kinds} waits for {things} not recognised on the ticket. "
        f"Add to an internal note or time entry, and it {'goes' if moves else 'would go'} up at once:\n{listed}"
        + ("" if moves else f"\n{PILOT}")
    )


def unclear(word: Misunderstood) -> str:
    """A command that cannot be followed, with the forms that can."""
    end = "" if word.problem.endswith(("?", ".")) else "."
    return f"Nothing was done, {name_of(word.by)}: {word.problem}{end}"


def near_plan(nearly: Misunderstood) -> str:
    """What to do about a line that nearly records a plan."""
    return (
        f"No plan is recorded yet. To record it, {name_of(nearly.by)}, begin a line of a note with: Plan: …\n"
        f"Meant was perhaps “{inside(quoted(nearly.problem))}”."
    )


def help_for(question: Question) -> str:
    """What can be commanded."""
    return (
        f"{name_of(question.by)}, each of these works on a line of its own in an internal note.\n"
        "To record the diagnosis plan: “Plan: …”\n"
        "To send the ticket up: “/escalate knowledge …” (or permission, urgency)\n"
        f"To move the limit, for managers: “{HOW_TO_OVERRIDE}” (or until 16:30, none, off)"
    )


def override_refused(override: Override, managers: Collection[str]) -> str:
    """Why an override was not applied; ``managers``: the names of those who may."""
    by = name_of(override.by)
    if not override.is_strangers:
        return f"Not applied, {by}: {override.refused}. The form is: {HOW_TO_OVERRIDE}"
    who = joined([name_of(name) for name in managers])
    if not who:
        return f"Not applied, {by}: {override.refused}, and nobody is configured as one."
    return f"Not applied, {by}: {override.refused} ({who}). To ask for it, send them this line: {HOW_TO_OVERRIDE}"


def override_applied(override: Override, decision: Decision, policy: Policy) -> str:
    """What an applied override does, with the new deadline and its zone."""
    clock, by = decision.clock, name_of(override.by)
    times = _times(decision, policy)
    owed, zone = override.stage.owed, times.zone.key
    reason = f"Reason: {quoted(override.reason)}."
    if override.lifts:
        lifted = f"Override by {by}: no limit at {name_of(override.tier)} in this stint."
        return f"{lifted} {reason} It ends with: /override off"
    if override.is_off:
        due = (
            f"is due at {times.short(clock.due_at)} ({zone})"
            if clock and clock.due_at
            else "has a clock that stands still"
        )
        return f"Overrides are off, by {by}: the {owed} {due} again."
    assert override.until is not None
    until = f"{times.short(override.until)} ({zone})"
    limit_at = clock.limit_at if clock and clock.override is override else None
    if limit_at is None:
        return f"Override by {by}: the {owed} is due at {until} at the earliest. {reason}"
    if override.until <= limit_at:
        later = f"the {owed} is due later than {until}, at {times.short(limit_at)}"
        return f"Override by {by} changes nothing: {later}. {reason}"
    return f"Override by {by}: the {owed} is due at {until}, not at {times.short(limit_at)}. {reason}"


# --- while it was being escalated -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did, in words that follow a name, and in words that name nobody."""

    active: str
    passive: str
    after: str = ""


def resolved() -> Deed:
    return Deed("resolved it", "it was resolved")


def closed() -> Deed:
    return Deed("closed it", "it was closed")


def reopened() -> Deed:
    return Deed("reopened it", "it was reopened", " Its clock begins anew.")


def moved() -> Deed:
    return Deed("moved it there", "it was moved there")


def paused(status: str) -> Deed:
    """``status``: the name of the waiting status, made harmless."""
    return Deed(
        f"set it to “{status}”",
        f"it was set to “{status}”",
        " If its limit is still out then, it goes up when that ends.",
    )


def planned() -> Deed:
    return Deed("recorded a diagnosis plan", "a diagnosis plan was recorded")


def plan_dated() -> Deed:
    """For a plan that the ticket system's own date tells, and nobody's words."""
    return Deed("set its plan date", "its plan date was set")


def overrode() -> Deed:
    return Deed("overrode its limit", "its limit was overridden")


def stays(where: str, deed: Deed | None, who: str, at: str) -> str:
    """That a ticket stays though its escalation was written, and why; None: what it was escalated for does not hold.

    ``who`` and ``at`` are empty where nobody knows.
    """
    if deed is None:
        return f"It stays with {name_of(where)}: what it was escalated for does not hold any more."
    did = f"{name_of(who)} {deed.active}" if who else deed.passive
    return (
        f"It stays with {name_of(where)}: {did}{f' at {at}' if at else ''}, while it was being escalated.{deed.after}"
    )


def not_moved(to: str, tier: str, cause: str, *, is_told: bool) -> str:
    """That the escalation's note stands and its move was refused. ``to``: empty for the final escalation."""
    what = f"Could not be moved to {name_of(to)}" if to else "The final escalation could not be put on the ticket"
    told = "; the people in charge have been told" if is_told else ""
    return f"{what}: {quoted(cause)}. It is still with {name_of(tier)}{told}."


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


def warning(decision: Decision, policy: Policy, documentation: Documentation, *, moves: bool = True) -> Iterator[str]:
    """What the holder is told before the limit runs out, in at most ``LONGEST_WARNING`` characters.

    Of the self-check, what the ticket answers already is left out. ``moves``: whether the ticket goes up then; in a
    pilot it would.
    """
    clock = decision.clock
    assert clock is not None
    assert clock.due_at is not None
    times = _times(decision, policy)
    first = _first_line(decision, policy, clock, clock.due_at, moves=moves)
    nobodys = [] if decision.record.owner else ["Nobody owns this ticket: please take it."]
    lines = [first, *nobodys, HOW_TO_GO_ON]
    lines += [
        line for line in (_standing(decision, documentation, times), *day_advice(decision, policy, times)) if line
    ]
    room = LONGEST_WARNING - _FOOT - len("\n".join(lines))
    check = "\nAsk yourself:"
    for question in _open_questions(decision, policy, documentation):
        if len(check) + 1 + len(question) <= room:
            check += f" {question}"
    go_on = len(nobodys) + 2
    yield from (*lines[:go_on], check[1:], *lines[go_on:])


def _first_line(decision: Decision, policy: Policy, clock: StageClock, due_at: datetime, *, moves: bool) -> str:
    assert decision.tier is not None
    times = _times(decision, policy)
    to = policy.next_tier(decision.tier)
    up, final = ("goes", "follows") if moves else ("would go", "would follow")
    then = f"this ticket {up} to {clip(name_of(to.name), _TIER)}" if to else f"the final escalation {final}"
    what = "Write “Plan: …”" if clock.stage is Stage.DIAGNOSIS else "The fix is due"
    left = minutes_text(clock.calendar.between(decision.at, due_at, clock.spans))
    pilot = "" if moves else f" {PILOT}"
    return f"{what} by {times.short(due_at)} ({times.zone.key}), else {then}. {left} left.{pilot}"


def _standing(decision: Decision, documentation: Documentation, times: Times) -> str:
    """The plan that was seen, and what is not on the ticket yet."""
    found, plan = documentation.found, decision.stint.plan if decision.stint else None
    wanted = {"steps": found.steps, "error codes": found.errors, "research": found.research}
    lacking = [name for name, there in wanted.items() if not there]
    seen = f"Plan seen {times.short(plan.at)}. " if plan else ""
    return f"{seen}Not recognised on the ticket yet: {joined(lacking)}." if lacking else seen.strip()


def _open_questions(decision: Decision, policy: Policy, documentation: Documentation) -> Iterator[str]:
    """The guide's self-check, but for what is answered already."""
    if decision.stint is None or decision.stint.plan is None:
        yield "Is the way known, step by step?"
    yield "In your training, or a colleague's?"
    if not policy.is_critical(decision.record.priority):
        yield "Does it block a critical function?"
    clients = [entry.at for entry in decision.record.entries if entry.author.kind is AuthorKind.CLIENT]
    if not any(decision.at - at <= _LATELY for at in clients):
        yield "Is the client there right now?"
    if not documentation.found.permissions:
        yield "Rights missing?"


def day_advice(decision: Decision, policy: Policy, times: Times) -> Iterator[str]:
    """To reschedule rather than work on, when the client's day is about to end and the priority is not critical."""
    clock = decision.clock
    if clock is None or policy.end_of_day is EndOfDay.IGNORE or policy.is_critical(decision.record.priority):
        return
    closing = end_of_day(clock.calendar, decision.at, policy.end_of_day_minutes)
    if closing:
        yield f"The client's day ends at {times.short(closing)}: reschedule rather than work on."


# --- after a final escalation ---------------------------------------------------------------------------------


def reminder(
    count: int,
    owed: Sequence[str],
    people: Sequence[tuple[str, str]],
    decision: Decision,
    policy: Policy,
    next_at: datetime | None,
) -> str:
    """What is still owed after a final escalation, and when the next reminder comes, if any.

    ``people``: role and name of those whom it called.
    """
    called = joined([name_of(name) for _, name in people if name])
    missing = joined([role for role, name in people if not name])
    contact, times = decision.record.contact.strip(), _times(decision, policy)
    to_client = CLIENT_WORD.replace("the client", f"the client, {outsider(contact)}", 1) if contact else CLIENT_WORD
    still = [to_client if words == CLIENT_WORD else words for words in owed]
    sentences = [
        f"REMINDER {count} of {policy.final.reminders}{f', {called}' if called else ''}.",
        f"Still owed: {joined(still)}.",
        f"The next reminder comes at {times.short(next_at)} ({times.zone.key})." if next_at else "It is the last one.",
    ]
    if missing:
        sentences.append(f"Nobody is configured as {missing}.")
    return " ".join(sentences)


def _times(decision: Decision, policy: Policy) -> Times:
    assert decision.tier is not None
    return Times(policy.calendars[decision.tier.calendar].zone, decision.at)
