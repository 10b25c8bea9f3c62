"""How the connector's notes speak: times, lengths, names and other people's words, made harmless. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.model import Reason, StatusGroup
from connector.reading.markup.characters import CONTROL, NEVER_SEEN
from connector.wording import WEEKDAYS

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAME_WIDTH = 80
_TEXT_WIDTH = 500
_LONGEST = 20_000
_MINUTE = 60
_COUNTED = 120
"""From this width on there is room for the count of the words that were cut off."""


MEANINGS = {
    StatusGroup.NEW: "new",
    StatusGroup.WORKING: "work in progress",
    StatusGroup.PLANNED: "plan made",
    StatusGroup.WAITING: "waiting",
    StatusGroup.RESOLVED: "resolved",
    StatusGroup.CLOSED: "closed",
    StatusGroup.UNKNOWN: "unknown",
}
"""What the groups of statuses are called where people read of them."""


@dataclass(frozen=True, slots=True)
class Times:
    """Moments as people read them in one zone, with the date only where it is not today's."""

    zone: ZoneInfo
    now: datetime

    @property
    def zone_text(self) -> str:
        """``EST (America/New_York)``."""
        short = self.now.astimezone(self.zone).tzname() or ""
        return short if short == self.zone.key else f"{short} ({self.zone.key})"

    @property
    def day(self) -> str:
        """``Thu 15 Jan``."""
        local = self.now.astimezone(self.zone)
        return f"{WEEKDAYS[local.weekday()][:3].capitalize()} {local.day} {_MONTHS[local.month - 1]}"

    def short(self, at: datetime) -> str:
        """``09:05``, or ``14 Jan 09:05`` on another day, with the year in another year."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        time = f"{local.hour:02}:{local.minute:02}"
        if local.date() == today.date():
            return time
        year = "" if local.year == today.year else f" {local.year}"
        return f"{local.day} {_MONTHS[local.month - 1]}{year} {time}"

    def dated(self, at: datetime) -> str:
        """``Thu 15 Jan 09:05``."""
        local = at.astimezone(self.zone)
        day = WEEKDAYS[local.weekday()][:3].capitalize()
        return f"{day} {local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"

    def full(self, at: datetime) -> str:
        """``Thu 15 Jan 09:05 EST``."""
        return f"{self.dated(at)} {at.astimezone(self.zone).tzname()}"


def quoted(text: str, width: int = _TEXT_WIDTH) -> str:
    """Somebody's words, in one harmless line of at most ``width`` characters."""
    return clip(harmless(clip(text, 4 * width)), width)


def in_full(text: str) -> str:
    """Somebody's words, all of them, in one harmless line; of a book the beginning."""
    return cut(harmless(cut(text, 2 * _LONGEST)), _LONGEST)


def name_of(text: str) -> str:
    """A name, in one harmless line."""
    return clip(harmless(clip(text, 4 * _NAME_WIDTH)), _NAME_WIDTH) or "unknown"


def outsider(text: str) -> str:
    """The name of somebody who is not known to be of the desk: in quotes where it could pass for more than a name."""
    name = name_of(text)
    is_short = name.count(" ") < _MOST_WORDS
    return name if is_short and _IS_NAME(name) and not _SAYS_MORE(name) else f"“{inside(name)}”"


def inside(words: str) -> str:
    """Words that stand between our own quotation marks, which they cannot end."""
    return words.translate(_IN_QUOTES)


def reasons_text(reasons: Iterable[Reason]) -> str:
    """``Time & Knowledge``."""
    return " & ".join(reason.value for reason in reasons)


def kinds_text(reasons: Iterable[Reason]) -> str:
    """``knowledge and permission``."""
    return joined([reason.value.lower() for reason in reasons])


def joined(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), *words[-1:]] if len(words) > 1 else words)


def minutes_text(count: float, kind: str = "working ") -> str:
    """``30 working minutes``, ``1 working minute``; less than one in seconds: ``20 working seconds``."""
    if 0 < count < 1 and (seconds := math.ceil(count * _MINUTE)) < _MINUTE:
        return f"{seconds} {kind}second{'' if seconds == 1 else 's'}"
    shown = number(count)
    return f"{shown} {kind}minute{'' if shown == '1' else 's'}"


