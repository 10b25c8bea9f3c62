"""Working time: named situations with their own numbers, the edges of the calendar, and what is refused."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connector.wording import shown
from connector.working_time.calendar import Segment, WorkingCalendar
from connector.working_time.form import CalendarFormError
from connector.working_time.rules import CalendarError
from connector.working_time.zones import load_zone
from tests.connector.working_time.minute_counter import DAYS, MinuteCounter

BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = DAYS[:5]
WHOLE_DAY = [["00:00", "24:00"]]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_form(
    tz: str = "Europe/Berlin", days: tuple[str, ...] = WEEKDAYS, spans: Any = (("08:00", "17:00"),), **more: Any
) -> dict[str, Any]:
    return {"tz": tz, "hours": {day: [list(span) for span in spans] for day in days}, **more}


def a_calendar(**form: Any) -> WorkingCalendar:
    return WorkingCalendar.from_mapping(a_form(**form))


OFFICE = a_form()
ALWAYS = a_form(days=DAYS, spans=WHOLE_DAY)
NIGHTS = a_form(days=DAYS, spans=[("22:00", "06:00")])
SITUATIONS = {
    "an office day in winter": (OFFICE, "2026-01-15T07:00", "2026-01-15T16:00", 540),
    "an office day in summer": (OFFICE, "2026-07-15T06:00", "2026-07-15T15:00", 540),
    "a night between two office days": (OFFICE, "2026-01-15T15:30", "2026-01-16T07:30", 60),
    "a weekend": (OFFICE, "2026-01-16T15:00", "2026-01-19T08:00", 120),
    "round the clock over the hour that is skipped": (ALWAYS, "2026-03-28T23:00", "2026-03-29T22:00", 1380),
    "round the clock over the hour that is repeated": (ALWAYS, "2026-10-24T22:00", "2026-10-25T23:00", 1500),
    "a night shift over the hour that is skipped": (NIGHTS, "2026-03-28T12:00", "2026-03-29T12:00", 420),
    "a night shift over the hour that is repeated": (NIGHTS, "2026-10-24T12:00", "2026-10-25T12:00", 540),
    "a span that begins in the skipped hour": (
        a_form(days=("sun",), spans=[("02:30", "04:00")]),
        "2026-03-29T00:00",
        "2026-03-29T12:00",
        30,
    ),
    "a span inside the skipped hour": (
        a_form(days=("sun",), spans=[("02:15", "02:45")]),
        "2026-03-29T00:00",
        "2026-03-29T12:00",
        30,
    ),
    "a span that the clock change swallows": (
        a_form(days=("sun",), spans=[("02:30", "03:00")]),
        "2026-03-29T00:00",
        "2026-03-29T12:00",
        0,
    ),
    "a span inside the repeated hour counts in the first pass": (
        a_form(days=("sun",), spans=[("02:15", "02:45")]),
        "2026-10-25T00:00",
        "2026-10-25T12:00",
        30,
    ),
    "a span that ends after the repeated hour": (
        a_form(days=("sun",), spans=[("02:30", "03:30")]),
        "2026-10-25T00:00",
        "2026-10-25T12:00",
        120,
    ),
    "a night shift of which a holiday takes the part after midnight": (
        {**NIGHTS, "holidays": ["2026-01-01"]},
        "2025-12-31T12:00",
        "2026-01-01T12:00",
        120,
    ),
    "a night shift of which a holiday takes the part before midnight": (
        {**NIGHTS, "holidays": ["2026-01-01"]},
        "2026-01-01T12:00",
        "2026-01-02T12:00",
        360,
    ),
    "a holiday round the clock": ({**ALWAYS, "holidays": ["2026-05-01"]}, "2026-04-30T12:00", "2026-05-02T12:00", 1440),
    "a break": (
        {**OFFICE, "breaks": {"2026-01-15": [["11:00", "14:30"]]}},
        "2026-01-15T00:00",
        "2026-01-16T00:00",
        330,
    ),
    "a break over midnight": (
        {**NIGHTS, "breaks": {"2026-01-15": [["23:00", "01:00"]]}},
        "2026-01-15T12:00",
        "2026-01-16T12:00",
        360,
    ),
    "an override replaces the hours of its date": (
        {**OFFICE, "overrides": {"2026-12-24": [["08:00", "12:00"]]}},
        "2026-12-24T00:00",
        "2026-12-25T00:00",
        240,
    ),
    "an override without spans closes its date": (
        {**OFFICE, "overrides": {"2026-12-24": []}},
        "2026-12-24T00:00",
        "2026-12-25T00:00",
        0,
    ),
    "an override leaves the night shift that began the day before": (
        {**NIGHTS, "overrides": {"2026-01-15": []}},
        "2026-01-14T12:00",
        "2026-01-16T12:00",
        480,
    ),
    "a holiday wins over an override": (
        {**OFFICE, "overrides": {"2026-12-25": [["08:00", "12:00"]]}, "holidays": ["2026-12-25"]},
        "2026-12-25T00:00",
        "2026-12-26T00:00",
        0,
    ),
    "spans that touch or overlap count once": (
        a_form(spans=[("08:00", "12:00"), ("11:00", "14:00"), ("14:00", "17:00")]),
        "2026-01-15T00:00",
        "2026-01-16T00:00",
        540,
    ),
    "half an hour of daylight saving": (
        a_form(tz="Australia/Lord_Howe", days=DAYS, spans=WHOLE_DAY),
        "2026-04-03T13:00",
        "2026-04-06T13:30",
        4350,
    ),
    "an offset of half an hour": (a_form(tz="Asia/Kolkata"), "2026-01-15T00:00", "2026-01-15T12:00", 540),
    "a span of a whole day that starts in the morning": (
        a_form(days=("mon",), spans=[("08:00", "08:00")]),
        "2026-01-12T00:00",
        "2026-01-14T00:00",
        1440,
    ),
}


@pytest.mark.process("working-time", "calendar-dst")
@pytest.mark.parametrize("name", SITUATIONS)
def test_the_minutes_of_a_situation_are_counted(name):
    form, start, end, expected = SITUATIONS[name]
    counter = MinuteCounter(form, utc(start[:10]), 5)
    assert counter.count(utc(start), utc(end)) == expected
    assert WorkingCalendar.from_mapping(form).between(utc(start), utc(end)) == expected


@pytest.mark.parametrize("name", [name for name, situation in SITUATIONS.items() if situation[3]])
def test_adding_the_minutes_of_a_situation_gives_the_moment_that_uses_up_the_last_of_them(name):
    form, start, end, expected = SITUATIONS[name]
    calendar = WorkingCalendar.from_mapping(form)
    due_at = calendar.add(utc(start), expected)
    assert due_at == MinuteCounter(form, utc(start[:10]), 5).after(utc(start), expected)
    assert due_at <= utc(end)
    assert calendar.add(utc(start), expected) == due_at  # now within what the table covers


# --- due times ------------------------------------------------------------------------------------------------


def test_a_closing_time_is_a_due_time():
    assert a_calendar().add(utc("2026-01-16T15:00"), 60) == utc("2026-01-16T16:00")


def test_one_microsecond_more_than_the_day_has_falls_on_the_next_opening():
    due_at = a_calendar().add(utc("2026-01-16T15:00"), 60 + 1 / 60_000_000)
    assert due_at == utc("2026-01-19T07:00") + timedelta(microseconds=1)


def test_no_minutes_are_used_up_at_once_also_outside_working_hours_and_in_a_pause():
    night = utc("2026-01-16T22:00")
    assert a_calendar().add(night, 0) == night
    assert a_calendar().add(night, 0, [(night, None)]) == night


def test_minutes_that_start_at_an_opening_count_from_there():
    assert a_calendar().add(utc("2026-01-15T07:00"), 1) == utc("2026-01-15T07:01")


def test_minutes_that_start_outside_working_hours_count_from_the_next_opening():
    assert a_calendar().add(utc("2026-01-17T12:00"), 30) == utc("2026-01-19T07:30")


def test_fractions_are_kept_to_the_microsecond():
    start = utc("2026-01-15T10:00") + timedelta(microseconds=123_457)
    assert a_calendar().between(start, start + timedelta(seconds=90)) == 1.5
    assert a_calendar().add(start, 1.5) == start + timedelta(seconds=90)


def test_moments_may_be_given_in_any_zone_and_come_back_in_utc():
    start = datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=BERLIN)
    end = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN)
    calendar = a_calendar(days=DAYS, spans=WHOLE_DAY)
    assert calendar.between(start, end) == 60
    due_at = calendar.add(start, 60)
    assert due_at == end.astimezone(UTC)
    assert due_at.tzinfo is UTC


def test_a_reversed_range_has_no_minutes_near_and_far():
    calendar = a_calendar()
    late, early = utc("2026-01-15T12:00"), utc("2026-01-15T11:00")
    assert calendar.between(late, early) == 0
    assert calendar.between(late, early) == 0  # now within what the table covers
    assert calendar.between(late, utc("2026-01-14T11:00")) == 0
    assert calendar.between(late, utc("1850-01-14T11:00")) == 0
    assert calendar.between(late, late) == 0


# --- pauses ---------------------------------------------------------------------------------------------------


def pause(start: str, end: str | None) -> tuple[datetime, datetime | None]:
    return utc(f"2026-01-15T{start}"), None if end is None else utc(f"2026-01-15T{end}")


PAUSES = {
    "one": ([pause("10:00", "10:30")], "11:30", 90),
    "none of its own length": ([pause("10:00", "10:00")], "11:00", 120),
    "one that ends before it starts": ([pause("10:30", "10:00")], "11:00", 120),
    "overlapping and unsorted": (
        [pause("10:20", "10:40"), pause("10:00", "10:30"), pause("10:05", "10:10")],
        "11:40",
        80,
    ),
    "running when the count starts": ([pause("08:00", "09:30")], "11:30", 90),
    "over before the count starts": ([pause("07:00", "08:30")], "11:00", 120),
    "beginning when the minutes are used up": ([pause("11:00", "12:00")], "11:00", 120),
    "beginning with the count": ([pause("09:00", "09:10")], "11:10", 110),
    "without an end, but after the minutes are used up": ([pause("11:00", None)], "11:00", 120),
}


@pytest.mark.parametrize("name", PAUSES)
def test_a_pause_stops_the_clock_and_no_longer_than_it_lasts(name):
    pauses, due, counted = PAUSES[name]
    calendar, start = a_calendar(), utc("2026-01-15T09:00")
    assert calendar.add(start, 120, pauses) == utc(f"2026-01-15T{due}")
    assert calendar.between(start, utc("2026-01-15T11:00"), pauses) == counted


def test_a_pause_outside_working_hours_takes_nothing():
    pauses = [(utc("2026-01-15T16:00"), utc("2026-01-16T07:00"))]
    assert a_calendar().add(utc("2026-01-15T15:30"), 60, pauses) == utc("2026-01-16T07:30")


def test_there_is_no_due_time_while_a_pause_without_an_end_is_in_the_way():
    calendar, start = a_calendar(), utc("2026-01-15T09:00")
    assert calendar.add(start, 120, [pause("10:59", None)]) is None
    assert calendar.add(start, 120, [pause("08:00", None)]) is None
    assert calendar.between(start, utc("2026-01-20T09:00"), [pause("10:00", None)]) == 60


def test_pauses_may_be_given_in_any_zone():
    spans = [(datetime(2026, 1, 15, 11, tzinfo=BERLIN), datetime(2026, 1, 15, 11, 30, tzinfo=BERLIN))]
    assert a_calendar().between(utc("2026-01-15T09:00"), utc("2026-01-15T11:00"), spans) == 90


# --- openings and closings ------------------------------------------------------------------------------------


def test_an_opening_is_open_and_a_closing_is_not():
    calendar = a_calendar()
    assert calendar.is_open(utc("2026-01-15T07:00"))
    assert calendar.is_open(utc("2026-01-15T15:59:59"))
    assert not calendar.is_open(utc("2026-01-15T16:00"))
    assert not calendar.is_open(utc("2026-01-15T06:59:59"))


def test_the_next_opening_is_the_moment_itself_in_working_time():
    calendar = a_calendar()
    assert calendar.next_open(utc("2026-01-15T09:00")) == utc("2026-01-15T09:00")
    assert calendar.next_open(utc("2026-01-15T16:00")) == utc("2026-01-16T07:00")
    assert calendar.next_open(utc("2026-01-16T16:00")) == utc("2026-01-19T07:00")


def test_the_next_opening_may_be_in_a_later_year():
    calendar = a_calendar(holidays=["2026-01-01", "2026-01-02"])
    assert calendar.next_open(utc("2025-12-31T16:00")) == utc("2026-01-05T07:00")
    yearly = WorkingCalendar.from_mapping({"tz": "UTC", "hours": {}, "overrides": {"2029-03-01": [["10:00", "11:00"]]}})
    assert yearly.next_open(utc("2026-01-01T00:00")) == utc("2029-03-01T10:00")


def test_the_closing_is_the_end_of_the_interval_and_none_outside():
    calendar = a_calendar(spans=[("08:00", "12:00"), ("12:00", "17:00")])
    assert calendar.closes_at(utc("2026-01-15T07:00")) == utc("2026-01-15T16:00")
    assert calendar.closes_at(utc("2026-01-15T16:00")) is None


@pytest.mark.process("working-time")
def test_a_night_shift_over_new_year_is_one_interval():
    calendar = a_calendar(tz="UTC", days=DAYS, spans=[("22:00", "06:00")])
    assert calendar.closes_at(utc("2025-12-31T23:00")) == utc("2026-01-01T06:00")


@pytest.mark.process("calendar-24x7")
def test_round_the_clock_has_no_closing_within_a_year_but_for_a_holiday():
    assert a_calendar(days=DAYS, spans=WHOLE_DAY).closes_at(utc("2026-01-15T09:00")) is None
    calendar = a_calendar(days=DAYS, spans=WHOLE_DAY, holidays=["2026-12-25"])
    assert calendar.closes_at(utc("2026-01-15T09:00")) == utc("2026-12-24T23:00")


# --- explanations ---------------------------------------------------------------------------------------------


def test_segments_say_what_counts_and_why_not():
    calendar = a_calendar(holidays=["2026-01-16"], breaks={"2026-01-15": [["12:00", "13:00"]]})
    shown = [
        (segment.start.strftime("%a %H:%M"), segment.end.strftime("%a %H:%M"), segment.is_open, segment.why)
        for segment in calendar.segments(utc("2026-01-15T10:30"), utc("2026-01-19T08:00"))
    ]
    assert shown == [
        ("Thu 10:30", "Thu 11:00", True, "working hours"),
        ("Thu 11:00", "Thu 12:00", False, "break"),
        ("Thu 12:00", "Thu 16:00", True, "working hours"),
        ("Thu 16:00", "Thu 23:00", False, "outside working hours"),
        ("Thu 23:00", "Fri 23:00", False, "holiday"),
        ("Fri 23:00", "Mon 07:00", False, "outside working hours"),
        ("Mon 07:00", "Mon 08:00", True, "working hours"),
    ]


def test_a_break_outside_working_hours_is_just_outside_working_hours():
    calendar = a_calendar(breaks={"2026-01-15": [["18:00", "19:00"]]})
    start, end = utc("2026-01-15T16:30"), utc("2026-01-15T18:30")
    assert calendar.segments(start, end) == [Segment(start, end, False, "outside working hours")]


def test_segments_keep_fractions_of_seconds():
    start = utc("2026-01-15T15:59:59") + timedelta(microseconds=250_000)
    end = utc("2026-01-15T16:00") + timedelta(microseconds=500_000)
    assert a_calendar().segments(start, end) == [
        Segment(start, utc("2026-01-15T16:00"), True, "working hours"),
        Segment(utc("2026-01-15T16:00"), end, False, "outside working hours"),
    ]


def test_an_empty_or_reversed_range_has_no_segments():
    assert a_calendar().segments(utc("2026-01-15T10:00"), utc("2026-01-15T10:00")) == []
    assert a_calendar().segments(utc("2026-01-15T10:00"), utc("2026-01-15T09:00")) == []


def test_segments_end_where_time_does():
    last = datetime.max.replace(tzinfo=UTC)
    segments = a_calendar(tz="UTC", days=DAYS, spans=WHOLE_DAY).segments(last - timedelta(hours=1), last)
    assert segments == [Segment(last - timedelta(hours=1), last, True, "working hours")]


HOURS_TEXTS = [
    (OFFICE, "Mon-Fri 08:00-17:00 (Europe/Berlin)"),
    (a_form(tz="UTC", days=DAYS, spans=WHOLE_DAY), "24x7 (UTC)"),
    (a_form(tz="UTC", days=("sat",), spans=[("22:00", "06:00")]), "Sat 22:00-06:00 (UTC)"),
    (
        {"tz": "UTC", "hours": {**{d: [["08:00", "12:00"], ["13:00", "17:00"]] for d in DAYS[:4]}, "fri": WHOLE_DAY}},
        "Mon-Thu 08:00-12:00, 13:00-17:00; Fri 00:00-24:00 (UTC)",
    ),
    ({"tz": "UTC", "hours": {}, "overrides": {"2026-01-15": WHOLE_DAY}}, "single dates only (UTC)"),
]


@pytest.mark.parametrize(("form", "expected"), HOURS_TEXTS)
def test_the_hours_are_summed_up_in_a_line(form, expected):
    assert WorkingCalendar.from_mapping(form).hours_text == expected


# --- far away -------------------------------------------------------------------------------------------------


def test_centuries_are_counted_as_exactly_as_days():
    calendar = a_calendar(tz="UTC", days=DAYS, spans=WHOLE_DAY)
    first, last = utc("0001-01-01T00:00"), utc("9999-12-31T00:00")
    assert calendar.between(first, last) == (last - first) / timedelta(minutes=1)
    assert calendar.add(first, (last - first) / timedelta(minutes=1)) == last


@pytest.mark.untraced
def test_what_is_counted_year_by_year_agrees_with_what_is_counted_at_once():
    calendar = a_calendar(days=DAYS, holidays=["1990-06-15", "2150-06-15"], breaks={"2200-01-04": [["08:00", "09:00"]]})
    steps = [utc(f"{year}-05-05T09:30") for year in (*range(1760, 1821, 20), *range(2085, 2206, 20))]
    pieces = sum(calendar.between(start, end) for start, end in pairwise(steps))
    assert calendar.between(steps[0], steps[-1]) == pieces
    assert calendar.add(steps[0], pieces) == steps[-1]


def test_decades_in_which_the_zone_changed_its_rules_are_counted_as_they_were():
    calendar = a_calendar(days=("sun",), spans=[("02:30", "03:00")])  # longer in a year with clock changes
    steps = [utc(f"{year}-05-05T09:30") for year in range(1960, 2011, 10)]
    pieces = sum(calendar.between(start, end) for start, end in pairwise(steps))
    assert pieces > (steps[-1] - steps[0]).days // 7 * 30 + 30 * 25
    assert calendar.between(steps[0], steps[-1]) == pieces


@pytest.mark.parametrize("tz", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland"])
def test_the_far_future_and_past_keep_the_rules_of_their_zone(tz):
    form = a_form(tz=tz, spans=[("08:15", "16:45")], days=DAYS)
    calendar = WorkingCalendar.from_mapping(form)
    zone = load_zone(tz)
    for year in (1500, 2101, 2345, 5000):
        for month in (1, 7):
            opening = datetime(year, month, 15, 8, 15, tzinfo=zone).astimezone(UTC)
            assert calendar.next_open(opening - timedelta(minutes=1)) == opening
            assert calendar.between(opening - timedelta(days=1), opening + timedelta(minutes=7)) == 517
    days_of_400_years = 146_097
    assert calendar.between(utc("2199-01-01T00:00"), utc("2599-01-01T00:00")) == days_of_400_years * 510


@pytest.mark.untraced
def test_a_date_without_meaning_does_not_slow_down_what_follows():
    calendar = a_calendar()
    assert calendar.between(utc("0001-01-01T00:00"), utc("2026-01-15T09:00")) > 0
    assert not calendar.is_open(utc("0001-01-01T00:00"))
    assert calendar.add(utc("2026-01-15T09:00"), 60) == utc("2026-01-15T10:00")
    assert calendar.between(utc("2026-01-15T09:00"), utc("2026-01-15T10:00")) == 60


def test_the_last_moments_of_all_are_answered_too():
    last = datetime.max.replace(tzinfo=UTC)
    always = a_calendar(tz="UTC", days=DAYS, spans=WHOLE_DAY)
    assert always.is_open(last)
    assert always.next_open(last) == last
    assert always.closes_at(last - timedelta(hours=1)) == last
    assert always.between(last, last) == 0
    assert a_calendar().closes_at(utc("9998-01-15T09:00")) is not None


def test_a_calendar_of_single_dates_ends_with_them():
    calendar = WorkingCalendar.from_mapping(
        {"tz": "UTC", "hours": {}, "overrides": {"2026-01-15": [["10:00", "11:00"]]}}, "fair"
    )
    assert calendar.add(utc("2020-01-01T00:00"), 60) == utc("2026-01-15T11:00")
    assert calendar.between(utc("0001-01-01T00:00"), utc("9999-01-01T00:00")) == 60
    with pytest.raises(CalendarError, match=r"calendar 'fair' has not enough open time after 2020-01-01 00:00 UTC"):
        calendar.add(utc("2020-01-01T00:00"), 61)
    with pytest.raises(CalendarError, match="2026-01-15 11:00 UTC"):
        calendar.next_open(utc("2026-01-15T11:00"))


@pytest.mark.untraced
def test_more_minutes_than_time_has_are_an_error_and_no_endless_search():
    with pytest.raises(CalendarError, match="not enough open time"):
        a_calendar().add(utc("2026-01-15T09:00"), 1e300)


# --- sharing --------------------------------------------------------------------------------------------------


@pytest.mark.untraced
def test_threads_that_share_a_calendar_get_the_answers_of_one_alone():
    shared = a_calendar()
    starts = [utc(f"{year}-11-0{day}T09:00") for day in (4, 5) for year in (1990, 2005, 2020, 2021, 2024, 2026)]
    expected = [(a_calendar().add(s, 90_000), a_calendar().between(s, s + timedelta(days=500))) for s in starts]
    ready = threading.Barrier(8)
    found: dict[int, list[tuple[datetime | None, float]]] = {}

    def ask(number: int) -> None:
        ready.wait()
        order = starts[number * 3 :] + starts[: number * 3]
        answers = {s: (shared.add(s, 90_000), shared.between(s, s + timedelta(days=500))) for s in order}
        found[number] = [answers[s] for s in starts]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(8)] == [expected] * 8


def test_calendars_are_equal_when_they_say_the_same():
    assert a_calendar() == a_calendar()
    assert hash(a_calendar()) == hash(a_calendar())
    assert a_calendar() != a_calendar(days=DAYS)
    assert a_calendar() != OFFICE
    named = WorkingCalendar.from_mapping(OFFICE, "default")
    assert named != a_calendar()
    assert repr(named) == "<WorkingCalendar 'default': Mon-Fri 08:00-17:00 (Europe/Berlin)>"


def test_the_zone_is_the_packages_own_and_shared():
    assert a_calendar().zone is load_zone("Europe/Berlin")
    assert a_calendar().zone.key == "Europe/Berlin"


# --- what is refused ------------------------------------------------------------------------------------------

NAIVE = datetime(2026, 1, 15, 9)  # noqa: DTZ001
AWARE = utc("2026-01-15T09:00")


@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar: calendar.add(NAIVE, 30),
        lambda calendar: calendar.add(AWARE, 30, [(NAIVE, None)]),
        lambda calendar: calendar.add(AWARE, 30, [(AWARE, NAIVE)]),
        lambda calendar: calendar.between(NAIVE, AWARE),
        lambda calendar: calendar.between(AWARE, NAIVE),
        lambda calendar: calendar.is_open(NAIVE),
        lambda calendar: calendar.next_open(NAIVE),
        lambda calendar: calendar.closes_at(NAIVE),
        lambda calendar: calendar.segments(NAIVE, AWARE),
    ],
)
def test_a_moment_without_a_zone_is_refused(ask):
    with pytest.raises(ValueError, match="has no time zone; give an aware datetime"):
        ask(a_calendar())


@pytest.mark.parametrize("minutes", [-1, -0.001, float("inf"), float("nan")])
def test_minutes_that_are_no_length_are_refused(minutes):
    with pytest.raises(ValueError, match="working minutes are a finite number from 0 up"):
        a_calendar().add(AWARE, minutes)


def test_a_moment_that_utc_cannot_express_is_refused():
    beyond = datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        a_calendar().is_open(beyond)


REFUSED = {
    "a zone misspelt": (
        a_form(tz="europe/berlin"),
        "tz: there is no time zone 'europe/berlin'; expected an IANA name such as Europe/Berlin; "
        "did you mean 'Europe/Berlin'?",
    ),
    "a zone like nothing": (
        a_form(tz="Q"),
        "tz: there is no time zone 'Q'; expected an IANA name such as Europe/Berlin",
    ),
    "a path for a zone": (
        a_form(tz="../../q"),
        "tz: there is no time zone '../../q'; expected an IANA name such as Europe/Berlin",
    ),
    "a start at the end of the day": (
        a_form(days=("tue",), spans=[("24:00", "06:00")]),
        "hours.tue[0][0]: found '24:00'; expected a start from 00:00 to 23:59, as HH:MM",
    ),
    "a holiday that does not exist": (
        {**OFFICE, "holidays": ["2026-02-28", "2026-02-30"]},
        "holidays[1]: found '2026-02-30'; expected a date that exists, as YYYY-MM-DD",
    ),
    "hours that are empty": (
        {"tz": "UTC", "hours": {}},
        "hours: the calendar has no open minute; expected at least one span outside holidays and breaks",
    ),
    "a single date that is a holiday": (
        {"tz": "UTC", "hours": {}, "overrides": {"2026-01-15": WHOLE_DAY}, "holidays": ["2026-01-15"]},
        "hours: the calendar has no open minute; expected at least one span outside holidays and breaks",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_form_that_is_wrong_is_refused_with_what_is_expected(name):
    form, problem = REFUSED[name]
    with pytest.raises(CalendarFormError) as refused:
        WorkingCalendar.from_mapping(form)
    assert [str(one) for one in refused.value.problems] == [problem]


def test_every_problem_is_reported_at_once_with_the_path_of_the_calendar():
    form = {"tz": "Europe/Berln", "hours": {"mon": [["24:00", "07:00"]]}, "holidays": ["2026-02-30"]}
    with pytest.raises(CalendarFormError) as refused:
        WorkingCalendar.from_mapping(form, "calendars.acme")
    assert [shown(problem.path) for problem in refused.value.problems] == [
        "calendars.acme.tz",
        "calendars.acme.hours.mon[0][0]",
        "calendars.acme.holidays[0]",
    ]
    assert str(refused.value) == "\n".join(map(str, refused.value.problems))
