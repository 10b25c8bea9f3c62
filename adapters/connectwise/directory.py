"""What configured names stand for: the site's own lists of boards, statuses, teams, members and priorities.

Kept for some minutes and read anew when a name or id is not among them; one refresh at a time. Configured
names match exactly or else without case; two matches are an error, and a miss names what is near.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.mapping import named, optional_ref, record_id
from adapters.connectwise.statuses import BoardStatus, board_statuses
from adapters.names import find, findable, findable_places, plain, same_name
from adapters.payloads import Json, text
from connector.errors import Permanent, UnknownName
from connector.model import AuthorKind, Doer, Person, Place, PlacedStatus, Ref, Status, StatusGroup
from connector.systems.kept import Kept, KeptEach

T = TypeVar("T")
Item = TypeVar("Item")

_NO_ARRIVAL = frozenset({StatusGroup.CLOSED, StatusGroup.RESOLVED, StatusGroup.WAITING})
_DONE = frozenset({StatusGroup.CLOSED, StatusGroup.RESOLVED})
_OWNERS_A_CALL = 200
_MOST_BOARDS = 500
_PROGRAM = re.compile(
    r"workflow|business rule|automat|integrat|\bz?(?:admin|system|api|connector|bot)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Team:
    """A team of a board with the ids of its members."""

    ref: Ref
    members: frozenset[str]
    is_default: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the site. ``is_api``: an identity of an integration, no person."""

    person: Person
    is_api: bool


