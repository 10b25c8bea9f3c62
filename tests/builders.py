"""Builders with good defaults for the vocabulary; every test names only what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector.model import (
    Aspect,
    Author,
    AuthorKind,
    Change,
    Entry,
    EntryKind,
    Person,
    Place,
    Ref,
    Status,
    StatusGroup,
    TicketId,
    TicketRecord,
    Value,
    Visibility,
)
from connector.policy.policy import Homes, Policy, StartsAt, Tier
from connector.working_time.calendar import WorkingCalendar

NINE = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
"""Nine in the morning of a Thursday, the connector's usual moment."""

DESK = Place((Ref("1", "Service Desk"), Ref("25", "First Touch")))
TIER_3 = Place((Ref("2", "Tier 3"), Ref("31", "Seniors")))
SR_IT = Place((Ref("3", "Sr IT"),))
ELSEWHERE = Place((Ref("9", "Projects"),))
HOMES = Homes({1: DESK, 2: TIER_3, 3: SR_IT})

NEW = Status("10", "New", StatusGroup.NEW)
WORKING = Status("11", "In Progress", StatusGroup.WORKING)
PLANNED = Status("12", "Plan made", StatusGroup.PLANNED)
WAITING = Status("13", "Waiting on client", StatusGroup.WAITING)
RESOLVED = Status("14", "Resolved", StatusGroup.RESOLVED)
CLOSED = Status("15", ">Closed", StatusGroup.CLOSED)
ODD = Status("16", "Limbo", StatusGroup.UNKNOWN)

TESS = Person("100", "tess", "Tess Tech")
SAM = Person("101", "sam", "Sam Senior")
CRITICAL = Ref("1", "Priority 1 - Critical")
NORMAL = Ref("3", "Priority 3 - Normal")
ACME = Ref("16", "Acme Corp")


def at(clock: str, day: int = 15) -> datetime:
    """A moment of January 2026, UTC: ``at("09:30")``."""
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    return datetime(2026, 1, day, hours, minutes, seconds[0] if seconds else 0, tzinfo=UTC)


def round_the_clock() -> WorkingCalendar:
    return a_calendar({day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})


def office_hours(zone: str = "UTC") -> WorkingCalendar:
    return a_calendar({day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}, zone)


def a_calendar(hours: Mapping[str, object], zone: str = "UTC", **more: object) -> WorkingCalendar:
    return WorkingCalendar.from_mapping({"tz": zone, "hours": hours, **more})


def a_tier(number: int, **given: object) -> Tier:
    names = {1: "First Touch (T1/2)", 2: "Tier 3 / Service Desk Manager", 3: "Sr IT Manager"}
    tier = Tier(
        number=number,
        name=names.get(number, f"Tier {number}"),
        homes={"connectwise": {1: "Service Desk > First Touch", 2: "Tier 3 > Seniors", 3: "Sr IT"}.get(number, "")},
        diagnosis_minutes=60 if number == 3 else 30,
        fix_minutes=60,
        starts_at=StartsAt.FIRST_TOUCH if number == 1 else StartsAt.ASSIGNMENT,
    )
    return replace(tier, **given)  # type: ignore[arg-type]  # builders take any field by name


def a_policy(**given: object) -> Policy:
    policy = Policy(
        tiers=(a_tier(1), a_tier(2), a_tier(3)),
        calendars={"default": office_hours()},
        priority_factors={"priority 1 - critical": 0.5},
        critical_priorities=frozenset({"priority 1 - critical"}),
        version="test",
    )
    return replace(policy, **given)  # type: ignore[arg-type]


def a_ticket(**given: object) -> TicketRecord:
    record = TicketRecord(
        id=TicketId("4711"),
        summary="VPN client cannot connect",
        place=DESK,
        status=NEW,
        owner=None,
        priority=NORMAL,
        client=ACME,
        contact="Carla Client",
        entered_at=NINE,
        updated_at=NINE,
        read_at=NINE,
    )
    return replace(record, **given)  # type: ignore[arg-type]


def a_note(
    text: str,
    when: datetime,
    author: str = "Tess Tech",
    kind: AuthorKind = AuthorKind.AGENT,
    *,
    internal: bool = True,
    entry_kind: EntryKind = EntryKind.NOTE,
    account: str = "",
) -> Entry:
    visibility = Visibility.INTERNAL if internal else Visibility.CLIENT
    author_ = Author(kind, author, account=account)
    return Entry(f"n{when:%H%M%S}{len(text)}", entry_kind, author_, when, text, visibility)


def a_change(what: Aspect, old: Value, new: Value, when: datetime, how: str = "observed") -> Change:
    return Change(when, what, old, new, how)


def moved(old: Place, new: Place, when: datetime, how: str = "observed") -> Change:
    return a_change(Aspect.PLACE, old, new, when, how)


def turned(old: Status, new: Status, when: datetime) -> Change:
    return a_change(Aspect.STATUS, old, new, when)


def given_to(person: Person | None, when: datetime, old: Person | None = None) -> Change:
    return a_change(Aspect.OWNER, old, person, when)


def seen(record: TicketRecord, when: datetime | None = None, how: str = "first sight") -> Sequence[Change]:
    """The rows of a first sight of ``record``."""
    when = when or record.read_at
    return (
        a_change(Aspect.PLACE, None, record.place, when, how),
        a_change(Aspect.OWNER, None, record.owner, when, how),
        a_change(Aspect.STATUS, None, record.status, when, how),
        a_change(Aspect.PRIORITY, None, record.priority, when, how),
    )


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
