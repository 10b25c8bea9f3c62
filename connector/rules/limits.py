"""Decides whether a limit is breached: (timeline, policy, now) -> decision, next moment, explanation. Pure.

Only the stage that the running stint still owes is judged, always on the present state: what was documented,
paused, moved, overridden or resolved meanwhile is no breach, however late anybody looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from connector.model import Stage, TicketRecord
from connector.policy.policy import EndOfDay, FixStartsAt, Policy, Tier
from connector.rules.commands import NOTHING, Commands
from connector.rules.evidence import Pause
from connector.rules.overrides import Override, in_force
from connector.rules.stints import Stint, Timeline
from connector.working_time.calendar import WorkingCalendar
from connector.working_time.client_day import deferred
from connector.working_time.rules import CalendarError


class Verdict(StrEnum):
    """How a ticket stands. Only ``BREACHED`` leads to an escalation."""

    NOT_ESCALATABLE = "not escalatable"
    UNKNOWN = "unknown"
    NOT_WATCHED = "not watched"
    ENDED = "ended"
    NOT_BEGUN = "not begun"
    UNTOUCHED = "untouched"
    RUNNING = "running"
    PAUSED = "paused"
    OVERRIDDEN = "overridden"
    DUE_AT_OPENING = "due at opening"
    DEFERRED = "deferred"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class StageClock:
    """A stage's arithmetic. All lengths are working minutes.

    ``limit_at``: when the limit runs out, None while an open-ended pause keeps it from doing so. ``due_at``: the same,
    or later by an ``override``; None where that lifts the limit. ``act_at``: the first working moment from then on
    (closing time is a valid due time, judged at the next opening), or the client's next opening where the escalation
    is deferred to it. ``warn_share``: the share of the time at which the holder is warned; 0 for never.
    """

    stage: Stage
    counted_from: datetime
    base_minutes: float
    factor: float
    used_minutes: float
    pauses: tuple[Pause, ...]
    limit_at: datetime | None
    due_at: datetime | None
    act_at: datetime | None
    warn_share: float
    calendar_name: str
    calendar: WorkingCalendar
    override: Override | None = None

    @property
    def limit_minutes(self) -> float:
        """The limit with the priority's factor."""
        return self.base_minutes * self.factor

    @property
    def left_minutes(self) -> float:
        """What is left of the limit, never below 0."""
        return max(0.0, self.limit_minutes - self.used_minutes)

    @property
    def spans(self) -> tuple[tuple[datetime, datetime | None], ...]:
        """The pauses as the calendar takes them."""
        return tuple((pause.start, pause.end) for pause in self.pauses)

    @property
    def deferred_to(self) -> datetime | None:
        """The client's opening for which a deferred escalation waits."""
        if self.due_at is None or self.act_at == self.calendar.next_open(self.due_at):
            return None
        return self.act_at

    def paused_minutes(self, now: datetime) -> float:
        """Working minutes of the stage that waiting took out of the count."""
        return max(0.0, self.calendar.between(self.counted_from, now) - self.used_minutes) if self.pauses else 0.0

    def warn_at(self) -> datetime | None:
        """When the share of the time that there is (of the limit, or up to the end of an override) is used up.

        Worked out only when asked: none but a running stage is warned of.
        """
        if not self.warn_share or self.due_at is None:
            return None
        calendar, in_all = self.calendar, self.limit_minutes
        if self.override is not None:
            in_all = calendar.between(self.counted_from, self.due_at, self.spans)
        share_at = calendar.add(self.counted_from, self.warn_share * in_all, self.spans)
        return None if share_at is None else calendar.next_open(share_at)


