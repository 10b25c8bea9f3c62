"""Whether an escalation whose note stands still goes on: what people did while it was written has the last word. Pure.

What demanded it is asked anew. A breach that is paused, overridden or documented meanwhile is none; what a technician
asked for stays asked for, whatever was paused or planned since: it ends only where the ticket does, or leaves its tier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.model import Aspect, Change, Doer, Stage, StatusGroup
from connector.notes.phrases import Times, quoted
from connector.notes.short_notes import (
    Deed,
    closed,
    moved,
    overrode,
    paused,
    plan_dated,
    planned,
    reopened,
    resolved,
    stays,
)
from connector.policy.policy import Policy
from connector.rules.escalation import COMMAND, URGENCY, Demand
from connector.rules.evidence import PLAN_DATE
from connector.rules.limits import Verdict
from connector.store.records import Step, StepState
from connector.turn.look import Seen
from connector.turn.saga import saga_named

STAYS = "stays"
"""Of the identity of the note that says that a ticket stays, the part after the escalation's own."""

_WAITS_SILENTLY = frozenset({Verdict.UNKNOWN, Verdict.DUE_AT_OPENING, Verdict.DEFERRED})
"""Verdicts that nobody's act brought about: an escalation goes on, unless it waited already."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Why a ticket is not moved though its escalation's note stands.

    ``why``: for the audit trail. ``key``: what makes the reason one of its own, of which people are told once by
    ``line``; nothing is said where that is empty. ``is_over``: the escalation is closed; otherwise it stays open.
    """

    why: str
    key: str = ""
    line: str = ""
    is_over: bool = False


def is_held(seen: Seen, note: Step) -> bool:
    """Whether the ticket stayed once already since the escalation's note was begun, and people were told."""
    return any(step.saga.startswith(f"{note.saga}/{STAYS}/") and step.at >= note.at for step in seen.steps)


def is_told(seen: Seen, note: Step) -> bool:
    """Whether a note said so. One is enough, whatever keeps the ticket later: pauses come and go."""
    said = [step for step in seen.steps if step.saga.startswith(f"{note.saga}/{STAYS}/") and step.at >= note.at]
    return any(step.state is StepState.DONE for step in said)


def stay_of(seen: Seen, note: Step, demand: Demand | None, *, is_held: bool) -> Stay | None:
    """Why the ticket stays; None where it is to be moved.

    ``demand``: what is due as the ticket was just read. ``is_held``: it stayed before, and people know.
    """
    record, policy, decision = seen.record, seen.policy, seen.decision
    number = int(note.outcome["from_tier"])
    if not record.is_escalatable:
        return Stay(f"the ticket is {record.why_not}", is_over=True)
    if number > len(policy.tiers):
        return Stay("the policy no longer has the tier that the ticket was to leave", is_over=True)
    tell = _Teller(seen, policy.tier(number).name, policy)
    group = policy.group_of(record.status)
    if group in (StatusGroup.RESOLVED, StatusGroup.CLOSED):
        deed = resolved() if group is StatusGroup.RESOLVED else closed()
        return tell.over(f"the ticket is {record.status.name}", group.value, deed, Aspect.STATUS)
    here = seen.homes.tier_at(record.place)
    if here != number:
        tell.where = policy.tier(here).name if here else str(record.place)
        return tell.over(f"the ticket was moved to {record.place} meanwhile", "moved", moved(), Aspect.PLACE)
    if decision.verdict is Verdict.UNKNOWN or decision.stint is None:
        return Stay(decision.why) if is_held else None
    if not note.saga.startswith(saga_named(seen.claim.connection, decision, "")):
        began = decision.stint.began_by
        deed, aspect = (reopened(), Aspect.STATUS) if began == "reopened" else (moved(), Aspect.PLACE)
        return tell.over(f"a new stint began meanwhile ({began})", f"anew/{decision.stint.key}", deed, aspect)
    if demand is not None:
        is_same = note.saga == saga_named(seen.claim.connection, decision, demand.key)
        is_another = is_held and not is_same
        return Stay(f"it goes up for another reason ({demand.key})", is_over=True) if is_another else None
    return _undemanded(seen, note, tell, is_held=is_held)


def _undemanded(seen: Seen, note: Step, tell: _Teller, *, is_held: bool) -> Stay | None:
    """Nothing demands the escalation any more, in the very stint that it was written in."""
    decision = seen.decision
    stint, clock = decision.stint, decision.clock
    assert stint is not None
    is_of_time = not note.saga.endswith((f"/{COMMAND}", f"/{URGENCY}"))
    if stint.plan is not None and is_of_time and note.outcome.get("stage") == Stage.DIAGNOSIS:
        plan = stint.plan
        deed = plan_dated() if plan.how == PLAN_DATE else planned()
        return Stay(decision.why, "planned", tell.line(deed, plan.by, plan.at), is_over=True)
    if decision.verdict is Verdict.PAUSED:
        pause = stint.pauses[-1]
        told = tell.by_change(paused(quoted(pause.status)), Aspect.STATUS)
        return Stay(decision.why, f"paused/{pause.start:%Y%m%dT%H%M%SZ}", told)
    if decision.verdict is Verdict.OVERRIDDEN and clock is not None and clock.override is not None:
        override = clock.override
        return Stay(decision.why, f"overridden/{override.entry}", tell.line(overrode(), override.by, override.at))
    if decision.verdict in _WAITS_SILENTLY:
        return Stay(decision.why) if is_held else None
    return Stay(decision.why, "undemanded", stays(tell.where, None, "", ""))


class _Teller:
    """Says where the ticket stays and who did what, when, as far as that is known."""

    def __init__(self, seen: Seen, where: str, policy: Policy) -> None:
        self.seen = seen
        self.where = where
        tier = seen.decision.tier or policy.tiers[0]
        self.times = Times(policy.calendars[tier.calendar].zone, seen.decision.at)

    def over(self, why: str, key: str, deed: Deed, aspect: Aspect) -> Stay:
        return Stay(why, key, self.by_change(deed, aspect), is_over=True)

    def by_change(self, deed: Deed, aspect: Aspect) -> str:
        change = _last(self.seen, aspect)
        if change is None:
            return self.line(deed, "", None)
        who = "" if change.by is Doer.PROGRAM else change.who
        return self.line(deed, who, change.at if change.not_before is None else None)

    def line(self, deed: Deed, who: str, at: datetime | None) -> str:
        return stays(self.where, deed, who, "" if at is None else self.times.short(at))


def _last(seen: Seen, aspect: Aspect) -> Change | None:
    """The last change of an aspect; of several in one second the one that was made last, which is the last in order."""
    found = sorted((change for change in seen.changes if change.what is aspect), key=lambda change: change.at)
    return found[-1] if found else None
