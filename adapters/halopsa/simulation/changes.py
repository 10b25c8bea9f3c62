"""Everything that changes a ticket of the simulated instance, whether a person or a call over HTTP asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.halopsa.simulation.state import SYSTEM, UNASSIGNED, Actor, State, Ticket
from adapters.simulation.refusal import Json

NEW_TICKET, USER_UPDATED, REASSIGNED, CLOSED, UPDATED, STATUS_CHANGED, DELETED = 3, 19, 33, 39, 61, 76, 1072
_AUDITED = {"team_id": "Team", "agent_id": "Agent", "status_id": "Status", "priority_id": "Priority"}
_RULED = {"team": "team_id", "agent": "agent_id", "status": "status_id", "priority": "priority_id"}


def create_ticket(state: State, wanted: Mapping[str, Any], actor: Actor) -> Ticket:
    """A new ticket; what is not given falls back to its type's defaults."""
    with state.acting() as now:
        kind = state.ticket_types[wanted.get("tickettype_id", min(state.ticket_types))]
        number = state.new_id("ticket", 1001)
        fields: Json = {
            "id": number,
            "summary": "",
            "details": "",
            "tickettype_id": kind["id"],
            "status_id": kind["initial_status"],
            "team_id": kind["default_team"],
            "agent_id": UNASSIGNED,
            "priority_id": kind["default_priority"],
            "sla_id": kind["default_sla"],
            "client_id": UNASSIGNED,
            "user_name": "",
            "guid": state.guid(),
            "dateoccurred": now,
            "datecreated": now,
            "dateassigned": now,
            "last_update": now,
            "lastactiondate": now,
            "responsedate": None,
            "dateclosed": None,
            "hasbeenclosed": False,
            "deleted": False,
            "merged_into_id": 0,
            "reassigncount": 0,
            "is_project": False,
            "is_opportunity": False,
            "customfields": [],
            **wanted,
        }
        ticket = Ticket(fields)
        state.tickets[number] = ticket
        state.on_event((NEW_TICKET,), ticket, f"Ticket {number:07d} has been logged.", actor)
        return ticket


def change_ticket(state: State, number: int, values: Mapping[str, Any], actor: Actor) -> tuple[int, ...]:
    """Set fields of a ticket, audit what matters and raise the events; returns their numbers. Raises Refusal."""
    with state.acting() as now:
        ticket = state.ticket(number)
        old = dict(ticket.fields)
        ticket.fields.update(values)
        for field, shown in _AUDITED.items():
            if ticket.fields[field] != old[field]:
                before, after = (_called(state, field, fields) for fields in (old, ticket.fields))
                audit(state, ticket, shown, before, after, actor, now)
        events = [UPDATED]
        if ticket.fields["status_id"] != old["status_id"]:
            events.append(STATUS_CHANGED)
            events += _closed_or_reopened(state, ticket, now)
        if (ticket.fields["team_id"], ticket.fields["agent_id"]) != (old["team_id"], old["agent_id"]):
            ticket.fields["dateassigned"] = now
            ticket.fields["reassigncount"] += 1
            events.append(REASSIGNED)
        touch(ticket, now)
        words = f"Ticket {number:07d} has been updated."
        state.on_event(tuple(events), ticket, words, actor)
        return tuple(events)


def delete_ticket(state: State, number: int, actor: Actor) -> None:
    """Remove a ticket with all that belongs to it. Raises Refusal (404)."""
    with state.acting():
        ticket = state.ticket(number)
        state.hide_what_follows(number)
        del state.tickets[number]
        state.on_event((DELETED,), ticket, f"Ticket {number:07d} has been deleted.", actor)


def run_rule(state: State, resource: str, sent: Mapping[str, Any], before: Mapping[str, Any], caller: Actor) -> bool:
    """Let the rule that the switches describe run behind what a caller sent; whether it ran.

    The system does it, but the caller's agent and application stand behind it.
    """
    faults = state.faults
    actor = replace(caller, name="System", who_type=SYSTEM)
    if not faults.take_rule_run(resource, sent):
        return False
    number = before["id"]
    with state.acting() as now:
        values: Json = {_RULED[name]: before[_RULED[name]] for name in faults.rule_reverts}
        values.update(faults.rule_sets)
        change_ticket(state, number, values, actor)
        add_row(
            state,
            state.ticket(number),
            {"outcome": "Rule Applied", "outcome_id": 0, "hiddenfromuser": True, "_text": "Matched Rules Changed"},
            actor,
            now,
        )
    return True


def add_row(state: State, ticket: Ticket, values: Mapping[str, Any], actor: Actor, now: datetime) -> Json:
    """Keep an action of a ticket, numbered per ticket."""
    status = ticket.fields["status_id"]
    row: Json = {
        "ticket_id": ticket.fields["id"],
        "id": max((row["id"] for row in ticket.actions), default=0) + 1,
        "guid": state.guid(),
        "who": actor.name,
        "who_type": actor.who_type,
        "who_agentid": actor.agent_id if actor.who_type == 1 else 0,
        "actionby_agent_id": actor.agent_id,
        "actionby_user_id": 0,
        "actionby_application_id": actor.application,
        "actiondatecreated": now,
        "datetime": now,
        "timetaken": 0.0,
        "old_status": status,
        "new_status": status,
        "emaildirection": "",
        "hiddenfromuser": False,
        **values,
    }
    ticket.actions.append(row)
    ticket.fields["lastactiondate"] = now
    return row


def audit(state: State, ticket: Ticket, value: str, before: str, after: str, actor: Actor, now: datetime) -> None:
    """Add a row to a ticket's audit log."""
    ticket.audit.append(
        {
            "id": state.new_id("audit"),
            "ticket_id": ticket.fields["id"],
            "agent_id": actor.agent_id,
            "username": actor.name,
            "date": now,
            "value": value,
            "from": before,
            "to": after,
            "table_name": "Faults",
        }
    )


def touch(ticket: Ticket, now: datetime) -> None:
    """The ticket was updated now."""
    ticket.fields["last_update"] = now


def _closed_or_reopened(state: State, ticket: Ticket, now: datetime) -> list[int]:
    is_closed = state.is_closed(ticket.fields["status_id"])
    was_closed = ticket.fields["hasbeenclosed"]
    ticket.fields["hasbeenclosed"] = is_closed
    ticket.fields["dateclosed"] = now if is_closed else None
    return [CLOSED] if is_closed and not was_closed else []


def _called(state: State, field: str, fields: Mapping[str, Any]) -> str:
    number = fields[field]
    match field:
        case "team_id":
            return str(state.teams.get(number, {}).get("name", ""))
        case "agent_id":
            return state.agent_name(number)
        case "status_id":
            return str(state.statuses.get(number, {}).get("name", ""))
        case _:
            return str((state.priority(number, fields["sla_id"]) or {}).get("name", ""))
