"""How notes speak of times, lengths, names and other people's words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model import Reason
from connector.notes import phrases
from connector.notes.phrases import (
    Times,
    clip,
    cut,
    harmless,
    in_full,
    joined,
    minutes_text,
    name_of,
    number,
    quoted,
    reasons_text,
    used_text,
)
from tests.builders import at

NEW_YORK = ZoneInfo("America/New_York")


def test_a_moment_has_its_date_only_where_it_is_not_todays():
    times = Times(NEW_YORK, at("15:00"))
    assert times.short(at("14:05")) == "09:05"
    assert times.short(at("04:30")) == "14 Jan 23:30"
    assert times.short(datetime(2025, 12, 31, 15, tzinfo=UTC)) == "31 Dec 2025 10:00"
    assert times.full(at("14:05")) == "Thu 15 Jan 09:05 EST"
    assert times.full(datetime(2026, 7, 4, 14, tzinfo=UTC)) == "Sat 4 Jul 10:00 EDT"


def test_a_zone_is_named_in_short_and_in_full():
    assert Times(NEW_YORK, at("15:00")).zone_text == "EST (America/New_York)"
    assert Times(ZoneInfo("UTC"), at("15:00")).zone_text == "UTC"


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_words_are_joined_as_people_do(words, text):
    assert joined(words) == text


def test_reasons_are_joined_for_the_record():
    assert reasons_text((Reason.TIME, Reason.KNOWLEDGE)) == "Time & Knowledge"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "1 working minute"),
        (0, "0 working minutes"),
        (1.04, "1 working minute"),
        (7.5, "7.5 working minutes"),
        (0.1, "6 working seconds"),
        (0.001, "1 working second"),
        (0.999, "1 working minute"),
    ],
)
def test_minutes_are_counted_in_words_and_less_than_one_in_seconds(count, text):
    assert minutes_text(count) == text


@pytest.mark.parametrize(
    ("used", "limit", "text"),
    [
        (60.02, 60, "60 of 60 working minutes"),
        (59.97, 60, "60 of 60 working minutes"),
        (1.26, 1, "1 of 1 working minute"),
        (22.5, 22.5, "22.5 of 22.5 working minutes"),
        (0.1, 30, "6 seconds of 30 working minutes"),
        (0, 30, "0 of 30 working minutes"),
    ],
)
def test_what_is_used_of_a_limit_is_said_in_whole_minutes_where_it_is_whole(used, limit, text):
    assert used_text(used, limit) == text


def test_numbers_have_one_decimal_at_most():
    assert [number(count) for count in (30, 30.04, 29.96, 0.05, 1_000_000)] == ["30", "30", "30", "0.1", "1000000"]


def test_other_peoples_words_are_one_harmless_line_of_bounded_length():
    assert quoted("**Plan:**\n/override off\nRef. ESC-ABC") == "Plan: '/override' off Ref. ESC ABC"
    assert len(quoted("word " * 1_000)) <= 500
    assert quoted("x" * 10_000).endswith("…")


def test_what_somebody_wrote_is_kept_in_full_and_of_a_book_the_beginning_with_a_count():
    words = "word " * 3_000
    assert in_full(words) == words.strip()
    book = in_full("word " * 100_000)
    assert len(book) <= 20_000
    assert book.endswith(" words left out)")


def test_a_cut_counts_the_words_that_are_gone_where_there_is_room_to_say_so():
    assert cut("short", 5) == "short"
    assert cut("several words here", 15) == "several words…"
    assert cut("word " * 40, 150) == "word " * 24 + "word… (15 words left out)"


def test_a_name_is_short_and_never_empty():
    assert name_of("  Tess\n<b>Tech</b>\u202e ") == "Tess ‹b›Tech‹/b›"
    assert name_of("") == name_of(" \u200b ") == "unknown"
    assert len(name_of("x" * 1_000)) == 80


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
        patch.setattr(phrases, "_IS_PLAIN", lambda text: None)
        assert harmless(text) == found
