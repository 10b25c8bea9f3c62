"""HTML becomes the lines that a person sees: one table for all systems and mail programs."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.reading.html import to_html, to_lines, to_text
from connector.reading.markup.tags import unescaped
from connector.reading.own_words import own_lines
from tests.hard_texts.calls import calls_of

PAGES = [
    ("", ""),
    ("plain", "plain"),
    ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
    ("a<br><br><br><br>b", "a\n\nb"),
    ("  spaced \n out  ", "spaced out"),
    ("<div>a<div>b</div></div>", "a\nb"),
    ("<div>one</div>\n<div>two</div>", "one\ntwo"),
    ("<div>a</div><div>&nbsp;</div><div>b&nbsp;c</div>", "a\n\nb c"),
    ("a\u2028b\x85c\x0bd\r\ne", "a b c d e"),
    # Paragraphs
    ("<p>a</p><p>b</p>", "a\n\nb"),
    ("<h3>a</h3>\n\n<p class='x'>b\nc</p> ", "a\n\nb c"),
    ("<p>&nbsp;</p><p>x</p>", "x"),
    ("<p>Plan:</p><p>restart the spooler</p>", "Plan:\nrestart the spooler"),
    ("<p>Plan:</p><p>&nbsp;</p><p>x</p>", "Plan:\n\nx"),
    ("</blockquote></pre></p></ul></li></code></style>x", "x"),
    # Words and entities
    ("<b>Plan:</b> one &amp; two &lt;three&gt;", "Plan: one & two <three>"),
    ("&amp;lt; &copy=2 &unknown; &#65;&#x42; &", "&lt; &copy=2 &unknown; AB &"),
    ("press <Enter>, map <H:>, <https://a.example/> <b", "press <Enter>, map <H:>, <https://a.example/> <b"),
    ("<p>green.<o:p></o:p></p><p><o:p>&nbsp;</o:p></p><st1:place>x</st1:place>", "green.\n\nx"),
    ("<!DOCTYPE html><?xml version='1'?><![if !mso]>x<![endif]>", "x"),
    # What is not shown
    ("<style>p{}</style><script>x()</script>seen<title>no</title>", "seen"),
    ("<html><head><style>x</style><title>t</title></head><body>x</body></html>", "x"),
    ("<p>x</p><script>alert(1)<!-- </script> <!-- <p>no</p> -->y", "x\n\ny"),
    ("x<!-- no end <p>y</p>", "x"),
    ("x<script>no end <p>y</p>", "x"),
    # Lists and tables
    ("<ul><li>one</li><li><p><b>two</b></p></li><li></li></ul>x", "- one\n- two\n\nx"),
    ("<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>", "- a\n  - b\n- c"),
    ("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>d", "a | b\nc\n\nd"),
    ("<table><tr><td>To:</td><td>x</td></tr><tr><td></td><td>a</td><td> </td><td>b</td></tr></table>", "To: x\na | b"),
    ("<p>x</p><table><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td>c</table>y", "x\n\na | b\nc\n\ny"),
    ("<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\nc"),
    ("<table><tr><td>a<ul><li>b</ul></td><td></td><td>c</td></tr></table>", "a\n- b\nc"),
    ("<table><tr><td>a</td><td><table><tr><td>b<td>c</table></td></tr></table>", "a | b | c"),
    ("<td>a</td><td>b</td></tr><tr><td>c</td><td><blockquote>d</blockquote></td></table>e", "a | b\nc\n> d\n\ne"),
    ("</tr></table><td>a<td><pre>b</pre>", "a\n```\nb\n```"),
    # Lists
    ("<ul><li>a<br>b<ul><li>c</li></ul>d</li></ul>e", "- a\n  b\n  - c\n  d\n\ne"),
    ("<ul>" * 9 + "<li>a", "          - a"),
    ("<p>·&nbsp;&nbsp; a</p><p>o&nbsp; b</p>", "- a\n\n- b"),
    # What never ends
    ("<p>run <code>x</p><p>b</p>", "run `x`\n\nb"),
    ("<p>run <code>x</p><p>and <code>y</code></p>z", "run `x`\n\nand `y`\n\nz"),
    ("<p>run <code>x</p><pre>y</pre><code>z", "run `x`\n\n```\ny\n```\n`z`"),
    ("<code>x<br>y<br>", "`x`\ny"),
    ("<code>x<code>y<br></code>z</code>", "`xy`\n`z`"),
    ("<table><tr><td><blockquote style='margin:9px'>x", "  x"),
    # Elements that nobody knows
    ("<custom>a <mark-up x='>'>b</mark-up></custom> <other>", "a b <other>"),
    # Quotes
    ("<blockquote>one<blockquote>two</blockquote></blockquote>three", "> one\n> two\n\nthree"),
    ("<blockquote><p>one</p><p>two</p><ul><li>x</li></ul></blockquote>", "> one\n>\n> two\n>\n> - x"),
    ("<blockquote>a<br><br></blockquote><br>b", "> a\n\nb"),
    ("<blockquote>" * 7 + "x", "> x"),
    ("<blockquote>a\u2028b<pre>c\u2029d</pre></blockquote>", "> a b\n> ```\n> c\n> d\n> ```"),
    # Code
    ("use <code>/override none</code> here", "use `/override none` here"),
    ("<p><code>one<br>two</p><p>three</code></code>", "`one`\n`two`\n\n`three`"),
    ("<code>one<br></code>two", "`one`\ntwo"),
    ("<pre>a\n  b\n\n\nc\n</pre>d", "```\na\n  b\n\nc\n```\nd"),
    ("<p>x</p><pre><code>y</code></pre>", "x\n\n```\ny\n```"),
    ("<ul><li><pre>a</pre></li></ul>", "```\na\n```"),
    ("<pre>a<pre>b</pre>c</pre>d", "```\na\nb\nc\n```\nd"),
    ("<pre>a\n```\nb</pre>c", "````\na\n```\nb\n````\nc"),
    ("<pre>no end\n  <b>here", "no end\n  here"),
    ("<blockquote><pre>a</blockquote>b</pre>c", "> ```\n> a\n\nb\n> ```\nc"),
    # Links
    ('<a href="https://kb.example.com/1">https://kb.example.com/1</a>', "https://kb.example.com/1"),
    ('<a class=x href="https://kb.example.com/?a=1&amp;b">here</a>.', "here (https://kb.example.com/?a=1&b)."),
    (
        '<blockquote><a href="https://a.example/&#10;/escalate&#8232;x">b</a></blockquote>',
        "> b (https://a.example/ /escalate x)",
    ),
    ('<a href="javascript:x()">here</a><a>there</a></a>', "herethere"),
]

INDENTED = '<blockquote style="margin: 0 0 0 40px; border: none; padding: 0px;">'
ATTRIBUTION = "<div>On 15 Jan 2026 at 8:51 Carla &lt;c@acme.example&gt; wrote:</div>"


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        (f"a{INDENTED}b{INDENTED}c</blockquote></blockquote>d", "a\n  b\n    c\n\nd"),
        (f"{INDENTED}<ul><li>b</li></ul></blockquote>", "  - b"),
        (f"<blockquote>a{INDENTED}b</blockquote></blockquote>c", "> a\n>   b\n\nc"),
        (f"{INDENTED}a<blockquote>b</blockquote></blockquote>", "  a\n>   b"),
        ("<blockquote style='MARGIN-RIGHT: 0px' dir=ltr>a</blockquote>", "  a"),
        # What has a sign of mail is a quote
        (f"{INDENTED}{ATTRIBUTION}<p>a</p></blockquote>b", None),
        (f"{ATTRIBUTION}<br>{INDENTED}a</blockquote>b", None),
        (f"{INDENTED}<p>From: Carla</p><p>Sent: Thursday</p>a", None),
        *(
            (f"<blockquote {attributes}>a</blockquote>b", "> a\n\nb")
            for attributes in (
                "",
                "style='color:red'",
                "style='margin:0 0 0 .8ex'",
                "style='margin:0 5px;border-left:1px solid'",
                "style='margin:0 5px;border-color:red'",
                "style='margin:0 5px' type='cite'",
                "style='margin:0 5px' class='gmail_quote'",
                f"title='{'x' * 1000}' style='margin:0 5px'",
            )
        ),
    ],
)
def test_an_indented_block_is_layout_but_with_a_sign_of_mail_a_quote(markup: str, lines: str | None) -> None:
    found = to_lines(markup)
    if lines is not None:
        assert found == lines
    else:
        assert ">   a" in found.splitlines()
        assert own_lines(found) in ([], ["", "b"], ["b"])


@pytest.mark.parametrize(
    "begin", ["<div id='divRplyFwdMsg'>", '<DIV id="x_divRplyFwdMsg">', "<div class='a OutlookMessageHeader'>"]
)
def test_behind_the_head_of_a_mail_program_all_is_quoted(begin: str) -> None:
    page = f"a<hr>{begin}<b>Mailtanto</b></div><p>b</p><blockquote>c</blockquote></blockquote><p>d</p>"
    assert to_lines(page) == "a\n> Mailtanto\n> b\n>\n> c\n>\n> d"


TEXTS = [
    ("one<br>two\nthree", "one\ntwo\nthree"),
    ("<div>a</div>\n<div>b</div>\n\nc", "a\nb\n\nc"),
    ("<blockquote>a<br>b\r\nc</blockquote>d", "> a\n> b\n> c\n\nd"),
    ("```\ncode\n```<br>after", "```\ncode\n```\nafter"),
    ("<code>cat\nlog</code>", "`cat`\n`log`"),
]


@pytest.mark.parametrize(("markup", "lines"), PAGES)
def test_a_page_becomes_the_lines_that_a_person_sees(markup: str, lines: str) -> None:
    assert to_lines(markup) == lines


def test_where_each_line_is_a_paragraph_only_empty_ones_are_gaps() -> None:
    markup = "<p>a</p><p>b</p><p>&nbsp;</p><ul><li>c</li></ul><p>d</p>"
    assert to_lines(markup, parts_paragraphs=False) == "a\nb\n\n- c\n\nd"


@pytest.mark.parametrize(("text", "lines"), TEXTS)
def test_a_text_with_some_tags_keeps_its_own_line_ends(text: str, lines: str) -> None:
    assert to_lines(text, keeps_line_ends=True) == lines


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ("plain < text > & more", "plain < text > & more"),
        ("press <Enter> & go", "press <Enter> & go"),
        ("a &amp; b &lt;i&gt;", "a &amp; b &lt;i&gt;"),
        ("<p>a &amp; b &#65;&#x42;&nbsp;c &unknown; &copy=2", "a & b AB c &unknown; &copy=2"),
        ("zero\u200bwidth\u202e", "zerowidth"),
        ("<div>press <Enter></div>", "press <Enter>"),
        ("<p>first</p> \n <p>second</p>", "first\n\nsecond"),
        ("<p>it said <code>404</code>&nbsp;again</p>", "it said `404` again"),
        ("<p>one<br>two\nthree</p>", "one\ntwo\nthree"),
        ("<p>a &amp;lt; b</p>", "a &lt; b"),
        ("The page shows <pre> first\nPlan: x", "The page shows <pre> first\nPlan: x"),
        ("<pre>a</pre>", "```\na\n```"),
        ("<p>Removed <script> from it\nPlan: x", "Removed <script> from it\nPlan: x"),
        ("<p>Removed <!-- from it\n<!-- there\nPlan: x", "Removed <!-- from it\n<!-- there\nPlan: x"),
        ("<div> and </span>", "<div> and </span>"),
    ],
)
def test_any_text_is_made_plain_and_taken_for_a_page_only_where_it_is_one(stored: str, seen: str) -> None:
    assert to_text(stored) == seen


def test_lines_become_html_that_shows_them() -> None:
    assert to_html('a < b & c > "d"\r\ne\rf') == 'a &lt; b &amp; c &gt; "d"<br>e<br>f'


def test_a_number_that_is_no_character_stays() -> None:
    number = f"&#{'9' * 5000};"
    assert unescaped(number) == number


_WORDS = st.text(st.characters(exclude_categories=("C", "Z"), include_characters="<>&;#/"), min_size=1, max_size=20)


@given(st.lists(st.lists(_WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=6))
def test_a_note_reads_as_it_was_written(lines: list[str]) -> None:
    assert to_lines(to_html("\n".join(lines))) == "\n".join(lines)


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("0</ul><pre>", "0"),
        ("0</ul><pre>\nb", "0\n\nb"),
        ("0</ul><pre>b", "0\n\nb"),
        ("0<pre>\nb", "0\n\nb"),
        ("<pre>b", "b"),
        ("<pre></p><", "<"),
    ],
)
def test_code_that_never_ends_leaves_one_blank_line_at_most(markup: str, lines: str, keeps: bool) -> None:
    assert to_lines(markup, keeps_line_ends=keeps) == lines


_TAGS = ("p", "pre", "code", "li", "ul", "blockquote", "br", "a href='https://a&#10;b'", "script", "td")
_PIECES = st.sampled_from(
    [f"<{tag}>" for tag in _TAGS]
    + [f"</{tag}>" for tag in _TAGS]
    + ["<", ">", "<!--", "-->", "<![x", "`", "\n", "&#x41;"]
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=5)), max_size=30).map("".join), st.booleans())
@example("<code>x<p>\n", False)
def test_no_markup_breaks_the_reading(markup: str, keeps: bool) -> None:
    lines = to_lines(markup, keeps_line_ends=keeps)
    assert lines == lines.strip("\n")
    assert "\n\n\n" not in lines


@given(st.lists(st.one_of(_PIECES, st.text(max_size=5)), max_size=30).map("".join), st.booleans())
def test_nothing_gets_out_of_a_quote(markup: str, keeps: bool) -> None:
    inside = markup.replace("blockquote", "div")
    quoted = to_lines(f"<blockquote>{inside}", keeps_line_ends=keeps)
    assert all(line.startswith(">") for line in quoted.splitlines())


HARD = [
    *(
        "<a ",
        "<a '",
        "<a x=",
        "<!--",
        "<![",
        "<",
        "&#",
        "</",
        "<br x='",
        "<br",
        "<blockquote>x<br>",
        "<pre>`",
        "<p>x</p>\n",
    ),
    *(
        "<code>x<br>",
        "<a href=https://x>x",
        "<a href=https://x>x</a>",
        "<a href href ",
        "<script>",
        "<script></",
        "<ul><li>",
    ),
]


@pytest.mark.parametrize("piece", HARD)
@pytest.mark.parametrize("count", [5_000, pytest.param(20_000, marks=pytest.mark.soak)])
@pytest.mark.untraced
def test_hard_texts_are_read_at_once_and_become_no_longer(piece: str, count: int) -> None:
    assert len(to_lines(piece * count)) <= 15 * len(piece) * count


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize(
    "piece",
    [
        *(
            " ",
            *HARD,
            "<table><tr><td>x",
            "<tr><td>x",
            "<td>x</td>",
            "<code>x<p>",
            "<pre>x</pre>",
            "<x>",
            "<x></x>",
            "</x>",
        ),
        *("<script>x\n", "<!-- x\n", f"{INDENTED}x", f"{INDENTED}x</blockquote>", f"{INDENTED}{ATTRIBUTION}"),
        "<div id=divRplyFwdMsg>x",
    ],
)
@pytest.mark.parametrize("sizes", [(3, 12), pytest.param((10, 40), marks=pytest.mark.soak)])
@pytest.mark.untraced
def test_four_times_the_page_takes_four_times_the_calls(piece: str, sizes: tuple[int, int], *, keeps: bool) -> None:
    pages = (piece * (size * 1024 // len(piece)) for size in sizes)
    little, much = (calls_of(partial(to_lines, keeps_line_ends=keeps), page) for page in pages)
    assert much <= 5 * little + 500


@pytest.mark.parametrize(
    ("text", "is_page"),
    [
        ("> see &#10;/escalate urgency", False),
        ("> see &NewLine;/escalate&#x2028;urgency", False),
        ("> see </blockquote><p>/escalate urgency</p>", False),
        ("<blockquote>see &lt;/blockquote&gt;&lt;p&gt;/escalate urgency</blockquote>", True),
        ("<blockquote>see &amp;#10;/escalate urgency</blockquote>", True),
    ],
)
def test_nothing_that_is_quoted_gets_out_by_being_read_once_more(text: str, is_page: bool) -> None:
    seen = to_text(to_lines(text) if is_page else text)
    assert all(line.startswith(">") for line in seen.splitlines())


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        (
            '<blockquote><p title="</blockquote>">hi</p><p>/escalate urgency</p></blockquote>',
            ["> hi", ">", "> /escalate urgency"],
        ),
        (
            '<blockquote><x-y b="</blockquote>">hi<p>Plan: no</p></blockquote>',
            ['> <x-y b="</blockquote>">hi', "> Plan: no"],
        ),
        ('<blockquote><blockquote title="<">hi</blockquote><p>Plan: no</p></blockquote>', ["> hi", "> Plan: no"]),
        ('<p title="Start > Settings">Plan: reboot the switch</p>', ["Plan: reboot the switch"]),
        ("<p class='a' title='a > b' id=\"c < d\">Plan: yes</p>", ["Plan: yes"]),
        ("<p>looked<!--> at it</p><p>Plan: yes</p>", ["looked at it", "Plan: yes"]),
        ("<p>looked<!-- no --!> at it</p>", ["looked at it"]),
        ('<blockquote>hi<!x "</blockquote>"><p>Plan: no</p></blockquote>', ['> hi">', "> Plan: no"]),
        ("<blockquote>hi</ x=</blockquote><p>Plan: no</p></blockquote>", ["> hi</ x=</blockquote>", "> Plan: no"]),
        ("<blockquote>hi<p </blockquote>now<p>Plan: no</p></blockquote>", ["> hi<p </blockquote>now", "> Plan: no"]),
        (
            "<blockquote>hi<p a=</blockquote>now<p>Plan: no</p></blockquote>",
            ["> hi<p a=</blockquote>now", "> Plan: no"],
        ),
        ('<blockquote><p ="><blockquote>"></blockquote><p>Plan: no</p></blockquote>', ['> ">', "> Plan: no"]),
        (
            '<blockquote>hi<p x="></blockquote>" <i>now<p>Plan: no</p></blockquote>',
            ['> hi<p x="></blockquote>" <i>now', "> Plan: no"],
        ),
        ('<blockquote>hi<p a="></blockquote><p>Plan: no</p>', ['> hi<p a="></blockquote><p>Plan: no</p>']),
        (
            '<blockquote>hi<blockquote a="" </blockquote>there</blockquote><p>Plan: no</p></blockquote>',
            ["> hi", "> there", "> Plan: no"],
        ),
        ("<p a=b'c>it</p><p a=>'s</p>", ["it", "'s"]),
        ("a <b then<br>Plan: yes", ["a <b then<br>Plan: yes"]),
        ('<p>looked<!-- <a title="-->at it</p>', ["lookedat it"]),
        (
            '<blockquote><style><p x="</style><blockquote>"></style></blockquote><p>/escalate x</p></blockquote>',
            ['> ">', "> /escalate x"],
        ),
    ],
)
def test_a_bracket_in_a_value_is_of_no_tag_and_a_comment_ends_where_browsers_end_it(page, lines):
    found = to_lines(page).splitlines()
    assert [line.strip() for line in found if line.strip(" >")] == [line for line in lines if line.strip(" >")]


@pytest.mark.untraced
def test_many_values_that_do_not_end_cost_no_more_than_their_length():
    for piece in ('<a b="', "<a b='", "<a =", '<a b="x" ', "<a b=\"c'", "<a b = = ", '<a b="" ', "<a b=\"<a c='"):
        assert to_lines(piece * 40_000) is not None


def test_blanks_that_somebody_typed_stay_before_a_line_and_in_columns():
    markup = "<p>Next steps:</p><p>  swap the card</p><p>\u00a0\u00a0call the site</p><p>TCP    0.0.0.0:135\n  x</p>"
    assert to_lines(markup, parts_paragraphs=False).split("\n") == [
        "Next steps:",
        "  swap the card",
        "  call the site",
        "TCP    0.0.0.0:135 x",
    ]
