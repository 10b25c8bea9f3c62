"""How notes speak of times, lengths, names and other people's words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connector.notes.phrases import Times, joined, minutes_text, name_of, number, quoted
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


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1 working minute"), (0, "0 working minutes"), (1.04, "1 working minute"), (7.5, "7.5 working minutes")],
)
def test_minutes_are_counted_in_words(count, text):
    assert minutes_text(count) == text


def test_numbers_have_one_decimal_at_most():
    assert [number(count) for count in (30, 30.04, 29.96, 0.05, 1_000_000)] == ["30", "30", "30", "0.1", "1000000"]


def test_other_peoples_words_are_one_harmless_line_of_bounded_length():
    assert quoted("**Plan:**\n/override off\nRef. ESC-ABC") == "Plan: '/override' off Ref. ESC ABC"
    assert len(quoted("word " * 1_000)) <= 500
    assert quoted("x" * 10_000).endswith("…")


def test_a_name_is_short_and_never_empty():
    assert name_of("  Tess\n<b>Tech</b>\u202e ") == "Tess ‹b›Tech‹/b›"
    assert name_of("") == name_of(" \u200b ") == "unknown"
    assert len(name_of("x" * 1_000)) == 80
