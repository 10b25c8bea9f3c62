"""People on a ticket beside its owner. ConnectWise calls them resources: one schedule entry each.

The ticket's ``resources`` are a text that the site derives from those entries and nobody can write. It is what tells
who is on the ticket, before and after: the answers to the writes are not relied on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.absence import Absence
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.refusals import Refused
from adapters.names import plain
from adapters.payloads import label, text
from connector.model import Person, TicketId

RIGHT = "Service Desk > Resource Scheduling (Add, Inquire)"
PATH = "schedule/entries"
_SERVICE_TICKET = {"id": 4}
"""The type of the schedule entries of service tickets, as the tickets' own links name it (``type/id=4``)."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources of one site's tickets.

    ``read`` gives a ticket's JSON anew; ``absence`` proves what a 404 on a ticket means.
    """

    client: ConnectWiseClient
    read: Callable[[TicketId], Any]
    absence: Absence

    def add(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        """See ``Tickets.add_people`` of the contract. Whom the site will not have is left out, and so not returned."""
        present = self._present(ticket_id)
        absent = {_key(person): person for person in people if person.is_active and _key(person) not in present}
        for person in absent.values():
            self._put(ticket_id, person)
        if absent:
            present = self._present(ticket_id)
        return tuple(person for person in people if _key(person) in present)

    def _present(self, ticket_id: TicketId) -> frozenset[str]:
        """Who is on the ticket now, the owner as well: by ``resources``, which names them with commas."""
        data = self.read(ticket_id)
        owner = data.get("owner")
        names = [
            *text(data.get("resources")).split(","),
            text(owner.get("identifier")) if isinstance(owner, dict) else "",
        ]
        return frozenset(plain(name).casefold() for name in names) - {""}

    def _put(self, ticket_id: TicketId, person: Person) -> None:
        what = f"put {person.identifier!r} on {label(ticket_id)}"
        entry = {
            "objectId": int(ticket_id),
            "type": _SERVICE_TICKET,
            "member": {"id": int(person.id)},
            "ownerFlag": False,
        }
        try:
            with self.absence.told(ticket_id):
                self.client.send("POST", PATH, what, RIGHT, entry)
        except Refused:
            # One who cannot be put there must not keep off the others; that it failed shows in who is there.
            return


def _key(person: Person) -> str:
    return plain(person.identifier).casefold()
