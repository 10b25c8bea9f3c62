"""When what waits for its turn comes to it: clocks that are taken up, and escalations that the brake lets go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.policy.policy import Policy
from connector.store.pace.adoption import AdoptionStanding
from connector.store.pace.brake import HOUR, BrakeStanding
from connector.working_time.calendar import WorkingCalendar
from connector.working_time.rules import CalendarError


@dataclass(frozen=True, slots=True)
class Pace:
    """``adopt_per_hour``: so many adopted tickets' clocks begin in a working hour; ``escalations_per_hour``: so many
    escalations by time go up within an hour. 0 for any number.
    """

    adopt_per_hour: int = 0
    escalations_per_hour: int = 0


def calendar_named(policy: Policy, name: str) -> WorkingCalendar:
    """A calendar of the policy; that of the first tier where the policy has no such one any more."""
    known: Mapping[str, WorkingCalendar] = policy.calendars
    return known[name] if name in known else known[policy.tiers[0].calendar]


def opens_at(calendar: WorkingCalendar, at: datetime) -> datetime | None:
    """The first working moment from then on; None where the calendar has none."""
    try:
        return calendar.next_open(at)
    except CalendarError:
        return None


def begins_at(
    calendar: WorkingCalendar, standing: AdoptionStanding, per_hour: int, number: int, now: datetime
) -> datetime | None:
    """When the clock of the ticket of that number in the queue begins, if none before it leaves that; never past."""
    if not per_hour:
        return now
    apart = 60 / per_hour
    try:
        first = calendar.next_open(now)
        if standing.begun_at is not None:
            first = max(first, calendar.next_open(calendar.add(standing.begun_at, apart) or now))
        return calendar.next_open(calendar.add(first, apart * (number - 1)) or now)
    except CalendarError:
        return None


def goes_at(policy: Policy, per_hour: int, standing: BrakeStanding, ahead: int, now: datetime) -> datetime | None:
    """When the one with so many before it goes up, if nothing changes: while its calendar is open alone."""
    calendar = calendar_named(policy, standing.calendars[0])
    first = opens_at(calendar, standing.free_at(per_hour, now))
    if first is None or not per_hour:
        return first
    minutes = ahead * HOUR / per_hour / timedelta(minutes=1)
    return calendar.next_open(calendar.add(first, minutes) or first)
