"""A past ticket, and how it stood at any moment of its life. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import dropwhile
from operator import attrgetter
from typing import TypeAlias

from connector.model import (
    BY_CONNECTOR,
    Aspect,
    AuthorKind,
    Change,
    Entry,
    Person,
    Place,
    Ref,
    Status,
    TicketRecord,
    Value,
)

_NAMES = tuple(field.name for field in fields(TicketRecord))
_FIELDS = attrgetter(*_NAMES)
_LEAST = timedelta(microseconds=1)

Stood: TypeAlias = tuple[TicketRecord, tuple[Change, ...]]
"""A ticket at a moment, and what had changed until then."""


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

    def at(self, moment: datetime) -> Stood:
        """The ticket as it stood then, and what had changed until then."""
        known = bisect_right(self._changes_at, moment)
        shown = bisect_right(self._entries_at, moment)
        return self._stood(moment, self._entries[:shown], self._changes[:known], self._states[known])

    def before_ours(self, moment: datetime) -> Iterator[Stood]:
        """How the ticket may have stood when the connector was about to do what it did in that very moment, the
        likeliest first: with what the others had done by then, as far as an order is told; with all that they did in
        that moment; with nothing of it.
        """
        first, last = bisect_left(self._changes_at, moment), bisect_right(self._changes_at, moment)
        begins, ends = bisect_left(self._entries_at, moment), bisect_right(self._entries_at, moment)
        changes, entries = self._changes[first:last], self._entries[begins:ends]
        others = tuple(change for change in changes if change.how != BY_CONNECTOR)
        now = (entry for entry in self._whole.entries if entry.at == moment)
        after = {entry.id for entry in dropwhile(lambda one: one.author.kind is not AuthorKind.CONNECTOR, now)}
        by_then = tuple(_before_the_first_of_ours(changes)), tuple(one for one in entries if one.id not in after)
        courses: list[tuple[tuple[Change, ...], tuple[Entry, ...]]] = [by_then, (others, entries), ((), ())]
        for done, written in dict.fromkeys(courses):
            state: dict[object, Value] = {**self._states[first], **{one.what: one.new for one in done}}
            until = moment if done or written else moment - _LEAST
            yield self._stood(until, self._entries[:begins] + written, self._changes[:first] + done, state, at=moment)

    def _stood(
        self,
        until: datetime,
        entries: tuple[Entry, ...],
        changes: tuple[Change, ...],
        state: Mapping[object, Value],
        at: datetime | None = None,
    ) -> Stood:
        """``until``: of the ticket's own dates, those that were set by then; ``at``: when it is looked at, if later."""
        whole = self._whole
        place, status = state[Aspect.PLACE], state[Aspect.STATUS]
        owner, priority = state[Aspect.OWNER], state[Aspect.PRIORITY]
        then: dict[str, object] = {
            "place": place if isinstance(place, Place) else whole.place,
            "status": status if isinstance(status, Status) else whole.status,
            "owner": owner if isinstance(owner, Person) else None,
            "priority": priority if isinstance(priority, Ref) else None,
            "entries": entries,
            "updated_at": at or until,
            "read_at": at or until,
            "responded_at": _until(until, whole.responded_at),
            "planned_at": _until(until, whole.planned_at),
            "resolved_at": _until(until, whole.resolved_at),
        }
        return TicketRecord(**(self._read | then)), changes

    def place_at(self, moment: datetime) -> Place:
        """Where the ticket was then."""
        place = self._states[bisect_right(self._changes_at, moment)][Aspect.PLACE]
        return place if isinstance(place, Place) else self._whole.place


def _before_the_first_of_ours(changes: Iterable[Change]) -> Iterator[Change]:
    """What others changed in a moment before we did. Each aspect has an order of its own."""
    done: set[object] = set()
    for change in changes:
        if change.how == BY_CONNECTOR:
            done.add(change.what)
        elif change.what not in done:
            yield change


def _until(moment: datetime, at: datetime | None) -> datetime | None:
    """A date that was set by then."""
    return at if at is not None and at <= moment else None
