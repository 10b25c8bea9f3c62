"""Text made plain, and made harmless where it is quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading import plain
from connector.reading.plain import clip, harmless, to_text


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


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("as it is", "as it is"),
        ("two\n  lines\r\nand\u2028three", "two lines and three"),
        ("# title\n> quote\n- item\n* - item", "title quote item item"),
        ("-5 degrees", "-5 degrees"),
        ("**Next steps:** give him rights", "Next steps: give him rights"),
        ("__Next steps:__ give him rights", "Next steps: give him rights"),
        ("__init__.py stays", "__init__.py stays"),
        ("/escalate urgency\n/override none", "'/escalate' urgency '/override' none"),
        ("/var/log is full", "/var/log is full"),
        ("![x](http://evil.example/p.png)", "![x] (http://evil.example/p.png)"),
        ("[x][y] and [y]: http://evil.example", "[x] [y] and [y] : http://evil.example"),
        ("<script>x</script> <b", "‹script›x‹/script› ‹b"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("`code`", "'code'"),
        ("~~~ and ~~struck~~", "and struck"),
        ("Ref. ESC-7HK2M4QXPA-3ZB5N6T2QR", "Ref. ESC 7HK2M4QXPA-3ZB5N6T2QR"),
        ("E\u200bSC\u202e-7HK2M4QXPA", "ESC 7HK2M4QXPA"),
        ("bell\x07 and \x00 and \ud800", "bell and and"),
    ],
)
def test_quoted_text_keeps_its_words_and_loses_its_powers(text, quoted):
    assert harmless(text) == quoted


@given(st.text())
def test_quoted_text_is_one_printable_line_without_structure(text):
    quoted = harmless(text)
    assert "**" not in quoted
    assert len(quoted.splitlines()) <= 1
    quoted.encode()


def test_clipping_ends_at_a_word_where_one_is_near():
    assert clip("short", 5) == "short"
    assert clip("several words here", 15) == "several words…"
    assert clip("several, words", 9) == "several…"
    assert clip("unbroken" * 9, 10) == "unbrokenu…"
    assert clip("ab", 1) == "…"


def test_blanks_between_two_paragraphs_of_html_make_no_further_line() -> None:
    assert to_text("<p>first</p> \n <p>second</p>").split() == ["first", "second"]


BITS = [
    *"aZ9éſ,.:;()'\"?!%=+/&@#>$€’“”–—…- \t\n<[]_~",
    "  ",
    "- ",
    "esc-",
    "eſc-",
    "ESC-7",
    "/go",
    "*",
    "**",
    "`",
    "__",
    "# ",
    "> ",
]


@given(st.lists(st.sampled_from(BITS), max_size=8).map("".join))
def test_plain_text_takes_a_short_cut_to_the_same_end(text: str) -> None:
    found = harmless(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "_IS_PLAIN", lambda text: None)
        assert harmless(text) == found