def used_text(used: float, limit: float) -> str:
    """``24 of 30 working minutes``; whole minutes where the limit is whole."""
    if 0 < used < 1:
        return f"{minutes_text(used, '')} of {minutes_text(limit)}"
    return f"{number(used if limit % 1 else math.floor(used + 0.05))} of {minutes_text(limit)}"


def number(count: float) -> str:
    """A number with at most one decimal, and none where it is whole."""
    return f"{round(count, 1):.10g}"


# --- other people's words made harmless -----------------------------------------------------------------------

_UNPRINTABLE = re.compile(rf"[{NEVER_SEEN}{CONTROL}\ud800-\udfff]")
_LINE_START = re.compile(r"[ \t]*(?:[#>*+•·-][#>*+•·\- \t]*[ \t]|[#>]+)?[ \t]*")
_COMMAND = re.compile(r"(/[a-z]\w*)(?![\w/.])", re.IGNORECASE)
_STARS = re.compile(r"\*{2,}|~{2,}")
_BOLD_HEADING = re.compile(r"(?<!_)_{2,}([^_]{1,60}:[ ]?)_{2,}")
_LINK = re.compile(r"\](?=[(\[:])")
_ELEMENT = re.compile(r"<([a-z/!?][^<>]*)>", re.IGNORECASE)
_OPEN_ELEMENT = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_MARKER = re.compile(r"(?<![a-z0-9])(esc)-", re.IGNORECASE)
_IS_PLAIN = re.compile(r"[A-Za-z0-9À-žƀ-ɏ][A-Za-z0-9À-žƀ-ɏ ,.:;()'\"‘’“”?!%=+/&@#>$€–—…-]*").fullmatch
"""What most names and many sentences are: there is nothing in them to be made harmless, but for a marker."""


_IN_QUOTES = str.maketrans('“”„‟〝〞〟❝❞＂"″', "‘’‚‘‘’‚‘’''′")
_IS_NAME = re.compile(r"[\w .,'’&@+/-]*").fullmatch
_SAYS_MORE = re.compile(r"\w{4,}\.\s|\d\d\.\d\d").search
"""What no name needs: a sentence that ends, a time of day; and above, brackets, in which we say who somebody is."""

_MOST_WORDS = 6


def harmless(text: str) -> str:
    """One line with the words of ``text``, in which nothing works as markup, command, heading or marker."""
    if _IS_PLAIN(text) and "esc-" not in text.lower():
        return " ".join(text.split())
    lines = _UNPRINTABLE.sub("", text).splitlines()
    text = " ".join(_harmless_start(line) for line in lines)
    text = _STARS.sub("", text).replace("`", "'")
    text = _BOLD_HEADING.sub(r"\1", text)
    text = _LINK.sub("] ", text)
    text = _OPEN_ELEMENT.sub("‹", _ELEMENT.sub(r"‹\1›", text))
    text = _MARKER.sub(r"\1 ", text)
    return " ".join(text.split())


def _harmless_start(line: str) -> str:
    line = _LINE_START.sub("", line, count=1)
    command = _COMMAND.match(line)
    return f"'{command[1]}'{line[command.end() :]}" if command else line


def cut(text: str, width: int) -> str:
    """The text in at most ``width`` (>= 1) characters, with the count of the words that were cut off."""
    if len(text) <= width or width < _COUNTED:
        return clip(text, width)
    kept = clip(text, width - len(f" ({len(text)} words left out)"))
    return f"{kept} ({len(text[len(kept) - 1 :].split())} words left out)"


def clip(text: str, width: int) -> str:
    """The text in at most ``width`` (>= 1) characters; what was cut off at the end shows as an ellipsis."""
    if len(text) <= width:
        return text
    kept = text[: width - 1]
    blank = kept.rfind(" ")
    if blank > width * 2 // 3:
        kept = kept[:blank]
    return kept.rstrip(" ,;:.-") + "…"
