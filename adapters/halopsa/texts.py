"""Notes between plain lines and the HTML that Halo keeps. Pure.

When a note was written as HTML, its plain ``note`` comes back without line breaks, so the HTML is what is read.
What was quoted or shown as code stays recognisable: quotes get ``>`` before each line, code its fences.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    ("address", "article", "aside", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "h1", "h2", "h3",
     "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "section", "table", "tbody", "tfoot", "thead",
     "tr", "ul")
)  # fmt: skip
_SILENT = frozenset(("script", "style", "head", "title", "template"))
_MANY_EMPTY = re.compile(r"\n{3,}")


def to_html(lines: str) -> str:
    """Plain lines as the HTML of a note: escaped, with a break for each line end."""
    escaped = html.escape(lines.replace("\r\n", "\n").replace("\r", "\n"), quote=False)
    return escaped.replace("\n", "<br>")


def to_lines(markup: str) -> str:
    """The plain lines of a note's HTML."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.lines()


class _Reader(HTMLParser):
    """Collects text; a block begins and ends a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[str] = []
        self._line: list[str] = []
        self._silent = 0
        self._quotes = 0
        self._fences = 0
        self._links: list[tuple[str, int]] = []

    def lines(self) -> str:
        """What was collected, without empty lines at its ends."""
        self._end_line()
        return _MANY_EMPTY.sub("\n\n", "\n".join(self._done)).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._end_line(even_empty=True)
        elif tag == "blockquote":
            self._end_line()
            self._quotes += 1
        elif tag in ("pre", "code"):
            self._begin_code(tag)
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._line)))
        elif tag in _BLOCKS:
            self._end_line()
        elif tag in ("td", "th") and self._line:
            self._line.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "blockquote":
            self._end_line()
            self._quotes = max(0, self._quotes - 1)
        elif tag in ("pre", "code"):
            self._end_code(tag)
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in _BLOCKS:
            self._end_line()

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._fences:
            first, *others = data.split("\n")
            self._line.append(first)
            for part in others:
                self._end_line(even_empty=True)
                self._line.append(part)
        else:
            self._line.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def _begin_code(self, tag: str) -> None:
        if tag == "code" and not self._fences:
            self._line.append("`")
        elif tag == "pre":
            self._end_line()
            self._put("```")
            self._fences += 1

    def _end_code(self, tag: str) -> None:
        if tag == "code" and not self._fences:
            self._line.append("`")
        elif tag == "pre" and self._fences:
            self._end_line()
            self._fences -= 1
            self._put("```")

    def _end_link(self, address: str, since: int) -> None:
        """A link is kept where its words do not say where it leads."""
        if address.startswith(("http://", "https://")) and address not in "".join(self._line[since:]):
            self._line.append(f" ({address})")

    def _end_line(self, *, even_empty: bool = False) -> None:
        line = "".join(self._line)
        line = line.rstrip() if self._fences else line.strip(" \t\r\n\f")
        self._line.clear()
        if line or even_empty:
            self._put(line)

    def _put(self, line: str) -> None:
        self._done.append("> " * self._quotes + line)
