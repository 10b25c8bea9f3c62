"""Whose each line of a text is: the author's own, quoted, or code."""

from __future__ import annotations

import pytest

from connector.reading.html import to_lines
from connector.reading.own_words import Kind, Written, lines_of, own_lines

GMAIL = "On Thu, Jan 15, 2026 at 9:00 AM Tess Tech <tess@desk.example> wrote:"


def test_each_line_has_its_kind_and_keeps_its_indentation():
    text = "Tried:\n  the port \n\n > theirs\n```\n> code\n```\n  /escalate"
    assert lines_of(text) == (
        Written("Tried:", Kind.OWN),
        Written("  the port", Kind.OWN),
        Written("", Kind.OWN),
        Written(" > theirs", Kind.QUOTED),
        Written("```", Kind.CODE),
        Written("> code", Kind.CODE),
        Written("```", Kind.CODE),
        Written("  /escalate", Kind.OWN),
    )
    assert own_lines(text) == ["Tried:", "  the port", "", "  /escalate"]


def test_html_is_read_by_nobody_once_more():
    assert own_lines("The page shows <pre>\nPlan: &lt;b&gt;") == ["The page shows <pre>", "Plan: &lt;b&gt;"]
    note = "<p>The page shows &lt;pre&gt; at its top.</p><p>Plan: restart</p>"
    assert own_lines(to_lines(note)) == ["The page shows <pre> at its top.", "", "Plan: restart"]


def test_own_lines_keep_blank_ones_and_drop_what_is_quoted():
    text = f"First\r\n\r\n> quoted\n* item\n```\ncode\n```\nlast\n\n{GMAIL}\nold"
    assert own_lines(text) == ["First", "", "* item", "last", ""]


def test_a_sender_line_at_the_very_end_is_not_a_mail():
    assert own_lines("From: the printer") == ["From: the printer"]
    assert own_lines("From: a\nTo: b\n\nTo: c\nCc: d\nBcc: e\nTo: f\nDate: g")[-1] == "Date: g"


def test_an_attribution_that_never_ends_is_none():
    assert own_lines("On 2026-01-15 " + "word " * 100)[0].startswith("On 2026")
    assert own_lines("On 2026-01-15\nwe\nlooked\nwrote:")[-1] == "wrote:"


@pytest.mark.parametrize("name", ["script", "style", "template", "pre"])
def test_what_a_page_does_not_show_as_words_is_code(name):
    text = f"see <{name}>\nPlan: theirs\n</{name}> so far\nPlan: mine"
    assert own_lines(text) == [f"see <{name}>", "Plan: mine"]
    assert own_lines(f"see <{name}>x</{name}>\nPlan: mine") == [f"see <{name}>x</{name}>", "Plan: mine"]


def test_a_comment_is_code_and_without_an_end_words():
    assert own_lines("<!--\n/escalate\n-->\nmine") == ["<!--", "mine"]
    assert own_lines("-->\n<!-- and\n/escalate") == ["-->", "<!-- and", "/escalate"]
