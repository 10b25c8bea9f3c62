"""The words of the process in a note: its headings, and what they own. Pure.

A heading owns the text on its own line; where nothing stands there, the list, the indented lines or the one paragraph
right below, unless that is a heading itself. Any line ``Words: …`` begins something else.

Only what an author wrote himself counts (``own_words``). Whether an author may say it (an agent, not a client) is for
the caller to decide. What is a plan is read in ``plans``, what a line commands in ``command_lines``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from connector.reading.command_lines import PLAN_COMMAND, Command, bare, command_in
from connector.reading.layout.items import (
    indent_of,
    is_list_item,
    is_rule,
    unwrapped,
    with_plain_bullets,
    without_bullet,
)
from connector.reading.layout.titles import section_titled
from connector.reading.mail.words import DONE, WROTE
from connector.reading.own_words import own_lines

SECTIONS = (
    "Steps attempted",
    "Error codes",
    "Research",
    "Internal discussions",
    "Missing permissions",
    "Next steps",
)
"""The sections of the template that a technician may write himself."""

PLAN, NEW_PLAN, COMMAND, FREE = "plan", "new plan", "command", ""
"""What else the lines of a note can be: the diagnosis plan, the new plan after a final escalation, what stands behind
a command, free text."""

_PLAN_WORDS = (
    r"(?:(?:diagnos(?:is|tics?)|action|resolution|remediation|fix|repair|troubleshooting|work)\s{1,9})?plan"
    r"(?:\s{1,9}of\s{1,9}(?:action|attack)|\s{1,9}d['’]action|\s{1,9}van\s{1,9}aanpak"
    r"|\s{1,9}de\s{1,9}(?:diagnostic|diagnóstico|acción|résolution|resolución))?(?![^\W_])"
    r"|(?:diagnose|aktions|maßnahmen|lösungs|actie)plan(?![^\W_])"
)
_PLAN = re.compile(_PLAN_WORDS, re.IGNORECASE)
_NEW_PLAN = re.compile(r"new\s{1,9}plan(?![^\W_])", re.IGNORECASE)
_COLON = re.compile(r"[\s*_]{0,40}[:：][\s*_]*")
_PLAN_SIGN = re.compile(
    r"[\s*_]{0,9}(?:\([^()\n]{1,40}\)|\[[^\[\]\n]{1,40}\])?[\s*_]{0,40}(?:[:：=→]|[-=]>|(?<=[\s*_])[-–—](?=[\s*_]))[\s*_]*"
)
"""What stands between the word and the plan itself: a colon, or what people put in its place; a tier in brackets."""

_FIELD = re.compile(r"[^\W\d_][^:：,;!?=<>\"“”|\\]{0,58}")
_SENTENCE = re.compile(r"[.]\s|://")
_TITLE = re.compile(r"\s*#{1,6}\s+(?=\S)")
_BOLD = re.compile(r"\s*(\*\*|__)(?=\S)")
_TELLS = re.compile(
    rf"{DONE.pattern}|{WROTE.pattern}|(?<!\w)(?:I|we|he|she|they|ich|wir|er|je|nous|il|elle|yo|ik|wij|hij)(?!\w)"
    r"|^\w{2,20}ed(?:\s+\S+){2}",
    re.IGNORECASE,
).search
_ASKS_FOR = re.compile(r"(?<!\w)(?:by|from|to|on|at|via|von|am|um|an|par|por|door|op)$", re.IGNORECASE).search
_MARKS = " \t*_~#=-–—[]<>|"
_LONGEST_FIELD = 60
_MOST_WORDS = 6
_SHORT_TITLE = 4
_SHORTEST_TITLE = 2
"""A field of more words that no section claims is rather a sentence; a paragraph below says something of its own."""

_WIDEST_GAP = 2
"""So many blank lines and rules may stand between a heading and what it owns."""


class Heading(NamedTuple):
    """A line that begins something: what it is, its words, what follows on the line.

    ``is_sure``: not only because something stands below it. ``is_field``: a colon stands behind its words.
    """

    label: str
    words: str
    rest: str
    is_sure: bool = True
    is_field: bool = True


def sections_in(text: str) -> dict[str, list[str]]:
    """The template's sections that a note holds: heading as in ``SECTIONS`` to its lines, without bullets."""
    found: dict[str, list[str]] = {}
    for label, lines in labelled(own_lines(text)):
        if label in SECTIONS and lines:
            found.setdefault(label, []).extend(lines)
    return found


