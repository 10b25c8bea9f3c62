"""Gathers what an escalation note is made of, from a decision and the journal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.model import Ref
from connector.notes.escalation_note import Handoff
from connector.policy.policy import EndOfDay, Policy
from connector.rules.escalation import Demand
from connector.rules.evidence import entries_within
from connector.rules.limits import Decision, StageClock
from connector.rules.stints import Stint
from connector.store.records import Step
from connector.turn.escalation import Escalation
from connector.turn.saga import is_carried_out


def gather(
    decision: Decision,
    escalation: Escalation,
    demand: Demand,
    policy: Policy,
    people: Sequence[tuple[str, str]],
    steps: Iterable[Step],
) -> Handoff:
    """The handoff of an escalation. ``people``: role and name of those whom a final one calls."""
    clock, stint = decision.clock, decision.stint
    assert clock is not None
    assert stint is not None
    zone = clock.calendar.zone
    return Handoff(
        record=decision.record,
        tier_from=escalation.tier,
        tier_to=escalation.to,
        reasons=demand.reasons,
        stage=clock.stage,
        limit_minutes=clock.limit_minutes,
        used_minutes=clock.used_minutes,
        counted_from=clock.counted_from,
        due_at=clock.due_at,
        stint_started_at=clock_start(stint),
        holders=stint.holders,
        entries=entries_within(stint.span, decision.record.entries),
        plan=(stint.plan.text, stint.plan.by, stint.plan.at) if stint.plan else None,
        paused_minutes=_paused_minutes(clock, decision.at),
        calendar=clock.calendar,
        zone=zone,
        now=decision.at,
        marker=escalation.marker,
        assignment=escalation.assignment,
        is_clients_calendar=_has_own_calendar(policy, decision.record.client),
        is_critical=policy.is_critical(decision.record.priority),
        end_of_day_minutes=0 if policy.end_of_day is EndOfDay.IGNORE else policy.end_of_day_minutes,
        factor=clock.factor,
        fix_starts_at=policy.fix_starts_at,
        final_people=tuple(people),
        policy_note=_policy_note(clock),
        earlier_escalations=tuple(earlier(steps, zone)),
        requests=demand.requests,
        undocumented=demand.undocumented,
        became_critical_at=stint.critical_at,
        overrides=decision.orders.applied,
        override=clock.override,
        limit_at=clock.limit_at,
        waited_until=_waited_until(clock),
        skipped=policy.skipped_above(escalation.tier),
    )


def clock_start(stint: Stint) -> datetime:
    """When the tier began to be on the clock; its arrival where that has not happened."""
    return stint.clock_from or stint.entered_at


def earlier(steps: Iterable[Step], zone: ZoneInfo) -> Iterable[str]:
    """A line for each escalation that was carried out before."""
    for step in sorted(steps, key=lambda step: step.at):
        if is_carried_out(step):
            facts = step.outcome
            owed = "diagnosis plan" if facts.get("stage") == "diagnosis" else "fix"
            reason = str(facts.get("reason", "Time"))
            why = f"no {owed} in time" if reason == "Time" else reason
            yield f"{step.at.astimezone(zone):%d %b %H:%M} escalated from {facts.get('from')}: {why}"


def _waited_until(clock: StageClock) -> datetime | None:
    """The client's opening for which a deferred escalation waited."""
    if clock.due_at is None or clock.act_at is None or clock.act_at == clock.calendar.next_open(clock.due_at):
        return None
    return clock.act_at


def _paused_minutes(clock: StageClock, now: datetime) -> float:
    """Working minutes of the stage that waiting took out of the count."""
    if not clock.pauses:
        return 0.0
    in_all = clock.calendar.between(clock.counted_from, now)
    return max(0.0, in_all - clock.used_minutes)


def _has_own_calendar(policy: Policy, client: Ref | None) -> bool:
    return client is not None and any(name.casefold() in policy.client_calendars for name in (client.id, client.name))


def _policy_note(clock: StageClock) -> str:
    if clock.factor == 1:
        return ""
    return f"{clock.base_minutes:g} minutes, times {clock.factor:g} for the priority"
