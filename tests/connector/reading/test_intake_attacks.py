"""What is taken away or cut off on the way in lets nobody's words out of a quote, of code or of what no page shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.reading.command_words import spoken_in
from connector.reading.html import plain, to_lines, to_text
from connector.reading.intake.texts import MOST_OF_A_SOURCE, MOST_OF_AN_ENTRY, taken_in
from connector.reading.own_words import end_of_markup, own_lines
from connector.reading.plans import plan_in

COMMAND = "/escalate urgency because the client is down"
PLAN = "Plan: restart the server and wait for the vendor"
LINES = ("y" * 70 + "\n") * (MOST_OF_A_SOURCE // 70)
PICTURE = "data:image/png;base64," + "iVBORw0K" * 200

Reader = Callable[[str], str]
pages = pytest.mark.parametrize("read", [to_lines, to_text])


@pages
@pytest.mark.parametrize(
    "inside",
    [
        "<!-- --{0}></blockquote><p>{1}</p><!-- -->",
        "</blockquote{0}><p>{1}</p>",
        "<style></style{0}></blockquote><p>{1}</p></style>",
        "<style></style\0x></blockquote><p>{1}</p></style>",
        "</blockquote\0x><p>{1}</p>",
        "</blockquote\ud83dx><p>{1}</p>",
    ],
)
@pytest.mark.parametrize("picture", ["data:a/b;base64,A", PICTURE])
def test_what_is_taken_away_makes_no_tag(inside: str, picture: str, read: Reader) -> None:
    page = f"<p>For the record:</p><blockquote><p>Hello</p>{inside.format(picture, COMMAND)}</blockquote>"
    assert spoken_in(taken_in(page, read).words) == []


@pytest.mark.parametrize("text", [f"> see data:image/png;base64,\n\n{PLAN}", f"Tried {PICTURE}\n{PLAN}"])
def test_a_picture_ends_where_its_letters_end(text: str) -> None:
    assert plan_in(taken_in(text, plain).words)


@pytest.mark.parametrize(
    "text",
    [
        f"> shot: {PICTURE}=\n```\n{COMMAND}\n```",
        f"Will look.\n{PICTURE}=\nFrom: Anna Adams <anna@acme.example>\nTo: Desk\nSubject: help\n\n{COMMAND}",
        f"ok {PICTURE}\n________________________________\nFrom: Anna <anna@acme.example>\n\n{COMMAND}",
    ],
)
def test_a_picture_takes_no_fence_and_no_head_away(text: str) -> None:
    assert spoken_in(taken_in(text, plain).words) == []


def test_words_that_only_look_like_a_picture_stay() -> None:
    text = "Sent data:image/png;base64,iVBORw0K to the vendor"
    assert taken_in(text, plain).words == text


@pages
def test_code_that_is_cut_stays_code(read: Reader) -> None:
    assert spoken_in(taken_in(f"<p>log</p><pre>{COMMAND}\n{LINES}</pre><p>own</p>", read).words) == []


@pages
@pytest.mark.parametrize(
    "page", ["<!--\n{}-->", "<style>\n{}</style>", "<script>\n{}</script>", '<a title="\n{}">x</a>']
)
def test_what_no_page_shows_stays_hidden_where_it_is_cut(page: str, read: Reader) -> None:
    found = taken_in("<p>a</p>" + page.format(f"{COMMAND}\n{LINES}"), read)
    assert spoken_in(found.words) == []
    assert found.unread


@pytest.mark.parametrize("read", [to_lines, to_text, plain])
def test_nothing_is_seen_of_what_ends_a_cut_text(read: Reader) -> None:
    found = taken_in("word " * MOST_OF_A_SOURCE, read)
    assert set(found.words.split()) <= {"word", "wor", "wo", "w"}


@pytest.mark.parametrize("mark", ["script", "style", "!--"])
@pytest.mark.untraced
def test_markup_in_plain_words_that_is_cut_is_no_word_of_the_author(mark: str) -> None:
    found = taken_in(f"The page says:\n<{mark}>\n{COMMAND}\n" + "z\n" * MOST_OF_AN_ENTRY, plain)
    assert COMMAND not in own_lines(found.words)
    assert spoken_in(found.words) == []


def test_markup_that_ends_is_ended_no_more() -> None:
    assert end_of_markup("<pre>\nx\n</pre>\n") == ""
    assert end_of_markup("<pre> and <script>\nx") == "\n</script>"
