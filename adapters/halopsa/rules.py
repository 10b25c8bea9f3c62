"""What rules of the instance do behind a write of ours: seen by comparing, and tried against once.

A ticket type can have a status after an agent's update, a change of status can reset the team, and a change of the team
the agent (https://github.com/jackmusick/bifrost-workspace-community, modules/extensions/halopsa.py). The flag
``dont_do_rules`` asks that none of it be done; it is sent only where a rule undid something, because a desk has its
rules for a reason. What a person did meanwhile is never undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from adapters.halopsa.client import HaloClient
from adapters.halopsa.history import SYSTEM
from adapters.halopsa.mapping import NO_TEAM, NOBODY, optional_whole
from adapters.names import same_name
from adapters.payloads import Json, label, text
from connector.errors import AdapterError, PayloadError
from connector.model import Person, Place, Status, TicketId, TicketRecord

FLAGS: Mapping[str, bool] = {"_forcereassign": True, "_agent01_ok": True, "_agent02_ok": True}
"""What answers Halo's questions about a change of team or agent."""

WITHOUT_RULES: Mapping[str, bool] = {"dont_do_rules": True}
_RIGHT = "edit:tickets, to re-assign tickets and to update status outside of actions"


@dataclass(frozen=True, slots=True)
class Rules:
    """``read`` gives a ticket's JSON anew, ``to_record`` makes a record of it, ``ourselves`` is our own agent."""

    client: HaloClient
    read: Callable[[TicketId], Json]
    to_record: Callable[[Json], TicketRecord]
    ourselves: Callable[[], Person]

    def keep_as_it_was(self, ticket_id: TicketId, before: Json, action: Json) -> Json | None:
        """Put back what a note did to the ticket: it is to do nothing. Raises nothing of the contract's errors.

        ``before`` is the ticket right before the note, ``action`` the answer to it. The note is written: whether this
        works too is seen when the ticket is read next. Returns the ticket as it was read after the note, where that is
        how it still is: None where it could not be read, shows less than the note's answer, or was put back.
        """
        with suppress(AdapterError, PayloadError):
            old = self.to_record(before)
            after = self.read(ticket_id)
            found = self.to_record(after)
            status, shown = old.status.id, found.status.id
            told = _statuses(action, f"{label(ticket_id)}: action")
            if told is not None:
                # Somebody can have changed the status while the note was on its way; a change may not be readable yet.
                status = told[0]
                shown = told[1] if shown == status else shown
            is_shown = told is None or found.status.id == told[1]
            is_kept = (old.place.key, _id(old.owner), status) == (found.place.key, _id(found.owner), shown)
            if is_kept or self.is_by_others(before, after):
                return after if is_shown else None
            wanted = {**fields(old.place, old.owner, None), "status_id": int(status)}
            sent = {"id": int(ticket_id), **wanted, **FLAGS, **WITHOUT_RULES}
            self.client.post("Tickets", [sent], f"keep {label(ticket_id)} as it was before a note", _RIGHT)
        return None

    def is_by_others(self, before: Json, after: Json) -> bool:
        """Whether the audit log names somebody else for what was changed between two readings of a ticket.

        A rule that our write set off acts in our agent's name, or in nobody's.
        """
        known = set(map(_key, _log(before)))
        us = self.ourselves()
        return any(_is_by_another(row, us) for row in _log(after) if _key(row) not in known)


def fields(place: Place | None, owner: Person | None, status: Status | None) -> dict[str, Any]:
    """Team, agent and status as a write takes them; a team that is not known is left alone."""
    found: dict[str, Any] = {"agent_id": NOBODY if owner is None else int(owner.id)}
    if place is not None and place.path[0].id.isdigit() and place.path[0] != NO_TEAM:
        found["team_id"] = int(place.path[0].id)
    if status is not None:
        found["status_id"] = int(status.id)
    return found


def _id(owner: Person | None) -> str:
    return "" if owner is None else owner.id


def _statuses(action: Json, path: str) -> tuple[str, str] | None:
    """The status before and after an action, where it tells both."""
    old = optional_whole(action.get("old_status"), f"{path}: old_status")
    new = optional_whole(action.get("new_status"), f"{path}: new_status")
    return (str(old), str(new)) if old and new and old > 0 and new > 0 else None


def _log(ticket: Json) -> list[Json]:
    rows = ticket.get("audit_log")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _key(row: Json) -> tuple[str, ...]:
    """What tells one row of an audit log from another, also where they have no numbers."""
    return tuple(repr(row.get(name)) for name in ("id", "date", "value", "to"))


def _is_by_another(row: Json, us: Person) -> bool:
    actor = optional_whole(row.get("agent_id"), "audit_log: agent_id")
    if actor is not None:
        return actor not in (0, NOBODY) and str(actor) != us.id
    name = text(row.get("username"))
    return bool(name) and not any(same_name(name, other) for other in (SYSTEM, us.name))
