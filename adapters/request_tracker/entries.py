"""Transactions into entries: who wrote, when, what, and who may see it. Pure: what it looks up is handed in.

A ``Comment`` is for staff, a ``Correspond`` went to the client, and so did what a ticket was opened with. Work that
was booked together with words makes a time entry of them; work that was booked alone is one without words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from adapters.request_tracker.mapping import NOBODY, RT_SYSTEM, User
from adapters.request_tracker.transactions import COMMENT, CORRESPOND, CREATE, Transaction
from connector.model import Author, AuthorKind, Entry, EntryKind, Visibility

IsStaff = Callable[[User], bool | None]
"""Whether a user is privileged, as RT calls its staff; None where that cannot be told."""

_VISIBILITY = {CREATE: Visibility.CLIENT, CORRESPOND: Visibility.CLIENT, COMMENT: Visibility.INTERNAL}
_WORK = ("Set", "TimeWorked")


def entries_of(
    rows: Iterable[Transaction],
    texts: Mapping[str, str],
    requestors: Collection[str],
    own_id: str,
    is_staff: IsStaff,
) -> list[Entry]:
    """The entries, in the transactions' order. ``requestors``: the login names of those who asked for help.

    A transaction without words and work is none.
    """
    return [
        Entry(
            id=row.id,
            kind=EntryKind.TIME_ENTRY if _is_work(row) else EntryKind.NOTE,
            author=_author(row, requestors, own_id, is_staff),
            at=row.at,
            text=texts.get(row.id, ""),
            visibility=_VISIBILITY.get(row.type, Visibility.INTERNAL),
        )
        for row in rows
        if texts.get(row.id, "").strip() or _is_work(row)
    ]


def _is_work(row: Transaction) -> bool:
    return (row.type, row.field) == _WORK or (row.type in (COMMENT, CORRESPOND) and row.minutes > 0)


def _author(row: Transaction, requestors: Collection[str], own_id: str, is_staff: IsStaff) -> Author:
    kind = _kind(row, requestors, own_id, is_staff)
    is_member = kind in (AuthorKind.AGENT, AuthorKind.CONNECTOR)
    return Author(kind, row.creator.shown, row.creator.name if is_member else "")


def _kind(row: Transaction, requestors: Collection[str], own_id: str, is_staff: IsStaff) -> AuthorKind:
    """Who asked for help writes as a client; of staff who did, only what clients cannot write is staff's."""
    user = row.creator
    if user.id == own_id:
        return AuthorKind.CONNECTOR
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
