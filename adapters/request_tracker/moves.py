"""Reassignment, in this order: the queue, then owner, status and priority, each step proven by reading.

RT answers a change that it refuses 200, with a sentence; and of queue and owner in one call it tries the owner first,
in the old queue. So: read (a turn that just did so hands it in), move, read, give, read. What stayed as it was is a
refusal, unless the history says that it was done and turned back, by a scrip of the site; that, and what became
something else, the caller compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adapters.payloads import Json, label
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.directory import Directory, can_do
from adapters.request_tracker.mapping import NOBODY
from adapters.request_tracker.transactions import read_transactions
from connector.errors import AdapterError, Forbidden, OutcomeUnknown, PayloadError, Permanent
from connector.model import Ownership, Person, Place, Target, TicketId, TicketRecord

MODIFY = "the right ModifyTicket in the ticket's queue"


@dataclass(frozen=True, slots=True)
class Read:
    """A ticket as it was read, with what it was read from."""

    record: TicketRecord
    data: Json
    etag: str


class Moves:
    """Moves tickets of one RT. ``read`` reads a ticket anew, without its history."""

    def __init__(self, client: RtClient, directory: Directory, read: Callable[[TicketId], Read]) -> None:
        self._client = client
        self._directory = directory
        self._read = read

    def reassign(self, ticket_id: TicketId, target: Target, seen: Read | None = None) -> TicketRecord:
        """See ``Tickets.reassign`` of the contract. What changed since it was ``seen``, RT notices by the ETag."""
        if isinstance(target.owner, Person) and not target.owner.is_active:
            who = target.owner.identifier
            raise Permanent(
                f"{who!r} is a disabled user: nothing was reassigned", "the user who is to get it is disabled"
            )
        before = seen or self._read(ticket_id)
        if before.record.id != ticket_id or not before.record.is_escalatable:
            raise Permanent(f"{label(ticket_id)}: {before.record.why_not}: nothing was reassigned")
        moved = self._moved(ticket_id, target.place, before)
        if target.place is not None and not moved.record.place.is_within(target.place):
            return moved.record
        record = self._given(ticket_id, target, moved)
        return record if moved is before else replace(record, placed_at=moved.record.updated_at)

    def _moved(self, ticket_id: TicketId, place: Place | None, before: Read) -> Read:
        """The ticket in its new queue."""
        if place is None or before.record.place.is_within(place):
            return before
        queue = place.path[0]
        # The ETag shows a change since the reading; two callers can still both succeed.
        after = self._changed(ticket_id, {"Queue": queue.id}, before)
        if after.record.place.key == before.record.place.key and not self._was_done(ticket_id, "Queue", before):
            if str(self._directory.queue_details.get(queue.id, 0.0).get("Disabled")) == "1":
                raise Permanent(
                    f"{label(ticket_id)} could not be moved: the queue {queue.name!r} is disabled. RT left it in "
                    f"{before.record.place}",
                    f"RT does not move it to the queue {queue.name!r}: it is disabled",
                )
            missing = self._missing_for_move(place, before)
            raise Forbidden(
                f"{label(ticket_id)} could not be moved to the queue {queue.name!r}: RT left it in "
                f"{before.record.place}. {missing}",
                f"RT does not move it to the queue {queue.name!r}: {missing[0].lower()}{missing[1:]}",
            )
        return after

    def _given(self, ticket_id: TicketId, target: Target, before: Read) -> TicketRecord:
        """The ticket with its owner, status and priority: one call, and one to see what came of it."""
        wanted = _wanted(target, before.record)
        if not wanted:
            return before.record
        after = self._changed(ticket_id, wanted, before)
        if (
            "Owner" in wanted
            and _owner_name(after.record) == _owner_name(before.record)
            and not self._was_done(ticket_id, "Owner", before)
        ):
            cause = f"the right ReassignTicket or OwnTicket in the queue {str(after.record.place)!r} is missing"
            raise Forbidden(self._why_not_given(ticket_id, target, after.record), cause)
        if (
            "Status" in wanted
            and after.record.status.id == before.record.status.id
            and not self._was_done(ticket_id, "Status", before)
        ):
            raise Permanent(
                f"{label(ticket_id)}: RT did not set the status {wanted['Status']!r}: the life cycle of its queue has "
                f"no such status, no way to it from {after.record.status.name!r}, or asks for a right of its own",
                f"RT refused the status {wanted['Status']!r} in the queue {str(after.record.place)!r}",
            )
        return after.record

    def _changed(self, ticket_id: TicketId, payload: Json, before: Read) -> Read:
        what = f"reassign {label(ticket_id)}"
        try:
            self._client.put(f"ticket/{ticket_id}", what, MODIFY, dict(payload), before.etag)
        except OutcomeUnknown as unknown:
            return self._seen_done(ticket_id, payload, unknown)
        return self._read(ticket_id)

    def _was_done(self, ticket_id: TicketId, field: str, before: Read) -> bool:
        """Whether the history has our change of a field since the ticket was read; then it was turned back."""
        own_id = self._directory.account.get().user.id
        newest = before.etag.strip('W/"')
        return any(
            (row.ticket, row.field, row.creator.id) == (ticket_id, field, own_id)
            and (not newest.isdigit() or row.number > int(newest))
            for row in read_transactions(self._client, ticket_id)
        )

    def _seen_done(self, ticket_id: TicketId, payload: Json, unknown: OutcomeUnknown) -> Read:
        """A change can be seen: what is there now tells whether it happened; if not, it may still come."""
        try:
            after = self._read(ticket_id)
        except (AdapterError, PayloadError):
            raise unknown from None
        record = after.record
        now = {
            "Queue": record.place.path[0].id,
            "Owner": NOBODY if record.owner is None else record.owner.id,
            "Status": record.status.id,
            "Priority": "" if record.priority is None else record.priority.id,
        }
        if any(now[name] != value for name, value in payload.items()):
            raise unknown
        return after

    def _missing_for_move(self, place: Place, before: Read) -> str:
        """The right that a move lacks, as far as RT shows: what may be done is among a record's links."""
        queue = place.path[0]
        if not can_do(self._directory.queue_details.get(queue.id), "create"):
            return f"The connector's account needs the right CreateTicket in the queue {queue.name!r}"
        if not can_do(before.data, "lifecycle"):
            return f"The connector's account needs the right ModifyTicket in the queue {str(before.record.place)!r}"
        return "The life cycles of the two queues may have no way from its status to one of the other"

    def _why_not_given(self, ticket_id: TicketId, target: Target, record: TicketRecord) -> str:
        queue = record.place
        if isinstance(target.owner, Person):
            name = target.owner.identifier
            return (
                f"{label(ticket_id)} could not be given to {name!r}: RT left it with {_owner_name(record)!r}. "
                f"{name!r} needs the right OwnTicket in the queue {str(queue)!r}, and the connector's account "
                "ReassignTicket"
            )
        return (
            f"the owner of {label(ticket_id)} could not be taken off: RT left {_owner_name(record)!r}. The "
            f"connector's account needs the right ReassignTicket in the queue {str(queue)!r}"
        )


def _wanted(target: Target, record: TicketRecord) -> dict[str, str]:
    """What is still to be changed once the ticket is in its queue."""
    wanted: dict[str, str] = {}
    if target.owner is Ownership.NOBODY and record.owner is not None:
        wanted["Owner"] = NOBODY
    elif isinstance(target.owner, Person) and (record.owner is None or record.owner.id != target.owner.id):
        # By number: a login name of digits would be taken for one.
        wanted["Owner"] = target.owner.id
    if target.status is not None and record.status.id != target.status.id:
        wanted["Status"] = target.status.id
    if target.priority is not None and (record.priority is None or record.priority.id != target.priority.id):
        wanted["Priority"] = target.priority.id
    return wanted


def _owner_name(record: TicketRecord) -> str:
    return NOBODY if record.owner is None else record.owner.identifier
