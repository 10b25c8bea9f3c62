"""The words of the process in a note: its headings, and what they own. Pure.

Only what an author wrote himself counts (``own_words``). Whether an author may say it (an agent, not a client) is for
the caller to decide. What is a plan is read in ``plans``, what a line commands in ``command_lines``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.reading.command_lines import PLAN_COMMAND, bare, command_in
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

_BULLETS = " \t-*•·‣◦–—+#_~"
_LIST_ITEM = re.compile(r"(?:[-*•·‣◦–+]|\d{1,2}[.)])\s")
_NUMBER = re.compile(r"\d{1,2}[.)]\s+")
_PLAN_WORDS = (
    r"(?:(?:diagnos(?:is|tics?)|action|resolution|remediation|fix|repair|troubleshooting|work)\s{1,9})?plan"
    r"(?:\s{1,9}of\s{1,9}(?:action|attack)|\s{1,9}d['’]action|\s{1,9}van\s{1,9}aanpak"
    r"|\s{1,9}de\s{1,9}(?:diagnostic|diagnóstico|acción|résolution|resolución))?(?![^\W_])"
    r"|(?:diagnose|aktions|maßnahmen|lösungs|actie)plan(?![^\W_])"
)
_HEADING = re.compile(
    rf"(?P<plan>{_PLAN_WORDS})|(?P<steps>steps\s+(?:attempted|taken|tried))"
    r"|(?P<errors>error\s+(?:codes?|messages?))|(?P<research>research)"
    r"|(?P<talks>internal\s+discussions?)|(?P<rights>missing\s+permissions?)|(?P<next>next\s+steps?)"
    r"|(?P<new>new\s+plan)|(?P<other>issue|reason\s+for\s+escalation|client)",
    re.IGNORECASE,
)
_COLON = re.compile(r"[\s*_]{0,40}[:：][\s*_]*")
_PLAN_SIGN = re.compile(
    r"[\s*_]{0,9}(?:\([^()\n]{1,40}\)|\[[^\[\]\n]{1,40}\])?[\s*_]{0,40}(?:[:：=→]|[-=]>|(?<=[\s*_])[-–—](?=[\s*_]))[\s*_]*"
)
"""What stands between the word and the plan itself: a colon, or what people put in its place; a tier in brackets."""

_SECTION_OF = dict(zip(("steps", "errors", "research", "talks", "rights", "next"), SECTIONS, strict=True))
_SECTION_OF["new"] = NEW_PLAN
_PARAGRAPHS = (PLAN, NEW_PLAN, OTHER)


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

    A section runs to the next heading or command, a plan to the end of its paragraph.
    The lines of each come without bullets and blank ones. What follows a command on its own line belongs to it; the
    lines below are the technician's own words, like any others.
    """
    label, held = FREE, list[str]()
    for index, line in enumerate(lines):
        heading, rest = _heading(line)
        if heading:
            yield label, held
            label, held = heading, [rest] if rest else []
        elif command := command_in(line):
            yield label, held
            yield COMMAND, [command.rest] if command.rest else []
            label, held = FREE, []
        elif line:
            held.append(without_bullet(line))
        elif label in _PARAGRAPHS and not _is_right_above_its_list(held, lines, index):
            yield label, held
            label, held = FREE, []
    yield label, held


def _is_right_above_its_list(held: Sequence[str], lines: Sequence[str], index: int) -> bool:
    """Whether a blank line stands between a heading and the list that is its content."""
    return not held and index + 1 < len(lines) and is_list_item(lines[index + 1])


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


def _heading(line: str) -> tuple[str, str]:
    """What a line is the heading of, with what follows on the line; two empty strings when it is none."""
    command = command_in(line)
    if command is not None:
        return (PLAN, command.rest) if command.word == PLAN_COMMAND else ("", "")
    words = bare(line)
    found = _HEADING.match(words)
    if not found or found.lastgroup is None:
        return "", ""
    kind = found.lastgroup
    label = _SECTION_OF.get(kind, kind)
    if colon := (_PLAN_SIGN if kind == PLAN else _COLON).match(words, found.end()):
        return label, words[colon.end() :].strip("*_ ")
    is_title = line.startswith(("#", "**", "__")) and not words[found.end() :].strip("*_# ")
    return (label, "") if is_title else ("", "")
