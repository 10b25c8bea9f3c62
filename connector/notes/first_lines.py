"""The first two lines of an escalation note: what happened, and what is asked of whom until when. Pure.

Lists, mails and chats show no more of a note than these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.model import Reason, Stage
from connector.notes.material import EscalationNote, NextLimits
from connector.notes.permissions import needed_by
from connector.notes.phrases import joined, minutes_text, name_of, number, outsider, quoted
from connector.notes.requests import parts_of
from connector.notes.tiers_work import work_of
from connector.policy.policy import FixStartsAt
from connector.rules.follow_up import reminders

_TOPIC = 100
"""How many characters of what somebody asked for stand in a line."""

_NEEDED = {
    Reason.KNOWLEDGE: "knowledge needed",
    Reason.PERMISSION: "permissions missing",
    Reason.URGENCY: "urgent",
}


def first_lines(note: EscalationNote) -> tuple[str, str]:
    """What happened, and what is asked of the reader; minutes are called working minutes once."""
    permissions = needed_by(note, work_of(note)) if Reason.PERMISSION in note.demand.reasons else ()
    why = "; ".join(dict.fromkeys(_why(note, permissions)))
    if note.to is not None:
        happened = f"ESCALATED to {name_of(note.to.name)}: {why}."
        return happened, _asked(note, note.due, permissions, "" if "working" in happened else "working ")
    happened = f"FINAL ESCALATION: {why}, on the last tier. {_call(note)}"
    return happened, _owed(note, "" if "working" in happened else "working ")


def _why(note: EscalationNote, permissions: Sequence[str]) -> Iterator[str]:
    if Reason.TIME in note.demand.reasons:
        yield _overdue(note)
    told: set[Reason] = {Reason.TIME}
    for request in note.demand.requests:
        others = {reason for one in note.demand.requests if one is not request for reason in one.reasons}
        if not request.detail and others.issuperset(request.reasons) and told.isdisjoint(request.reasons):
            continue  # asked for again, with more words
        told.update(request.reasons)
        for reasons, words in parts_of(request, permissions):
            yield _needed(reasons, words, note)
    for reason in note.demand.reasons:
        if reason not in told:
            is_risen = reason is Reason.URGENCY and note.stint.critical_at is not None
            priority = note.record.priority
            risen = f": the priority rose to {name_of(priority.name)}" if is_risen and priority else ""
            yield f"{_NEEDED[reason]}{risen}"


def _overdue(note: EscalationNote) -> str:
    clock, plan = note.clock, note.stint.plan
    if clock.override is not None and clock.due_at and clock.limit_at and clock.due_at > clock.limit_at:
        by = name_of(clock.override.by)
        return f"no {clock.stage.owed} by {note.times.short(clock.due_at)}, the time that {by} allowed"
    within = f"no {clock.stage.owed} within {minutes_text(clock.limit_minutes)}"
    if clock.stage is Stage.FIX and plan and note.policy.fix_starts_at is FixStartsAt.PLAN:
        return f"{within} of {name_of(plan.by)}'s plan" if plan.by else f"{within} of the plan"
    return f"{within} at {name_of(note.tier.name)}"


def _needed(reasons: Sequence[Reason], words: str, note: EscalationNote) -> str:
    needed = joined([_NEEDED[reason] for reason in reasons])
    if Reason.URGENCY in reasons and note.demand.undocumented:
        needed += ", not documented yet"
    topic = quoted(words, _TOPIC).rstrip(".")
    return f"{needed}: {topic}" if topic else needed


def _asked(note: EscalationNote, due: NextLimits, permissions: Sequence[str], kind: str) -> str:
    times = note.times
    who = name_of(note.owner) if note.owner else "you"
    plan = due.plan_text(times, f" ({note.calendar.zone.key})", kind)
    kind = "" if "working" in plan else kind
    named = f" ({quoted('; '.join(permissions), _TOPIC).rstrip('.')})" if permissions else ""
    needed = f"the missing permissions{named}, and " if Reason.PERMISSION in note.demand.reasons else ""
    asked = f"Asked of {who}: {needed}a plan {plan}, “Plan: …” in a note, then the fix {due.fix_text(times, kind)}."
    if note.owner:
        return asked
    nobody = "Nobody owns this ticket"
    if note.still_shown:
        nobody = f"{name_of(note.still_shown)} is only still shown as its owner"
    return f"{asked} {nobody}: please take it."


# --- the final escalation ---------------------------------------------------------------------------------------


def _call(note: EscalationNote) -> str:
    called = [name_of(name) for _, name in note.people if name]
    missing = [name_of(role) for role, name in note.people if not name]
    if not called and not missing:
        return "Nobody is configured to be called."
    sentences = [f"{joined(called)}: make a new plan together."] if called else []
    if missing:
        sentences.append(f"Nobody is configured as {joined(missing)}.")
    return " ".join(sentences)


def _owed(note: EscalationNote, kind: str) -> str:
    final, contact = note.policy.final, note.record.contact.strip()
    word = f" and word to the client{f', {outsider(contact)}' if contact else ''}"
    owed = f"Owed now: “New plan: …” in an internal note,{'' if final.client_message else word + '.'}"
    if final.client_message:
        owed = "Owed now: “New plan: …” in an internal note. The client gets the configured message."
    first = next(reminders(final, note.clock, note.decision.at), None)
    if first is None:
        return owed
    at = f"{note.times.short(first.at)} ({note.calendar.zone.key})"
    if final.reminders == 1:
        return f"{owed} One reminder follows at {at}."
    every = minutes_text(final.reminder_minutes, kind)
    return f"{owed} Reminders follow from {at} on, every {every}, {number(final.reminders)} at most."
