"""How found and expected values, and problems with them, are shown in messages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from typing import NamedTuple

_SHOWN = 60
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

NOTE_SECTIONS = (
    "Issue",
    "Reason for escalation",
    "Steps attempted",
    "Error codes",
    "Research",
    "Internal discussions",
    "Missing permissions",
    "Next steps",
    "Client",
)
"""The headings of an escalation note, always all of them and in this order, each alone on a line."""

Path = tuple[str | int, ...]
"""Where in a document something stands: keys of objects, indices of lists."""


class Problem(NamedTuple):
    """Something wrong in a document: where, what (the end of a sentence), and an example of what may stand there.

    ``is_complete``: the message says itself what is expected there.
    """

    path: Path
    message: str
    example: str = ""
    is_complete: bool = False

    def __str__(self) -> str:
        example = f"; for example {self.example}" if self.example else ""
        return f"{shown(self.path)}: {self.message}{example}"


def storable(text: str) -> str:
    """A text as every database and every encoder takes it: half an emoji and NUL are replaced by the sign for that. No
    blank takes their place: in a name, or in a tag, it would part what was one.
    """
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def in_utc(moment: datetime) -> str:
    """A moment for people whose zone is not known, to the second."""
    return f"{moment:%a %d %b %H:%M:%S} UTC"


def shown(path: Path) -> str:
    """A path as people write it: ``tiers[1].fix_minutes``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the document"


def clipped(value: object) -> str:
    """A value as it may be quoted in a message: not longer than 60 characters."""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."


def near(name: str, known: Iterable[str], most: int = 3, alike: float = 0.5) -> list[str]:
    """The known names that are most like it, as they are written there, the nearest first. Case does not matter.

    ``alike``: how alike the two must be (``difflib``'s ratio, from 0 to 1).
    """
    by_folded = {candidate.casefold(): candidate for candidate in known}
    return [by_folded[hit] for hit in get_close_matches(name.casefold(), by_folded, most, alike)]


def nearest(name: str, known: Iterable[str], alike: float = 0.6) -> str:
    """The nearest of the known names, else nothing; see ``near``."""
    return next(iter(near(name, known, 1, alike)), "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the nearest of the known names, else nothing."""
    found = nearest(name, known)
    return f"; did you mean {found!r}?" if found else ""
