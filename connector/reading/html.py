"""What a ticket system stores, read once as the plain lines that a person sees, and lines written as HTML. Pure.

An adapter makes each entry's text with it: ``to_lines`` of a page, ``plain`` of a text, ``to_text`` where a system says
not which of both it is. Nobody reads HTML behind that: what a technician wrote about a tag stays the words that it is.

What is quoted or shown as code stays recognisable: quotes get ``>`` before each line, code its fences or backticks.
Tags are found by a pattern instead of the standard library's parser: that takes a minute for 60 KB of ``<a``, raises
on ``<![x``, and reads differently from one release to the next. This takes time in proportion to the text's length
and reads any text.
"""

from __future__ import annotations

import html
import re

_HIDDEN = ("script", "style", "head", "title", "template")
_IS_BLOCK = re.compile(
    "address|article|aside|blockquote|body|caption|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form"
    "|h[1-6]|header|hr|html|li|main|nav|ol|p|pre|section|summary|table|tbody|tfoot|thead|tr|ul"
).fullmatch
_IS_APART = re.compile("p|ul|ol|table|blockquote|h[1-6]").fullmatch
"""After these a person sees a gap."""

_IS_INLINE = re.compile(
    "a|abbr|acronym|b|base|bdi|bdo|big|br|button|cite|code|col|colgroup|del|dfn|em|font|i|iframe|img|input|ins|kbd"
    "|label|link|mark|meta|nobr|noscript|q|s|samp|small|span|strike|strong|sub|sup|svg|td|th|time|tt|u|var|wbr"
).fullmatch
_ATTRIBUTES = r"""(?:[\s/]++|(?:(?<=[\s/])=|[^\s/>=!])[^\s/>=!]*+
    (?:\s*+=\s*+(?:"[^"]*"|'[^']*'|[^\s"'>!][^\s>!]*+|(?=>)))?+)*+"""
"""What stands in a tag behind its name, as browsers take it apart; the exclamation mark stands for what is left out."""

