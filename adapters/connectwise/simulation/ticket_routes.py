"""The addresses of tickets, their notes, and of time and schedule entries."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, request

from adapters.connectwise.simulation import actions, notes
from adapters.connectwise.simulation.conditions import Query
from adapters.connectwise.simulation.door import Door, sent_json, sent_object
from adapters.connectwise.simulation.listing import Source, listed
from adapters.connectwise.simulation.refusal import bad_request, no_endpoint
from adapters.connectwise.simulation.vocabulary import (
    ALL_NOTE,
    NOTE,
    REFERENCE_ITEM,
    SCHEDULE,
    TICKET,
    TIME_ENTRY,
)
from adapters.simulation.refusal import Json, Refusal


class TicketRoutes:
    """Adds its addresses to a door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._state = door.state
        self._add_tickets()
        self._add_entries()

    def _add_tickets(self) -> None:
        state = self._state
        self._door.list("service/tickets", TICKET, lambda: self._tickets)
        self._door.on("POST", "service/tickets/search", self._search_tickets)
        self._door.on("POST", "service/tickets", self._create_ticket)
        one = "service/tickets/<int:ticket>"
        self._door.on("GET", one, lambda ticket: self._door.cut(TICKET, state.shown(state.ticket(ticket))))
        self._door.on("PATCH", one, self._patch_ticket)
        self._door.on("PUT", one, self._put_ticket)
        self._door.on("DELETE", one, self._delete_ticket)
        self._door.on("POST", f"{one}/merge", self._merge_ticket)
        self._door.list(f"{one}/notes", NOTE, self._notes)
        self._door.on("POST", f"{one}/notes", self._create_note)
        self._door.on("GET", f"{one}/notes/<int:note>", self._get_note)
        self._door.on("PATCH", f"{one}/notes/<int:note>", self._patch_note)
        self._door.on("DELETE", f"{one}/notes/<int:note>", self._delete_note)
        self._door.list(f"{one}/allNotes", ALL_NOTE, self._all_notes, counted=False)
        self._door.list(f"{one}/timeentries", REFERENCE_ITEM, self._entry_references)
        self._door.list(f"{one}/scheduleentries", REFERENCE_ITEM, self._plan_references)

    def _add_entries(self) -> None:
        state = self._state
        self._door.list("time/entries", TIME_ENTRY, lambda: self._time_entries)
        self._door.on("POST", "time/entries", self._create_time_entry)
        self._door.on(
            "GET",
            "time/entries/<int:number>",
            lambda number: self._door.one(state.time_entries, number, "Time Entry"),
        )
        self._door.on("DELETE", "time/entries/<int:number>", self._delete_time_entry)
        self._door.list("schedule/entries", SCHEDULE, lambda: listed(state.schedule))
        self._door.on("POST", "schedule/entries", self._create_schedule_entry)
        self._door.on(
            "GET",
            "schedule/entries/<int:number>",
            lambda number: self._door.one(state.schedule, number, "Schedule Entry"),
        )
        self._door.on("DELETE", "schedule/entries/<int:number>", self._delete_schedule_entry)

    def _tickets(self, query: Query) -> Iterable[Json]:
        number = query.pinned.get("id")
        if number is not None:
            found = self._state.tickets.get(number)
            return [] if found is None else [found]
        return list(self._state.tickets.values())

    def _search_tickets(self) -> Response:
        body = sent_json()
        if not isinstance(body, dict):
            raise bad_request("InvalidBody", "The body must be an object.")
        asked = {name: str(body[name]) for name in ("conditions", "orderBy") if body.get(name)}
        if body.get("childconditions") or body.get("customfieldconditions"):
            asked["childConditions"] = "given"
        return self._door.answer_list(TICKET, self._tickets, {**request.args, **asked})

    def _create_ticket(self) -> tuple[Json, int]:
        made = actions.create_ticket(self._state, sent_object(), self._door.actor())
        return self._door.cut(TICKET, made), 201

    def _patch_ticket(self, ticket: int) -> Json:
        return self._state.shown(actions.patch_ticket(self._state, ticket, sent_json(), self._door.actor()))

    def _put_ticket(self, ticket: int) -> Json:
        return actions.replace_ticket(self._state, ticket, sent_object(), self._door.actor())

    def _delete_ticket(self, ticket: int) -> Response:
        actions.delete_ticket(self._state, ticket, self._door.actor())
        return Response(status=204)

    def _merge_ticket(self, ticket: int) -> tuple[Json, int]:
        actions.merge_tickets(self._state, ticket, sent_object(), self._door.actor())
        return {"success": True, "message": "The tickets have been merged."}, 201

    def _notes(self, ticket: int) -> Source:
        self._state.ticket(ticket)
        return lambda query: self._state.readable_notes(ticket)

    def _all_notes(self, ticket: int) -> Source:
        missing = self._state.faults.all_notes_missing
        if missing:
            raise missing if isinstance(missing, Refusal) else no_endpoint()
        found = notes.all_notes(self._state, ticket)
        return lambda query: found

    def _create_note(self, ticket: int) -> tuple[Json, int]:
        return notes.add_note(self._state, ticket, sent_object(), self._door.actor(), by_api=True), 201

    def _get_note(self, ticket: int, note: int) -> Json:
        self._state.ticket(ticket)
        found = {one["id"]: one for one in self._state.readable_notes(ticket)}
        return self._door.one(found, note, "Service Note")

    def _patch_note(self, ticket: int, note: int) -> Json:
        sent: Json = {}
        operations = sent_json()
        if not isinstance(operations, list):
            raise bad_request("InvalidBody", "A PATCH body must be an array of operations.")
        for operation in operations:
            name = operation.get("path", "").removeprefix("/") if isinstance(operation, dict) else ""
            if name not in NOTE.fields or name in ("id", "ticketId", "dateCreated", "createdBy"):
                raise bad_request("InvalidField", f"The path {name} is not a field that can be written.")
            sent[name] = operation.get("value")
        return notes.change_note(self._state, ticket, note, sent, self._door.actor())

    def _delete_note(self, ticket: int, note: int) -> Response:
        notes.delete_note(self._state, ticket, note, self._door.actor())
        return Response(status=204)

    def _entry_references(self, ticket: int) -> Source:
        self._state.ticket(ticket)
        numbers = list(self._state.time_entries_of.get(ticket, {}))
        return lambda query: [{"id": number, "_info": {}} for number in numbers]

    def _plan_references(self, ticket: int) -> Source:
        self._state.ticket(ticket)
        found = [entry for entry in list(self._state.schedule.values()) if entry["objectId"] == ticket]
        return lambda query: [{"id": entry["id"], "description": entry["name"], "_info": {}} for entry in found]

    def _time_entries(self, query: Query) -> Iterable[Json]:
        ticket = query.pinned.get("chargeToId")
        if ticket is not None:
            return list(self._state.time_entries_of.get(ticket, {}).values())
        return list(self._state.time_entries.values())

    def _create_time_entry(self) -> tuple[Json, int]:
        return notes.add_time_entry(self._state, sent_object(), self._door.actor()), 201

    def _delete_time_entry(self, number: int) -> Response:
        notes.delete_time_entry(self._state, number, self._door.actor())
        return Response(status=204)

    def _create_schedule_entry(self) -> tuple[Json, int]:
        return actions.add_schedule_entry(self._state, sent_object(), self._door.actor()), 201

    def _delete_schedule_entry(self, number: int) -> Response:
        actions.delete_schedule_entry(self._state, number, self._door.actor())
        return Response(status=204)
