"""The client's day: whether it is about to end, and when it begins again."""

from __future__ import annotations

import pytest

from connector.working_time.client_day import deferred, end_of_day
from tests.builders import a_calendar, at, office_hours, round_the_clock

LUNCH = a_calendar({"thu": [["08:00", "12:00"], ["13:00", "17:00"]], "fri": [["08:00", "12:00"]]})
LAST_DAY = a_calendar({}, overrides={"2026-01-15": [["08:00", "17:00"]]})


@pytest.mark.process("day-advice")
@pytest.mark.parametrize(
    ("calendar", "clock", "minutes", "closing"),
    [
        (office_hours(), "16:29:59", 30, None),
        (office_hours(), "16:30", 30, "17:00"),
        (office_hours(), "16:59:59", 30, "17:00"),
        (office_hours(), "17:00", 30, None),
        (office_hours(), "07:59", 30, None),
        (office_hours(), "16:50", 0, None),
        (office_hours(), "16:50", 10, "17:00"),
        (office_hours("America/New_York"), "21:45", 30, "22:00"),
        (LUNCH, "11:45", 30, None),
        (LUNCH, "16:45", 30, "17:00"),
        (LAST_DAY, "16:45", 30, "17:00"),
        (round_the_clock(), "23:45", 30, None),
    ],
)
def test_the_day_is_about_to_end_in_its_last_minutes_and_not_before_lunch(calendar, clock, minutes, closing):
    assert end_of_day(calendar, at(clock), minutes) == (at(closing) if closing else None)


@pytest.mark.process("day-defer")
@pytest.mark.parametrize(
    ("calendar", "clock", "until"),
    [
        (office_hours(), "16:29", at("16:29")),
        (office_hours(), "16:30", at("08:00", day=16)),
        (office_hours(), "17:00", at("17:00")),
        (LUNCH, "11:45", at("11:45")),
        (LAST_DAY, "16:45", at("16:45")),
        (round_the_clock(), "23:45", at("23:45")),
    ],
)
def test_what_waits_for_the_client_waits_for_the_next_opening(calendar, clock, until):
    assert deferred(calendar, at(clock), 30) == until


def test_over_a_weekend_it_waits_for_monday():
    assert deferred(office_hours(), at("16:45", day=16), 30) == at("08:00", day=19)
