"""Everything that changes the simulated service desk, whether a person or a call over HTTP asks for it.

Each action checks, writes, moves ``_info.lastUpdated`` and raises the event that callbacks are made of.
``actor`` is the identifier that becomes ``updatedBy``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.connectwise.simulation.notes import store_note
from adapters.connectwise.simulation.patching import patched
from adapters.connectwise.simulation.records import is_silent, store, stored
from adapters.connectwise.simulation.refusal import forbidden, invalid, not_found, problem
from adapters.connectwise.simulation.state import State, wire
from adapters.connectwise.simulation.tickets import INITIAL_NOTES, look_up, resolve, settle
from adapters.simulation.refusal import Json


def create_ticket(state: State, sent: Mapping[str, Any], actor: str, number: int | None = None) -> Json:
    """A new ticket from what was sent. Raises Refusal (400)."""
    with state.acting() as now:
        first_notes = {name: sent[name] for name in INITIAL_NOTES if sent.get(name)}
        fields = {name: value for name, value in sent.items() if name not in INITIAL_NOTES and name != "id"}
        values = stored(resolve(state, None, fields))
        if number is not None:
            values["id"] = number
        ticket = settle(state, None, values, now, actor)
        state.tickets[ticket["id"]] = ticket
        for name, text in first_notes.items():
            note: Json = {"text": text, INITIAL_NOTES[name]: True}
            if name == "initialDescription" and "contact" in ticket:
                note["contact"] = {"id": ticket["contact"]["id"]}
            store_note(state, ticket["id"], note, now, actor)
        state.trail(ticket["id"], now, actor, "Ticket created", "New")
        state.on_event("added", ticket, actor, is_silent(sent))
        return ticket


def change_ticket(state: State, number: int, sent: Mapping[str, Any], actor: str) -> Json:
    """Set whole fields of a ticket. Raises Refusal."""
    with state.acting() as now:
        ticket = state.ticket(number)
        return store(state, ticket, resolve(state, ticket, sent), now, actor, is_silent(sent))


def patch_ticket(state: State, number: int, operations: Any, actor: str) -> Json:
    """A PATCH as it comes over HTTP, the workflow rule of the site running behind it. Raises Refusal."""
    with state.acting() as now:
        ticket = state.ticket(number)
        if ticket["closedFlag"] and state.faults.closed_tickets_refuse_patch:
            raise forbidden()
        sent = patched(state, operations)
        changed = store(state, ticket, resolve(state, ticket, sent), now, actor, is_silent(sent))
        _run_workflow(state, ticket, now)
        return changed


def replace_ticket(state: State, number: int, sent: Mapping[str, Any], actor: str) -> Json:
    """A PUT: what is not sent falls back to its default or is unset. Raises Refusal."""
    with state.acting() as now:
        old = state.ticket(number)
        fields = {name: value for name, value in sent.items() if name not in ("id", "_info")}
        values = stored(resolve(state, None, fields))
        made = settle(state, None, {**values, "id": number}, now, actor)
        made["_info"] = {**old["_info"], "lastUpdated": wire(now), "updatedBy": actor}
        state.tickets[number] = made
        state.on_event("updated", made, actor, is_silent(sent))
        return made


def delete_ticket(state: State, number: int, actor: str) -> None:
    """Remove a ticket with its notes, time and schedule entries. Raises Refusal (404)."""
    with state.acting():
        ticket = state.ticket(number)
        del state.tickets[number]
        state.notes.pop(number, None)
        for entry in state.time_entries_of.pop(number, {}):
            del state.time_entries[entry]
        for entry in [one["id"] for one in state.schedule.values() if one["objectId"] == number]:
            del state.schedule[entry]
        state.on_event("deleted", ticket, actor, False)


def merge_tickets(state: State, parent: int, sent: Mapping[str, Any], actor: str) -> None:
    """Merge tickets into ``parent``; they take on the status that is sent. Raises Refusal."""
    with state.acting() as now:
        into = state.ticket(parent)
        numbers, status = sent.get("mergeTicketIds"), sent.get("status")
        if not isinstance(numbers, list) or not numbers or parent in numbers:
            raise invalid(
                "ticketMerge",
                [problem("InvalidField", "The tickets to merge are missing.", "ticketMerge", "mergeTicketIds")],
            )
        children = [state.ticket(number) for number in numbers]
        resolved = [resolve(state, child, {"status": status}) for child in children]
        for child, values in zip(children, resolved, strict=True):
            values["mergedParentTicket"] = state.ticket_reference(into)
            store(state, child, values, now, actor, False)
        store(state, into, {"hasMergedChildTicketFlag": True}, now, actor, False)


def bundle_ticket(state: State, number: int, parent: int, actor: str) -> None:
    """Make a ticket the child of ``parent``. Raises Refusal."""
    with state.acting() as now:
        child, into = state.ticket(number), state.ticket(parent)
        store(state, child, {"parentTicketId": parent}, now, actor, False)
        store(state, into, {"hasChildTicket": True}, now, actor, False)


def add_schedule_entry(state: State, sent: Mapping[str, Any], actor: str) -> Json:
    """Put a further technician on a ticket, or with ``ownerFlag`` a new owner. Raises Refusal."""
    with state.acting() as now:
        kind, member = sent.get("type"), look_up(state.members, sent.get("member"))[0]
        wrong = []
        if not isinstance(kind, dict) or (kind.get("id") != 4 and kind.get("identifier") != "S"):
            wrong.append(problem("MissingRequiredField", "The type field is required.", "scheduleEntry", "type"))
        if member is None:
            wrong.append(problem("NotFound", "member not found", "scheduleEntry", "member/id"))
        elif member["inactiveFlag"]:
            message = f"member {member['id']} is inactive"
            wrong.append(problem("InvalidField", message, "scheduleEntry", "member/id"))
        ticket = state.tickets.get(sent.get("objectId", 0))
        if ticket is None:
            wrong.append(problem("NotFound", "Service Ticket not found", "scheduleEntry", "objectId"))
        if wrong or member is None or ticket is None:
            raise invalid("scheduleEntry", wrong)
        reference = state.member_reference(member)
        made = {
            "id": state.new_id("schedule", 501),
            "objectId": ticket["id"],
            "name": ticket["summary"],
            "member": reference,
            "type": {"id": 4, "identifier": "S"},
            "doneFlag": False,
            "ownerFlag": bool(sent.get("ownerFlag")),
            "_info": state.info(now, actor),
        }
        state.schedule[made["id"]] = made
        store(state, ticket, {"owner": reference} if made["ownerFlag"] else {}, now, actor, False)
        return made


def delete_schedule_entry(state: State, number: int, actor: str) -> None:
    """Take a technician off again. Raises Refusal (404)."""
    with state.acting() as now:
        entry = state.schedule.pop(number, None)
        if entry is None:
            raise not_found("Schedule Entry", number)
        ticket = state.tickets.get(entry["objectId"])
        if ticket is not None:
            store(state, ticket, {}, now, actor, False)


def _run_workflow(state: State, before: Json, now: datetime) -> None:
    if not state.faults.take_workflow_run():
        return
    reverts = state.faults.workflow_reverts
    sent: Json = {}
    for name in reverts:
        old = before.get(name)
        sent[name] = None if old is None else {"id": old["id"]}
    sent.update(state.faults.workflow_sets)
    current = state.ticket(before["id"])
    store(state, current, resolve(state, current, sent), now, "workflow", False)
