"""A note's plain lines as Halo shows them: headings in bold, numbered lines as a list.

Each element ends its line in the source, too: Halo strips the tags for lists, mails and its app, and what is left must
still read well. No line that somebody else wrote can look like a heading or an item: the note's own words come first on
every line.
"""

from __future__ import annotations

import html
import re
from itertools import groupby

from connector.wording import NOTE_SECTIONS

_NUMBERED = re.compile(r"\d{1,4}\. .")


def note_html(lines: str) -> str:
    """The HTML of a note."""
    parts = [
        _list(list(group)) if is_list else "".join(map(_line, group))
        for is_list, group in groupby(lines.splitlines(), key=lambda line: _NUMBERED.match(line) is not None)
    ]
    return "".join(parts).removesuffix("<br>\n")


def _line(line: str) -> str:
    words = html.escape(line, quote=False)
    return f"<b>{words}</b><br>\n" if line in NOTE_SECTIONS else f"{words}<br>\n"


def _list(lines: list[str]) -> str:
    """Numbered lines, which may go on with the numbers of a list above."""
    items = "\n".join(f"<li>{html.escape(line.partition('. ')[2], quote=False)}</li>" for line in lines)
    start = int(lines[0].partition(".")[0])
    return f'<ol start="{start}">\n{items}\n</ol>\n'
