"""The demo's tickets as they come and go: who does what at which second, and what the connector wrote on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.demo.screenplay import CLOSING_CURTAIN, OPENING, ZONE, Act, Fate, later
from connector.demo.stage import Simulation
from connector.model import StatusGroup, TicketId
from connector.systems.desk import Desk, DeskNote


@dataclass
class Arrived:
    """A ticket that arrived at a desk, and how many of the connector's notes on it were told already."""

    fate: Fate
    desk: Desk
    number: TicketId
    seen: int = 0

    @property
    def name(self) -> str:
        """How the demo calls it: system and number."""
        return f"{self.desk.system} #{self.number}"

    @property
    def notes(self) -> list[DeskNote]:
        """The connector's notes on it, as the ticket system has them."""
        return [note for note in self.desk.notes(self.number) if note.by_connector]

    @property
    def went_up(self) -> tuple[str, ...]:
        """When it was escalated, by the notes."""
        times = (note.at for note in self.notes if is_escalation(note))
        return tuple(f"{at.astimezone(ZONE):%H:%M:%S}" for at in times)

    @property
    def told(self) -> list[str]:
        """What the connector's other notes say."""
        return [note.text for note in self.notes if not is_escalation(note)]


def is_escalation(note: DeskNote) -> bool:
    """Whether a note is that of an escalation, be it the final one."""
    return note.text.startswith(("ESCALATED", "FINAL ESCALATION"))


@dataclass
class Morning:
    """The morning as it passes: which ticket is whose fate, and what happened."""

    stage: Simulation
    fates: list[Fate]
    tickets: list[Arrived] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def run_until(self, moment: datetime) -> None:
        """Let people and connector do what they do until ``moment``, each thing at its second."""
        for at, fate, act in list(self._due(moment)):
            self.stage.run_until(at)
            if act is None:
                self._arrive(fate)
            else:
                ticket = self.ticket_of(fate)
                act.do(ticket.desk, ticket.number)
                self._tell(at, f"{ticket.name} {act.told}")
            self.stage.settle()
            self._tell_escalations()
        self.stage.run_until(moment)
        self._tell_escalations()

    def run_days_before(self, days: int) -> None:
        """Let the same happen on so many days before the screenplay's, the nights between them in one step. The stage
        stands at the opening of the first of them, and in the end at that of the screenplay's day. What came of the
        tickets is known to the ticket systems and the connector alone; what yesterday left open is open still.
        """
        for day in range(days, 0, -1):
            by = timedelta(days=-day)
            before = Morning(self.stage, [later(fate, by) for fate in self.fates])
            before.run_until(CLOSING_CURTAIN + by)
            if day > 1:
                before.put_away()
            self.stage.clock.move_to(OPENING + by + timedelta(days=1))
            self.stage.settle()

    def put_away(self) -> None:
        """Have everything resolved that is open."""
        for ticket in self.tickets:
            if ticket.desk.ticket(ticket.number).group is not StatusGroup.RESOLVED:
                ticket.desk.set_status(ticket.number, "irene", StatusGroup.RESOLVED)
        self.stage.settle()

    def _due(self, moment: datetime) -> Iterator[tuple[datetime, Fate, Act | None]]:
        now = self.stage.clock.now()
        every = [(fate.arrives, fate, None) for fate in self.fates]
        every += [(act.at, fate, act) for fate in self.fates for act in fate.acts]  # type: ignore[misc]  # a union of rows
        yield from sorted((row for row in every if now < row[0] <= moment), key=lambda row: row[0])

    def _arrive(self, fate: Fate) -> None:
        desk = self.stage.desks[fate.at]
        number = desk.open_ticket(fate.summary, client=fate.client, owner=fate.owner, urgency=fate.urgency)
        ticket = Arrived(fate, desk, number)
        self.tickets.append(ticket)
        self._tell(fate.arrives, f"{ticket.name} arrives: {fate.summary} ({fate.owner})")

    def ticket_of(self, fate: Fate) -> Arrived:
        """The ticket that has this fate."""
        return next(ticket for ticket in self.tickets if ticket.fate is fate)

    def _tell_escalations(self) -> None:
        for ticket in self.tickets:
            notes = ticket.notes
            for note in notes[ticket.seen :]:
                self._tell(note.at, f"{ticket.name} {note.text.splitlines()[0]}")
            ticket.seen = len(notes)

    def _tell(self, at: datetime, what: str) -> None:
        self.told.append(f"{at.astimezone(ZONE):%H:%M:%S}  {' '.join(what.split())}")
