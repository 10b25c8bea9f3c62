"""Finding what changed: by the filter of the list where it is proven to work, else without it.

Unknown filters are ignored without a word, and on some self-hosted versions the one by time finds nothing at all; how a
zone is to be written there differs from client to client. So it has to find the newest ticket by its own time first.
Closed tickets are left out of the list unless they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from adapters.halopsa.client import HaloClient, records
from adapters.halopsa.mapping import TICKETS_READ, optional_whole, updated_at, whole
from adapters.payloads import Json, label
from connector.clock import Clock
from connector.errors import PayloadError
from connector.model import ChangedTicket, Finding, Severity, TicketId
from connector.systems.kept import Kept

Form = Callable[[datetime], str]

_FORMS: Mapping[str, Form] = {
    "without a zone": lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    "with Z": lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
}
"""How the filter's moment is written: as panoramicdata/HaloPsa.Api does, and as django-psa."""

WITH_CLOSED: Mapping[str, str] = {"includeclosed": "true"}
_PROVEN_FOR = 3600.0
_WHAT = "find the changed tickets"


class Poll:
    """The tickets of one instance by their last update. The proof is made when first needed, and kept for an hour."""

    def __init__(self, client: HaloClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._proven = Kept(self._prove, client.http.options.monotonic, _PROVEN_FOR)

    def changed_since(self, moment: datetime) -> Iterator[ChangedTicket]:
        """See ``Tickets.changed_since`` of the contract."""
        since = moment.replace(microsecond=0)
        form = self._proven.get()
        if form is None:
            return self._newest_until(since)
        params = {"lastupdatefromdate": _FORMS[form](since), **WITH_CLOSED}
        rows = self._client.pages(_WHAT, TICKETS_READ, params)
        # A filter that is ignored lets everything through.
        return (found for found in map(self.changed, rows) if found.updated_at >= since)

    def finding(self) -> Finding:
        """Whether the filter works. Raises AdapterError, PayloadError."""
        form = self._proven.get(0.0)
        if form is None:
            message = (
                "the filter by last update does not find the newest ticket by its own time, however that is written: "
                "changes are found without it, by reading the newest tickets page by page, which takes more calls"
            )
            return Finding(Severity.WARNING, "poll", message)
        return Finding(Severity.OK, "poll", f"the newest ticket is found by its own time, written {form}")

    def changed(self, row: Json) -> ChangedTicket:
        """A row of a list. One without a readable date must not hide: it is looked at; its turn says what is wrong."""
        path = label(row.get("id"))
        try:
            at = updated_at(row, path)
        except PayloadError:
            at = None
        number = whole(row.get("id"), f"{path}: id")
        return ChangedTicket(TicketId(str(number)), at or self._clock.now())

    def _prove(self) -> str | None:
        """The form of a moment in which the filter finds what it must; None where none does."""
        newest = self._newest()
        if newest is None:
            return next(iter(_FORMS))
        return next((name for name in _FORMS if self._is_found(newest, name)), None)

    def _newest(self) -> ChangedTicket | None:
        """The newest ticket, None where there is none with a date."""
        params = {"pageinate": "true", "page_size": "1", "page_no": "1", "order": "id", "orderdesc": "true"}
        rows = records(self._client.get("Tickets", _WHAT, TICKETS_READ, {**params, **WITH_CLOSED}), "tickets", _WHAT)
        is_dated = bool(rows) and updated_at(rows[0], _WHAT) is not None
        return self.changed(rows[0]) if is_dated else None

    def _is_found(self, newest: ChangedTicket, form: str) -> bool:
        since = newest.updated_at.replace(microsecond=0)
        params = {"lastupdatefromdate": _FORMS[form](since), "ticketids": newest.id, "count": "10", **WITH_CLOSED}
        rows = records(self._client.get("Tickets", _WHAT, TICKETS_READ, params), "tickets", _WHAT)
        return any(optional_whole(row.get("id"), _WHAT) == int(newest.id) for row in rows)

    def _newest_until(self, since: datetime) -> Iterator[ChangedTicket]:
        """Without the filter: the last updated first, until they are older; to the end where they come in no order."""
        params = {**WITH_CLOSED, "order": "last_update", "orderdesc": "true", "order2": "id"}
        before: datetime | None = None
        is_ordered = True
        for row in self._client.pages(_WHAT, TICKETS_READ, params):
            found = self.changed(row)
            is_ordered = is_ordered and (before is None or found.updated_at <= before)
            before = found.updated_at
            if found.updated_at >= since:
                yield found
            elif is_ordered:
                return
