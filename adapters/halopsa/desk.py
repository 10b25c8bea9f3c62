"""The simulated HaloPSA as a service desk that scripts act at; see ``connector.systems.desk``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.halopsa.simulation.state import UNASSIGNED
from adapters.halopsa.simulator import Simulator
from adapters.simulation.desk import OnSimulator
from connector.clock import Clock
from connector.model import StatusGroup, TicketId
from connector.reading.html import to_lines
from connector.systems.desk import CLIENTS, CONTACT, FORMER, STAFF, DeskNote, DeskTicket, Urgency

TEAMS = ("First Touch", "Tier 3", "Sr IT")
_STATUSES = {
    StatusGroup.NEW: "New",
    StatusGroup.WORKING: "In Progress",
    StatusGroup.PLANNED: "Plan Made",
    StatusGroup.WAITING: "With User",
    StatusGroup.RESOLVED: "Resolved",
    StatusGroup.CLOSED: "Closed",
}
_GROUPS = {
    **{name: group for group, name in _STATUSES.items()},
    "Action Required": StatusGroup.WORKING,
    "With Supplier": StatusGroup.WAITING,
    "On Hold": StatusGroup.WAITING,
}
_PRIORITIES = {
    Urgency.CRITICAL: "Critical",
    Urgency.HIGH: "High",
    Urgency.NORMAL: "Medium",
    Urgency.LOW: "Low",
}
_NAMES = {**{person: name for person, (name, _) in STAFF.items()}, FORMER: "Gus Gone"}


def simulated(clock: Clock, **options: Any) -> HaloDesk:
    """A furnished simulator as a desk. ``options`` go to the simulator; webhooks wait for ``deliver()`` by default."""
    return HaloDesk(Simulator(clock, **{"callback_delivery": "manual", **options}).standard_desk())


class HaloDesk(OnSimulator):
    """A desk on one simulator, which is at ``simulator`` for what a script wants of this system alone."""

    system = "halopsa"
    homes = TEAMS
    statuses = frozenset(_STATUSES)

    simulator: Simulator

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    def member(self, person: str) -> str:
        return _NAMES[person]

    def priority_name(self, urgency: Urgency) -> str:
        return _PRIORITIES[urgency]

    def status_name(self, group: StatusGroup) -> str:
        return _STATUSES[group]

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
        number = self.simulator.create_ticket(
            summary,
            CLIENTS[client],
            TEAMS[tier - 1],
            status=_STATUSES[StatusGroup.NEW],
            agent=None if owner is None else _NAMES[owner],
            priority=_PRIORITIES[urgency],
            user=CONTACT,
            details=description,
        )
        return TicketId(str(number))

    def note(self, ticket: TicketId, by: str, text: str, *, internal: bool = True) -> None:
        self.simulator.add_note(int(ticket), text, _NAMES[by], internal=internal)

    def time_entry(self, ticket: TicketId, by: str, text: str, minutes: int, *, internal: bool = True) -> None:
        self.simulator.add_note(int(ticket), text, _NAMES[by], internal=internal, minutes=minutes)

    def client_writes(self, ticket: TicketId, text: str) -> None:
        self.simulator.user_writes(int(ticket), text, CONTACT)

    def set_status(self, ticket: TicketId, by: str, group: StatusGroup) -> None:
        self.set_status_named(ticket, by, _STATUSES[group])

    def set_status_named(self, ticket: TicketId, by: str, name: str) -> None:
        self.simulator.set_status(int(ticket), name, by=_NAMES[by])

    def assign(self, ticket: TicketId, by: str, owner: str | None) -> None:
        self.simulator.assign(int(ticket), None if owner is None else _NAMES[owner], by=_NAMES[by])

    def move(self, ticket: TicketId, by: str, tier: int, owner: str | None = None) -> None:
        agent = None if owner is None else _NAMES[owner]
        self.simulator.move(int(ticket), TEAMS[tier - 1], agent, by=_NAMES[by])

    def set_urgency(self, ticket: TicketId, by: str, urgency: Urgency) -> None:
        self.simulator.set_priority(int(ticket), _PRIORITIES[urgency], by=_NAMES[by])

    def merge(self, ticket: TicketId, into: TicketId) -> None:
        self.simulator.merge(int(ticket), int(into))

    def delete(self, ticket: TicketId) -> None:
        self.simulator.delete(int(ticket))

    # Looking.

    def ticket(self, ticket: TicketId) -> DeskTicket:
        shown = self.simulator.ticket(int(ticket))
        team, status = str(shown["team"]), self.simulator.state.statuses[shown["status_id"]]["name"]
        return DeskTicket(
            tier=TEAMS.index(team) + 1 if team in TEAMS else 0,
            owner=_script_name(shown),
            status=status,
            group=_GROUPS.get(status, StatusGroup.WORKING),
            urgency=next((urgency for urgency, name in _PRIORITIES.items() if name == _priority(shown)), None),
        )

    def notes(self, ticket: TicketId) -> Sequence[DeskNote]:
        rows = self.simulator.actions_of(int(ticket))
        return [_note(row, self.simulator.api_agent) for row in rows if row.get("_html") or row.get("_text")]


def _script_name(shown: Mapping[str, Any]) -> str | None:
    if shown["agent_id"] == UNASSIGNED:
        return None
    name = shown["agent_name"]
    return next((person for person, full in _NAMES.items() if full == name), str(name))


def _priority(shown: Mapping[str, Any]) -> str:
    priority = shown["priority"]
    return str(priority["name"]) if isinstance(priority, dict) else ""


def _note(row: Mapping[str, Any], connector: int) -> DeskNote:
    return DeskNote(
        id=str(row["id"]),
        at=row["actiondatecreated"],
        text=to_lines(row["_html"], parts_paragraphs=False) if row.get("_html") else str(row.get("_text", "")),
        is_internal=row["hiddenfromuser"] is True,
        by_connector=row["who_type"] == 1 and row["actionby_agent_id"] == connector,
    )
