"""The records of the simulated instance. Knows no HTTP, and no form in which anything is given out.

Records are changed in place only inside ``acting()``; what it caused leaves after the lock is given back. What came
in over HTTP may become readable only later: until then readers see the record as it was before.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from adapters.halopsa.simulation.faults import Faults
from adapters.simulation.refusal import Json
from adapters.simulation.state import Ground
from connector.clock import Clock

UNASSIGNED = 1
WEB_APP = "nethelpdesk-agent-web-application"
SYSTEM, AGENT, USER = 0, 1, 2


@dataclass(frozen=True)
class Actor:
    """Who does something: the name that is shown, the kind, the agent behind it, and in which application."""

    name: str
    who_type: int = AGENT
    agent_id: int = 0
    application: str = WEB_APP


SYSTEM_ACTOR = Actor("System", SYSTEM)


@dataclass
class Ticket:
    """A ticket with its actions (oldest first) and its audit log (oldest first)."""

    fields: Json
    actions: list[Json] = field(default_factory=list)
    audit: list[Json] = field(default_factory=list)


class State(Ground):
    """Tables by id. ``on_event(event numbers, ticket, words)`` is told of what webhooks may speak of."""

    faults: Faults

    def __init__(self, clock: Clock, faults: Faults) -> None:
        super().__init__(clock)
        self.faults = faults
        self.teams: dict[int, Json] = {}
        self.agents: dict[int, Json] = {}
        self.statuses: dict[int, Json] = {}
        self.priorities: list[Json] = []
        self.clients: dict[int, Json] = {}
        self.outcomes: dict[int, Json] = {}
        self.ticket_types: dict[int, Json] = {}
        self.workdays: dict[int, Json] = {}
        self.tickets: dict[int, Ticket] = {}
        self.webhooks: dict[str, Json] = {}
        self.notifications: dict[int, Json] = {}
        self.webhook_events: list[Json] = []
        self.mails: list[Json] = []
        self.on_event: Callable[[tuple[int, ...], Ticket, str, Actor], None] = lambda *event: None
        self._as_before: dict[int, tuple[datetime, Ticket | None]] = {}

    def ticket(self, number: int) -> Ticket:
        """The ticket as it truly is. Raises Refusal (404)."""
        found = self.tickets.get(number)
        if found is None:
            raise self.faults.problem(404, "The ticket was not found.")
        return found

    def readable(self, number: int) -> Ticket | None:
        """The ticket as it can be read by now, None when there is none."""
        before = self._as_before.get(number)
        if before is not None and self.clock.now() < before[0]:
            return before[1]
        return self.tickets.get(number)

    def readable_tickets(self) -> list[Ticket]:
        """All tickets as they can be read by now."""
        with self.lock:
            found = (self.readable(number) for number in {**self.tickets, **self._as_before})
            return [ticket for ticket in found if ticket is not None]

    def hide_what_follows(self, number: int) -> None:
        """Let readers see a ticket as it now is for as long as the switch says."""
        seconds = self.faults.writes_readable_after
        if seconds > 0:
            until = self.clock.now() + timedelta(seconds=seconds)
            before = self._as_before.get(number)
            is_hidden = before is not None and self.clock.now() < before[0]
            shown = before[1] if before is not None and is_hidden else copy.deepcopy(self.tickets.get(number))
            self._as_before[number] = (until, shown)

    def team_named(self, name: Any) -> Json | None:
        """The team of that name."""
        return next((team for team in self.teams.values() if team["name"] == name), None)

    def agent_name(self, number: int) -> str:
        """What an agent is called."""
        agent = self.agents.get(number)
        return str(agent["name"]) if agent else ""

    def priority(self, number: int, sla: int) -> Json | None:
        """A priority as a service level has it."""
        return next((one for one in self.priorities if (one["priorityid"], one["slaid"]) == (number, sla)), None)

    def is_closed(self, status: int) -> bool:
        """Whether a status ends a ticket."""
        return bool(self.statuses.get(status, {}).get("_closes"))
