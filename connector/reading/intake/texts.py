"""What somebody wrote, bounded and harmless before anything reads it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from connector.reading.html import plain
from connector.reading.own_words import end_of_markup
from connector.wording import storable

MOST_OF_AN_ENTRY = 64 * 1024
"""So much is read of an entry, from its beginning, in bytes of UTF-8: some ten times a long mail with its history."""

MOST_OF_A_SOURCE = 256 * 1024
"""So much is read, in characters, of what becomes an entry's words: a mail program's HTML is about 4 times as long."""

_PICTURE = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]{1000,}+")
"""A picture within a page, which is a megabyte of letters before the next word. A word takes its place: where something
is taken away, what stood around it could become a tag.
"""

_CLOSES = "\"'>-->" + "".join(f"</{name}>" for name in ("style", "script", "template", "title", "head", "pre", "code"))
"""Ends whatever is open where a page is cut: else what was hidden or shown as code would become its author's words."""

_STRAY = re.compile(r"[\"'>-]{1,6}\Z")
"""What is left of that where nothing was open."""

_DEEPER = re.compile(r"^([ \t]{0,40}>)(?:[ \t]{0,40}>)+(?=[ \t]*+[^\s>])(?!.*>>[ \t]*$)", re.MULTILINE)
"""The marks of what is quoted in a quote: one says as much. A line that ends in such marks is the head of a mail."""


class Text(NamedTuple):
    """What was written, as plain lines. ``unread``: how many characters at its end are left out, about.

    ``is_source``: it is HTML that could not be read as such, and stands here as it was written.
    """

    words: str
    unread: int = 0
    is_source: bool = False


NOTHING = Text("")
UNREADABLE = Text("(what was written here is too large to be read)")
"""Stands for what is larger than any answer may be: what a client wrote must not keep the ticket from being read."""


def taken_in(source: str, read: Callable[[str], str]) -> Text:
    """What was written, made plain with ``read`` and bounded; never raises for anything that may have been written."""
    source = storable(source)
    if "base64," in source:
        source = _PICTURE.sub("picture", source)
    unread, is_source = max(0, len(source) - MOST_OF_A_SOURCE), False
    if unread:
        source = source[:MOST_OF_A_SOURCE] + _CLOSES
    try:
        words = read(source)
    except (ValueError, LookupError, TypeError, AssertionError, RecursionError, ArithmeticError):
        # A reader that fails must not keep the ticket from being read: else it would be out of everybody's sight.
        words, is_source = plain(source), True
    if unread:
        words = _STRAY.sub("", words.removesuffix(_CLOSES))
    words = _DEEPER.sub(r"\1", words) if ">" in words else words
    return bounded(Text(words, unread, is_source))


def bounded(text: Text) -> Text:
    """The beginning of a text, up to ``MOST_OF_AN_ENTRY``."""
    if len(text.words) * 4 <= MOST_OF_AN_ENTRY:
        return text
    written = text.words.encode()
    if len(written) <= MOST_OF_AN_ENTRY:
        return text
    words = written[:MOST_OF_AN_ENTRY].decode(errors="ignore")
    return text._replace(words=words + end_of_markup(words), unread=text.unread + len(text.words) - len(words))
