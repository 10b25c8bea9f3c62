"""What a stint's notes and time entries say: steps, errors, research, discussions, and the template's sections. Pure.

Nothing is invented: every finding is somebody's own words, with who and when. Sorting them is done by plain rules;
what fits nowhere else stays a step, so that nothing a technician did is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.model import AuthorKind, Entry, TicketRecord, Visibility
from connector.reading.error_codes import error_spans, errors_in
from connector.reading.own_words import own_lines
from connector.reading.sections import FREE, SECTIONS, labelled

STEPS, ERRORS, RESEARCH, DISCUSSIONS, PERMISSIONS, NEXT_STEPS = SECTIONS

_MOST_TEXT = 100_000
"""Of a longer entry the beginning and the end are read, half of this each."""

_MOST_COMPARED = 200
_LONGEST_BARE = 400

_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"”'`)]))\s+(?=[\"“`(]?[A-ZÀ-Þ0-9])|(?<=;)\s+")
_LOG_LINE = re.compile(r"\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ]|\d\d:\d\d:\d\d|[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d)")
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon)|thanks|thank you|hallo|guten tag|bonjour|merci)\b", re.IGNORECASE
)
_SIGN_OFF = re.compile(
    r"(?:(?:kind|best|warm) regards|regards|cheers|sincerely|mit freundlichen grüßen|viele grüße|cordialement)\b"
    r"|--$",
    re.IGNORECASE,
)
_SHORT = 40
_WRAPPED = 50
_RESEARCH = re.compile(
    r"\bresearch(?:ed|ing)?\b|\baccording to\b|\bKB\d{6,7}\b|\bdocumentation\b|\brelease notes\b|\bknowledge base\b"
    r"|\b(?:vendor|support|help|community|forum|blog) (?:article|page|post|thread|docs?)\b"
    r"|\bdocs? (?:says?|states?|mentions?)\b",
    re.IGNORECASE,
)
_URL = re.compile(r"\bhttps?://[^\s<>\"“”`]{4,500}", re.IGNORECASE)
_TALK = re.compile(
    r"\b(?:asked|spoke (?:to|with)|talked (?:to|with)|discussed|agreed (?:with|that|to|on)|consulted|escalated to"
    r"|(?:checked|confirmed) with|(?:colleague|manager|team lead|supervisor)s? (?:says?|said|suggest|advis|recommend"
    r"|confirm|thinks?))",
    re.IGNORECASE,
)
_OUTSIDERS = re.compile(r"\b(?:client|customer|user|end[ -]user|caller|contact|vendor)s?\b", re.IGNORECASE)
_NOTHING = frozenset({"", "none", "n/a", "na", "nothing", "no", "none needed", "-", "none recorded"})
_SMALL_WORDS = frozenset(
    {"a", "an", "and", "the", "this", "it", "log", "logs", "error", "code", "message", "said", "says", "saying"}
    | {"shows", "showed", "was", "is", "with", "got", "in", "there"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody's words, by whom and when; ``in_summary``: they stand in the ticket's own summary."""

    text: str
    by: str
    at: datetime
    in_summary: bool = False


@dataclass(frozen=True, slots=True)
class Documented:
    """What was found, each list oldest first and without repetitions."""

    steps: tuple[Found, ...]
    errors: tuple[Found, ...]
    research: tuple[Found, ...]
    discussions: tuple[Found, ...]
    permissions: tuple[Found, ...]
    next_steps: tuple[Found, ...]


def find(record: TicketRecord, entries: Sequence[Entry]) -> Documented:
    """Read a stint's entries, oldest first. The connector's own are left out; clients' count for errors only."""
    reading = _Reading(record)
    for entry in entries:
        if entry.author.kind is not AuthorKind.CONNECTOR:
            reading.read(entry)
    in_summary = [Found(error, "", record.entered_at, in_summary=True) for error in errors_in(record.summary)]
    return Documented(
        steps=_distinct(reading.all_steps()),
        errors=_without_parts(_distinct(in_summary + reading.of[ERRORS])),
        research=_distinct(reading.of[RESEARCH]),
        discussions=_distinct(reading.of[DISCUSSIONS]),
        permissions=_distinct(reading.of[PERMISSIONS]),
        next_steps=_distinct(reading.of[NEXT_STEPS]),
    )


