"""Putting recorded tickets and notes into the simulated system as they are, with what they refer to."""

from __future__ import annotations

from typing import Any

from adapters.connectwise.simulation.state import State
from adapters.simulation.refusal import Json


def load_ticket(state: State, record: Json, escalation_status: str) -> int:
    """Keep a recorded ticket unchanged; missing boards, statuses, teams, people and clients are made for it."""
    number = int(record["id"])
    with state.acting() as now:
        info = state.info(now, "admin")
        _load_place(state, record, escalation_status, info)
        owner = record.get("owner")
        if owner:
            load_member(state, owner)
        for name, table in (("company", state.companies), ("contact", state.contacts)):
            found = record.get(name)
            if found:
                kept = {key: found[key] for key in ("id", "identifier", "name") if key in found}
                table.setdefault(found["id"], {**kept, "_info": info})
                state.reserve_id(name, found["id"])
        priority = record.get("priority")
        if priority:
            made = {
                "id": priority["id"],
                "name": priority["name"],
                "color": "Gray",
                "sortOrder": priority.get("sort", 0),
                "defaultFlag": False,
                "_info": info,
            }
            state.priorities.setdefault(priority["id"], made)
            state.reserve_id("priority", priority["id"])
        # Lists are given out in the order of their ids.
        state.tickets = dict(sorted({**state.tickets, number: dict(record)}.items()))
        state.reserve_id("ticket", number)
        state.on_event("added", state.tickets[number], record["_info"].get("updatedBy", "admin"), False)
    return number


def load_note(state: State, record: Json, ticket: int) -> int:
    """Keep a recorded note at a ticket, without touching the ticket."""
    number = int(record["id"])
    with state.acting():
        state.ticket(ticket)
        kept = {**state.notes.get(ticket, {}), number: {**record, "ticketId": ticket}}
        state.notes[ticket] = dict(sorted(kept.items()))
        state.reserve_id("note", number)
        if record.get("member"):
            load_member(state, record["member"])
    return number


def load_time_entry(state: State, record: Json, ticket: int) -> int:
    """Keep a recorded time entry at a ticket, without touching the ticket."""
    number = int(record["id"])
    with state.acting() as now:
        state.ticket(ticket)
        made = {"_info": state.info(now, "admin"), **record, "chargeToId": ticket}
        state.time_entries = dict(sorted({**state.time_entries, number: made}.items()))
        state.time_entries_of.setdefault(ticket, {})[number] = made
        state.reserve_id("time", number)
        if record.get("member"):
            load_member(state, record["member"])
    return number


def load_member(state: State, reference: Json) -> None:
    """The member that a recorded reference speaks of, unless it is there."""
    first, _, last = str(reference.get("name", "")).partition(" ")
    made = {
        "id": reference["id"],
        "identifier": reference.get("identifier", str(reference["id"])),
        "firstName": first,
        "lastName": last,
        "licenseClass": "F",
        "inactiveFlag": False,
        "_info": state.info(state.clock.now(), "admin"),
    }
    state.members.setdefault(reference["id"], made)
    state.reserve_id("member", reference["id"])


def _load_place(state: State, record: Json, escalation_status: str, info: Json) -> None:
    board, status, team = record["board"], record["status"], record.get("team")
    number = board["id"]
    made: Json = {"id": number, "name": board["name"], "inactiveFlag": False, "projectFlag": False, "_info": info}
    state.boards.setdefault(number, made)
    statuses = state.statuses.setdefault(number, {})
    statuses.setdefault(status["id"], _status(state, made, record, escalation_status, info, len(statuses)))
    teams = state.teams.setdefault(number, {})
    if team:
        teams.setdefault(
            team["id"],
            {
                "id": team["id"],
                "name": team["name"],
                "members": [],
                "defaultFlag": not teams,
                "boardId": number,
                "_info": info,
            },
        )
        state.reserve_id("team", team["id"])
    state.reserve_id("board", number)
    state.reserve_id("status", status["id"])


def _status(state: State, board: Json, record: Json, escalation: str, info: Json, order: int) -> dict[str, Any]:
    return {
        "id": record["status"]["id"],
        "name": record["status"]["name"],
        "board": state.board_reference(board),
        "sortOrder": record["status"].get("Sort", order),
        "inactive": False,
        "closedStatus": record.get("closedFlag") is True,
        "defaultFlag": order == 0,
        "escalationStatus": escalation,
        "_info": info,
    }
