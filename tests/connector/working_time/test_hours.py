"""Working hours and holidays as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connector.working_time.calendar import WorkingCalendar
from connector.working_time.hours import HOLIDAY_YEARS, WorkHoursError, closed_days, countries, holiday_dates, week_from

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EARLY, LATE = ["08:00", "12:00"], ["13:00", "17:00"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-wed 08:00-12:00", {"mon": [EARLY], "tue": [EARLY], "wed": [EARLY]}),
        ("tue 08:00-12:00 13:00-17:00", {"tue": [EARLY, LATE]}),
        ("tue 08:00-12:00, 13:00-17:00", {"tue": [EARLY, LATE]}),
        ("sat 08:00-12:00; mon 13:00-17:00", {"mon": [LATE], "sat": [EARLY]}),
        ("sat 08:00-12:00\nmon 13:00-17:00", {"mon": [LATE], "sat": [EARLY]}),
        ("sat-mon 08:00-12:00", {"mon": [EARLY], "sat": [EARLY], "sun": [EARLY]}),
        ("mon,wed 08:00-12:00", {"mon": [EARLY], "wed": [EARLY]}),
        ("mon, mon 08:00-12:00", {"mon": [EARLY]}),
        ("mon 08:00-12:00; mon 13:00-17:00;", {"mon": [EARLY, LATE]}),
        ("Monday - Tues 8:00 – 12:00", {"mon": [EARLY], "tue": [EARLY]}),
        ("fri 22:00-06:00", {"fri": [["22:00", "06:00"]]}),
        ("fri 00:00-24:00", {"fri": [["00:00", "24:00"]]}),
        ("24x7", {day: [["00:00", "24:00"]] for day in WEEK}),
        (" 24/7 ", {day: [["00:00", "24:00"]] for day in WEEK}),
    ],
)
def test_hours_become_spans_for_each_weekday(text, expected):
    assert week_from(text) == expected


def test_a_range_that_ends_a_day_before_it_starts_is_the_whole_week():
    assert tuple(week_from("wed-tue 08:00-12:00")) == WEEK


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["no hours; expected days and times"]),
        (" ; ", ["no hours; expected days and times"]),
        ("08:00-17:00", ["no days in '08:00-17:00'"]),
        ("mon-fri", ["no times in 'mon-fri'"]),
        ("mom 08:00-17:00", ["'mom' is no weekday"]),
        ("mo 08:00-17:00", ["'mo' is no weekday"]),
        ("mon- 08:00-17:00", ["'08:00-17:00' is no weekday"]),
        ("mon 8-17", ["'8-17' is no span of time"]),
        ("mon 25:00-26:00", ["'25:00' is no time of day"]),
        ("mon 08:60-09:00", ["'08:60' is no time of day"]),
        ("mon 24:00-02:00", ["'24:00-02:00' starts at the day's end"]),
        ("mon 08:00-08:00", ["'08:00-08:00' ends where it starts"]),
        ("mon 08:00-12:00 sat 09:00-12:00", ["expected ';' before 'sat'"]),
        ("foo 08:00-12:00; sat 9-12", ["'foo' is no weekday", "'9-12' is no span of time"]),
    ],
)
def test_every_problem_of_the_hours_is_reported(text, problems):
    with pytest.raises(WorkHoursError) as caught:
        week_from(text)
    found = caught.value.problems
    assert len(found) == len(problems)
    for problem, start in zip(found, problems, strict=True):
        assert start in problem


def test_hours_and_holidays_make_a_calendar():
    form = {"tz": "UTC", "hours": week_from("mon-fri 08:00-17:00"), "holidays": holiday_dates(["US-NY"])}
    calendar = WorkingCalendar.from_mapping(form)
    assert calendar.is_open(datetime(2026, 1, 2, 9, tzinfo=UTC))
    assert not calendar.is_open(datetime(2026, 1, 1, 9, tzinfo=UTC))


@pytest.mark.process("working-time")
def test_holidays_are_dates_of_countries_of_their_parts_and_single_ones_without_repeats():
    dates = holiday_dates(["gb", " 2026-12-24 ", "2026-12-25", "de-by"])
    assert dates == sorted(set(dates))
    assert {"2026-12-24", "2026-12-25", "2026-01-06", "2026-11-01"} <= set(dates)


def test_the_next_closed_days_are_told_in_order_with_the_names_that_countries_have_for_them():
    found = closed_days(["US-NY", " 2026-12-25", "2026-12-28", "2026-12-01"], date(2026, 12, 25), 3)
    assert found == [
        (date(2026, 12, 25), "Christmas Day"),
        (date(2026, 12, 28), ""),
        (date(2027, 1, 1), "New Year's Day"),
    ]
    assert closed_days(["2026-12-25"], date(2026, 12, 26), 3) == []


def test_a_part_of_a_country_has_holidays_of_its_own():
    assert "2026-08-31" not in holiday_dates(["GB"])
    assert "2026-08-31" in holiday_dates(["GB-ENG"])


def test_the_years_are_fixed_and_no_clock_is_asked():
    years = {int(day[:4]) for day in holiday_dates(["US"])}
    assert {HOLIDAY_YEARS[0], HOLIDAY_YEARS[-1]} <= years


def test_a_country_known_for_some_years_only_does_not_warn():
    assert "2026-01-26" in holiday_dates(["IN"])


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("2026-02-30", "'2026-02-30' is no date"),
        ("2026-2-3", "'2026-2-3' is no date"),
        ("", "'' names no country"),
        ("USS", "did you mean 'US'?"),
        ("Germany", "'Germany' names no country"),
        ("US-NX", "'US-NX' names no part of US; expected one of its parts: AK, AL"),
        ("DE-Augsburgg", "did you mean 'Augsburg'?"),
        ("VA-X", "expected one of its parts: none"),
    ],
)
def test_an_unknown_holiday_is_named_with_what_is_near(item, problem):
    with pytest.raises(WorkHoursError, match=r".") as caught:
        holiday_dates([item])
    assert problem in str(caught.value)


def test_every_problem_of_the_holidays_is_reported():
    with pytest.raises(WorkHoursError) as caught:
        holiday_dates(["USS", "2026-12-25", "2026-02-30"])
    assert len(caught.value.problems) == 2


def test_the_countries_are_those_whose_holidays_are_known() -> None:
    assert "NY" in countries()["US"]
    for country in ("US", "GB", "DE"):
        assert holiday_dates([country])
