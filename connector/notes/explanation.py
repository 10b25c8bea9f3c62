"""A decision in plain words: which minutes counted, which did not and why, line by line. Pure.

Times are shown in the zone of the calendar that counts: the client's own, else the tier's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.model import Change, Place, Value
from connector.notes.phrases import reasons_text
from connector.notes.unread import not_read
from connector.policy.policy import Policy
from connector.rules.limits import Decision, StageClock, Stretch, Verdict, stretches
from connector.rules.stints import Stint

MOST_STRETCHES = 24
"""Longer workings are shortened in the middle."""


def working(decision: Decision) -> list[str]:
    """The arithmetic of the stage's clock: every stretch that counted or not, the sum, and when it is due."""
    clock = decision.clock
    if clock is None:
        return [decision.why]
    until = min(decision.at, clock.due_at) if clock.due_at else decision.at
    pieces = list(stretches(clock, max(until, clock.counted_from)))
    zone = clock.calendar.zone
    factor = f" ({clock.base_minutes:g} x {clock.factor:g} for the priority)" if clock.factor != 1 else ""
    lines = [
        f"{clock.stage.value}: {clock.limit_minutes:g} working minutes{factor}, counted from "
        f"{shown(clock.counted_from, zone)}, calendar {clock.calendar_name!r}: {clock.calendar.hours_text}"
    ]
    lines += _shortened([_stretch(piece, zone) for piece in pieces])
    lines.append(f"used {clock.used_minutes:.1f} of {clock.limit_minutes:g} working minutes; {_due(clock, zone)}")
    return lines


def explain(
    decision: Decision,
    policy: Policy,
    changes: Sequence[Change],
    done: Sequence[tuple[datetime, str]] = (),
    *,
    is_settled: bool = False,
) -> list[str]:
    """The whole story of a ticket's clocks, for ``escalator explain``. ``done``: what was done there, and when;
    ``is_settled``: what its breach asks for is among that.
    """
    record = decision.record
    zone = _zone(decision, policy)
    return [
        f"Ticket {record.id} at {record.place}, status {record.status.name} "
        f"({policy.group_of(record.status).value}), owner {record.owner.name if record.owner else 'nobody'}, "
        f"priority {record.priority.name if record.priority else 'none'}",
        f"Read at {shown(record.read_at, zone)}; entered {shown(record.entered_at, zone)}; "
        f"last updated {shown(record.updated_at, zone)}",
        *([unread] if (unread := not_read(record)) else []),
        "",
        "Changes known:",
        *([f"  {_change(change, zone)}" for change in changes] or ["  none"]),
        "",
        "Stints:",
        *(list(_stints(decision.timeline.stints, policy, zone)) or ["  none"]),
        "",
        "Said to the connector:",
        *([f"  {line}" for line in _said(decision, zone)] or ["  nothing"]),
        "",
        "Clock:",
        *(f"  {line}" for line in working(decision)),
        *(f"  {line}" for line in _kept(decision, zone)),
        "",
        "Done:",
        *([f"  {shown(at, zone)} {words}" for at, words in done] or ["  nothing"]),
        "",
        f"Decision: {decision.verdict.value}: {decision.why}",
        _next(decision, zone, is_settled=is_settled),
    ]


def held_open(decision: Decision, policy: Policy, noted_at: datetime, why: str) -> list[str]:
    """That an escalation's note stands and its ticket was not moved, why, and what makes it move or closes it.

    ``noted_at``: when the note was begun; ``why``: why the ticket stays, as it stands now.
    """
    zone = _zone(decision, policy)
    return [
        f"held open: the escalation note of {shown(noted_at, zone)} stands, and the ticket was not moved: {why}",
        f"it moves, without a second note, {_moves_when(decision, zone)}",
        "a resolution or a move by hand closes it; so does a plan, where a plan was owed",
    ]


def _moves_when(decision: Decision, zone: ZoneInfo) -> str:
    """When a held escalation goes on."""
    clock = decision.clock
    if decision.verdict is Verdict.PAUSED:
        return "once the pause ends and its limit is out then"
    if clock is None:
        return "once its clock can be judged again and its limit is out then"
    if clock.act_at is None:
        return "once a manager takes the override back (“/override off”) and its limit is out then"
    return f"at {shown(clock.act_at, zone)}, if nothing changes before"


def shown(at: datetime, zone: ZoneInfo) -> str:
    """A moment as people read it: date, time to the second, the zone's abbreviation."""
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"


def _zone(decision: Decision, policy: Policy) -> ZoneInfo:
    if decision.clock:
        return decision.clock.calendar.zone
    tier = decision.tier or policy.tiers[0]
    return policy.calendar_of(tier, decision.record.client)[1].zone


