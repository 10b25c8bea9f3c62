"""What the connector owes on a ticket besides an escalation: answers, the warning, a final one's follow-up. Pure.

Each duty has an identity of its own and is done once for good; which are done, the journal's steps tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.model import Mode
from connector.notes import short_notes
from connector.notes.phrases import reasons_text
from connector.policy.policy import Policy
from connector.reading.command_words import gist
from connector.rules.commands import Misunderstood, Request, listens_from
from connector.rules.escalation import FINAL, Demand, Documentation
from connector.rules.follow_up import due_reminder, still_owed
from connector.rules.limits import Decision, StageClock, Verdict, untouched_at
from connector.rules.overrides import Override
from connector.rules.stints import Stint
from connector.store.records import AuditEvent, Event, Step, StepState
from connector.turn.announcements import Hears
from connector.turn.saga import HEARD, StepKind, is_carried_out, saga_named

ANSWER = "answer"
"""What is said to somebody who asked for something."""

WARNING, UNTOUCHED = "warning", "untouched"

_WRITTEN_IN_WARN = frozenset({ANSWER, WARNING, UNTOUCHED})

_DONE_BY = {
    Mode.OBSERVE: {StepKind.WOULD},
    Mode.WARN: {StepKind.WOULD, StepKind.SAID},
    Mode.ENFORCE: {StepKind.SAID},
}
"""Which steps tell that a duty was done; who begins to warn does not say at once what was only noted before."""

_WARNED = frozenset({Verdict.RUNNING, Verdict.OVERRIDDEN})
"""How a stage stands while there is still something to warn of: its limit has not run out."""


@dataclass(frozen=True, slots=True)
class Say:
    """One short note to write. ``audit`` goes to the audit trail; ``to_client``: the client sees it.

    ``facts``: what the journal keeps of it besides; ``hears``: who outside is told its first line, too.
    """

    saga: str
    what: str
    lines: tuple[str, ...]
    audit: tuple[AuditEvent, ...] = ()
    to_client: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)
    hears: Hears = Hears.NOBODY

    def is_written_in(self, mode: Mode) -> bool:
        """Whether it is written in that mode, not only noted."""
        return mode.moves or (mode.writes and self.what in _WRITTEN_IN_WARN)


@dataclass(frozen=True, slots=True)
class Duties:
    """What is to be said now, whether people are to be put on the ticket, and when to look again for further ones."""

    says: tuple[Say, ...] = ()
    add_people: str = ""
    wake_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides about a ticket's duties. ``people``: role and name of those whom the final escalation calls."""

    connection: str
    decision: Decision
    policy: Policy
    steps: Sequence[Step]
    documentation: Documentation
    people: Callable[[], Sequence[tuple[str, str]]] = tuple
    mode: Mode = Mode.ENFORCE

    def is_done(self, saga: str) -> bool:
        """Whether a duty was done: written, or where that is not done in this mode, noted."""
        done_by = _DONE_BY[self.mode]
        return any(step.saga == saga and step.n in done_by and step.state is StepState.DONE for step in self.steps)

    def named(self, *parts: str) -> str:
        """The identity of a duty of the running stint."""
        return saga_named(self.connection, self.decision, "/".join(parts))


def duties_of(situation: Situation, demand: Demand | None) -> Duties:
    """Everything owed now. ``demand``: the escalation that is due; what it answers needs no other answer."""
    decision = situation.decision
    if decision.verdict is Verdict.UNTOUCHED:
        return _untouched(situation)
    if decision.stint is None or decision.tier is None or decision.clock is None:
        return Duties()
    says = [say for say in _answers(situation, decision.stint, demand) if not situation.is_done(say.saga)]
    wakes: list[datetime | None] = []
    if demand is None:
        warning, at = _warning(situation)
        says += warning
        wakes.append(at)
    final_at = _final_at(situation)
    add_people = ""
    if final_at is not None:
        follow_up, at = _follow_up(situation, final_at)
        says += follow_up
        wakes.append(at)
        add_people = _people_to_add(situation)
    return Duties(tuple(says), add_people, min((at for at in wakes if at is not None), default=None))


# --- answers --------------------------------------------------------------------------------------------------


