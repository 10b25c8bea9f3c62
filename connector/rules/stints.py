"""From a ticket and its history to stints, stages and pauses. Pure.

A stint is the unbroken time for which one tier holds a ticket. It is worked out anew from the history every time
and never stored, so that a change of mind (priority, policy, calendar) needs no correction of anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

from connector.model import BY_CONNECTOR, Aspect, Change, Place, Status, StatusGroup, TicketRecord, Value
from connector.policy.policy import Homes, Policy, StartsAt
from connector.rules.evidence import (
    DiagnosisPlan,
    Pause,
    Period,
    critical_within,
    first_touch,
    holders_within,
    pauses_within,
    plan_within,
    touched_since,
)
from connector.rules.history import ADOPTED, FIRST_SIGHT, held_changes, initial, is_sight

_ENDED = frozenset({StatusGroup.RESOLVED, StatusGroup.CLOSED})
_MOMENT = attrgetter("at")


@dataclass(frozen=True, slots=True)
class Stint:
    """One tier's unbroken time with the ticket.

    ``entered_at``: when the tier got it; ``clock_from``: when its clock started, None before the first touch;
    ``adopted``: the clock was set to the moment of adoption instead of the true start; ``critical_at``: when the
    priority rose to a critical one meanwhile; ``has_left``: a move ended it;
    ``adopted_at``: the earliest moment from which it counts; ``waits``: it was adopted, and its clock waits for its
    turn; ``was_taken_up``: it began in its turn; ``heard_after``: where ``entered_at`` is a guess, the last moment at
    which the tier did not have it. What was said after that may have been said to this stint, and counts;
    ``is_by_us``: the connector moved the ticket here.
    """

    key: str
    tier: int
    entered_at: datetime
    began_by: str
    clock_from: datetime | None
    adopted: bool
    ended_at: datetime | None
    ended_by: str
    plan: DiagnosisPlan | None
    pauses: tuple[Pause, ...]
    holders: tuple[str, ...]
    critical_at: datetime | None = None
    has_left: bool = False
    adopted_at: datetime | None = None
    heard_after: datetime | None = None
    is_by_us: bool = False
    waits: bool = False
    was_taken_up: bool = False

    @property
    def expected_from(self) -> datetime:
        """From when on somebody is expected to touch the ticket: since it came, or was adopted."""
        return self.entered_at if self.adopted_at is None else max(self.entered_at, self.adopted_at)

    @property
    def period(self) -> Period:
        """The time of the stint."""
        return Period(self.entered_at, self.ended_at, self.heard_after)


@dataclass(frozen=True, slots=True)
class Turns:
    """That adopted tickets are taken up one after the other, and how that stands for one of them.

    ``paced_from``: of those adopted from then on; ``since``: the adoption in which it waits, or was taken up; None for
    neither yet. ``begins_at``: when its turn came; None while it waits.
    """

    paced_from: datetime
    since: datetime | None = None
    begins_at: datetime | None = None

    def turn_of(self, adopted_at: datetime) -> datetime | None:
        """When the turn came of the ticket, adopted then; None while it waits."""
        return self.begins_at if self.since == adopted_at else None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The ticket's stints, oldest first. ``current`` is the running one; ``unknown`` says why nobody can tell.

    ``staff``: full names of people of the desk, as far as they could be looked up.
    """

    record: TicketRecord
    stints: tuple[Stint, ...]
    current: Stint | None
    unknown: str = ""
    staff: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Stay:
    """A stint in the making."""

    tier: int
    place: Place
    entered_at: datetime
    began_by: str
    ended_at: datetime | None = None
    ended_by: str = ""
    has_left: bool = False
    heard_after: datetime | None = None
    is_by_us: bool = False


class _State(NamedTuple):
    """Where a ticket is after a change. ``is_ours``: the connector made the change."""

    place: Value
    status: Value
    tier: int | None
    is_open: bool
    is_ours: bool

    def is_away(self, stay: _Stay) -> bool:
        """Whether the tier of that stay does not hold the open ticket any more."""
        return self.tier != stay.tier or not self.is_open


