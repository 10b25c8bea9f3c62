"""The drawing of a ticket's time: a lane for each tier, and in it what counted, stood still, was said and done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.policy.policy import Policy, Tier
from connector.rules.limits import Decision
from connector.rules.stints import Stint
from connector.turn.explaining.account import TicketAccount
from connector.web.console.ticket.axis import AxisTick, TimeAxis, time_axis
from connector.web.console.words import Wall, distance

WIDTH, LEFT, RIGHT = 1100.0, 160.0, 30.0
_TOP, _LANE, _EVERY = 56.0, 44.0, 78.0
_CHARACTER = 7.0
_SHAPE = 9.0
_WEIGHT = ("due", "rise", "override", "plan", "former", "warned", "end")
"""The kinds of marks, that first whose label is kept where not all have room."""

_LEAST = timedelta(minutes=10)
_AHEAD = timedelta(days=3)
"""How far ahead of now a limit may lie and still be drawn."""


@dataclass(frozen=True, slots=True)
class TierLane:
    """A tier's lane. ``words``: its limits."""

    y: float
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch of a lane. ``kind``: what it is, as a class of the style sheet; ``title``: the same in words."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment of a lane. ``kind``: warned, plan, rise, end, former, due, override; ``label``: empty where there is no
    room for it, to the left of it with ``is_left``; ``to_x``: how far an override reaches.
    """

    kind: str
    x: float
    y: float
    label: str
    title: str
    to_x: float = 0.0
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class TicketDrawing:
    """All of it, in units of the view box. ``closed``: where, how wide and how long; ``words``: it in sentences."""

    lanes: Sequence[TierLane]
    closed: Sequence[tuple[float, float, str]]
    ticks: Sequence[AxisTick]
    boxes: Sequence[Box]
    marks: Sequence[Mark]
    present: float | None
    ground: float
    height: float
    words: str
    is_cut: bool
    width: float = WIDTH
    left: float = LEFT
    lane_height: float = _LANE
    top: float = _TOP


def ticket_drawing(account: TicketAccount, wall: Wall) -> TicketDrawing | None:
    """The drawing of a ticket as it was looked at; None where no tier has or had it."""
    decision, policy = account.seen.decision, account.seen.policy
    stints = decision.timeline.stints
    if not stints:
        return None
    return _Drawing(account, decision, policy, stints, wall).whole()


class _Drawing:
    def __init__(
        self, account: TicketAccount, decision: Decision, policy: Policy, stints: Sequence[Stint], wall: Wall
    ) -> None:
        self.account, self.decision, self.policy, self.stints, self.wall = account, decision, policy, stints, wall
        tier = policy.tier(stints[-1].tier)
        _, calendar = policy.calendar_of(tier, decision.record.client)
        self.axis: TimeAxis = time_axis(calendar, stints[0].entered_at, self._end(), LEFT, WIDTH - LEFT - RIGHT)
        tiers = list(reversed(policy.tiers))
        self.y = {tier.number: _TOP + index * _EVERY for index, tier in enumerate(tiers)}
        self.ground = _TOP + len(tiers) * _EVERY - 20
        self.tiers: Sequence[Tier] = tiers

    def whole(self) -> TicketDrawing:
        return TicketDrawing(
            [TierLane(self.y[one.number], one.name, _limits(one)) for one in self.tiers],
            [
                (round(one.x, 1), round(one.width, 1), distance(one.end - one.start))
                for one in self.axis.pieces
                if not one.is_open
            ],
            _apart(self.axis.ticks()),
            [box for stint in self.stints for box in self._boxes(stint)],
            _with_room(list(self._marks())),
            self.axis.x_of(self.decision.at) if self._is_drawn(self.decision.at) else None,
            self.ground,
            self.ground + 48,
            " ".join(self._sentences()),
            self.axis.is_cut,
        )

    def _end(self) -> datetime:
        """The last moment that is drawn: a limit that lies ahead, or a little after now."""
        now, clock = self.decision.at, self.decision.clock
        last = self.stints[-1].ended_at or now
        due = max((at for at in (clock.limit_at, clock.due_at) if at), default=None) if clock else None
        if due is not None and now < due <= now + _AHEAD:
            last = max(last, due)
        return max(last, self.stints[0].entered_at + _LEAST) + (last - self.stints[0].entered_at) / 20

    def _boxes(self, stint: Stint) -> Iterator[Box]:
        y, end = self.y[stint.tier], stint.ended_at or self.decision.at
        if stint.clock_from is not None:
            planned = min(stint.plan.at, end) if stint.plan else end
            for kind, since, until in (("diagnosis", stint.clock_from, planned), ("fix", planned, end)):
                title = f"{kind}, {self._span(since, until)}"
                for x, width in self.axis.stretches(since, until):
                    yield Box(f"stint {kind}", x, y + 4, width, _LANE - 8, title)
        for pause in stint.pauses:
            until = pause.end or end
            title = f"paused ({pause.status}), {self._span(pause.start, until)}"
            for x, width in self.axis.stretches(pause.start, until):
                yield Box("pause", x, y + 11, width, _LANE - 22, title)
        clock = self.decision.clock
        if stint is self.decision.stint and clock is not None and clock.due_at is not None:
            title = f"ahead, {self._span(self.decision.at, clock.due_at)}"
            for x, width in self.axis.stretches(self.decision.at, clock.due_at):
                yield Box("stint ahead", x, y + 4, width, _LANE - 8, title)

    def _marks(self) -> Iterator[Mark]:
        for index, stint in enumerate(self.stints):
            y = self.y[stint.tier]
            if stint.plan is not None and self._is_drawn(stint.plan.at):
                yield self._mark("plan", stint.plan.at, y, "plan")
            if stint.ended_at is not None and self._is_drawn(stint.ended_at):
                following = self.stints[index + 1] if index + 1 < len(self.stints) else None
                is_ours = following is not None and following.is_by_us
                words = "went up" if is_ours else "moved on" if stint.has_left else "ended"
                yield self._mark("rise" if is_ours else "end", stint.ended_at, y, words)
        for deed in self.account.done:
            if deed.what == "warning" and deed.is_real and self._is_drawn(deed.at):
                yield self._mark("warned", deed.at, self._lane_at(deed.at), "warned")
        for override in self.decision.commands.applied:
            if override.until is not None and self._is_drawn(override.at):
                mark = self._mark("override", override.at, self._lane_at(override.at), "override")
                yield replace(mark, to_x=self.axis.x_of(override.until))
        clock, running = self.decision.clock, self.decision.stint
        if clock is not None and running is not None:
            y = self.y[running.tier]
            limit, due = clock.limit_at, clock.due_at
            if limit is not None and limit != due and self._is_drawn(limit):
                yield self._mark("former", limit, y, "limit was")
            if due is not None and self._is_drawn(due):
                yield self._mark("due", due, y, "was due" if due <= self.decision.at else "due")

    def _mark(self, kind: str, at: datetime, y: float, words: str) -> Mark:
        label = f"{words} {at.astimezone(self.axis.zone):%H:%M}"
        return Mark(kind, self.axis.x_of(at), y, label, f"{words} {self.wall.at(at)}")

    def _is_drawn(self, at: datetime) -> bool:
        return self.axis.start <= at <= self.axis.end

    def _lane_at(self, at: datetime) -> float:
        held = next((one for one in reversed(self.stints) if one.entered_at <= at), self.stints[0])
        return self.y[held.tier]

    def _span(self, since: datetime, until: datetime) -> str:
        return f"{self.wall.at(since)} to {self.wall.at(until)}"

    def _sentences(self) -> Iterator[str]:
        for stint in self.stints:
            name = self.policy.tier(stint.tier).name
            until = f"to {self.wall.at(stint.ended_at)}" if stint.ended_at else "until now"
            told = [f"{name} had it from {self.wall.at(stint.entered_at)} {until}"]
            told += [f"plan {self.wall.at(stint.plan.at)}"] if stint.plan else []
            told += [f"paused {self._span(one.start, one.end or self.decision.at)}" for one in stint.pauses]
            yield f"{', '.join(told)}."
        clock = self.decision.clock
        if clock is not None and clock.due_at is not None:
            yield f"Due {self.wall.at(clock.due_at)}."


def _limits(tier: Tier) -> str:
    return f"{tier.diagnosis_minutes:g} min, then {tier.fix_minutes:g}"


def _apart(ticks: Sequence[AxisTick]) -> list[AxisTick]:
    """Ticks whose labels do not touch; a day is told with the next one that stays."""
    found: list[AxisTick] = []
    day = ""
    for tick in ticks:
        day = tick.day or day
        if found and tick.x - found[-1].x < 6 * _CHARACTER:
            continue
        found.append(AxisTick(tick.x, tick.time, day))
        day = ""
    return found


def _with_room(marks: Sequence[Mark]) -> list[Mark]:
    """The marks, each with its label on the side on which there is room, what matters most first; else without."""
    taken = {(mark.y, mark.x - _SHAPE, mark.x + _SHAPE) for mark in marks}
    placed: list[Mark] = []
    for mark in sorted(marks, key=lambda one: _WEIGHT.index(one.kind)):
        width = _CHARACTER * len(mark.label)
        sides = ((mark.x + 10, False), (mark.x - 10 - width, True))
        free = next(
            (
                (start, is_left)
                for start, is_left in sides
                if start >= LEFT
                and start + width <= WIDTH
                and not any(y == mark.y and start < end and begin < start + width for y, begin, end in taken)
            ),
            None,
        )
        if free is None:
            placed.append(replace(mark, label=""))
        else:
            taken.add((mark.y, free[0], free[0] + width))
            placed.append(replace(mark, is_left=free[1]))
    return placed
