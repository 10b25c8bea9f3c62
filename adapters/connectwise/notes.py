"""Notes of a ticket: reading them with its time entries, writing one.

What is written says in all three place flags who may see it, and what comes back must prove it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Any

from adapters.absence import NotThere
from adapters.connectwise.client import ConnectWiseClient, Lean
from adapters.connectwise.directory import Directory
from adapters.connectwise.entries import (
    INTERNAL_PART,
    NoUsableTime,
    entries_of_time,
    entry_of_all_notes,
    entry_of_note,
    is_of_time_entry,
    is_own,
    note_visibility,
)
from adapters.connectwise.mapping import info, person_of, record_id
from adapters.connectwise.refusals import NotOffered
from adapters.http import TooLarge
from adapters.payloads import label, moment
from connector.clock import Clock
from connector.errors import OutcomeUnknown, PayloadError, Permanent, VisibleNote
from connector.model import Entry, EntryKind, NoteRef, TicketId, Visibility
from connector.reading.intake.entries import Intake, Taken, is_kept
from connector.reading.intake.texts import UNREADABLE

NOTES_READ = "Service Desk > Service Tickets (Inquire)"
NOTES_ADD = "Service Desk > Service Tickets (Add, Edit)"
TIME_READ = "Time & Expense > Time Entry (Inquire)"

_ASKS_AGAIN_SECONDS = 3600.0
"""For how long it is believed that a site has no list of all notes."""

_BOTH = "id,detailDescriptionFlag,resolutionFlag,internalAnalysisFlag,member,contact,dateCreated,_info"
_ALL_BUT_TEXT = {
    "allNotes": f"{_BOTH},ticket,noteType,bundledFlag,mergedFlag,createdByParentFlag,originalAuthor,timeStart,timeEnd",
    "notes": f"{_BOTH},ticketId,createdBy",
}
"""What is asked, in either list, of a note that is too large to be answered; a name that it has not is refused."""

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
        self._monotonic = client.http.options.monotonic
        self._asks_again_at = -inf

    def entries(self, ticket_id: TicketId, latest: datetime, ours: Collection[str] = (), *, has_family: bool) -> Taken:
        """Notes and time entries of a ticket that could be read just now, none younger than ``latest``.

        ``ours``: the members that are us, or were. ``has_family``: it has children, a parent, or others were merged
        into it, whose notes may stand among its own.

        One call, or two: where there are time entries, which that list gives only in part, and where a site has not
        that list.
        """
        if self._monotonic() < self._asks_again_at:
            return self._notes_and_times(ticket_id, latest, ours, has_family=has_family)
        try:
            return self._all_notes(ticket_id, latest, ours, has_family=has_family)
        except NoUsableTime:
            return self._notes_and_times(ticket_id, latest, ours, has_family=has_family)
        except (NotThere, NotOffered):
            # The ticket is there, so it is the list that is not; unless the others are not there, either.
            found = self._notes_and_times(ticket_id, latest, ours, has_family=has_family)
            self._asks_again_at = self._monotonic() + _ASKS_AGAIN_SECONDS
            return found

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
            is_own(ticket_id, {"ticketId": answer.get("ticketId")}, what, has_family=False)
            note, us = self._reference(answer, ticket_id), person_of(answer, "member", what)
        except PayloadError as error:
            raise OutcomeUnknown(f"{what}: answered well, but not with a note ({error})") from error
        if us is not None:
            self._directory.learn_ourselves(us)
        return note, note_visibility(answer)

    def _all_notes(self, ticket_id: TicketId, latest: datetime, ours: Collection[str], *, has_family: bool) -> Taken:
        intake, has_times = Intake(ours), False
        for row in self._rows("allNotes", ticket_id, has_family=has_family):
            has_times = has_times or is_of_time_entry(row)
            entry = entry_of_all_notes(row, label(ticket_id), self._directory, latest)
            intake.take([_within_bounds(row, entry, ours)])
        noted = intake.taken()
        times = self._times(ticket_id, latest, ours) if has_times else Taken(())
        # Pages go by id, and two kinds share this list: what a page repeats is taken once.
        found = {entry.id: entry for entry in (*_without(noted.entries, times.entries), *times.entries)}
        return Taken(tuple(found.values()), noted.left_out + times.left_out)

    def _notes_and_times(
        self, ticket_id: TicketId, latest: datetime, ours: Collection[str], *, has_family: bool
    ) -> Taken:
        intake = Intake(ours)
        for row in self._rows("notes", ticket_id, has_family=has_family):
            entry = entry_of_note(row, label(ticket_id), self._directory, latest)
            intake.take([_within_bounds(row, entry, ours)])
        noted, times = intake.taken(), self._times(ticket_id, latest, ours)
        return Taken((*noted.entries, *times.entries), noted.left_out + times.left_out)

    def _times(self, ticket_id: TicketId, latest: datetime, ours: Collection[str]) -> Taken:
        path, intake = label(ticket_id), Intake(ours)
        conditions = f"chargeToType='ServiceTicket' AND chargeToId={ticket_id}"
        for row in self._client.pages("time/entries", f"read the time entries of {path}", TIME_READ, conditions):
            intake.take(entries_of_time(row, ticket_id, path, self._directory, latest))
        return intake.taken()

    def _rows(self, name: str, ticket_id: TicketId, *, has_family: bool) -> Iterator[dict[str, Any]]:
        """A ticket's own notes of one of its lists; one that is too large to be answered comes without its text."""
        what, path = f"read the notes of {label(ticket_id)}", f"service/tickets/{ticket_id}/{name}"
        for row in self._client.pages(path, what, NOTES_READ, lean=_ALL_BUT_TEXT[name]):
            if is_own(ticket_id, row, label(ticket_id), has_family=has_family):
                yield row

    def _reference(self, row: dict[str, Any], ticket_id: TicketId) -> NoteRef:
        path = f"{label(ticket_id)}: note"
        at = row.get("dateCreated") or info(row).get("lastUpdated")
        return NoteRef(str(record_id(row, path)), moment(at, path) if at else self._clock.now())


def _within_bounds(row: Mapping[str, Any], entry: Entry, ours: Collection[str]) -> Entry:
    """What a note says, and that it could not be read where it was left out. Raises TooLarge for an agent's."""
    if not isinstance(row, Lean):
        return entry
    if is_kept(entry, ours):
        raise TooLarge(f"read note {entry.id}: an agent's, and larger than any answer may be", "a note is too large")
    return replace(entry, text=UNREADABLE.words)


def _without(entries: Iterable[Entry], times: Iterable[Entry]) -> Iterator[Entry]:
    """The entries without those that stand for one of the ``times``: the two lists may number them differently."""
    known = {entry.id.removesuffix(INTERNAL_PART) for entry in times}
    said = {(entry.author.identifier, entry.text) for entry in times}
    for entry in entries:
        is_known = entry.id in known or (entry.author.identifier, entry.text) in said
        if entry.kind is not EntryKind.TIME_ENTRY or not is_known:
            yield entry
