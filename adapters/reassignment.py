"""Judging a reassignment, whatever system it is: whether it may be tried, and whether it was done. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable

from connector.errors import AdapterError, OutcomeUnknown, PayloadError, Permanent
from connector.model import Ownership, Person, Target, TicketId, TicketRecord


def refuse_former(owner: Person, known: Person | None, member: str, whole: str) -> None:
    """No ticket goes to somebody who has left. Raises Permanent, before any write.

    ``known``: the one that the system has under the owner's id now. ``member`` of the ``whole``: what the system calls
    its people and itself.
    """
    if known is None:
        raise Permanent(
            f"{owner.identifier!r} is no {member} of the {whole} any more: nothing was reassigned",
            f"the {member} who is to get it has left",
        )
    if not (known.is_active and owner.is_active):
        raise Permanent(
            f"{owner.identifier!r} is an inactive {member}: nothing was reassigned",
            f"the {member} who is to get it is inactive",
        )


def is_met(record: TicketRecord, target: Target) -> bool:
    """Whether a ticket is where the target wants it."""
    if target.place is not None and not record.place.is_within(target.place):
        return False
    if target.status is not None and record.status.id != target.status.id:
        return False
    if target.priority is not None and (record.priority is None or record.priority.id != target.priority.id):
        return False
    if target.owner is Ownership.NOBODY:
        return record.owner is None
    if isinstance(target.owner, Person):
        return record.owner is not None and record.owner.id == target.owner.id
    return True


def seen_done(
    read: Callable[[TicketId], TicketRecord], ticket_id: TicketId, target: Target, unknown: OutcomeUnknown
) -> TicketRecord:
    """A move can be seen: what is there now tells whether it happened. If not it may still come: raises ``unknown``."""
    try:
        record = read(ticket_id)
    except (AdapterError, PayloadError):
        raise unknown from None
    if not is_met(record, target):
        raise unknown
    return record
