"""A ticket system in a variable: it keeps one ticket and its notes, and can be told how each write ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from connector.errors import OutcomeUnknown, Permanent, UnknownName
from connector.model import (
    Author,
    AuthorKind,
    Entry,
    EntryKind,
    NoteRef,
    Ownership,
    Person,
    Place,
    Ref,
    Status,
    Target,
    TicketId,
    TicketRecord,
    Visibility,
)
from tests.builders import SAM, TESS, a_ticket, at

API = "900"
"""The id of the account that our notes stand in."""

BY_US = Author(AuthorKind.AGENT, "API", account=API)


class DeskDouble:
    """Keeps ``record``; ``before`` and ``after`` are called at the next write, and may raise."""

    def __init__(self, **given: object) -> None:
        self.record = a_ticket(**given)
        self.before: Callable[[], None] | None = None
        self.after: Callable[[], None] | None = None
        self.writes: list[str] = []
        self.texts: list[str] = []
        self.on_ticket: tuple[Person, ...] = ()
        self.staff = {person.identifier: person for person in (TESS, SAM)}

    def _write(self, what: str, effect: Callable[[], None]) -> None:
        before, after, self.before, self.after = self.before, self.after, None, None
        self.writes.append(what)
        if before:
            before()
        effect()
        if after:
            after()

    def _add(self, text: str, visibility: Visibility) -> None:
        note = Entry(
            f"n{len(self.texts)}",
            EntryKind.NOTE,
            BY_US,
            at("09:00"),
            text,
            visibility,
        )
        self.texts.append(text)
        self.record = replace(self.record, entries=(*self.record.entries, note))

    def write_note(self, ticket_id: TicketId, text: str, marker: str, seen: TicketRecord | None = None) -> NoteRef:
        self._write("note", lambda: self._add(text, Visibility.INTERNAL))
        return NoteRef(self.record.entries[-1].id, at("09:00"))

    def write_message(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        self._write("message", lambda: self._add(text, Visibility.CLIENT))
        return NoteRef(self.record.entries[-1].id, at("09:00"))

    def add_people(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        self._write("people", lambda: setattr(self, "on_ticket", tuple(people)))
        return self.on_ticket

    def reassign(self, ticket_id: TicketId, target: Target, seen: TicketRecord | None = None) -> TicketRecord:
        self._write("move", lambda: self._move(target))
        return self.record

    def _move(self, target: Target) -> None:
        owner = self.record.owner if target.owner is Ownership.KEEP else None
        self.record = replace(
            self.record,
            place=target.place or self.record.place,
            owner=target.owner if isinstance(target.owner, Person) else owner,
            status=target.status or self.record.status,
            priority=target.priority or self.record.priority,
        )

    def member(self, name: str) -> Person:
        if name not in self.staff:
            raise UnknownName("member", name)
        return self.staff[name]

    def people(self, place: Place) -> list[Person]:
        return list(self.staff.values())

    def arrival_status(self, place: Place, current: Status) -> Status | None:
        return None

    def status_in(self, place: Place, name: str) -> Status:
        raise UnknownName("status", name)

    def priority(self, name: str) -> Ref:
        raise UnknownName("priority", name)


class Died(Exception):
    """The process dies here."""


def die() -> None:
    raise Died


def no_answer() -> None:
    raise OutcomeUnknown("no answer")


def refuse() -> None:
    raise Permanent("refused")
