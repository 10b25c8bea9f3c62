"""What notes and time entries say: steps, errors, research, discussions, plans, and the template's sections. Pure.

Nothing is lost and nothing is invented: every finding is somebody's own words, with who and when. What a section claims
stands there, what is known for something else by its words stands there, and all the rest of what an agent wrote is a
step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connector.model import AuthorKind, Entry, Reason, TicketRecord, Visibility
from connector.reading.command_words import EscalateWords, is_understood, spoken_in
from connector.reading.error_codes import error_spans, errors_in
from connector.reading.layout.pastes import is_count
from connector.reading.own_words import Kind, lines_of
from connector.reading.pieces import pieces_of
from connector.reading.plain_words import next_step_at, permission_at, says_no_error
from connector.reading.research import is_only_links, research_at, sources_in
from connector.reading.sections import COMMAND, NEW_PLAN, PLAN, SECTIONS
from connector.reading.talk import Colleagues, colleagues

STEPS, ERRORS, RESEARCH, DISCUSSIONS, PERMISSIONS, NEXT_STEPS = SECTIONS

CLIENTS, BY_MAIL, NO_STAFF = "client", "by e-mail", "not known as staff"
"""Of whom words are that are not certainly the desk's own."""

_MOST_TEXT = 100_000
"""Of a longer entry the beginning and the end are read, half of this each."""

_MOST_COMPARED = 200
_LONGEST_BARE = 400

