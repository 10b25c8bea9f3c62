"""Tickets of one site: read, written on, moved and found. The contract describes the methods.

Reading a ticket takes two calls, three with time entries, a note one, a move one, people one each and two to look. A
404 alone proves nothing here: a ticket is gone only when the site's list, asked for that very id, answers without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from adapters.absence import Absence
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.directory import Directory
from adapters.connectwise.hosts import ui_url
from adapters.connectwise.mapping import info, place_of, record_id, ticket_record, to_wire
from adapters.connectwise.moves import Moves
from adapters.connectwise.notes import Notes
from adapters.connectwise.resources import Resources
from adapters.connectwise.trail import TrailEntry, read_trail
from adapters.connectwise.variables import ConnectWiseSettings
from adapters.payloads import checked, label, moment
from connector.clock import Clock
from connector.errors import PayloadError, Permanent
from connector.model import (
    ChangedTicket,
    Entry,
    NoteRef,
    Person,
    Place,
    Target,
    TicketId,
    TicketRecord,
)

TICKETS_READ = "Service Desk > Service Tickets (Inquire)"
_TICKET_PAGE = "v4_6_release/services/system_io/Service/fv_sr100_request.rails"


class Tickets:
    """The tickets that the API member may see."""

    def __init__(
        self, settings: ConnectWiseSettings, client: ConnectWiseClient, directory: Directory, clock: Clock
    ) -> None:
        self._clock = clock
        self._ui = ui_url(settings.url)
        self._client = client
        self._directory = directory
        self._absence = Absence(self._listed, "the site", "the API member")
        self._notes = Notes(client, directory, clock)
        self._resources = Resources(client, self._ticket_data, self._absence)
        self._moves = Moves(client, directory, self._record_of, self._read_ticket, self._absence)

    def read(self, ticket_id: TicketId) -> TicketRecord:
        """See the contract: the ticket, then its notes and time entries."""
        data = self._ticket_data(ticket_id)
        latest = min(moment(info(data).get("lastUpdated"), f"{label(ticket_id)}: _info.lastUpdated"), self._clock.now())
        with self._absence.told(ticket_id):
            entries = self._notes.entries(ticket_id, latest)
        return self._record_of(data, entries)

    def write_note(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        return self._written(self._notes.write, ticket_id, text, marker)

    def write_message(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        return self._written(self._notes.write_message, ticket_id, text, marker)

    def add_people(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        return self._resources.add(ticket_id, people)

    def reassign(self, ticket_id: TicketId, target: Target) -> TicketRecord:
        return self._moves.reassign(ticket_id, target)

    def changed_since(self, moment: datetime) -> Iterator[ChangedTicket]:
        since = moment.replace(microsecond=0)
        conditions = f"lastUpdated >= [{to_wire(since)}]"
        rows = self._list("find the changed tickets", conditions, "id,_info")
        # The site's own comparison is not relied on.
        return (found for found in map(self._changed, rows) if found.updated_at >= since)

    def open_tickets(self, places: Sequence[Place]) -> Iterator[ChangedTicket]:
        boards = sorted({int(place.path[0].id) for place in places})
        if not boards:
            return iter(())
        conditions = f"closedFlag = False and board/id in ({','.join(map(str, boards))})"
        rows = self._list("find the open tickets", conditions, "id,_info,board,team")
        return (self._changed(row) for row in rows if _may_be_at(row, places))

    def trail(self, ticket_id: TicketId) -> list[TrailEntry]:
        """Who did what to a ticket and when, by the site's audit trail: one call. Raises AdapterError, PayloadError."""
        with self._absence.told(ticket_id):
            return read_trail(self._client, ticket_id)

    def _written(
        self, write: Callable[[TicketId, str], NoteRef], ticket_id: TicketId, text: str, marker: str
    ) -> NoteRef:
        if marker not in text:
            raise Permanent(f"the note for {label(ticket_id)} lacks its marker: nothing was written")
        with self._absence.told(ticket_id):
            return write(ticket_id, text)

    def _ticket_data(self, ticket_id: TicketId) -> Any:
        what = f"read {label(ticket_id)}"
        with self._absence.told(ticket_id):
            data = self._client.get(f"service/tickets/{checked(ticket_id)}", what, TICKETS_READ)
        if not isinstance(data, dict):
            raise PayloadError(label(ticket_id), "not an object")
        return data

    def _read_ticket(self, ticket_id: TicketId) -> TicketRecord:
        return self._record_of(self._ticket_data(ticket_id))

    def _record_of(self, data: Any, entries: Sequence[Entry] = ()) -> TicketRecord:
        url = f"{self._ui}/{_TICKET_PAGE}?service_recid={data.get('id')}"
        return ticket_record(data, self._directory.group, self._clock.now(), url, entries)

    def _listed(self, ticket_id: TicketId, what: str) -> list[int | None]:
        return [row.get("id") for row in self._list(what, f"id = {ticket_id}", "id")]

    def _list(self, what: str, conditions: str, fields: str) -> Iterator[dict[str, Any]]:
        return self._client.pages("service/tickets", what, TICKETS_READ, conditions, fields)

    def _changed(self, row: dict[str, Any]) -> ChangedTicket:
        path = label(row.get("id", "?"))
        try:
            updated_at = moment(info(row).get("lastUpdated"), path)
        except PayloadError:
            # One odd ticket must not hide the others: it is looked at, and its own turn says what is wrong.
            updated_at = self._clock.now()
        return ChangedTicket(TicketId(str(record_id(row, path))), updated_at)


def _may_be_at(row: dict[str, Any], places: Sequence[Place]) -> bool:
    """Whether a ticket lies at one of those places, as far as the list tells."""
    try:
        here = place_of(row, "ticket")
    except PayloadError:
        return True
    return any(here.is_within(place) for place in places)
