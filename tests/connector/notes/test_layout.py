"""Sections laid out so that the whole fits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.notes.layout import Item, Section, fitted


def steps(count: int, text: str = "a step that was taken", group: str = "") -> Section:
    lines = tuple(Item(f"{text} {number}", group) for number in range(1, count + 1))
    return Section("Steps", lines, "steps", is_numbered=True)


def test_everything_is_shown_where_there_is_room():
    notes = Section("Notes", (Item("One."), Item("Two.")))
    empty = [Section("Rest", ()), Section("Held", (), none="none recorded (Tess Tech held it)")]
    assert fitted("Head.", [steps(2), notes, *empty], "Foot", 1000) == (
        "Head.\n\nSteps\n1. a step that was taken 1\n2. a step that was taken 2\n\n"
        "Notes\nOne.\nTwo.\n\nRest\nnone recorded\n\nHeld\nnone recorded (Tess Tech held it)\n\nFoot"
    )


def test_the_numbers_run_through_groups_and_leave_out_what_is_no_thing():
    lines = (Item("a", "One"), Item("b", "One"), Item("none recorded", "Two", is_counted=False), Item("c", "Three"))
    assert Section("Steps", lines, "steps", is_numbered=True).body == (
        "\nOne\n1. a\n2. b\nTwo\nnone recorded\nThree\n3. c"
    )


def test_things_that_do_not_count_are_left_out_without_a_count_of_none():
    plans = tuple(Item("words " * 9, is_counted=False) for _ in range(3))
    assert "\n… left out …\n" in Section("Steps", (Item("a"), *plans, Item("b")), "steps").shortened(30)
    assert Section("Steps", plans, "steps").shortened(14) == "\n… left out …"


@pytest.mark.process("note-shortened")
def test_the_middle_of_a_long_list_is_left_out_and_counted():
    assert steps(9).shortened(110) == (
        "\n1. a step that was taken 1\n2. a step that was taken 2\n… 6 steps left out …\n9. a step that was taken 9"
    )


def test_a_group_that_is_cut_in_two_is_named_once_and_each_other_one_where_it_begins():
    lines = [Item(f"step {number}", "One" if number < 7 else "Two") for number in range(12)]
    cut_in_one = Section("Steps", tuple(lines), "steps", is_numbered=True).shortened(82)
    assert cut_in_one == "\nOne\n1. step 0\n2. step 1\n… 8 steps left out …\nTwo\n11. step 10\n12. step 11"
    assert steps(9, "x", "Only").shortened(52) == "\nOnly\n1. x 1\n2. x 2\n… 6 steps left out …\n9. x 9"


def test_long_lines_are_cut_before_many_are_left_out():
    shown = steps(6, "word " * 60).shortened(300)
    assert [line[:2] for line in shown.splitlines()[1:]] == ["1.", "2.", "… ", "5.", "6."]
    assert all(line.endswith("…") for line in shown.splitlines()[1:])


def test_all_lines_stay_where_cutting_the_longest_is_enough():
    shown = Section("Steps", (Item("short"), Item("word " * 60), Item("short too")), "steps").shortened(300)
    assert re.fullmatch(r"\nshort\nword .*word… \(\d+ words left out\)\nshort too", shown)


def test_a_single_line_and_sentences_lose_their_end():
    assert steps(1, "word " * 60).shortened(30) == "\n1. word word word word word…"
    assert Section("Notes", (Item("word " * 60),)).shortened(30) == "\nword word word word word…"
    shown = steps(1, "word " * 60).shortened(200)
    kept = len(shown.split("…")[0].split())
    assert shown.endswith(f"word… ({62 - kept} words left out)")


def test_where_nothing_fits_the_count_is_all_there_is():
    assert steps(9).shortened(25) == "\n… 9 steps left out …"
    assert steps(9).shortened(14) == "\n… 9 left out"


def test_a_short_section_leaves_its_room_to_the_others():
    sections = [
        Section("Short", (Item("x."),)),
        Section("Long", (Item("word " * 300),)),
        Section("Heavy", (Item("word " * 300),), weight=3),
    ]
    parts = fitted("Head.", sections, "Foot", 900).split("\n")
    assert parts[:3] == ["Head.", "Short", "x."]
    long, heavy = len(parts[4]), len(parts[6])
    assert heavy > 2 * long
    assert 840 <= long + heavy <= 900


@pytest.mark.process("note-fits")
@given(
    head=st.text(alphabet="ab ", min_size=1, max_size=900),
    items=st.lists(st.lists(st.text(alphabet="xy ", max_size=400), max_size=30), min_size=9, max_size=9),
    limit=st.integers(500, 5000),
)
def test_whatever_it_is_it_fits_and_ends_with_the_foot(head, items, limit):
    sections = [
        Section(
            f"Heading {number}",
            tuple(
                Item(text, f"group {index % 7 if index % 2 else ''}", index % 5 > 0) for index, text in enumerate(texts)
            ),
            "things" if number % 2 else "",
            1 + number % 4,
            is_numbered=number % 3 == 0,
        )
        for number, texts in enumerate(items)
    ]
    note = fitted(head, sections, "Ref. ESC-AAAAAAAAAA-BBBBBBBBBB", limit)
    assert len(note) <= limit
    assert note.endswith("\nRef. ESC-AAAAAAAAAA-BBBBBBBBBB")
    assert [line for line in note.splitlines() if line.startswith("Heading")] == [one.heading for one in sections]
