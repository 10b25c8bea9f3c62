"""People on a ticket beside its owner: its AdminCcs, who are staff and get comments by mail.

RT can only be told the whole list, so nobody must be lost who came on between reading and writing: the write is
bound to the state that was read, and done anew when that has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.payloads import label, text
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.mapping import records, user_names
from adapters.request_tracker.moves import MODIFY, Read
from adapters.request_tracker.refusals import ChangedMeanwhile
from connector.errors import Forbidden, OutcomeUnknown
from connector.model import Person, TicketId

ROLE = "AdminCc"
_TRIES = 3


def add_people(
    client: RtClient, read: Callable[[TicketId], Read], ticket_id: TicketId, people: Sequence[Person]
) -> tuple[Person, ...]:
    """See ``Tickets.add_people`` of the contract. Who has left is not put on a ticket."""
    people = [person for person in people if person.is_active]
    unknown: OutcomeUnknown | None = None
    for tries in range(1, _TRIES + 1):
        seen = read(ticket_id)
        missing = [person for person in people if person.identifier not in user_names(seen.data, ROLE)]
        if not missing:
            return tuple(people)
        members = [text(one.get("id")) or str(one.get("id")) for one in records(seen.data, ROLE)]
        payload = {ROLE: [*members, *(person.identifier for person in missing)]}
        what = f"add people to {label(ticket_id)}"
        try:
            client.put(f"ticket/{ticket_id}", what, MODIFY, payload, seen.etag)
        except ChangedMeanwhile:
            if tries == _TRIES:
                raise
            continue
        except OutcomeUnknown as error:
            unknown = error
        break
    names = user_names(read(ticket_id).data, ROLE)
    added = tuple(person for person in people if person.identifier in names)
    if unknown is not None and len(added) < len(people):
        raise unknown
    if not added and people:
        raise Forbidden(f"nobody could be added to {label(ticket_id)}: the connector's account needs {MODIFY}")
    return added
