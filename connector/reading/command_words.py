"""The commands that a note speaks: ``/escalate`` and ``/override``, as words, with what is wrong with them. Pure.

Only what an author wrote himself is read (``own_words``), tolerant of case, markup, invisible characters and
typographic quotes. Whether the author may command, and what follows from it, is for the callers to decide.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from connector.model import Reason
from connector.reading.override_time import HowLong, read_how_long
from connector.reading.own_words import own_lines
from connector.reading.sections import ESCALATE, OVERRIDE, command_in, is_heading, is_list_item, may_speak
from connector.wording import clipped

ESCALATE_FORMS = "/escalate knowledge, /escalate permission or /escalate urgency (several may be named at once)"
OVERRIDE_FORMS = "/override 45m because …, /override until 16:30 because …, /override none because …, or /override off"

_KINDS = {
    "knowledge": Reason.KNOWLEDGE,
    "permission": Reason.PERMISSION,
    "permissions": Reason.PERMISSION,
    "urgency": Reason.URGENCY,
    "urgent": Reason.URGENCY,
}
_JOINTS = re.compile(r"(?:[ \t,;&+/*~]|\band\b)+", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_BECAUSE = re.compile(r"[ \t,;:.*~-]*(?:(?:because|since|as|reason)\b)?[ \t,;:*~-]*", re.IGNORECASE)
_LONGEST_DETAIL = 2000
_MOST_COMMANDS = 20
"""So many commands of a note are heard, the first ones; nobody means more."""

_LEAST_WORDS, _LEAST_LETTERS = 2, 10


@dataclass(frozen=True, slots=True)
class EscalateWords:
    """``/escalate`` with its kinds in the order given, each once, and the free text that follows."""

    reasons: tuple[Reason, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class OverrideWords:
    """``/override`` with how long, and the reason given; ``off`` needs none."""

    how_long: HowLong
    reason: str

    @property
    def is_documented(self) -> bool:
        """Whether the reason says something: at least two words and ten letters."""
        words = [word for word in self.reason.split() if any(map(str.isalnum, word))]
        return len(words) >= _LEAST_WORDS and sum(map(str.isalnum, self.reason)) >= _LEAST_LETTERS


@dataclass(frozen=True, slots=True)
class Unclear:
    """A command that was meant and cannot be followed: the command, and what is wrong, as a sentence."""

    command: str
    problem: str


Spoken = EscalateWords | OverrideWords | Unclear


def spoken_in(text: str) -> list[Spoken]:
    """The commands that a note speaks, in order."""
    return list(islice(_spoken(_own(text)), _MOST_COMMANDS)) if may_speak(text) else []


def gist(text: str) -> str:
    """Stands for the lines of a note that command: another one when they were edited, whatever else was."""
    commands = filter(None, map(command_in, _own(text)))
    return hashlib.sha256(
        "\n".join(f"{one.word} {one.rest}" for one in commands).encode(errors="surrogatepass")
    ).hexdigest()[:8]


def _own(text: str) -> list[str]:
    return [line.lstrip() for line in own_lines(text)]


def _spoken(lines: list[str]) -> Iterator[Spoken]:
    for index, line in enumerate(lines):
        found = command_in(line)
        if found is None:
            continue
        if found.word != found.name:
            forms = ESCALATE_FORMS if found.name == ESCALATE else OVERRIDE_FORMS
            yield Unclear(found.name, f"there is no command /{found.word}; did you mean {forms}?")
        elif found.name == ESCALATE:
            yield _escalate(found.rest, lines[index + 1 :])
        else:
            yield _override(found.rest)


def _escalate(rest: str, below: list[str]) -> EscalateWords | Unclear:
    reasons: list[Reason] = []
    while word := _WORD.match(rest):
        reason = _KINDS.get(word[0].lower())
        if reason is None:
            break
        if reason not in reasons:
            reasons.append(reason)
        joint = _JOINTS.match(rest, word.end())
        rest = rest[joint.end() if joint else word.end() :]
    if not reasons:
        named = f"{clipped(word[0])} is no kind of escalation" if word else "the kind of escalation is missing"
        return Unclear(ESCALATE, f"{named}; write {ESCALATE_FORMS}")
    detail = _BECAUSE.sub("", rest, count=1) if rest else ""
    return EscalateWords(
        tuple(reasons), " ".join([*([detail] if detail else []), *_paragraph(below)])[:_LONGEST_DETAIL]
    )


def _paragraph(lines: list[str]) -> Iterator[str]:
    """The lines right below a command, up to a blank one, a list, a heading or a command."""
    for line in lines:
        if not line or is_heading(line) or is_list_item(line) or command_in(line):
            return
        yield line


def _override(rest: str) -> OverrideWords | Unclear:
    how_long, after = read_how_long(rest)
    if isinstance(how_long, str):
        return Unclear(OVERRIDE, f"{how_long}; write {OVERRIDE_FORMS}")
    return OverrideWords(how_long, _BECAUSE.sub("", after, count=1).strip()[:_LONGEST_DETAIL])