_TAG = re.compile(
    rf"""<!--|<[!?]\[?[a-z][^>]*>
    |<(/?)([a-z]\w{{0,2}}:)?([a-z][^\s/<>]*+)({_ATTRIBUTES.replace("!", "<")})>
    |<(/?)blockquote(?=[\s/]){_ATTRIBUTES.replace("!", "")}>
    |(</?[a-z][^\s/>]*+{_ATTRIBUTES.replace("!", "")}>|<[!?/](?![a-z])[^>]*>)
    |(</?[a-z])""",
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
"""A tag as browsers see one: no bracket in a quoted value is of a tag. Then a quote's, however odd. Then what browsers
take for one tag and people do not: its words are words, nothing in it is a tag. Last, a tag that never ends."""

_NO_TAG = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_QUOTED = re.compile(r"<[a-z/!?][^<>]*>|^[ \t]*>.*", re.MULTILINE | re.IGNORECASE)
_ENDS = {name: re.compile(rf"</{name}\b[^<>]*>", re.IGNORECASE) for name in _HIDDEN} | {"<!--": re.compile("--!?>")}
_ADDRESS = re.compile(r"\bhref\s*=\s*[\"']?(https?://[^\s\"'<>]+)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n?|[\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile(r"[ \t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_TICKS = re.compile("`+")
_IS_HTML = re.compile(
    r"<(?:br|p|div|li|ul|ol|table|tr|td|blockquote|html|body|span|strong|pre|h[1-6])\b[^<>]*>", re.IGNORECASE
)
_MOST_QUOTES = 5
"""Deeper quotes look like these: a mark for each would make few words into many."""

NEVER_SEEN = r"\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""Characters, for a class of a regular expression, that show nothing or turn the text around them."""

_INVISIBLE = re.compile(f"[{NEVER_SEEN}]")


def to_text(text: str) -> str:
    """The text as a person sees it: as a page where it really is HTML, else as the plain text that it is."""
    if "<" in text and _IS_HTML.search(text):
        # No tag that somebody quoted ends the quote.
        text = _QUOTED.sub(lambda found: found[0] if found[0][0] == "<" else _NO_TAG.sub("<\u200b", found[0]), text)
        return to_lines(text, keeps_line_ends=True)
    return plain(text)


def plain(text: str) -> str:
    """A text that is no HTML, as a person sees it: without characters that show nothing, its line ends one kind."""
    text = _LINE_END.sub("\n", text)
    return text if text.isascii() else _INVISIBLE.sub("", text).replace("\u00a0", " ")


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
    page = _Page(keeps_line_ends, parts_paragraphs)
    read = position = 0
    last = markup.rfind(">") + 1
    while tag := _TAG.search(markup, position, last):
        if tag[7]:
            break
        position = tag.end()
        name = "blockquote" if tag[5] is not None else (tag[3] or "").lower()
        if tag[6] or (name and not tag[2] and not (_IS_BLOCK(name) or _IS_INLINE(name) or name in _HIDDEN)):
            continue
        page.write(markup[read : tag.start()])
        hidden = tag[0] if tag[0] == "<!--" else name if name in _HIDDEN and not tag[1] else ""
        if hidden:
            end = _ENDS[hidden].search(markup, tag.start() + 2 if tag[0] == "<!--" else position)  # <!--> is one
            position = end.end() if end else len(markup)
        elif not tag[2]:
            page.tag(name, tag[4] or "", is_end=bool(tag[1] or tag[5]))
        read = position
    page.write(markup[read:])
    return plain(page.lines())


def unescaped(text: str) -> str:
    """The text with its entities resolved, to a blank where they stand for a line's end; what has no end stays."""
    return _ENTITY.sub(lambda entity: _LINE_END.sub(" ", html.unescape(entity[0])), text) if "&" in text else text


class _Page:
    """The lines of a page in the making."""

    def __init__(self, keeps_line_ends: bool, parts_paragraphs: bool) -> None:
        self._keeps_line_ends = keeps_line_ends
        self._parts_paragraphs = parts_paragraphs
        self._done: list[str] = []
        self._line: list[str] = []
        self._bullet = ""
        self._gap: int | None = None
        self._quotes = self._lists = self._codes = self._fences = 0
        self._fenced_from = 0
        self._link_to, self._link_from = "", 0

    def lines(self) -> str:
        """What was collected."""
        self._end_line()
        if self._fences:
            self._end_fence()
        return "\n".join(self._done)

    def write(self, text: str) -> None:
        """Words between two tags."""
        if not text:
            return
        text = unescaped(text)
        if not (self._fences or self._keeps_line_ends):
            self._line.append(_BLANKS.sub(" ", text))
        elif self._fences or self._line or not text.isspace() or "\u00a0" in text:
            first, *others = _LINE_END.split(text)
            self._line.append(first)
            for part in others:
                self._end_line(even_empty=True)
                self._line.append(part)

    def tag(self, name: str, attributes: str, *, is_end: bool) -> None:
        """The beginning or the end of an element."""
        if name == "br":
            self._end_line(even_empty=True)
        elif _IS_BLOCK(name):
            self._block(name, is_end=is_end)
        elif name == "code" and not self._fences:
            self._code(is_end=is_end)
        elif name == "a":
            self._link(attributes, is_end=is_end)
        elif name in ("td", "th") and not is_end and self._line:
            self._line.append(" ")

    def _block(self, name: str, *, is_end: bool) -> None:
        step = -1 if is_end else 1
        self._end_line()
        match name:
            case "blockquote":
                self._quotes = max(0, self._quotes + step)
            case "ul" | "ol":
                self._lists = max(0, self._lists + step)
            case "li":
                self._bullet = "" if is_end else "- "
            case "pre":
                self._fence(is_end=is_end)
        if is_end and _IS_APART(name) and (self._parts_paragraphs or name != "p") and not self._goes_on:
            self._leave_gap()

    @property
    def _goes_on(self) -> bool:
        """Whether what stands below belongs to it: a list is one thing, and so is a heading with what it announces."""
        return self._lists > 0 or (bool(self._done) and self._done[-1].endswith(":"))

    def _fence(self, *, is_end: bool) -> None:
        if is_end and self._fences == 1:
            self._end_fence()
        elif not is_end and not self._fences:
            self._bullet = ""
            self._put("```")
            self._fenced_from = len(self._done) - 1
        self._fences = max(0, self._fences + (-1 if is_end else 1))

    def _end_fence(self) -> None:
        """Make the fences longer than any that stands in the code."""
        fence, *code = self._done[self._fenced_from :]
        longest = max((len(ticks) for line in code for ticks in _TICKS.findall(line)), default=0)
        fence = fence.replace("```", "`" * max(3, longest + 1))
        self._done[self._fenced_from] = fence
        self._done.append(fence)
        self._gap = None

    def _code(self, *, is_end: bool) -> None:
        """Code within a line; each further line of it gets its own marks."""
        if is_end and self._line == ["`"]:
            self._line.clear()
        elif self._codes == (1 if is_end else 0):
            self._line.append("`")
        self._codes = max(0, self._codes + (-1 if is_end else 1))

    def _link(self, attributes: str, *, is_end: bool) -> None:
        """Where a link leads is kept unless its words say so."""
        if not is_end:
            address = _ADDRESS.search(attributes)
            self._link_to, self._link_from = unescaped(address[1]) if address else "", len(self._line)
        elif self._link_to:
            if self._link_to not in "".join(self._line[self._link_from :]):
                self._line.append(f" ({self._link_to})")
            self._link_to = ""

    def _end_line(self, *, even_empty: bool = False) -> None:
        words = "".join(self._line) + ("`" if self._codes else "")
        self._line = ["`"] if self._codes else []
        bare = words.rstrip() if self._fences else words.strip()
        if bare and bare != "``":
            self._put(bare)
        elif even_empty or "\u00a0" in words:
            self._leave_gap()

    def _put(self, words: str) -> None:
        if self._gap is not None and self._done:
            self._done.append(_marks(min(self._gap, self._quotes)).rstrip())
        self._done.append(f"{_marks(self._quotes)}{self._bullet}{words}")
        self._gap, self._bullet = None, ""

    def _leave_gap(self) -> None:
        """A blank line before the next one; several are one, and it is quoted if all around it is."""
        self._gap = self._quotes if self._gap is None else min(self._gap, self._quotes)


def _marks(quotes: int) -> str:
    return "> " * min(quotes, _MOST_QUOTES)
