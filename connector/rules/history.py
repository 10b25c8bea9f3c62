"""What is known of a ticket's changes, and how: told by its system, seen at first, observed, made by us. Pure.

Where a system keeps no history, the first sight of a ticket is recorded as a state, not as a change; every later
difference as a change at the best time there is: the system's own time of the ticket's last update.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector.model import (
    BY_CONNECTOR,
    Aspect,
    Change,
    Doer,
    Person,
    Place,
    Remembered,
    Status,
    StatusGroup,
    TicketRecord,
    Trace,
    Value,
)

EVERY = frozenset(Aspect)

OURSELVES = "escalation connector"
"""``Change.who`` of what the connector did."""

OBSERVED = "observed"
"""``Change.how`` of a difference between two looks at a ticket."""

FIRST_SIGHT = "first sight"
"""``Change.how`` of what was found when a ticket was seen for the first time: the state, not a change."""

ADOPTED = "adopted"
"""Like FIRST_SIGHT, for a ticket that was already open at the connection's first start."""

HOLD_WINDOW = timedelta(minutes=2)
"""A move of ours that is turned back within this time, and nobody is named for it, was turned back by a rule."""

_TRACED = frozenset({Aspect.PLACE, Aspect.OWNER, Aspect.STATUS})
"""The aspects for whose changes a system's audit trail is worth a call: they begin stints, pauses and clocks."""


def is_sight(change: Change) -> bool:
    """Whether a row tells a state that was found, not a change."""
    return change.how == FIRST_SIGHT or change.how == ADOPTED


def of_state(changes: Sequence[Change]) -> Iterator[Change]:
    """The changes of the ticket itself, without the plans that were seen on it."""
    return (change for change in changes if isinstance(change.what, Aspect))


def initial(aspect: Aspect, record: TicketRecord, changes: Sequence[Change]) -> tuple[Value, Change | None]:
    """The value before the first known change, with the row of the first sight if that is where it comes from."""
    for change in changes:
        if change.what is aspect:
            return (change.new, change) if is_sight(change) else (change.old, None)
    return record.present(aspect), None


def held_changes(changes: Sequence[Change]) -> Sequence[Change]:
    """The changes without those moves of the connector that were turned back by a rule, and their reversals."""
    skipped = {index for pair in _reverted(changes) for index in pair}
    return [change for index, change in enumerate(changes) if index not in skipped] if skipped else changes


def last_move_did_not_hold(changes: Sequence[Change]) -> bool:
    """Whether the newest move of the ticket turned a move of the connector back, and no person made it."""
    moves = [index for index, change in enumerate(changes) if change.what is Aspect.PLACE]
    return bool(moves) and any(back == moves[-1] for _, back in _reverted(changes))


def moves_by_us(changes: Sequence[Change], place: Place, since: datetime) -> list[Change]:
    """The connector's own moves of the ticket to a place, oldest first, whatever brought it back in between."""
    return [
        change
        for change in changes
        if change.how == BY_CONNECTOR
        and isinstance(change.new, Place)
        and change.new.is_within(place)
        and change.at > since
    ]


def _reverted(changes: Sequence[Change]) -> Iterator[tuple[int, int]]:
    made: tuple[int, Change] | None = None
    for index, change in enumerate(changes):
        if change.what is not Aspect.PLACE:
            continue
        if made and _turns_back(made[1], change):
            yield made[0], index
            made = None
        else:
            made = (index, change) if change.how == BY_CONNECTOR else None


def _turns_back(made: Change, change: Change) -> bool:
    """Whether a move of ours was turned into its exact opposite by something that is no person.

    A person's move back is the last word. A rule's is none, however slow, nor one in the name of our own account, which
    never moves a ticket down. Where nobody is named, how soon it came tells.
    """
    if not (isinstance(made.old, Place) and isinstance(change.new, Place) and made.old.key == change.new.key):
        return False
    if change.how == BY_CONNECTOR or change.by is Doer.PROGRAM:
        return True
    return change.by is Doer.UNKNOWN and change.at - made.at <= HOLD_WINDOW


# --- what changed since the last reading ----------------------------------------------------------------------


def observe(
    record: TicketRecord,
    known: Sequence[Change],
    *,
    is_watched: bool,
    adopted_at: datetime | None,
    aspects: Collection[Aspect] = EVERY,
    last_look: datetime | None = None,
) -> tuple[Change, ...]:
    """The changes that ``record`` adds to the ``known`` ones, of those ``aspects``.

    ``is_watched``: whether the ticket lives in a tier; of one that does not, only the place is kept, so that its
    arrival in a tier can be told from its creation there. ``adopted_at``: set when the ticket is met in the survey
    of what was already open at the connection's first start. ``last_look``: when the ticket was read the last time;
    what the record does not date happened between then and its last update.
    """
    latest = {change.what: change for change in known}
    floor = max((change.at for change in of_state(known)), default=record.entered_at)
    found: list[Change] = []
    for aspect in Aspect:
        if aspect not in aspects:
            continue
        value = record.present(aspect)
        last = latest.get(aspect)
        if last is None:
            if is_watched or aspect is Aspect.PLACE:
                found.append(_first_sight(aspect, value, record, adopted_at))
        elif is_different(last.new, value):
            found.append(_observed(aspect, last.new, record, floor, last_look))
    if (
        adopted_at
        and found
        and Aspect.PLACE in aspects
        and Aspect.PLACE in latest
        and any(change.how == ADOPTED for change in found)
    ):
        # Known from before it was watched: it is adopted all the same.
        found.append(_first_sight(Aspect.PLACE, record.place, record, adopted_at))
    if adopted_at and is_watched and Aspect.PLACE not in aspects and not _is_adopted(known, adopted_at):
        # The system's history tells since when it is there; that it is met only now, nobody else remembers.
        found.append(_first_sight(Aspect.PLACE, record.place, record, adopted_at))
    found.sort(key=lambda change: change.at)
    return tuple(found)


