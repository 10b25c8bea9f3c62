"""The figures of a report, counted from the stories of tickets in one pass, wherever those come from. Pure.

What is kept grows with the number of clients, boards and people, not with that of the tickets: of these the lengths of
their stages stay, as plain numbers, and so many rows as a page lists. All lengths are working minutes.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from connector.model import Reason, Stage
from connector.policy.policy import FixStartsAt, Policy, Tier
from connector.report.lengths import Lengths, LengthsKey
from connector.report.story import (
    Alone,
    HowEnded,
    LeftAlone,
    Overriding,
    Rise,
    Scope,
    StintRow,
    Story,
    Subject,
    Training,
)
from connector.working_time.zones import load_zone

MOST_LISTED = 100
"""So many rows of a kind are kept for a page to list; the sheet has them all."""

LONG = 1.5
"""What took so many times its limit took long."""

_NEVER_PLANNED = "resolved without a plan"

Hour = tuple[int, int]
"""A weekday (0: Monday) and an hour, in the report's zone."""

Board = tuple[str, str]
"""A connection, and the name of a place there."""


_Row = TypeVar("_Row")


class Warned:
    """What became of the tickets that were warned, or would have been: counted each once."""

    __slots__ = ("made", "moved", "open", "went_up", "written")

    def __init__(self) -> None:
        self.written = self.made = self.went_up = self.moved = self.open = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self.made + self.went_up + self.moved + self.open


@dataclass(frozen=True, slots=True)
class ListedRise:
    """An escalation as a list shows it. ``came_of_it``: what became of the ticket then, empty where nobody knows.

    ``after_minutes``: how long the stage took in fact, where it came to an end on the same tier.
    """

    subject: Subject
    rise: Rise
    came_of_it: str = ""
    after_minutes: float | None = None


