"""What a ticket system stores, read once as the plain lines that a person sees, and lines written as HTML. Pure.

An adapter makes each entry's text with it: ``to_lines`` of a page, ``plain`` of a text, ``to_text`` where a system says
not which of both it is. Nobody reads HTML behind that: what a technician wrote about a tag stays the words that it is.
"""

from __future__ import annotations

import html
import re

from connector.reading.markup.characters import visible
from connector.reading.markup.page import Page
from connector.reading.markup.tags import LINE_END, Tag, pieces_of

_MARKED = re.compile(r"^[ \t]*+>[^\n]*+", re.MULTILINE)
_ODD_END = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]|\r(?!\n)")
_NO_TAG = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_QUOTED = re.compile(r"<[a-z/!?][^<>]*>|^[ \t]*>.*", re.MULTILINE | re.IGNORECASE)
_IS_PAGE = re.compile(r"<(?:br|p|blockquote)\b[^<>]*>", re.IGNORECASE)
_ELEMENT = re.compile(r"<(/?)(div|li|ul|ol|table|tr|td|html|body|span|strong|pre|h[1-6])\b[^<>]*>", re.IGNORECASE)


def to_text(text: str) -> str:
    """The text as a person sees it: as a page where it really is HTML, else as the plain text that it is."""
    text = _with_whole_quotes(text)
    if "<" in text and _is_page(text):
        # No tag that somebody quoted ends the quote.
        text = _QUOTED.sub(lambda found: found[0] if found[0][0] == "<" else _NO_TAG.sub("<\u200b", found[0]), text)
        return to_lines(text, keeps_line_ends=True)
    return plain(text)


def _is_page(text: str) -> bool:
    """Whether a text has a break, a paragraph or a quote, or another element that is ended as well."""
    if _IS_PAGE.search(text):
        return True
    marks = {(slash, name.lower()) for slash, name in _ELEMENT.findall(text)}
    return any(("/", name) in marks for slash, name in marks if not slash)


def plain(text: str) -> str:
    """A text that is no HTML, as a person sees it: without characters that show nothing, turn the text around them or
    steer a terminal, its line ends one kind.
    """
    return visible(LINE_END.sub("\n", _with_whole_quotes(text))).replace("\u00a0", " ")


def _with_whole_quotes(text: str) -> str:
    """The text without line ends within a quoted line after which a program that quotes sets no new mark: what stands
    behind them is quoted as well.
    """
    odd = ">" in text and _ODD_END.search(text)
    return _MARKED.sub(lambda found: _ODD_END.sub(" ", found[0]), text) if odd else text


def to_html(lines: str) -> str:
    """Plain lines as the HTML of a note: escaped, with a break for each line end."""
    escaped = html.escape(lines.replace("\r\n", "\n").replace("\r", "\n"), quote=False)
    return escaped.replace("\n", "<br>")


def to_lines(markup: str, *, keeps_line_ends: bool = False, parts_paragraphs: bool = True) -> str:
    """The lines of a page, without blank ones at its ends and with one at most between two others.

    What only looks like a tag ("press <Enter>") is a word. ``keeps_line_ends``: for a text that may be no page as a
    whole, whose own line ends count beside its tags. ``parts_paragraphs``: False for an editor that makes a paragraph
    of each line, the blank ones too.
    """
    page = Page(keeps_line_ends, parts_paragraphs)
    for piece in pieces_of(markup, is_page=not keeps_line_ends):
        if isinstance(piece, Tag):
            page.tag(piece)
        else:
            page.write(piece)
    return plain(page.lines())