def _is_adopted(known: Sequence[Change], adopted_at: datetime) -> bool:
    return any(change.how == ADOPTED and change.at >= adopted_at for change in known)


def with_history(record: TicketRecord, observed: Sequence[Change]) -> tuple[tuple[Change, ...], frozenset[Aspect]]:
    """The changes known of a ticket whose system keeps its history, and the aspects that are left to observation.

    Of an aspect in ``record.history_of`` the history alone counts, as long as it ends in the present state; where it
    does not, it goes on with what was observed since. Where it has nothing to tell, what was observed counts: a system
    that was killed may have changed a ticket and not come to write that into its history.
    """
    told: list[Change] = []
    rest: set[Aspect] = set()
    for aspect in Aspect:
        seen = [change for change in observed if change.what is aspect]
        if aspect not in record.history_of:
            told += seen
            rest.add(aspect)
            continue
        own = [change for change in record.changes if change.what is aspect]
        told += own + [change for change in seen if change.how == ADOPTED and aspect is Aspect.PLACE]
        if not own:
            told += [change for change in seen if not is_sight(change)]
        elif is_different(own[-1].new, record.present(aspect)):
            told += [change for change in seen if not is_sight(change) and change.at >= own[-1].at]
            rest.add(aspect)
    told += [change for change in observed if isinstance(change.what, Remembered)]
    return tuple(sorted(told, key=lambda change: change.at)), frozenset(rest)


def moved_by_us(before: TicketRecord, after: TicketRecord, known: Sequence[Change]) -> tuple[Change, ...]:
    """The changes that a reassignment of ours made, as the answer to it shows them, the earliest first."""
    floor = max((change.at for change in of_state(known)), default=before.entered_at)

    def made(aspect: Aspect) -> Change:
        told = after.placed_at if aspect is Aspect.PLACE else None
        at = max(min(told or after.updated_at, after.read_at), floor)
        return Change(at, aspect, before.present(aspect), after.present(aspect), BY_CONNECTOR, OURSELVES)

    changed = [aspect for aspect in Aspect if is_different(before.present(aspect), after.present(aspect))]
    return tuple(sorted(map(made, changed), key=lambda change: change.at))


def is_different(old: Value, new: Value) -> bool:
    """Whether a value changed in meaning; a mere renaming in the ticket system is no change."""
    return _identity(old) != _identity(new)


def _identity(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, Place):
        return (value.key,)
    if isinstance(value, Status):
        return (value.id, value.group.value)
    return (value.id,)


def _first_sight(aspect: Aspect, value: Value, record: TicketRecord, adopted_at: datetime | None) -> Change:
    """What is found at the first sight. Where a ticket is counts from when it was seen; the rest may be older."""
    if aspect is Aspect.PLACE:
        at = adopted_at or record.read_at
    else:
        at = min(record.updated_at, record.read_at)
    return Change(at, aspect, None, value, ADOPTED if adopted_at else FIRST_SIGHT)


def _observed(aspect: Aspect, old: Value, record: TicketRecord, floor: datetime, last_look: datetime | None) -> Change:
    """At the best time there is: the system's own field for a resolution, else the ticket's last update."""
    value, seen_at = record.present(aspect), min(record.updated_at, record.read_at)
    resolved_at = _resolved_at(aspect, value, record, floor)
    at = max(resolved_at or seen_at, floor)
    earliest = None if resolved_at else min(max(floor, last_look or floor), at)
    names = resolved_at is None or resolved_at == record.updated_at
    who, by = (record.updated_by, record.updater) if names else ("", Doer.UNKNOWN)
    return Change(at, aspect, old, value, OBSERVED, who, by, earliest)


def _resolved_at(aspect: Aspect, value: Value, record: TicketRecord, floor: datetime) -> datetime | None:
    is_over = isinstance(value, Status) and value.group in (StatusGroup.RESOLVED, StatusGroup.CLOSED)
    at = record.resolved_at
    if aspect is Aspect.STATUS and is_over and at is not None and floor <= at <= record.read_at:
        return at
    return None


# --- what an audit trail adds ---------------------------------------------------------------------------------


def untold(changes: Iterable[Change]) -> datetime | None:
    """Since when to ask the system's audit trail: what a look observed is dated by nothing exact; None: need not."""
    return min((one.not_before for one in changes if one.not_before and one.what in _TRACED), default=None)


def dated(changes: Iterable[Change], traces: Sequence[Trace]) -> tuple[Change, ...]:
    """The changes that a look observed, oldest first, with the moment and the doer that an audit trail names."""
    found = [_dated(change, traces) for change in changes]
    return tuple(sorted(found, key=lambda change: change.at))


def _dated(change: Change, traces: Sequence[Trace]) -> Change:
    earliest = change.not_before
    if earliest is None:
        return change
    since, names = earliest.replace(microsecond=0), names_of(change.new)
    for trace in sorted(traces, key=lambda trace: trace.at, reverse=True):
        is_it = trace.what is change.what and trace.new.casefold() in names
        if is_it and since <= trace.at <= change.at:
            return replace(change, at=max(trace.at, earliest), who=trace.who, by=trace.by, not_before=None)
    return change


def names_of(value: Value) -> frozenset[str]:
    """What an audit trail may call a value, case-folded; nobody is called nothing."""
    if isinstance(value, Place):
        names = [ref.name for ref in value.path]
    elif isinstance(value, Person):
        names = [value.name, value.identifier]
    else:
        names = [value.name if value is not None else ""]
    return frozenset(name.casefold() for name in names)
