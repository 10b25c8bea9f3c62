"""People working at the simulated service desk, in Python calls.

Records are named or given by id. What people do is done in the web app: it leaves actions, moves ``last_update`` to
the clock's moment and fires webhooks, as it does over HTTP.
"""

from __future__ import annotations

from typing import Any

from adapters.halopsa.simulation import actions, changes
from adapters.halopsa.simulation.setup import EMAIL_USER, PRIVATE_NOTE
from adapters.halopsa.simulation.state import SYSTEM_ACTOR, UNASSIGNED, USER, WEB_APP, Actor, State
from adapters.halopsa.simulation.wire import detail
from adapters.simulation.names import Named, find
from adapters.simulation.refusal import Json

SLA = 1
_REASSIGN, _STATUS_CHANGE, _PUBLIC_NOTE, _USER_UPDATE = 8, 9, 10, 11


class People:
    """Acting at the service desk, and looking. ``by``: the agent who does it; None is the system itself."""

    state: State

    def create_ticket(
        self,
        summary: str,
        client: Named = "Acme Corp",
        team: Named | None = None,
        *,
        status: Named | None = None,
        agent: Named | None = None,
        priority: Named | None = None,
        user: str = "Connie Client",
        details: str = "",
        by: Named | None = None,
    ) -> int:
        """A new ticket; what is not given falls back to its type's defaults."""
        with self.state.acting() as now:
            wanted: Json = {
                "summary": summary,
                "client_id": find(self.state.clients.values(), client, "client", "name")["id"],
                "user_name": user,
                "details": details,
            }
            if team is not None:
                wanted["team_id"] = self._team(team)
            if status is not None:
                wanted["status_id"] = self._status(status)
            if agent is not None:
                wanted["agent_id"] = self._agent(agent)
            if priority is not None:
                wanted["priority_id"] = self._priority(priority)
            actor = Actor(user, USER) if by is None else self._actor(by)
            ticket = changes.create_ticket(self.state, wanted, actor)
            first = {"outcome": "Logged", "outcome_id": 12, "hiddenfromuser": False, "_text": details}
            changes.add_row(self.state, ticket, first, actor, now)
            return int(ticket.fields["id"])

    def add_note(self, ticket: int, text: str, by: Named, *, internal: bool = True, minutes: float = 0) -> int:
        """A note by an agent, with the time it took where there is some."""
        sent = {
            "ticket_id": ticket,
            "outcome_id": PRIVATE_NOTE if internal else _PUBLIC_NOTE,
            "note_html": _as_typed(text),
            "hiddenfromuser": internal,
            "timetaken": minutes / 60,
            # So does the web app.
            "new_status": self.state.ticket(ticket).fields["status_id"],
        }
        return int(actions.post_action(self.state, sent, self._actor(by))["id"])

    def add_note_by_program(self, ticket: int, text: str, agent: Named, application: str) -> int:
        """A note by an integration that logs in as an agent."""
        number = self._agent(agent)
        actor = Actor(self.state.agent_name(number), 1, number, application)
        sent = {"ticket_id": ticket, "outcome_id": PRIVATE_NOTE, "note": text, "hiddenfromuser": True}
        return int(actions.post_action(self.state, sent, actor)["id"])

    def mail_user(self, ticket: int, text: str, by: Named) -> int:
        """An agent mails the client."""
        sent = {"ticket_id": ticket, "outcome_id": EMAIL_USER, "note_html": _as_typed(text), "hiddenfromuser": False}
        return int(actions.post_action(self.state, sent, self._actor(by))["id"])

    def user_writes(self, ticket: int, text: str, user: str = "Connie Client") -> int:
        """A mail from the client."""
        actor = Actor(user, USER, 0, "")
        sent = {"ticket_id": ticket, "outcome_id": _USER_UPDATE, "note_html": _as_typed(text), "emaildirection": "I"}
        return int(actions.post_action(self.state, sent, actor)["id"])

    def set_status(self, ticket: int, status: Named, *, by: Named | None = None) -> None:
        """Put the ticket into a status."""
        self._act(ticket, {"outcome_id": _STATUS_CHANGE, "new_status": self._status(status)}, by)

    def assign(self, ticket: int, agent: Named | None, *, by: Named | None = None) -> None:
        """Give the ticket an agent; None is nobody."""
        number = UNASSIGNED if agent is None else self._agent(agent)
        self._act(ticket, {"outcome_id": _REASSIGN, "new_agent": number}, by)

    def move(self, ticket: int, team: Named, agent: Named | None = None, *, by: Named | None = None) -> None:
        """Move the ticket to a team, with that agent or nobody."""
        number = UNASSIGNED if agent is None else self._agent(agent)
        name = self.state.teams[self._team(team)]["name"]
        self._act(ticket, {"outcome_id": _REASSIGN, "new_team": name, "new_agent": number}, by)

    def set_priority(self, ticket: int, priority: Named, *, by: Named | None = None) -> None:
        """Give the ticket another priority."""
        self._act(ticket, {"outcome_id": _STATUS_CHANGE, "new_priority": self._priority(priority)}, by)

    def merge(self, ticket: int, into: int, *, by: Named | None = None) -> None:
        """Merge a ticket into another one; it is closed."""
        closed = next(number for number in self.state.statuses if self.state.is_closed(number))
        values = {"merged_into_id": into, "status_id": closed}
        changes.change_ticket(self.state, ticket, values, self._actor(by))

    def delete(self, ticket: int, *, by: Named | None = None) -> None:
        """Delete a ticket for good."""
        changes.delete_ticket(self.state, ticket, self._actor(by))

    def distort(self, ticket: int, **fields: Any) -> None:
        """Give a ticket other values, right or not, without a trace."""
        with self.state.acting():
            self.state.ticket(ticket).fields.update(fields)

    # Looking.

    def ticket(self, ticket: int) -> Json:
        """The ticket as it truly is. Raises Refusal (404) when there is none."""
        return detail(self.state, self.state.ticket(ticket), with_audit=True)

    def actions_of(self, ticket: int) -> list[Json]:
        """All actions of a ticket, oldest first, as they truly are."""
        return [dict(row) for row in self.state.ticket(ticket).actions]

    # Inside.

    def _act(self, ticket: int, sent: Json, by: Named | None) -> None:
        actions.post_action(self.state, {"ticket_id": ticket, "hiddenfromuser": True, **sent}, self._actor(by))

    def _actor(self, by: Named | None) -> Actor:
        if by is None:
            return SYSTEM_ACTOR
        number = self._agent(by)
        return Actor(self.state.agent_name(number), 1, number, WEB_APP)

    def _agent(self, agent: Named) -> int:
        return int(find(self.state.agents.values(), agent, "agent", "name", "email")["id"])

    def _team(self, team: Named) -> int:
        return int(find(self.state.teams.values(), team, "team", "name")["id"])

    def _status(self, status: Named) -> int:
        of_tickets = [one for one in self.state.statuses.values() if one["type"] == 0]
        return int(find(of_tickets, status, "status", "name")["id"])

    def _priority(self, priority: Named) -> int:
        if isinstance(priority, int):
            return priority
        return int(find(self.state.priorities, priority, "priority", "name")["priorityid"])


def _as_typed(text: str) -> str:
    """What somebody types, as the web app sends it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"<p>{line or '&nbsp;'}</p>" for line in escaped.split("\n"))