class _Reading:
    """Collects what one entry after the other says."""

    def __init__(self, record: TicketRecord) -> None:
        self.record = record
        self.contact = tuple(name for name in record.contact.casefold().split() if len(name) > 2)
        self.of: dict[str, list[Found]] = {heading: [] for heading in SECTIONS}
        self.free_steps: list[Found] = []

    def read(self, entry: Entry) -> None:
        text = _bounded(entry.text)
        if entry.author.kind is AuthorKind.AGENT and not self.record.came_with(entry):
            for label, lines in labelled(_unwrapped(line.lstrip() for line in own_lines(text))):
                if label in SECTIONS:
                    self._add(label, entry, *lines)
                elif label == FREE:
                    for line in _without_courtesies(lines):
                        self._sort(entry, line)
        self._add(ERRORS, entry, *errors_in(text))

    def all_steps(self) -> list[Found]:
        """A technician's own section stands for all that he noted until then."""
        given = self.of[STEPS]
        last = {step.by: step.at for step in given}
        steps = given + [step for step in self.free_steps if step.by not in last or step.at > last[step.by]]
        return sorted(steps, key=lambda step: step.at)

    def _add(self, heading: str, entry: Entry, *lines: str) -> None:
        self.of[heading] += [
            Found(line, entry.author.name, entry.at) for line in lines if line.strip(" .*_-").casefold() not in _NOTHING
        ]

    def _sort(self, entry: Entry, line: str) -> None:
        kept: list[str] = []
        for sentence in _SENTENCE_END.split(line):
            links = _URL.findall(sentence)
            if _RESEARCH.search(sentence) or _is_only(links, sentence):
                self._add(RESEARCH, entry, sentence)
            elif self._is_discussion(entry, sentence):
                self._add(DISCUSSIONS, entry, sentence)
            else:
                self._add(RESEARCH, entry, *(link.rstrip(".,;:)") for link in links))
                kept.append(sentence)
        step = " ".join(kept)
        if not _is_bare_error(step):
            self.free_steps.append(Found(step, entry.author.name, entry.at))

    def _is_discussion(self, entry: Entry, sentence: str) -> bool:
        """Talk among colleagues; what was said to the client, or where the client can see it, is a step."""
        if entry.visibility is not Visibility.INTERNAL or not _TALK.search(sentence):
            return False
        words = sentence.casefold()
        return not _OUTSIDERS.search(sentence) and not any(name in words for name in self.contact)


def _bounded(text: str) -> str:
    half = _MOST_TEXT // 2
    return text if len(text) <= _MOST_TEXT else f"{text[:half]}\n{text[-half:]}"


def _unwrapped(lines: Iterable[str]) -> list[str]:
    """Lines that a mail program or a keyboard has wrapped, put together again."""
    joined: list[str] = []
    for line in lines:
        if joined and line[:1].islower() and len(joined[-1]) >= _WRAPPED and _is_open(joined[-1], line):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def _is_open(before: str, line: str) -> bool:
    return before[-1] not in ".!?:;" and ":" not in line[:_SHORT]


def _without_courtesies(lines: Iterable[str]) -> Iterator[str]:
    """The lines without greetings, pasted log lines and what follows a sign-off."""
    for line in lines:
        if len(line) <= _SHORT and _SIGN_OFF.match(line):
            return
        if not (_LOG_LINE.match(line) or (len(line) <= _SHORT and _GREETING.match(line))):
            yield line


def _is_only(links: Sequence[str], sentence: str) -> bool:
    return bool(links) and not any(map(str.isalnum, _URL.sub("", sentence)))


def _is_bare_error(text: str) -> bool:
    """Whether nothing is said but an error; that stands under the error codes already."""
    if len(text) > _LONGEST_BARE:
        return False
    rest, at = "", 0
    for start, end in error_spans(text):
        rest += f"{text[at:start]} "
        at = end
    words = re.findall(r"\w+", (rest + text[at:]).casefold())
    return set(words) <= _SMALL_WORDS


def _distinct(found: Iterable[Found]) -> tuple[Found, ...]:
    """Without what was said before in the same words."""
    first: dict[str, Found] = {}
    for item in found:
        first.setdefault(" ".join(item.text.casefold().split()), item)
    return tuple(first.values())


def _without_parts(found: tuple[Found, ...]) -> tuple[Found, ...]:
    """Without codes that are part of a longer one in the list; very long lists are left as they are."""
    if len(found) > _MOST_COMPARED:
        return found
    texts = [item.text.casefold() for item in found]
    return tuple(
        item
        for item, text in zip(found, texts, strict=True)
        if not any(text != other and text in other for other in texts)
    )