@dataclass(slots=True)
class Figures:
    """All of a report that is counted.

    ``tickets``: those with a clock. ``done``, ``would``: escalations that were done, that would have been; ``gone_up``:
    the tickets that they are of. ``by_…``: escalations, done and not, by the tier that they leave, by each of their
    reasons, and so on; ``by_stage``: those by time. Of these ``known_after``: it is known how long the stage took in
    fact; ``long_after``: longer than half as long again as the limit; ``never_planned``: resolved there without a plan.
    ``by_day``: by the day and the tier that they leave; ``paused_by_…``: for how long the clock stood still, in stints
    that are over. ``held``: stints by tier and how they ended. ``lengths``: in the order of the ladders. ``notes``:
    those whose notes were looked at, and ``missing`` the sections of these that had nothing to say, the permissions
    only where these were what was missing.
    ``resting``: how many of them rest on an assumption, and ``assumed`` on which. ``listed``: the escalations that a
    page lists, oldest first: those that took longest.
    """

    scope: Scope
    working_days: int
    tiers: tuple[str, ...]
    usual: dict[tuple[str, str], Tier]
    tickets: int = 0
    done: int = 0
    would: int = 0
    gone_up: int = 0
    finals: int = 0
    asked_for: int = 0
    resting: int = 0
    by_tier: Counter[str] = field(default_factory=Counter)
    by_reason: Counter[Reason] = field(default_factory=Counter)
    by_client: Counter[str] = field(default_factory=Counter)
    by_board: Counter[Board] = field(default_factory=Counter)
    by_hour: Counter[Hour] = field(default_factory=Counter)
    by_day: Counter[tuple[date, str]] = field(default_factory=Counter)
    by_stage: Counter[tuple[str, Stage]] = field(default_factory=Counter)
    by_limit: Counter[tuple[str, Stage, float]] = field(default_factory=Counter)
    known_after: Counter[tuple[str, Stage]] = field(default_factory=Counter)
    long_after: Counter[tuple[str, Stage]] = field(default_factory=Counter)
    never_planned: int = 0
    done_by_connection: Counter[str] = field(default_factory=Counter)
    would_by_connection: Counter[str] = field(default_factory=Counter)
    tickets_by_client: Counter[str] = field(default_factory=Counter)
    tickets_by_board: Counter[Board] = field(default_factory=Counter)
    tickets_by_tier: Counter[str] = field(default_factory=Counter)
    held: Counter[tuple[str, HowEnded]] = field(default_factory=Counter)
    paused_by_tier: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    paused_by_client: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    paused_by_board: dict[Board, float] = field(default_factory=lambda: defaultdict(float))
    warned: Warned = field(default_factory=Warned)
    lengths: dict[LengthsKey, Lengths] = field(default_factory=dict)
    notes: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    undocumented: Counter[str] = field(default_factory=Counter)
    assumed: Counter[str] = field(default_factory=Counter)
    overridings: int = 0
    applied_by: Counter[str] = field(default_factory=Counter)
    refused_by: Counter[str] = field(default_factory=Counter)
    trainings: int = 0
    trainings_of: Counter[tuple[str, str]] = field(default_factory=Counter)
    alone: Counter[Alone] = field(default_factory=Counter)
    alone_because: dict[Alone, Counter[str]] = field(default_factory=lambda: {why: Counter() for why in Alone})
    listed: list[ListedRise] = field(default_factory=list)
    listed_overridings: list[tuple[Subject, Overriding]] = field(default_factory=list)
    listed_trainings: list[tuple[Subject, Training]] = field(default_factory=list)
    listed_alone: dict[Alone, list[tuple[Subject, LeftAlone]]] = field(
        default_factory=lambda: {why: [] for why in Alone}
    )
    listed_made: list[Subject] = field(default_factory=list)

    @property
    def rises(self) -> int:
        """How many escalations there are, done and not."""
        return self.done + self.would

    @property
    def left_alone(self) -> int:
        """How many tickets were left alone."""
        return self.alone.total()

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which hours and days are told."""
        return load_zone(self.scope.zone)


def tally(stories: Iterable[Story], scope: Scope, policy: Policy) -> Figures:
    """Count the stories, in one pass. ``policy``: the one by which the ladders, usual limits and tiers' modes go."""
    usual = {(ladder.ladder, tier.name): tier for ladder in policy.every_ladder for tier in ladder.tiers}
    figures = Figures(scope, _working_days(scope, policy), tuple(dict.fromkeys(name for _, name in usual)), usual)
    counting = _Counting(figures, policy)
    for story in stories:
        counting.add(story)
    counting.end()
    return figures


def _working_days(scope: Scope, policy: Policy) -> int:
    """On how many days of the report's time the first tier's calendar is open."""
    zone, calendar = load_zone(scope.zone), policy.calendars[policy.tier(1).calendar]
    day = scope.since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = 0
    while day < scope.until:
        after = (day + timedelta(days=1)).replace(hour=0)
        days += calendar.between(max(day, scope.since), min(after, scope.until)) > 0
        day = after
    return days


