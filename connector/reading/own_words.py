"""The words that the author of a note wrote himself: without quoted replies, forwarded mail and code. Pure.

Whatever somebody else wrote is never a plan and never a command, however it got into a note.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from connector.reading.mail.heads import Head, head_at, next_written
from connector.reading.mail.retold import retold_in

_FENCES = ("```", "~~~")
_MARKUP_BEGINS = re.compile(r"<(script|style|template|pre|!--)(?=[\s>]|$)", re.IGNORECASE)
_MARKUP_ENDS = re.compile(r"</(script|style|template|pre)>|-->", re.IGNORECASE)


class Kind(StrEnum):
    """Whose a line is: the author's own, somebody else's that he retells or quotes, or code that is shown."""

    OWN = "own"
    RETOLD = "retold"
    QUOTED = "quoted"
    CODE = "code"


class Written(NamedTuple):
    """A line of a text, without blanks at its end."""

    words: str
    kind: Kind


@lru_cache(maxsize=512)
def lines_of(text: str) -> tuple[Written, ...]:
    """Every line of a text, and whose it is.

    Quoted are lines that start with ``>``, with the head of a mail right above them; where a head has no such lines
    below, all from it on. Code stands between fences, or between the tags of what a page does not show as words. What
    the author retells in quotation marks, or indented, stays a word of the note (see ``mail.retold``).
    """
    written = [line.rstrip() for line in text.splitlines()]
    bare = [line.lstrip() for line in written]
    ends = _ends_of_markup(bare) if "<" in text else {}
    found: list[Written] = []
    while (index := len(found)) < len(bare):
        line = bare[index]
        if line.startswith(">") and not line.endswith(">>"):
            found.append(Written(written[index], Kind.QUOTED))
        elif fence := _fence(line):
            code = written[index : _end_of_code(bare, index + 1, fence)]
            found += [Written(words, Kind.CODE) for words in code]
        elif line and (head := head_at(bare, index)):
            own, quoted = _parts(head, bare, index)
            found += [Written(words, Kind.OWN) for words in written[index:own]]
            found += [Written(words, Kind.QUOTED) for words in written[own:quoted]]
        else:
            found.append(Written(written[index], Kind.QUOTED if line.startswith(">") else Kind.OWN))
            found += [Written(words, Kind.CODE) for words in written[index + 1 : _end_of_markup(line, index, ends)]]
    others = {index for index, line in enumerate(found) if line.kind is not Kind.OWN}
    retold = retold_in([line.words if line.kind is Kind.OWN else "" for line in found], others)
    for index in retold:
        if found[index].kind is Kind.OWN:
            found[index] = Written(found[index].words, Kind.RETOLD)
    return tuple(found)


def end_of_markup(text: str) -> str:
    """What ends the markup that a text opens last and does not end, on a line of its own; empty where there is none."""
    opened = [*_MARKUP_BEGINS.finditer(text)][-1:]
    if not opened or _MARKUP_ENDS.search(text, opened[0].end()):
        return ""
    return "\n-->" if opened[0][1] == "!--" else f"\n</{opened[0][1]}>"


def own_lines(text: str) -> list[str]:
    """The lines that the author wrote himself, indented as they are; blank ones are empty strings."""
    return [line.words for line in lines_of(text) if line.kind is Kind.OWN]


def _fence(line: str) -> str:
    """The fence that a line opens, or nothing."""
    if not line.startswith(_FENCES):
        return ""
    rest = line.lstrip(line[0])
    return "" if line[0] in rest else line[: len(line) - len(rest)]


def _ends_of_markup(lines: Sequence[str]) -> dict[str, list[int]]:
    """The lines in which each kind of markup ends whose words a page does not show, in order."""
    ends: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        for found in _MARKUP_ENDS.finditer(line):
            ends.setdefault((found[1] or "!--").lower(), []).append(index)
    return ends


def _end_of_markup(line: str, index: int, ends: Mapping[str, Sequence[int]]) -> int:
    """Behind which line the markup ends that a line begins and does not end itself; without an end it is words."""
    opened = list(_MARKUP_BEGINS.finditer(line)) if ends else []
    if not opened or _MARKUP_ENDS.search(line, opened[-1].end()):
        return index + 1
    closing = ends.get(opened[-1][1].lower(), ())
    at = bisect_right(closing, index)
    return closing[at] + 1 if at < len(closing) else index + 1


def _end_of_code(lines: Sequence[str], index: int, fence: str) -> int:
    while index < len(lines):
        index += 1
        if lines[index - 1].startswith(fence) and not lines[index - 1].strip(fence[0]):
            break
    return index


def _parts(head: Head, lines: Sequence[str], index: int) -> tuple[int, int]:
    """Up to where the lines from a head on are the author's, and up to where they are quoted, then."""
    below = next_written(lines, head.end)
    is_marked = below < len(lines) and lines[below].startswith(">")
    if head.is_own:
        return head.end, below if is_marked else len(lines)
    if is_marked and head.marks_decide:
        return index, below
    return (index, len(lines)) if head.is_certain else (index + 1, index + 1)
