"""Tickets of one instance: read, written on, moved and found. The contract describes the methods.

Reading a ticket takes two calls, a note and a move three each: the ticket is read right before and right after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.absence import Absence
from adapters.halopsa.client import HaloClient, records
from adapters.halopsa.directory import Directory
from adapters.halopsa.entries import Ourselves, details_of, entries_of
from adapters.halopsa.history import Reader, aspects_told
from adapters.halopsa.mapping import TICKETS_READ, optional_whole, place_of, ticket_record, whole
from adapters.halopsa.moves import Moves
from adapters.halopsa.notes import Notes
from adapters.halopsa.outcomes import NoteOutcomes
from adapters.halopsa.poll import WITH_CLOSED, Poll
from adapters.halopsa.rules import Rules
from adapters.payloads import Json, checked, label
from connector.clock import Clock
from connector.errors import PayloadError, Permanent
from connector.model import (
    ChangedTicket,
    NoteRef,
    Person,
    Place,
    Target,
    TicketId,
    TicketRecord,
)

Write = Callable[[TicketId, str, int, Ourselves], tuple[Json, NoteRef]]
"""Writes a note with the status that is to stay; gives the action and its name."""

_DETAILS = {"includedetails": "true", "include_auditing": "true", "nocache": "true"}


class Tickets:
    """The tickets that the API application's agent may see. ``sleep`` waits."""

    def __init__(
        self,
        url: str,
        client: HaloClient,
        directory: Directory,
        outcomes: NoteOutcomes,
        poll: Poll,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._url = url
        self._clock = clock
        self._client = client
        self._directory = directory
        self._poll = poll
        self._absence = Absence(self._listed, "the instance", "the agent of the API application")
        self._notes = Notes(client, clock, outcomes)
        self._rules = Rules(client, self._ticket_data, self._record_of, lambda: directory.me.get().person)
        self._moves = Moves(client, directory, self._rules, self._record_of, self._ticket_data, self._absence, sleep)

    def read(self, ticket_id: TicketId) -> TicketRecord:
        data = self._ticket_data(ticket_id)
        with self._absence.told(ticket_id):
            actions = self._notes.actions(ticket_id)
        record = self._record_of(data)
        us, latest = self._ourselves(), self._clock.now()
        entries = entries_of(actions, ticket_id, self._directory, us, latest)
        entries += details_of(data, entries, record.entered_at)
        priorities = [priority.ref for priority in self._directory.priorities.get()]
        reader = Reader(ticket_id, self._directory, self._directory.all_statuses(), priorities, us)
        log = data.get("audit_log")
        changes = reader.changes(actions, log, record.status, latest)
        record = self._record_of(data, entries, changes)
        return replace(record, history_of=aspects_told(data, log, reader.told))

    def write_note(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        return self._noted(ticket_id, text, marker, self._notes.write_internal)

    def write_message(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        return self._noted(ticket_id, text, marker, self._notes.write_for_client)

    def add_people(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        raise Permanent("HaloPSA has no people beside a ticket's agent that this connector can rely on")

    def reassign(self, ticket_id: TicketId, target: Target) -> TicketRecord:
        checked(ticket_id)
        return self._moves.reassign(ticket_id, target)

    def changed_since(self, moment: datetime) -> Iterator[ChangedTicket]:
        return self._poll.changed_since(moment)

    def open_tickets(self, places: Sequence[Place]) -> Iterator[ChangedTicket]:
        teams = sorted({place.path[0].id for place in places}, key=int)
        if not teams:
            return iter(())
        params = {"open_only": "true", "team": ",".join(teams)}
        rows = self._client.pages("find the open tickets", TICKETS_READ, params)
        return (self._poll.changed(row) for row in rows if self._may_be_at(row, places))

    def _ourselves(self) -> Ourselves:
        """Who we are in the instance's actions."""
        me = self._directory.me.get()
        return Ourselves(me.person.id, me.is_api)

    def _ticket_data(self, ticket_id: TicketId) -> Json:
        what = f"read {label(ticket_id)}"
        with self._absence.told(ticket_id):
            data = self._client.get(f"Tickets/{checked(ticket_id)}", what, TICKETS_READ, _DETAILS)
        if not isinstance(data, dict):
            raise PayloadError(label(ticket_id), "not an object")
        if whole(data.get("id"), f"{label(ticket_id)}: id") != int(ticket_id):
            raise PayloadError(f"{label(ticket_id)}: id", "is another ticket's")
        return data

    def _record_of(self, data: Any, entries: Sequence[Any] = (), changes: Sequence[Any] = ()) -> TicketRecord:
        url = f"{self._url}/ticket?id={data.get('id')}"
        return ticket_record(data, self._directory, self._clock.now(), url, entries, changes)

    def _noted(self, ticket_id: TicketId, text: str, marker: str, write: Write) -> NoteRef:
        """Write a note, which is to leave the ticket as it is."""
        if marker not in text:
            raise Permanent(f"the note for {label(ticket_id)} lacks its marker: nothing was written")
        before = self._ticket_data(ticket_id)
        status = whole(before.get("status_id"), f"{label(ticket_id)}: status_id")
        with self._absence.told(ticket_id):
            action, note = write(ticket_id, text, status, self._ourselves())
        self._rules.keep_as_it_was(ticket_id, before, action)
        return note

    def _listed(self, ticket_id: TicketId, what: str) -> list[int | None]:
        params = {"ticketids": ticket_id, "count": "10", **WITH_CLOSED}
        rows = records(self._client.get("Tickets", what, TICKETS_READ, params), "tickets", what)
        return [optional_whole(row.get("id"), what) for row in rows]

    def _may_be_at(self, row: Json, places: Sequence[Place]) -> bool:
        """Whether a ticket of a list lies at one of those places, as far as the list tells."""
        if row.get("team_id") in (None, "") and not row.get("team"):
            return True
        try:
            here = place_of(row, self._directory, "ticket")
        except PayloadError:
            return True
        return any(here.is_within(place) for place in places)
