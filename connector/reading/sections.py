"""The words of the process in a note: the line that records a diagnosis plan, sections, and lines that command. Pure.

Only what an author wrote himself counts (``own_words``). Whether an author may say it (an agent, not a client) is for
the caller to decide. What ``/escalate`` and ``/override`` ask for is read in ``command_words``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

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

PLAN, NEW_PLAN, OTHER, COMMAND, FREE = "plan", "new plan", "other", "command", ""
"""What else the lines of a note can be: the diagnosis plan, the new plan after a final escalation, another section of
the template, what belongs to a command, free text."""

ESCALATE, OVERRIDE = "escalate", "override"

_COMMAND = re.compile(r"/([a-z][a-z-]{2,19})(?![\w/.@-])[ \t*_~]*:?[ \t*_~]*(.*)", re.IGNORECASE)
_ALIKE = 0.75
"""How alike a word must be to a command to be taken for a misspelling of it (``difflib``'s ratio, from 0 to 1)."""

_LETTERS = frozenset(ESCALATE + OVERRIDE)
_LEAST_SHARED = 4

_TYPOGRAPHIC = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "／": "/", "：": ":", "–": "-", "—": "-"}
    | dict.fromkeys(map(chr, [*range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]), " ")
)
_BULLETS = " \t-*•·‣◦–—+#_~"
_LIST_ITEM = re.compile(r"(?:[-*•·‣◦–+]|\d{1,2}[.)])\s")
_NUMBER = re.compile(r"\d{1,2}[.)]\s+")
_HEADING = re.compile(
    r"(?P<plan>(?:diagnosis\s+)?plan)|(?P<steps>steps\s+(?:attempted|taken|tried))"
    r"|(?P<errors>error\s+(?:codes?|messages?))|(?P<research>research)"
    r"|(?P<talks>internal\s+discussions?)|(?P<rights>missing\s+permissions?)|(?P<next>next\s+steps?)"
    r"|(?P<new>new\s+plan)|(?P<other>issue|reason\s+for\s+escalation|client)",
    re.IGNORECASE,
)
_COLON = re.compile(r"\s*[*_]*\s*[:：]\s*[*_]*\s*")
_SECTION_OF = dict(zip(("steps", "errors", "research", "talks", "rights", "next"), SECTIONS, strict=True))
_SECTION_OF["new"] = NEW_PLAN
_PARAGRAPHS = (PLAN, NEW_PLAN, OTHER, COMMAND)
_NO_PLAN_YET = frozenset({"tbd", "tba", "none", "none yet", "n/a", "na", "todo", "to do", "to follow", "pending"})


def plan_in(text: str) -> str | None:
    """The diagnosis plan that a note records, as one line, or None.

    A plan is a line starting with ``Plan:`` or ``Diagnosis plan:`` together with the rest of its paragraph (a list
    right below it counts). Nothing after the colon, or a placeholder such as "tbd", is no plan.
    """
    return _plan_called(PLAN, text) if "plan" in text.lower() else None


def new_plan_in(text: str) -> str | None:
    """The plan that a note records after a final escalation, in a line starting with ``New plan:``, or None."""
    return _plan_called(NEW_PLAN, text) if "plan" in text.lower() else None


def _plan_called(wanted: str, text: str) -> str | None:
    for label, lines in labelled(_own(text)):
        plan = " ".join(lines).strip() if label == wanted else ""
        if any(map(str.isalnum, plan)) and plan.strip(" .…?!-").casefold() not in _NO_PLAN_YET:
            return plan
    return None


def sections_in(text: str) -> dict[str, list[str]]:
    """The template's sections that a note holds: heading as in ``SECTIONS`` to its lines, without bullets."""
    found: dict[str, list[str]] = {}
    for label, lines in labelled(_own(text)):
        if label in SECTIONS and lines:
            found.setdefault(label, []).extend(lines)
    return found


