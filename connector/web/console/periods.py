"""From when until when a page tells: as it stands in the address, as moments, and in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connector.report.words import day_since, day_text
from connector.web.console.words import Wall
from connector.web.problems import HttpProblem

PERIODS: Mapping[str, str] = {
    "today": "today",
    "7d": "in the last 7 days",
    "30d": "in the last 30 days",
    "90d": "in the last 90 days",
    "365d": "in the last 365 days",
}
"""The periods to choose from, in words."""

USUAL = "7d"
_LONGEST = 20


@dataclass(frozen=True, slots=True)
class ToldPeriod:
    """From ``begins`` on, before ``ends``. ``since``, ``until``: as the address has them, ``until`` empty for now."""

    since: str
    until: str
    begins: datetime
    ends: datetime
    words: str

    @property
    def is_usual(self) -> bool:
        """Whether it is the one that is told where none is asked for."""
        return self.since == USUAL and not self.until


def period_of(query: Mapping[str, str], wall: Wall) -> ToldPeriod:
    """The period that an address asks for. Raises HttpProblem 400 with what is wrong."""
    since = query.get("since", "").strip()[:_LONGEST] or USUAL
    until = query.get("until", "").strip()[:_LONGEST]
    begins, ends = _moment("since", since, wall), wall.now
    words = PERIODS.get(since) or f"since {_day(begins, wall)}"
    if until:
        last = _moment("until", until, wall)
        if last < begins:
            raise HttpProblem(400, "no_such_period", "There is no such period", "`until` lies before `since`.")
        after = (last.astimezone(wall.zone) + timedelta(days=1)).replace(hour=0)
        ends = min(ends, after.astimezone(wall.now.tzinfo))
        first, end = _day(begins, wall), _day(last, wall)
        words = f"on {first}" if first == end else f"from {first} to {end}"
    return ToldPeriod(since, until, begins, ends, words)


def _moment(name: str, text: str, wall: Wall) -> datetime:
    asked = wall.now.astimezone(wall.zone).date().isoformat() if text == "today" else text
    try:
        return day_since(asked, wall.now, wall.zone)
    except ValueError as error:
        raise HttpProblem(400, "no_such_period", "There is no such period", f"`{name}` {error}.") from None


def _day(moment: datetime, wall: Wall) -> str:
    day: date = moment.astimezone(wall.zone).date()
    this_year = wall.now.astimezone(wall.zone).year
    return day_text(day) if day.year == this_year else f"{day_text(day)} {day.year}"
