"""When the desk works: the zone, the hours and the next closed days of each calendar, and how old its data is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date

from connector.config.settings import Settings
from connector.model import Finding, Severity

OK, WARNING = Severity.OK, Severity.WARNING


def of_holidays(settings: Settings, today: date) -> Iterator[Finding]:
    """Calendars whose closed days, where they are given one by one, are all over: the next ones were forgotten."""
    for name, form in settings.policy_document.get("calendars", {}).items():
        last = max(_dates(form.get("holidays", ())), default=today)
        if last < today:
            again = "say those that come, or a country, such as US-NY, whose days are known for years"
            yield Finding(WARNING, f"holidays of {name!r}", f"the last one by date was {last}: {again}")


def _dates(holidays: Sequence[str]) -> Iterator[date]:
    for written in holidays:
        with suppress(ValueError):  # a country's
            yield date.fromisoformat(written.strip())
