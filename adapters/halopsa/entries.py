"""Actions of a ticket into ``Entry``: who wrote it, when, and who may see it. Pure.

An agent in ``who`` can be a person or a program that logs in as one: ``actionby_application_id`` tells which
(https://github.com/homotechsual/HaloAPI, Action.E2E.Tests.ps1). Who may see it is ``hiddenfromuser`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.halopsa.mapping import NOBODY, Names, number, occurred_at, optional_whole, whole
from adapters.payloads import Json, label, shown_id, text, written
from connector.model import Author, AuthorKind, Entry, EntryKind, TicketId, Visibility
from connector.reading.html import plain, to_lines
from connector.reading.intake.known import KnownTexts
from connector.reading.intake.texts import NOTHING, Text

_page = KnownTexts(lambda markup: to_lines(markup, parts_paragraphs=False))
_plain = KnownTexts(lambda words: plain(words).strip())

BY_SYSTEM, BY_AGENT, BY_USER = 0, 1, 2
"""``who_type``."""

WORDS = frozenset({"note", "note_html", "emailbody", "emailbody_html"})
"""The fields of an action that hold what it says."""

DETAILS = "details"
"""The id of the entry that holds a ticket's own description."""

_OWN_CLIENTS = re.compile(r"nethelpdesk\b.*", re.IGNORECASE)
"""The applications in which people work: ``nethelpdesk-agent-web-application`` is the web app."""


@dataclass(slots=True)
class Ourselves:
    """The agent and the applications that this connection is in an instance's actions; ``before``: earlier agents.

    ``applications`` are learned from the answers to our own writes; until then every program of our agent is us.
    """

    agent_id: str
    is_api: bool
    applications: set[str] = field(default_factory=set)
    before: frozenset[str] = frozenset()

    def is_us(self, agent: int | None) -> bool:
        """Whether an agent is ours, or was."""
        return agent is not None and (str(agent) == self.agent_id or str(agent) in self.before)

    def wrote(self, row: Json) -> bool:
        """Whether an action is our own. What a rule did upon a write of ours is not."""
        path = "action"
        if _who_type(row, path) != BY_AGENT:
            return False
        if not self.is_us(_actor(row, path)):
            return False
        application = text(row.get("actionby_application_id"))
        if not application:
            return self.is_api
        return application in self.applications if self.applications else not is_for_people(application)


def _actor(row: Json, path: str) -> int | None:
    """The agent that made the call which wrote an action."""
    return optional_whole(row.get("actionby_agent_id") or row.get("who_agentid"), path)


def is_for_people(application: str) -> bool:
    """Whether people work in that application. Where none is named, an agent is taken for a person."""
    return not application or _OWN_CLIENTS.fullmatch(application) is not None


def entries_of(
    rows: Iterable[Json], ticket: TicketId, names: Names, us: Ourselves, latest: datetime
) -> Iterator[Entry]:
    """The notes, mails and time entries among a ticket's actions; none is younger than ``latest``."""
    for row in rows:
        path = f"{label(ticket)}: action {shown_id(row.get('id'))}"
        said = text_of(row, path)
        if said.words and not _is_bookkeeping(row, path):
            yield _entry(row, path, said, names, us, latest)


def details_of(data: Json, entries: Iterable[Entry], entered_at: datetime) -> list[Entry]:
    """A ticket's own description as its first entry, unless an action says the same."""
    said = text_of({"note_html": data.get("details_html"), "note": data.get("details")}, "ticket: details")
    words = said.words.split()
    if not words or any(entry.text.split() == words for entry in entries):
        return []
    author = Author(AuthorKind.CLIENT, text(data.get("user_name")))
    first = Entry(DETAILS, EntryKind.NOTE, author, entered_at, said.words, Visibility.CLIENT)
    return [replace(first, unread=said.unread, is_source=said.is_source)]


def text_of(row: Json, path: str) -> Text:
    """What an action says, in lines: by its HTML, because the plain note has lost its line breaks.

    In Halo's editor each line is a paragraph.
    """
    markup = written(row.get("note_html"), f"{path}: note_html")
    if markup:
        return _page(markup)
    note = written(row.get("note"), f"{path}: note")
    return _plain(note) if note else NOTHING


def visibility_of(row: Json) -> Visibility:
    """Who may see an action: UNKNOWN where it is not told, and for hidden ones that went out as a mail."""
    hidden = row.get("hiddenfromuser")
    if hidden is False:
        return Visibility.CLIENT
    return Visibility.INTERNAL if hidden is True and not _direction(row) else Visibility.UNKNOWN


def _entry(row: Json, path: str, said: Text, names: Names, us: Ourselves, latest: datetime) -> Entry:
    has_time = number(row.get("timetaken")) > 0 or number(row.get("timetakendays")) > 0
    return Entry(
        id=str(whole(row.get("id"), f"{path}: id")),
        kind=EntryKind.TIME_ENTRY if has_time else EntryKind.NOTE,
        author=_author(row, path, names, us),
        at=min(occurred_at(row, path) or latest, latest),
        text=said.words,
        visibility=visibility_of(row),
        unread=said.unread,
        is_source=said.is_source,
    )


def _author(row: Json, path: str, names: Names, us: Ourselves) -> Author:
    name = text(row.get("who"))
    if us.wrote(row):
        return Author(AuthorKind.CONNECTOR, name, account=str(_actor(row, path)))
    match _who_type(row, path):
        case 2:
            return Author(AuthorKind.CLIENT, name)
        case 1 if is_for_people(text(row.get("actionby_application_id"))) and _direction(row) != "I":
            actor = optional_whole(row.get("who_agentid"), f"{path}: who_agentid")
            if actor is not None and actor > NOBODY:
                person = names.person(actor, name)
                return Author(AuthorKind.AGENT, name or person.name, person.identifier)
            known = names.person_named(name)
            return Author(AuthorKind.AGENT, name, known.identifier if known else "")
        case _:
            # The system, a program that logs in as an agent, or a mail from outside: none of them commands.
            return Author(AuthorKind.UNKNOWN, name)


def _who_type(row: Json, path: str) -> int:
    told = optional_whole(row.get("who_type"), f"{path}: who_type")
    if told is not None:
        return told
    actor = optional_whole(row.get("who_agentid"), f"{path}: who_agentid")
    return BY_AGENT if actor is not None and actor > NOBODY else BY_SYSTEM


def _direction(row: Json) -> str:
    """``I`` for a mail that came in, ``O`` for one that went out, else empty."""
    told = text(row.get("emaildirection")).strip().upper()
    return told if told in ("I", "O") else ""


def _is_bookkeeping(row: Json, path: str) -> bool:
    """Whether the system only says what it did ("Rule Applied")."""
    outcome = optional_whole(row.get("outcome_id"), f"{path}: outcome_id")
    return _who_type(row, path) == BY_SYSTEM and not outcome
