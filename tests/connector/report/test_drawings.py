"""The geometry of drawings over time: columns, bars that lie, and the parts of a whole."""

from __future__ import annotations

from itertools import pairwise

import pytest

from connector.report.drawings import columns_drawing, rows_drawing, shares_drawing


def test_columns_stand_on_the_ground_each_part_on_the_one_below():
    drawing = columns_drawing([("2 Mar", [("A", 3), ("B", 1)]), ("3 Mar", [("A", 0), ("B", 2)]), ("4 Mar", [])])
    first, second, third = drawing.columns
    assert [(part.y, part.height, part.tone, part.words) for part in first.parts] == [
        (65.0, 135.0, 1, "2 Mar: 3 from A"),
        (20.0, 45.0, 2, "2 Mar: 1 from B"),
    ]
    assert (first.number, first.top) == (4, 20.0)
    assert [(part.y, part.height, part.tone) for part in second.parts] == [(110.0, 90.0, 2)]
    assert (third.number, third.parts, third.top) == (0, (), 200.0)
    assert [column.label for column in drawing.columns] == ["2 Mar", "3 Mar", "4 Mar"]
    assert first.x + first.width / 2 == pytest.approx(first.middle, abs=0.1)


@pytest.mark.parametrize(
    ("highest", "lines"),
    [
        (0, [0]),
        (1, [0, 1]),
        (2, [0, 1, 2]),
        (8, [0, 2, 4, 6, 8]),
        (9, [0, 2, 4, 6, 8]),
        (47, [0, 20, 40]),
        (130, [0, 50, 100]),
    ],
)
def test_the_axis_begins_at_zero_and_has_lines_at_round_numbers(highest, lines):
    drawing = columns_drawing([("day", [("A", highest)])])
    assert [number for _, number in drawing.lines] == lines
    ys = [y for y, _ in drawing.lines]
    assert ys == sorted(ys, reverse=True)
    assert all(20 <= y <= 200 for y in ys)


def test_of_many_columns_some_have_a_label_and_none_overlaps():
    drawing = columns_drawing([(f"{n}", [("A", 1)]) for n in range(90)])
    assert sum(bool(column.label) for column in drawing.columns) <= 17
    for one, other in pairwise(drawing.columns):
        assert one.x + one.width < other.x
    assert drawing.columns[-1].x + drawing.columns[-1].width <= drawing.width


def test_a_further_tier_has_the_tone_of_the_third():
    (column,) = columns_drawing([("day", [(str(n), 1) for n in range(5)])]).columns
    assert [part.tone for part in column.parts] == [1, 2, 3, 3, 3]


def test_nothing_is_drawn_of_nothing():
    assert columns_drawing([]).columns == ()
    assert rows_drawing([]).rows == ()
    assert shares_drawing([("none", 0, 1)]) == ()


def test_bars_are_in_proportion_to_the_longest():
    drawing = rows_drawing([("Time", 20, "20"), ("Knowledge", 5, "5"), ("Urgency", 0, "0")])
    assert [row.width for row in drawing.rows] == [230.0, 57.5, 0.0]
    assert drawing.height == 90
    assert all(row.words_x == pytest.approx(208 + row.width) for row in drawing.rows)


def test_the_parts_fill_the_whole_and_the_smallest_can_be_seen():
    parts = shares_drawing([("A", 990, 1), ("none", 0, 2), ("B", 9, 2), ("C", 1, 3)])
    assert [part.words for part in parts] == ["A: 990", "B: 9", "C: 1"]
    assert min(part.width for part in parts) >= 2
    assert parts[-1].x + parts[-1].width == pytest.approx(1078, abs=0.5)
    for one, other in pairwise(parts):
        assert one.x + one.width < other.x
