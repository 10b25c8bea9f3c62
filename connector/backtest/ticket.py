"""A past ticket, and how it stood at any moment of its life. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter

from connector.model import BY_CONNECTOR, Aspect, Change, Entry, Person, Place, Ref, Status, TicketRecord, Value

_NAMES = tuple(field.name for field in fields(TicketRecord))
_FIELDS = attrgetter(*_NAMES)


@dataclass(frozen=True, slots=True)
class PastTicket:
    """A ticket as it was read, with every change that is known of it, oldest first, ending in the state of ``record``.

    ``not_told``: what its system does not tell of its history and was assumed, a few words each.
    """

    connection: str
    record: TicketRecord
    changes: tuple[Change, ...]
    not_told: tuple[str, ...] = ()


class Life:
    """The ticket as whoever had looked at a moment would have found it.

    ``entries``: those of its entries that are to be shown, oldest first. What was edited or taken away later is shown
    as it was read: no system tells more. A moment's own entries and changes are part of it.
    """

    def __init__(self, ticket: PastTicket, entries: Sequence[Entry]) -> None:
        self._whole = ticket.record
        self._read = dict(zip(_NAMES, _FIELDS(ticket.record), strict=True))
        self._entries, self._entries_at = tuple(entries), [entry.at for entry in entries]
        self._changes, self._changes_at = ticket.changes, [change.at for change in ticket.changes]
        first = {change.what: change.old for change in reversed(ticket.changes)}
        self._states: list[Mapping[object, Value]] = [
            {one: first.get(one, ticket.record.present(one)) for one in Aspect}
        ]
        for change in ticket.changes:
            self._states.append({**self._states[-1], change.what: change.new})

    def at(self, moment: datetime, *, before_ours: bool = False) -> tuple[TicketRecord, tuple[Change, ...]]:
        """The ticket as it stood then, and what had changed until then.

        ``before_ours``: without what the connector itself did in that very moment.
        """
        whole, known = self._whole, bisect_right(self._changes_at, moment)
        changes, state = self._changes[:known], self._states[known]
        if before_ours:
            first = bisect_left(self._changes_at, moment)
            others = tuple(change for change in changes[first:] if change.how != BY_CONNECTOR)
            changes = (*changes[:first], *others)
            state = {**self._states[first], **{change.what: change.new for change in others}}
        place, status = state[Aspect.PLACE], state[Aspect.STATUS]
        owner, priority = state[Aspect.OWNER], state[Aspect.PRIORITY]
        then: dict[str, object] = {
            "place": place if isinstance(place, Place) else whole.place,
            "status": status if isinstance(status, Status) else whole.status,
            "owner": owner if isinstance(owner, Person) else None,
            "priority": priority if isinstance(priority, Ref) else None,
            "entries": self._entries[: bisect_right(self._entries_at, moment)],
            "updated_at": moment,
            "read_at": moment,
            "responded_at": _until(moment, whole.responded_at),
            "planned_at": _until(moment, whole.planned_at),
            "resolved_at": _until(moment, whole.resolved_at),
        }
        return TicketRecord(**(self._read | then)), changes

    def place_at(self, moment: datetime) -> Place:
        """Where the ticket was then."""
        place = self._states[bisect_right(self._changes_at, moment)][Aspect.PLACE]
        return place if isinstance(place, Place) else self._whole.place


def _until(moment: datetime, at: datetime | None) -> datetime | None:
    """A date that was set by then."""
    return at if at is not None and at <= moment else None
