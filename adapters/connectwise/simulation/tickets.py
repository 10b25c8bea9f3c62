"""What may be written to a ticket, what is refused, and what follows from it.

One way for POST, PUT, PATCH and the people of the service desk: ``resolve`` turns what was sent into whole
fields or raises Refusal with every problem; ``settle`` derives the service-level dates, the closed flag, the
resources and ``_info`` from the change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.connectwise.simulation.refusal import invalid, problem
from adapters.connectwise.simulation.state import State, wire, without_nulls
from adapters.connectwise.simulation.vocabulary import (
    ENUMS,
    FLAG,
    INTEGER,
    NUMBER,
    REFERENCE,
    TEXT,
    TICKET,
)
from adapters.simulation.refusal import Json

RESOURCE = "ticket"
WRITE_ONLY = frozenset({"processNotifications", "skipCallback"})
INITIAL_NOTES = {
    "initialDescription": "detailDescriptionFlag",
    "initialInternalAnalysis": "internalAnalysisFlag",
    "initialResolution": "resolutionFlag",
}
READ_ONLY = frozenset(
    {
        "id", "_info", "closedDate", "closedBy", "closedFlag", "dateResponded", "dateResplan", "dateResolved",
        "respondedBy", "resplanBy", "resolvedBy", "respondMinutes", "resPlanMinutes", "resolveMinutes",
        "resources", "isInSla", "slaStatus", "escalationLevel", "escalationStartDateUTC", "mobileGuid",
        "hasChildTicket", "hasMergedChildTicketFlag", "mergedParentTicket", "actualHours", "minutesWaiting",
        "minutesBeforeWaiting", "respondedSkippedMinutes", "resplanSkippedMinutes", "respondedHours",
        "resplanHours", "resolutionHours", "recordType",
    }
)  # fmt: skip
WRITABLE = (frozenset(TICKET.fields) | {"customFields"} | WRITE_ONLY) - READ_ONLY
LENGTHS = {
    "summary": 100,
    "siteName": 50,
    "addressLine1": 50,
    "addressLine2": 50,
    "city": 50,
    "stateIdentifier": 50,
    "zip": 12,
    "contactName": 62,
    "contactPhoneNumber": 20,
    "contactPhoneExtension": 15,
    "contactEmailAddress": 250,
    "externalXRef": 100,
    "poNumber": 50,
    "automaticEmailCc": 1000,
}
STAGES = {"NotResponded": 0, "Responded": 1, "ResolutionPlan": 2, "Resolved": 3}
LEVELS = {"NotResponded": 0, "Responded": 5, "ResolutionPlan": 10, "Resolved": 15}
STAMPS = (
    (1, "dateResponded", "respondedBy", "respondMinutes"),
    (2, "dateResplan", "resplanBy", "resPlanMinutes"),
    (3, "dateResolved", "resolvedBy", "resolveMinutes"),
)
GOAL_HOURS = {"respondedHours": 4, "resplanHours": 24, "resolutionHours": 48}
PER_BOARD = ("type", "subType", "item")


def resolve(state: State, ticket: Json | None, sent: Mapping[str, Any]) -> Json:
    """The whole fields that ``sent`` asks for; None unsets one. Raises Refusal (400) naming every problem."""
    return _Resolver(state, ticket, sent).resolve()


class _Resolver:
    def __init__(self, state: State, ticket: Json | None, sent: Mapping[str, Any]) -> None:
        self._state = state
        self._ticket = ticket
        self._sent = sent
        self._problems: list[Json] = []

    def resolve(self) -> Json:
        values: Json = {}
        for name, value in self._sent.items():
            if name not in WRITABLE:
                self._refuse("InvalidField", f"{name} is not a field that can be written.", name)
            elif name not in ("board", "status", "team", "owner") and name not in WRITE_ONLY:
                values[name] = self._value(name, value)
        board = self._board()
        if board is not None:
            values.update(self._placed(board))
        if "owner" in self._sent:
            values["owner"] = self._owner(self._sent["owner"])
        if self._ticket is None:
            values = self._complete(values)
        if self._problems:
            raise invalid(RESOURCE, self._problems)
        return values

    def _refuse(self, code: str, message: str, field: str) -> None:
        self._problems.append(problem(code, message, RESOURCE, field))

    def _value(self, name: str, value: Any) -> Any:
        kind = TICKET.fields.get(name)
        if value is None:
            if name in ("summary", "company", "priority"):
                self._refuse("MissingRequiredField", f"The {name} field is required.", name)
            return None
        if kind == REFERENCE:
            return self._reference(name, value)
        if not _is_of_kind(kind, value) or (name == "customFields" and not isinstance(value, list)):
            self._refuse("InvalidField", f"The value of {name} is not of the right type.", name)
        elif name in LENGTHS and len(value) > LENGTHS[name]:
            message = f"The field {name} must be a string with a maximum length of {LENGTHS[name]}."
            self._refuse("MaxLengthField", message, name)
        elif name in ENUMS and value not in ENUMS[name]:
            self._refuse("InvalidField", "Enum value supplied was invalid", name)
        elif name == "summary" and not value.strip():
            self._refuse("MissingRequiredField", "The summary field is required.", name)
        return value

    def _reference(self, name: str, value: Any) -> Json | None:
        state = self._state
        if name == "company":
            return self._known(name, value, state.companies, state.company_reference, "company")
        if name == "priority":
            return self._known(name, value, state.priorities, state.priority_reference, "Priority")
        if name == "contact":
            return self._known(name, value, state.contacts, state.contact_reference, "contact")
        if not isinstance(value, dict) or not isinstance(value.get("id"), int):
            self._refuse("InvalidField", f"{name} must be an object with an id.", name)
            return None
        return {"id": value["id"], "name": str(value.get("name", f"{name} {value['id']}"))}

    def _known(
        self,
        name: str,
        value: Any,
        table: Mapping[int, Json],
        reference: Callable[[Json], Json],
        what: str,
        where: str = "",
    ) -> Json | None:
        found, key, wanted = look_up(table, value)
        if key is None:
            self._refuse("InvalidField", f"{name} must be an object with an id.", name)
            return None
        if found is None:
            self._refuse("NotFound", f"{what} {wanted} not found{where}", f"{name}/{key}")
            return None
        return reference(found)

    def _board(self) -> Json | None:
        state = self._state
        if "board" not in self._sent:
            if self._ticket is not None:
                return state.boards.get(self._ticket["board"]["id"])
            return next(iter(state.boards.values()), None)
        reference = self._known("board", self._sent["board"], state.boards, lambda board: board, "Service Board")
        if reference is not None and reference.get("inactiveFlag"):
            self._refuse("InvalidField", f"Service Board {reference['id']} is inactive", "board/id")
        return reference

    def _placed(self, board: Json) -> Json:
        """Board, status and team, which must fit each other, and what a move unsets."""
        number = board["id"]
        is_moved = self._ticket is None or self._ticket["board"]["id"] != number
        values: Json = {"board": self._state.board_reference(board)} if is_moved else {}
        where = f" for Service Board {number}"
        statuses, teams = self._state.statuses[number], self._state.teams[number]
        if "status" in self._sent:
            status = self._known("status", self._sent["status"], statuses, _same, "Service Status", where)
            if status is not None and status["inactive"]:
                self._refuse("InvalidField", f"Service Status {status['id']} is inactive", "status/id")
            values["status"] = status
        elif is_moved:
            if self._ticket is not None and self._state.faults.board_move_needs_status:
                wrong = self._ticket["status"]["id"]
                self._refuse("NotFound", f"Service Status {wrong} not found{where}", "status/id")
            values["status"] = default_of(statuses, "inactive")
        if self._sent.get("team") is not None:
            team = self._known("team", self._sent["team"], teams, _same, "Service Team", where)
            values["team"] = None if team is None else self._state.team_reference(team)
        elif "team" in self._sent:
            values["team"] = None
        elif is_moved:
            team = next((one for one in teams.values() if one["defaultFlag"]), None)
            values["team"] = None if team is None else self._state.team_reference(team)
        if is_moved and self._ticket is not None:
            self._refuse_stale(self._ticket, where)
            values.update({name: None for name in PER_BOARD if name not in self._sent})
        return values

    def _refuse_stale(self, ticket: Json, where: str) -> None:
        kept = [name for name in PER_BOARD if name in ticket and name not in self._sent]
        for name in kept:
            if name in self._state.faults.board_move_refuses:
                what = f"Service {name[0].upper()}{name[1:]} {ticket[name]['id']}"
                self._refuse("NotFound", f"{what} not found{where}", f"{name}/id")
        if "type" in kept and "customFields" in self._state.faults.board_move_refuses:
            self._refuse("MissingRequiredField", "Custom field Asset Tag is required.", "customFields")

    def _owner(self, value: Any) -> Json | None:
        if value is None:
            return None
        member = self._known("owner", value, self._state.members, _same, "member")
        if member is None:
            return None
        if member["inactiveFlag"]:
            self._refuse("InvalidField", f"member {member['id']} is inactive", "owner/id")
        return self._state.member_reference(member)

    def _complete(self, values: Json) -> Json:
        state = self._state
        for name in ("summary", "company"):
            if name not in self._sent:
                self._refuse("MissingRequiredField", f"The {name} field is required.", name)
        defaults: Json = {"severity": "Medium", "impact": "Medium"}
        priority = next((one for one in state.priorities.values() if one["defaultFlag"]), None)
        if priority is not None:
            defaults["priority"] = state.priority_reference(priority)
        if values.get("status") is None and "status" not in self._sent:
            self._refuse("MissingRequiredField", "The status field is required.", "status")
        return {**defaults, **values}


def _same(record: Json) -> Json:
    return record


def look_up(table: Mapping[int, Json], value: Any) -> tuple[Json | None, str | None, Any]:
    """The record that a reference names, the key it was named by (None: it names nothing), and the name."""
    if not isinstance(value, dict):
        return None, None, value
    number = value.get("id")
    if isinstance(number, int) and not isinstance(number, bool):
        return table.get(number), "id", number
    for key in ("identifier", "name"):
        name = value.get(key)
        if isinstance(name, str) and name:
            found = [one for one in table.values() if str(one.get(key, "")).lower() == name.lower()]
            return (found[0] if len(found) == 1 else None), key, name
    return None, None, value


def default_of(table: Mapping[int, Json], inactive: str) -> Json | None:
    """The default record of a board's list, else its first active one."""
    active = [one for one in table.values() if not one[inactive]]
    return next((one for one in active if one["defaultFlag"]), active[0] if active else None)


