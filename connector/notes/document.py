"""A decision as a document for programs: every moment in ISO 8601, every length in working minutes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connector.model import Change, Place, Value
from connector.policy.policy import Policy
from connector.rules.limits import Decision, StageClock, stretches
from connector.rules.stints import Stint


def document_of(decision: Decision, policy: Policy, changes: Sequence[Change]) -> dict[str, Any]:
    """The ticket, its clock, its stints, what people said, and what is known of its changes."""
    record, commands = decision.record, decision.commands
    overrides = [one for stint in commands.overrides.values() for one in stint]
    return {
        "verdict": decision.verdict.value,
        "why": decision.why,
        "looks_again_at": _iso(decision.wake_at),
        "place": str(record.place),
        "status": record.status.name,
        "status_group": policy.group_of(record.status).value,
        "owner": record.owner.name if record.owner else None,
        "priority": record.priority.name if record.priority else None,
        "client": record.client.name if record.client else None,
        "summary": record.summary,
        "link": record.url or None,
        "entered_at": _iso(record.entered_at),
        "updated_at": _iso(record.updated_at),
        "read_at": _iso(record.read_at),
        "tier": decision.tier.name if decision.tier else None,
        "clock": _clock(decision.clock, decision.at) if decision.clock else None,
        "stints": [_stint(stint, policy) for stint in decision.timeline.stints],
        "overrides": [
            {
                "at": _iso(one.at),
                "by": one.by,
                "until": _iso(one.until),
                "stage": one.stage.value,
                "is_off": one.is_off,
                "refused": one.refused or None,
                "reason": one.reason,
            }
            for one in overrides
        ],
        "requests": [
            {"at": _iso(one.at), "by": one.by, "reasons": [reason.value for reason in one.reasons]}
            for one in commands.requests
        ],
        "changes": [
            {
                "at": _iso(change.at),
                "what": change.what.value,
                "old": _value(change.old),
                "new": _value(change.new),
                "how": change.how,
            }
            for change in changes
        ],
    }


def _clock(clock: StageClock, now: datetime) -> dict[str, Any]:
    until = max(clock.counted_from, min(now, clock.due_at) if clock.due_at else now)
    return {
        "stage": clock.stage.value,
        "limit_minutes": clock.limit_minutes,
        "factor": clock.factor,
        "used_minutes": clock.used_minutes,
        "counted_from": _iso(clock.counted_from),
        "limit_at": _iso(clock.limit_at),
        "due_at": _iso(clock.due_at),
        "acts_at": _iso(clock.act_at),
        "warns_at": _iso(clock.warn_at()),
        "calendar": clock.calendar_name,
        "time_zone": clock.calendar.zone.key,
        "stretches": [
            {
                "from": _iso(piece.start),
                "until": _iso(piece.end),
                "counts": piece.counts,
                "minutes": piece.minutes,
                "why": piece.why,
            }
            for piece in stretches(clock, until)
        ],
    }


def _stint(stint: Stint, policy: Policy) -> dict[str, Any]:
    plan = stint.plan
    return {
        "tier": policy.tier(stint.tier).name,
        "from": _iso(stint.entered_at),
        "began_by": stint.began_by,
        "until": _iso(stint.ended_at),
        "ended_by": stint.ended_by or None,
        "clock_from": _iso(stint.clock_from),
        "plan": {"at": _iso(plan.at), "by": plan.by, "how": plan.how} if plan else None,
        "pauses": [
            {"from": _iso(pause.start), "until": _iso(pause.end), "status": pause.status} for pause in stint.pauses
        ],
        "holders": list(stint.holders),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _value(value: Value) -> str | None:
    if value is None:
        return None
    return str(value) if isinstance(value, Place) else value.name
