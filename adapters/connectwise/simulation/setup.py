"""Setting up the simulated service desk in Python calls: boards, statuses, teams, people, clients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from adapters.connectwise.simulation.state import State
from adapters.simulation.names import Named, find


class StatusSetup(NamedTuple):
    """A status to set up; plain tuples, also shorter ones, do as well."""

    name: str
    escalation_status: str = "Responded"
    closed: bool = False
    default: bool = False
    inactive: bool = False


STANDARD_STATUSES: tuple[StatusSetup, ...] = (
    StatusSetup("New", "NotResponded", default=True),
    StatusSetup("Assigned", "Responded"),
    StatusSetup("In Progress", "Responded"),
    StatusSetup("Plan made", "ResolutionPlan"),
    StatusSetup("Waiting on client", "NoEscalation"),
    StatusSetup("Waiting on vendor", "NoEscalation"),
    StatusSetup("Scheduled", "NoEscalation"),
    StatusSetup("Resolved", "Resolved"),
    StatusSetup(">Closed", "Resolved", closed=True),
)


class Setup:
    """Every method returns the new record's id. Statuses, teams and members are named or given by id."""

    state: State

    def add_member(self, identifier: str, name: str, *, inactive: bool = False, license_class: str = "F") -> int:
        """A member of staff; ``license_class`` X is an integration."""
        first, _, last = name.partition(" ")
        with self.state.acting() as now:
            number = self.state.new_id("member", 101)
            self.state.members[number] = {
                "id": number,
                "identifier": identifier,
                "firstName": first,
                "lastName": last,
                "licenseClass": license_class,
                "inactiveFlag": inactive,
                "disableOnlineFlag": False,
                "hireDate": "2020-01-01T00:00:00Z",
                "defaultEmail": "Office",
                "defaultPhone": "Office",
                "securityRole": {"id": 63, "name": "API" if license_class == "X" else "Technician"},
                "officeEmail": f"{identifier}@example.com",
                "primaryEmail": f"{identifier}@example.com",
                "_info": self.state.info(now, "admin"),
            }
        return number

    def set_member_active(self, member: Named, is_active: bool) -> None:
        """Switch a member on or off."""
        with self.state.acting() as now:
            record = find(self.state.members.values(), member, "member", "identifier")
            changed = {**record, "inactiveFlag": not is_active, "_info": self.state.info(now, "admin")}
            self.state.members[record["id"]] = changed

    def add_board(
        self,
        name: str,
        statuses: Sequence[StatusSetup | tuple[Any, ...]] = STANDARD_STATUSES,
        *,
        inactive: bool = False,
        project: bool = False,
    ) -> int:
        """A board with its statuses."""
        with self.state.acting() as now:
            number = self.state.new_id("board")
            self.state.boards[number] = {
                "id": number,
                "name": name,
                "location": {"id": 2, "name": "Main Office"},
                "department": {"id": 10, "identifier": "Services", "name": "Services"},
                "inactiveFlag": inactive,
                "projectFlag": project,
                "autoAssignTicketOwnerFlag": False,
                "autoAssignNewTicketsFlag": False,
                "_info": self.state.info(now, "admin"),
            }
            self.state.statuses[number], self.state.teams[number] = {}, {}
            for one in statuses:
                self.add_status(number, *one)
        return number

    def add_status(
        self,
        board: Named,
        name: str,
        escalation_status: str = "Responded",
        closed: bool = False,
        default: bool = False,
        inactive: bool = False,
    ) -> int:
        """A status of a board."""
        with self.state.acting() as now:
            owner = find(self.state.boards.values(), board, "board", "name")
            number = self.state.new_id("status", 16)
            table = self.state.statuses[owner["id"]]
            table[number] = {
                "id": number,
                "name": name,
                "board": self.state.board_reference(owner),
                "sortOrder": len(table),
                "displayOnBoard": True,
                "inactive": inactive,
                "closedStatus": closed,
                "timeEntryNotAllowed": False,
                "defaultFlag": default,
                "escalationStatus": escalation_status,
                "_info": self.state.info(now, "admin"),
            }
        return number

    def add_team(self, board: Named, name: str, members: Iterable[Named] = (), *, default: bool = False) -> int:
        """A team of a board; the first member leads it."""
        with self.state.acting() as now:
            owner = find(self.state.boards.values(), board, "board", "name")
            people = [find(self.state.members.values(), member, "member", "identifier") for member in members]
            number = self.state.new_id("team", 25)
            record = {
                "id": number,
                "name": name,
                "members": [person["id"] for person in people],
                "defaultFlag": default,
                "notifyOnTicketDelete": False,
                "boardId": owner["id"],
                "locationId": 2,
                "businessUnitId": 10,
                "_info": self.state.info(now, "admin"),
            }
            record["teamLeader"] = self.state.member_reference(people[0]) if people else None
            self.state.teams[owner["id"]][number] = {key: one for key, one in record.items() if one is not None}
        return number

    def rename_team(self, board: Named, team: Named, name: str) -> None:
        """Give a team another name; tickets show it when they next change."""
        with self.state.acting() as now:
            table = self.state.teams[find(self.state.boards.values(), board, "board", "name")["id"]]
            record = find(table.values(), team, "team", "name")
            table[record["id"]] = {**record, "name": name, "_info": self.state.info(now, "admin")}

    def add_priority(self, name: str, *, default: bool = False) -> int:
        """A priority."""
        with self.state.acting() as now:
            number = self.state.new_id("priority")
            self.state.priorities[number] = {
                "id": number,
                "name": name,
                "color": "Gray",
                "sortOrder": number,
                "defaultFlag": default,
                "_info": self.state.info(now, "admin"),
            }
        return number

    def add_company(self, identifier: str, name: str) -> int:
        """A client."""
        with self.state.acting() as now:
            number = self.state.new_id("company", 16)
            self.state.companies[number] = {
                "id": number,
                "identifier": identifier,
                "name": name,
                "deletedFlag": False,
                "_info": self.state.info(now, "admin"),
            }
        return number

    def add_contact(self, name: str) -> int:
        """A person at a client."""
        with self.state.acting() as now:
            number = self.state.new_id("contact", 48)
            self.state.contacts[number] = {"id": number, "name": name, "_info": self.state.info(now, "admin")}
        return number


