"""Which lines of a note command: the word behind the slash, be it misspelt, in a list or in bold type. Pure.

What is asked for by ``/escalate`` and ``/override`` is read in ``command_words``, what ``/plan`` records in ``plans``.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

ESCALATE, OVERRIDE, PLAN_COMMAND, HELP = "escalate", "override", "plan", "help"

_LONG, _SHORT = (ESCALATE, OVERRIDE), (PLAN_COMMAND, HELP)
_COMMAND = re.compile(r"([/\\][ \t]?)([a-z][a-z-]{1,19})(?![\w/\\.@-])[ \t*_~]*:?[ \t*_~]*(.*)", re.IGNORECASE)
_ALIKE = 0.75
"""How alike a word must be to a long command to be a misspelling of it (``difflib``'s ratio, from 0 to 1)."""

_LETTERS = frozenset(ESCALATE + OVERRIDE)
_LEAST_SHARED = 4
_OTHER_WORDS = frozenset({"lan", "pan", "plane", "plain", "plant", "plank", "hell", "hello", "held", "heap", "helm"})
"""A letter away from a short command, and words of their own."""

_HELP_WITH = frozenset({"", "please", "commands", ESCALATE, OVERRIDE, PLAN_COMMAND})
"""What may stand behind ``/help``: with more it is a sentence."""

_TYPOGRAPHIC = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "／": "/", "：": ":", "–": "-", "—": "-"}
    | dict.fromkeys(map(chr, [*range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]), " ")
)
_BULLETS = " \t-*•·‣◦–—+#_~"
_NUMBER = re.compile(r"\d{1,2}[.)]\s+")
_PICTURES = frozenset({"So", "Sk", "Mn", "Cf"})
"""Categories of the characters of pictures, arrows and ticks, and of what joins and colours them."""


class Command(NamedTuple):
    """A line that commands, well or badly: the word as written, the command that it is or nearly is, what follows."""

    word: str
    name: str
    rest: str

    @property
    def is_misspelt(self) -> bool:
        """Whether it is only nearly that command."""
        return self.word != self.name


def may_speak(text: str) -> bool:
    """Whether a text can hold a command at all: it has a slash, in whatever guise. Quick."""
    return "/" in text or "\\" in text or ("&" in text and ("&#" in text or "&sol" in text)) or "／" in text


def command_in(line: str) -> Command | None:
    """The command of an own line, be it in a list or in bold type; None where it has none. Quotes come out straight."""
    if "/" not in line and "\\" not in line and "／" not in line:
        return None
    found = _COMMAND.match(bare(line.translate(_TYPOGRAPHIC)))
    if not found:
        return None
    slash, word, rest = found[1], found[2].lower(), found[3].rstrip(" \t*_~")
    if slash == "/":
        name = _nearest(word)
        return (
            Command(word, name, rest) if name and (name != HELP or rest.strip(" .!?").lower() in _HELP_WITH) else None
        )
    is_meant = word in _LONG or (word == PLAN_COMMAND and slash[0] == "/")
    return Command(f"{slash}{word}", word, rest) if is_meant else None


def bare(line: str) -> str:
    """A line without what stands before its words: bullets, marks of a heading, a number, pictures."""
    line = _without_pictures(line.lstrip(_BULLETS))
    number = _NUMBER.match(line)
    return _without_pictures(line[number.end() :].lstrip(_BULLETS)) if number else line


def _without_pictures(line: str) -> str:
    at = 0
    while at < len(line) and line[at] > "\x7f" and unicodedata.category(line[at]) in _PICTURES:
        at += 1
    return line[at:].lstrip(_BULLETS) if at else line


@lru_cache(maxsize=1024)
def _nearest(word: str) -> str:
    """The command that a word is, or is a misspelling of, or nothing."""
    if word in _SHORT:
        return word
    if len(word) <= len(PLAN_COMMAND) + 1:
        return next((name for name in _SHORT if is_slip(word, name)), "")
    if len(set(word) & _LETTERS) < _LEAST_SHARED:
        return ""  # quicker than a comparison, and there may be many such lines
    alike = {name: SequenceMatcher(None, word, name).ratio() for name in _LONG}
    best = max(alike, key=lambda name: alike[name])
    return best if alike[best] >= _ALIKE else ""


def is_slip(word: str, name: str) -> bool:
    """Whether a letter was left out or typed too many, or two change places: what fingers do, not another word."""
    if word in _OTHER_WORDS:
        return False
    if len(word) == len(name):
        return sorted(word) == sorted(name) and word[0] == name[0]
    longer, shorter = (word, name) if len(word) > len(name) else (name, word)
    return len(longer) - len(shorter) == 1 and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))
    )