class _Counting:
    """The pass over the stories."""

    def __init__(self, figures: Figures, policy: Policy) -> None:
        self.figures = figures
        self.zone = figures.zone
        self.fix_needs_plan = policy.fix_starts_at is FixStartsAt.PLAN
        self.latest: list[tuple[float, int, ListedRise]] = []

    def add(self, story: Story) -> None:
        figures, subject = self.figures, story.subject
        rises = story.counted_rises
        self._count_words(story)
        if story.left_alone is not None:
            self._count_alone(subject, story.left_alone)
            return
        if not story.stints and not rises:
            return  # its clock did not run in this time, as where it was resolved before and closed now
        figures.tickets += 1
        figures.gone_up += bool(rises)
        figures.tickets_by_client[subject.client] += 1
        figures.tickets_by_board[subject.connection, subject.board] += 1
        for tier in {row.tier for row in story.stints}:
            figures.tickets_by_tier[tier] += 1
        for rise in rises:
            self._count_rise(story, rise)
        for row in story.stints:
            paused = row.paused_minutes or 0.0
            figures.paused_by_tier[row.tier] += paused
            figures.paused_by_client[subject.client] += paused
            figures.paused_by_board[subject.connection, subject.board] += paused
            self._count_stint(row, [rise for rise in rises if rise.stint == row.key])
        self._count_warned(story, rises)

    def end(self) -> None:
        """Put in order what is listed and what is told by tier."""
        figures = self.figures
        figures.listed = sorted(
            (one for _, _, one in self.latest),
            key=lambda one: (one.rise.at, one.subject.connection, one.subject.ticket),
        )
        others = sorted({*figures.by_tier, *figures.tickets_by_tier} - set(figures.tiers))
        figures.tiers = (*figures.tiers, *others)
        rank = {name: n for n, name in enumerate(figures.tiers)}
        ordered = sorted(figures.lengths, key=lambda key: (key[0], rank[key[1]], key[2] is Stage.FIX))
        figures.lengths = {key: figures.lengths[key] for key in ordered}

    def _count_words(self, story: Story) -> None:
        """What people said and asked: it counts of every ticket."""
        figures = self.figures
        for overriding in story.overridings:
            figures.overridings += 1
            (figures.refused_by if overriding.refused else figures.applied_by)[overriding.by] += 1
            _keep(figures.listed_overridings, (story.subject, overriding))
        for training in story.trainings:
            figures.trainings += 1
            figures.trainings_of[training.who, training.topic] += 1
            _keep(figures.listed_trainings, (story.subject, training))

    def _count_alone(self, subject: Subject, left: LeftAlone) -> None:
        self.figures.alone[left.why] += left.tickets
        self.figures.alone_because[left.why][left.detail] += left.tickets
        if subject.ticket:
            _keep(self.figures.listed_alone[left.why], (subject, left))

    def _count_rise(self, story: Story, rise: Rise) -> None:
        figures, subject = self.figures, story.subject
        local = rise.at.astimezone(self.zone)
        figures.done += rise.is_done
        figures.would += not rise.is_done
        figures.finals += rise.is_final
        figures.asked_for += bool(rise.asked_by)
        figures.by_tier[rise.tier] += 1
        figures.by_client[subject.client] += 1
        figures.by_board[subject.connection, subject.board] += 1
        figures.by_hour[local.weekday(), local.hour] += 1
        figures.by_day[local.date(), rise.tier] += 1
        (figures.done_by_connection if rise.is_done else figures.would_by_connection)[subject.connection] += 1
        for reason in rise.reasons:
            figures.by_reason[reason] += 1
        if rise.missing is not None:
            figures.notes += 1
            figures.missing.update(rise.lacking)
        figures.undocumented.update(_once(rise.undocumented))
        figures.resting += bool(subject.assumed)
        figures.assumed.update(_once(subject.assumed))
        listed = ListedRise(subject, rise, *came_of(story, rise))
        if Reason.TIME in rise.reasons:
            self._count_breach(rise, listed)
        late = (listed.after_minutes or rise.used_minutes) - rise.limit_minutes
        entry = (late, -figures.rises, listed)
        (heapq.heappush if len(self.latest) < MOST_LISTED else heapq.heappushpop)(self.latest, entry)

    def _count_breach(self, rise: Rise, listed: ListedRise) -> None:
        figures, key = self.figures, (rise.tier, rise.stage)
        figures.by_stage[key] += 1
        figures.by_limit[*key, rise.limit_minutes] += 1
        if listed.after_minutes is not None:
            figures.known_after[key] += 1
            figures.long_after[key] += listed.after_minutes > LONG * rise.limit_minutes
        figures.never_planned += listed.came_of_it == _NEVER_PLANNED

    def _count_stint(self, row: StintRow, rises: list[Rise]) -> None:
        self.figures.held[row.tier, row.how_ended] += 1
        by_time = {rise.stage: rise for rise in rises if Reason.TIME in rise.reasons}
        worked = row.worked_minutes
        if row.plan_minutes is not None:
            self._count_length(row, Stage.DIAGNOSIS, row.plan_minutes, by_time, is_over=True, is_met=True)
        elif worked is not None or Stage.DIAGNOSIS in by_time:
            is_over = row.how_ended in (HowEnded.RESOLVED, HowEnded.MOVED)
            is_met = row.how_ended is HowEnded.RESOLVED
            self._count_length(row, Stage.DIAGNOSIS, worked, by_time, is_over=is_over, is_met=is_met)
        if self.fix_needs_plan and row.plan_minutes is None:
            return
        if row.fix_minutes is not None:
            self._count_length(row, Stage.FIX, row.fix_minutes, by_time, is_over=True, is_met=True)
        elif worked is not None or Stage.FIX in by_time:
            spent = None if worked is None else worked - (row.plan_minutes or 0.0) * self.fix_needs_plan
            is_over = row.how_ended is HowEnded.MOVED
            self._count_length(row, Stage.FIX, spent, by_time, is_over=is_over, is_met=False)

    def _count_length(
        self,
        row: StintRow,
        stage: Stage,
        minutes: float | None,
        by_time: dict[Stage, Rise],
        *,
        is_over: bool,
        is_met: bool,
    ) -> None:
        rise = by_time.get(stage)
        least = max(rise.used_minutes, rise.limit_minutes) if rise else 0.0
        limit = row.plan_limit if stage is Stage.DIAGNOSIS else row.fix_limit
        limit = limit or (rise.limit_minutes if rise else None)
        tier = self.figures.usual.get((row.ladder, row.tier))
        if tier is not None:
            usual = tier.diagnosis_minutes if stage is Stage.DIAGNOSIS else tier.fix_minutes
        elif limit is not None:
            usual = limit
        else:
            return
        lengths = self.figures.lengths.setdefault((row.ladder, row.tier, stage), Lengths(usual))
        is_known = minutes is not None and is_over
        lengths.add(
            minutes if minutes is not None and (is_over or minutes > least) else least,
            limit,
            is_over=is_known,
            is_met=is_met,
            has_risen=rise is not None,
        )

    def _count_warned(self, story: Story, rises: tuple[Rise, ...]) -> None:
        rows = [row for row in story.stints if row.was_warned]
        if not rows:
            return
        warned, keys = self.figures.warned, {row.key for row in rows}
        ended = {row.how_ended for row in rows}
        warned.written += any(row.is_warning_written for row in rows)
        if any(rise.stint in keys for rise in rises):
            warned.went_up += 1
        elif HowEnded.RUNNING in ended:
            warned.open += 1
        elif HowEnded.RESOLVED in ended:
            warned.made += 1
            _keep(self.figures.listed_made, story.subject)
        else:
            warned.moved += 1


