from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import PayloadError
from connector.model import Author, AuthorKind, Entry, Visibility
from connector.reading.html import plain, to_lines, to_text
from connector.reading.intake import entries as intake
from connector.reading.intake.entries import MOST_ENTRIES, Intake, is_kept
from connector.reading.intake.known import KnownTexts
from connector.reading.intake.texts import MOST_OF_A_SOURCE, MOST_OF_AN_ENTRY, NOTHING, Text, bounded, taken_in
from connector.reading.own_words import own_lines
from tests.builders import NINE, a_note

ESC = "\x1b"


def words(source: str) -> str:
    return taken_in(source, to_text).words


def a_mail(number: int, text: str = "It still fails", minutes: int | None = None) -> Entry:
    when = NINE + timedelta(minutes=number if minutes is None else minutes)
    return replace(a_note(text, when, "Carla Client", AuthorKind.CLIENT), id=str(number))


def taken(*entries: Entry, ours: tuple[str, ...] = ()) -> tuple[list[str], int]:
    """The ids of what was taken in, and how many were left out."""
    found = Intake(ours)
    found.take(entries)
    kept, left_out = found.taken()
    return [entry.id for entry in kept], left_out


# --- a text -----------------------------------------------------------------------------------------------------


def test_a_usual_text_is_read_as_it_is() -> None:
    assert taken_in("<p>It fails<br>again</p>", to_text) == Text("It fails\nagain")
    assert taken_in("", to_text) == NOTHING


def test_of_a_long_text_the_beginning_is_kept_and_the_rest_is_counted() -> None:
    found = taken_in("a" * (MOST_OF_AN_ENTRY + 7), plain)
    assert (len(found.words), found.unread) == (MOST_OF_AN_ENTRY, 7)


def test_the_bound_counts_bytes_and_cuts_no_character_in_two() -> None:
    found = taken_in("x" + "€" * MOST_OF_AN_ENTRY, plain)
    assert len(found.words.encode()) <= MOST_OF_AN_ENTRY
    assert found.words.startswith("x€")
    assert set(found.words[1:]) == {"€"}
    assert len(found.words) + found.unread == MOST_OF_AN_ENTRY + 1


def test_a_long_text_of_few_bytes_is_whole() -> None:
    whole = Text("a" * (MOST_OF_AN_ENTRY // 2))
    assert bounded(whole) is whole


def test_what_would_become_words_is_bounded_before_it_is_read() -> None:
    seen: list[int] = []

    def read(source: str) -> str:
        seen.append(len(source))
        return "words"

    assert taken_in("<b>" * MOST_OF_A_SOURCE, read) == Text("words", 2 * MOST_OF_A_SOURCE)
    assert MOST_OF_A_SOURCE <= seen[0] <= MOST_OF_A_SOURCE + 100


def test_a_picture_within_a_page_takes_no_words_away() -> None:
    page = f'<p>Hello</p><img src="data:image/png;base64,{"iVBORw0K" * 100_000}"><p>It fails</p>'
    assert taken_in(page, to_lines) == Text("Hello\n\nIt fails")


def test_half_a_character_and_nul_are_replaced() -> None:
    assert words("a\ud83d b\0c") == "a\N{REPLACEMENT CHARACTER} b\N{REPLACEMENT CHARACTER}c"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (f"{ESC}[31mERROR{ESC}[0m 0x80070005", "ERROR 0x80070005"),
        (f"{ESC}]0;title\x07done", "]0;titledone"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("\u2066hidden\u2069 \u061cmark", "hidden mark"),
        ("bell\x07 back\x08 c1\x9b", "bell back c1"),
        ("one\x0btwo\x85three", "one\ntwo\nthree"),
        ("<p>&#8238;turned&#x202c;</p>", "turned"),
        ("<p>\x07</p><p>a</p>", "a"),
    ],
)
def test_what_steers_a_terminal_or_turns_the_text_around_is_gone(written: str, read: str) -> None:
    assert words(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("> > > old\nnew", "> old\nnew"),
        (">>>>>> /escalate\nok", "> /escalate\nok"),
        ("  > >> deep", "  > deep"),
        ("> once", "> once"),
        (">>\nempty", ">>\nempty"),
        ("a > > b", "a > > b"),
        ('>>> "Nora" <nora@bakery.example> 14:05 >>>', '>>> "Nora" <nora@bakery.example> 14:05 >>>'),
        ("<blockquote>" * 50 + "deep" + "</blockquote>" * 50, "> deep"),
    ],
)
def test_one_mark_stands_for_quotes_however_deep(written: str, read: str) -> None:
    assert words(written) == read


