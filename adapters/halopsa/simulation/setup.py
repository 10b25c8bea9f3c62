"""Setting up the simulated service desk in Python calls: teams, agents, statuses, priorities, clients, outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from adapters.halopsa.simulation.state import UNASSIGNED, State
from adapters.simulation.names import Named, find


class StatusSetup(NamedTuple):
    """A status to set up, by its id and name."""

    id: int
    name: str
    holds: bool = False
    closes: bool = False


STANDARD_STATUSES: Sequence[StatusSetup] = (
    StatusSetup(1, "New"),
    StatusSetup(2, "In Progress"),
    StatusSetup(3, "Action Required"),
    StatusSetup(4, "With User", holds=True),
    StatusSetup(5, "With Supplier", holds=True),
    StatusSetup(9, "Closed", closes=True),
    StatusSetup(22, "Plan Made"),
    StatusSetup(23, "Resolved", closes=True),
    StatusSetup(28, "On Hold", holds=True),
    StatusSetup(31, "Quality Review"),
)
PRIVATE_NOTE, EMAIL_USER = 7, 16


class Setup:
    """Every method returns the new record's id. Teams and agents are named or given by id."""

    state: State

    def add_agent(
        self, name: str, teams: Iterable[Named] = (), *, email: str = "", is_api: bool = False, disabled: bool = False
    ) -> int:
        """An agent; ``is_api``: an identity of an integration."""
        with self.state.acting():
            number = self.state.new_id("agent", 3)
            ids = [int(find(self.state.teams.values(), team, "team", "name")["id"]) for team in teams]
            names = [self.state.teams[one]["name"] for one in ids]
            self.state.agents[number] = {
                "id": number,
                "name": name,
                "email": email or f"{name.split()[0].lower()}@example.com",
                "team": names[0] if names else "",
                "teams": [
                    {"team_id": one, "team_name": called, "agent_id": number}
                    for one, called in zip(ids, names, strict=True)
                ],
                "isdisabled": disabled,
                "isapiagent": is_api,
                "_teams": set(ids),
            }
        return number

    def set_agent_active(self, agent: Named, is_active: bool) -> None:
        """Switch an agent on or off."""
        with self.state.acting():
            find(self.state.agents.values(), agent, "agent", "name")["isdisabled"] = not is_active

    def add_team(self, name: str, *, inactive: bool = False) -> int:
        """A team."""
        with self.state.acting():
            number = self.state.new_id("team")
            self.state.teams[number] = {
                "id": number,
                "guid": self.state.guid(),
                "name": name,
                "inactive": inactive,
                "department_id": 1,
                "forrequests": True,
            }
        return number

    def rename_team(self, team: Named, name: str) -> None:
        """Give a team another name."""
        with self.state.acting():
            find(self.state.teams.values(), team, "team", "name")["name"] = name

    def add_status(self, number: int, name: str, holds: bool = False, closes: bool = False) -> int:
        """A ticket status; ``holds``: it puts the service level on hold."""
        with self.state.acting():
            self.state.statuses[number] = {
                "id": number,
                "name": name,
                "type": 0,
                "slaaction": "H" if holds else "",
                "_closes": closes,
            }
        return number

    def add_priority(self, number: int, name: str, sla: int = 1) -> int:
        """A priority of a service level."""
        with self.state.acting():
            self.state.priorities.append(
                {"id": self.state.guid(), "slaid": sla, "priorityid": number, "name": name, "ishidden": False}
            )
        return number

    def add_client(self, name: str) -> int:
        """A client."""
        with self.state.acting():
            number = self.state.new_id("client", 12)
            self.state.clients[number] = {"id": number, "name": name, "inactive": False}
        return number

    def add_outcome(self, number: int, name: str, **settings: object) -> int:
        """An action that agents can take, with what it is set up to do besides."""
        with self.state.acting():
            self.state.outcomes[number] = {
                "id": number,
                "outcome": name,
                "buttonname": name,
                "hidden": False,
                "newstatus": 0,
                "defaultagent": 0,
                "defaultteam": "",
                "sendemail": 0,
                "hidesendemail": False,
                "hidefromuser": False,
                "show_to_user": False,
                "slaholdischecked": False,
                "slareleaseischecked": False,
                **settings,
            }
        return number

    def add_workday(self, name: str, timezone: str, start: str = "08:30", end: str = "16:30") -> int:
        """A calendar, Monday to Friday."""
        with self.state.acting():
            number = self.state.new_id("workday")
            days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
            self.state.workdays[number] = {
                "id": number,
                "name": name,
                "timezone": timezone,
                "start": f"1901-01-01T{start}:00",
                "end": f"1901-01-01T{end}:00",
                "alldayssame": True,
                **{f"inc{day}": n < 5 for n, day in enumerate(days)},
                "holidays": [{"name": "New Year", "date": "2026-01-01T00:00:00", "allday": True, "agent_id": 0}],
            }
        return number


def begin(desk: Setup) -> None:
    """What every instance has: nobody, an unknown client, the built-in statuses, outcomes and a ticket type."""
    state = desk.state
    state.agents[UNASSIGNED] = {
        "id": UNASSIGNED, "name": "Unassigned", "email": "", "team": "", "teams": [], "isdisabled": False,
        "isapiagent": False, "_teams": set(),
    }  # fmt: skip
    state.clients[UNASSIGNED] = {"id": UNASSIGNED, "name": "Unknown", "inactive": False}
    desk.add_team("1st Line Support")
    desk.add_outcome(PRIVATE_NOTE, "Private Note", hidefromuser=True, hidesendemail=True)
    desk.add_outcome(EMAIL_USER, "Email User", sendemail=1)
    desk.add_outcome(8, "Re-Assign")
    desk.add_outcome(9, "Status Change")
    desk.add_outcome(10, "Public Note")
    desk.add_outcome(11, "User Update")
    # Not every status in the list is a ticket's.
    state.statuses[90] = {"id": 90, "name": "New", "type": 1, "slaaction": "", "_closes": False}
    state.ticket_types[1] = {
        "id": 1,
        "name": "Incident",
        "default_sla": 1,
        "default_priority": 3,
        "default_team": 1,
        "initial_status": 1,
        "statusaftertechupdate": 0,
        "statusafteruserupdate": 0,
    }


def furnish(desk: Setup) -> None:
    """A ready service desk: three teams for the default ladder, with agents, statuses, priorities, clients."""
    for status in STANDARD_STATUSES:
        desk.add_status(*status)
    for team in ("First Touch", "Tier 3", "Sr IT", "Dispatch"):
        desk.add_team(team)
    desk.add_team("Night Shift", inactive=True)
    for name, teams in (
        ("Tess Tech", ("First Touch",)),
        ("Tom Touch", ("First Touch",)),
        ("Sam Senior", ("Tier 3",)),
        ("Sofia Senior", ("Tier 3",)),
        ("Maria Desk", ("Tier 3", "Dispatch")),
        ("Irene Systems", ("Sr IT",)),
        ("Adam Account", ()),
    ):
        desk.add_agent(name, teams)
    desk.add_agent("Gus Gone", ("First Touch",), disabled=True)
    for number, name in ((1, "Critical"), (2, "High"), (3, "Medium"), (4, "Low")):
        for sla in (1, 2):
            desk.add_priority(number, name, sla)
    for client in ("Acme Corp", "Globex Ltd"):
        desk.add_client(client)
    desk.add_workday("Standard Hours", "GMT Standard Time")