def labelled(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Own lines, indented as they are, with what they belong to: a section, a plan, a command, or nothing (``FREE``).

    What no section of the template claims is free; a heading that is no title of a section stays before its words
    ("Result: same with both"), and is nothing where nothing stands behind it. The lines of each come without bullets
    and blank ones, wrapped ones put together. A command is its own line.
    """
    rows = _rows(lines)
    free: list[str] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        label, held = FREE, [row.words] if row.words else []
        at += 1
        if row.heading is not None:
            held, after = _owned(row, row.heading, rows, at)
            label = row.heading.label
            if label == FREE:
                held = _said(row.heading, held, is_form=_is_among_fields(rows, at - 1))
            at = after
        elif row.command is not None:
            label = COMMAND
        if label == FREE:
            free += held
            continue
        if free:
            yield FREE, free
            free = []
        yield label, held
    if free:
        yield FREE, free


def _is_among_fields(rows: Sequence[_Row], at: int) -> bool:
    """Whether the line above or below is a field, too: then this is one of a form, not a sentence with a colon."""
    around = [row for row in (rows[at - 1] if at else None, rows[at + 1] if at + 1 < len(rows) else None) if row]
    return any(row.heading is not None and row.heading.is_field for row in around)


def is_heading(line: str) -> bool:
    """Whether a line begins a plan, a section of the template, or anything else with a heading of its own."""
    heading = heading_in(line)
    return heading is not None and heading.is_sure


def heading_in(line: str) -> Heading | None:
    """What a line is the heading of; None where it is none."""
    command = command_in(line)
    if command is not None:
        return Heading(PLAN, f"/{PLAN_COMMAND}", command.rest) if command.word == PLAN_COMMAND else None
    words = bare(line)
    for label, pattern in ((PLAN, _PLAN), (NEW_PLAN, _NEW_PLAN)):
        found = pattern.match(words)
        sign = _PLAN_SIGN.match(words, found.end()) if found else None
        if found and sign:
            return Heading(label, found[0], words[sign.end() :].strip("*_ "))
    return _field(words) or _title(line, words)


def _field(words: str) -> Heading | None:
    """``Words: …``: whatever stands behind the colon of a section's title; of any other only what is apart from it."""
    named = _FIELD.match(words)
    colon = _COLON.match(words, named.end()) if named else None
    if not named or not colon:
        return None
    name = named[0].strip("*_~ \t")
    rest = words[colon.end() :].strip("*_ ")
    section = section_titled(name)
    if section is not None:
        return Heading(SECTIONS[section], name, rest)
    is_apart = colon.end() == len(words) or "：" in colon[0] or colon[0][-1] in " \t*_"
    if is_apart and len(name.split()) <= _MOST_WORDS and not _SENTENCE.search(name):
        return Heading(FREE, name, rest)
    return None


def _title(line: str, words: str) -> Heading | None:
    """A heading without a colon: with the marks of one, or a section's title that stands alone."""
    name = words.strip(_MARKS)
    if not name or len(name) > _LONGEST_FIELD:
        return None
    is_marked = bool(_TITLE.match(line))
    label = _label_of(name)
    if label != FREE:
        is_sure = is_marked or bool(_BOLD.match(line))
        return Heading(label, name, "", is_sure, is_field=False) if is_sure or name[0].isupper() else None
    return Heading(FREE, name, "", is_field=False) if is_marked else None


def _label_of(name: str) -> str:
    for label, pattern in ((PLAN, _PLAN), (NEW_PLAN, _NEW_PLAN)):
        if pattern.fullmatch(name):
            return label
    section = section_titled(name)
    return FREE if section is None else SECTIONS[section]


class _Row(NamedTuple):
    """A line, taken apart."""

    indent: int
    is_item: bool
    words: str
    heading: Heading | None
    command: Command | None

    @property
    def begins_another(self) -> bool:
        """Whether it is a command, a plan, or a section of the template, which no list and no block can hold."""
        return self.command is not None or (self.heading is not None and self.heading.label != FREE)


def _begins(line: str) -> bool:
    return command_in(line) is not None or heading_in(line) is not None


def _rows(lines: Sequence[str]) -> list[_Row]:
    """The lines taken apart. A title without the marks of one is a heading where something stands below it."""
    rows: list[_Row] = []
    for line in reversed(list(unwrapped(with_plain_bullets(lines), _begins))):
        heading = heading_in(line)
        if heading is not None and not heading.is_sure and not _is_text(rows):
            heading = None
        words = "" if is_rule(line) else without_bullet(line)
        rows.append(_Row(indent_of(line), is_list_item(line), words, heading, command_in(line)))
    rows.reverse()
    return rows


def _is_text(rows: Sequence[_Row]) -> bool:
    """Whether the first line that says something is a heading's to own; the rows are those below, the nearest last."""
    nearest = next((row for row in islice(reversed(rows), _WIDEST_GAP + 1) if row.words), None)
    return nearest is not None and nearest.heading is None and nearest.command is None


def _owned(own: _Row, heading: Heading, rows: Sequence[_Row], at: int) -> tuple[list[str], int]:
    """What a heading owns, read from the line right below it on; and where that ends."""
    held = [heading.rest] if heading.rest else []
    if heading.rest and not heading.rest.endswith(":"):
        return _taken(held, rows, at, lambda row: row.indent > own.indent)
    begin = _first_below(own, heading, rows, at)
    if begin is None:
        return held, at
    first = rows[begin]

    def is_of_list(row: _Row) -> bool:
        is_sibling = own.is_item and row.indent == own.indent and row.heading is not None
        return row.indent > first.indent or (row.is_item and row.indent == first.indent and not is_sibling)

    if first.is_item and first.indent >= own.indent and is_of_list(first):
        return _taken(held, rows, begin, is_of_list, goes_over_gaps=True)
    if first.indent > own.indent:
        return _taken(held, rows, begin, lambda row: row.indent > own.indent, goes_over_gaps=True)
    is_announced = heading.label == FREE and heading.is_field and len(heading.words.split()) > _SHORTEST_TITLE
    if first.heading is not None or first.is_item or is_announced:
        return held, at
    return _taken(held, rows, begin, lambda row: row.heading is None and not row.is_item)


def _first_below(own: _Row, heading: Heading, rows: Sequence[_Row], at: int) -> int | None:
    """Where the first line below a heading is that it may own; below a gap that is so for titles, and for lists."""
    for begin in range(at, min(at + _WIDEST_GAP + 1, len(rows))):
        row = rows[begin]
        if row.words:
            is_title = own.command is None and not (heading.is_field and heading.label == FREE)
            may_own = begin == at or row.is_item or is_title
            return begin if may_own and not row.begins_another else None
    return None


def _taken(
    held: list[str],
    rows: Sequence[_Row],
    at: int,
    belongs: Callable[[_Row], bool],
    *,
    goes_over_gaps: bool = False,
) -> tuple[list[str], int]:
    """What is held already, and the lines from there on as long as they belong to it; and where they end."""
    while at < len(rows):
        row = rows[at]
        begin = at if row.words or not goes_over_gaps else at + 1
        if begin == len(rows) or not rows[begin].words or rows[begin].begins_another or not belongs(rows[begin]):
            break
        held.append(rows[begin].words)
        at = begin + 1
    return held, at


def _said(heading: Heading, held: Sequence[str], *, is_form: bool) -> list[str]:
    """What a heading says that is no title of a section, before what it owns; an empty field of a form is nothing."""
    if not held:
        is_short = len(heading.words.split()) <= _SHORT_TITLE
        is_name = heading.words.isupper() or (is_short and not _is_sentence(heading.words))
        return [] if is_form and is_name else [f"{heading.words}:" if heading.is_field else heading.words]
    if heading.is_field or len(heading.words.split()) <= _SHORT_TITLE:
        return [f"{heading.words}: {held[0]}", *held[1:]]
    return [heading.words, *held]


def _is_sentence(words: str) -> bool:
    """Whether words before a colon tell what somebody did or said ("Told the client"): that is no field of a form."""
    return bool(_TELLS(words)) and not _ASKS_FOR(words)