def build_timeline(
    record: TicketRecord,
    changes: Sequence[Change],
    policy: Policy,
    homes: Homes,
    adopted_at: datetime | None = None,
    first_started_at: datetime | None = None,
    unplanned: Collection[str] = (),
    turns: Turns | None = None,
    forgets_after: timedelta | None = None,
    adopted_tiers: Mapping[int, datetime] | None = None,
) -> Timeline:
    """The stints of a ticket.

    ``changes``: the ticket's history, oldest first, ending in the state of ``record``; the system's own or what
    was observed. ``adopted_at``: clocks of stints that began earlier count from then (None: from their history).
    ``first_started_at``: tickets entered before it and first seen later count from when they were seen.
    ``unplanned``: entries that an earlier look found without a plan. ``turns``: where what was adopted is taken up one
    after the other (None: all at once). ``forgets_after``: for how long what is known of closed tickets is kept: one
    that is seen for the first time so late may have been known, and closed, before. ``adopted_tiers``: by their numbers
    tiers that adopted what they held at a moment of their own.
    """
    unknown, unplanned = _unknown(record, policy, homes), frozenset(unplanned)
    changes = held_changes(changes)
    stays = _stays(record, changes, policy, homes, first_started_at, forgets_after)
    touched_at, adopted_of = first_touch(record, changes, policy), adopted_tiers or {}
    stints = tuple(
        [
            _stint(
                stay,
                stay is stays[0],
                record,
                changes,
                policy,
                touched_at,
                adopted_of.get(stay.tier, adopted_at),
                unplanned,
                turns,
            )
            for stay in stays
        ]
    )
    current = stints[-1] if stints and stints[-1].ended_at is None else None
    return Timeline(record, stints, current, unknown)


def _unknown(record: TicketRecord, policy: Policy, homes: Homes) -> str:
    if policy.group_of(record.status) is StatusGroup.UNKNOWN:
        return (
            f"the status {record.status.name!r} belongs to no known group: "
            "name it in WAITING_STATUSES, NEW_STATUSES, PLAN_STATUSES or RESOLVED_STATUSES"
        )
    if not homes.is_certain(record.place):
        return "the ticket may live in a tier whose home does not resolve: " + "; ".join(homes.unresolved.values())
    return ""


def _stays(
    record: TicketRecord,
    changes: Sequence[Change],
    policy: Policy,
    homes: Homes,
    first_started_at: datetime | None,
    forgets_after: timedelta | None,
) -> list[_Stay]:
    """Walk the moves and the endings; each stretch of one tier holding the open ticket is a stay."""
    place, sight = initial(Aspect.PLACE, record, changes)
    status, _ = initial(Aspect.STATUS, record, changes)
    tier = homes.tier_at(place) if isinstance(place, Place) else None
    is_open = _is_open(status, policy, was_open=True)
    stays: list[_Stay] = []
    running: _Stay | None = None
    if tier is not None and is_open and isinstance(place, Place):
        entered_at, began_by = _first_entry(record, sight, tier, first_started_at, forgets_after)
        running = _Stay(tier, place, entered_at, began_by)
        stays.append(running)
    for at, group in groupby(_steps(changes), key=_MOMENT):
        was_open, states = is_open, list[_State]()
        heard_after: datetime | None = None
        is_by_us = False
        for change in group:
            heard_after = heard_after or change.not_before
            if isinstance(change.new, Place):
                place, tier, is_by_us = change.new, homes.tier_at(change.new), change.how == BY_CONNECTOR
            else:
                status, is_open = change.new, _is_open(change.new, policy, was_open=is_open)
            states.append(_State(place, status, tier, is_open=is_open, is_ours=change.how == BY_CONNECTOR))
        ended = running if running and _ends(running, at, states) else None
        if ended:
            running = None
        if running is None and is_open and tier is not None and isinstance(place, Place):
            began_by = "reopened" if not was_open or (ended and not ended.has_left) else "moved here"
            running = _Stay(tier, place, at, began_by, heard_after=heard_after, is_by_us=is_by_us)
            stays.append(running)
    return stays


def _steps(changes: Sequence[Change]) -> list[Change]:
    what = (Aspect.PLACE, Aspect.STATUS)
    return [change for change in changes if change.what in what and not is_sight(change)]


def _is_open(status: Value, policy: Policy, *, was_open: bool) -> bool:
    """An unknown status is neither open nor closed: the ticket stays what it was."""
    if not isinstance(status, Status):
        return was_open
    group = policy.group_of(status)
    return was_open if group is StatusGroup.UNKNOWN else group not in _ENDED


def _first_entry(
    record: TicketRecord,
    sight: Change | None,
    tier: int,
    first_started_at: datetime | None,
    forgets_after: timedelta | None,
) -> tuple[datetime, str]:
    """When the first known tier got the ticket.

    Seen without history on a higher tier, from before the connection's time, or so late that what was known of it may
    have been forgotten: nothing is assumed to be overdue, so it counts from when it was seen.
    """
    if sight is None:
        return record.entered_at, "entered"
    if tier > 1:
        return sight.at, "first seen here"
    is_older = first_started_at is not None and record.entered_at < first_started_at
    is_forgotten = forgets_after is not None and sight.at - record.entered_at > forgets_after
    if sight.how == FIRST_SIGHT and (is_older or is_forgotten):
        return sight.at, "first seen here"
    return record.entered_at, "entered"