def _is_of_kind(kind: str | None, value: Any) -> bool:
    if kind == FLAG:
        return isinstance(value, bool)
    if kind in (INTEGER, NUMBER):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind is None or isinstance(value, str) or kind not in (TEXT, "date")


def settle(state: State, ticket: Json | None, values: Json, now: datetime, actor: str) -> Json:
    """The new record: the old one with ``values`` and everything that follows from them."""
    values = dict(values)
    status = values.get("status")
    if ticket is None:
        merged = _born(state, values, now, actor)
    else:
        merged = {**ticket, **values}
        merged["_info"] = {**ticket["_info"], "lastUpdated": wire(now), "updatedBy": actor}
    if status is not None:
        merged["status"] = state.status_reference(status)
        _stamp(merged, status, now, actor)
    resources = _resources(state, merged)
    merged["resources"] = resources or None
    return without_nulls(merged)


def _born(state: State, values: Json, now: datetime, actor: str) -> Json:
    number = values.get("id") or state.new_id("ticket", 1001)
    links = {
        "scheduleentries_href": f"schedule/entries?conditions=type/id=4 AND objectId={number}",
        "notes_href": f"service/tickets/{number}/notes",
        "timeentries_href": "time/entries?conditions=(chargeToType='ServiceTicket' OR"
        f" chargeToType='ProjectTicket') AND chargeToId={number}",
        "activities_href": f"sales/activities?conditions=ticket/id={number}",
    }
    return {
        "id": number,
        "summary": values.pop("summary"),
        "recordType": "ServiceTicket",
        **values,
        "allowAllClientsPortalView": False,
        "customerUpdatedFlag": False,
        "automaticEmailContactFlag": False,
        "automaticEmailResourceFlag": False,
        "automaticEmailCcFlag": False,
        "closedFlag": False,
        "approved": True,
        "resolveMinutes": 0,
        "resPlanMinutes": 0,
        "respondMinutes": 0,
        "isInSla": True,
        "hasChildTicket": False,
        "hasMergedChildTicketFlag": False,
        "estimatedTimeCost": 0.00,
        "estimatedTimeRevenue": 0.00,
        "billTime": "NoDefault",
        "mobileGuid": state.guid(),
        "slaStatus": f"Respond by {now:%a %m/%d} {now:%I:%M %p} UTC+00",
        "_info": {
            "lastUpdated": wire(now),
            "updatedBy": actor,
            "dateEntered": wire(now),
            "enteredBy": actor,
            **{name: state.href(path) for name, path in links.items()},
        },
        "escalationStartDateUTC": wire(now),
        "escalationLevel": 0,
        "minutesBeforeWaiting": 0,
        "minutesWaiting": 0,
        "respondedSkippedMinutes": 0,
        "resplanSkippedMinutes": 0,
        **GOAL_HOURS,
    }


