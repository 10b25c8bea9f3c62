"""Reassignment: team and agent in one object, as the last write, with the flags that answer Halo's questions.

Rules of a team or a ticket type may change what was written (https://github.com/jackmusick/bifrost-workspace-community,
modules/extensions/halopsa.py), and a write may be readable only seconds later. So every move is read back, a few
times if it does not show yet, and the caller compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.absence import Absence
from adapters.halopsa.client import HaloClient
from adapters.halopsa.directory import Directory
from adapters.halopsa.mapping import NO_TEAM, NOBODY
from adapters.payloads import label
from adapters.reassignment import is_met, refuse_former, seen_done
from connector.errors import AdapterError, OutcomeUnknown, PayloadError
from connector.model import Ownership, Person, Target, TicketId, TicketRecord

RIGHT = "edit:tickets, to re-assign tickets, also to agents in other teams, and to update status outside of actions"
WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between readings while a move does not show."""

_FLAGS: Mapping[str, bool] = {"_forcereassign": True, "_agent01_ok": True, "_agent02_ok": True}


@dataclass(frozen=True, slots=True)
class Moves:
    """Moves tickets of one instance.

    ``to_record`` turns a ticket's JSON into a record; ``read`` reads a ticket anew; ``absence`` proves
    what a 404 on a ticket means; ``sleep`` waits.
    """

    client: HaloClient
    directory: Directory
    to_record: Callable[[Any], TicketRecord]
    read: Callable[[TicketId], TicketRecord]
    absence: Absence
    sleep: Callable[[float], None]

    def reassign(self, ticket_id: TicketId, target: Target) -> TicketRecord:
        """See ``Tickets.reassign`` of the contract."""
        if isinstance(target.owner, Person):
            agent = self.directory.agents.get().get(target.owner.id)
            refuse_former(target.owner, None if agent is None else agent.person, "agent", "instance")
        before: TicketRecord | None = None
        if target.place is None or target.owner is Ownership.KEEP:
            # What is to stay is sent along, because rules may reset it.
            before = self.read(ticket_id)
            if is_met(before, target):
                return before
        wanted = _fields(target, before)
        record = self._moved(ticket_id, target, wanted)
        if target.place is not None and not record.place.is_within(target.place):
            # Some versions take a team by its name only (django-psa).
            by_name = {name: value for name, value in wanted.items() if name != "team_id"}
            record = self._moved(ticket_id, target, {**by_name, "team": target.place.path[0].name})
        return record

    def _moved(self, ticket_id: TicketId, target: Target, wanted: Mapping[str, Any]) -> TicketRecord:
        """Write once, and read back until the write shows."""
        what = f"reassign {label(ticket_id)}"
        sent = {"id": int(ticket_id), **wanted, **_FLAGS}
        try:
            with self.absence.told(ticket_id):
                answer: TicketRecord | None = self._answered(self.client.post("Tickets", [sent], what, RIGHT))
        except OutcomeUnknown as unknown:
            return seen_done(self.read, ticket_id, target, unknown)
        record = self.read(ticket_id)
        for wait in WAITS:
            if is_met(record, target) or not _is_stale(record, answer):
                return record
            self.sleep(wait)
            record = self.read(ticket_id)
        if not is_met(record, target) and _is_stale(record, answer):
            raise OutcomeUnknown(f"{what}: accepted, but it cannot be read back yet")
        return record

    def _answered(self, body: Any) -> TicketRecord | None:
        """The ticket as the answer shows it; None where the answer is not the whole ticket."""
        try:
            return self.to_record(body)
        except (AdapterError, PayloadError):
            return None


def _fields(target: Target, before: TicketRecord | None) -> dict[str, Any]:
    """Team and agent always together, and what else is wanted."""
    fields: dict[str, Any] = {}
    place = target.place or (before.place if before else None)
    if place is not None and place.path[0].id.isdigit() and place.path[0] != NO_TEAM:
        fields["team_id"] = int(place.path[0].id)
    owner = target.owner
    if owner is Ownership.KEEP and before is not None:
        owner = before.owner or Ownership.NOBODY
    if isinstance(owner, Person):
        fields["agent_id"] = int(owner.id)
    elif owner is Ownership.NOBODY:
        fields["agent_id"] = NOBODY
    if target.status is not None:
        fields["status_id"] = int(target.status.id)
    if target.priority is not None:
        fields["priority_id"] = int(target.priority.id)
    return fields


def _is_stale(record: TicketRecord, answer: TicketRecord | None) -> bool:
    """Whether what was read is older than what the write answered: it is not readable yet."""
    if answer is None:
        return True
    return record.updated_at.replace(microsecond=0) < answer.updated_at.replace(microsecond=0)
