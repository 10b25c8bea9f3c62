"""People working at the simulated service desk, in Python calls.

Records are named or given by id. What people do moves ``_info.lastUpdated`` to the clock's moment and fires
callbacks, as it does over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from adapters.connectwise.simulation import actions
from adapters.connectwise.simulation.notes import add_note, add_time_entry
from adapters.connectwise.simulation.state import State, wire
from adapters.connectwise.simulation.tickets import default_of
from adapters.simulation.names import Named, find
from adapters.simulation.refusal import Json

DISPATCHER = "dispatch"
"""Who changes tickets where nobody is named; not a member."""


class People:
    """Acting at the service desk, and looking. ``by`` is the member (or any name) that becomes ``updatedBy``."""

    state: State

    def create_ticket(
        self,
        summary: str,
        company: Named,
        board: Named,
        status: Named | None = None,
        team: Named | None = None,
        owner: Named | None = None,
        priority: Named | None = None,
        contact: Named | None = None,
        *,
        description: str = "",
        by: Named = DISPATCHER,
    ) -> int:
        """A new ticket; without a status it gets the board's default."""
        with self.state.acting():
            sent: Json = {"summary": summary, "company": {"id": self._company(company)["id"]}}
            sent |= self._place(board, team, status)
            if owner is not None:
                sent["owner"] = {"id": self._member(owner)["id"]}
            if priority is not None:
                sent["priority"] = self._priority(priority)
            if contact is not None:
                sent["contact"] = {"id": self._contact(contact)["id"]}
                sent["contactName"] = self._contact(contact)["name"]
            if description:
                sent["initialDescription"] = description
            return int(actions.create_ticket(self.state, sent, self._actor(by))["id"])

    def add_note(
        self,
        ticket: int,
        text: str,
        member: Named | None = None,
        *,
        contact: Named | None = None,
        internal: bool = True,
        resolution: bool = False,
        by_parent: bool = False,
    ) -> int:
        """A note by a member, or by a contact (then never an internal one); ``by_parent``: written on its parent."""
        if (member is None) == (contact is None):
            raise ValueError("a note is by a member or by a contact")
        with self.state.acting():
            is_internal = internal and contact is None and not resolution
            sent: Json = {
                "text": text,
                "internalAnalysisFlag": is_internal,
                "detailDescriptionFlag": not is_internal and not resolution,
                "resolutionFlag": resolution,
            }
            if contact is not None:
                person = self._contact(contact)
                sent["contact"], actor = {"id": person["id"]}, person["name"]
            else:
                person = self._member(member or "")
                sent["member"], actor = {"id": person["id"]}, person["identifier"]
            number = int(add_note(self.state, ticket, sent, actor)["id"])
            if by_parent:
                self.state.notes_by_parent.add(number)
            return number

    def add_time_entry(
        self,
        ticket: int,
        member: Named,
        notes: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        internal: bool = True,
        internal_notes: str | None = None,
    ) -> int:
        """A time entry on a ticket, by default starting now and still running."""
        with self.state.acting() as now:
            person = self._member(member)
            sent: Json = {
                "chargeToId": ticket,
                "chargeToType": "ServiceTicket",
                "member": {"id": person["id"]},
                "timeStart": wire(start or now),
                "timeEnd": None if end is None else wire(end),
                "notes": notes or None,
                "internalNotes": internal_notes,
                "addToInternalAnalysisFlag": internal,
                "addToDetailDescriptionFlag": not internal,
            }
            return int(add_time_entry(self.state, sent, person["identifier"])["id"])

    def set_status(self, ticket: int, status: Named, *, by: Named = DISPATCHER) -> None:
        """Put the ticket into a status of its board."""
        with self.state.acting():
            board = self.state.ticket(ticket)["board"]["id"]
            found = find(self.state.statuses[board].values(), status, "status", "name")
            self._change(ticket, {"status": {"id": found["id"]}}, by)

    def assign(self, ticket: int, owner: Named | None, *, by: Named = DISPATCHER) -> None:
        """Make a member the owner; None leaves the ticket without one."""
        with self.state.acting():
            chosen = None if owner is None else {"id": self._member(owner)["id"]}
            self._change(ticket, {"owner": chosen}, by)

    def move(
        self,
        ticket: int,
        board: Named | None = None,
        team: Named | None = None,
        status: Named | None = None,
        *,
        by: Named = DISPATCHER,
    ) -> None:
        """Move the ticket to a board, a team of it, or both."""
        with self.state.acting():
            where = self.state.ticket(ticket)["board"]["id"] if board is None else board
            self._change(ticket, self._place(where, team, status), by)

    def set_priority(self, ticket: int, priority: Named, *, by: Named = DISPATCHER) -> None:
        """Give the ticket another priority."""
        with self.state.acting():
            self._change(ticket, {"priority": self._priority(priority)}, by)

    def classify(self, ticket: int, *, by: Named = DISPATCHER, **names: str) -> None:
        """Give the ticket a ``type``, a ``subType``, an ``item``."""
        self._change(ticket, {kind: {"id": 7, "name": name} for kind, name in names.items()}, by)

    def set_summary(self, ticket: int, summary: str, *, by: Named = DISPATCHER) -> None:
        """Reword the ticket's summary."""
        self._change(ticket, {"summary": summary}, by)

    def resolve(self, ticket: int, *, by: Named = DISPATCHER) -> None:
        """The board's first status that says resolved and does not close."""
        self._set_first(ticket, lambda one: one["escalationStatus"] == "Resolved" and not one["closedStatus"], by)

    def close_ticket(self, ticket: int, *, by: Named = DISPATCHER) -> None:
        """The board's first status that closes."""
        self._set_first(ticket, lambda one: one["closedStatus"], by)

    def reopen(self, ticket: int, status: Named | None = None, *, by: Named = DISPATCHER) -> None:
        """Back to ``status``, else to the board's default."""
        with self.state.acting():
            board = self.state.ticket(ticket)["board"]["id"]
            chosen = default_of(self.state.statuses[board], "inactive") if status is None else None
            self.set_status(ticket, chosen["id"] if chosen else status or "", by=by)

    def merge(self, ticket: int, into: int, *, by: Named = DISPATCHER) -> None:
        """Merge a ticket into another one; it takes on its board's closing status."""
        with self.state.acting():
            board = self.state.ticket(ticket)["board"]["id"]
            closing = next(one for one in self.state.statuses[board].values() if one["closedStatus"])
            sent = {"mergeTicketIds": [ticket], "status": {"id": closing["id"]}}
            actions.merge_tickets(self.state, into, sent, self._actor(by))

    def bundle(self, child: int, parent: int, *, by: Named = DISPATCHER) -> None:
        """Make a ticket the child of another one."""
        actions.bundle_ticket(self.state, child, parent, self._actor(by))

    def delete(self, ticket: int, *, by: Named = DISPATCHER) -> None:
        """Delete a ticket for good."""
        actions.delete_ticket(self.state, ticket, self._actor(by))

    def distort(self, ticket: int, fields: Mapping[str, Any] | None = None, without: Iterable[str] = ()) -> None:
        """Give a ticket out with other raw ``fields`` (also null or unknown ones) and ``without`` some keys.

        The record itself stays sound. Without arguments it is given out as it is again.
        """
        with self.state.lock:
            self.state.distortions.pop(ticket, None)
            gone = frozenset(without)
            if fields or gone:
                self.state.distortions[ticket] = (dict(fields or {}), gone)

    # Looking.

    def ticket(self, ticket: int) -> Json:
        """The ticket as the API gives it. Raises Refusal (404) when there is none."""
        return self.state.shown(self.state.ticket(ticket))

    def notes(self, ticket: int) -> list[Json]:
        """All notes of a ticket, also those that can not be read yet."""
        return list(self.state.notes.get(ticket, {}).values())

    def time_entries(self, ticket: int) -> list[Json]:
        """The time entries of a ticket."""
        return list(self.state.time_entries_of.get(ticket, {}).values())

    # Inside.

    def _change(self, ticket: int, sent: Json, by: Named) -> None:
        actions.change_ticket(self.state, ticket, sent, self._actor(by))

    def _set_first(self, ticket: int, is_wanted: Callable[[Json], bool], by: Named) -> None:
        with self.state.acting():
            board = self.state.ticket(ticket)["board"]["id"]
            found = next(one for one in self.state.statuses[board].values() if is_wanted(one) and not one["inactive"])
            self._change(ticket, {"status": {"id": found["id"]}}, by)

    def _place(self, board: Named, team: Named | None, status: Named | None) -> Json:
        number = find(self.state.boards.values(), board, "board", "name")["id"]
        sent: Json = {"board": {"id": number}}
        if team is not None:
            sent["team"] = {"id": find(self.state.teams[number].values(), team, "team", "name")["id"]}
        if status is not None:
            sent["status"] = {"id": find(self.state.statuses[number].values(), status, "status", "name")["id"]}
        return sent

    def _priority(self, priority: Named) -> Json:
        return {"id": find(self.state.priorities.values(), priority, "priority", "name")["id"]}

    def _actor(self, by: Named) -> str:
        if isinstance(by, int):
            return str(self._member(by)["identifier"])
        return by

    def _member(self, member: Named) -> Json:
        return find(self.state.members.values(), member, "member", "identifier")

    def _company(self, company: Named) -> Json:
        return find(self.state.companies.values(), company, "company", "identifier", "name")

    def _contact(self, contact: Named) -> Json:
        return find(self.state.contacts.values(), contact, "contact", "name")
