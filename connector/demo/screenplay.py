"""The demo's morning: what people do when, and what must have become of each ticket in the end.

It is told in the words of a service desk; how a ticket system puts them is its desk's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.model import StatusGroup, TicketId
from connector.policy.policy import FinalEscalation, Policy, StartsAt, Tier
from connector.systems.desk import STAFF, Desk, Urgency
from connector.working_time.calendar import WorkingCalendar

ZONE = ZoneInfo("America/New_York")
DAY = datetime(2026, 1, 15, tzinfo=ZONE)
OPENING = DAY + timedelta(hours=8, minutes=58)
CLOSING_CURTAIN = DAY + timedelta(hours=11, minutes=10)
POLLS = timedelta(minutes=5)
"""How often the demo polls: webhooks tell of all that happens there, and each look costs time."""


def clock(text: str) -> datetime:
    """A moment of the demo's morning: ``clock("09:30")``."""
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody does something to the ticket at a moment."""

    at: datetime
    told: str
    do: Callable[[Desk, TicketId], None]


@dataclass(frozen=True, slots=True)
class Fate:
    """A ticket of the morning and how it must end: at which tier, with which owner, and when it went up.

    ``client``: as in CLIENTS. ``at``: at which desk it arrives. ``told``: what the connector's short notes on it must
    say.
    """

    summary: str
    arrives: datetime
    owner: str
    ends_at: tuple[int, str | None]
    goes_up: tuple[str, ...] = ()
    urgency: Urgency = Urgency.NORMAL
    moral: str = ""
    acts: tuple[Act, ...] = field(default=())
    client: str = "Acme"
    at: int = 0
    told: tuple[str, ...] = ()


def note(at: str, member: str, text: str) -> Act:
    """An internal note."""
    return Act(clock(at), f"{member} notes: {text}", lambda desk, t: desk.note(t, member, text))


def time_entry(at: str, minutes: int, member: str, text: str) -> Act:
    """A time entry for the last ``minutes``."""
    return Act(clock(at), f"{member} enters time: {text}", lambda desk, t: desk.time_entry(t, member, text, minutes))


def status(at: str, member: str, told: str, group: StatusGroup) -> Act:
    """A change of status."""
    return Act(clock(at), f"{member} {told}", lambda desk, t: desk.set_status(t, member, group))


def resolved(at: str, member: str) -> Act:
    """The fix is in place."""
    return status(at, member, "resolves it", StatusGroup.RESOLVED)


def client(at: str, text: str) -> Act:
    """The client writes."""
    return Act(clock(at), f"the client writes: {text}", lambda desk, t: desk.client_writes(t, text))


def taken(at: str, member: str) -> Act:
    """Somebody takes the ticket."""
    return Act(clock(at), f"{member} takes it", lambda desk, t: desk.assign(t, member, member))


HERE, THERE = 0, 1
"""The two desks: the first and the second ticket system."""

FATES = (
    Fate(
        "Printer on floor 2 jams",
        clock("09:00"),
        "tom",
        (1, "tom"),
        moral="plan and fix in time: left alone",
        acts=(note("09:12", "tom", "Plan: clean the rollers, else order a new tray"), resolved("09:48", "tom")),
    ),
    Fate(
        "Cloudflare WARP does not connect",
        clock("09:01"),
        "tess",
        (2, "sam"),
        ("10:26:00",),
        moral="plan in time, no fix within 60 minutes of it: up a tier, with the note below",
        acts=(
            time_entry("09:12", 8, "tess", "Toggled the Cloudflare ZTNA agent's connection off and on, no change."),
            note("09:19", "tess", "Tried another WiFi network, same result."),
            note("09:26", "tess", "Diagnosis plan: follow the beacon error through the logs"),
            note(
                "09:41",
                "tess",
                "Read the Event Viewer and the Cloudflare logs. "
                "The log said `404 Unable to find managed network beacon.`\n"
                "Research found that the local beacon server isn't found.",
            ),
            taken("10:30", "sam"),
            note("10:36", "sam", "Plan: re-issue the beacon's certificate and point the profile to it"),
            resolved("11:02", "sam"),
        ),
    ),
    Fate(
        "Mailbox does not receive",
        clock("09:03"),
        "tess",
        (2, "sofia"),
        ("09:33:00",),
        client="Globex",
        moral="no plan within 30 minutes: up a tier",
        acts=(
            note("09:20", "tess", "Sent a test mail from outside, bounced with 550 5.7.1"),
            taken("09:40", "sofia"),
            note("09:45", "sofia", "Plan: correct the connector's sender list"),
            resolved("10:10", "sofia"),
        ),
    ),
    Fate(
        "New laptop for Ms. Ortiz",
        clock("09:04"),
        "tom",
        (1, "tom"),
        moral="waiting on the client for 90 minutes did not count",
        acts=(
            status("09:10", "tom", "waits for the client", StatusGroup.WAITING),
            status("10:40", "tom", "goes on with it", StatusGroup.WORKING),
            note("10:45", "tom", "Plan: image it and move her profile"),
            resolved("11:05", "tom"),
        ),
    ),
    Fate(
        "Backup job has been silent since Friday",
        clock("09:05"),
        "tess",
        (3, "irene"),
        ("09:35:00", "10:05:00", "11:05:00"),
        moral="nobody ever touched it again: all the way up, by itself",
    ),
    Fate(
        "Password reset for the warehouse",
        clock("09:06"),
        "tom",
        (1, "tom"),
        client="Globex",
        moral="resolved one second before the limit: left alone",
        acts=(note("09:20", "tom", "Plan: reset it and sign in together"), resolved("10:19:59", "tom")),
    ),
    Fate(
        "Phones are down in the whole office",
        clock("09:02"),
        "tess",
        (2, "sam"),
        ("09:17:00",),
        Urgency.CRITICAL,
        client="Globex",
        moral="critical: half the limits, up a tier after 15 minutes",
        acts=(
            taken("09:19", "sam"),
            note("09:20", "sam", "Plan: fail over to the second trunk"),
            resolved("09:44", "sam"),
        ),
    ),
    Fate(
        "Call recording has stopped",
        clock("09:02"),
        "tess",
        (2, "sofia"),
        ("09:22:00",),
        moral="a knowledge escalation without the steps tried was sent back, and went up once they were there",
        at=THERE,
        told=("and it goes up at once:\n1. what was tried so far (“Steps attempted: …”)",),
        acts=(
            note(
                "09:14",
                "tess",
                "/escalate knowledge recording licences of the phone system\n"
                "Error codes: REC-1107 licence not found\nResearch: the vendor's guide says nothing of this code",
            ),
            note("09:22", "tess", "Steps attempted:\n- restarted the recorder\n- checked the disk, 40 % free"),
            taken("09:30", "sofia"),
            note("09:34", "sofia", "Plan: bind the licence to the new server name"),
            resolved("10:05", "sofia"),
        ),
    ),
    Fate(
        "Line to the branch office drops",
        clock("09:03"),
        "tom",
        (1, "tom"),
        client="Globex",
        moral="the manager let the limit apply later, with the reason; a technician's own wish was refused",
        at=THERE,
        told=("only a manager of First Touch (T1/2) may override", "is due at 10:12 (America/New_York), not at 09:33"),
        acts=(
            note("09:10", "tom", "/override 2h because I would like more time"),
            note("09:27", "maria", "/override 45m because the provider calls back at ten"),
            note("10:00", "tom", "Diagnosis plan: the provider swaps the modem at 10:30"),
            resolved("10:45", "tom"),
        ),
    ),
    Fate(
        "Invoices cannot be printed",
        clock("09:05"),
        "tess",
        (2, "sam"),
        ("10:05:00",),
        moral="the client's own mail said “Plan:” and /override: nothing came of it; waiting did not count",
        at=THERE,
        told=("Write “Plan: …” by 10:05 (America/New_York), else this ticket goes to Tier 3",),
        acts=(
            status("09:15", "tess", "waits for the client", StatusGroup.WAITING),
            client("09:40", "Plan: you fix it today!\n/override none because we said so"),
            status("09:45", "tess", "goes on with it", StatusGroup.WORKING),
            taken("10:12", "sam"),
            note("10:14", "sam", "Plan: reinstall the driver of the label printer"),
            resolved("10:40", "sam"),
        ),
    ),
)


def later(fate: Fate, by: timedelta) -> Fate:
    """The same once more, by so much later."""
    acts = tuple(replace(act, at=act.at + by) for act in fate.acts)
    return replace(fate, arrives=fate.arrives + by, acts=acts)


def demo_policy(desks: Sequence[Desk]) -> Policy:
    """The default ladder at home at these desks, office hours in New York."""
    days = ("mon", "tue", "wed", "thu", "fri")
    hours = {day: [["08:00", "17:00"]] for day in days}
    calendar = WorkingCalendar.from_mapping({"tz": ZONE.key, "hours": hours})
    names = ("First Touch (T1/2)", "Tier 3 / Service Desk Manager", "Sr IT Manager")
    limits = ((30.0, 60.0), (30.0, 60.0), (60.0, 60.0))
    critical = {desk.priority_name(Urgency.CRITICAL).casefold() for desk in desks}
    called = {person: " | ".join(dict.fromkeys(desk.member(person) for desk in desks)) for person in STAFF}
    return Policy(
        tiers=tuple(
            Tier(
                number=n + 1,
                name=names[n],
                homes={desk.system: desk.homes[n] for desk in desks},
                diagnosis_minutes=limits[n][0],
                fix_minutes=limits[n][1],
                starts_at=StartsAt.ASSIGNMENT if n else StartsAt.FIRST_TOUCH,
                managers=(called["maria"],),
            )
            for n in range(3)
        ),
        calendars={"default": calendar},
        final=FinalEscalation(called["irene"], called["maria"], called["adam"]),
        priority_factors=dict.fromkeys(critical, 0.5),
        critical_priorities=frozenset(critical),
        version="demo",
    )
