"""The commands that a note speaks, as words: ``/escalate``, ``/override``, ``/help``; what is wrong with them. Pure.

Only what an author wrote himself is read (``own_words``), tolerant of case, markup, invisible characters and
typographic quotes. Whether the author may command, and what follows from it, is for the callers to decide.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from connector.model import Reason
from connector.reading.command_lines import ESCALATE, HELP, OVERRIDE, PLAN_COMMAND, command_in, may_speak
from connector.reading.layout.items import without_bullet
from connector.reading.override_time import HowLong, read_how_long
from connector.reading.own_words import own_lines
from connector.reading.plans import has_plan_right_here
from connector.reading.sections import is_heading
from connector.wording import clipped

ESCALATE_FORMS = "/escalate knowledge, /escalate permission or /escalate urgency (several may be named at once)"
OVERRIDE_FORMS = "/override 45m because …, /override until 16:30 because …, /override none because …, or /override off"
PLAN_FORMS = "/plan and what you are going to do, or a line “Plan: …”"
HELP_FORMS = "/help"
_FORMS = {ESCALATE: ESCALATE_FORMS, OVERRIDE: OVERRIDE_FORMS, PLAN_COMMAND: PLAN_FORMS, HELP: HELP_FORMS}

_KINDS = {
    "knowledge": Reason.KNOWLEDGE,
    "permission": Reason.PERMISSION,
    "permissions": Reason.PERMISSION,
    "urgency": Reason.URGENCY,
    "urgent": Reason.URGENCY,
}
_JOINTS = re.compile(r"(?:[ \t,;&+/*~]|\band\b)+", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_BEFORE_KIND = " \t:-*_~([\"'"
_BECAUSE = re.compile(r"[ \t,;:.*~)\]\"'-]*(?:(?:because|since|as|reason)\b)?[ \t,;:*~-]*", re.IGNORECASE)
_MOST_BELOW = 200
_LONGEST_DETAIL = 2000
_MOST_COMMANDS = 20
"""So many commands of a note are heard, the first ones; nobody means more."""

_LEAST_WORDS, _LEAST_LETTERS = 2, 10


@dataclass(frozen=True, slots=True)
class EscalateWords:
    """``/escalate`` with its kinds in the order given, each once, and the free text that follows.

    ``topic``: what of that stands on the command's own line.
    """

    reasons: tuple[Reason, ...]
    detail: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class OverrideWords:
    """``/override`` with how long, and the reason given; ``off`` needs none."""

    how_long: HowLong
    reason: str

    @property
    def is_documented(self) -> bool:
        """Whether the reason says something."""
        return says_why(self.reason)


@dataclass(frozen=True, slots=True)
class HelpWords:
    """``/help``: somebody wants to know what can be commanded."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """A command that was meant and cannot be followed: the command, and what is wrong, as a sentence."""

    command: str
    problem: str


Spoken = EscalateWords | OverrideWords | HelpWords | Unclear


def says_why(reason: str) -> bool:
    """Whether a reason says something: at least two words and ten letters."""
    words = [word for word in reason.split() if any(map(str.isalnum, word))]
    return len(words) >= _LEAST_WORDS and sum(map(str.isalnum, reason)) >= _LEAST_LETTERS


def spoken_in(text: str) -> list[Spoken]:
    """The commands that a note speaks, in order."""
    return list(islice(_spoken(_own(text)), _MOST_COMMANDS)) if may_speak(text) else []


def is_understood(line: str) -> bool:
    """Whether a line that commands can be followed; one that cannot is what somebody wrote, like any other line."""
    return not any(isinstance(words, Unclear) for words in _spoken([line]))


def gist(text: str) -> str:
    """Stands for the lines of a note that command: another one when they were edited, whatever else was."""
    commands = filter(None, map(command_in, _own(text))) if may_speak(text) else ()
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
        below = lines[index + 1 : index + 1 + _MOST_BELOW]
        if found.is_misspelt:
            slash = "" if found.word[0] in "/\\" else "/"
            yield Unclear(found.name, f"there is no command {slash}{found.word}; did you mean {_FORMS[found.name]}?")
        elif found.name == ESCALATE:
            yield _escalate(found.rest, below)
        elif found.name == OVERRIDE:
            yield _override(found.rest)
        elif found.name == HELP:
            yield HelpWords()
        elif not has_plan_right_here([line, *below]):
            yield Unclear(PLAN_COMMAND, f"the plan itself is missing; write {PLAN_FORMS}")


def _escalate(rest: str, below: list[str]) -> EscalateWords | Unclear:
    reasons: list[Reason] = []
    rest = rest.lstrip(_BEFORE_KIND)
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
    topic = _BECAUSE.sub("", rest, count=1)[:_LONGEST_DETAIL] if rest else ""
    said = [topic, *_paragraph(below)] if topic else list(_paragraph(below[_blank(below) :]))
    return EscalateWords(tuple(reasons), " ".join(said)[:_LONGEST_DETAIL], topic)


def _blank(lines: Sequence[str]) -> int:
    """How many blank lines stand between a command without a word more and what is said below it: one at most."""
    return 1 if lines and not lines[0] else 0


def _paragraph(lines: Iterable[str]) -> Iterator[str]:
    """The lines right below a command, or the items of the list there, up to a blank one, a heading or a command."""
    for line in lines:
        if not any(map(str.isalnum, line)) or is_heading(line) or command_in(line):
            return
        yield without_bullet(line)


def _override(rest: str) -> OverrideWords | Unclear:
    how_long, after = read_how_long(rest)
    if isinstance(how_long, str):
        return Unclear(OVERRIDE, f"{how_long}; write {OVERRIDE_FORMS}")
    return OverrideWords(how_long, _BECAUSE.sub("", after, count=1).strip()[:_LONGEST_DETAIL])