def _answers(situation: Situation, stint: Stint, demand: Demand | None) -> Iterator[Say]:
    """One answer for each entry that commands: confirmed, refused, incomplete or not understood.

    A command that was edited since is another one: what it does now is answered as well.
    """
    decision = situation.decision
    told: dict[str, list[tuple[str, AuditEvent]]] = {}
    for override in decision.commands.overrides_of(stint):
        if override.at >= listens_from(stint):
            told.setdefault(override.entry, []).append(_on_override(situation, stint, override))
    # What lacks nothing is a demand by itself.
    is_on_trial = not situation.mode.moves
    for request in () if demand and not is_on_trial else decision.commands.requests:
        answer = _on_request(situation, request, situation.documentation.missing(request))
        told.setdefault(request.entry, []).append(answer)
    for word in decision.commands.unclear:
        event = AuditEvent(Event.COMMAND_NOT_UNDERSTOOD, {"by": word.by, "command": word.command, "entry": word.entry})
        told.setdefault(word.entry, []).append((short_notes.unclear(word), event))
    for question in decision.commands.questions:
        event = AuditEvent(Event.HELP_GIVEN, {"by": question.by, "entry": question.entry})
        told.setdefault(question.entry, []).append((short_notes.help_for(question), event))
    texts = {entry.id: entry.text for entry in decision.record.entries}
    for entry, answers in told.items():
        saga = situation.named(ANSWER, f"{entry}#{gist(texts[entry])}")
        lines = tuple(line for line, _ in answers)
        facts = {HEARD: [entry], "stint": stint.key}
        yield Say(saga, ANSWER, lines, tuple(event for _, event in answers), facts=facts)
    if decision.commands.near_plan is not None and demand is None:
        yield _on_near_plan(situation, decision.commands.near_plan)


def _on_near_plan(situation: Situation, nearly: Misunderstood) -> Say:
    """How a plan is written: told once in a stint, however many lines nearly are one."""
    detail = {"by": nearly.by, "command": nearly.command, "entry": nearly.entry}
    events = (AuditEvent(Event.COMMAND_NOT_UNDERSTOOD, detail),)
    return Say(situation.named(ANSWER, "plan"), ANSWER, (short_notes.near_plan(nearly),), events)


def _on_override(situation: Situation, stint: Stint, override: Override) -> tuple[str, AuditEvent]:
    detail = {
        "by": override.identifier or override.by,
        "tier": override.tier,
        "stage": override.stage.value,
        "until": override.until.isoformat() if override.until else None,
        "how": "off" if override.is_off else "no limit" if override.lifts else "later",
        "reason": override.reason,
        "entry": override.entry,
    }
    if override.refused:
        managers = situation.decision.commands.managers.get(stint.tier, {})
        line = short_notes.override_refused(override, managers.values())
        return line, AuditEvent(Event.OVERRIDE_REFUSED, {**detail, "why": override.refused})
    line = short_notes.override_applied(override, situation.decision, situation.policy)
    return line, AuditEvent(Event.OVERRIDE_APPLIED, detail)


def _on_request(situation: Situation, request: Request, missing: Sequence[str]) -> tuple[str, AuditEvent]:
    detail = {
        "by": request.identifier or request.by,
        "reason": reasons_text(request.reasons),
        "missing": list(missing),
        "entry": request.entry,
    }
    line = short_notes.incomplete(request, missing, moves=situation.mode.moves)
    return line, AuditEvent(Event.ESCALATION_INCOMPLETE, detail)


# --- before anybody has touched it ----------------------------------------------------------------------------


def _untouched(situation: Situation) -> Duties:
    """That nobody has touched the ticket, once a stint, where it is due; else when it will be."""
    decision, policy = situation.decision, situation.policy
    at, saga = untouched_at(decision, policy), situation.named(UNTOUCHED)
    if at is None or situation.is_done(saga):
        return Duties()
    if decision.at < at:
        return Duties(wake_at=at)
    event = AuditEvent(Event.UNTOUCHED, {"minutes": policy.untouched_minutes})
    lines = tuple(short_notes.untouched(decision, policy))
    return Duties((Say(saga, UNTOUCHED, lines, (event,), hears=Hears.ALL),))


