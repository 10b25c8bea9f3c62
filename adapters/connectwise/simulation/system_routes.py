"""The addresses of setup tables, members, callbacks, the audit trail and the system itself."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, g, request

from adapters.connectwise.simulation import registrations
from adapters.connectwise.simulation.conditions import Query
from adapters.connectwise.simulation.door import Door, sent_json
from adapters.connectwise.simulation.listing import listed
from adapters.connectwise.simulation.refusal import bad_request, not_found
from adapters.connectwise.simulation.vocabulary import (
    ALL_TEAMS,
    AUDIT,
    BOARD,
    CALLBACK,
    COMPANY,
    MEMBER,
    NAMED,
    PRIORITY,
    STATUS,
    TEAM,
)
from adapters.simulation.refusal import Json


class SystemRoutes:
    """Adds its addresses to a door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._state = door.state
        self._add_setup()
        self._add_system()

    def _add_setup(self) -> None:
        state = self._state
        self._door.list("service/boards", BOARD, lambda: listed(state.boards))
        self._door.on(
            "GET", "service/boards/<int:board>", lambda board: self._door.one(state.boards, board, "Service Board")
        )
        per_board = "service/boards/<int:board>"
        self._door.list(f"{per_board}/statuses", STATUS, lambda board: listed(self._of_board(state.statuses, board)))
        self._door.on(
            "GET",
            f"{per_board}/statuses/<int:number>",
            lambda board, number: self._door.one(self._of_board(state.statuses, board), number, "Service Status"),
        )
        self._door.list(f"{per_board}/teams", TEAM, lambda board: listed(self._of_board(state.teams, board)))
        self._door.on(
            "GET",
            f"{per_board}/teams/<int:number>",
            lambda board, number: self._door.one(self._of_board(state.teams, board), number, "Service Team"),
        )
        self._door.list("service/teams", ALL_TEAMS, lambda: self._all_teams, counted=False)
        # Without a board the real list was found empty.
        self._door.list("service/statuses", STATUS, lambda: lambda query: [], counted=False)
        self._door.list("service/priorities", PRIORITY, lambda: listed(state.priorities))
        self._door.on(
            "GET",
            "service/priorities/<int:number>",
            lambda number: self._door.one(state.priorities, number, "Priority"),
        )
        self._door.list("company/companies", COMPANY, lambda: listed(state.companies))
        self._door.on(
            "GET",
            "company/companies/<int:number>",
            lambda number: self._door.one(state.companies, number, "Company"),
        )
        for path, name in (
            ("time/workTypes", "Regular"),
            ("time/workRoles", "Engineer"),
            ("service/SLAs", "Standard SLA"),
        ):
            records = [{"id": 1, "name": name, "inactiveFlag": False}]
            self._door.list(path, NAMED, lambda records=records: lambda query: records, counted=False)

    def _add_system(self) -> None:
        state = self._state
        self._door.list("system/members", MEMBER, lambda: listed(state.members))
        self._door.on("GET", "system/members/<member>", self._get_member)
        self._door.on("GET", "system/info", self._system_info)
        self._door.on("GET", "system/audittrail", self._audit_trail)
        self._door.list("system/callbacks", CALLBACK, lambda: listed(state.callbacks))
        self._door.on("POST", "system/callbacks", self._create_callback)
        one = "system/callbacks/<int:number>"
        self._door.on("GET", one, lambda number: self._door.cut(CALLBACK, registrations.registration(state, number)))
        self._door.on("PATCH", one, self._patch_callback)
        self._door.on("PUT", one, self._put_callback)
        self._door.on("DELETE", one, self._delete_callback)

    def _of_board(self, tables: Mapping[int, Mapping[int, Json]], board: int) -> Mapping[int, Json]:
        if board not in tables:
            raise not_found("Service Board", board)
        return tables[board]

    def _all_teams(self, query: Query) -> list[Json]:
        teams = [team for board in list(self._state.teams.values()) for team in list(board.values())]
        kept = ("id", "name", "_info")
        return [
            {**{name: team[name] for name in kept}, "leader": team["teamLeader"], "deleteNotifyFlag": False}
            for team in sorted(teams, key=lambda team: team["id"])
        ]

    def _get_member(self, member: str) -> Json:
        number = int(member) if member.isdigit() else 0
        found = self._state.members.get(number) or self._state.member_named(member)
        if found is None:
            raise not_found("Member", member)
        return self._door.cut(MEMBER, found)

    def _system_info(self) -> Json:
        code = self._state.codebase.rstrip("/").removeprefix("v").replace("_", ".")
        return {
            "version": f"v{code}.100000",
            "isCloud": self._state.faults.cloud_mode,
            "serverTimeZone": "UTC",
            "cloudRegion": "NA",
            "licenseBits": [],
        }

    def _audit_trail(self) -> Response:
        if request.headers.get("pagination-type", "").lower() == "forward-only":
            raise bad_request("InvalidParameter", "The audit trail has no forward-only pagination.")
        number = request.args.get("id", "")
        if request.args.get("type", "").lower() != "ticket" or not number.isdigit():
            raise bad_request("InvalidParameter", "type and id are required.")
        records = list(self._state.audit.get(int(number), ()))
        return self._door.answer_list(AUDIT, lambda query: records, request.args)

    def _create_callback(self) -> tuple[Json, int]:
        return registrations.register(self._state, sent_json(), g.member), 201

    def _patch_callback(self, number: int) -> Json:
        return registrations.patch_registration(self._state, number, sent_json(), g.member)

    def _put_callback(self, number: int) -> Json:
        registrations.registration(self._state, number)
        return registrations.register(self._state, sent_json(), g.member, number)

    def _delete_callback(self, number: int) -> Response:
        registrations.unregister(self._state, number)
        return Response(status=204)
