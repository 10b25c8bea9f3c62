"""What people do at a service desk, as lines of a script that runs on any ticket system: who does what to which ticket,
and when. Nothing here knows which system that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.demo.stage import Simulation
from connector.model import StatusGroup, TicketId
from connector.systems.desk import Desk, Urgency

ZONE = ZoneInfo("America/New_York")
"""The zone in which the script tells the time; its clocks go back on the Sunday."""

FIRST_DAY = date(2026, 10, 29)
"""The Thursday on which the script begins."""

_DAYS = ("thu", "fri", "sat", "sun", "mon", "tue", "wed")


def moment(when: str) -> datetime:
    """``thu 09:30`` or ``thu 09:30:15``, in the script's zone; the first pass of a time that comes twice."""
    day, clock = when.split()
    return datetime.combine(FIRST_DAY + timedelta(days=_DAYS.index(day)), time.fromisoformat(clock), ZONE)


def told(at: datetime) -> str:
    """The moment as tables tell it: ``thu 09:30:00``; with the zone's name where a clock change makes that matter."""
    local = at.astimezone(ZONE)
    is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    day = _DAYS[(local.date() - FIRST_DAY).days]
    return f"{day} {local:%H:%M:%S}" + (f" {local.tzname()}" if is_twice else "")


@dataclass
class Script:
    """The script while it runs on one desk: the tickets by the names that the script gives them,
    and which of them are deleted.
    """

    stage: Simulation
    desk: Desk
    tickets: dict[str, TicketId] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def play(self, stories: Mapping[str, Iterable[Act]], until: str) -> None:
        """Have everything happen at its second, and the connector do what it does in between."""
        acts = [(act.at, name, act) for name, story in stories.items() for act in story]
        for at, name, act in sorted(acts, key=lambda row: row[0]):
            self.stage.run_until(at)
            act.do(self, name)
            self.stage.settle()
        self.stage.run_until(moment(until))

    def name_of(self, ticket: str) -> str:
        """The script's name of a ticket."""
        return next((name for name, number in self.tickets.items() if number == ticket), ticket)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does to the ticket of a name."""

    at: datetime
    do: Callable[[Script, str], None]


def _to_ticket(when: str, do: Callable[[Desk, TicketId], None]) -> Act:
    return Act(moment(when), lambda script, name: do(script.desk, script.tickets[name]))


def opens(
    when: str,
    owner: str | None = "tess",
    *,
    client: str = "Acme",
    tier: int = 1,
    urgency: Urgency = Urgency.NORMAL,
    description: str = "",
) -> Act:
    """The ticket arrives."""

    def do(script: Script, name: str) -> None:
        script.tickets[name] = script.desk.open_ticket(
            f"The case of {name}", client=client, tier=tier, owner=owner, urgency=urgency, description=description
        )

    return Act(moment(when), do)


def note(when: str, by: str, text: str) -> Act:
    """An internal note."""
    return _to_ticket(when, lambda desk, ticket: desk.note(ticket, by, text))


def word(when: str, by: str, text: str) -> Act:
    """A note that the client sees."""
    return _to_ticket(when, lambda desk, ticket: desk.note(ticket, by, text, internal=False))


def time_entry(when: str, by: str, minutes: int, text: str) -> Act:
    """A time entry for the last minutes."""
    return _to_ticket(when, lambda desk, ticket: desk.time_entry(ticket, by, text, minutes))


def mail(when: str, text: str) -> Act:
    """The client writes."""
    return _to_ticket(when, lambda desk, ticket: desk.client_writes(ticket, text))


def status(when: str, by: str, group: StatusGroup) -> Act:
    """Another status."""
    return _to_ticket(when, lambda desk, ticket: desk.set_status(ticket, by, group))


def waits(when: str, by: str) -> Act:
    """It waits for somebody outside."""
    return status(when, by, StatusGroup.WAITING)


def goes_on(when: str, by: str) -> Act:
    """It is worked on again."""
    return status(when, by, StatusGroup.WORKING)


def resolved(when: str, by: str) -> Act:
    """The fix is in place."""
    return status(when, by, StatusGroup.RESOLVED)


def assigned(when: str, by: str, owner: str | None) -> Act:
    """Another owner."""
    return _to_ticket(when, lambda desk, ticket: desk.assign(ticket, by, owner))


def moved(when: str, by: str, tier: int, owner: str | None = None) -> Act:
    """Somebody moves it to a tier by hand."""
    return _to_ticket(when, lambda desk, ticket: desk.move(ticket, by, tier, owner))


def urgency(when: str, by: str, level: Urgency) -> Act:
    """Another priority."""
    return _to_ticket(when, lambda desk, ticket: desk.set_urgency(ticket, by, level))


def merged(when: str, into: str) -> Act:
    """It is merged into another."""
    return Act(moment(when), lambda script, name: script.desk.merge(script.tickets[name], script.tickets[into]))


def deleted(when: str) -> Act:
    """It is deleted for good."""

    def do(script: Script, name: str) -> None:
        script.desk.delete(script.tickets[name])
        script.gone.add(name)

    return Act(moment(when), do)
