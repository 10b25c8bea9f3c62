"""Tickets of one instance: read, written on, moved and found. The contract describes the methods.

Reading a ticket takes two calls, one where nothing was written since; a note and a move three each: the ticket is read
right before and right after. What a turn has just read, and hands in, is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.absence import Absence
from adapters.halopsa.client import HaloClient, records
from adapters.halopsa.directory import Directory
from adapters.halopsa.entries import WORDS, Ourselves, details_of, entries_of
from adapters.halopsa.history import Reader, aspects_told
from adapters.halopsa.mapping import (
    TICKETS_READ,
    UPDATED,
    listed_ticket,
    optional_whole,
    place_of,
    state_told,
    ticket_record,
    whole,
)
from adapters.halopsa.moves import Moves
from adapters.halopsa.notes import Actions, Notes
from adapters.halopsa.outcomes import NoteOutcomes
from adapters.halopsa.poll import WITH_CLOSED, Poll
from adapters.halopsa.rules import Rules
from adapters.payloads import Json, checked, is_of, label, text
from adapters.remembered import Reading, Remembered
from connector.clock import Clock
from connector.errors import PayloadError, Permanent
from connector.model import (
    ChangedTicket,
    ListedTicket,
    NoteRef,
    Person,
    Place,
    Target,
    TicketId,
    TicketRecord,
)
from connector.reading.intake.entries import Intake

Write = Callable[[TicketId, str, int, Ourselves], tuple[Json, NoteRef]]
"""Writes a note with the status that is to stay; gives the action and its name."""

SETTLES = timedelta(seconds=30)
"""So long after a ticket's last update a write of that moment may not be readable yet."""

