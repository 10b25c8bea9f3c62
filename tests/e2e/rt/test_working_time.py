"""Request Tracker's own arithmetic of service agreements, as an independent clock, against ours.

Not compared: hours that run past midnight. Business::Hours 0.13, on which RT relies, does not see on a Sunday what is
left of Saturday's night, and takes the night of a change to summer time to be as long as any other.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from connector.working_time.calendar import WorkingCalendar
from connector.working_time.hours import holiday_dates, week_from
from tests.e2e.rt.conftest import proven_on
from tests.e2e.rt.instance import HERE, SQLITE, Instance

pytestmark = [pytest.mark.e2e, proven_on(SQLITE)]

YEARS = (2026, 2027)
SEED = 5


class Agreement(NamedTuple):
    """A level of the instance's configuration, in the words of ours; ``limits`` in minutes by RT's kind."""

    hours: str
    zone: str
    holidays: Sequence[str]
    limits: Mapping[str, int]

    @property
    def calendar(self) -> WorkingCalendar:
        days = [f"{year}-{day}" for year in range(YEARS[0] - 1, YEARS[-1] + 2) for day in self.holidays]
        form = {"tz": self.zone, "hours": week_from(self.hours), "holidays": holiday_dates(days)}
        return WorkingCalendar.from_mapping(form)


LEVELS = {
    "office": Agreement("mon-fri 09:00-17:00", "America/New_York", ("01-01", "12-25"), {"Response": 30, "Resolve": 60}),
    "split": Agreement(
        "mon-thu 08:00-12:00 13:00-18:00; fri 08:00-15:30; sat 09:00-12:00",
        "Europe/Berlin",
        ("01-01", "05-01", "10-03", "12-25", "12-26"),
        {"Response": 30, "Resolve": 240},
    ),
    "always": Agreement("24x7", "UTC", (), {"Response": 30, "Resolve": 60}),
}


def starts(calendar: WorkingCalendar, minutes: int) -> Iterator[datetime]:
    """Moments at the edges of working time, where mistakes live, and anywhere."""
    pick = random.Random(f"{SEED} {calendar} {minutes}")
    first = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    changes = [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)]
    changes += [
        datetime(2026, 10, 25, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 12, 25, tzinfo=UTC),
    ]
    for around in [*changes, *(first + timedelta(days=pick.randrange(700)) for _ in range(5))]:
        opening = calendar.next_open(around)
        closing = calendar.closes_at(opening) or opening + timedelta(hours=8)
        yield from (opening - timedelta(seconds=1), opening, closing - timedelta(seconds=1), closing)
        yield from (closing - timedelta(minutes=minutes, seconds=more) for more in (-1, 0, 1))
    for _ in range(30):
        yield first + timedelta(seconds=pick.randrange(700 * 24 * 3600))


def answers_of(instance: Instance, level: str, kind: str, moments: Sequence[datetime]) -> list[datetime]:
    """When Request Tracker says that it is due."""
    said = instance.perl(HERE / "perl" / "sla_due.pl", level, kind, *(f"{at.timestamp():.0f}" for at in moments))
    return [datetime.fromtimestamp(int(line.split()[1]), UTC) for line in said.splitlines()]


def test_request_trackers_own_deadlines_are_ours(instance: Instance, figures: list[str]) -> None:
    """Equal to the second, but for a limit that ends exactly at closing time: ours is due then, RT's at the opening."""
    count: Counter[str] = Counter()
    different = []
    for level, agreement in LEVELS.items():
        calendar = agreement.calendar
        for kind, minutes in agreement.limits.items():
            moments = list(starts(calendar, minutes))
            for start, theirs in zip(moments, answers_of(instance, level, kind, moments), strict=True):
                ours = calendar.add(start, minutes)
                assert ours is not None
                if theirs == ours:
                    count["equal"] += 1
                elif not calendar.is_open(ours) and theirs == calendar.next_open(ours):
                    count["exactly at closing time"] += 1
                else:
                    different.append((level, kind, start.isoformat(), theirs.isoformat(), ours.isoformat()))
    figures.append(f"{count.total() + len(different)} deadlines: {dict(count)}, different: {len(different)}")
    assert different == []
    assert count["equal"] >= 100
    assert count["exactly at closing time"] >= 10
