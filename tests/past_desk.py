"""``python -m tests.past_desk FILE``: a quarter of a made-up desk's past tickets, the same every time, and its policy.

For the pages of ``docs/`` and for trying ``escalator backtest`` without a ticket system. People, clients and tickets
are invented; how long things took is drawn at random, as it is at a desk: most soon, some never.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from connector.backtest.ticket import PastTicket
from connector.model import (
    BY_HISTORY,
    Aspect,
    Author,
    AuthorKind,
    Change,
    Doer,
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
from connector.past.file import PastFile
from connector.policy.document import read_policy
from connector.working_time.calendar import WorkingCalendar

ZONE = ZoneInfo("America/New_York")
FIRST_DAY, DAYS = date(2026, 7, 27), 91
READ_AT = datetime(2026, 10, 26, 12, 0, tzinfo=UTC)
"""Monday, 08:00 in New York."""

POLICY = {
    "tiers": [
        {"name": "First Touch", "homes": {"desk": "Support"}, "managers": ["ruth"]},
        {"name": "Tier 3", "homes": {"desk": "Tier 3"}, "managers": ["ruth"]},
        {"name": "Sr IT Manager", "homes": {"desk": "Sr IT"}},
    ],
    "calendars": {"default": {"tz": ZONE.key, "hours": "mon-fri 08:00-17:00", "holidays": ["2026-09-07"]}},
    "critical_priorities": ["Critical"],
    "priority_factors": {"Critical": 0.5},
    "statuses": {"waiting": ["Waiting on client", "Waiting on vendor"]},
}
"""What the desk means to enforce; ``python -m tests.past_desk FILE`` writes it beside it: ``policy.json``."""

SUPPORT, TIER_3, PROJECTS = (
    Place((Ref(str(n), name),)) for n, name in ((1, "Support"), (2, "Tier 3"), (9, "Projects"))
)
NEW, WORK = Status("1", "New", StatusGroup.NEW), Status("2", "In Progress", StatusGroup.WORKING)
CLIENT, VENDOR = (Status(str(n), f"Waiting on {who}", StatusGroup.WORKING) for n, who in ((3, "client"), (4, "vendor")))
DONE = Status("5", "Resolved", StatusGroup.RESOLVED)
PEOPLE = tuple(
    Person(str(n), name.split()[0].lower(), name)
    for n, name in enumerate(("Aisha Rahman", "Ben Okafor", "Carla Diaz", "Dmitri Volkov"), 1)
)
SENIORS = (Person("11", "sam", "Sam Whitfield"), Person("12", "noor", "Noor Haddad"))
PRIORITIES = (Ref("2", "Normal"), Ref("1", "Critical"))
CLIENTS = tuple(
    Ref(str(n), name)
    for n, name in enumerate(
        (
            "Bluewater Logistics",
            "Okafor Dental Group",
            "Merrick & Hale LLP",
            "St. Brendan's School",
            "Fenwick Tool & Die",
            "Lindqvist Orthopaedics",
            "Calloway Architects",
        ),
        1,
    )
)
PROBLEMS = (
    "Dispatch tablets lose the network",
    "Shared mailbox missing after the rename",
    "Scanner profiles gone",
    "X-ray viewer opens on the wrong screen",
    "Nightly export to the bank fails",
    "Plotter prints half a page",
    "VPN drops every ten minutes",
    "New starter cannot sign in",
    "Phones register twice",
    "Backup job ended with a warning",
)
WORDS = (
    "Called the client, the error comes back after a restart.",
    "Tried another network and another user: the same.",
    "Event ID 7031 in the log, the service terminated unexpectedly.",
    "Read the vendor's article on it: https://vendor.example/kb/2217",
    "Asked Sam whether he has seen this; he has not.",
    "Reinstalled the driver, no change. Steps attempted: driver, cable, port.",
)


class _Writing:
    """One ticket while its life is made up, in working minutes of the desk."""

    def __init__(self, number: int, dice: random.Random, calendar: WorkingCalendar, begins: datetime) -> None:
        self.number, self.dice, self.calendar, self.now = number, dice, calendar, begins
        self.begins = begins
        self.state: dict[Aspect, Value] = {Aspect.PLACE: SUPPORT, Aspect.STATUS: NEW, Aspect.OWNER: None}
        self.changes: list[Change] = []
        self.entries: list[Entry] = []

    def wait(self, minutes: float) -> None:
        at = self.calendar.add(self.now, minutes)
        assert at is not None
        self.now = self.calendar.next_open(at).replace(microsecond=0)

    def set(self, what: Aspect, value: Value, who: Person) -> None:
        self.changes.append(Change(self.now, what, self.state[what], value, BY_HISTORY, who.name, Doer.PERSON))
        self.state[what] = value

    def note(self, who: Person, text: str) -> None:
        author = Author(AuthorKind.AGENT, who.name, who.identifier)
        name = f"{self.number}-{len(self.entries)}"
        self.entries.append(Entry(name, EntryKind.NOTE, author, self.now, text, Visibility.INTERNAL))


def past_tickets() -> list[PastTicket]:
    """A quarter of them, oldest first."""
    dice, calendar = random.Random(20261026), read_policy(POLICY).calendars["default"]
    found: list[PastTicket] = []
    for day in range(DAYS):
        date_ = FIRST_DAY + timedelta(days=day)
        if date_.weekday() > 4:
            continue
        for _ in range(dice.choice((5, 6, 7, 8)) + 4 * (date_.weekday() == 0)):
            # Mondays from eight to ten are the worst.
            hour = dice.choice((8, 8, 9)) if date_.weekday() == 0 else dice.randint(8, 15)
            begins = datetime.combine(date_, time(hour, dice.randint(0, 59)), ZONE).astimezone(UTC)
            found.append(_a_life(_Writing(len(found) + 1, dice, calendar, calendar.next_open(begins))))
    return found


def _a_life(ticket: _Writing) -> PastTicket:
    dice = ticket.dice
    client = dice.choices(CLIENTS, weights=(5, 4, 4, 3, 3, 2, 2))[0]
    priority = PRIORITIES[dice.random() < 0.06]
    if dice.random() < 0.08:  # project work, which nobody watches
        ticket.state[Aspect.PLACE] = PROJECTS
        return _told(ticket, client, priority)
    holder = dice.choice(PEOPLE)
    ticket.wait(dice.expovariate(1 / 12))
    ticket.set(Aspect.OWNER, holder, holder)
    ticket.set(Aspect.STATUS, WORK, holder)
    is_hard = dice.random() < 0.12
    _work_on(ticket, holder, dice.lognormvariate(3.7, 0.5) if is_hard else dice.lognormvariate(2.4, 0.65))
    if dice.random() < 0.1:
        ticket.wait(3)
        ticket.set(Aspect.PLACE, TIER_3, holder)
        holder = dice.choice(SENIORS)
        ticket.set(Aspect.OWNER, holder, holder)
        _work_on(ticket, holder, dice.lognormvariate(2.4, 0.7))
    ticket.wait(dice.lognormvariate(5.2, 0.5) if is_hard else dice.lognormvariate(2.9, 0.7))
    if dice.random() < 0.97:
        ticket.set(Aspect.STATUS, DONE, holder)
    return _told(ticket, client, priority)


def _work_on(ticket: _Writing, holder: Person, to_plan: float) -> None:
    """Some words, perhaps a wait, and a plan, for most of them."""
    dice = ticket.dice
    for _ in range(dice.choice((0, 1, 1, 2))):
        ticket.wait(to_plan / 3)
        to_plan -= to_plan / 3
        ticket.note(holder, dice.choice(WORDS))
    if dice.random() < 0.25:
        ticket.set(Aspect.STATUS, CLIENT if dice.random() < 0.7 else VENDOR, holder)
        ticket.wait(dice.expovariate(1 / 200))
        ticket.set(Aspect.STATUS, WORK, holder)
    ticket.wait(to_plan)
    if dice.random() < 0.95:
        ticket.note(holder, "Plan: replace the part and watch it for a day")


def _told(ticket: _Writing, client: Ref, priority: Ref) -> PastTicket:
    ends = {what: ticket.state[what] for what in ticket.state}
    place, status, owner = ends[Aspect.PLACE], ends[Aspect.STATUS], ends[Aspect.OWNER]
    assert isinstance(place, Place)
    assert isinstance(status, Status)
    record = TicketRecord(
        id=TicketId(str(46000 + ticket.number)),
        summary=ticket.dice.choice(PROBLEMS),
        place=place,
        status=status,
        owner=owner if isinstance(owner, Person) else None,
        priority=priority,
        client=client,
        contact="",
        entered_at=ticket.begins,
        updated_at=min(ticket.now, READ_AT),
        read_at=READ_AT,
        entries=tuple(entry for entry in ticket.entries if entry.at < READ_AT),
    )
    changes = tuple(change for change in ticket.changes if change.at < READ_AT)
    return PastTicket("desk", record, changes)


def write(path: Path) -> int:
    """All of them into a file; returns how many."""
    tickets = past_tickets()
    with PastFile(path).writer() as writer:
        for ticket in tickets:
            writer.append(ticket)
    return len(tickets)


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
    Path(sys.argv[1]).with_name("policy.json").write_text(json.dumps(POLICY, indent=2) + "\n", encoding="utf-8")