def furnish(desk: Setup, statuses: Sequence[StatusSetup | tuple[Any, ...]] = STANDARD_STATUSES) -> None:
    """A ready service desk: three boards for the default ladder, with teams, people, priorities, clients.

    ``statuses``: those of each board.
    """
    for identifier, name in (
        ("tess", "Tess Tech"),
        ("tom", "Tom Touch"),
        ("sam", "Sam Senior"),
        ("sofia", "Sofia Senior"),
        ("maria", "Maria Desk"),
        ("irene", "Irene Systems"),
        ("adam", "Adam Account"),
    ):
        desk.add_member(identifier, name)
    desk.add_member("gone", "Gus Gone", inactive=True)
    for board, team, members in (
        ("Service Desk", "First Touch", ("tess", "tom", "gone")),
        ("Tier 3", "Seniors", ("sam", "sofia", "maria")),
        ("Sr IT", "Management", ("irene",)),
    ):
        desk.add_board(board, statuses)
        desk.add_team(board, team, members, default=True)
    desk.add_team("Service Desk", "Dispatch", ("maria",))
    for priority in (
        "Priority 1 - Critical",
        "Priority 2 - High",
        "Priority 3 - Normal",
        "Priority 4 - Low",
    ):
        desk.add_priority(priority, default=priority.startswith("Priority 3"))
    desk.add_company("Acme", "Acme Corp")
    desk.add_company("Globex", "Globex Ltd")
    desk.add_contact("Connie Client")
