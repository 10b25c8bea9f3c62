"""The diagnosis plan that a note records, the new plan after a final escalation, and lines that nearly are one. Pure.

Only what an author wrote himself counts (``own_words``). Whether an author may record a plan (an agent, not a client)
is for the caller to decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from connector.reading.command_lines import PLAN_COMMAND, bare, command_in, is_slip
from connector.reading.own_words import own_lines
from connector.reading.sections import NEW_PLAN, PLAN, labelled

_TO_BE = (
    r"determined|decided|confirmed|defined|announced|discussed|agreed|advised|clarified|done|added|made|provided|found"
)
_NO_PLAN = re.compile(
    rf"(?:tb[acd]|n\s?/\s?a|t\.b\.[acd]|to\s+be\s+(?:{_TO_BE})|(?:there\s+is\s+|i\s+have\s+|we\s+have\s+)?no\s+(?:real\s+)?plan"
    r"|none\s+(?:yet|so\s+far|for\s+now|at\s+(?:the|this)|currently)|not\s+(?:sure|yet)|no\s+idea"
    r"|unknown\s+(?:yet|until|so\s+far|at)|(?:i\s+)?don'?t\s+know"
    r"|(?:noch\s+)?kein(?:e|en)?\s+(?:plan|ahnung|idee)|noch\s+(?:nicht|kein|offen|unklar|unbekannt)"
    r"|wird\s+noch|steht\s+noch\s+nicht|wei(?:ß|ss)\s+(?:ich\s+)?(?:noch\s+)?nicht"
    r"|(?:pas|aucun)\s+(?:encore|de\s+plan|plan)|à\s+(?:définir|déterminer|confirmer|venir|préciser)|je\s+ne\s+sais\s+pas"
    r"|(?:por|a)\s+(?:definir|determinar|confirmar|decidir)|(?:aún|todavía)\s+no|no\s+(?:hay|sé|se\s+sabe)|sin\s+plan"
    r"|(?:nog\s+)?geen\s+(?:plan|idee)|nog\s+(?:geen|niet|onbekend|onduidelijk|te\s+bepalen)|nader\s+te\s+bepalen|n\.?t\.?b"
    r"|weet\s+(?:ik\s+)?(?:nog\s+)?niet)(?!\w)",
    re.IGNORECASE,
)
"""How a text begins that says that there is no plan, whatever comes behind it."""

_EMPTY = (
    "an any anything at be clear currently decided exists follow follows following for have in is it known later n"
    " na nil no none not nothing now of open pending plan plans present so far still sure tba tbc tbd that the there"
    " this time to todo do idea progress unknown unclear unsure until yet what will come coming soon wip xx xxx here"
    " enter insert your add describe write",
    "aktuell ausstehend bekannt bisher derzeit ein folgt für im jetzt kein keine keinen keiner klar moment momentan"
    " nichts noch nicht offen unbekannt unklar vorerst zeit zur zurzeit",
    "à aucun aucune attente ce définir encore en inconnu instant l la le moment pas pour rien stade suivre",
    "ahora aún de desconocido el momento nada ninguna ninguno pendiente por sin todavía",
    "afwachting bekend dit geen het moment niet niets nog nu onbekend onduidelijk op volgt voorlopig",
)
_EMPTY_WORDS = frozenset(" ".join(_EMPTY).split())
"""Words of which nothing but a placeholder is made."""

_MOST_EMPTY = 10
_TO_FILL_IN = re.compile(r"[<‹][^<>‹›]*[>›]").fullmatch
"""What a template leaves to be filled in."""

_NEAR = re.compile(
    r"(?:(?:the|my)\s{1,9})?plan\s{1,9}(?:is:?|is\s{1,9}to|to|now|next|today|tonight|tomorrow|will\s{1,9}be)\s{1,9}(?=\w)"
    r"|plan\s{1,9}(?:for|of|by|going|from|until|now|next|today|tonight|tomorrow|[a-d]|#?\d{1,2}|t[1-9]|tier)\b"
    r"[^:\n]{0,40}:\s{0,9}(?=\S)"
    r"|plan[ \t]{0,9}(?:[;|>~.,/]|[-–—=_]{2,9})[ \t]{0,9}(?=\w)|plan[-–—](?=[ \t])"
    r"|(?:new|updated?|revised|next|proposed|suggested|current|my|our|the|tentative|initial|first|interim|rough"
    r"|short[- ]term|draft|technical|recovery|repair|mitigation|response|escalation|attack|game|support|working)"
    r"\s{1,9}plan[\s*_]{0,9}(?:[:：=→]|[-=]>|[-–—](?=\s))[\s*_]{0,9}(?=\S)",
    re.IGNORECASE,
)
"""Lines that mean a plan in other words: they are not taken for one; whoever wrote one is told how."""

_HEAD = re.compile(r"([^\W\d_][\w \t/#-]{1,40}?)[ \t*_]{0,9}[:：=][ \t*_]{0,9}(?=\S)")
_BESIDE = re.compile(r"diag\w*|tier|t?\d{1,2}")
"""What may stand beside the word in its heading, however it is spelt: kinds of diagnosis, a tier."""

_LONGEST_SHOWN = 120
_MOST_LINES = 50
_LONGEST_REMEMBERED = 4000


def may_plan(text: str) -> bool:
    """Whether a text can record a plan at all: it has the word. Quick."""
    return "plan" in text.lower()


def plan_in(text: str, *, obeys: bool = True) -> str | None:
    """The diagnosis plan that a note records, as one line, or None.

    A plan is what a line starting with ``Plan:`` or ``Diagnosis plan:`` owns (see ``sections``), or, where the note
    ``obeys`` commands, ``/plan``. Nothing, or a placeholder such as "tbd", is no plan.
    """
    if not may_plan(text):
        return None
    return _remembered(text, obeys) if len(text) <= _LONGEST_REMEMBERED else _plan_of(text, obeys)


def _plan_of(text: str, obeys: bool) -> str | None:
    lines = own_lines(text)
    if not obeys:
        lines = [line for line in lines if not _is_command(line)]
    return next(_plans(PLAN, lines), None)


_remembered = lru_cache(maxsize=2048)(_plan_of)
"""A ticket is looked at many times, and a note is the same each time: its words are its version."""


def new_plan_in(text: str) -> str | None:
    """The plan that a note records after a final escalation, in a line starting with ``New plan:``, or None."""
    return next(_plans(NEW_PLAN, own_lines(text)), None) if may_plan(text) else None


def has_plan_right_here(lines: Sequence[str]) -> bool:
    """Whether the first of these lines, the head of a plan, really has one."""
    _, held = next(labelled(lines[:_MOST_LINES]))
    return says_a_plan(" ".join(held))


def near_plan_in(text: str) -> str | None:
    """The first line of a note that nearly records a plan, or None; also where the note records one."""
    if "pl" not in text.lower() or plan_in(text) is not None:
        return None
    for line in own_lines(text):
        words = bare(line).strip("*_ ")
        found = _NEAR.match(words) or _misspelt(words)
        if found and says_a_plan(words[found.end() :]):
            return words[:_LONGEST_SHOWN]
    return None


def _misspelt(words: str) -> re.Match[str] | None:
    """The heading of a plan that is misspelt, or written in one word; None where a line has none."""
    found = _HEAD.match(words)
    if not found:
        return None
    named = re.findall(r"[^\W_]+", found[1].casefold())
    others = [word for word in named if not _is_plan_word(word)]
    return found if len(others) < len(named) and all(map(_BESIDE.fullmatch, others)) else None


def _is_plan_word(word: str) -> bool:
    is_compound = word.startswith("diag") and word.endswith(PLAN_COMMAND)
    return word == PLAN_COMMAND or is_compound or (word != "plans" and is_slip(word, PLAN_COMMAND))


def says_a_plan(text: str) -> bool:
    """Whether what stands behind ``Plan:`` says something: it is neither nothing nor a placeholder."""
    if _TO_FILL_IN(text.strip()):
        return False
    said = text.replace("’", "'").strip(" \t.…?!-–—_*()[]<>{}\"'").casefold()
    words = re.findall(r"\w+", said[:400])
    if not any(map(str.isalnum, said)) or _NO_PLAN.match(said):
        return False
    return len(words) > _MOST_EMPTY or not _EMPTY_WORDS.issuperset(words)


def _plans(wanted: str, lines: Sequence[str]) -> Iterator[str]:
    for label, held in labelled(lines):
        plan = " ".join(held).strip() if label == wanted else ""
        if says_a_plan(plan):
            yield plan


def _is_command(line: str) -> bool:
    command = command_in(line)
    return command is not None and command.name == PLAN_COMMAND
