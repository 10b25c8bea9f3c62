"""Sections laid out so that the whole fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.notes.layout import Section, fitted


def steps(count: int, text: str = "a step that was taken") -> Section:
    return Section("Steps", tuple(f"{text} {number}" for number in range(1, count + 1)), "steps")


def test_everything_is_shown_where_there_is_room():
    assert fitted("Head.", [steps(2), Section("Notes", ("One.", "Two.")), Section("Rest", ())], "Foot", 1000) == (
        "Head.\n\n**Steps:**\n1) a step that was taken 1\n2) a step that was taken 2\n\n"
        "**Notes:** One. Two.\n\n**Rest:** none recorded\n\nFoot"
    )


@pytest.mark.process("note-shortened")
def test_the_middle_of_a_long_list_is_left_out_and_counted():
    assert steps(9).shortened(110) == (
        "\n1) a step that was taken 1\n2) a step that was taken 2\n… 6 steps left out …\n9) a step that was taken 9"
    )


def test_long_items_are_cut_before_many_are_left_out():
    shown = steps(6, "word " * 60).shortened(300)
    assert [line[:2] for line in shown.splitlines()[1:]] == ["1)", "2)", "… ", "5)", "6)"]
    assert all(line.endswith("…") for line in shown.splitlines()[1:])


def test_all_items_stay_where_cutting_them_is_enough():
    shown = steps(3, "word " * 60).shortened(500)
    assert [line[:2] for line in shown.splitlines()[1:]] == ["1)", "2)", "3)"]


def test_a_single_item_and_sentences_lose_their_end():
    assert steps(1, "word " * 60).shortened(30) == "\n1) word word word word word…"
    assert Section("Notes", ("word " * 60,)).shortened(30) == " word word word word word…"


def test_where_nothing_fits_the_count_is_all_there_is():
    assert steps(9).shortened(25) == "\n… 9 steps left out …"
    assert steps(9).shortened(14) == "\n… 9 steps…"


def test_a_short_section_leaves_its_room_to_the_others():
    sections = [
        Section("Short", ("x.",)),
        Section("Long", ("word " * 300,)),
        Section("Heavy", ("word " * 300,), weight=3),
    ]
    short, long, heavy = (len(part) for part in fitted("Head.", sections, "Foot", 900).splitlines()[1:4])
    assert short == len("**Short:** x.")
    assert heavy > 2 * long
    assert 860 <= short + long + heavy <= 900


@pytest.mark.process("note-fits")
@given(
    head=st.text(alphabet="ab ", min_size=1, max_size=900),
    items=st.lists(st.lists(st.text(alphabet="xy ", max_size=400), max_size=30), min_size=9, max_size=9),
    limit=st.integers(500, 5000),
)
def test_whatever_it_is_it_fits_and_ends_with_the_foot(head, items, limit):
    sections = [
        Section(f"Heading {number}", tuple(texts), "things" if number % 2 else "", 1 + number % 4)
        for number, texts in enumerate(items)
    ]
    note = fitted(head, sections, "Ref. ESC-AAAAAAAAAA-BBBBBBBBBB", limit)
    assert len(note) <= limit
    assert note.endswith("\nRef. ESC-AAAAAAAAAA-BBBBBBBBBB")
    positions = [note.index(section.title) for section in sections]
    assert positions == sorted(positions)
