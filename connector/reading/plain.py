"""Text from ticket systems made plain. Pure.

``to_text`` turns what a system stores (HTML, entities, invisible characters) into the lines a person sees, in time in
proportion to the text's length, whatever the text.
"""

from __future__ import annotations

import html
import re

_IS_BLOCK = re.compile(r"p|div|ul|ol|li|table|tr|blockquote|pre|hr|body|h[1-6]").fullmatch
_IS_SPACED = re.compile(r"p|ul|ol|table|blockquote|h[1-6]").fullmatch
_IS_INLINE = re.compile(
    r"br|span|font|b|strong|i|em|u|a|img|td|th|tbody|thead|code|html|small|sub|sup|meta|link|center|label"
).fullmatch
_HIDDEN = frozenset({"script", "style", "head", "title"})
_IS_HTML = re.compile(
    r"<(?:br|p|div|li|ul|ol|table|tr|td|blockquote|html|body|span|strong|pre|h[1-6])\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<!--|-->|<(/?)([a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)

NEVER_SEEN = r"\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""Characters, for a class of a regular expression, that show nothing or turn the text around them."""

_INVISIBLE = re.compile(f"[{NEVER_SEEN}]")


def to_text(text: str) -> str:
    """The text as a person sees it: tags gone where it really is HTML, entities and invisible characters resolved.

    Block quotes become lines that start with ``>``, preformatted text becomes fenced code, code stands in backticks.
    """
    if "<" in text and _IS_HTML.search(text):
        text = _without_tags(text)
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return text if text.isascii() else _INVISIBLE.sub("", text).replace("\u00a0", " ")


def _without_tags(text: str) -> str:
    page = _Page()
    position = 0
    for tag in _TAG.finditer(text):
        name = (tag[2] or "").lower()
        if name and not (_IS_BLOCK(name) or _IS_INLINE(name) or name in _HIDDEN):
            continue  # "press <Enter>" is no markup
        page.write(text[position : tag.start()])
        position = tag.end()
        page.tag(tag[0], name, is_end=bool(tag[1]))
    page.write(text[position:])
    return "".join(page.pieces)


class _Page:
    """The text of a page in the making."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.quotes = 0
        self.codes = 0
        self.hidden_by = ""
        self.is_fresh = True

    @property
    def line_break(self) -> str:
        return f"\n{'> ' if self.quotes else ''}{'`' if self.codes else ''}"

    def write(self, text: str) -> None:
        if self.hidden_by or not text:
            return
        self.pieces.append(text.replace("\n", self.line_break))
        if text.strip():
            self.is_fresh = False

    def tag(self, markup: str, name: str, *, is_end: bool) -> None:
        if self.hidden_by:
            if markup == self.hidden_by or (is_end and name == self.hidden_by):
                self.hidden_by = ""
        elif markup == "<!--":
            self.hidden_by = "-->"
        elif name in _HIDDEN and not is_end:
            self.hidden_by = name
        elif name == "br":
            self.new_line()
        elif name == "code":
            self.code(is_end=is_end)
        elif _IS_BLOCK(name):
            self.block(name, is_end=is_end)

    def block(self, name: str, *, is_end: bool) -> None:
        if name == "blockquote":
            self.quotes = max(0, self.quotes + (-1 if is_end else 1))
        if not self.is_fresh or name == "blockquote":
            self.new_line()
        if is_end and _IS_SPACED(name):
            self.new_line()
        if name == "pre":
            self.pieces.append(f"```{self.line_break}")
        elif name == "li" and not is_end:
            self.pieces.append("- ")

    def code(self, *, is_end: bool) -> None:
        if self.codes or not is_end:
            self.pieces.append("`")
            self.is_fresh = False
        self.codes = max(0, self.codes + (-1 if is_end else 1))

    def new_line(self) -> None:
        self.pieces.append(self.line_break)
        self.is_fresh = True
