"""How long an override holds, as people write it: ``45m``, ``1h30m``, ``until 16:30``, ``none``, ``off``. Pure.

Lengths are working minutes. A time of day is one of the zone that is written after it, else of the one that the caller
gives; the day is always one of the latter. A wall time that a clock change repeats is its first pass, one that it skips
is moved on by the change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum
from zoneinfo import ZoneInfo

from connector.reading.zones import zone_after, zone_called
from connector.wording import WEEKDAYS


class Whole(Enum):
    """``NONE``: no limit in this stint. ``OFF``: the limits hold again."""

    NONE = "none"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Lasting:
    """For so many working minutes from the note on."""

    minutes: float


@dataclass(frozen=True, slots=True)
class Until:
    """Until a time of day, on the day that ``day`` names (``today`` where it is empty), or until an exact moment.

    ``zone``: the name of the zone that was written with it, if any.
    """

    day: str
    at: time
    moment: datetime | None = None
    zone: str = ""

    def resolve(self, said_at: datetime, own: ZoneInfo) -> datetime:
        """The moment meant by somebody whose zone is ``own`` and who wrote it at ``said_at``, in UTC.

        Raises UnknownZone for a zone that cannot be relied on.
        """
        zone = zone_called(self.zone, own, said_at.year) if self.zone else own
        if self.moment is not None:
            aware = self.moment if self.moment.tzinfo else self.moment.replace(tzinfo=zone)
            return aware.astimezone(UTC)
        return _on(_day(self.day, said_at.astimezone(own).date()), self.at, zone, own)


HowLong = Whole | Lasting | Until

_MOST_MINUTES = 10_000_000
_WHOLE = re.compile(r"(none|off)\b", re.IGNORECASE)
_HOURS = r"(?P<hours>\d{1,5}(?:[.,]\d{1,3})?)\s*(?:hours?|hrs?|h)"
_MINUTES = r"(?P<{0}>\d{{1,7}}(?:[.,]\d{{1,3}})?)\s*(?:minutes?|mins?|min|m)"
_LENGTH = re.compile(
    rf"(?:for\s+)?(?:{_HOURS}(?:\s*(?:and\s+)?{_MINUTES.format('more')}|(?P<bare>\d{{2}}))?|{_MINUTES.format('minutes')})"
    r"(?!\w|:\d)",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"(?:until|till|til)\b\s*", re.IGNORECASE)
_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:(?:T|[\s,]+)(?:at\s+)?(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>z|[+-]\d\d:?\d\d)?)?(?!\w|:\d)",
    re.IGNORECASE,
)
_YEARS = range(2000, 3000)
_DAY = rf"(?:on\s+)?(?P<{{0}}>today|tomorrow|{'|'.join(f'{day[:3]}(?:{day[3:]})?' for day in WEEKDAYS)})\b"
_CLOCK = r"(?:at\s+)?(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s*(?P<half>[ap]\.?m\.?)?(?!\w|:\d)"
_WHEN = re.compile(
    rf"(?:{_DAY.format('first')}[\s,]*)?{_CLOCK}(?:[\s,]*{_DAY.format('last')})?",
    re.IGNORECASE,
)
_DAY_LATER = re.compile(rf"[\s,]*{_DAY.format('day')}", re.IGNORECASE)
_DAY_ALONE = re.compile(_DAY.format("day"), re.IGNORECASE)


def read_how_long(text: str) -> tuple[HowLong | str, str]:
    """How long the text asks for, with what follows it; in place of a span, what is wrong with it, as a clause."""
    if found := _WHOLE.match(text):
        return Whole(found[1].lower()), text[found.end() :]
    if found := _UNTIL.match(text):
        return _until(text[found.end() :])
    if found := _LENGTH.match(text):
        return _lasting(found), text[found.end() :]
    if found := re.match(r"\d{1,9}(?!\w|:\d)", text):
        return f"{found[0]} of what: write {found[0]}m for minutes or {found[0]}h for hours", ""
    return "how long the override holds is missing", ""


def _lasting(found: re.Match[str]) -> HowLong | str:
    hours, more, bare, minutes = (_number(found[name]) for name in ("hours", "more", "bare", "minutes"))
    total = 60 * hours + more + bare + minutes
    if not 0 < total <= _MOST_MINUTES:
        return f"{found[0].strip()} is no length of time"
    return Lasting(total)


def _number(text: str | None) -> float:
    return float(text.replace(",", ".")) if text else 0.0


def _until(text: str) -> tuple[HowLong | str, str]:
    if found := _ISO.match(text):
        if not found["hour"]:
            return f"the time of day on {found['date']} is missing", ""
        moment = _moment(found)
        if not isinstance(moment, Until):
            return moment, ""
        zone, end = ("", found.end()) if found["zone"] else zone_after(text, found.end())
        return replace(moment, zone=zone), text[end:]
    if found := _WHEN.match(text):
        at = _time(found["hour"], found["minute"], found["half"])
        if at is not None:
            zone, end = zone_after(text, found.end())
            day = found["first"] or found["last"] or ""
            if zone and not day and (later := _DAY_LATER.match(text, end)):
                day, end = later["day"], later.end()
            return Until(day.lower()[:3], at, zone=zone), text[end:]
        return f"{found[0].strip()} is no time of day", ""
    if found := _DAY_ALONE.match(text):
        return f"the time of day {found[0].strip()} is missing", ""
    return "the time after until is missing", ""


def _moment(found: re.Match[str]) -> Until | str:
    """The moment of an ISO date with a time, and its zone where it has one."""
    at = _time(found["hour"], found["minute"], found["half"])
    zone = (found["zone"] or "").upper().replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{found['date']}T{at}{zone}") if at is not None else None
        moment = moment and moment.replace(second=int(found["second"] or 0))
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        return f"{' '.join(found[0].split())} is no date and time"
    return Until("", time(), moment)


def _time(hour_text: str, minute_text: str | None, half: str | None) -> time | None:
    """``16:30``, ``4:30 pm``; a bare ``16`` says nothing of minutes and is taken only with am or pm."""
    hour, minute = int(hour_text), int(minute_text or 0)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0].lower() == "p" else 0)
    elif minute_text is None:
        return None
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _on(day: date, at: time, zone: tzinfo, own: ZoneInfo) -> datetime:
    """When it is that time of day in ``zone`` on a day of ``own``; on that day of ``zone`` where it never is."""
    for shift in (0, -1, 1):
        moment = datetime.combine(day + timedelta(days=shift), at, zone).astimezone(UTC)
        if moment.astimezone(own).date() == day:
            return moment
    return datetime.combine(day, at, zone).astimezone(UTC)


def _day(name: str, today: date) -> date:
    """``""`` and ``tod`` are today, ``tom`` tomorrow, a weekday the next one of that name."""
    if name in ("", "tod"):
        return today
    if name == "tom":
        return today + timedelta(days=1)
    ahead = ([day[:3] for day in WEEKDAYS].index(name) - today.weekday()) % 7
    return today + timedelta(days=ahead or 7)
