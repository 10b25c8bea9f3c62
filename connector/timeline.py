"""From a ticket and its history to stints, stages and pauses. Pure.

A stint is the unbroken time for which one tier holds a ticket. It is worked out anew from the history every time
and never stored, so that a change of mind (priority, policy, calendar) needs no correction of anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from connector.commands import plan_in
from connector.model import (
    Aspect,
    AuthorKind,
    Change,
    Entry,
    Person,
    Place,
    Status,
    StatusGroup,
    TicketRecord,
    Value,
    Visibility,
)
from connector.policy import Homes, Policy, StartsAt

FIRST_SIGHT = "first sight"
"""``Change.how`` of what was found when a ticket was seen for the first time: the state, not a change."""

ADOPTED = "adopted"
"""Like FIRST_SIGHT, for a ticket that was already open at the connection's first start."""

BY_CONNECTOR = "connector"
"""``Change.how`` of a change that the connector made itself."""

HOLD_WINDOW = timedelta(minutes=2)
"""A move of ours that is turned back into its exact opposite within this time did not hold."""

_DESCRIPTION_WINDOW = timedelta(seconds=5)
_ENDED = frozenset({StatusGroup.RESOLVED, StatusGroup.CLOSED})
_UNTOUCHED = frozenset({StatusGroup.NEW, StatusGroup.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in a waiting status; ``end`` is None while it lasts."""

    start: datetime
    end: datetime | None
    status: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A recorded diagnosis plan: when, by whom, in which words, and what recorded it."""

    at: datetime
    by: str
    text: str
    how: str


@dataclass(frozen=True, slots=True)
class Stint:
    """One tier's unbroken time with the ticket.

    ``entered_at``: when the tier got it; ``clock_from``: when its clock started, None before the first touch;
    ``adopted``: the clock was set to the moment of adoption instead of the true start.
    """

    key: str
    tier: int
    entered_at: datetime
    began_by: str
    clock_from: datetime | None
    adopted: bool
    ended_at: datetime | None
    ended_by: str
    plan: Plan | None
    pauses: tuple[Pause, ...]
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The ticket's stints, oldest first. ``current`` is the running one; ``unknown`` says why nobody can tell."""

    record: TicketRecord
    stints: tuple[Stint, ...]
    current: Stint | None
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    """A stint in the making."""

    tier: int
    place: Place
    entered_at: datetime
    began_by: str
    ended_at: datetime | None
    ended_by: str


def build_timeline(
    record: TicketRecord,
    changes: Sequence[Change],
    policy: Policy,
    homes: Homes,
    adopted_at: datetime | None = None,
    first_started_at: datetime | None = None,
) -> Timeline:
    """The stints of a ticket.

    ``changes``: the ticket's history, oldest first, ending in the state of ``record``; the system's own or what
    was observed. ``adopted_at``: clocks of stints that began earlier count from then (None: from their history).
    ``first_started_at``: tickets entered before it and first seen later count from when they were seen.
    """
    unknown = _unknown(record, policy, homes)
    changes = tuple(held_changes(changes))
    spans = _spans(record, changes, policy, homes, first_started_at)
    touches = _touches(record, changes, policy)
    stints = tuple(
        _stint(span, is_first, record, changes, policy, touches, adopted_at)
        for is_first, span in ((index == 0, span) for index, span in enumerate(spans))
    )
    current = stints[-1] if stints and stints[-1].ended_at is None else None
    return Timeline(record, stints, current, unknown)


def held_changes(changes: Sequence[Change]) -> Iterator[Change]:
    """The changes without those moves of the connector that were turned back at once, and their reversals."""
    skipped = {index for pair in _reverted(changes) for index in pair}
    for index, change in enumerate(changes):
        if index not in skipped:
            yield change


def last_move_did_not_hold(changes: Sequence[Change]) -> bool:
    """Whether the newest move of the ticket turned a move of the connector back."""
    moves = [index for index, change in enumerate(changes) if change.what is Aspect.PLACE]
    return bool(moves) and any(back == moves[-1] for _, back in _reverted(changes))


def _reverted(changes: Sequence[Change]) -> Iterator[tuple[int, int]]:
    made: tuple[int, Change] | None = None
    for index, change in enumerate(changes):
        if change.what is not Aspect.PLACE:
            continue
        if made and change.how != BY_CONNECTOR and _turns_back(made[1], change):
            yield made[0], index
        made = (index, change) if change.how == BY_CONNECTOR else None


def _turns_back(made: Change, change: Change) -> bool:
    return (
        isinstance(made.old, Place)
        and isinstance(change.new, Place)
        and made.old.key == change.new.key
        and change.at - made.at <= HOLD_WINDOW
    )


def _unknown(record: TicketRecord, policy: Policy, homes: Homes) -> str:
    if policy.group_of(record.status) is StatusGroup.UNKNOWN:
        return (
            f"the status {record.status.name!r} belongs to no known group: "
            "name it in WAITING_STATUSES, NEW_STATUSES, PLAN_STATUSES or RESOLVED_STATUSES"
        )
    if homes.unresolved and homes.tier_at(record.place) is None:
        return "the ticket may live in a tier whose home does not resolve: " + "; ".join(homes.unresolved.values())
    return ""


def _initial(aspect: Aspect, record: TicketRecord, changes: Sequence[Change]) -> tuple[Value, Change | None]:
    """The value before the first known change, with the row of the first sight if that is where it comes from."""
    for change in changes:
        if change.what is aspect:
            seen = change.how in (FIRST_SIGHT, ADOPTED)
            return (change.new, change) if seen else (change.old, None)
    return record.present(aspect), None


def _spans(
    record: TicketRecord,
    changes: Sequence[Change],
    policy: Policy,
    homes: Homes,
    first_started_at: datetime | None,
) -> list[_Span]:
    """Walk the moves and the endings; each stretch of one tier holding the open ticket is a span."""
    place, sight = _initial(Aspect.PLACE, record, changes)
    status, _ = _initial(Aspect.STATUS, record, changes)
    tier = homes.tier_at(place) if isinstance(place, Place) else None
    is_open = _is_open(status, policy, was_open=True)
    spans: list[_Span] = []
    running: _Span | None = None
    if tier is not None and is_open and isinstance(place, Place):
        entered_at, began_by = _first_entry(record, sight, tier, first_started_at)
        running = _Span(tier, place, entered_at, began_by, None, "")
    for at, group in groupby(_steps(changes), key=lambda change: change.at):
        was_tier, was_open = tier, is_open
        for change in group:
            if isinstance(change.new, Place):
                place, tier = change.new, homes.tier_at(change.new)
            else:
                status, is_open = change.new, _is_open(change.new, policy, was_open=is_open)
        if running and (tier != running.tier or not is_open):
            spans.append(_close(running, at, place, status, is_open=is_open))
            running = None
        if running is None and is_open and tier is not None and isinstance(place, Place):
            began_by = "reopened" if not was_open else "moved here" if was_tier != tier else "began"
            running = _Span(tier, place, at, began_by, None, "")
    if running:
        spans.append(running)
    return spans


def _steps(changes: Sequence[Change]) -> Iterator[Change]:
    for change in changes:
        if change.what in (Aspect.PLACE, Aspect.STATUS) and change.how not in (FIRST_SIGHT, ADOPTED):
            yield change


def _is_open(status: Value, policy: Policy, *, was_open: bool) -> bool:
    """An unknown status is neither open nor closed: the ticket stays what it was."""
    if not isinstance(status, Status):
        return was_open
    group = policy.group_of(status)
    return was_open if group is StatusGroup.UNKNOWN else group not in _ENDED


def _first_entry(
    record: TicketRecord, sight: Change | None, tier: int, first_started_at: datetime | None
) -> tuple[datetime, str]:
    """When the first known tier got the ticket.

    Seen without history on a higher tier, or from before the connection's time: nothing is assumed to be overdue,
    so it counts from when it was seen.
    """
    if sight is None:
        return record.entered_at, "entered"
    if tier > 1:
        return sight.at, "first seen here"
    if sight.how == FIRST_SIGHT and first_started_at is not None and record.entered_at < first_started_at:
        return sight.at, "first seen here"
    return record.entered_at, "entered"


def _close(span: _Span, at: datetime, place: Value, status: Value, *, is_open: bool) -> _Span:
    if not is_open and isinstance(status, Status):
        ended_by = f"status {status.name}"
    else:
        ended_by = f"moved to {place}"
    return _Span(span.tier, span.place, span.entered_at, span.began_by, at, ended_by)


def _touches(record: TicketRecord, changes: Sequence[Change], policy: Policy) -> list[datetime]:
    """Every moment at which an agent is known to have had a hand on the ticket, in order."""
    moments: list[datetime] = []
    owner, owner_seen = _initial(Aspect.OWNER, record, changes)
    if isinstance(owner, Person):
        moments.append(owner_seen.at if owner_seen else record.entered_at)
    status, status_seen = _initial(Aspect.STATUS, record, changes)
    if isinstance(status, Status) and policy.group_of(status) not in _UNTOUCHED:
        moments.append(_status_touch(record, status_seen))
    for change in changes:
        if change.how in (FIRST_SIGHT, ADOPTED):
            continue
        if isinstance(change.new, Person) or (
            isinstance(change.new, Status) and policy.group_of(change.new) not in _UNTOUCHED
        ):
            moments.append(change.at)
    moments.extend(entry.at for entry in record.entries if _is_touch(entry, record))
    moments.sort()
    return moments


def _status_touch(record: TicketRecord, seen: Change | None) -> datetime:
    if seen is None:
        return record.entered_at
    if record.responded_at is not None and record.responded_at <= seen.at:
        return max(record.responded_at, record.entered_at)
    return seen.at


def _is_touch(entry: Entry, record: TicketRecord) -> bool:
    """An agent's note or time entry; the description that came with the ticket is the ticket itself."""
    return entry.author.kind is AuthorKind.AGENT and not (
        entry.visibility is Visibility.CLIENT and entry.at <= record.entered_at + _DESCRIPTION_WINDOW
    )


def _stint(
    span: _Span,
    is_first: bool,
    record: TicketRecord,
    changes: Sequence[Change],
    policy: Policy,
    touches: Sequence[datetime],
    adopted_at: datetime | None,
) -> Stint:
    clock_from = _clock_start(span, policy, touches)
    floor = _floor(changes, adopted_at) if is_first else adopted_at
    adopted = clock_from is not None and floor is not None and span.entered_at < floor and clock_from <= floor
    if adopted:
        clock_from = floor
    plan = _plan(span, is_first, record, changes, policy)
    if plan and clock_from and plan.at < clock_from:
        plan = Plan(clock_from, plan.by, plan.text, plan.how)
    return Stint(
        key=f"{span.entered_at:%Y%m%dT%H%M%SZ}@{span.place.key}",
        tier=span.tier,
        entered_at=span.entered_at,
        began_by=span.began_by,
        clock_from=clock_from,
        adopted=adopted,
        ended_at=span.ended_at,
        ended_by=span.ended_by,
        plan=plan,
        pauses=_pauses(span, record, changes, policy),
        holders=_holders(span, record, changes),
    )


def _floor(changes: Sequence[Change], adopted_at: datetime | None) -> datetime | None:
    """The earliest start of a first stint's clock: a later survey of open tickets adopts at its own moment."""
    if adopted_at is None:
        return None
    surveyed = [change.at for change in changes if change.what is Aspect.PLACE and change.how == ADOPTED]
    return max([adopted_at, *surveyed])


def _clock_start(span: _Span, policy: Policy, touches: Sequence[datetime]) -> datetime | None:
    if policy.tier(span.tier).starts_at is StartsAt.ASSIGNMENT:
        return span.entered_at
    if not touches:
        return None
    # Whoever touched the ticket before this stint touched it for good: then the stint counts from its beginning.
    first = max(touches[0], span.entered_at)
    return first if span.ended_at is None or first < span.ended_at else None


def _within(at: datetime, span: _Span) -> bool:
    return span.entered_at <= at and (span.ended_at is None or at < span.ended_at)


def _plan(span: _Span, is_first: bool, record: TicketRecord, changes: Sequence[Change], policy: Policy) -> Plan | None:
    """The earliest evidence of a plan inside the stint."""
    found: Plan | None = None
    for entry in record.entries:
        if entry.author.kind is AuthorKind.AGENT and _within(entry.at, span):
            text = plan_in(entry.text)
            if text is not None and (found is None or entry.at < found.at):
                found = Plan(entry.at, entry.author.name, text, entry.kind.value)
    for change in changes:
        if not isinstance(change.new, Status) or policy.group_of(change.new) is not StatusGroup.PLANNED:
            continue
        at = max(change.at, span.entered_at) if is_first and _is_sight(change) else change.at
        if (_is_sight(change) <= is_first) and _within(at, span) and (found is None or at < found.at):
            found = Plan(at, change.who, "", f"status {change.new.name}")
    own_field = record.planned_at
    if own_field is not None and _within(own_field, span) and (found is None or own_field < found.at):
        found = Plan(own_field, record.planned_by, "", "resolution plan date")
    return found


def _is_sight(change: Change) -> bool:
    return change.how in (FIRST_SIGHT, ADOPTED)


def _pauses(span: _Span, record: TicketRecord, changes: Sequence[Change], policy: Policy) -> tuple[Pause, ...]:
    """The stretches of the stint that were spent in a waiting status."""
    status, _ = _initial(Aspect.STATUS, record, changes)
    since = span.entered_at
    pauses: list[Pause] = []
    for change in changes:
        if change.what is not Aspect.STATUS or _is_sight(change):
            continue
        if span.ended_at is not None and change.at >= span.ended_at:
            break
        if change.at > span.entered_at:
            _add_pause(pauses, status, since, change.at, policy)
            since = change.at
        status = change.new
    _add_pause(pauses, status, since, span.ended_at, policy)
    return tuple(pauses)


def _add_pause(pauses: list[Pause], status: Value, start: datetime, end: datetime | None, policy: Policy) -> None:
    if isinstance(status, Status) and policy.group_of(status) is StatusGroup.WAITING:
        pauses.append(Pause(start, end, status.name))


def _holders(span: _Span, record: TicketRecord, changes: Sequence[Change]) -> tuple[str, ...]:
    """The names of those who owned the ticket during the stint, oldest first."""
    owner, _ = _initial(Aspect.OWNER, record, changes)
    names: list[str] = []
    for change in changes:
        if change.what is not Aspect.OWNER or _is_sight(change):
            continue
        if span.ended_at is not None and change.at >= span.ended_at:
            break
        if change.at > span.entered_at and isinstance(owner, Person):
            names.append(owner.name)
        owner = change.new
    if isinstance(owner, Person):
        names.append(owner.name)
    return tuple(dict.fromkeys(names))
