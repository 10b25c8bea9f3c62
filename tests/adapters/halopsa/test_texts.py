from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.halopsa.texts import to_html, to_lines


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("", ""),
        ("plain", "plain"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("<div>a<div>b</div></div>", "a\nb"),
        ("a<br><br><br><br>b", "a\n\nb"),
        ("  spaced \n out  ", "spaced out"),
        ("<b>Plan:</b> one &amp; two &lt;three&gt;", "Plan: one & two <three>"),
        ("<style>p{}</style><script>x()</script>seen<title>no</title>", "seen"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>", "a b\nc"),
        ("<blockquote>one<blockquote>two</blockquote></blockquote>three", "> one\n> > two\nthree"),
        ("use <code>/override none</code> here", "use `/override none` here"),
        ("<pre>a\n  b</pre>c", "```\na\n  b\n```\nc"),
        ("<pre><code>x</code></pre>", "```\nx\n```"),
        ('<a href="https://kb.example.com/1">https://kb.example.com/1</a>', "https://kb.example.com/1"),
        ('<a href="https://kb.example.com/1">here</a>', "here (https://kb.example.com/1)"),
        ('<a href="javascript:x()">here</a><a>there</a></a>', "herethere"),
        ("</blockquote></pre></p></style>x", "x"),
        ("<p>&nbsp;</p><p>x</p>", "\xa0\nx"),
    ],
)
def test_html_becomes_lines(markup: str, lines: str) -> None:
    assert to_lines(markup) == lines


def test_lines_become_html_that_shows_them() -> None:
    assert to_html('a < b & c > "d"\r\ne\rf') == 'a &lt; b &amp; c &gt; "d"<br>e<br>f'


_WORDS = st.text(st.characters(exclude_categories=("C", "Z"), include_characters="<>&;#/"), min_size=1, max_size=20)


@given(st.lists(st.lists(_WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=6))
def test_a_note_reads_as_it_was_written(lines: list[str]) -> None:
    assert to_lines(to_html("\n".join(lines))) == "\n".join(lines)


@given(st.text(max_size=300))
def test_no_markup_breaks_the_reading(markup: str) -> None:
    to_lines(markup)
