"""Which lines are items of a list, and which only go on with the one above."""

from __future__ import annotations

import pytest

from connector.reading.layout.items import is_list_item, is_rule, unwrapped, with_plain_bullets, without_bullet

LONG = "Removed the old driver package with the vendor's own tool and installed"


def is_field(line: str) -> bool:
    return ": " in line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("- a", "a"),
        ("  • a", "a"),
        ("▪ a", "a"),
        ("→ a", "a"),
        ("➢ a", "a"),
        ("1. a", "a"),
        ("12) a", "a"),
        ("(3) a", "a"),
        ("b) a", "a"),
        ("o\ta", "a"),
        ("[x] a", "a"),
        ("- **a b**", "a b"),
        ("✓ a", "✓ a"),
        ("❌a", "❌a"),
        ("🔧 a", "🔧 a"),
    ],
)
def test_an_item_is_its_words_without_bullet_or_number_and_with_its_tick(line, words):
    assert is_list_item(line)
    assert without_bullet(line) == words


@pytest.mark.parametrize("line", ["", "a", "-5 degrees", "10.0.0.1", "[L1] a", "o clock", "z) a", "8:41 a", "--", "-"])
def test_other_lines_are_none(line):
    assert not is_list_item(line)


@pytest.mark.parametrize("line", ["--", "- - -", "_________", "==========", "***", "....", "──────"])
def test_a_rule_parts(line):
    assert is_rule(line)


@pytest.mark.parametrize("line", ["", "-", "-- a", "----- 9:20 -----"])
def test_a_rule_says_nothing_else(line):
    assert not is_rule(line)


def test_an_o_beside_another_item_is_a_bullet_and_elsewhere_a_word():
    assert with_plain_bullets(["✗ a", "o b", "o c", "d"]) == ["✗ a", "- b", "- c", "d"]
    assert with_plain_bullets(["o a", "o b"]) == ["- a", "- b"]
    assert with_plain_bullets(["reinicié el router", "o el switch", "no sé"])[1] == "o el switch"


@pytest.mark.parametrize(
    "text",
    [
        f"{LONG}\nthe version of last autumn, which is the last one that the panel in room\ntwelve had.",
        f"- {LONG.lower()} the\nversion of last autumn",
        f"- {LONG}\n  Version 4 of it",
        "- it is on the\n  second floor",
        f"Result: {LONG}\nthe version of last autumn",
        "Result: it was restarted\nand moved",
        f"{LONG} the\nVersion 4 of it",
    ],
)
def test_a_line_that_was_wrapped_goes_on(text):
    assert list(unwrapped(text.split("\n"), is_field)) == [" ".join(text.split())]


@pytest.mark.parametrize(
    "text",
    [
        f"{LONG}.\nthe version of last autumn",
        f"{LONG.lower()}\ncleared the stored credentials",
        f"8:41 {LONG.lower()}\ncleared the stored credentials",
        f"{LONG}\nThe version of last autumn",
        f"{LONG}\n- the version of last autumn",
        f"{LONG}\nversion: 4",
        f"{LONG}\n  deeper",
        f"{LONG}\n----",
        "Restarted it\nthen moved it",
        "- checked the server\n  disk has 40 GB free",
        f"{LONG}\n\nthe version of last autumn",
    ],
)
def test_other_lines_say_something_of_their_own(text):
    assert list(unwrapped(text.split("\n"), is_field)) == text.split("\n")
