"""Windows zone names (issue 3, Halo specifics)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tzlocal.windows_tz import win_tz

from adapters.halopsa.workdays import iana_zone


@pytest.mark.parametrize("windows", [*win_tz, "Coordinated Universal Time", "Mid-Atlantic Standard Time"])
def test_every_windows_zone_name_stands_for_a_zone_that_exists(windows: str) -> None:
    found = iana_zone(f" {windows.upper()} ")
    assert found is not None
    assert ZoneInfo(found).key == found


@pytest.mark.parametrize(
    ("windows", "at_noon_in_july"),
    [("GMT Standard Time", 1), ("W. Europe Standard Time", 2), ("Pacific Standard Time", -7), ("FLE Standard Time", 3)],
)
def test_a_windows_zone_keeps_the_time_of_its_place(windows: str, at_noon_in_july: int) -> None:
    moment = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo(iana_zone(windows) or ""))
    assert moment.utcoffset() == timedelta(hours=at_noon_in_july)


@pytest.mark.parametrize("name", ["", "Europe/London", "Moon Standard Time"])
def test_a_name_that_is_none_stands_for_nothing(name: str) -> None:
    assert iana_zone(name) is None