def _own(text: str) -> list[str]:
    return [line.lstrip() for line in own_lines(text)]


def labelled(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Own lines with what they belong to: ``PLAN``, ``NEW_PLAN``, ``OTHER``, ``COMMAND``, ``FREE``, or a section.

    A section runs to the next heading or command, a plan to the end of its paragraph, so does a command, or to a list.
    The lines of each come without bullets and blank ones; a command's own line is left out.
    """
    label, held = FREE, list[str]()
    for index, line in enumerate(lines):
        heading, rest = _heading(line)
        if heading or command_in(line):
            yield label, held
            label, held = heading or COMMAND, [rest] if rest else []
        elif label == COMMAND and is_list_item(line):
            yield label, held
            label, held = FREE, [without_bullet(line)]
        elif line:
            held.append(without_bullet(line))
        elif label in _PARAGRAPHS and not _is_right_above_its_list(label, held, lines, index):
            yield label, held
            label, held = FREE, []
    yield label, held


def _is_right_above_its_list(label: str, held: Sequence[str], lines: Sequence[str], index: int) -> bool:
    """Whether a blank line stands between a heading and the list that is its content."""
    return label != COMMAND and not held and index + 1 < len(lines) and is_list_item(lines[index + 1])


def may_speak(text: str) -> bool:
    """Whether a text can hold a command at all: it has a slash. Quick."""
    return "/" in text or "／" in text


class Command(NamedTuple):
    """A line that commands, well or badly: the word as written, the command that it is or nearly is, what follows."""

    word: str
    name: str
    rest: str


def command_in(line: str) -> Command | None:
    """The command of an own line, be it in a list or in bold type; None where it has none. Quotes come out straight."""
    if "/" not in line and "／" not in line:
        return None
    found = _COMMAND.match(_bare(line.translate(_TYPOGRAPHIC)))
    name = _nearest(found[1].lower()) if found else ""
    return Command(found[1].lower(), name, found[2].rstrip(" \t*_~")) if found and name else None


@lru_cache(maxsize=1024)
def _nearest(word: str) -> str:
    """The command that a word is, or is a misspelling of, or nothing."""
    if len(set(word) & _LETTERS) < _LEAST_SHARED:
        return ""  # quicker than a comparison, and there may be many such lines
    alike = {name: SequenceMatcher(None, word, name).ratio() for name in (ESCALATE, OVERRIDE)}
    best = max(alike, key=lambda name: alike[name])
    return best if alike[best] >= _ALIKE else ""


def is_heading(line: str) -> bool:
    """Whether a line begins a plan or a section of the template."""
    return bool(_heading(line)[0])


def is_list_item(line: str) -> bool:
    """Whether a line is an item of a list."""
    return bool(_LIST_ITEM.match(line))


def without_bullet(line: str) -> str:
    """A list item without its bullet or number."""
    bare = line.lstrip(_BULLETS) if _LIST_ITEM.match(line) else line
    number = _NUMBER.match(bare)
    return bare[number.end() :] if number else bare


def _bare(line: str) -> str:
    """A line without what stands before its words: bullets, marks of a heading, a number."""
    bare = line.lstrip(_BULLETS)
    number = _NUMBER.match(bare)
    return bare[number.end() :].lstrip(_BULLETS) if number else bare


def _heading(line: str) -> tuple[str, str]:
    """What a line is the heading of, with what follows on the line; two empty strings when it is none."""
    bare = _bare(line)
    found = _HEADING.match(bare)
    if not found or found.lastgroup is None:
        return "", ""
    kind = found.lastgroup
    label = _SECTION_OF.get(kind, kind)
    if colon := _COLON.match(bare, found.end()):
        return label, bare[colon.end() :].strip("*_ ")
    is_title = line.startswith(("#", "**", "__")) and kind != PLAN and not bare[found.end() :].strip("*_# ")
    return (label, "") if is_title else ("", "")
