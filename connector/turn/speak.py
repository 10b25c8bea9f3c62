"""Writes the connector's short notes, and its message to a client, each once; puts people on a ticket.

The order, which a crash between any two steps neither loses nor repeats: journal that it is to be written (guarded
by the turn's fence), look for the marker, write only where it is not, journal the outcome with its audit entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connector.errors import Forbidden, Temporary
from connector.model import Person, TicketRecord, Visibility
from connector.notes.marker import NOWHERE, Marks, Pages
from connector.notes.short_notes import note
from connector.store.journal import Journal
from connector.store.records import AuditEvent, Claim, Delivery, Event, Step, StepState
from connector.systems.contract import TicketSystem
from connector.turn.duties import Say
from connector.turn.saga import StepKind, own_note

log = structlog.get_logger("connector.speaking")


def wait_until_settled(system: TicketSystem, begun: Step, now: datetime) -> None:
    """A write whose outcome is unknown may still surface: nothing is repeated before that time is over.

    Raises Temporary until then.
    """
    readable_at = begun.at + timedelta(seconds=system.settle_seconds)
    if now < readable_at:
        raise Temporary("an earlier note may still become readable", (readable_at - now).total_seconds())


@dataclass(frozen=True, slots=True)
class Speaker:
    """Speaks on one connection. Safe for several threads."""

    system: TicketSystem
    journal: Journal
    marks: Marks
    pages: Pages = NOWHERE

    def say(
        self,
        claim: Claim,
        record: TicketRecord,
        steps: Sequence[Step],
        say: Say,
        messages: Sequence[Delivery] = (),
    ) -> None:
        """Write a note once, and have ``messages`` sent of it.

        Raises LeaseLost and what the adapter raises; the next turn goes on where this stopped.
        """
        marker = self.marks.marker(say.saga)
        told = {"marker": marker, "what": say.what, **say.facts}
        page = "" if say.to_client else self.pages.of(claim.connection, claim.ticket)
        text = note(say.lines, marker, self.system.note_limit, page)
        seen_by = Visibility.CLIENT if say.to_client else Visibility.INTERNAL
        if own_note(record.entries, marker, seen_by) is None:
            begun = next((step for step in steps if step.saga == say.saga and step.n == StepKind.SAID), None)
            if begun is not None and begun.state is StepState.BEGUN:
                wait_until_settled(self.system, begun, self.journal.now())
            self.journal.begin(claim, say.saga, StepKind.SAID, told)
            write = self.system.tickets.write_message if say.to_client else self.system.tickets.write_note
            write(record.id, text, marker)
        self.journal.done(claim, say.saga, StepKind.SAID, told, audit=say.audit, deliveries=messages)
        log.info(say.what, connection=claim.connection, ticket=claim.ticket)

    def would_say(self, claim: Claim, say: Say) -> None:
        """Observe mode: what would have been written goes to the audit trail, and nowhere else."""
        events = (*say.audit, AuditEvent(Event.WOULD_WRITE, {"what": say.what, "note": "\n".join(say.lines)}))
        self.journal.done(claim, say.saga, StepKind.WOULD, {"what": say.what, **say.facts}, audit=events)

    def add_people(self, claim: Claim, record: TicketRecord, saga: str, people: Sequence[Person]) -> None:
        """Put people on the ticket, and record who is on it; where that cannot be, record why."""
        why = ""
        on: tuple[Person, ...] = ()
        if not self.system.can_add_people:
            why = "the ticket system has no field for people beside the owner"
        elif people:
            self.journal.begin(claim, saga, StepKind.SAID, {"what": "people"})
            try:
                on = self.system.tickets.add_people(record.id, people)
            except Forbidden as error:
                why = str(error)
        missing = [person.identifier for person in people if person.id not in {one.id for one in on}]
        detail = {"added": [person.identifier for person in on], "missing": missing, "why": why}
        self.journal.done(claim, saga, StepKind.SAID, detail, audit=(AuditEvent(Event.PEOPLE_ADDED, detail),))
