"""Tickets of one site: read, written on, moved and found. The contract describes the methods.

Reading a ticket takes two calls, three with time entries, one where nothing was written since; a note one, a move one,
people one each and two to look. A 404 alone proves nothing here: a ticket is gone only when the site's list, asked for
that very id, answers without it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.absence import Absence
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.directory import Directory
from adapters.connectwise.hosts import ui_url
from adapters.connectwise.mapping import info, listed_ticket, place_of, record_id, state_told, ticket_record, to_wire
from adapters.connectwise.moves import Moves
from adapters.connectwise.notes import Notes
from adapters.connectwise.resources import Resources
from adapters.connectwise.trail import read_trail, traces
from adapters.connectwise.variables import ConnectWiseSettings
from adapters.payloads import Json, checked, is_of, label, moment, text
from adapters.remembered import Reading, Remembered
from connector.clock import Clock
from connector.errors import AdapterError, PayloadError, Permanent
from connector.model import (
    ChangedTicket,
    Doer,
    Entry,
    ListedTicket,
    NoteRef,
    Person,
    Place,
    Target,
    TicketId,
    TicketRecord,
    Trace,
)

TICKETS_READ = "Service Desk > Service Tickets (Inquire)"
_LISTED = "id,_info,board,team,status,closedFlag,owner,priority,company,recordType,mergedParentTicket"
"""What is asked of each open ticket: all that decides whether it needs a look."""
SETTLES = timedelta(seconds=5)
"""A ticket's dates know no parts of a second, and clocks differ."""

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
        self._remembered: Remembered[None] = Remembered(SETTLES)
        self._resources = Resources(client, self._ticket_data, self._absence)
        self._moves = Moves(client, directory, self._record_of, self._read_ticket, self._absence)

    def read(
        self, ticket_id: TicketId, note: NoteRef | None = None, *, anew: bool = True, ours: Collection[str] = ()
    ) -> TicketRecord:
        """See the contract: the ticket, then its notes and time entries, where they are not remembered.

        A history of changes, in which ``ours`` would have to be told from others, there is none.
        """
        read_at = self._clock.now()
        data = self._ticket_data(ticket_id)
        updated_at = moment(info(data).get("lastUpdated"), f"{label(ticket_id)}: _info.lastUpdated")
        by = text(info(data).get("updatedBy"))
        version = (updated_at, data.get("actualHours"))
        if note is not None:
            us = self._directory.our_name.casefold()
            self._remembered.learn(ticket_id, version, note.at, is_by_note=bool(us) and by.casefold() == us)
        known = None if anew else self._remembered.of(ticket_id, version, self._clock.now())
        if known is None:
            known = self._entries(ticket_id, version, updated_at, ours, has_family=has_family(data))
        latest = min(updated_at, self._clock.now())
        entries = [entry if entry.at <= latest else replace(entry, at=latest) for entry in known.entries]
        updated_by, updater = self._doer(by)
        record = self._record_of(data, entries)
        return replace(record, read_at=read_at, updated_by=updated_by, updater=updater, left_out=known.left_out)

    def write_note(self, ticket_id: TicketId, text: str, marker: str, seen: TicketRecord | None = None) -> NoteRef:
        return self._written(self._notes.write, ticket_id, text, marker)

    def write_message(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        return self._written(self._notes.write_message, ticket_id, text, marker)

    def add_people(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        return self._resources.add(ticket_id, people)

    def reassign(self, ticket_id: TicketId, target: Target, seen: TicketRecord | None = None) -> TicketRecord:
        return self._moves.reassign(ticket_id, target)

    def changed_since(self, moment: datetime) -> Iterator[ChangedTicket]:
        since = moment.replace(microsecond=0)
        conditions = f"lastUpdated >= [{to_wire(since)}]"
        rows = self._list("find the changed tickets", conditions, "id,_info")
        # The site's own comparison is not relied on.
        return (found for found in map(self._changed, rows) if found.updated_at >= since)

    def open_tickets(self, places: Sequence[Place]) -> Iterator[ListedTicket]:
        boards = sorted({int(place.path[0].id) for place in places})
        if not boards:
            return iter(())
        conditions = f"closedFlag = False and board/id in ({','.join(map(str, boards))})"
        rows = self._list("find the open tickets", conditions, _LISTED)
        return (
            listed_ticket(row, self._changed(row), self._directory.group) for row in rows if _may_be_at(row, places)
        )

    def trail(self, ticket_id: TicketId, since: datetime) -> tuple[Trace, ...]:
        """See the contract: the site's audit trail, in one call."""
        with self._absence.told(ticket_id):
            return traces(read_trail(self._client, ticket_id), since.replace(microsecond=0), self._directory.doer)

    def _entries(
        self, ticket_id: TicketId, version: Hashable, updated_at: datetime, ours: Collection[str], *, has_family: bool
    ) -> Reading[None]:
        began = self._clock.now()
        ours = frozenset((*ours, self._directory.our_id)) - {""}
        with self._absence.told(ticket_id):
            entries, left_out = self._notes.entries(ticket_id, began, ours, has_family=has_family)
        found = Reading(version, updated_at, began, entries, None, left_out)
        self._remembered.keep(ticket_id, found)
        return found

    def _doer(self, name: str) -> tuple[str, Doer]:
        """Who last updated a ticket: a help, no need, so a look-up that fails keeps nobody from reading it."""
        try:
            return self._directory.doer(name)
        except AdapterError:
            return name, Doer.UNKNOWN

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
        is_of(ticket_id, data.get("id"), f"{label(ticket_id)}: id")
        return data

    def _read_ticket(self, ticket_id: TicketId) -> TicketRecord:
        return self._record_of(self._ticket_data(ticket_id))

    def _record_of(self, data: Any, entries: Sequence[Entry] = ()) -> TicketRecord:
        url = f"{self._ui}/{_TICKET_PAGE}?service_recid={data.get('id')}"
        record = ticket_record(data, self._directory.group, self._clock.now(), url, entries)
        return replace(record, state=state_told(data, self._directory.our_name), read_as=self._directory.our_id)

    def _listed(self, ticket_id: TicketId, what: str) -> list[int | None]:
        return [record_id(row, what) for row in self._list(what, f"id = {ticket_id}", "id")]

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


def has_family(data: Json) -> bool:
    """Whether a ticket says that others are bundled with it or were merged into it, whose notes come with its own."""
    flags = ("hasChildTicket", "hasMergedChildTicketFlag")
    return any(data.get(name) is True for name in flags) or bool(data.get("parentTicketId"))


def _may_be_at(row: dict[str, Any], places: Sequence[Place]) -> bool:
    """Whether a ticket lies at one of those places, as far as the list tells."""
    try:
        here = place_of(row, "ticket")
    except PayloadError:
        return True
    return any(here.is_within(place) for place in places)