def _ends(stay: _Stay, at: datetime, states: Sequence[_State]) -> bool:
    """Whether one moment ends a stay, which is noted in it. ``states``: those that the ticket went through then.

    Ticket systems tell the time in seconds: within one a ticket may be resolved and reopened, or moved there and back.
    What we put back ourselves, upon a rule, ends nothing.
    """
    last = states[-1]
    if last.is_away(stay):
        _close(stay, at, last)
        return True
    if len(states) == 1:
        return False
    back = ((one, then) for one, then in pairwise(states) if one.is_away(stay) and not then.is_away(stay))
    away = next((one for one, then in back if not then.is_ours), None)
    if away is None or stay.entered_at >= at:
        return False
    _close(stay, at, away)
    return True


def _close(stay: _Stay, at: datetime, state: _State) -> None:
    stay.ended_at = at
    if not state.is_open and isinstance(state.status, Status):
        stay.ended_by = f"status {state.status.name}"
    else:
        stay.ended_by, stay.has_left = f"moved to {state.place}", True


def _stint(
    stay: _Stay,
    is_first: bool,
    record: TicketRecord,
    changes: Sequence[Change],
    policy: Policy,
    touched_at: datetime | None,
    adopted_at: datetime | None,
    unplanned: Collection[str],
    turns: Turns | None,
) -> Stint:
    clock_from = _clock_start(stay, policy, touched_at)
    within = Period(stay.entered_at, stay.ended_at, stay.heard_after)
    floor = _floor(changes, adopted_at, None if is_first else within)
    adopted = clock_from is not None and floor is not None and stay.entered_at < floor and clock_from <= floor
    if adopted:
        clock_from = floor
    waits = was_taken_up = was_touched = False
    if turns is not None and floor is not None and _takes_turn(stay, clock_from, floor, turns, policy):
        turn, touch = turns.turn_of(floor), touched_since(record, changes, policy, floor) if adopted else None
        begins_at = min((at for at in (turn, touch) if at is not None), default=None)
        waits, was_taken_up = begins_at is None, begins_at is not None and begins_at == turn
        was_touched = begins_at is not None and begins_at != turn
        clock_from = begins_at if adopted else None
        floor = begins_at or floor
    plan = plan_within(within, is_first, record, changes, policy, unplanned)
    if plan and clock_from and plan.at < clock_from and (adopted or plan.at >= stay.entered_at):
        plan = replace(plan, at=clock_from)
    return Stint(
        key=f"{stay.entered_at:%Y%m%dT%H%M%SZ}@{stay.place.key}",
        tier=stay.tier,
        entered_at=stay.entered_at,
        began_by=stay.began_by,
        clock_from=clock_from,
        adopted=adopted and not was_touched,
        ended_at=stay.ended_at,
        ended_by=stay.ended_by,
        plan=plan,
        pauses=pauses_within(within, record, changes, policy),
        holders=holders_within(within, record, changes, policy),
        critical_at=critical_within(within, changes, policy),
        has_left=stay.has_left,
        adopted_at=floor,
        heard_after=stay.heard_after,
        is_by_us=stay.is_by_us,
        waits=waits,
        was_taken_up=was_taken_up,
    )


def _takes_turn(stay: _Stay, clock_from: datetime | None, floor: datetime, turns: Turns, policy: Policy) -> bool:
    """Whether an adopted stint is one that is taken up in its turn: its clock would begin with its adoption, or people
    would be told that nobody touches it.
    """
    if stay.ended_at is not None or stay.entered_at >= floor or floor < turns.paced_from:
        return False
    return clock_from == floor or (clock_from is None and policy.untouched_minutes > 0)


def _floor(changes: Sequence[Change], adopted_at: datetime | None, within: Period | None) -> datetime | None:
    """The earliest start of a stint's clock: a later survey of open tickets adopts at its own moment.

    ``within``: the stint that a survey must have met; None for the first one, which any survey met.
    """
    if adopted_at is None:
        return None
    surveyed = [
        change.at
        for change in changes
        if change.what is Aspect.PLACE and change.how == ADOPTED and (within is None or within.holds(change.at))
    ]
    return max([adopted_at, *surveyed])


def _clock_start(stay: _Stay, policy: Policy, touched_at: datetime | None) -> datetime | None:
    if policy.tier(stay.tier).starts_at is StartsAt.ASSIGNMENT:
        return stay.entered_at
    if touched_at is None:
        return None
    # Whoever touched the ticket before this stint touched it for good: then the stint counts from its beginning.
    first = max(touched_at, stay.entered_at)
    return first if stay.ended_at is None or first < stay.ended_at else None