@pytest.mark.parametrize("error", [ValueError, RecursionError, IndexError, AssertionError])
def test_what_cannot_be_read_as_a_page_is_read_as_text_and_said(error: type[Exception]) -> None:
    def read(source: str) -> str:
        raise error("broken")

    assert taken_in("<p>It fails\r\n\x07</p>", read) == Text("<p>It fails\n</p>", 0, is_source=True)


def test_the_readers_of_what_was_taken_in_see_no_deep_quote() -> None:
    assert own_lines(words("> > Plan: theirs\nPlan: ours")) == ["Plan: ours"]


@given(st.text(st.characters(), max_size=300))
def test_any_text_is_taken_in_as_harmless_lines(source: str) -> None:
    for read in (to_text, to_lines, plain):
        found = taken_in(source, read)
        assert not found.is_source
        found.words.encode()
        assert not any(ord(sign) < 0x20 and sign not in "\t\n" for sign in found.words)
        assert not {"\x7f", "\u202e", "\u2066", "\u200b"} & set(found.words)


# --- texts that are known ---------------------------------------------------------------------------------------


def test_a_text_is_read_once_and_forgotten_when_others_need_the_room() -> None:
    read: list[str] = []

    def reading(source: str) -> str:
        read.append(source)
        return source

    known = KnownTexts(reading, most=1000)
    for source in ("a" * 200, "b" * 200, "a" * 200, "c" * 200, "b" * 200):
        assert known(source) == Text(source)
    assert [source[0] for source in read] == ["a", "b", "c", "b"]


def test_half_a_character_is_another_text_than_its_sign() -> None:
    known = KnownTexts(plain)
    assert known("a\ud83d") == known("a\N{REPLACEMENT CHARACTER}")


def test_what_another_thread_read_meanwhile_is_kept_once() -> None:
    read: list[str] = []

    def reading(source: str) -> str:
        read.append(source)
        if read == [source]:
            assert known(source) == Text(source)  # as another thread would
        return source

    known = KnownTexts(reading, most=1000)
    for source in ("a" * 200, "b" * 200, "a" * 200):
        known(source)
    assert [source[0] for source in read] == ["a", "a", "b"]


# --- a ticket's entries -----------------------------------------------------------------------------------------


def test_few_entries_are_all_there_in_their_order() -> None:
    assert taken(a_mail(3), a_mail(1), a_mail(2)) == (["3", "1", "2"], 0)


def test_of_many_entries_of_clients_the_first_and_the_newest_stay_and_agents_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "MOST_ENTRIES", 3)
    plan = replace(a_note("Plan: restart it", NINE + timedelta(seconds=90)), id="plan")
    entries = [a_mail(1), plan, *(a_mail(number) for number in range(2, 21))]
    assert taken(*entries) == (["1", "plan", "19", "20"], 17)


def test_the_order_in_which_pages_come_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_ENTRIES", 3)
    assert taken(*(a_mail(number) for number in range(20, 0, -1))) == (["20", "19", "1"], 17)


def test_large_entries_of_clients_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_OF_OTHERS", 1000)
    entries = [a_mail(number, "x" * 400) for number in range(1, 11)]
    assert taken(*entries) == (["1", "10"], 8)


def test_while_entries_come_never_more_than_twice_the_bound_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_ENTRIES", 10)
    found = Intake()
    most = 0
    for number in range(1000):
        found.take([a_mail(number)])
        most = max(most, len(found._others))
    assert most <= 2 * 10
    assert found.taken().left_out == 990


def test_what_agents_wrote_is_whole_or_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_OF_STAFF", 1000)
    found = Intake()
    found.take([a_note("x" * 1000, NINE)])
    with pytest.raises(PayloadError, match="agents wrote more than"):
        found.take([a_note("x", NINE)])


@pytest.mark.parametrize(
    ("kind", "account", "is_claimed", "kept"),
    [
        (AuthorKind.AGENT, "", False, True),
        (AuthorKind.AGENT, "7", True, False),
        (AuthorKind.CONNECTOR, "", False, True),
        (AuthorKind.UNKNOWN, "7", False, True),
        (AuthorKind.UNKNOWN, "7", True, False),
        (AuthorKind.UNKNOWN, "8", False, False),
        (AuthorKind.UNKNOWN, "", False, False),
        (AuthorKind.CLIENT, "", False, False),
    ],
)
def test_only_agents_and_our_own_are_never_left_out(
    kind: AuthorKind, account: str, is_claimed: bool, kept: bool
) -> None:
    entry = Entry("1", a_note("", NINE).kind, Author(kind, "A", account=account), NINE, "x", Visibility.INTERNAL)
    assert is_kept(replace(entry, is_claimed=is_claimed), {"7", ""}) is kept


def test_the_bounds_are_those_that_the_security_page_names() -> None:
    assert (MOST_OF_AN_ENTRY, MOST_ENTRIES, intake.MOST_OF_OTHERS) == (65536, 5000, 8388608)
