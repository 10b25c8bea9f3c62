"""Notes of a ticket: reading them with its time entries, writing one.

What is written says in all three place flags who may see it, and what comes back must prove it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.directory import Directory
from adapters.connectwise.entries import (
    NoUsableTime,
    entry_of_all_notes,
    entry_of_note,
    entry_of_time,
    note_visibility,
)
from adapters.connectwise.mapping import info, record_id
from adapters.connectwise.refusals import EndpointMissing
from adapters.payloads import label, moment
from connector.clock import Clock
from connector.errors import OutcomeUnknown, PayloadError, Permanent, VisibleNote
from connector.model import Entry, NoteRef, TicketId, Visibility

NOTES_READ = "Service Desk > Service Tickets (Inquire)"
NOTES_ADD = "Service Desk > Service Tickets (Add, Edit)"
TIME_READ = "Time & Expense > Time Entry (Inquire)"

_INTERNAL = {
    "internalAnalysisFlag": True,
    "detailDescriptionFlag": False,
    "resolutionFlag": False,
    "processNotifications": False,
}
# What the client reads is theirs to hear of: the site's own notifications stay as they are.
_FOR_THE_CLIENT = {
    "internalAnalysisFlag": False,
    "detailDescriptionFlag": True,
    "resolutionFlag": False,
}


class Notes:
    """Notes and time entries at one site."""

    def __init__(self, client: ConnectWiseClient, directory: Directory, clock: Clock) -> None:
        self._client = client
        self._directory = directory
        self._clock = clock
        self._has_all_notes = True

    def entries(self, ticket_id: TicketId, latest: datetime) -> list[Entry]:
        """Notes and time entries, none younger than ``latest``: one call, two where a site lists them apart."""
        if self._has_all_notes:
            try:
                return self._all_notes(ticket_id, latest)
            except EndpointMissing:
                # An old site. It stays so for as long as this process lives.
                self._has_all_notes = False
            except NoUsableTime:
                pass
        return self._notes_and_times(ticket_id, latest)

    def write(self, ticket_id: TicketId, words: str) -> NoteRef:
        """Add an internal note, once. Raises VisibleNote when nothing proves that the client can't see it."""
        note, seen_by = self._added(ticket_id, words, _INTERNAL, "note")
        if seen_by is not Visibility.INTERNAL:
            raise VisibleNote(
                f"ALARM: note {note.id} on {label(ticket_id)} did not come back as internal: the client may "
                "see it. Look at the note and at its board's settings"
            )
        return note

    def write_message(self, ticket_id: TicketId, words: str) -> NoteRef:
        """Add a note to the discussion, which the client sees, once. Raises Permanent when it came back hidden."""
        note, seen_by = self._added(ticket_id, words, _FOR_THE_CLIENT, "message to the client")
        if seen_by is not Visibility.CLIENT:
            raise Permanent(
                f"message {note.id} on {label(ticket_id)} did not come back as part of the discussion: "
                "the client can't see it. Look at the note and at its board's settings"
            )
        return note

    def _added(
        self, ticket_id: TicketId, words: str, flags: Mapping[str, bool], kind: str
    ) -> tuple[NoteRef, Visibility]:
        """A note sent once, with who may see it by what came back."""
        what = f"write a {kind} on {label(ticket_id)}"
        payload = {"text": words, **flags}
        answer = self._client.send("POST", f"service/tickets/{ticket_id}/notes", what, NOTES_ADD, payload)
        if not isinstance(answer, dict):
            raise OutcomeUnknown(f"{what}: answered well, but with no note")
        try:
            return self._reference(answer, ticket_id), note_visibility(answer)
        except PayloadError as error:
            raise OutcomeUnknown(f"{what}: answered well, but not with a note ({error})") from error

    def _all_notes(self, ticket_id: TicketId, latest: datetime) -> list[Entry]:
        path, author = label(ticket_id), self._directory.author
        rows = self._rows(f"service/tickets/{ticket_id}/allNotes", ticket_id)
        # Pages go by id, and two kinds share this list: what a page repeats is taken once.
        found = {entry.id: entry for entry in (entry_of_all_notes(row, path, author, latest) for row in rows)}
        return list(found.values())

    def _notes_and_times(self, ticket_id: TicketId, latest: datetime) -> list[Entry]:
        path, author = label(ticket_id), self._directory.author
        notes = self._rows(f"service/tickets/{ticket_id}/notes", ticket_id)
        entries = [entry_of_note(row, path, author, latest) for row in notes]
        conditions = f"chargeToType='ServiceTicket' AND chargeToId={ticket_id}"
        what = f"read the time entries of {path}"
        times = self._client.pages("time/entries", what, TIME_READ, conditions)
        return [*entries, *(entry_of_time(row, path, author, latest) for row in times)]

    def _rows(self, path: str, ticket_id: TicketId) -> Iterator[dict[str, Any]]:
        return self._client.pages(path, f"read the notes of {label(ticket_id)}", NOTES_READ)

    def _reference(self, row: dict[str, Any], ticket_id: TicketId) -> NoteRef:
        path = f"{label(ticket_id)}: note"
        at = row.get("dateCreated") or info(row).get("lastUpdated")
        return NoteRef(str(record_id(row, path)), moment(at, path) if at else self._clock.now())
