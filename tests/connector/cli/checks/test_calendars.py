"""What ``check`` tells of the calendars and of the data behind them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.cli.checks.calendars import of_calendars, of_zone_data
from connector.config.settings import Settings, load_settings
from connector.model import Severity
from tests.connector.cli.checks.situations import settings

NOW = datetime(2026, 12, 24, 23, 30, tzinfo=UTC)


def with_days(days: str, zone: str = "Europe/Berlin") -> Settings:
    return load_settings({"WORK_TIME_ZONE": zone, "WORK_HOLIDAYS": days})


@pytest.mark.parametrize(
    ("days", "zone", "said"),
    [
        (
            "US-NY",
            "America/New_York",
            "there it is Thu 18:30; closed next: Fri 2026-12-25 (Christmas Day), Fri 2027-01-01 (New Year's Day), "
            "Mon 2027-01-18 (Martin Luther King Jr. Day)",
        ),
        # It is Christmas already there, and the day of the company's own stands between those of the country.
        (
            "DE, 2026-12-28",
            "Europe/Berlin",
            "there it is Fri 00:30; closed next: Fri 2026-12-25 (Christmas Day)",
        ),
        ("DE, 2026-12-28", "Europe/Berlin", "(Second Day of Christmas), Mon 2026-12-28"),
        ("2001-01-01", "UTC", "no further closed day"),
        ("", "UTC", "no closed days (WORK_HOLIDAYS)"),
    ],
)
def test_zone_hours_and_the_next_closed_days_of_a_calendar_are_told(days: str, zone: str, said: str) -> None:
    found = {finding.subject: finding for finding in of_calendars(with_days(days, zone), NOW)}["calendar 'default'"]
    assert found.message.startswith(f"Mon-Fri 08:00-17:00 ({zone}); there it is ")
    assert (found.severity, said in found.message) == (Severity.OK, True), found.message


@pytest.mark.parametrize(
    ("holidays", "last"),
    [
        (["2025-12-24", " 2025-12-31"], "2025-12-31"),
        (["US-NY", "2025-12-24"], "2025-12-24"),
        (["2025-12-24", "2026-12-24"], ""),
        (["US-NY"], ""),
    ],
)
def test_closed_days_that_are_all_over_are_warned_of(holidays: list[str], last: str) -> None:
    given = settings(policy_document={"calendars": {"default": {"holidays": holidays}, "late": {}}})
    warnings = [one.message for one in of_calendars(given, NOW) if one.severity is Severity.WARNING]
    assert [message.partition(":")[0] for message in warnings] == ([f"the last one by date was {last}"] if last else [])


@pytest.mark.parametrize(
    ("version", "severity"),
    [
        ("2026d", Severity.OK),
        ("2025f", Severity.OK),
        ("2025b", Severity.WARNING),
        ("2019c", Severity.WARNING),
        ("master", Severity.WARNING),
    ],
)
def test_data_of_time_zones_that_is_older_than_a_year_is_warned_of(version: str, severity: Severity) -> None:
    found = of_zone_data(NOW, version)
    assert (found.severity, version in found.message) == (severity, True)
