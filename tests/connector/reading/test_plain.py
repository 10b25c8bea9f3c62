"""Text made plain."""

from __future__ import annotations

import pytest

from connector.reading.plain import to_text


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ("plain < text > & more", "plain < text > & more"),
        ("press <Enter> & go", "press <Enter> & go"),
        ("a &amp; b &#65;&#x42;&nbsp;c &unknown; &copy=2", "a & b AB c &unknown; &copy=2"),
        ("zero\u200bwidth\u202e", "zerowidth"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>one</p><p>two</p>", "one\n\ntwo\n\n"),
        ("<div>one</div><div>two</div>", "one\ntwo\n"),
        ("<div>press <Enter></div>", "press <Enter>\n"),
        ("<ul><li>one</li><li><b>two</b></li></ul>", "- one\n- two\n\n"),
        ("<p>x</p><script>alert(1)</script><!-- <p>no</p> -->y", "x\n\ny"),
        ("<html><head><title>t</title></head><body>x</body></html>", "x\n"),
        ("<div>a</div><pre>code</pre>", "a\n```\ncode\n```\n"),
        ("<p>it said <code>404</code> again</p>", "it said `404` again\n\n"),
        ("<p><code>one<br>two</p><p>three</code></code>", "`one\n`two\n`\n`three`"),
        ("<blockquote>a<br>b\nc</blockquote>d", "\n> a\n> b\n> c\n\nd"),
    ],
)
def test_markup_becomes_the_lines_that_a_person_sees(stored, seen):
    assert to_text(stored) == seen


def test_blanks_between_two_paragraphs_of_html_make_no_further_line() -> None:
    assert to_text("<p>first</p> \n <p>second</p>").split() == ["first", "second"]
