"""Commands that were handed in outside of the ticket: kept as steps of its journal, and read as notes of it. Pure.

So one command is like another, wherever it was given: heard in its stint, judged, answered on the ticket, and told by
whatever explains it. Nothing but commands comes this way: nobody records a plan for somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from connector.model import Author, AuthorKind, Entry, EntryKind, TicketRecord, Visibility
from connector.store.records import AuditEvent, Event, Step

_PREFIX = "handed in "
"""Of the entries' ids: no ticket system has such."""


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A command: the line as it would stand in a note, and whose it is.

    ``once``: chance that its form had; the same form sent twice is one command. ``member``: the author's identifier in
    the ticket system, empty where nobody knows it; ``account``: who was logged in.
    """

    line: str
    name: str
    member: str
    account: str
    once: str

    @property
    def entry_id(self) -> str:
        """The id of the entry that it is read as."""
        return f"{_PREFIX}{self.once}"

    def saga(self, connection: str, ticket: str) -> str:
        """The identity of its step."""
        return f"{connection}/{ticket}/handed-in/{self.once}"

    @property
    def outcome(self) -> dict[str, object]:
        """What its step keeps."""
        return {"line": self.line, "name": self.name, "member": self.member, "once": self.once}

    @property
    def event(self) -> AuditEvent:
        """What the audit trail tells of it."""
        detail = {"by": self.account, "member": self.member, "command": self.line, "entry": self.entry_id}
        return AuditEvent(Event.COMMANDED, detail)

    def entry(self, at: datetime) -> Entry:
        """The note of the ticket that it is read as."""
        author = Author(AuthorKind.AGENT, self.name, self.member)
        return Entry(self.entry_id, EntryKind.NOTE, author, at, self.line, Visibility.INTERNAL)


def with_handed_in(record: TicketRecord, steps: Iterable[Step]) -> TicketRecord:
    """A ticket with what was commanded outside of it, by these steps, among its entries, in order of time."""
    return with_entries(record, [_kept_in(step).entry(step.at) for step in steps])


def with_entries(record: TicketRecord, entries: Iterable[Entry]) -> TicketRecord:
    """A ticket with further entries."""
    return replace(record, entries=tuple(sorted((*record.entries, *entries), key=lambda entry: entry.at)))


def is_handed_in(entry: Entry) -> bool:
    """Whether an entry is none of the ticket's own."""
    return entry.id.startswith(_PREFIX)


def _kept_in(step: Step) -> HandedIn:
    line, name, member, once = (str(step.outcome[one]) for one in ("line", "name", "member", "once"))
    return HandedIn(line, name, member, "", once)