class Directory:
    """Reads through one client. Lookups raise UnknownName, and AdapterError when a list cannot be read.

    The active service ``boards``, all ``members`` by id, active or not, and the ``priority_list``; of each board, by
    its id, the ``board_statuses`` by id and the ``teams``.
    """

    def __init__(self, client: ConnectWiseClient) -> None:
        self._client = client
        self.our_id = ""
        self.our_name = ""
        """The identifier that stands on what we write; empty until something was written."""

        monotonic = client.http.options.monotonic
        self.boards = Kept(self._read_boards, monotonic)
        self.members = Kept(self._read_members, monotonic)
        self.priority_list = Kept(self._read_priorities, monotonic)
        self.board_statuses = KeptEach(self._read_statuses, monotonic)
        self.teams = KeptEach(self._read_teams, monotonic)

    # Where tickets can go

    def locate(self, home: str) -> Place:
        """The place of a home, ``Board`` or ``Board > Team``; a board's own name may hold the sign, too."""
        signs = [sign.span() for sign in re.finditer(r"(?<=\S)\s*>\s*(?=\S)", home)]
        splits = [(home[:start], home[end:]) for start, end in signs]
        known = self.boards.get()
        for board_name, team_name in [(home, ""), *reversed(splits)]:
            if any(same_name(board_name, ref.name) for ref in known):
                return self._place(board_name, team_name)
        # No such board in the list that is kept: looked up anew, or refused with what is near.
        return self._place(*(splits[0] if splits else (home, "")))

    def places(self) -> list[Place]:
        """Every board, and behind it its teams: a call for each board. Raises Permanent where there are too many."""
        boards = self.boards.get()
        if len(boards) > _MOST_BOARDS:
            many = f"there are {len(boards)} service boards, too many to ask each for its teams"
            raise Permanent(f"list the teams: {many}: name the homes yourself", "too many boards")
        inside = ((board, ((), *((team.ref,) for team in self.teams.get(board.id)))) for board in boards)
        return findable_places((Place((board, *team)) for board, teams in inside for team in teams), self.locate)

    def statuses(self, place: Place) -> list[PlacedStatus]:
        """The active statuses of a place's board."""
        return [entry.placed for entry in self.board_statuses.get(place.path[0].id).values() if entry.is_active]

    def arrival_status(self, place: Place, current: Status) -> Status | None:
        """The status on arrival at a board: that of the same name, if the clock runs in it, else the default.

        None when ``current`` is a status of that board already.
        """
        board = place.path[0]
        statuses = self.board_statuses.get(board.id)
        if current.id in statuses:
            return None
        usable = [entry for entry in statuses.values() if entry.is_active and entry.status.group not in _NO_ARRIVAL]
        same = [entry for entry in usable if same_name(entry.status.name, current.name)]
        default = [entry for entry in usable if entry.is_default]
        for entry in (*same, *default, *usable):
            return entry.status
        raise UnknownName(f"status to arrive in on the board {board.name!r}", current.name)

    def people(self, place: Place) -> list[Person]:
        """The active people of a team, or of all teams of a board, with their open tickets."""
        board = place.path[0]
        team_ids = {ref.id for ref in place.path[1:2]}
        teams = [team for team in self.teams.get(board.id) if not team_ids or team.ref.id in team_ids]
        ids = frozenset().union(*(team.members for team in teams))
        members = self.members.get()
        found = [
            members[id_].person
            for id_ in ids
            if id_ in members and members[id_].person.is_active and not members[id_].is_api
        ]
        loads = self._loads([int(person.id) for person in found])
        people = [replace(person, open_tickets=loads[person.id]) for person in found]
        return sorted(people, key=lambda person: person.identifier)

    # The lists

    def board(self, name: str) -> Ref:
        """The active service board of that name."""
        return find("board", name, self.boards, lambda ref: (ref.name,), lambda refs: refs)

    def status_in(self, place: Place, name: str) -> Status:
        """The active status of that name on a place's board."""
        board = place.path[0]
        found: BoardStatus = find(
            f"status on the board {board.name!r}",
            name,
            self.board_statuses.of(board.id),
            lambda entry: (entry.status.name,),
            lambda entries: [entry for entry in entries.values() if entry.is_active],
        )
        return found.status

    def group(self, board: Ref, status: Ref) -> StatusGroup:
        """The group of a board's status; UNKNOWN when the board does not list it, also read anew."""
        for statuses in self.board_statuses.of(board.id).tries():
            if status.id in statuses:
                return statuses[status.id].status.group
        return StatusGroup.UNKNOWN

    def team(self, board: Ref, name: str) -> Ref:
        """The team of that name on a board."""
        return find(
            f"team on the board {board.name!r}",
            name,
            self.teams.of(board.id),
            lambda team: (team.ref.name,),
            lambda teams: teams,
        ).ref

    def member(self, identifier: str) -> Person:
        """The member of that identifier, active or not. Ids and full names are no identifiers."""
        found: Member = find(
            "member",
            identifier,
            self.members,
            lambda member: (member.person.identifier,),
            lambda members: list(members.values()),
        )
        return found.person

    def author(self, name: str) -> Person | None:
        """The member of that identifier or full name, None when there is none or more than one."""
        wanted = plain(name).casefold()
        found = [
            member.person
            for member in self.members.get().values()
            if wanted in (member.person.identifier.casefold(), plain(member.person.name).casefold())
        ]
        return found[0] if len(found) == 1 else None

    def kind_of(self, member: Person) -> AuthorKind:
        """What the notes of a member are: an agent's, unless it is the identity of an integration, perhaps of ours.

        One that is not listed, also read anew, is a person.
        """
        for members in self.members.tries():
            if member.id in members:
                break
        if member.id not in members or not members[member.id].is_api:
            return AuthorKind.AGENT
        return AuthorKind.CONNECTOR if member.id == self.our_id else AuthorKind.UNKNOWN

    def doer(self, name: str) -> tuple[str, Doer]:
        """The full name of somebody whom the site names for a change, by identifier or full name, and of which kind.

        A name that is no member's is a program's where it says so itself; of any other nobody knows.
        """
        member = self.author(name) if name else None
        if member is not None:
            is_person = self.kind_of(member) is AuthorKind.AGENT
            return member.name or name, Doer.PERSON if is_person else Doer.PROGRAM
        return name, Doer.PROGRAM if _PROGRAM.search(name) else Doer.UNKNOWN

    def learn_ourselves(self, member: Person) -> None:
        """Whose name stands on what we write; nothing tells it before."""
        self.our_id, self.our_name = member.id, member.identifier

    def priority(self, name: str) -> Ref:
        """The priority of that name."""
        return find("priority", name, self.priority_list, lambda ref: (ref.name,), lambda refs: refs)

    def priorities(self) -> list[Ref]:
        """Every priority."""
        return findable(self.priority_list.get(), self.priority)

    def _place(self, board_name: str, team_name: str) -> Place:
        board = self.board(board_name)
        return Place((board, self.team(board, team_name)) if team_name else (board,))

    def _loads(self, owners: list[int]) -> Counter[str]:
        loads: Counter[str] = Counter()
        for start in range(0, len(owners), _OWNERS_A_CALL):
            ids = ",".join(str(owner) for owner in sorted(owners)[start : start + _OWNERS_A_CALL])
            rows = self._client.pages(
                "service/tickets",
                "count the open tickets of a team",
                "Service Desk > Service Tickets (Inquire)",
                f"closedFlag = False and owner/id in ({ids})",
                "id,owner,board,status",
            )
            held = [(optional_ref(row, "owner", "ticket"), row) for row in rows]
            loads.update(owner.id for owner, row in held if owner is not None and not self._is_resolved(row))
        return loads

    def _is_resolved(self, row: dict[str, Any]) -> bool:
        """Whether nothing is left to do, though the ticket is not closed yet."""
        board, status = (optional_ref(row, name, "ticket") for name in ("board", "status"))
        return board is not None and status is not None and self.group(board, status) in _DONE

    def _read_boards(self) -> list[Ref]:
        rows = self._client.pages(
            "service/boards", "read the boards", TABLE_SETUP, fields="id,name,inactiveFlag,projectFlag"
        )
        return [
            named(row, "service/boards")
            for row in rows
            if row.get("inactiveFlag") is not True and row.get("projectFlag") is not True
        ]

    def _read_statuses(self, board_id: str) -> dict[str, BoardStatus]:
        path = f"service/boards/{board_id}/statuses"
        what = f"read the statuses of board {board_id}"
        return board_statuses(self._client.pages(path, what, TABLE_SETUP), path)

    def _read_teams(self, board_id: str) -> list[Team]:
        path = f"service/boards/{board_id}/teams"
        what = f"read the teams of board {board_id}"
        return [_team(row, path) for row in self._client.pages(path, what, TABLE_SETUP)]

    def _read_members(self) -> dict[str, Member]:
        path = "system/members"
        fields = "id,identifier,firstName,lastName,inactiveFlag,licenseClass"
        rows = self._client.pages(path, "read the members", MEMBERS_READ, fields=fields)
        found = [_member(row, path) for row in rows]
        return {member.person.id: member for member in found}

    def _read_priorities(self) -> list[Ref]:
        path = "service/priorities"
        rows = self._client.pages(path, "read the priorities", TABLE_SETUP, fields="id,name")
        return [named(row, path) for row in rows]


TABLE_SETUP = "System > Table Setup (Inquire)"
MEMBERS_READ = "System > Member Maintenance (Inquire)"


def _team(row: Json, path: str) -> Team:
    members = row.get("members")
    ids = [str(member) for member in members if isinstance(member, int)] if isinstance(members, list) else []
    return Team(named(row, path), frozenset(ids), row.get("defaultFlag") is True)


def _member(row: Json, path: str) -> Member:
    number = str(record_id(row, path))
    name = " ".join(filter(None, (text(row.get("firstName")), text(row.get("lastName")))))
    identifier = text(row.get("identifier"))
    person = Person(number, identifier, name or identifier, is_active=row.get("inactiveFlag") is not True)
    return Member(person, text(row.get("licenseClass")).upper() == "X")
