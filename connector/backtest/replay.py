"""What would have been done to a past ticket under a policy, to the second: the live rules over its history. Pure.

The ticket is looked at wherever something happened to it that may matter, and at each moment that such a look asks for:
a warning, a limit. Each look sees what was there by then and no more, and is judged by the rules that judge live. As in
observe mode nothing is moved: a stint goes on as it went on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import zip_longest

from connector.backtest.rises import rise_of, trainings_of
from connector.backtest.ticket import Life, PastTicket, Stood
from connector.model import (
    BY_CONNECTOR,
    Aspect,
    Change,
    Entry,
    Place,
    Ref,
    Stage,
    Status,
    StatusGroup,
    TicketRecord,
    Value,
)
from connector.policy.policy import FixStartsAt, Homes, Policy
from connector.reading.plans import may_plan
from connector.report.story import (
    LONG_PAUSE,
    Alone,
    HowEnded,
    LeftAlone,
    Overriding,
    Rise,
    StintRow,
    Story,
    Subject,
    Training,
)
from connector.rules.account import account_of
from connector.rules.commands import NOTHING, Commands, Managers, read_commands, says_something
from connector.rules.escalation import Demand, Documentation, demand_of
from connector.rules.limits import Decision, Verdict, evaluate
from connector.rules.stints import Stint, build_timeline

_WARNED_OF = frozenset({Verdict.RUNNING, Verdict.OVERRIDDEN})
AT_ONCE = timedelta(0)
_MOMENT = timedelta(microseconds=1)
_OVER = frozenset({Verdict.ENDED, Verdict.NOT_WATCHED, Verdict.NOT_ESCALATABLE})
_PASSING = frozenset({StatusGroup.NEW, StatusGroup.WORKING, StatusGroup.WAITING})
"""Between these a status neither ends anything nor records a plan."""

_ENDING = frozenset({StatusGroup.RESOLVED, StatusGroup.CLOSED})


@dataclass(frozen=True, slots=True)
class Rules:
    """Under which rules past tickets of one connection are replayed.

    ``managers``: for the policy of a ladder, who may override on each of its tiers; ``staff``: full names of the desk's
    people, who are known besides those who wrote on a ticket.
    """

    policy: Policy
    homes: Homes
    managers: Callable[[Policy], Managers] = lambda _: {}
    staff: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Seen:
    """What the looks at one ticket found so far."""

    whole: TicketRecord
    reads_notes: bool
    rises: dict[tuple[str, str], Rise] = field(default_factory=dict)
    warned: set[tuple[str, Stage]] = field(default_factory=set)
    trainings: dict[str, Training] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Look:
    """A decision with the policy of the ladder that the ticket was on, and all that people had ordered by then."""

    decision: Decision
    policy: Policy
    commands: Commands


def replay(ticket: PastTicket, rules: Rules, since: datetime, until: datetime, *, reads_notes: bool = True) -> Story:
    """What would have been done to a ticket from ``since`` until ``until``, and how long its stints took.

    ``reads_notes``: whether it is worked out of an escalation which sections of its note had nothing to say. That takes
    as long as all the rest of a ticket.

    Of its life before only what still counted then is told: stints that ran on, and nothing that went up.
    """
    record, until = ticket.record, min(until, ticket.record.read_at)
    agents = [entry for entry in record.entries if entry.is_agents]
    asks = any(map(says_something, agents))
    plans = {entry.id for entry in agents if may_plan(entry.text)}
    entries = record.entries if asks else tuple(_that_matter(record, plans))
    life, seen = Life(ticket, entries), _Seen(record, reads_notes)
    ours = {change.at for change in ticket.changes if change.how == BY_CONNECTOR}
    moments = [one for one in _moments(ticket, entries, rules.policy, plans, asks=asks) if one[0] < until]
    only_by_time = not asks and not rules.policy.escalate_when_critical
    look: _Look | None = None
    wake: datetime | None = None
    for (at, within), after in zip(moments, (*(moment for moment, _ in moments[1:]), until), strict=False):
        while wake is not None and wake < at:
            look, wake = _looked(life, wake, rules, seen, at)
        if at in ours:  # what we did in a second came after what had us do it
            _take_in(_before_ours(life, at, rules), seen, at)
        if _asks_for_a_look(within, look, wake, only_by_time=only_by_time):
            look, wake = _looked(life, at, rules, seen, after)
        elif within is not None:
            wake = at + within if wake is None else min(wake, at + within)
    while wake is not None and wake < until:
        look, wake = _looked(life, wake, rules, seen, until)
    if look is None or look.decision.verdict not in _OVER:
        look = _look(life.at(until), until, rules)
    stints = tuple(_stints(look, seen, ticket, since))
    rises = tuple(rise for rise in seen.rises.values() if rise.at >= since)
    has_to_tell = bool(rises) or any(row.ended_at is not None for row in stints)
    return Story(
        subject=_subject(ticket, _held_at(look, life, seen)),
        stints=stints,
        rises=rises,
        overridings=tuple(_overridings(look, since)),
        trainings=tuple(one for one in seen.trainings.values() if one.at >= since),
        left_alone=None if has_to_tell else _left_alone(look, until),
    )


# --- where to look --------------------------------------------------------------------------------------------


def _that_matter(record: TicketRecord, plans: Collection[str]) -> Iterator[Entry]:
    """The entries that can decide anything where nobody commanded: the first touch, and ``plans``, by their ids."""
    is_touched = False
    for index, entry in enumerate(record.entries):
        touches = not is_touched and entry.is_agents and not record.came_with(entry)
        if index == 0 or touches or entry.is_claimed or entry.id in plans:
            yield entry
        is_touched = is_touched or touches


def _moments(
    ticket: PastTicket, entries: Iterable[Entry], policy: Policy, plans: Collection[str], *, asks: bool
) -> list[tuple[datetime, timedelta | None]]:
    """When something happened to a ticket that may decide anything, oldest first; of its owners, that it first had one.

    With each how soon it can make something fall due: no clock counts more than the time that passes. None: by itself
    it makes nothing fall due sooner, as a pause, its end, or the end of a stint. ``plans``: the
    entries that may record a plan, by their ids; ``asks``: whether somebody commanded.
    """
    record, (least, least_of_fix) = ticket.record, _least_times(ticket, policy)
    moments: dict[datetime, timedelta | None] = {record.entered_at: least}
    is_owned = False

    def happened(at: datetime, within: timedelta | None) -> None:
        known = moments.get(at)
        moments[at] = within if known is None else known if within is None else min(known, within)

    for change in ticket.changes:
        if change.what is Aspect.OWNER and is_owned and not asks:
            continue
        is_owned = is_owned or (change.what is Aspect.OWNER and change.new is not None)
        happened(change.at, _within(change, policy, least))
    plan_within = AT_ONCE if policy.fix_starts_at is FixStartsAt.STINT else least_of_fix
    for entry in entries:
        happened(entry.at, AT_ONCE if asks else plan_within if entry.id in plans else None)
    if record.planned_at is not None:
        happened(record.planned_at, plan_within)
    return sorted(moments.items())


def _least_times(ticket: PastTicket, policy: Policy) -> tuple[timedelta, timedelta]:
    """The least that passes between the start of a stage of a ticket and its first warning, or its limit: of any stage,
    and of a fix.
    """
    held = (change for change in ticket.changes if change.what is Aspect.PRIORITY)
    priorities = [ticket.record.priority, *(value for change in held for value in (change.old, change.new))]
    factor = min(policy.factor_of(one if isinstance(one, Ref) else None) for one in priorities)
    tiers = [tier for one in policy.every_ladder for tier in one.tiers]
    fix = min([tier.fix_minutes for tier in tiers])
    of_any, share = min(fix, *[tier.diagnosis_minutes for tier in tiers]), factor * (policy.warn_at or 1.0)
    return timedelta(minutes=of_any * share), timedelta(minutes=fix * share)


def _within(change: Change, policy: Policy, least: timedelta) -> timedelta | None:
    """How soon a change can make something fall due."""
    if change.what is Aspect.OWNER:
        return None
    if change.what is Aspect.PLACE:
        return least
    old, new = _group(change.old, policy), _group(change.new, policy)
    if new in _PASSING and old in _PASSING:
        return None
    if new is None or StatusGroup.UNKNOWN in (old, new) or policy.fix_starts_at is FixStartsAt.STINT:
        return AT_ONCE
    return None if new in _ENDING else least


def _asks_for_a_look(
    within: timedelta | None, look: _Look | None, wake: datetime | None, *, only_by_time: bool
) -> bool:
    """Whether only a look can tell what it does that something happened. ``look``, ``wake``: the last one, and when the
    next one is due; ``only_by_time``: nothing but a limit can have the ticket go up.
    """
    if within == AT_ONCE:
        return True
    if look is None or wake is not None:
        return False
    # A stage that ran out is told of; the next one begins with this at the earliest, and has all its time.
    is_told = only_by_time and look.decision.verdict is Verdict.BREACHED
    return within is None or not is_told


def _group(status: Value, policy: Policy) -> StatusGroup | None:
    return policy.group_of(status) if isinstance(status, Status) else None


def _looked(
    life: Life, at: datetime, rules: Rules, seen: _Seen, nothing_before: datetime
) -> tuple[_Look, datetime | None]:
    """A look, with what it found taken in, and when the clock asks for the next one.

    ``nothing_before``: nothing happens to the ticket between the look and that moment.
    """
    look = _look(life.at(at), at, rules)
    again = _take_in(look, seen, nothing_before)
    return look, again if again is not None and again > at else None


def _before_ours(life: Life, at: datetime, rules: Rules) -> _Look:
    """What we had decided when we did something then: of all that it may have been, the first that has the ticket go
    up, else the likeliest.
    """
    likeliest: _Look | None = None
    for stood in life.before_ours(at):
        look = _look(stood, at, rules)
        if _demanded(look) is not None:
            return look
        likeliest = likeliest or look
    assert likeliest is not None
    return likeliest


def _look(stood: Stood, at: datetime, rules: Rules) -> _Look:
    """What a turn would have decided then."""
    record, changes = stood
    policy, homes = rules.policy.for_ticket(record, rules.homes)
    timeline = build_timeline(record, changes, policy, homes)
    if rules.staff and any(entry.is_agents for entry in record.entries):
        timeline = replace(timeline, staff=rules.staff)
    commands = NOTHING
    if any(map(says_something, record.entries)):  # what nearly is a plan decides nothing
        commands = read_commands(timeline, policy, rules.managers(policy))
    return _Look(evaluate(timeline, policy, at, commands), policy, commands)


# --- what a look finds ----------------------------------------------------------------------------------------


def _take_in(look: _Look, seen: _Seen, nothing_before: datetime) -> datetime | None:
    """Remember what would have been done now, or surely will be; returns when to look again by itself."""
    decision = look.decision
    stint, clock = decision.stint, decision.clock
    if stint is None or clock is None:
        return None
    demand = _demanded(look)
    if demand is not None:
        if (stint.key, demand.key) not in seen.rises:
            whole = seen.whole if seen.reads_notes else None
            seen.rises[stint.key, demand.key] = rise_of(decision, look.policy, demand, whole)
            seen.trainings.update(trainings_of(demand.requests, seen.whole))
        return decision.wake_at
    again = decision.wake_at
    if decision.verdict in _WARNED_OF and (stint.key, clock.stage) not in seen.warned:
        warn_at = clock.warn_at()
        if warn_at is not None and warn_at < max(nothing_before, decision.at + _MOMENT):
            seen.warned.add((stint.key, clock.stage))
        elif warn_at is not None:
            again = warn_at if again is None else min(again, warn_at)
    return again


def _demanded(look: _Look) -> Demand | None:
    return demand_of(look.decision, look.policy, Documentation(look.decision))


# --- what is told at the end ----------------------------------------------------------------------------------


def _held_at(last: _Look, life: Life, seen: _Seen) -> Place:
    """Where the ticket was when it would have gone up for the first time, else when its first stint began."""
    if seen.rises:  # where it stood before it was moved on, which may have been in that very moment
        return next(life.before_ours(min(rise.at for rise in seen.rises.values())))[0].place
    began = [one.entered_at for one in last.decision.timeline.stints]
    return life.place_at(min(began)) if began else last.decision.record.place


def _subject(ticket: PastTicket, board: Place) -> Subject:
    record = ticket.record
    return Subject(
        connection=ticket.connection,
        ticket=record.id,
        summary=record.summary,
        client=record.client.name if record.client else "",
        board=str(board),
        link=record.url,
        assumed=ticket.not_told,
    )


def _stints(last: _Look, seen: _Seen, ticket: PastTicket, since: datetime) -> Iterator[StintRow]:
    """The stints that ran at some time from ``since`` on."""
    policy, stints = last.policy, last.decision.timeline.stints
    factor = policy.factor_of(ticket.record.priority)
    for stint, after in zip_longest(stints, stints[1:]):
        if stint.ended_at is not None and stint.ended_at < since:
            continue
        took, tier = account_of(stint, policy, last.decision.record), policy.tier(stint.tier)
        yield StintRow(
            key=stint.key,
            tier=tier.name,
            began_at=stint.entered_at,
            how_ended=_how_ended(stint, after),
            ladder=policy.ladder,
            holder=stint.holders[-1] if stint.holders else "",
            ended_at=stint.ended_at,
            ended_by=stint.ended_by,
            plan_minutes=took.to_plan,
            fix_minutes=took.to_fix,
            worked_minutes=took.worked,
            paused_minutes=took.paused,
            plan_limit=tier.diagnosis_minutes * factor,
            fix_limit=tier.fix_minutes * factor,
            was_warned=any((stint.key, stage) in seen.warned for stage in Stage),
            is_warning_written=False,
        )


def _how_ended(stint: Stint, after: Stint | None) -> HowEnded:
    if stint.ended_at is None:
        return HowEnded.RUNNING
    if not stint.has_left:
        return HowEnded.RESOLVED
    return HowEnded.WENT_UP if after is not None and after.is_by_us else HowEnded.MOVED


def _overridings(last: _Look, since: datetime) -> Iterator[Overriding]:
    """What managers said, and who said it without being one, of all stints."""
    for overrides in last.commands.overrides.values():
        for one in overrides:
            if one.at >= since:
                how = "off" if one.is_off else "no limit" if one.lifts else "later"
                yield Overriding(one.at, one.identifier or one.by, one.tier, how, one.reason, one.refused)


def _left_alone(last: _Look, until: datetime) -> LeftAlone | None:
    decision = last.decision
    if decision.verdict is Verdict.UNKNOWN:
        return LeftAlone(Alone.UNKNOWN, decision.why)
    was_held = bool(decision.timeline.stints)
    if decision.verdict is Verdict.NOT_ESCALATABLE or (decision.verdict is Verdict.NOT_WATCHED and not was_held):
        return LeftAlone(Alone.NOT_WATCHED, decision.why)
    if decision.verdict is Verdict.PAUSED and decision.clock is not None:
        pause = decision.clock.pauses[-1]
        if until - pause.start > LONG_PAUSE:
            return LeftAlone(Alone.PAUSED, pause.status, pause.start)
    return None
