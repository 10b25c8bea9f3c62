"""Notes and time entries of a ticket into ``Entry``: who wrote it, when, and who may see it. Pure.

Three sources: the list of all notes (both kinds in one, but with no certain date field), the ticket's notes,
and the time entries. Visibility goes by the three place flags alone: ``internalFlag`` and ``externalFlag``
say nothing. Lists hold what belongs to other tickets, too: a child's notes are no entries of its parent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from adapters.connectwise.mapping import info, person_of, record_id
from adapters.payloads import Json, is_of, moment, shown_id, text, written
from connector.errors import PayloadError
from connector.model import Author, AuthorKind, Entry, EntryKind, Person, TicketId, Visibility
from connector.reading.html import to_text
from connector.reading.intake.known import KnownTexts
from connector.reading.intake.texts import Text


class Staff(Protocol):
    """Who is who at a site."""

    def author(self, name: str) -> Person | None:
        """The member of that identifier or full name, None when there is none or more than one."""
        ...

    def kind_of(self, member: Person) -> AuthorKind:
        """What the notes of a member are: an agent's, or of UNKNOWN kind where it is a program."""
        ...


_read = KnownTexts(to_text)

INTERNAL_PART = "-internal"
"""Ends the id of what a time entry's internal notes say."""

_NOTE_FLAGS = ("detailDescriptionFlag", "resolutionFlag", "internalAnalysisFlag")
_TIME_FLAGS = ("addToDetailDescriptionFlag", "addToResolutionFlag", "addToInternalAnalysisFlag")


_FAMILY_FLAGS = ("bundledFlag", "createdByParentFlag")


class NoUsableTime(PayloadError):
    """An entry tells no time at all. In the list of all notes: the separate lists must be read instead."""


def entry_of_all_notes(data: Json, path: str, staff: Staff, latest: datetime) -> Entry:
    """An item of a ticket's ``allNotes``. Raises NoUsableTime. ``latest``: no entry is younger than that."""
    is_time = is_of_time_entry(data)
    kind = EntryKind.TIME_ENTRY if is_time else EntryKind.NOTE
    path = f"{path}: {kind} {shown_id(data.get('id'))}"
    # In the list of all notes nobody knows where a site puts the time: the surest first.
    times = [data.get("dateCreated"), info(data).get("dateEntered"), info(data).get("dateCreated")]
    times += [data.get("timeEnd")] if is_time else []
    times += [data.get("timeStart"), info(data).get("lastUpdated")]
    return _entry(data, path, kind, _first_moment(times, path), staff, latest, _text(data.get("text"), f"{path}: text"))


def entry_of_note(data: Json, path: str, staff: Staff, latest: datetime) -> Entry:
    """An item of a ticket's ``notes``. Raises NoUsableTime."""
    path = f"{path}: note {shown_id(data.get('id'))}"
    times = [data.get("dateCreated"), info(data).get("dateEntered"), info(data).get("lastUpdated")]
    at = _first_moment(times, path)
    return _entry(data, path, EntryKind.NOTE, at, staff, latest, _text(data.get("text"), f"{path}: text"))


def entries_of_time(data: Json, ticket_id: TicketId, path: str, staff: Staff, latest: datetime) -> list[Entry]:
    """What an item of ``time/entries`` says, its internal notes by themselves. Raises NoUsableTime, and PayloadError
    for time that was booked on another ticket.
    """
    path = f"{path}: time entry {shown_id(data.get('id'))}"
    is_of(ticket_id, data.get("chargeToId"), f"{path}: chargeToId")
    times = [data.get(name) for name in ("dateEntered", "timeEnd", "timeStart")]
    at = _first_moment([*times, info(data).get("lastUpdated")], path)
    internal = _text(data.get("internalNotes"), f"{path}: internalNotes")
    notes = _text(data.get("notes"), f"{path}: notes")
    shown = _entry(data, path, EntryKind.TIME_ENTRY, at, staff, latest, notes)
    if not internal.words.strip():
        return [shown]
    hidden = replace(_saying(internal, shown), id=shown.id + INTERNAL_PART, visibility=Visibility.INTERNAL)
    says_no_more = not notes.words.strip() or replace(hidden, id=shown.id) == shown
    return [hidden] if says_no_more else [shown, hidden]


