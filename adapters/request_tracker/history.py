"""What a ticket's transactions tell: who wrote what and who may see it, and what changed, to the second. Pure.

A ``Comment`` is for staff, a ``Correspond`` went to the client, and so did what a ticket was opened with. Work that
was booked together with words makes a time entry of them; work that was booked alone is one without words.

An owner's change is recorded twice (``Set`` and ``SetWatcher``): the second is left out. What happened to a ticket
that was merged into this one is not this one's history. A move of the connector's own that left the owner without the
right to own makes RT take the owner off, in the name of RT_System: that belongs to the move, and is the connector's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from adapters.request_tracker.mapping import NOBODY, RT_SYSTEM, User, priority_ref, status
from adapters.request_tracker.texts import SAYS_SOMETHING, Written
from adapters.request_tracker.transactions import COMMENT, CORRESPOND, CREATE, Transaction
from connector.model import (
    BY_CONNECTOR,
    BY_HISTORY,
    Aspect,
    Author,
    AuthorKind,
    Change,
    Doer,
    Entry,
    EntryKind,
    Person,
    Place,
    Ref,
    Status,
    TicketId,
    Value,
    Visibility,
)
from connector.reading.intake.entries import MOST_ENTRIES

_ASPECTS = {
    ("Set", "Queue"): Aspect.PLACE,
    ("Set", "Owner"): Aspect.OWNER,
    ("Status", "Status"): Aspect.STATUS,
    ("Set", "Status"): Aspect.STATUS,
    ("Set", "Priority"): Aspect.PRIORITY,
    # As versions before 4.2 recorded an owner's change.
    ("Give", "Owner"): Aspect.OWNER,
    ("Take", "Owner"): Aspect.OWNER,
    ("Steal", "Owner"): Aspect.OWNER,
    ("Untake", "Owner"): Aspect.OWNER,
    ("Force", "Owner"): Aspect.OWNER,
}
_SAME_MOVE = timedelta(seconds=2)
"""How long after a move RT's own reset of the owner, in the same request, may be recorded."""

IsStaff = Callable[[User], bool | None]
"""Whether a user is privileged, as RT calls its staff; None where that cannot be told."""

_VISIBILITY = {CREATE: Visibility.CLIENT, CORRESPOND: Visibility.CLIENT, COMMENT: Visibility.INTERNAL}
_WORK = ("Set", "TimeWorked")

PersonOf = Callable[[str], Person | None]
"""The user of that id as a person; None for nobody."""


def newest(
    rows: Sequence[Transaction], requestors: Collection[str], own_ids: Collection[str], is_staff: IsStaff
) -> tuple[list[Transaction], set[str], int]:
    """The transactions without what clients wrote before their newest ``MOST_ENTRIES``, which of them are clients', and
    how many are left out. What a ticket began with stays.
    """
    by_clients = {
        row.id
        for row in rows
        if row.type in SAYS_SOMETHING and _kind(row, requestors, own_ids, is_staff, by_mail=False) is AuthorKind.CLIENT
    }
    later = [row.id for row in rows if row.id in by_clients and row.type != CREATE]
    left_out = set(later[: max(0, len(later) - MOST_ENTRIES)])
    return [row for row in rows if row.id not in left_out], by_clients, len(left_out)


def entries_of(
    told: Iterable[tuple[Transaction, Written]],
    requestors: Collection[str],
    own_ids: Collection[str],
    is_staff: IsStaff,
) -> Iterator[Entry]:
    """The entries of transactions with what they say. ``requestors``: the login names of those who asked for help.

    ``own_ids``: the connector's accounts. What came by e-mail is by none of them, whoever it claims to be from.

    A transaction without words and work is none.
    """
    return (
        Entry(
            id=row.id,
            kind=EntryKind.TIME_ENTRY if _is_work(row) else EntryKind.NOTE,
            author=_author(row, requestors, own_ids, is_staff, by_mail=written.by_mail),
            at=row.at,
            text=written.said.words,
            visibility=_VISIBILITY.get(row.type, Visibility.INTERNAL),
            is_claimed=written.by_mail,
            unread=written.said.unread,
            is_source=written.said.is_source,
        )
        for row, written in told
        if written.said.words.strip() or _is_work(row)
    )


def _is_work(row: Transaction) -> bool:
    return (row.type, row.field) == _WORK or (row.type in (COMMENT, CORRESPOND) and row.minutes > 0)


def _author(
    row: Transaction, requestors: Collection[str], own_ids: Collection[str], is_staff: IsStaff, *, by_mail: bool
) -> Author:
    kind = _kind(row, requestors, own_ids, is_staff, by_mail=by_mail)
    is_member = kind in (AuthorKind.AGENT, AuthorKind.CONNECTOR)
    account = "" if by_mail else row.creator.id
    return Author(kind, row.creator.shown, row.creator.name if is_member else "", account)


def _kind(
    row: Transaction, requestors: Collection[str], own_ids: Collection[str], is_staff: IsStaff, *, by_mail: bool
) -> AuthorKind:
    """Who asked for help writes as a client; of staff who did, only what clients cannot write is staff's."""
    user = row.creator
    if user.id in own_ids:
        return AuthorKind.UNKNOWN if by_mail else AuthorKind.CONNECTOR
    if user.name in (RT_SYSTEM, NOBODY):
        return AuthorKind.UNKNOWN
    if user.name in requestors and row.type != COMMENT:
        return AuthorKind.CLIENT
    match is_staff(user):
        case True:
            return AuthorKind.AGENT
        case False:
            return AuthorKind.CLIENT
        case _:
            return AuthorKind.UNKNOWN


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns transactions into changes with what it is given to look up. ``own_ids``: the connector's accounts."""

    own_ids: Collection[str]
    queue_of: Callable[[str], Ref]
    person_of: PersonOf
    priorities: Mapping[str, int]
    status_of: Callable[[str], Status] = status

    def changes(self, ticket_id: TicketId, rows: Iterable[Transaction]) -> list[Change]:
        """The changes of the ticket itself, oldest first."""
        return list(self._changes(row for row in rows if row.ticket == ticket_id))

    def _changes(self, rows: Iterable[Transaction]) -> Iterator[Change]:
        move: Transaction | None = None
        for row in rows:
            aspect = _ASPECTS.get((row.type, row.field))
            if aspect is None or row.old == row.new:
                continue
            is_own = row.creator.id in self.own_ids or self._is_part_of(move, row, aspect)
            how = BY_CONNECTOR if is_own else BY_HISTORY
            old, new = self._value(aspect, row.old), self._value(aspect, row.new)
            is_program = is_own or row.creator.name in (RT_SYSTEM, NOBODY)
            by = Doer.PROGRAM if is_program else Doer.PERSON
            yield Change(row.at, aspect, old, new, how, row.creator.shown, by)
            move = row if aspect is Aspect.PLACE else None

    def _is_part_of(self, move: Transaction | None, row: Transaction, aspect: Aspect) -> bool:
        """Whether RT itself took the owner off because the connector had just moved the ticket."""
        return (
            move is not None
            and move.creator.id in self.own_ids
            and aspect is Aspect.OWNER
            and row.creator.name == RT_SYSTEM
            and row.at - move.at <= _SAME_MOVE
            and self.person_of(row.new) is None
        )

    def _value(self, aspect: Aspect, raw: str) -> Value:
        match aspect:
            case Aspect.PLACE:
                return Place((self.queue_of(raw),))
            case Aspect.OWNER:
                return self.person_of(raw)
            case Aspect.STATUS:
                return self.status_of(raw)
            case Aspect.PRIORITY:
                return priority_ref(raw, self.priorities)
