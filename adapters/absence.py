"""What a 404 on a ticket means where it alone proves nothing: the list, asked for that very ticket, has to tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from adapters.payloads import checked, label
from connector.errors import AdapterError, NotFound, PayloadError, Temporary
from connector.model import TicketId


class NotThere(Temporary):
    """A 404. It may mean the record, a right that is missing, the address or an outage: nothing is proven."""


class Absence:
    """Proves that tickets are gone. ``listed(id, what)``: the ids that the list gives when asked for that one.

    ``site`` is what the system is called, ``reader`` whose eyes it is seen with.
    """

    def __init__(self, listed: Callable[[TicketId, str], Collection[int | None]], site: str, reader: str) -> None:
        self._listed = listed
        self._site = site
        self._reader = reader

    @contextmanager
    def told(self, ticket_id: TicketId) -> Iterator[None]:
        """Within it a 404 is raised as what it means for this ticket: NotFound when it is proven, else Temporary."""
        try:
            yield
        except NotThere as error:
            raise self._meaning(checked(ticket_id), error) from error

    def _meaning(self, ticket_id: TicketId, error: NotThere) -> AdapterError:
        try:
            ids = self._listed(ticket_id, f"see whether {label(ticket_id)} exists")
        except NotThere:
            everything = f"{self._site} answers 404 for everything: an outage, or a wrong address or credentials"
            return Temporary(f"{label(ticket_id)}: {everything}")
        except (AdapterError, PayloadError) as second:
            return Temporary(f"{error}; whether it exists could not be found out ({second})")
        if int(ticket_id) in ids:
            return Temporary(f"{error}; yet {self._site} lists it")
        return NotFound(f"{label(ticket_id)} does not exist, or {self._reader} may not see it")
