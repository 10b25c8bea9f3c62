"""The lines of a page in the making. Pure.

What is quoted or shown as code stays recognisable: quotes get ``>`` before each line, code its fences or backticks,
lists their bullets, a row of a table is one line.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from connector.reading.mail.heads import head_at
from connector.reading.markup.characters import visible
from connector.reading.markup.tags import IS_BLOCK, LINE_END, Tag, unescaped

_IS_APART = re.compile("p|ul|ol|table|blockquote|h[1-6]").fullmatch
"""After these a person sees a gap."""

_ADDRESS = re.compile(r"\bhref\s*=\s*[\"']?(https?://[^\s\"'<>]+)", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_LINE_ENDS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_TYPED_INDENT = re.compile(r"(?:[ \u00a0]{2,40}|[ \u00a0]{0,40}\t[ \t\u00a0]{0,40})(?=\S)")
"""Blanks that somebody typed before the words of a line; those behind a line end of the source are its layout."""

_TICKS = re.compile("`+")
_OFFICE_BULLET = re.compile("[·o§•▪●○■\uf0b7\uf0a7]\u00a0[\u00a0 ]*")
"""A bullet as office programs write it."""

_STYLE = re.compile(r"""\bstyle\s*+=\s*+(?:"([^"]*+)|'([^']*+))""", re.IGNORECASE)
_OF_A_QUOTE = re.compile("cite|quot|reply|mail|yahoo|moz-|proton", re.IGNORECASE)
_NO_LINE = ("none", "0", "medium none", "initial")
_LONGEST_ATTRIBUTES = 1000
_BEGINS_MAIL = re.compile(
    r"""\bid\s*=\s*["']?(?:x_)*(?:divRplyFwdMsg|mail-editor-reference-message-container)"""
    r"""|\bclass\s*=\s*["']?[^"'>]{0,200}?(?:OutlookMessageHeader|ms-outlook-mobile-reference-message)""",
    re.IGNORECASE,
)
"""What mail programs put right before the mail that is answered: all from there on is quoted, in any language."""

_MOST_INDENTS = 5
_MOST_TYPED = 40
_LINES_ABOVE = 6


class _Line(NamedTuple):
    """A line of a page: how deep it is quoted, what stands before its words (blanks, a bullet), its words."""

    quotes: int
    lead: str
    words: str