def _stamp(ticket: Json, status: Json, now: datetime, actor: str) -> None:
    """The service-level dates: each is set when its stage is first reached; leaving "resolved" unsets that one."""
    stage = STAGES.get(status["escalationStatus"])
    entered = datetime.fromisoformat(ticket["_info"]["dateEntered"])
    minutes = max(0, int((now - entered).total_seconds() // 60))
    if stage is not None:
        for needed, date, by, used in STAMPS:
            if stage >= needed and not ticket.get(date):
                ticket.update({date: wire(now), by: actor, used: minutes})
        if stage < STAGES["Resolved"]:
            ticket.update({"dateResolved": None, "resolvedBy": None, "resolveMinutes": 0})
        ticket["escalationLevel"] = LEVELS[status["escalationStatus"]]
        ticket["slaStatus"] = ("Respond by", "Plan by", "Resolve by", "Resolved")[stage] + (
            f" {now:%a %m/%d} {now:%I:%M %p} UTC+00" if stage < STAGES["Resolved"] else ""
        )
    if status["closedStatus"] != ticket["closedFlag"]:
        closed = status["closedStatus"]
        ticket["closedFlag"] = closed
        ticket["closedDate"] = wire(now) if closed else None
        ticket["closedBy"] = actor if closed else None


def _resources(state: State, ticket: Json) -> str:
    owner = ticket.get("owner")
    names = [owner["identifier"]] if owner else []
    for entry in state.schedule.values():
        if entry["objectId"] == ticket["id"] and entry["member"]["identifier"] not in names:
            names.append(entry["member"]["identifier"])
    return ", ".join(names)
