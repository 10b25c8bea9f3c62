"""Decides whether a limit is breached: (timeline, policy, now) -> decision, next moment, explanation. Pure.

Only the stage that the running stint still owes is judged, always on the present state: what was documented,
paused, moved or resolved meanwhile is no breach, however late anybody looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from connector.evidence import Pause
from connector.model import Stage, TicketRecord
from connector.policy import FixStartsAt, Policy, Tier
from connector.timeline import Stint, Timeline
from connector.working_time import CalendarError, WorkingCalendar


class Verdict(StrEnum):
    """How a ticket stands. Only ``BREACHED`` leads to an escalation."""

    NOT_ESCALATABLE = "not escalatable"
    UNKNOWN = "unknown"
    NOT_WATCHED = "not watched"
    ENDED = "ended"
    UNTOUCHED = "untouched"
    RUNNING = "running"
    PAUSED = "paused"
    DUE_AT_OPENING = "due at opening"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class StageClock:
    """A stage's arithmetic. All lengths are working minutes.

    ``due_at``: when the limit runs out, None while an open-ended pause keeps it from doing so; ``act_at``: the first
    working moment from then on (closing time is a valid due time, judged at the next opening).
    """

    stage: Stage
    counted_from: datetime
    base_minutes: float
    factor: float
    used_minutes: float
    pauses: tuple[Pause, ...]
    due_at: datetime | None
    act_at: datetime | None
    calendar_name: str
    calendar: WorkingCalendar

    @property
    def limit_minutes(self) -> float:
        """The limit with the priority's factor."""
        return self.base_minutes * self.factor

    @property
    def left_minutes(self) -> float:
        """What is left of the limit, never below 0."""
        return max(0.0, self.limit_minutes - self.used_minutes)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a ticket at a moment, and why. ``wake_at``: when to look again by itself."""

    verdict: Verdict
    why: str
    at: datetime
    timeline: Timeline
    tier: Tier | None = None
    clock: StageClock | None = None
    wake_at: datetime | None = None

    @property
    def record(self) -> TicketRecord:
        """The ticket that was judged."""
        return self.timeline.record

    @property
    def stint(self) -> Stint | None:
        """The running stint."""
        return self.timeline.current


def evaluate(timeline: Timeline, policy: Policy, now: datetime) -> Decision:
    """Judge the stage that the ticket's running stint owes at ``now``."""
    record, stint = timeline.record, timeline.current
    if not record.is_escalatable:
        return Decision(Verdict.NOT_ESCALATABLE, record.why_not, now, timeline)
    if timeline.unknown:
        return Decision(Verdict.UNKNOWN, timeline.unknown, now, timeline)
    if stint is None:
        return _without_stint(timeline, now)
    tier = policy.tier(stint.tier)
    if stint.clock_from is None:
        why = "nobody has touched the ticket yet, so its clock has not started"
        return Decision(Verdict.UNTOUCHED, why, now, timeline, tier)
    try:
        clock = stage_clock(stint, tier, policy, record, now)
    except CalendarError as error:
        return Decision(Verdict.UNKNOWN, str(error), now, timeline, tier)
    return _judge(clock, stint, tier, timeline, now)


def stage_clock(stint: Stint, tier: Tier, policy: Policy, record: TicketRecord, now: datetime) -> StageClock:
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
    due_at = calendar.add(counted_from, base * factor, spans)
    return StageClock(
        stage=stage,
        counted_from=counted_from,
        base_minutes=base,
        factor=factor,
        used_minutes=calendar.between(counted_from, now, spans),
        pauses=stint.pauses,
        due_at=due_at,
        act_at=None if due_at is None else calendar.next_open(due_at),
        calendar_name=name,
        calendar=calendar,
    )


def _without_stint(timeline: Timeline, now: datetime) -> Decision:
    if timeline.stints and (last := timeline.stints[-1]).ended_at is not None:
        verdict = Verdict.NOT_WATCHED if last.ended_by.startswith("moved") else Verdict.ENDED
        return Decision(verdict, f"the last stint ended: {last.ended_by}", now, timeline)
    why = f"{timeline.record.place} with status {timeline.record.status.name} is no open ticket of any tier"
    return Decision(Verdict.NOT_WATCHED, why, now, timeline)


def _judge(clock: StageClock, stint: Stint, tier: Tier, timeline: Timeline, now: datetime) -> Decision:
    if stint.pauses and stint.pauses[-1].end is None:
        why = f"the clock stands still: status {stint.pauses[-1].status}"
        return Decision(Verdict.PAUSED, why, now, timeline, tier, clock)
    assert clock.due_at is not None
    assert clock.act_at is not None
    owed = "diagnosis plan" if clock.stage is Stage.DIAGNOSIS else "fix"
    if now < clock.due_at:
        why = f"the {owed} is due in {clock.left_minutes:.0f} working minutes"
        return Decision(Verdict.RUNNING, why, now, timeline, tier, clock, clock.act_at)
    if now < clock.act_at:
        why = f"the limit for the {owed} ran out at closing time; it is judged at the next opening"
        return Decision(Verdict.DUE_AT_OPENING, why, now, timeline, tier, clock, clock.act_at)
    why = f"no {owed} after {clock.limit_minutes:g} working minutes"
    return Decision(Verdict.BREACHED, why, now, timeline, tier, clock)


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
