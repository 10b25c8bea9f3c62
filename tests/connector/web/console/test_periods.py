"""Periods as the address has them: moments in the desk's zone, and words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connector.web.console.periods import PERIODS, period_of
from connector.web.console.words import Wall
from connector.web.problems import HttpProblem

WALL = Wall(datetime(2026, 10, 26, 0, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
"""The day after the clocks went back."""


def test_each_period_begins_at_midnight_of_the_desk():
    begun = {since: period_of({"since": since}, WALL).begins.isoformat() for since in PERIODS}
    assert begun["today"] == "2026-10-25T23:00:00+00:00"
    assert begun["7d"] == "2026-10-18T22:00:00+00:00"
    assert period_of({}, WALL).is_usual
    assert not period_of({"since": "30d"}, WALL).is_usual


@pytest.mark.parametrize(
    ("query", "ends", "words"),
    [
        ({"since": "today"}, "2026-10-26T00:30:00+00:00", "today"),
        ({"since": "2026-10-20"}, "2026-10-26T00:30:00+00:00", "since Tue 20 Oct"),
        ({"since": "2025-12-31"}, "2026-10-26T00:30:00+00:00", "since Wed 31 Dec 2025"),
        ({"since": "2026-10-25", "until": "2026-10-25"}, "2026-10-25T23:00:00+00:00", "on Sun 25 Oct"),
        ({"since": "2026-10-20", "until": "2026-10-21"}, "2026-10-21T22:00:00+00:00", "from Tue 20 Oct to Wed 21 Oct"),
        ({"until": "today"}, "2026-10-26T00:30:00+00:00", "from Mon 19 Oct to Mon 26 Oct"),
    ],
)
def test_a_period_ends_with_its_last_day_or_now(query, ends, words):
    period = period_of(query, WALL)
    assert (period.ends.isoformat(), period.words) == (ends, words)


@pytest.mark.parametrize("query", [{"since": "x"}, {"until": "2026-10-27"}, {"since": "today", "until": "2026-10-25"}])
def test_what_is_no_period_is_refused(query):
    with pytest.raises(HttpProblem) as refused:
        period_of(query, WALL)
    assert refused.value.status == 400
    assert next(iter(reversed(query))) in refused.value.detail
