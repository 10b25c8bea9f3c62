"""The words that the author of a note wrote himself: without quoted replies, forwarded mail and code. Pure.

Whatever somebody else wrote is never a plan and never a command, however it got into a note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

_FENCES = ("```", "~~~")
_FORWARDED = re.compile(
    r"-{2,}\s*(?:original (?:message|appointment)|forwarded message|(?:ursprüngliche|weitergeleitete) nachricht"
    r"|originalnachricht|message (?:d['’]origine|original|transféré)|mensaje original|messaggio originale"
    r"|oorspronkelijk bericht)\s*-{2,}|begin forwarded message:|anfang der weitergeleiteten nachricht"
    r"|début du message (?:réexpédié|transféré)|-{2,}\s*forwarded by\s",
    re.IGNORECASE,
)
_WROTE = re.compile(r"\b(?:wrote|writes|schrieb|schreibt|a écrit|escribió|ha scritto|schreef)\b", re.IGNORECASE)
_WROTE_HEAD = re.compile(r"(?:on|am|le|el|il|op)\s", re.IGNORECASE)
_WRITTEN_AT = re.compile(
    r"\b\d{4}\b|\d[:./]\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\byesterday\b", re.IGNORECASE
)
_SENDER = re.compile(r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4})\b.*<[^<>\s]+@[^<>\s]+>\s*:")
_RULE = re.compile(r"_{8,}")
_FROM = re.compile(r"(?:from|von|de|da|van)\s*:\s*\S", re.IGNORECASE)
_MAIL_HEADER = re.compile(
    r"(?P<proof>sent|date|subject|gesendet|datum|betreff|envoyé|objet|enviado|fecha|asunto|inviato|oggetto"
    r"|verzonden|onderwerp)\s*:|(?:to|cc|bcc|reply-to|importance|an|à|para|a|aan)\s*:",
    re.IGNORECASE,
)
_WRAPPED_LINES = 3
_HEADER_LINES = 5
_LONGEST_ATTRIBUTION = 400


class Kind(StrEnum):
    """Whose a line is: the author's own, somebody else's that is quoted, or code that is shown."""

    OWN = "own"
    QUOTED = "quoted"
    CODE = "code"


class Written(NamedTuple):
    """A line of a text, without blanks at its end."""

    words: str
    kind: Kind


@lru_cache(maxsize=512)
def lines_of(text: str) -> tuple[Written, ...]:
    """Every line of a text, and whose it is.

    Quoted are lines that start with ``>``, and all that follows a reply separator; code stands between fences.
    """
    written = [line.rstrip() for line in text.splitlines()]
    bare = [line.lstrip() for line in written]
    found: list[Written] = []
    fence = ""
    for index, line in enumerate(bare):
        kind = Kind.OWN
        if fence:
            kind = Kind.CODE
            if line.startswith(fence) and not line.strip(fence[0]):
                fence = ""
        elif line.startswith(_FENCES) and line[0] not in line.lstrip(line[0]):
            kind = Kind.CODE
            fence = line[: len(line) - len(line.lstrip(line[0]))]
        elif line.startswith(">"):
            kind = Kind.QUOTED
        elif _starts_reply(bare, index):
            found += [Written(words, Kind.QUOTED) for words in written[index:]]
            break
        found.append(Written(written[index], kind))
    return tuple(found)


def own_lines(text: str) -> list[str]:
    """The lines that the author wrote himself, indented as they are; blank ones are empty strings."""
    return [line.words for line in lines_of(text) if line.kind is Kind.OWN]


def _starts_reply(lines: Sequence[str], index: int) -> bool:
    """Whether from this line on a mail is quoted that somebody else wrote."""
    line = lines[index].replace("*", "").strip()
    if _RULE.fullmatch(line):
        return index + 1 < len(lines) and bool(_FROM.match(lines[index + 1].replace("*", "").strip()))
    return bool(
        line
        and (
            _FORWARDED.match(line)
            or (_FROM.match(line) and _is_header_block(lines, index + 1, is_proven="@" in line))
            or ((_WROTE_HEAD.match(line) or "@" in line or line[0].isdigit()) and _is_attribution(lines, index))
        )
    )


def _is_attribution(lines: Sequence[str], index: int) -> bool:
    """``On <date> <somebody> wrote:``, also wrapped over several lines."""
    joined = ""
    for line in lines[index : index + _WRAPPED_LINES]:
        joined = f"{joined} {line}".strip()
        if len(joined) > _LONGEST_ATTRIBUTION:
            return False
        if joined.rstrip("*_ ").endswith(":"):
            is_dated = _WROTE_HEAD.match(joined) and _WRITTEN_AT.search(joined)
            return bool(((is_dated or "@" in joined) and _WROTE.search(joined)) or _SENDER.match(joined))
    return False


def _is_header_block(lines: Sequence[str], start: int, *, is_proven: bool) -> bool:
    """Whether mail headers follow; a "From" without an address and a "To" alone may as well be a firewall rule."""
    for line in lines[start : start + _HEADER_LINES]:
        header = _MAIL_HEADER.match(line.replace("*", "").strip())
        if header and (is_proven or header["proof"]):
            return True
        if line and not header:
            return False
    return False