_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"”'`)]))\s+(?=[\"“`(]?[A-ZÀ-Þ0-9])|(?<=;)\s+")
_NOTHING = frozenset(
    {
        "",
        "none",
        "n/a",
        "na",
        "nothing",
        "no",
        "nil",
        "none needed",
        "none recorded",
        "none so far",
        "none yet",
        "not any",
    }
    | {"keine", "keiner", "keines", "nichts", "kein", "aucun", "aucune", "rien", "néant", "ninguno", "ninguna", "nada"}
    | {"geen", "niets", "n.v.t", "nvt", "entfällt", "k.a", "tbd", "?"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody's words, by whom and when; ``in_summary``: they stand in the ticket's own summary.

    ``via``: whose note quotes them, where they are the client's. ``whose``: what is to be said of ``by``, where that is
    nobody known to be of the desk: CLIENTS, BY_MAIL or NO_STAFF. ``is_seconded``: somebody of the desk says it, too.
    """

    text: str
    by: str
    at: datetime
    in_summary: bool = False
    via: str = ""
    whose: str = ""
    is_seconded: bool = False

    def outranks(self, other: Found) -> bool:
        """Whether somebody of the desk says it for certain, and the other one nobody who is known to be."""
        return bool(other.whose) and not (self.whose or self.via or self.in_summary)


@dataclass(frozen=True, slots=True)
class Documented:
    """What was found, each list oldest first and without repetitions.

    ``plans``: as they were written, also those that record nothing. ``stated``: the sections that an agent answered,
    be it with "none" or with "no error shown".
    """

    steps: tuple[Found, ...]
    errors: tuple[Found, ...]
    research: tuple[Found, ...]
    discussions: tuple[Found, ...]
    permissions: tuple[Found, ...]
    next_steps: tuple[Found, ...]
    plans: tuple[Found, ...] = ()
    stated: frozenset[str] = frozenset()


def find(record: TicketRecord, entries: Sequence[Entry], staff: Iterable[str] = ()) -> Documented:
    """Read entries in the order of their time. The connector's own are left out; clients' count for errors only.

    ``staff``: full names of the desk's people, beside those who write on the ticket.
    """
    reading = _Reading(record, entries, staff)
    for entry in sorted(entries, key=lambda entry: entry.at):
        if entry.author.kind is not AuthorKind.CONNECTOR:
            reading.read(entry)
    in_summary = [Found(error, "", record.entered_at, in_summary=True) for error in errors_in(record.summary)]
    return Documented(
        steps=_distinct(reading.of[STEPS]),
        errors=_without_parts(_distinct(in_summary + reading.of[ERRORS])),
        research=_distinct(reading.of[RESEARCH]),
        discussions=_distinct(reading.of[DISCUSSIONS]),
        permissions=_distinct(reading.of[PERMISSIONS]),
        next_steps=_distinct(reading.of[NEXT_STEPS]),
        plans=tuple(reading.plans),
        stated=frozenset(reading.stated),
    )


class _Reading:
    """Collects what one entry after the other says."""

    def __init__(self, record: TicketRecord, entries: Sequence[Entry], staff: Iterable[str]) -> None:
        self.record = record
        every = (*record.entries, *entries)
        writers = {entry.author.name for entry in every if entry.author.kind is AuthorKind.AGENT}
        clients = {entry.author.name for entry in every if entry.author.kind is AuthorKind.CLIENT}
        self.staff = tuple(sorted({*staff, *writers}))
        self.contacts = tuple(sorted({record.contact, *clients}))
        self.client = record.client.name if record.client else ""
        self.asks_for_rights = any(map(_asks_for_rights, every))
        self.of: dict[str, list[Found]] = {heading: [] for heading in SECTIONS}
        self.plans: list[Found] = []
        self.stated: set[str] = set()

    def read(self, entry: Entry) -> None:
        text = _bounded(entry.text)
        is_agents = entry.author.kind is AuthorKind.AGENT
        if is_agents and not self.record.came_with(entry):
            self._read_own(entry, text)
        quoted = [line.words for line in lines_of(text) if is_agents and line.kind is Kind.QUOTED]
        rest = [line.words for line in lines_of(text) if not is_agents or line.kind is not Kind.QUOTED]
        self._add(ERRORS, entry, *errors_in("\n".join(rest)))
        whose = self.record.contact or self.client or entry.author.name
        self.of[ERRORS] += [
            Found(error, whose, entry.at, via=entry.author.name) for error in errors_in("\n".join(quoted))
        ]

    def _read_own(self, entry: Entry, text: str) -> None:
        for label, lines in pieces_of(text, entry.author.name):
            if label in SECTIONS:
                self._claim(label, entry, lines)
            elif label in (PLAN, NEW_PLAN):
                if plan := " ".join(lines).strip():
                    self.plans.append(Found(plan, entry.author.name, entry.at, whose=_whose(entry)))
            elif label == COMMAND:
                self._add(DISCUSSIONS, entry, *(line for line in lines if not is_understood(line)))
            else:
                self._sort_all(entry, lines)
        for one in spoken_in(text):
            if isinstance(one, EscalateWords):
                self._sort_topic(entry, one.topic)

    def _claim(self, section: str, entry: Entry, lines: Sequence[str]) -> None:
        """What stands in a section, whatever it is; sources that are named among the steps are research as well."""
        if lines:
            self.stated.add(section)
        self._add(section, entry, *lines)
        if section == STEPS:
            for line in map(_single_spaced, lines):
                at = research_at(line)
                self._add(RESEARCH, entry, *(sources_in(line, self.client) if at is None else (line[at:],)))

    def _add(self, section: str, entry: Entry, *lines: str) -> None:
        self.of[section] += [
            Found(line, entry.author.name, entry.at, whose=_whose(entry))
            for line in lines
            if line.strip(" .*_-–!").casefold() not in _NOTHING
        ]

    def _sort_topic(self, entry: Entry, topic: str) -> None:
        """What stands behind a command is told with it; what of it answers for a section stands there as well."""
        known = colleagues(self.staff, self.contacts, entry.author.name)
        for sentence in _SENTENCE_END.split(_single_spaced(topic)):
            for section, at in self._beginnings(entry, sentence, known, is_going_on=False):
                self._add(section, entry, sentence[at:])

    def _sort_all(self, entry: Entry, lines: Sequence[str]) -> None:
        known = colleagues(self.staff, self.contacts, entry.author.name)
        single = [_single_spaced(line) for line in lines]
        chat = known.chat_in(single) if entry.visibility is Visibility.INTERNAL else frozenset()
        for index, line in enumerate(single):
            if index in chat:
                self._add(DISCUSSIONS, entry, line)
            else:
                self._sort(entry, line, known)

    def _sort(self, entry: Entry, line: str, known: Colleagues) -> None:
        """Each sentence of a line to where it belongs; what stays are the line's steps."""
        kept: list[str] = []
        section = ""
        for sentence in _SENTENCE_END.split(line):
            section = self._section_of(entry, sentence, known, is_going_on=section == DISCUSSIONS)
            if section == STEPS:
                kept.append(sentence)
            else:
                self._add(section, entry, sentence)
            if says_no_error(sentence):
                self.stated.add(ERRORS)
        step = " ".join(kept)
        if any(map(str.isalnum, step)) and not _is_bare_error(step):
            self.of[STEPS].append(Found(step, entry.author.name, entry.at, whose=_whose(entry)))

    def _section_of(self, entry: Entry, sentence: str, known: Colleagues, *, is_going_on: bool) -> str:
        """The section of a sentence. Of one that is work, the part that tells something else stands there as well."""
        if is_only_links(sentence):
            return RESEARCH
        begins = dict(self._beginnings(entry, sentence, known, is_going_on=is_going_on))
        whole = next((section for section, at in begins.items() if at == 0), STEPS)
        if whole != DISCUSSIONS:
            for section, at in begins.items():
                if at:
                    self._add(section, entry, sentence[at:])
        if whole == STEPS and RESEARCH not in begins:
            self._add(RESEARCH, entry, *sources_in(sentence, self.client))
        return whole

    def _beginnings(
        self, entry: Entry, sentence: str, known: Colleagues, *, is_going_on: bool
    ) -> Iterator[tuple[str, int]]:
        """Where in a sentence what belongs to other sections begins. What the client can see is told to him."""
        found: dict[str, int | None] = {}
        if entry.visibility is Visibility.INTERNAL:
            found[DISCUSSIONS] = known.talk_at(sentence, is_going_on)
            found[PERMISSIONS] = permission_at(sentence, self.asks_for_rights)
            found[NEXT_STEPS] = next_step_at(sentence, self.asks_for_rights)
        found[RESEARCH] = research_at(sentence)
        yield from ((section, at) for section, at in found.items() if at is not None)


def _whose(entry: Entry) -> str:
    if entry.author.kind is AuthorKind.CLIENT:
        return CLIENTS
    if entry.is_claimed:
        return BY_MAIL
    return "" if entry.author.kind is AuthorKind.AGENT else NO_STAFF


def _asks_for_rights(entry: Entry) -> bool:
    if not entry.is_agents or entry.visibility is not Visibility.INTERNAL:
        return False
    return any(isinstance(one, EscalateWords) and Reason.PERMISSION in one.reasons for one in spoken_in(entry.text))


def _bounded(text: str) -> str:
    half = _MOST_TEXT // 2
    if len(text) <= _MOST_TEXT:
        return text
    left_out = text.count("\n", half, len(text) - half) + 1
    return f"{text[:half]}\n\n({left_out} lines left out)\n\n{text[-half:]}"


def _single_spaced(line: str) -> str:
    return " ".join(line.split())


def _is_bare_error(text: str) -> bool:
    """Whether a step is nothing but error codes; those stand under the error codes already."""
    if len(text) > _LONGEST_BARE:
        return False
    rest, at = "", 0
    for start, end in error_spans(text):
        rest += text[at:start]
        at = end
    return not any(map(str.isalnum, rest + text[at:]))


def _distinct(found: Iterable[Found]) -> tuple[Found, ...]:
    """Without what was said before in the same words; output is other output, be it of as many lines."""
    return each_once(found, lambda item: None if is_count(item.text) else _single_spaced(item.text.casefold()))


def each_once(found: Iterable[Found], key: Callable[[Found], str | None]) -> tuple[Found, ...]:
    """Of what has the same key the first, seconded where the desk says it, too; None has no like."""
    kept: dict[object, Found] = {}
    for number, item in enumerate(found):
        like = key(item)
        name: object = number if like is None else like
        first = kept.setdefault(name, item)
        if item.outranks(first):
            kept[name] = replace(first, is_seconded=True)
    return tuple(kept.values())


def _without_parts(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """Without codes that are part of a longer one in the list; very long lists are left as they are."""
    if len(found) > _MOST_COMPARED:
        return found
    texts = [item.text.casefold() for item in found]
    kept = []
    for item, text in zip(found, texts, strict=True):
        if any(text != other and text in other for other in texts):
            continue
        parts = (one for one, part in zip(found, texts, strict=True) if part != text and part in text)
        is_seconded = bool(item.whose) and any(part.outranks(item) for part in parts)
        kept.append(replace(item, is_seconded=True) if is_seconded else item)
    return tuple(kept)
