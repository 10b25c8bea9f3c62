"""A note's plain lines as Halo shows them: headings in bold, all else as it stands.

Numbered lines keep their numbers as words and are no ``<ol>``. Halo strips the tags for lists, mails and its app, and
the numbers of a list with them (the ``note`` of a later reading is the HTML without its tags); whether it keeps
``start``, on which a list under the next tier's name would depend, is not documented. People must be able to speak of
"step 4" wherever they read it.

Each element ends its line in the source, too, so that what is left without tags still reads well. No line that somebody
else wrote can look like a heading: the note's own words come first on every line.
"""

from __future__ import annotations

import html

from connector.wording import NOTE_SECTIONS


def note_html(lines: str) -> str:
    """The HTML of a note."""
    return "<br>\n".join(map(_line, lines.splitlines()))


def _line(line: str) -> str:
    words = html.escape(line, quote=False)
    return f"<b>{words}</b>" if line in NOTE_SECTIONS else words