# --- before a breach ------------------------------------------------------------------------------------------


def _warning(situation: Situation) -> tuple[list[Say], datetime | None]:
    """The warning of the stage where it is due, else when it will be."""
    decision, clock = situation.decision, situation.decision.clock
    if clock is None or decision.verdict not in _WARNED:
        return [], None
    saga = _warning_named(situation, clock)
    warn_at = None if situation.is_done(saga) else clock.warn_at()
    if warn_at is None:
        return [], None
    if decision.at < warn_at:
        return [], warn_at
    moves = situation.mode.moves
    lines = tuple(short_notes.warning(decision, situation.policy, situation.documentation, moves=moves))
    assert decision.stint is not None
    detail = {
        "stage": clock.stage.value,
        "due_at": clock.due_at.isoformat() if clock.due_at else None,
        "stint": decision.stint.key,
        "mode": situation.mode,
    }
    return [Say(saga, WARNING, lines, (AuditEvent(Event.WARNED, detail),), hears=Hears.TIER)], None


def _warning_named(situation: Situation, clock: StageClock) -> str:
    """The identity of a stage's warning: another one where the stint was warned on trial, and adopted since."""
    name, stint = situation.named(clock.stage.value, WARNING), situation.decision.stint
    assert stint is not None
    adopted_at = stint.adopted_at
    if adopted_at is None or all(step.saga != name or step.at >= adopted_at for step in situation.steps):
        return name
    return f"{name}/{adopted_at:%Y%m%dT%H%M%SZ}"


# --- after a final escalation ---------------------------------------------------------------------------------


def _final_at(situation: Situation) -> datetime | None:
    """When the stint's final escalation was carried out; None while it was not."""
    saga = situation.named(FINAL)
    done = (step for step in situation.steps if step.saga == saga)
    if not situation.mode.moves:
        return next((step.at for step in done if step.n == StepKind.WOULD), None)
    return next((step.at for step in done if is_carried_out(step)), None)


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed after the final escalation of ``since``, and when the next reminder of it comes."""

    since: datetime
    what: tuple[str, ...]
    next_reminder_at: datetime | None


def owed_after_final(situation: Situation) -> Owed | None:
    """What a carried out final escalation still asks for; None where there was none, or nothing is owed any more."""
    final, clock = situation.policy.final, situation.decision.clock
    final_at = _final_at(situation) if clock else None  # no clock: perhaps no stint either
    if final_at is None or clock is None:
        return None
    what = still_owed(situation.decision.record, final_at, client_was_told=bool(final.client_message))
    _, next_at = due_reminder(final, clock, final_at, (), situation.decision.at)
    return Owed(final_at, what, next_at) if what else None


def _follow_up(situation: Situation, final_at: datetime) -> tuple[list[Say], datetime | None]:
    """The message to the client, and the reminder that is due; with the time of the next one."""
    decision, final, clock = situation.decision, situation.policy.final, situation.decision.clock
    assert clock is not None
    says: list[Say] = []
    message = situation.named(FINAL, "client")
    if final.client_message and not situation.is_done(message):
        event = AuditEvent(Event.CLIENT_TOLD, {"how": "the configured message"})
        says.append(Say(message, "message to the client", (final.client_message,), (event,), to_client=True))
    owed = still_owed(decision.record, final_at, client_was_told=bool(final.client_message))
    if not owed:
        return says, None
    sent = [n for n in range(1, final.reminders + 1) if situation.is_done(situation.named(FINAL, f"reminder-{n}"))]
    due, next_at = due_reminder(final, clock, final_at, sent, decision.at)
    if due is not None:
        line = short_notes.reminder(due.number, owed, situation.people(), decision, situation.policy, next_at)
        event = AuditEvent(Event.REMINDED, {"number": due.number, "of": final.reminders, "owed": list(owed)})
        says.append(Say(situation.named(FINAL, f"reminder-{due.number}"), "reminder", (line,), (event,)))
    return says, next_at


def _people_to_add(situation: Situation) -> str:
    """The identity of putting the three on the ticket, where that is wanted and not done."""
    saga = situation.named(FINAL, "people")
    return saga if situation.policy.final.add_people and not situation.is_done(saga) else ""
