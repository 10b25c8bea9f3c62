"""What the audit trail keeps of an escalation: who, from where, why, with the clock's working. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from connector.model import Reason
from connector.notes.explanation import working
from connector.notes.phrases import reasons_text
from connector.rules.escalation import Demand
from connector.rules.limits import Decision
from connector.turn.escalate import Plan
from connector.turn.saga import HEARD, heard_in


def facts_of(
    decision: Decision, plan: Plan, demand: Demand, people: Iterable[tuple[str, str]], *, is_enforcing: bool
) -> dict[str, object]:
    """The facts of an escalation. ``people``: role and name of those whom a final one calls."""
    clock, stint = decision.clock, decision.stint
    assert clock is not None
    assert stint is not None
    facts: dict[str, object] = {
        "reason": reasons_text(demand.reasons),
        "mode": "enforce" if is_enforcing else "observe",
        "from_tier": plan.tier.number,
        "from": plan.tier.name,
        "to_tier": plan.to.number if plan.to else None,
        "to": plan.to.name if plan.to else "final escalation",
        "assigned_by": plan.assigned_by,
        "stint": stint.key,
        "stage": clock.stage.value,
        "limit_minutes": clock.limit_minutes,
        "used_minutes": round(clock.used_minutes, 2),
        "working": working(decision),
    }
    if Reason.TIME in demand.reasons and clock.due_at is not None:
        facts["due_at"] = clock.due_at.isoformat()
        facts["act_at"] = clock.act_at.isoformat() if clock.act_at else None
    if heard := heard_in(decision):
        facts[HEARD] = list(heard)
    if demand.requests:
        facts["asked_by"] = [request.identifier or request.by for request in demand.requests]
    if demand.undocumented:
        facts["undocumented"] = list(demand.undocumented)
    training = [
        {"who": request.by, "identifier": request.identifier, "topic": request.detail or decision.record.summary}
        for request in demand.requests
        if Reason.KNOWLEDGE in request.reasons
    ]
    if training:
        facts["training"] = training
    if plan.is_final:
        named = list(people)
        facts["called"] = [name for _, name in named if name]
        facts["roles_missing"] = [role for role, name in named if not name]
    return facts
