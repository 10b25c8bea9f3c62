"""The site's own lists, by id and by name: boards, statuses, teams, members, priorities.

Kept for some minutes and read anew when a name or id is not among them; one refresh at a time. Configured
names match exactly or else without case; two matches are an error, and a miss names what is near.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.mapping import Json, record_id, status_group, text
from adapters.names import KEEP_SECONDS, REFRESH_SECONDS, Kept, find, plain
from connector.model import Person, Ref, Status, StatusGroup

T = TypeVar("T")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """A status of a board."""

    status: Status
    is_default: bool
    is_active: bool


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
    """Reads through one client. Lookups raise UnknownName, and AdapterError when a list cannot be read."""

    def __init__(self, client: ConnectWiseClient) -> None:
        self._client = client
        self._monotonic = client.http.options.monotonic
        self._boards = self._kept(self._read_boards)
        self._members = self._kept(self._read_members)
        self._priorities = self._kept(self._read_priorities)
        self._statuses: dict[str, Kept[dict[str, BoardStatus]]] = {}
        self._teams: dict[str, Kept[list[Team]]] = {}
        self._lock = threading.Lock()

    def board(self, name: str) -> Ref:
        """The active service board of that name."""
        return self._find("board", name, self._boards, lambda ref: ref.name, lambda refs: refs)

    def boards(self) -> list[Ref]:
        """The active service boards."""
        return self._boards.get()

    def statuses(self, board_id: str, oldest: float = KEEP_SECONDS) -> dict[str, BoardStatus]:
        """The statuses of a board by id."""
        return self._per_board(self._statuses, board_id, self._read_statuses).get(oldest)

    def status(self, board: Ref, name: str) -> Status:
        """The active status of that name on a board."""
        found: BoardStatus = self._find(
            f"status on the board {board.name!r}",
            name,
            self._per_board(self._statuses, board.id, self._read_statuses),
            lambda entry: entry.status.name,
            lambda entries: [entry for entry in entries.values() if entry.is_active],
        )
        return found.status

    def group(self, board: Ref, status: Ref) -> StatusGroup:
        """The group of a board's status; UNKNOWN when the board does not list it, also read anew."""
        for oldest in (KEEP_SECONDS, REFRESH_SECONDS):
            found = self.statuses(board.id, oldest).get(status.id)
            if found is not None:
                return found.status.group
        return StatusGroup.UNKNOWN

    def teams(self, board_id: str) -> list[Team]:
        """The teams of a board."""
        return self._per_board(self._teams, board_id, self._read_teams).get()

    def team(self, board: Ref, name: str) -> Ref:
        """The team of that name on a board."""
        return self._find(
            f"team on the board {board.name!r}",
            name,
            self._per_board(self._teams, board.id, self._read_teams),
            lambda team: team.ref.name,
            lambda teams: teams,
        ).ref

    def members(self) -> dict[str, Member]:
        """All members by id, active or not."""
        return self._members.get()

    def member(self, identifier: str) -> Person:
        """The member of that identifier, active or not. Ids and full names are no identifiers."""
        found: Member = self._find(
            "member",
            identifier,
            self._members,
            lambda member: member.person.identifier,
            lambda members: list(members.values()),
        )
        return found.person

    def author(self, name: str) -> Person | None:
        """The member of that identifier or full name, None when there is none or more than one."""
        wanted = plain(name).casefold()
        found = [
            member.person
            for member in self.members().values()
            if wanted in (member.person.identifier.casefold(), plain(member.person.name).casefold())
        ]
        return found[0] if len(found) == 1 else None

    def priority(self, name: str) -> Ref:
        """The priority of that name."""
        return self._find("priority", name, self._priorities, lambda ref: ref.name, lambda refs: refs)

    def priorities(self) -> list[Ref]:
        """All priorities."""
        return self._priorities.get()

    def _kept(self, read: Callable[[], T]) -> Kept[T]:
        return Kept(read, self._monotonic)

    def _per_board(self, lists: dict[str, Kept[T]], board_id: str, read: Callable[[str], T]) -> Kept[T]:
        with self._lock:
            if board_id not in lists:
                lists[board_id] = self._kept(lambda: read(board_id))
            return lists[board_id]

    def _find(
        self,
        kind: str,
        name: str,
        kept: Kept[T],
        name_of: Callable[[Item], str],
        candidates: Callable[[T], Sequence[Item]],
    ) -> Item:
        return find(kind, name, kept, lambda item: (name_of(item),), candidates)

    def _read_boards(self) -> list[Ref]:
        rows = self._client.pages(
            "service/boards", "read the boards", TABLE_SETUP, fields="id,name,inactiveFlag,projectFlag"
        )
        return [
            _named(row, "service/boards")
            for row in rows
            if row.get("inactiveFlag") is not True and row.get("projectFlag") is not True
        ]

    def _read_statuses(self, board_id: str) -> dict[str, BoardStatus]:
        path = f"service/boards/{board_id}/statuses"
        what = f"read the statuses of board {board_id}"
        found = [_board_status(row, path) for row in self._client.pages(path, what, TABLE_SETUP)]
        return {entry.status.id: entry for entry in found}

    def _read_teams(self, board_id: str) -> list[Team]:
        path = f"service/boards/{board_id}/teams"
        what = f"read the teams of board {board_id}"
        return [_team(row, path) for row in self._client.pages(path, what, TABLE_SETUP)]

    def _read_members(self) -> dict[str, Member]:
        path = "system/members"
        fields = "id,identifier,firstName,lastName,inactiveFlag,licenseClass"
        rows = self._client.pages(path, "read the members", "System > Member Maintenance (Inquire)", fields=fields)
        found = [_member(row, path) for row in rows]
        return {member.person.id: member for member in found}

    def _read_priorities(self) -> list[Ref]:
        path = "service/priorities"
        rows = self._client.pages(path, "read the priorities", TABLE_SETUP, fields="id,name")
        return [_named(row, path) for row in rows]


TABLE_SETUP = "System > Table Setup (Inquire)"


def _named(row: Json, path: str) -> Ref:
    return Ref(str(record_id(row, path)), text(row.get("name")))


def _board_status(row: Json, path: str) -> BoardStatus:
    ref = _named(row, path)
    return BoardStatus(
        Status(ref.id, ref.name, status_group(row)),
        is_default=row.get("defaultFlag") is True,
        is_active=row.get("inactive") is not True,
    )


def _team(row: Json, path: str) -> Team:
    members = row.get("members")
    ids = [str(member) for member in members if isinstance(member, int)] if isinstance(members, list) else []
    return Team(_named(row, path), frozenset(ids), row.get("defaultFlag") is True)


def _member(row: Json, path: str) -> Member:
    number = str(record_id(row, path))
    name = " ".join(filter(None, (text(row.get("firstName")), text(row.get("lastName")))))
    identifier = text(row.get("identifier"))
    person = Person(number, identifier, name or identifier, is_active=row.get("inactiveFlag") is not True)
    return Member(person, text(row.get("licenseClass")).upper() == "X")
