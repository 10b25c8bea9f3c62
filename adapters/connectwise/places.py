"""Where tickets can go: homes by name, the status on arrival, and the people there with their load."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.directory import Directory
from adapters.connectwise.mapping import optional_ref
from adapters.names import same_name
from connector.errors import UnknownName
from connector.model import Person, Place, Status, StatusGroup

_NO_ARRIVAL = frozenset({StatusGroup.CLOSED, StatusGroup.RESOLVED, StatusGroup.WAITING})
_DONE = frozenset({StatusGroup.CLOSED, StatusGroup.RESOLVED})
_OWNERS_A_CALL = 200


class Places:
    """Places of one site."""

    def __init__(self, client: ConnectWiseClient, directory: Directory) -> None:
        self._client = client
        self._directory = directory

    def locate(self, home: str) -> Place:
        """The place of a home, ``Board`` or ``Board > Team``; a board's own name may hold the sign, too."""
        signs = [sign.span() for sign in re.finditer(r"(?<=\S)\s*>\s*(?=\S)", home)]
        splits = [(home[:start], home[end:]) for start, end in signs]
        known = self._directory.boards()
        for board_name, team_name in [(home, ""), *reversed(splits)]:
            if any(same_name(board_name, ref.name) for ref in known):
                return self._place(board_name, team_name)
        # No such board in the list that is kept: looked up anew, or refused with what is near.
        return self._place(*(splits[0] if splits else (home, "")))

    def arrival_status(self, place: Place, current: Status) -> Status | None:
        """The status on arrival at a board: that of the same name, if the clock runs in it, else the default.

        None when ``current`` is a status of that board already.
        """
        board = place.path[0]
        statuses = self._directory.statuses(board.id)
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
        teams = [team for team in self._directory.teams(board.id) if not team_ids or team.ref.id in team_ids]
        ids = frozenset().union(*(team.members for team in teams))
        members = self._directory.members()
        found = [
            members[id_].person
            for id_ in ids
            if id_ in members and members[id_].person.is_active and not members[id_].is_api
        ]
        loads = self._loads([int(person.id) for person in found])
        people = [replace(person, open_tickets=loads[person.id]) for person in found]
        return sorted(people, key=lambda person: person.identifier)

    def readable(self, place: Place) -> None:
        """Read a place's statuses and teams, to see whether that is allowed."""
        self._directory.statuses(place.path[0].id)
        self._directory.teams(place.path[0].id)

    def _place(self, board_name: str, team_name: str) -> Place:
        board = self._directory.board(board_name)
        return Place((board, self._directory.team(board, team_name)) if team_name else (board,))

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
        return board is not None and status is not None and self._directory.group(board, status) in _DONE