A_MOMENT = timedelta(seconds=5)
"""For how long a turn's reading stands for the one right before a write; calls may have to wait in between."""

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
        self._agent = ""
        self._remembered: Remembered[Actions] = Remembered(SETTLES)
        self._absence = Absence(self._listed, "the instance", "the agent of the API application")
        self._notes = Notes(client, clock, outcomes)
        self._rules = Rules(client, self._ticket_data, self._record_of, lambda: directory.me.get().person)
        self._moves = Moves(client, directory, self._rules, self._record_of, self._ticket_data, self._absence, sleep)

    def read(
        self, ticket_id: TicketId, note: NoteRef | None = None, *, anew: bool = True, ours: Collection[str] = ()
    ) -> TicketRecord:
        read_at = self._clock.now()
        data = note.source if note is not None and isinstance(note.source, dict) else self._ticket_data(ticket_id)
        us, latest = self._ourselves(ours), self._clock.now()
        record = self._record_of(data)
        version = tuple(text(data.get(name)) for name in UPDATED)
        if note is not None:
            is_by_note = record.updated_at.replace(microsecond=0) == note.at.replace(microsecond=0)
            self._remembered.learn(ticket_id, version, note.at, is_by_note=is_by_note)
        known = None if anew else self._remembered.of(ticket_id, version, latest)
        if known is None:
            known = self._entries(ticket_id, version, record.updated_at, us, latest)
        entries = [*known.entries, *details_of(data, known.entries, record.entered_at)]
        priorities = [priority.ref for priority in self._directory.priority_list.get()]
        reader = Reader(ticket_id, self._directory, self._directory.all_statuses(), priorities, us)
        log = data.get("audit_log")
        changes = reader.changes(known.source.rows, log, record.status, latest)
        record = self._record_of(data, entries, changes)
        told = aspects_told(data, log, reader.told, is_whole=not known.source.left_out)
        return replace(
            record, read_at=read_at, history_of=told, source=data, read_as=us.agent_id, left_out=known.left_out
        )

    def trail(self, ticket_id: TicketId, since: datetime) -> None:
        """See the contract: what Halo tells of a ticket's changes, ``read`` tells."""

    def write_note(self, ticket_id: TicketId, text: str, marker: str, seen: TicketRecord | None = None) -> NoteRef:
        return self._noted(ticket_id, text, marker, self._notes.write_internal, seen)

    def write_message(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        return self._noted(ticket_id, text, marker, self._notes.write_for_client)

    def add_people(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        raise Permanent("HaloPSA has no people beside a ticket's agent that this connector can rely on")

    def reassign(self, ticket_id: TicketId, target: Target, seen: TicketRecord | None = None) -> TicketRecord:
        checked(ticket_id)
        return self._moves.reassign(ticket_id, target, self._just_read(seen))

    def changed_since(self, moment: datetime) -> Iterator[ChangedTicket]:
        return self._poll.changed_since(moment)

    def open_tickets(self, places: Sequence[Place]) -> Iterator[ListedTicket]:
        teams = sorted({place.path[0].id for place in places}, key=int)
        if not teams:
            return iter(())
        params = {"open_only": "true", "team": ",".join(teams)}
        rows = self._client.pages("find the open tickets", TICKETS_READ, params)
        found = ((row, self._poll.changed(row)) for row in rows if self._may_be_at(row, places))
        return (listed_ticket(row, one, self._directory) for row, one in found)

    def _ourselves(self, before: Collection[str] = ()) -> Ourselves:
        """Who we are in the instance's actions, and were ``before``."""
        me = self._directory.me.get()
        # What an agent does in whose name people work, too, is not told by the agent.
        self._agent = me.person.id if me.is_api else ""
        return Ourselves(me.person.id, me.is_api, before=frozenset(before))

    def _entries(
        self, ticket_id: TicketId, version: Hashable, updated_at: datetime, us: Ourselves, latest: datetime
    ) -> Reading[Actions]:
        with self._absence.told(ticket_id):
            actions = self._notes.actions(ticket_id)
        intake = Intake()  # what our agents wrote, the rows tell
        intake.take(entries_of(actions.rows, ticket_id, self._directory, us, latest))
        entries, too_many = intake.taken()
        bare = [{name: value for name, value in row.items() if name not in WORDS} for row in actions.rows]
        found = Reading(
            version, updated_at, latest, entries, Actions(bare, actions.left_out), actions.left_out + too_many
        )
        self._remembered.keep(ticket_id, found)
        return found

    def _ticket_data(self, ticket_id: TicketId) -> Json:
        what = f"read {label(ticket_id)}"
        with self._absence.told(ticket_id):
            data = self._client.get(f"Tickets/{checked(ticket_id)}", what, TICKETS_READ, _DETAILS)
        if not isinstance(data, dict):
            raise PayloadError(label(ticket_id), "not an object")
        path = f"{label(ticket_id)}: id"
        is_of(ticket_id, whole(data.get("id"), path), path)
        return data

    def _record_of(self, data: Any, entries: Sequence[Any] = (), changes: Sequence[Any] = ()) -> TicketRecord:
        url = f"{self._url}/ticket?id={data.get('id')}"
        record = ticket_record(data, self._directory, self._clock.now(), url, entries, changes)
        return replace(record, state=state_told(data, self._agent))

    def _just_read(self, seen: TicketRecord | None) -> Json | None:
        """What a turn has read a moment ago; None where it must be read anew, also where no log tells who acted."""
        data = seen.source if seen is not None else None
        if seen is None or not isinstance(data, dict) or not isinstance(data.get("audit_log"), list):
            return None
        return data if self._clock.now() - seen.read_at <= A_MOMENT else None

    def _noted(
        self, ticket_id: TicketId, text: str, marker: str, write: Write, seen: TicketRecord | None = None
    ) -> NoteRef:
        """Write a note, which is to leave the ticket as it is."""
        if marker not in text:
            raise Permanent(f"the note for {label(ticket_id)} lacks its marker: nothing was written")
        before = self._just_read(seen) or self._ticket_data(ticket_id)
        status = whole(before.get("status_id"), f"{label(ticket_id)}: status_id")
        with self._absence.told(ticket_id):
            action, note = write(ticket_id, text, status, self._ourselves())
        return replace(note, source=self._rules.keep_as_it_was(ticket_id, before, action))

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
