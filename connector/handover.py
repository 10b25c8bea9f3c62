"""Gathers what an escalation note is made of, from a decision and the journal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.escalation import Plan
from connector.evaluator import Decision, StageClock
from connector.handoff import Handoff
from connector.journal import Step
from connector.model import Entry, Reason, Ref
from connector.policy import EndOfDay, FinalEscalation, Policy
from connector.saga import is_carried_out
from connector.timeline import Stint


def gather(decision: Decision, plan: Plan, policy: Policy, people: Mapping[str, str], steps: Iterable[Step]) -> Handoff:
    """The handoff of a breached stage. ``people`` maps configured identifiers to the names of members."""
    clock, stint = decision.clock, decision.stint
    assert clock is not None
    assert stint is not None
    assert clock.due_at is not None
    zone = clock.calendar.zone
    return Handoff(
        record=decision.record,
        tier_from=plan.tier,
        tier_to=plan.to,
        reasons=(Reason.TIME,),
        stage=clock.stage,
        limit_minutes=clock.limit_minutes,
        used_minutes=clock.used_minutes,
        counted_from=clock.counted_from,
        due_at=clock.due_at,
        stint_started_at=clock_start(stint),
        holders=stint.holders,
        entries=entries_of(stint, decision.record.entries),
        plan=(stint.plan.text, stint.plan.by, stint.plan.at) if stint.plan else None,
        paused_minutes=_paused_minutes(clock, decision.at),
        calendar=clock.calendar,
        zone=zone,
        now=decision.at,
        marker=plan.marker,
        assignment=plan.assignment,
        is_clients_calendar=_has_own_calendar(policy, decision.record.client),
        is_critical=_is_critical(policy, decision.record.priority),
        end_of_day_minutes=0 if policy.end_of_day is EndOfDay.IGNORE else policy.end_of_day_minutes,
        factor=clock.factor,
        fix_starts_at=policy.fix_starts_at,
        final_people=final_people(policy.final, people) if plan.is_final else (),
        policy_note=_policy_note(clock),
        earlier_escalations=tuple(earlier(steps, zone)),
    )


def clock_start(stint: Stint) -> datetime:
    """When the tier began to be on the clock; its arrival where that has not happened."""
    return stint.clock_from or stint.entered_at


def entries_of(stint: Stint, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries of a stint, oldest first; those of the very first include what came with the ticket."""
    mine = [e for e in entries if e.at >= stint.entered_at and (stint.ended_at is None or e.at < stint.ended_at)]
    return tuple(sorted(mine, key=lambda entry: entry.at))


def final_people(final: FinalEscalation, people: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The three that a final escalation calls together: role and name; an empty name is nobody configured."""
    roles = (
        ("Sr IT Manager", final.sr_it_manager),
        ("Service Desk Manager", final.service_desk_manager),
        ("Account Manager", final.account_manager),
    )
    return tuple((role, people.get(who, who)) for role, who in roles)


def earlier(steps: Iterable[Step], zone: ZoneInfo) -> Iterable[str]:
    """A line for each escalation that was carried out before."""
    for step in sorted(steps, key=lambda step: step.at):
        if is_carried_out(step):
            facts = step.outcome
            owed = "diagnosis plan" if facts.get("stage") == "diagnosis" else "fix"
            yield f"{step.at.astimezone(zone):%d %b %H:%M} escalated from {facts.get('from')}: no {owed} in time"


def _paused_minutes(clock: StageClock, now: datetime) -> float:
    """Working minutes of the stage that waiting took out of the count."""
    if not clock.pauses:
        return 0.0
    in_all = clock.calendar.between(clock.counted_from, now)
    return max(0.0, in_all - clock.used_minutes)


def _has_own_calendar(policy: Policy, client: Ref | None) -> bool:
    return client is not None and any(name.casefold() in policy.client_calendars for name in (client.id, client.name))


def _is_critical(policy: Policy, priority: Ref | None) -> bool:
    return priority is not None and priority.name.casefold() in policy.critical_priorities


def _policy_note(clock: StageClock) -> str:
    if clock.factor == 1:
        return ""
    return f"{clock.base_minutes:g} minutes, times {clock.factor:g} for the priority"
