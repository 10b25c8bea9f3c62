"""From what a ticket system tells of a ticket that was read to every change that is known of it, and what is not. Pure.

A system with a history of its own tells all that it tells in the record. One with an audit trail beside it names what
changed: the way back from the present state is gone name by name. Of what nobody tells the simplest course is assumed,
and each such assumption is told with the ticket.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Protocol

from connector.backtest.ticket import PastTicket
from connector.model import (
    BY_CONNECTOR,
    BY_HISTORY,
    Aspect,
    AuthorKind,
    Change,
    Person,
    Place,
    Ref,
    Status,
    StatusGroup,
    TicketRecord,
    Trace,
    Value,
)
from connector.rules.history import is_different, names_of

ASSUMED = "assumed"
"""``Change.how`` of what nobody tells."""

_UNTOUCHED = Status("?", "not told (new)", StatusGroup.NEW)
_AT_WORK = Status("?", "not told (work)", StatusGroup.WORKING)
_OVER = frozenset({StatusGroup.RESOLVED, StatusGroup.CLOSED})
_WORDS = {
    Aspect.PLACE: "moves not told",
    Aspect.OWNER: "owners not told",
    Aspect.STATUS: "statuses and pauses not told",
    Aspect.PRIORITY: "changes of priority not told",
}


class Names(Protocol):
    """What the names in an audit trail stand for; None for one that stands for nothing any more."""

    def place(self, path: Sequence[str]) -> Place | None:
        """The place of that path, such as board and team."""
        ...

    def status(self, place: Place, name: str) -> Status | None:
        """The status of that name at that place."""
        ...

    def person(self, name: str) -> Person | None:
        """The member of staff of that name."""
        ...

    def priority(self, name: str) -> Ref | None:
        """The priority of that name."""
        ...


def whole(connection: str, record: TicketRecord, traces: Sequence[Trace] | None, names: Names) -> PastTicket:
    """A past ticket with all that is known of its history. ``traces``: its audit trail; None where none can be read."""
    places = _place_changes(record, traces, names)
    known: list[Change] = []
    not_told: list[str] = []
    for aspect in Aspect:
        if aspect in record.history_of:
            changes, why = _told(aspect, record)
        elif traces is None:
            changes, why = list(_assumed(aspect, record)), _WORDS[aspect]
        elif aspect is Aspect.PLACE:
            changes, why = places
        else:
            changes, why = _traced(aspect, record, traces, names, places[0])
        known += changes
        not_told += [why] if why else []
    known.sort(key=attrgetter("at"))
    return PastTicket(connection, record, tuple(known), tuple(not_told))


def _told(aspect: Aspect, record: TicketRecord) -> tuple[list[Change], str]:
    """The system's own history; where that does not end in the present state, the last update is taken for the rest.

    A change that does not begin where the one before it ended tells that something in between is not told.
    """
    changes = [change for change in record.changes if change.what is aspect]
    present = record.present(aspect)
    if not changes or not is_different(changes[-1].new, present):
        has_gaps = any(is_different(one.new, after.old) for one, after in pairwise(changes))
        return changes, f"{_WORDS[aspect]} in full" if has_gaps else ""
    at = max(record.updated_at, changes[-1].at)
    return [*changes, Change(at, aspect, changes[-1].new, present, ASSUMED)], f"{_WORDS[aspect]} in full"


# --- by an audit trail ----------------------------------------------------------------------------------------


def _place_changes(record: TicketRecord, traces: Sequence[Trace] | None, names: Names) -> tuple[list[Change], str]:
    """The moves, worked out from the present place back; one moment may name a board and a team."""
    path, present = [ref.name for ref in record.place.path], record.place
    found: list[Change] = []
    not_known = ""
    for at, together in _back(Aspect.PLACE, traces or ()):
        last = together[0]
        for trace in together:
            if not _went_back(path, trace):
                return found[::-1], _before(Aspect.PLACE, at)
        place = names.place(path)
        if place is None:
            not_known = not_known or f"place {' > '.join(path)!r} is not known any more"
            place = names.place(path[:1])
        if place is None:
            return found[::-1], _before(Aspect.PLACE, at)
        found.append(Change(at, Aspect.PLACE, place, present, _how(last, record), last.who, last.by))
        present = place
    return found[::-1], not_known


def _went_back(path: list[str], trace: Trace) -> bool:
    """Take one step back on a path of names; False where the trail does not lead there."""
    known = [name.casefold() for name in path]
    if not trace.new:
        path.append(trace.old)
    elif trace.new.casefold() not in known:
        return False
    elif trace.old:
        path[known.index(trace.new.casefold())] = trace.old
    else:
        del path[known.index(trace.new.casefold()) :]
    return bool(path)


def _traced(
    aspect: Aspect, record: TicketRecord, traces: Sequence[Trace], names: Names, moves: Sequence[Change]
) -> tuple[list[Change], str]:
    """The changes of one other aspect, from its present value back."""
    present = record.present(aspect)
    found: list[Change] = []
    for at, together in _back(aspect, traces):
        for trace in together:
            if trace.new.casefold() not in (names_of(present) or {""}):
                return found[::-1], _before(aspect, at)
            before = _value(aspect, trace.old, _place_at(record, moves, at), names)
            if before is None and trace.old:
                return found[::-1], f"{aspect} {trace.old!r} is not known any more"
            found.append(Change(at, aspect, before, present, _how(trace, record), trace.who, trace.by))
            present = before
    return found[::-1], ""


def _value(aspect: Aspect, name: str, place: Place, names: Names) -> Value:
    if not name:
        return None
    if aspect is Aspect.STATUS:
        return names.status(place, name)
    return names.person(name) if aspect is Aspect.OWNER else names.priority(name)


def _place_at(record: TicketRecord, moves: Sequence[Change], at: datetime) -> Place:
    """Where the ticket was before a moment."""
    after = next((change.old for change in moves if change.at >= at), record.place)
    assert isinstance(after, Place)
    return after


def _back(aspect: Aspect, traces: Sequence[Trace]) -> Iterator[tuple[datetime, list[Trace]]]:
    """What a trail tells of an aspect, moment by moment and of each who did it then, the newest first."""
    mine = sorted((one for one in traces if one.what is aspect and one.old != one.new), key=attrgetter("at"))
    for (at, _), together in groupby(reversed(mine), key=attrgetter("at", "who")):
        yield at, list(together)


def _how(trace: Trace, record: TicketRecord) -> str:
    """A change in the name that our own notes on the ticket stand in is ours."""
    ours = (entry.author for entry in record.entries if entry.author.kind is AuthorKind.CONNECTOR)
    return BY_CONNECTOR if any(trace.who in (one.name, one.identifier) for one in ours) else BY_HISTORY


def _before(aspect: Aspect, at: datetime) -> str:
    return f"{_WORDS[aspect]} before {at:%Y-%m-%d %H:%M} UTC"


# --- by nothing -----------------------------------------------------------------------------------------------


def _assumed(aspect: Aspect, record: TicketRecord) -> Iterator[Change]:
    """The simplest course to the present state: held by its owner, and worked on, from the first touch to the end."""
    if aspect is Aspect.OWNER and record.owner is not None:
        yield Change(_touched_at(record) or record.updated_at, aspect, None, record.owner, ASSUMED)
    if aspect is not Aspect.STATUS:
        return
    status, touched_at = record.status, _touched_at(record)
    is_over = status.group in _OVER
    ends_at = (record.resolved_at if is_over else None) or record.updated_at
    before: Status = _UNTOUCHED
    if touched_at is not None and touched_at < ends_at and status.group is not StatusGroup.NEW:
        yield Change(touched_at, aspect, before, _AT_WORK, ASSUMED)
        before = _AT_WORK
    if status.group is not before.group:
        yield Change(max(ends_at, touched_at or ends_at), aspect, before, status, ASSUMED)


def _touched_at(record: TicketRecord) -> datetime | None:
    """When an agent is first known to have had a hand on the ticket; None where none is."""
    written = (entry.at for entry in record.entries if entry.is_agents and not record.came_with(entry))
    moments = (record.responded_at, record.planned_at, next(written, None))
    return min((at for at in moments if at is not None), default=None)
