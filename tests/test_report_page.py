"""The report of a week in docs/ is the one that is made now."""

from __future__ import annotations

import pytest

from tests.report_page import PAGE, report_of_a_week


@pytest.mark.soak
def test_the_report_of_a_week_is_up_to_date() -> None:
    assert report_of_a_week() == PAGE.read_text(encoding="utf-8"), "run: python -m tests.report_page"
