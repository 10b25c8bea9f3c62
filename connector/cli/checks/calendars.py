"""When the desk works: the zone, hours and next closed days of each calendar, and whether its data is too old."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import tzdata  # type: ignore[import-untyped]  # it has no types

from connector.config.settings import Settings
from connector.model import Finding, Severity
from connector.working_time.hours import closed_days

OK, WARNING = Severity.OK, Severity.WARNING
SHOWN_DAYS = 3
OLD_AFTER = timedelta(days=366)
_DAYS_A_RELEASE = 60
"""Zones are published some six times a year, as a, b, c …: when a release came out is known no closer than that."""

_RELEASE = re.compile(r"(20\d\d)([a-z])")


def of_calendars(settings: Settings, now: datetime) -> Iterator[Finding]:
    """The zone, the hours and the next closed days of each calendar."""
    forms = settings.policy_document.get("calendars", {})
    for name, calendar in settings.policy.calendars.items():
        here = now.astimezone(calendar.zone)
        days = _next_days(forms.get(name, {}), here.date())
        clock = f"there it is {here:%a %H:%M}"
        yield Finding(OK, f"calendar {name!r}", f"{calendar.hours_text}; {clock}; {days}")
    for name, form in forms.items():
        last = max(_dates(form.get("holidays", ())), default=now.date())
        if last < now.date():
            again = "say those that come, or a country, such as US-NY, whose days are known for years"
            yield Finding(WARNING, f"holidays of {name!r}", f"the last one by date was {last}: {again}")


def of_zone_data(now: datetime, version: str = tzdata.IANA_VERSION) -> Finding:
    """How old the rules of the time zones are: countries change them at short notice."""
    release = _RELEASE.fullmatch(version)
    if release is None:
        return Finding(WARNING, "time zones", f"their release {version!r} does not tell how old it is")
    number = ord(release[2]) - ord("a")
    out_by = date(int(release[1]), 1, 1) + timedelta(days=_DAYS_A_RELEASE * (number + 1))
    if now.date() - out_by > OLD_AFTER:
        why = "a country that changed its clocks since would be counted wrongly: install a newer tzdata, or escalator"
        return Finding(WARNING, "time zones", f"their data is release {version}, more than a year old; {why}")
    return Finding(OK, "time zones", f"their data is release {version}")


def _next_days(form: Mapping[str, Any], today: date) -> str:
    items = form.get("holidays", ())
    days = [f"{day:%a} {day}" + (f" ({name})" if name else "") for day, name in closed_days(items, today, SHOWN_DAYS)]
    if days:
        return f"closed next: {', '.join(days)}"
    return "no further closed day" if items else "no closed days (WORK_HOLIDAYS)"


def _dates(holidays: Sequence[str]) -> Iterator[date]:
    for written in holidays:
        with suppress(ValueError):  # a country's
            yield date.fromisoformat(written.strip())
