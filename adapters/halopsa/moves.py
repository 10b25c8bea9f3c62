"""Reassignment: team, agent and status in one object, as the last write, with the flags that answer Halo's questions.

Rules of a team or a ticket type may change what was written, and a write may be readable only seconds later. So every
move is read back, a few times if it does not show yet, and compared; where it was undone it is written once more,
without rules. What then is, is told, and the caller compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.absence import Absence, named_by
from adapters.halopsa.client import HaloClient
from adapters.halopsa.directory import Directory
from adapters.halopsa.mapping import NO_TEAM
from adapters.halopsa.rules import FLAGS, WITHOUT_RULES, Rules, fields
from adapters.payloads import Json, label
from adapters.reassignment import is_met, refuse_former, seen_done
from connector.errors import AdapterError, OutcomeUnknown, PayloadError
from connector.model import Ownership, Person, Target, TicketId, TicketRecord

RIGHT = "edit:tickets, to re-assign tickets, also to agents in other teams, and to update status outside of actions"
WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between readings while a move does not show."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Moves tickets of one instance.

    ``read`` gives a ticket's JSON anew, ``to_record`` makes a record of one; ``absence`` proves what a 404 on a ticket
    means; ``sleep`` waits.
    """

    client: HaloClient
    directory: Directory
    rules: Rules
    to_record: Callable[[Any], TicketRecord]
    read: Callable[[TicketId], Json]
    absence: Absence
    sleep: Callable[[float], None]

    def reassign(self, ticket_id: TicketId, target: Target, seen: Json | None = None) -> TicketRecord:
        """See ``Tickets.reassign`` of the contract. ``seen``: the ticket as it was read a moment ago."""
        if isinstance(target.owner, Person):
            agent = self.directory.agents.get().get(target.owner.id)
            refuse_former(target.owner, None if agent is None else agent.person, "agent", "instance")
        before = seen or self.read(ticket_id)
        record = self.to_record(before)
        if is_met(record, target):
            return record
        # What is to stay is sent along and compared, too, because rules may reset it.
        whole = _whole(target, record)
        wanted = _fields(whole)
        after = self._moved(ticket_id, target, whole, wanted)
        record = self.to_record(after)
        if is_met(record, whole) or self.rules.is_by_others(before, after):
            return record
        again = {**wanted, **WITHOUT_RULES}
        if target.place is not None and not record.place.is_within(target.place):
            # Some versions take a team by its name only (django-psa).
            del again["team_id"]
            again["team"] = target.place.path[0].name
        return self.to_record(self._moved(ticket_id, target, whole, again))

    def _moved(self, ticket_id: TicketId, target: Target, whole: Target, wanted: Mapping[str, Any]) -> Json:
        """Write once, and read back until the write shows."""
        what = f"reassign {label(ticket_id)}"
        sent = {"id": int(ticket_id), **wanted, **FLAGS}
        try:
            with self.absence.told_of_move(ticket_id, self.read, named_by(target, "team")):
                answer = self._answered(ticket_id, self.client.post("Tickets", [sent], what, RIGHT))
        except OutcomeUnknown as unknown:
            return self._seen_done(ticket_id, target, unknown)
        found = self.read(ticket_id)
        for wait in WAITS:
            record = self.to_record(found)
            if is_met(record, whole) or not _is_stale(record, answer):
                return found
            self.sleep(wait)
            found = self.read(ticket_id)
        record = self.to_record(found)
        if not is_met(record, target) and _is_stale(record, answer):
            raise OutcomeUnknown(f"{what}: accepted, but it cannot be read back yet")
        return found

    def _seen_done(self, ticket_id: TicketId, target: Target, unknown: OutcomeUnknown) -> Json:
        found: list[Json] = []

        def read(ticket: TicketId) -> TicketRecord:
            found.append(self.read(ticket))
            return self.to_record(found[-1])

        seen_done(read, ticket_id, target, unknown)
        return found[-1]

    def _answered(self, ticket_id: TicketId, body: Json) -> TicketRecord | None:
        """The ticket as the answer shows it; None where the answer is not the whole ticket.

        Raises OutcomeUnknown where it is another one.
        """
        try:
            record = self.to_record(body)
        except (AdapterError, PayloadError):
            return None
        if record.id != ticket_id:
            raise OutcomeUnknown(f"reassign {label(ticket_id)}: sent, but answered with another ticket")
        return record


def _whole(target: Target, before: TicketRecord) -> Target:
    """A target that says of each aspect how it is to be afterwards."""
    place = target.place
    if place is None and before.place.path[0] != NO_TEAM:
        place = before.place
    owner = (before.owner or Ownership.NOBODY) if target.owner is Ownership.KEEP else target.owner
    return Target(place, owner, target.status or before.status, target.priority)


def _fields(whole: Target) -> dict[str, Any]:
    """Team, agent and status always together, and the priority where another is wanted."""
    found = fields(whole.place, whole.owner if isinstance(whole.owner, Person) else None, whole.status)
    return found if whole.priority is None else {**found, "priority_id": int(whole.priority.id)}


def _is_stale(record: TicketRecord, answer: TicketRecord | None) -> bool:
    """Whether what was read is older than what the write answered: it is not readable yet."""
    if answer is None:
        return True
    return record.updated_at.replace(microsecond=0) < answer.updated_at.replace(microsecond=0)
