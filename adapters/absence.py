"""What a 404 on a ticket means where it alone proves nothing: the list, asked for that very ticket, has to tell.

On a move it may also mean what the move names: then the ticket itself can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from adapters.payloads import checked, label
from connector.errors import AdapterError, Busy, NotFound, PayloadError, Permanent, Temporary, Unreachable
from connector.model import Target, TicketId

ALL_404 = "it answers 404 for everything"


class NotThere(Unreachable):
    """A 404. It may mean the record, a right that is missing, the address or an outage: nothing is proven."""

    def __init__(self, message: str) -> None:
        super().__init__(message, cause=ALL_404)


class StillListed(Temporary):
    """A 404, and yet the ticket is in the list."""


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
        """Within it a 404 is raised as what it means for this ticket: NotFound when it is proven, Unreachable where the
        system answers nothing better to others, else Temporary.
        """
        try:
            yield
        except NotThere as error:
            raise self._meaning(checked(ticket_id), error) from error

    @contextmanager
    def told_of_move(self, ticket_id: TicketId, read: Callable[[TicketId], object], named: str) -> Iterator[None]:
        """Like ``told``, around a move. Where the ticket is listed and ``read`` reads it, what was ``named`` besides is
        not there, and that lasts: raises Permanent. Raises what the reading does, where it is the ticket after all.
        """
        try:
            with self.told(ticket_id):
                yield
        except StillListed as error:
            read(ticket_id)
            raise Permanent(
                f"{error}, and it can be read: what is not found is {named}", f"{named} is not found"
            ) from error

    def _meaning(self, ticket_id: TicketId, error: NotThere) -> AdapterError:
        try:
            ids = self._listed(ticket_id, f"see whether {label(ticket_id)} exists")
        except NotThere:
            everything = f"{self._site} answers 404 for everything: an outage, or a wrong address or credentials"
            return Unreachable(f"{label(ticket_id)}: {everything}", cause=ALL_404)
        except Busy as second:
            return second
        except Unreachable as second:
            unknown = f"{error}; whether it exists could not be found out ({second})"
            return Unreachable(unknown, second.retry_after, cause=second.cause)
        except (AdapterError, PayloadError) as second:
            return Temporary(f"{error}; whether it exists could not be found out ({second})")
        if int(ticket_id) in ids:
            return StillListed(f"{error}; yet {self._site} lists it")
        if ids:
            # What answers for others when asked for this one proves nothing of this one.
            return Temporary(f"{error}; {self._site}, asked for it alone, listed others")
        return NotFound(f"{label(ticket_id)} does not exist, or {self._reader} may not see it")


def named_by(target: Target, kind: str) -> str:
    """What a move names besides the ticket, in words for everybody's eyes. ``kind``: what its place is called."""
    if target.place is None:
        return "the person, the status or the priority that the move names"
    return f"the {kind} {target.place}, or the status or person that the move names besides,"
