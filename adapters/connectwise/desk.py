"""The desk of ``connector.systems.desk`` on the simulator: what people do there, and what they see, past the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.connectwise.entries import note_visibility
from adapters.connectwise.simulator import API_MEMBER, Simulator
from adapters.connectwise.statuses import board_statuses
from adapters.payloads import text
from adapters.simulation.desk import OnSimulator
from connector.clock import Clock
from connector.model import StatusGroup, TicketId, Visibility
from connector.systems.desk import CLIENTS, CONTACT, FORMER, STAFF, DeskNote, DeskTicket, Urgency

TIERS: tuple[tuple[str, str], ...] = (("Service Desk", "First Touch"), ("Tier 3", "Seniors"), ("Sr IT", "Management"))
"""Board and team of each tier, as the simulator is furnished."""

STATUSES: Mapping[StatusGroup, str] = {
    StatusGroup.NEW: "New",
    StatusGroup.WORKING: "In Progress",
    StatusGroup.PLANNED: "Plan made",
    StatusGroup.WAITING: "Waiting on client",
    StatusGroup.RESOLVED: "Resolved",
    StatusGroup.CLOSED: ">Closed",
}
PRIORITIES: Mapping[Urgency, str] = {
    Urgency.CRITICAL: "Priority 1 - Critical",
    Urgency.HIGH: "Priority 2 - High",
    Urgency.NORMAL: "Priority 3 - Normal",
    Urgency.LOW: "Priority 4 - Low",
}


def simulated(clock: Clock) -> ConnectWiseDesk:
    """The desk on a simulator of its own, whose webhooks wait for ``deliver``."""
    return ConnectWiseDesk(Simulator(clock, callback_delivery="manual").standard_desk())


class ConnectWiseDesk(OnSimulator):
    """A simulated ConnectWise as its people use it; ``simulator`` is furnished with the standard desk."""

    system = "connectwise"
    homes = ("Service Desk > First Touch", "Tier 3 > Seniors", "Sr IT")
    statuses = frozenset(STATUSES)

    simulator: Simulator

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    def member(self, person: str) -> str:
        """The identifiers are the names that scripts use."""
        if person not in STAFF and person != FORMER:
            raise KeyError(person)
        return person

    def priority_name(self, urgency: Urgency) -> str:
        return PRIORITIES[urgency]

    def status_name(self, group: StatusGroup) -> str:
        return STATUSES[group]

    # Acting.

    def open_ticket(
        self,
        summary: str,
        *,
        client: str = "Acme",
        tier: int = 1,
        owner: str | None = None,
        urgency: Urgency = Urgency.NORMAL,
        description: str = "",
    ) -> TicketId:
        board, team = TIERS[tier - 1]
        number = self.simulator.create_ticket(
            summary,
            CLIENTS[client],
            board,
            STATUSES[StatusGroup.NEW],
            team,
            None if owner is None else self.member(owner),
            PRIORITIES[urgency],
            CONTACT,
            description=description,
        )
        return TicketId(str(number))

    def note(self, ticket: TicketId, by: str, text: str, *, internal: bool = True) -> None:
        self.simulator.add_note(int(ticket), text, self.member(by), internal=internal)

    def time_entry(self, ticket: TicketId, by: str, text: str, minutes: int, *, internal: bool = True) -> None:
        end = self.simulator.state.clock.now()
        start = end - timedelta(minutes=minutes)
        self.simulator.add_time_entry(int(ticket), self.member(by), text, start, end, internal=internal)

    def client_writes(self, ticket: TicketId, text: str) -> None:
        self.simulator.add_note(int(ticket), text, contact=CONTACT)

    def set_status(self, ticket: TicketId, by: str, group: StatusGroup) -> None:
        self.set_status_named(ticket, by, STATUSES[group])

    def set_status_named(self, ticket: TicketId, by: str, name: str) -> None:
        self.simulator.set_status(int(ticket), name, by=self.member(by))

    def assign(self, ticket: TicketId, by: str, owner: str | None) -> None:
        self.simulator.assign(int(ticket), None if owner is None else self.member(owner), by=self.member(by))

    def move(self, ticket: TicketId, by: str, tier: int, owner: str | None = None) -> None:
        board, team = TIERS[tier - 1]
        # Under the site's own lock: nobody sees the ticket at its new home with its old owner.
        with self.simulator.state.acting():
            self.assign(ticket, by, owner)
            self.simulator.move(int(ticket), board, team, by=self.member(by))

    def set_urgency(self, ticket: TicketId, by: str, urgency: Urgency) -> None:
        self.simulator.set_priority(int(ticket), PRIORITIES[urgency], by=self.member(by))

    def merge(self, ticket: TicketId, into: TicketId) -> None:
        self.simulator.merge(int(ticket), int(into))

    def delete(self, ticket: TicketId) -> None:
        self.simulator.delete(int(ticket))

    # Looking.

    def ticket(self, ticket: TicketId) -> DeskTicket:
        data = self.simulator.ticket(int(ticket))
        owner = _person(data.get("owner", {}).get("identifier", ""))
        names = {name.strip() for name in text(data.get("resources")).split(",")}
        status = data["status"]
        statuses = board_statuses(self.simulator.state.statuses[data["board"]["id"]].values(), "statuses")
        urgencies = {name: urgency for urgency, name in PRIORITIES.items()}
        return DeskTicket(
            tier=_tier(data),
            owner=owner,
            status=status["name"],
            group=statuses[str(status["id"])].status.group,
            urgency=urgencies.get(data.get("priority", {}).get("name", "")),
            people=frozenset(name for name in names if _person(name)) - {owner or ""},
        )

    def notes(self, ticket: TicketId) -> Sequence[DeskNote]:
        return [
            DeskNote(
                id=str(note["id"]),
                at=datetime.fromisoformat(note["dateCreated"]),
                text=note["text"],
                is_internal=note_visibility(note) is Visibility.INTERNAL,
                by_connector=note["createdBy"] == API_MEMBER,
            )
            for note in self.simulator.notes(int(ticket))
        ]


def _person(identifier: str) -> str | None:
    return identifier if identifier in STAFF or identifier == FORMER else None


def _tier(data: Mapping[str, Any]) -> int:
    """At whose home a ticket is: the last home is a whole board, the others are a team each."""
    board, team = data["board"]["name"], data.get("team", {}).get("name", "")
    if board == TIERS[2][0]:
        return 3
    return next((n for n, home in enumerate(TIERS, 1) if home == (board, team)), 0)