@dataclass(frozen=True, slots=True)
class KeptLimit:
    """That a stage has its limit from an earlier policy, and what the present one would say of it.

    ``earlier`` and ``present`` are the policies' versions; ``since``: when the earlier one came into force;
    ``present_minutes``: the present limit, with the priority's factor; ``present_due_at``: when it would run out.
    """

    earlier: str
    since: datetime
    present: str
    present_minutes: float
    present_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a ticket at a moment, and why. ``wake_at``: when to look again by itself.

    ``kept``: where the limit is that of an earlier policy.
    """

    verdict: Verdict
    why: str
    at: datetime
    timeline: Timeline
    commands: Commands = NOTHING
    tier: Tier | None = None
    clock: StageClock | None = None
    wake_at: datetime | None = None
    kept: KeptLimit | None = None

    @property
    def record(self) -> TicketRecord:
        """The ticket that was judged."""
        return self.timeline.record

    @property
    def stint(self) -> Stint | None:
        """The running stint."""
        return self.timeline.current

    @property
    def staff(self) -> frozenset[str]:
        """Full names of the desk's people: those who were looked up, and who held the ticket."""
        return self.timeline.staff.union(*(stint.holders for stint in self.timeline.stints))


def evaluate(timeline: Timeline, policy: Policy, now: datetime, commands: Commands = NOTHING) -> Decision:
    """Judge the stage that the ticket's running stint owes at ``now``. ``commands``: what people said to it."""
    record, stint = timeline.record, timeline.current
    if not record.is_escalatable:
        return Decision(Verdict.NOT_ESCALATABLE, record.why_not, now, timeline)
    if timeline.unknown:
        return Decision(Verdict.UNKNOWN, timeline.unknown, now, timeline)
    if stint is None:
        return _without_stint(timeline, now)
    tier = policy.tier(stint.tier)
    if stint.clock_from is None and policy.escalate_when_critical and _has_risen(stint):
        # A risen priority takes the ticket up at once, touched or not; its clock is that of the rise.
        stint = replace(stint, clock_from=stint.critical_at)
    elif stint.waits:
        why = (
            "it was open before the connector came: its clock begins when its turn comes, or with the first thing that "
            "an agent does here"
        )
        return Decision(Verdict.NOT_BEGUN, why, now, timeline, tier=tier)
    if stint.clock_from is None:
        why = "nobody has touched the ticket yet, so its clock has not started"
        return Decision(Verdict.UNTOUCHED, why, now, timeline, tier=tier)
    try:
        clock = stage_clock(stint, tier, policy, record, now, commands.overrides_of(stint))
    except CalendarError as error:
        return Decision(Verdict.UNKNOWN, str(error), now, timeline, tier=tier)
    verdict, why, wake_at = _judge(clock, stint, now)
    return Decision(verdict, why, now, timeline, commands, tier, clock, wake_at)


def _has_risen(stint: Stint) -> bool:
    """Whether the priority rose to a critical one; of a ticket that waits to be taken up, since it was adopted."""
    risen_at = stint.critical_at
    return risen_at is not None and (not stint.waits or stint.adopted_at is None or risen_at > stint.adopted_at)


def untouched_at(decision: Decision, policy: Policy) -> datetime | None:
    """When a ticket that nobody has touched is told of; None where that is not wanted, or somebody has touched it."""
    stint, tier, record = decision.stint, decision.tier, decision.record
    if decision.verdict is not Verdict.UNTOUCHED or stint is None or tier is None or not policy.untouched_minutes:
        return None
    _, calendar = policy.calendar_of(tier, record.client)
    try:
        at = calendar.add(stint.expected_from, policy.untouched_minutes, [(p.start, p.end) for p in stint.pauses])
        return None if at is None else calendar.next_open(at)
    except CalendarError:
        return None