def _keep(rows: list[_Row], row: _Row) -> None:
    if len(rows) < MOST_LISTED:
        rows.append(row)


def _once(words: Iterable[str]) -> list[str]:
    """Each of them once, in their order: the same figures are told in the same words every time."""
    return list(dict.fromkeys(words))


def came_of(story: Story, rise: Rise) -> tuple[str, float | None]:
    """What became of a ticket after its escalation, or of one that stayed; and how long the stage took in fact."""
    row = story.stint(rise.stint)
    if rise.is_done and not rise.is_final:
        return _at_the_next(story, rise), None
    if row is None:
        return "", None
    minutes = row.plan_minutes if rise.stage is Stage.DIAGNOSIS else row.fix_minutes
    if minutes is not None:
        return ("plan" if rise.stage is Stage.DIAGNOSIS else "fixed"), minutes
    if row.how_ended is HowEnded.RUNNING:
        return f"no {rise.stage.owed} yet", None
    if rise.stage is Stage.FIX:
        return row.how_ended.value, None
    if row.how_ended is HowEnded.WENT_UP:
        return f"{row.how_ended.value} without a plan", None
    resolved = row.how_ended is HowEnded.RESOLVED
    return _NEVER_PLANNED if resolved else f"{row.how_ended.value} without a plan", row.worked_minutes


def _at_the_next(story: Story, rise: Rise) -> str:
    """What became of it on the tier that it went up to."""
    after = min((row for row in story.stints if row.began_at >= rise.at), key=lambda row: row.began_at, default=None)
    if after is None:
        return ""
    return f"{'open' if after.how_ended is HowEnded.RUNNING else after.how_ended.value} at {after.tier}"
