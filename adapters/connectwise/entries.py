"""Notes and time entries of a ticket into ``Entry``: who wrote it, when, and who may see it. Pure.

Three sources: the list of all notes (both kinds in one, but with no certain date field), the ticket's notes,
and the time entries. Visibility goes by the three place flags alone: ``internalFlag`` and ``externalFlag``
say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from adapters.connectwise.mapping import info, person_of, record_id
from adapters.payloads import Json, moment, text
from connector.errors import PayloadError
from connector.model import Author, AuthorKind, Entry, EntryKind, Person, Visibility
from connector.reading.html import to_text

MemberOf = Callable[[str], Person | None]
"""The member of staff with that identifier or full name, None when there is none."""

_NOTE_FLAGS = ("detailDescriptionFlag", "resolutionFlag", "internalAnalysisFlag")
_TIME_FLAGS = ("addToDetailDescriptionFlag", "addToResolutionFlag", "addToInternalAnalysisFlag")


class NoUsableTime(PayloadError):
    """An entry tells no time at all. In the list of all notes: the separate lists must be read instead."""


def entry_of_all_notes(data: Json, path: str, member_of: MemberOf, latest: datetime) -> Entry:
    """An item of a ticket's ``allNotes``. Raises NoUsableTime. ``latest``: no entry is younger than that."""
    is_time = text(data.get("noteType")) == "TimeEntryNote"
    kind = EntryKind.TIME_ENTRY if is_time else EntryKind.NOTE
    path = f"{path}: {kind} {data.get('id', '?')}"
    # In the list of all notes nobody knows where a site puts the time: the surest first.
    times = [data.get("dateCreated"), info(data).get("dateEntered"), info(data).get("dateCreated")]
    times += [data.get("timeEnd")] if is_time else []
    times += [data.get("timeStart"), info(data).get("lastUpdated")]
    return _entry(data, path, kind, _first_moment(times, path), member_of, latest, text(data.get("text")))


def entry_of_note(data: Json, path: str, member_of: MemberOf, latest: datetime) -> Entry:
    """An item of a ticket's ``notes``. Raises NoUsableTime."""
    path = f"{path}: note {data.get('id', '?')}"
    times = [data.get("dateCreated"), info(data).get("dateEntered"), info(data).get("lastUpdated")]
    at = _first_moment(times, path)
    return _entry(data, path, EntryKind.NOTE, at, member_of, latest, text(data.get("text")))


def entry_of_time(data: Json, path: str, member_of: MemberOf, latest: datetime) -> Entry:
    """An item of ``time/entries``; its internal notes are part of its text. Raises NoUsableTime."""
    path = f"{path}: time entry {data.get('id', '?')}"
    times = [data.get(name) for name in ("dateEntered", "timeEnd", "timeStart")]
    at = _first_moment([*times, info(data).get("lastUpdated")], path)
    words = "\n".join(filter(None, (text(data.get("notes")), text(data.get("internalNotes")))))
    return _entry(data, path, EntryKind.TIME_ENTRY, at, member_of, latest, words)


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


def _entry(
    data: Json, path: str, kind: EntryKind, at: datetime, member_of: MemberOf, latest: datetime, words: str
) -> Entry:
    number = record_id(data, path)
    is_time = kind is EntryKind.TIME_ENTRY
    return Entry(
        # Notes and time entries are numbered apart from each other.
        id=f"time-{number}" if is_time else str(number),
        kind=kind,
        author=_author(data, path, member_of),
        at=min(at, latest),
        text=to_text(words),
        visibility=time_visibility(data) if is_time else note_visibility(data),
    )


def _author(data: Json, path: str, member_of: MemberOf) -> Author:
    """A member writes as an agent, a contact as a client; else a known member's name as creator decides."""
    member = person_of(data, "member", path)
    if member is not None:
        return Author(AuthorKind.AGENT, member.name or member.identifier, member.identifier)
    contact = data.get("contact")
    if isinstance(contact, dict) and contact:
        return Author(AuthorKind.CLIENT, text(contact.get("name")))
    name = next((text(data.get(key)) for key in ("originalAuthor", "createdBy", "enteredBy") if data.get(key)), "")
    known = member_of(name) if name else None
    if known is not None:
        return Author(AuthorKind.AGENT, known.name, known.identifier)
    return Author(AuthorKind.UNKNOWN, name)