class Page:
    """The lines of a page in the making."""

    def __init__(self, keeps_line_ends: bool, parts_paragraphs: bool) -> None:
        self._keeps_line_ends = keeps_line_ends
        self._parts_paragraphs = parts_paragraphs
        self._done: list[_Line] = []
        self._line: list[str] = []
        self._bullet = self._typed = ""
        self._gap: int | None = None
        self._lists = self._codes = self._fences = 0
        self._code_from = self._fenced_from = 0
        self._link_to, self._link_from = "", 0
        self._rows: list[list[int]] = []
        self._blocks: list[bool] = []
        self._indents = self._indented_from = self._below = 0

    def lines(self) -> str:
        """What was collected. Code that never ends is the words that it is."""
        self._end_line()
        if self._codes:
            self._unmark_code()
        while self._rows:
            self._table(is_end=True)
        if self._indents:
            self._end_indented()
        if self._fences:
            self._unmark_fence()
        return "\n".join(f"{_marks(line.quotes)}{line.lead}{line.words}".rstrip() for line in self._done)

    def write(self, text: str) -> None:
        """Words between two tags."""
        if not text:
            return
        text = visible(unescaped(text))
        if not (self._fences or self._keeps_line_ends):
            if self._done and not self._line and (typed := _TYPED_INDENT.match(text)):
                self._typed = " " * min(len(typed[0]), _MOST_TYPED)
            self._line.append(_BLANKS.sub(_blank, text))
        elif self._fences or self._line or not text.isspace() or "\u00a0" in text:
            first, *others = LINE_END.split(text)
            self._line.append(first)
            for part in others:
                self._end_line(even_empty=True)
                self._line.append(part)

    def tag(self, tag: Tag) -> None:
        """The beginning or the end of an element."""
        name, attributes, is_end = tag
        if name == "br":
            self._end_line(even_empty=True)
        elif IS_BLOCK(name):
            self._block(name, attributes, is_end=is_end)
        elif name == "code" and not self._fences:
            self._code(is_end=is_end)
        elif name == "a":
            self._link(attributes, is_end=is_end)
        elif name in ("td", "th") and not is_end:
            self._cell()

    def _block(self, name: str, attributes: str, *, is_end: bool) -> None:
        step = -1 if is_end else 1
        self._end_line()
        match name:
            case "blockquote":
                self._end_quote() if is_end else self._quote(attributes)
            case "ul" | "ol":
                self._lists = max(0, self._lists + step)
            case "li":
                self._bullet = "" if is_end else "- "
            case "pre":
                self._fence(is_end=is_end)
            case "table":
                self._table(is_end=is_end)
            case "tr":
                self._end_row()
            case "div" if _BEGINS_MAIL.search(attributes):
                self._below = 1
        if is_end and _IS_APART(name) and (self._parts_paragraphs or name != "p") and not self._goes_on:
            self._leave_gap()

    @property
    def _goes_on(self) -> bool:
        """Whether what stands below belongs to it: a list is one thing, and so is a heading with what it announces."""
        return self._lists > 0 or (bool(self._done) and self._done[-1].words.endswith(":"))

    @property
    def _quotes(self) -> int:
        """How deep what stands here is quoted."""
        return len(self._blocks) - self._indents + self._below

    def _quote(self, attributes: str) -> None:
        is_quote = not _is_layout(attributes)
        self._blocks.append(is_quote)
        if not is_quote:
            self._indented_from = self._indented_from if self._indents else len(self._done)
            self._indents += 1

    def _end_quote(self) -> None:
        if self._blocks and not self._blocks.pop():
            self._indents -= 1
            if not self._indents:
                self._end_indented()

    def _end_indented(self) -> None:
        """An indented block with the head of a mail in it or right above is a quote."""
        before = min(self._indented_from, _LINES_ABOVE)
        start = self._indented_from - before
        words = [line.words.replace("\u00a0", " ") for line in self._done[start:]]
        heads = ((index, head_at(words, index)) for index in range(len(words)))
        if any(head and (index >= before or not any(words[head.end : before])) for index, head in heads):
            for index in range(self._indented_from, len(self._done)):
                self._done[index] = self._done[index]._replace(quotes=self._done[index].quotes + 1)

    def _fence(self, *, is_end: bool) -> None:
        if is_end and self._fences == 1:
            self._end_fence()
        elif not is_end and not self._fences:
            if self._codes:
                self._unmark_code()
            self._bullet = ""
            self._put("```")
            self._fenced_from = len(self._done) - 1
        self._fences = max(0, self._fences + (-1 if is_end else 1))

    def _end_fence(self) -> None:
        """Make the fences longer than any that stands in the code."""
        code = self._done[self._fenced_from + 1 :]
        longest = max((len(ticks) for line in code for ticks in _TICKS.findall(line.words)), default=0)
        fence = self._done[self._fenced_from]._replace(words="`" * max(3, longest + 1))
        self._done[self._fenced_from] = fence
        self._done.append(fence)
        self._gap = None

    def _unmark_fence(self) -> None:
        """Take the mark of code that never ends away; of blank lines around it, one is left, and none at either end."""
        before, after = self._done[: self._fenced_from], self._done[self._fenced_from + 1 :]
        if before and not before[-1].words and not (after and after[0].words):
            before.pop()
        if after and not after[0].words and not before:
            del after[0]
        self._done = [*before, *after]

    def _code(self, *, is_end: bool) -> None:
        """Code within a line; each further line of it gets its own marks. One that begins anew had no end."""
        if not is_end and self._codes and self._code_from < len(self._done):
            self._unmark_code()
        if is_end and self._codes == 1 and self._line == ["`"]:
            self._line.clear()
        elif self._codes == (1 if is_end else 0):
            self._line.append("`")
            self._code_from = len(self._done)
        self._codes = max(0, self._codes + (-1 if is_end else 1))

    def _unmark_code(self) -> None:
        """Take the marks of code from all lines but the first of it."""
        for index in range(self._code_from + 1, len(self._done)):
            self._done[index] = self._done[index]._replace(words=self._done[index].words[1:-1])
        del self._line[0]
        self._codes = 0

    def _link(self, attributes: str, *, is_end: bool) -> None:
        """Where a link leads is kept unless its words say so."""
        if not is_end:
            address = _ADDRESS.search(attributes)
            self._link_to, self._link_from = visible(unescaped(address[1])) if address else "", len(self._line)
        elif self._link_to:
            if self._link_to not in "".join(self._line[self._link_from :]):
                self._line.append(f" ({self._link_to})")
            self._link_to = ""

    def _table(self, *, is_end: bool) -> None:
        if not is_end:
            self._rows.append([])
        elif self._rows:
            self._end_row()
            self._rows.pop()

    def _cell(self) -> None:
        self._end_line()
        if not self._rows:
            self._rows.append([])
        if self._rows[-1]:
            self._gap = None
        self._rows[-1].append(len(self._done))

    def _end_row(self) -> None:
        """Put the cells of a row into one line, where each is a line at most: else the table is there for layout."""
        cells = self._rows[-1] if self._rows else []
        if cells and cells[0] < len(self._done) and not self._done[cells[0]].words:
            cells[0] += 1
        row = self._done[cells[0] :] if cells and len(self._done) - cells[0] <= len(cells) else []
        is_row = len(row) > 1 and all(map(_is_plain, row)) and len({line.quotes for line in row}) == 1
        if is_row and all(end - start <= 1 for start, end in pairwise([*cells, len(self._done)])):
            words = "".join(f"{line.words}{' ' if line.words.endswith(':') else ' | '}" for line in row[:-1])
            self._done[cells[0] :] = [row[0]._replace(words=words + row[-1].words)]
            self._indented_from = min(self._indented_from, cells[0])
        if cells:
            self._rows[-1] = []
            self._gap = None

    def _end_line(self, *, even_empty: bool = False) -> None:
        words = "".join(self._line) + ("`" if self._codes else "")
        self._line = ["`"] if self._codes else []
        bare = words.rstrip() if self._fences else words.strip()
        if bare and not (self._codes and not bare[1:-1].strip()):
            self._put(bare)
        elif even_empty or "\u00a0" in words:
            self._leave_gap()

    def _put(self, words: str) -> None:
        if self._gap is not None and self._done:
            self._done.append(_Line(min(self._gap, self._quotes), "", ""))
        if not self._fences and (bullet := _OFFICE_BULLET.match(words)):
            words, self._bullet = words[bullet.end() :], "- "
        depth = self._indents + self._lists - (1 if self._bullet and self._lists else 0)
        lead = "" if self._fences or words == "```" else "  " * min(depth, _MOST_INDENTS) + self._typed + self._bullet
        self._done.append(_Line(self._quotes, lead, words))
        self._gap, self._bullet, self._typed = None, "", ""

    def _leave_gap(self) -> None:
        """A blank line before the next one; several are one, and it is quoted if all around it is."""
        self._gap = self._quotes if self._gap is None else min(self._gap, self._quotes)


def _blank(found: re.Match[str]) -> str:
    """Blanks as they are typed, in columns too; where a line of the source ends in them, one."""
    return " " if _LINE_ENDS.search(found[0]) else found[0]


def _is_plain(line: _Line) -> bool:
    return not line.lead.endswith("- ") and not line.words.startswith("```")


def _is_layout(attributes: str) -> bool:
    """Whether a block quote is an editor's indentation: a margin, no line beside it and no other sign of a quote."""
    style = _STYLE.search(attributes) if len(attributes) <= _LONGEST_ATTRIBUTES else None
    if not style or _OF_A_QUOTE.search(attributes.replace("&quot;", "")):
        return False
    rules = [rule.partition(":") for rule in (style[1] or style[2] or "").lower().split(";")]
    values = {name.strip(): value.strip() for name, _, value in rules}
    has_line = any(name.startswith("border") and not value.startswith(_NO_LINE) for name, value in values.items())
    margins = [value for name, value in values.items() if name.startswith("margin")]
    return bool(margins) and not has_line and not any("ex" in margin for margin in margins)


def _marks(quotes: int) -> str:
    """One mark, however deep: a mark for each quote would make few words into many."""
    return "> " if quotes else ""