def _stretch(piece: Stretch, zone: ZoneInfo) -> str:
    verb = "counted" if piece.counts else "not counted"
    return f"{shown(piece.start, zone)} to {shown(piece.end, zone)}: {verb}, {piece.minutes:.1f} min, {piece.why}"


def _shortened(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_STRETCHES:
        return lines
    half = MOST_STRETCHES // 2
    return [*lines[:half], f"… {len(lines) - 2 * half} stretches left out …", *lines[-half:]]


def _due(clock: StageClock, zone: ZoneInfo) -> str:
    override = clock.override
    if override is not None and override.until is None:
        return f"no limit in this stint, by an override of {override.by}"
    if clock.due_at is None or clock.limit_at is None:
        return "not due while the pause lasts"
    due = f"due at {shown(clock.due_at, zone)}"
    if override is not None and clock.due_at > clock.limit_at:
        due += f" by an override of {override.by}, instead of {shown(clock.limit_at, zone)}"
    if clock.act_at is None or clock.act_at == clock.due_at:
        return due
    if clock.deferred_to is None:
        return f"{due}, judged at the next opening, {shown(clock.act_at, zone)}"
    return f"{due}, near the end of the client's day: it waits for the next opening, {shown(clock.act_at, zone)}"


def _stints(stints: Sequence[Stint], policy: Policy, zone: ZoneInfo) -> Iterator[str]:
    for stint in stints:
        end = f"until {shown(stint.ended_at, zone)} ({stint.ended_by})" if stint.ended_at else "running"
        yield f"  {policy.tier(stint.tier).name}: from {shown(stint.entered_at, zone)} ({stint.began_by}), {end}"
        if stint.waits:
            yield "    clock not started: the ticket was open before the connector came, and waits for its turn"
        elif stint.clock_from is None:
            yield "    clock not started: nobody has touched the ticket"
        else:
            adopted = ", the moment from which open tickets are watched" if stint.adopted else ""
            if stint.was_taken_up:
                adopted = ", its turn among the tickets that were open before"
            yield f"    clock from {shown(stint.clock_from, zone)}{adopted}"
        if stint.plan:
            yield f"    plan at {shown(stint.plan.at, zone)} by {stint.plan.by or 'unknown'} ({stint.plan.how})"
        for pause in stint.pauses:
            until = shown(pause.end, zone) if pause.end else "now"
            yield f"    paused from {shown(pause.start, zone)} until {until}: {pause.status}"


def _said(decision: Decision, zone: ZoneInfo) -> Iterator[str]:
    """The overrides of all stints and the running stint's requests, by when they were said."""
    commands = decision.commands
    said: list[tuple[datetime, str]] = []
    for override in (one for stint in commands.overrides.values() for one in stint):
        until = f"until {shown(override.until, zone)}" if override.until else "off" if override.is_off else "no limit"
        became = f"refused: {override.refused}" if override.refused else "applied"
        said.append((override.at, f"{override.by}: override, {until}, for the {override.stage.value}; {became}"))
    for request in commands.requests:
        kinds = reasons_text(request.reasons).lower()
        said.append((request.at, f"{request.by}: asked for an escalation ({kinds})"))
    for word in commands.unclear:
        said.append((word.at, f"{word.by}: {word.problem}"))
    for at, line in sorted(said):
        yield f"{shown(at, zone)} {line}"


def _kept(decision: Decision, zone: ZoneInfo) -> Iterator[str]:
    """That the limit is an earlier one, which, from when, and how to have the present one count."""
    kept = decision.kept
    if kept is not None:
        due = f"due at {shown(kept.present_due_at, zone)}" if kept.present_due_at else "not due"
        yield (
            f"the limit is that of the policy {kept.earlier}, in force from {shown(kept.since, zone)}, "
            "under which this stint began"
        )
        yield (
            f"the present policy, {kept.present}, has {kept.present_minutes:g} working minutes: {due} by that; "
            "`escalator policy apply` has it count for running stints as well"
        )


def _change(change: Change, zone: ZoneInfo) -> str:
    return f"{shown(change.at, zone)} {change.what.value}: {_value(change.old)} -> {_value(change.new)} ({change.how})"


def _value(value: Value) -> str:
    if value is None:
        return "none"
    return str(value) if isinstance(value, Place) else value.name


def _next(decision: Decision, zone: ZoneInfo, *, is_settled: bool) -> str:
    if decision.wake_at:
        return f"Looks again by itself at {shown(decision.wake_at, zone)}"
    if decision.verdict is Verdict.BREACHED:
        return "Nothing more goes up by time: see Done" if is_settled else "To be escalated now"
    if decision.verdict is Verdict.UNKNOWN:
        return "Looks again by itself every now and then, and when the ticket changes"
    return "Looks again when the ticket changes"