def stage_clock(
    stint: Stint,
    tier: Tier,
    policy: Policy,
    record: TicketRecord,
    now: datetime,
    overrides: Sequence[Override] = (),
) -> StageClock:
    """The clock of the stage that a started stint owes. Raises CalendarError when the calendar ends before it."""
    assert stint.clock_from is not None
    stage = Stage.DIAGNOSIS if stint.plan is None else Stage.FIX
    counted_from = stint.clock_from
    if stint.plan is not None and policy.fix_starts_at is FixStartsAt.PLAN:
        counted_from = max(stint.plan.at, counted_from)
    base = tier.diagnosis_minutes if stage is Stage.DIAGNOSIS else tier.fix_minutes
    factor = policy.factor_of(record.priority)
    name, calendar = policy.calendar_of(tier, record.client)
    spans = tuple((pause.start, pause.end) for pause in stint.pauses)
    limit_at = calendar.add(counted_from, base * factor, spans)
    override = in_force(overrides, stage) if overrides else None
    due_at = _due(limit_at, override)
    act_at = None if due_at is None else calendar.next_open(due_at)
    if act_at is not None and policy.end_of_day is EndOfDay.DEFER and not policy.is_critical(record.priority):
        act_at = deferred(calendar, act_at, policy.end_of_day_minutes)
        if act_at < now and (opening := deferred(calendar, now, policy.end_of_day_minutes)) > now:
            act_at = opening  # what was held up until the end of the day waits as well
    return StageClock(
        stage=stage,
        counted_from=counted_from,
        base_minutes=base,
        factor=factor,
        used_minutes=calendar.between(counted_from, now, spans),
        pauses=stint.pauses,
        limit_at=limit_at,
        due_at=due_at,
        act_at=act_at,
        warn_share=policy.warn_at,
        calendar_name=name,
        calendar=calendar,
        override=override,
    )


def _due(limit_at: datetime | None, override: Override | None) -> datetime | None:
    """An override may move a limit's end to later, never to earlier."""
    if override is None or limit_at is None:
        return limit_at
    return None if override.until is None else max(limit_at, override.until)


def _without_stint(timeline: Timeline, now: datetime) -> Decision:
    if timeline.stints and (last := timeline.stints[-1]).ended_at is not None:
        verdict = Verdict.NOT_WATCHED if last.has_left else Verdict.ENDED
        return Decision(verdict, f"the last stint ended: {last.ended_by}", now, timeline)
    why = f"{timeline.record.place} with status {timeline.record.status.name} is no open ticket of any tier"
    return Decision(Verdict.NOT_WATCHED, why, now, timeline)


def _judge(clock: StageClock, stint: Stint, now: datetime) -> tuple[Verdict, str, datetime | None]:
    """How the stage stands, why, and when its clock wants to be looked at again."""
    if stint.pauses and stint.pauses[-1].end is None:
        return Verdict.PAUSED, f"the clock stands still: status {stint.pauses[-1].status}", None
    owed = clock.stage.owed
    if clock.override is not None and clock.due_at is None:
        return Verdict.OVERRIDDEN, f"no limit in this stint, by {clock.override.by}", None
    assert clock.limit_at is not None
    assert clock.due_at is not None
    assert clock.act_at is not None
    if now < clock.due_at:
        if clock.override is not None and clock.due_at > clock.limit_at:
            return Verdict.OVERRIDDEN, f"the limit for the {owed} applies later, by {clock.override.by}", clock.act_at
        return Verdict.RUNNING, f"the {owed} is due in {clock.left_minutes:.0f} working minutes", clock.act_at
    if now < clock.act_at:
        opening = clock.calendar.next_open(clock.due_at)
        if now < opening:
            why = f"the limit for the {owed} ran out at closing time; it is judged at the next opening"
            return Verdict.DUE_AT_OPENING, why, clock.act_at
        why = f"the limit for the {owed} has run out; at the end of the client's day it waits for the next opening"
        return Verdict.DEFERRED, why, clock.act_at
    return Verdict.BREACHED, f"no {owed} after {clock.limit_minutes:g} working minutes", None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a stage's time that counted or did not, and why."""

    start: datetime
    end: datetime
    counts: bool
    why: str

    @property
    def minutes(self) -> float:
        """Elapsed minutes of the piece."""
        return (self.end - self.start).total_seconds() / 60


def stretches(clock: StageClock, until: datetime) -> Iterator[Stretch]:
    """Which minutes counted from the start of the stage until ``until``, and which did not, in order."""
    edges = {clock.counted_from, until}
    for pause in clock.pauses:
        edges.update(at for at in (pause.start, pause.end) if at and clock.counted_from < at < until)
    ordered = sorted(edges)
    for start, end in pairwise(ordered):
        paused = next((p for p in clock.pauses if p.start <= start and (p.end is None or p.end >= end)), None)
        if paused:
            yield Stretch(start, end, False, f"paused: {paused.status}")
            continue
        for piece in clock.calendar.segments(start, end):
            yield Stretch(piece.start, piece.end, piece.is_open, piece.why)
