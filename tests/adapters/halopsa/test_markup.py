"""How a note's plain lines look in Halo, with its markup and when all of it is taken away."""

from __future__ import annotations

import re

from adapters.halopsa.markup import note_html
from connector.reading.html import to_lines

NOTE = """\
ESCALATED to Tier 3: no fix within 60 working minutes.
Asked of you: a plan by 10:55 (UTC).

Steps attempted
First Touch, Tess Tech
1. 09:08 Pinged <R&D>
2. 09:20 tried 3. 4. and 5.
… 2 steps left out …
Tier 3, Sam Senior
5. 10:40 Issue

Error codes
none recorded

Ref. ESC-AAAAAAAAAA-BBBBBBBBBB"""


def test_headings_are_bold_and_the_numbers_of_the_steps_are_words():
    assert note_html(NOTE) == (
        "ESCALATED to Tier 3: no fix within 60 working minutes.<br>\n"
        "Asked of you: a plan by 10:55 (UTC).<br>\n<br>\n"
        "<b>Steps attempted</b><br>\nFirst Touch, Tess Tech<br>\n"
        "1. 09:08 Pinged &lt;R&amp;D&gt;<br>\n2. 09:20 tried 3. 4. and 5.<br>\n"
        "… 2 steps left out …<br>\nTier 3, Sam Senior<br>\n"
        "5. 10:40 Issue<br>\n"
        "<br>\n<b>Error codes</b><br>\nnone recorded<br>\n<br>\n"
        "Ref. ESC-AAAAAAAAAA-BBBBBBBBBB"
    )


def test_it_reads_well_when_all_markup_is_taken_away():
    bare = re.sub("<[^>]*>", "", note_html(NOTE))
    assert "First Touch, Tess Tech\n1. 09:08 Pinged &lt;R&amp;D&gt;\n2. 09:20 tried 3. 4. and 5." in bare
    assert bare.splitlines()[-1] == "Ref. ESC-AAAAAAAAAA-BBBBBBBBBB"


def test_its_lines_come_back_when_it_is_read():
    lines = [line for line in to_lines(note_html(NOTE)).splitlines() if line]
    assert lines == [line for line in NOTE.splitlines() if line]


def test_a_note_without_headings_keeps_its_line_ends():
    assert note_html("a <b>\n\nRef. X") == "a &lt;b&gt;<br>\n<br>\nRef. X"