def is_of_time_entry(data: Json) -> bool:
    """Whether an item of the list of all notes stands for a time entry."""
    return text(data.get("noteType")) == "TimeEntryNote"


def is_own(ticket_id: TicketId, data: Json, path: str, *, has_family: bool) -> bool:
    """Whether a note belongs to that ticket, or came to it by a merge; the lists give those of child tickets, too.

    Raises PayloadError for the note of another ticket where neither a flag of its own nor ``has_family``, what the
    ticket says of itself, tells why it is given.
    """
    if data.get("mergedFlag") is True or _ticket_of(data) in (ticket_id, ""):
        return True
    if not (has_family or any(data.get(flag) is True for flag in _FAMILY_FLAGS)):
        raise PayloadError(f"{path}: note {shown_id(data.get('id'))}: ticket", "it is another ticket's")
    return False


def note_visibility(data: Json) -> Visibility:
    """Who may see a note: UNKNOWN when none of the three place flags is set."""
    return _visibility(data, _NOTE_FLAGS, Visibility.UNKNOWN)


def time_visibility(data: Json) -> Visibility:
    """Who may see a time entry: internal when it was added to none of the ticket's tabs."""
    seen = _visibility(data, _TIME_FLAGS, Visibility.UNKNOWN)
    return seen if seen is not Visibility.UNKNOWN else _visibility(data, _NOTE_FLAGS, Visibility.INTERNAL)


def _visibility(data: Json, flags: tuple[str, str, str], otherwise: Visibility) -> Visibility:
    detail, resolution, internal = (data.get(flag) is True for flag in flags)
    if detail or resolution:
        return Visibility.CLIENT
    return Visibility.INTERNAL if internal else otherwise


def _first_moment(values: list[Any], path: str) -> datetime:
    for value in values:
        if value not in (None, ""):
            return moment(value, path)
    raise NoUsableTime(path, "no date")


def _entry(data: Json, path: str, kind: EntryKind, at: datetime, staff: Staff, latest: datetime, said: Text) -> Entry:
    number = record_id(data, path)
    is_time = kind is EntryKind.TIME_ENTRY
    return Entry(
        # Notes and time entries are numbered apart from each other.
        id=f"time-{number}" if is_time else str(number),
        kind=kind,
        author=_author(data, path, staff),
        at=min(at, latest),
        text=said.words,
        visibility=time_visibility(data) if is_time else note_visibility(data),
        is_heard=_is_heard(data),
        unread=said.unread,
        is_source=said.is_source,
    )


def _saying(said: Text, entry: Entry) -> Entry:
    return replace(entry, text=said.words, unread=said.unread, is_source=said.is_source)


def _text(value: object, path: str) -> Text:
    return _read(written(value, path))


def _is_heard(data: Json) -> bool:
    """Whether a note was written for this very ticket."""
    is_from_child = data.get("bundledFlag") is True and not _ticket_of(data)
    return not (data.get("createdByParentFlag") is True or data.get("mergedFlag") is True or is_from_child)


def _ticket_of(data: Json) -> str:
    """The ticket that a note says it belongs to; empty where it does not say."""
    ticket = data.get("ticket")
    number = ticket.get("id") if isinstance(ticket, dict) else data.get("ticketId")
    return shown_id(number) if number else ""


def _author(data: Json, path: str, staff: Staff) -> Author:
    """A member writes as an agent unless it is a program, a contact as a client; else a known member's name decides."""
    member = person_of(data, "member", path)
    if member is not None:
        return _author_of(member, staff)
    contact = data.get("contact")
    if isinstance(contact, dict) and contact:
        return Author(AuthorKind.CLIENT, text(contact.get("name")))
    name = next((text(data.get(key)) for key in ("originalAuthor", "createdBy", "enteredBy") if data.get(key)), "")
    known = staff.author(name) if name else None
    # A name is no account: whoever is called like us is not us.
    return Author(AuthorKind.UNKNOWN, name) if known is None else replace(_author_of(known, staff), account="")


def _author_of(member: Person, staff: Staff) -> Author:
    return Author(staff.kind_of(member), member.name or member.identifier, member.identifier, member.id)
