"""Working time beside a minute-by-minute counter, over random calendars around clock changes and new years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connector.working_time.calendar import WorkingCalendar
from connector.working_time.rules import WORKING, CalendarError
from tests.connector.working_time.minute_counter import DAYS, MinuteCounter

LENGTH = 9
ZONES_AND_BEGINNINGS = (
    ("UTC", datetime(2026, 1, 5, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 12, 28, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 25, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 21, tzinfo=UTC)),
    ("America/New_York", datetime(2025, 12, 27, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 10, 28, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 9, 30, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 3, 4, tzinfo=UTC)),  # the jump is at midnight
    ("Africa/Casablanca", datetime(2026, 3, 18, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 26, tzinfo=UTC)),  # a whole date is skipped
)

times = st.integers(0, 24 * 4 - 1).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
span_lists = st.lists(st.tuples(times, times | st.just("24:00")).map(list), max_size=3)
minutes_in = st.integers(0, LENGTH * 1440)


@st.composite
def situations(draw):
    """A calendar and the counter that goes with it."""
    zone, first = draw(st.sampled_from(ZONES_AND_BEGINNINGS))
    dates = st.integers(-1, LENGTH + 1).map(lambda days: (first + timedelta(days=days)).date().isoformat())
    form = {
        "tz": zone,
        "hours": draw(st.dictionaries(st.sampled_from(DAYS), span_lists, max_size=7)),
        "overrides": draw(st.dictionaries(dates, span_lists, max_size=2)),
        "breaks": draw(st.dictionaries(dates, span_lists, max_size=2)),
        "holidays": draw(st.lists(dates, max_size=2)),
    }
    try:
        calendar = WorkingCalendar.from_mapping(form)
    except CalendarError:
        assume(False)
    return calendar, MinuteCounter(form, first, LENGTH)


@st.composite
def pauses_in(draw, first):
    spans = draw(st.lists(st.tuples(minutes_in, minutes_in | st.none()), max_size=4))
    return [(first + timedelta(minutes=a), None if b is None else first + timedelta(minutes=b)) for a, b in spans]


@pytest.mark.process("working-time", "calendar-dst")
@given(data=st.data(), situation=situations())
def test_the_minutes_between_two_moments_are_those_that_a_counter_finds(data, situation):
    calendar, counter = situation
    start, end = (counter.first + timedelta(minutes=data.draw(minutes_in)) for _ in range(2))
    pauses = data.draw(pauses_in(counter.first))
    assert calendar.between(start, end) == counter.count(start, end)
    assert calendar.between(start, end) == counter.count(start, end)  # now from the table
    assert calendar.between(start, end, pauses) == counter.count(start, end, pauses)


@given(data=st.data(), situation=situations())
def test_adding_gives_the_earliest_moment_at_which_the_minutes_are_used_up(data, situation):
    calendar, counter = situation
    start = counter.first + timedelta(minutes=data.draw(minutes_in))
    pauses = data.draw(pauses_in(counter.first))
    here = counter.count(start, counter.first + timedelta(days=LENGTH), pauses)
    minutes = data.draw(st.integers(0, here))
    due_at = counter.after(start, minutes, pauses)
    assert calendar.add(start, minutes, pauses) == due_at
    assert calendar.add(start, minutes, pauses) == due_at  # the first answer has made the table reach there


@given(situation=situations(), second=st.integers(0, LENGTH * 86_400), length=st.integers(1, 3_000_000_000))
def test_adding_and_measuring_undo_each_other_to_the_microsecond(situation, second, length):
    calendar, counter = situation
    start = counter.first + timedelta(seconds=second, microseconds=second % 7)
    minutes = length / 60_000_000
    try:
        due_at = calendar.add(start, minutes)
    except CalendarError:
        assert not any(calendar.rules.week)  # only single dates were open, and they are over
        return
    assert calendar.between(start, due_at) == minutes
    assert calendar.between(start, due_at - timedelta(microseconds=1)) < minutes


@given(situation=situations(), seconds=st.lists(st.integers(0, LENGTH * 86_400), min_size=3, max_size=3))
def test_what_lies_between_adds_up(situation, seconds):
    calendar, counter = situation
    first, middle, last = (counter.first + timedelta(seconds=second) for second in sorted(seconds))
    parts = calendar.between(first, middle) + calendar.between(middle, last)
    assert abs(parts - calendar.between(first, last)) < 1e-9
    assert calendar.between(last, first) == 0


@given(situation=situations(), seconds=st.lists(st.integers(0, LENGTH * 86_400), min_size=2, max_size=2))
def test_segments_cover_the_range_without_gaps_and_agree_with_the_table(situation, seconds):
    calendar, counter = situation
    start, end = (counter.first + timedelta(seconds=second) for second in sorted(seconds))
    segments = calendar.segments(start, end)
    edges = [start, *(segment.end for segment in segments)]
    assert [segment.start for segment in segments] == edges[:-1]
    assert edges[-1] == end
    for segment in segments:
        whole = (segment.end - segment.start) / timedelta(minutes=1)
        assert calendar.between(segment.start, segment.end) == (whole if segment.is_open else 0)
        assert calendar.is_open(segment.start) is segment.is_open is (segment.why == WORKING)


@given(situation=situations(), minute=minutes_in)
def test_openings_and_closings_are_where_a_counter_sees_them(situation, minute):
    calendar, counter = situation
    at = counter.first + timedelta(minutes=min(minute, LENGTH * 1440 - 1))
    here = counter.index(at)
    assert calendar.is_open(at) is bool(counter.open[here])
    opening = counter.open.find(1, here)
    if opening >= 0:
        assert calendar.next_open(at) == counter.first + timedelta(minutes=opening)
    closing = counter.open.find(0, here)
    if not calendar.is_open(at):
        assert calendar.closes_at(at) is None
    elif closing >= 0:
        assert calendar.closes_at(at) == counter.first + timedelta(minutes=closing)
