"""Commands that were handed in outside of the ticket: kept as steps of its journal, and read as notes of it. Pure.

So one command is like another, wherever it was given: heard in its stint, judged, answered on the ticket, and told by
whatever explains it. Nothing but commands comes this way: nobody records a plan for somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connector.model import Author, AuthorKind, Entry, EntryKind, TicketRecord, Visibility
from connector.rules.stints import Timeline
from connector.store.records import AuditEvent, Event, Step
from connector.turn.saga import HEARD, StepKind

_PREFIX = "handed in "
"""Of the entries' ids: no ticket system has such."""


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A command: the line as it would stand in a note, and whose it is.

    ``once``: chance that its form had; the same form sent twice is one command. ``member``: the author's identifier in
    the ticket system, empty where nobody knows it; ``account``: who was logged in. ``stint``: the key of the stint that
    it is said to, and to no other; ``since``: when that began, by the ticket system's clock.
    """

    line: str
    name: str
    member: str
    account: str
    once: str
    stint: str
    since: datetime

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
        told = {"line": self.line, "name": self.name, "member": self.member, "once": self.once}
        return {**told, HEARD: [self.entry_id], "stint": self.stint, "since": self.since.isoformat()}

    @property
    def event(self) -> AuditEvent:
        """What the audit trail tells of it."""
        detail = {"by": self.account, "member": self.member, "command": self.line, "entry": self.entry_id}
        return AuditEvent(Event.COMMANDED, detail)

    def entry(self, at: datetime) -> Entry:
        """The note of the ticket that it is read as."""
        author = Author(AuthorKind.AGENT, self.name, self.member)
        return Entry(self.entry_id, EntryKind.NOTE, author, max(at, self.since), self.line, Visibility.INTERNAL)


def with_handed_in(record: TicketRecord, steps: Iterable[Step]) -> TicketRecord:
    """A ticket with what was commanded outside of it, by these steps, among its entries, in order of time."""
    return with_entries(record, [_kept_in(step).entry(step.at) for step in steps])


def with_entries(record: TicketRecord, entries: Iterable[Entry]) -> TicketRecord:
    """A ticket with further entries."""
    return replace(record, entries=tuple(sorted((*record.entries, *entries), key=lambda entry: entry.at)))


def heard_in_time(timeline: Timeline, heard: Mapping[str, str]) -> Timeline:
    """The same, where what was handed in to a stint that was over by then commands nothing.

    ``heard``: entries, each with the key of the stint that it was said to.
    """
    ended = {one.key: one.ended_at for one in timeline.stints if one.ended_at is not None}

    def is_late(entry: Entry) -> bool:
        return is_handed_in(entry) and (end := ended.get(heard.get(entry.id, ""))) is not None and entry.at > end

    entries = (replace(one, is_heard=False) if is_late(one) else one for one in timeline.record.entries)
    return replace(timeline, record=replace(timeline.record, entries=tuple(entries)))


def came_too_late(steps: Iterable[Step], running: str) -> frozenset[str]:
    """The entries of what was handed in and no turn acted on, whose stint is over. ``running``: the present stint."""
    steps = tuple(steps)
    acted = {entry for step in steps if step.n != StepKind.COMMANDED for entry in step.outcome.get(HEARD, ())}
    waiting = (step for step in steps if step.n == StepKind.COMMANDED and step.outcome["stint"] != running)
    return frozenset(_kept_in(step).entry_id for step in waiting) - acted


def is_handed_in(entry: Entry) -> bool:
    """Whether an entry is none of the ticket's own."""
    return entry.id.startswith(_PREFIX)


def _kept_in(step: Step) -> HandedIn:
    said = step.outcome
    line, name, member, once, stint = (str(said[one]) for one in ("line", "name", "member", "once", "stint"))
    return HandedIn(line, name, member, "", once, stint, datetime.fromisoformat(said["since"]))
