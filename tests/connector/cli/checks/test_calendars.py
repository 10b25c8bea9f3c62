"""What ``check`` tells of the calendars."""

from __future__ import annotations

from datetime import date

import pytest

from connector.cli.checks.calendars import of_holidays
from connector.cli.checks.settings import of_settings
from connector.model import Severity
from tests.connector.cli.checks.situations import settings


def test_calendars_are_listed():
    subjects = {finding.subject: finding for finding in of_settings(settings())}
    assert subjects["calendar 'default'"].severity is Severity.OK


@pytest.mark.parametrize(
    ("holidays", "last"),
    [
        (["2025-12-24", " 2025-12-31"], "2025-12-31"),
        (["US-NY", "2025-12-24"], "2025-12-24"),
        (["2025-12-24", "2026-03-02"], ""),
        (["US-NY"], ""),
    ],
)
def test_closed_days_that_are_all_over_are_warned_of(holidays: list[str], last: str) -> None:
    given = settings(policy_document={"calendars": {"default": {"holidays": holidays}, "late": {}}})
    messages = [finding.message for finding in of_holidays(given, date(2026, 3, 2))]
    assert [message.partition(":")[0] for message in messages] == ([f"the last one by date was {last}"] if last else [])
