"""Lists and wrapped lines: which lines are items, what they say without their bullets, which only go on. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

_SIGNS = "-*•·‣◦–—+▪▫●○■□►▸➢➤→⇒➔"
"""Bullets, which go with the list."""

_TICKS = "✓✔✗✘✅❌☑☐☒⚠"
"""Bullets that say something: they stay before the words."""

_ITEM = re.compile(
    rf"[{_SIGNS}][\s\ufe0f]|[{_TICKS}]|(?:\d{{1,2}}[.)]|[a-h]\)|\(\d{{1,2}}\))\s|o(?:\t|\s{{2}})|\[[ xX]\]\s"
)
_BULLETS = re.compile(rf"^(?:[{_SIGNS}]{{1,9}}[\s\ufe0f]{{1,99}}){{1,9}}")
_NUMBER = re.compile(r"^(?:(?:\d{1,2}[.)]|[a-h]\)|\(\d{1,2}\)|o)\s+|\[[ xX]\]\s+)")
_O_BULLET = re.compile(r"o\s(?=\S)")
_RULE = re.compile(r"\s*(?:[-=_*~#+.·─━═—–]\s?){2,200}\s*")
_BOLD = re.compile(r"\*\*[^*]+\*\*|__[^_]+__")
_LEAST_WRAPPED = 50
_OPEN_END = re.compile(
    r"(?:,|\b(?:a|an|the|and|or|of|to|in|on|at|by|for|from|with|that|which|is|was|der|die|das|den|dem|ein|eine|und"
    r"|oder|mit|von|zu|auf|für|le|la|les|un|une|de|du|des|et|ou|à|dans|pour|avec|el|los|las|una|del|y|en|con|para|por"
    r"|het|een|van|voor|met|op|te))$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"(?:and|or|but|und|oder|aber|et|ou|mais|y|o|pero|en|of|maar)\s")
_NEAR_ITS_START = 40


def indent_of(line: str) -> int:
    """How far a line stands from the margin."""
    return len(line) - len(line.lstrip())


def is_list_item(line: str) -> bool:
    """Whether a line is an item of a list, by its bullet, number, tick or picture."""
    bare = line.lstrip()
    return bool(_ITEM.match(bare)) or (bool(bare) and unicodedata.category(bare[0]) == "So")


def without_bullet(line: str) -> str:
    """A list item without its bullet or number; ticks and pictures are its writer's words."""
    bare = line.strip()
    if _ITEM.match(bare):
        bare = _NUMBER.sub("", _BULLETS.sub("", bare, count=1), count=1)
    return bare[2:-2].strip() if _BOLD.fullmatch(bare) else bare


def is_rule(line: str) -> bool:
    """Whether a line only parts what is above it from what is below."""
    return bool(_RULE.fullmatch(line))


def with_plain_bullets(lines: Sequence[str]) -> list[str]:
    """Lines with a dash for the bullet that word processors make an ``o`` of: beside another item it is no word."""
    plain = list(lines)
    for index, line in enumerate(plain):
        bare = line.lstrip()
        if _O_BULLET.match(bare):
            before = plain[index - 1] if index else ""
            below = plain[index + 1].lstrip() if index + 1 < len(plain) else ""
            if is_list_item(before) or is_list_item(below) or _O_BULLET.match(below):
                plain[index] = f"{line[: indent_of(line)]}- {bare[2:]}"
    return plain


def unwrapped(lines: Sequence[str], begins: Callable[[str], bool]) -> Iterator[str]:
    """Lines that a mail program or a keyboard has wrapped, put together again; ``begins``: what begins something."""
    held, last = list[str](), ""
    for line in lines:
        if held and _is_more(line, begins) and _goes_on(held[0], last, line, leads=begins(held[0])):
            held.append(line.strip())
        else:
            if held:
                yield " ".join(held)
            held = [line]
        last = line
    if held:
        yield " ".join(held)


def _is_more(line: str, begins: Callable[[str], bool]) -> bool:
    return bool(line.strip()) and not (is_list_item(line) or is_rule(line) or begins(line))


def _goes_on(first: str, last: str, line: str, *, leads: bool) -> bool:
    """Whether a line goes on with what the one above it says; ``leads``: the first one is a heading."""
    said, more = last.strip(), line.strip()
    if not said or said[-1] in ".!?:;" or ":" in more[:_NEAR_ITS_START]:
        return False
    is_open, is_long = bool(_OPEN_END.search(said[-12:])), len(said) >= _LEAST_WRAPPED
    hangs = indent_of(line) - indent_of(first)
    if leads and not hangs and _JOINED.match(more):
        return True
    if hangs > 0 and (leads or is_list_item(first)):
        return is_open or is_long
    starts = next(filter(str.isalpha, first), "")
    return is_long and not hangs and (is_open or (more[0].islower() and starts.isupper()))
