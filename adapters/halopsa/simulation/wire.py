"""The forms in which records are given out: what a GET, an answer to a POST and a webhook say, and how differently.

Dates of a GET have no zone and as many digits as they need; those of an answer to a POST and of a webhook have ``Z``
and seven. What is not set is a sentinel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.halopsa.simulation.actions import stripped
from adapters.halopsa.simulation.state import State, Ticket
from adapters.simulation.refusal import Json

NOT_SET = "1899-12-30T00:00:00"
NEVER = "1900-01-01T00:00:00"
DateForm = Callable[[datetime | None], str]

_ID_FIELDS = frozenset(
    ("id", "ticket_id", "team_id", "agent_id", "status_id", "priority_id", "client_id", "sla_id", "who_agentid",
     "actionby_agent_id", "old_status", "new_status", "tickettype_id", "outcome_id", "priorityid")
)  # fmt: skip


def get_date(at: datetime | None) -> str:
    """A date as a GET writes it."""
    if at is None:
        return NOT_SET
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".")


def post_date(at: datetime | None) -> str:
    """A date as an answer to a POST, or a webhook, writes it."""
    if at is None:
        return "0001-01-01T00:00:00"
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def detail(state: State, ticket: Ticket, date: DateForm = get_date, *, with_audit: bool = False) -> Json:
    """A ticket as it is given out alone."""
    fields = ticket.fields
    priority = state.priority(fields["priority_id"], fields["sla_id"])
    found: Json = {
        **_common(state, fields),
        "details": fields["details"],
        "tickettype_name": state.ticket_types[fields["tickettype_id"]]["name"],
        "priority": public(priority) if priority else None,
        "team_id": fields["team_id"],
        "agent_name": state.agent_name(fields["agent_id"]),
        "user_name": fields["user_name"],
        "guid": fields["guid"],
        "responsedate": date(fields["responsedate"]),
        "dateassigned": date(fields["dateassigned"]),
        "datecreated": date(fields["datecreated"]),
        "dateoccurred": date(fields["dateoccurred"]),
        "dateclosed": date(fields["dateclosed"]),
        "lastactiondate": date(fields["lastactiondate"]),
        "targetdate": NEVER,
        "fixbydate": NOT_SET,
        "deleted": fields["deleted"],
        "reassigncount": fields["reassigncount"],
        "merged_into_id": fields["merged_into_id"],
        "is_project": fields["is_project"],
        "is_opportunity": fields["is_opportunity"],
        "customfields": fields["customfields"],
    }
    # The name of the last update changes by call.
    found["last_update" if date is get_date else "flastupdate"] = date(fields["last_update"])
    if with_audit and not state.faults.audit_log_missing:
        found["audit_log"] = [{**row, "date": date(row["date"])} for row in ticket.audit]
    return found


def thin(state: State, ticket: Ticket) -> Json:
    """A ticket as a row of a list: names of statuses, priorities and agents are missing, and so is the team's id."""
    fields = ticket.fields
    return {
        **_common(state, fields),
        "dateoccurred": get_date(fields["dateoccurred"]),
        "last_update": get_date(fields["last_update"]),
        "lastactiondate": get_date(fields["lastactiondate"]),
        "datecreated": get_date(fields["datecreated"]),
    }


def small(state: State, ticket: Ticket) -> Json:
    """A ticket as a small webhook has it."""
    fields = ticket.fields
    names = ("id", "summary", "status_id", "tickettype_id", "client_id", "team_id", "agent_id", "hasbeenclosed")
    return {name: fields[name] for name in names}


def action(state: State, row: Mapping[str, Any], date: DateForm = get_date, *, with_html: bool = False) -> Json:
    """An action as it is given out."""
    found = {name: value for name, value in row.items() if not name.startswith("_")}
    for name in ("actiondatecreated", "datetime"):
        found[name] = date(row[name])
    markup = row.get("_html")
    found["note"] = stripped(markup) if markup is not None else row.get("_text", "")
    if with_html and markup is not None:
        found["note_html"] = markup
    found["new_status_name"] = state.statuses.get(row["new_status"], {}).get("name", "")
    return found


def public(record: Mapping[str, Any]) -> Json:
    """A record without what only the simulator knows of it."""
    return {name: value for name, value in record.items() if not name.startswith("_")}


def messed(state: State, value: Any, name: str = "") -> Any:
    """With ``messy_ids``: ids as texts and as whole decimals, as they come across endpoints."""
    if not state.faults.messy_ids:
        return value
    if isinstance(value, list):
        return [messed(state, one) for one in value]
    if isinstance(value, dict):
        return {key: messed(state, one, key) for key, one in value.items()}
    if name in _ID_FIELDS and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if len(name) % 2 else str(value)
    return value


def _common(state: State, fields: Mapping[str, Any]) -> Json:
    return {
        "id": fields["id"],
        "summary": fields["summary"],
        "status_id": fields["status_id"],
        "tickettype_id": fields["tickettype_id"],
        "priority_id": fields["priority_id"],
        "sla_id": fields["sla_id"],
        "team": state.teams.get(fields["team_id"], {}).get("name", ""),
        "agent_id": fields["agent_id"],
        "client_id": fields["client_id"],
        "client_name": state.clients.get(fields["client_id"], {}).get("name", ""),
        "hasbeenclosed": fields["hasbeenclosed"],
        "onhold": state.statuses.get(fields["status_id"], {}).get("slaaction", "").startswith("H"),
    }
