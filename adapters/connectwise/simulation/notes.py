"""Notes and time entries: what may be written, and the list in which the API shows both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.connectwise.simulation.records import is_silent, store
from adapters.connectwise.simulation.refusal import invalid, not_found, problem
from adapters.connectwise.simulation.state import State, wire, without_nulls
from adapters.connectwise.simulation.tickets import look_up
from adapters.connectwise.simulation.vocabulary import ENUMS
from adapters.simulation.refusal import Json

PLACE_FLAGS = ("detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag")
TIME_FLAGS = ("addToDetailDescriptionFlag", "addToInternalAnalysisFlag", "addToResolutionFlag")
_APART = 50_000_000
_NO_PLACE = "Please choose where to display the notes in order to save this record."


def add_note(state: State, number: int, sent: Mapping[str, Any], actor: str, by_api: bool = False) -> Json:
    """A note on a ticket. Raises Refusal (404 without the ticket, 400 without a place to show it)."""
    with state.acting() as now:
        ticket = state.ticket(number)
        note = store_note(state, number, sent, now, actor)
        if by_api and state.faults.notes_readable_after > 0:
            state.hide_note(note["id"], state.faults.notes_readable_after)
        store(state, ticket, {}, now, actor, is_silent(sent))
        return note


def change_note(state: State, number: int, note: int, sent: Mapping[str, Any], actor: str) -> Json:
    """Change a note's text or flags. Raises Refusal."""
    with state.acting() as now:
        ticket = state.ticket(number)
        old = state.notes.get(number, {}).get(note)
        if old is None:
            raise not_found("Service Note", note)
        made = {**old, **_checked_note(state, {**old, **sent})}
        made["_info"] = {**old["_info"], "lastUpdated": wire(now), "updatedBy": actor}
        state.notes[number][note] = made
        store(state, ticket, {}, now, actor, False)
        return made


def delete_note(state: State, number: int, note: int, actor: str) -> None:
    """Remove a note. Raises Refusal (404)."""
    with state.acting() as now:
        ticket = state.ticket(number)
        if state.notes.get(number, {}).pop(note, None) is None:
            raise not_found("Service Note", note)
        store(state, ticket, {}, now, actor, False)


def add_time_entry(state: State, sent: Mapping[str, Any], actor: str) -> Json:
    """A time entry. Raises Refusal (400)."""
    with state.acting() as now:
        values, ticket = _checked_time_entry(state, sent, actor)
        made = without_nulls(
            {
                "id": state.new_id("time", 700001),
                **values,
                "enteredBy": actor,
                "dateEntered": wire(now),
                "status": "Open",
                "mobileGuid": state.guid(),
                "_info": {"lastUpdated": wire(now), "updatedBy": actor},
            }
        )
        state.time_entries[made["id"]] = made
        if ticket is not None:
            state.time_entries_of.setdefault(ticket["id"], {})[made["id"]] = made
            hours = round(ticket.get("actualHours", 0.0) + made.get("actualHours", 0.0), 2)
            store(state, ticket, {"actualHours": hours}, now, actor, False)
        return made


def delete_time_entry(state: State, number: int, actor: str) -> None:
    """Remove a time entry. Raises Refusal (404)."""
    with state.acting() as now:
        entry = state.time_entries.pop(number, None)
        if entry is None:
            raise not_found("Time Entry", number)
        ticket = entry.get("chargeToId")
        if ticket in state.time_entries_of:
            del state.time_entries_of[ticket][number]
            store(state, state.ticket(ticket), {}, now, actor, False)


def all_notes(state: State, number: int) -> list[Json]:
    """Notes and time entries of a ticket in one list, with times only where the switches put them.

    Those of the tickets that are bundled with it or were merged into it stand among them.
    """
    ticket = state.ticket(number)
    found = _notes_of(state, ticket)
    has_others = ticket["hasChildTicket"] or ticket["hasMergedChildTicketFlag"]
    for other in list(state.tickets.values()) if has_others else ():
        if other.get("parentTicketId") == number:
            found += [{**note, "bundledFlag": True} for note in _notes_of(state, other)]
        elif other.get("mergedParentTicket", {}).get("id") == number:
            found += [{**note, "mergedFlag": True} for note in _notes_of(state, other)]
    if state.faults.all_notes_name_no_ticket:
        found = [{name: value for name, value in note.items() if name != "ticket"} for note in found]
    return sorted(found, key=lambda note: note["id"])


def _notes_of(state: State, ticket: Json) -> list[Json]:
    number, places, reference = ticket["id"], state.faults.all_notes_dates, state.ticket_reference(ticket)
    found = [
        {**_as_ticket_note(note, reference, places), "createdByParentFlag": note["id"] in state.notes_by_parent}
        for note in state.readable_notes(number)
    ]
    entries = list(state.time_entries_of.get(number, {}).values())
    apart = _APART if state.faults.all_notes_number_apart else 0
    return found + [_as_time_entry_note(entry, reference, places, apart) for entry in entries]


def store_note(state: State, number: int, sent: Mapping[str, Any], now: datetime, actor: str) -> Json:
    """Keep a note without touching its ticket. Raises Refusal (400)."""
    checked = _checked_note(state, sent)
    if "member" not in checked and "contact" not in checked:
        member = state.member_named(actor)
        checked["member"] = None if member is None else state.member_reference(member)
    made = without_nulls(
        {
            "id": state.new_id("note", 1500001),
            "ticketId": number,
            **checked,
            "dateCreated": wire(now),
            "createdBy": actor,
            # Both true whatever the place: so it was recorded. They say nothing about who may see the note.
            "internalFlag": True,
            "externalFlag": True,
            "_info": {"lastUpdated": wire(now), "updatedBy": actor},
        }
    )
    state.notes.setdefault(number, {})[made["id"]] = made
    return made


def _checked_note(state: State, sent: Mapping[str, Any]) -> Json:
    text = sent.get("text")
    wrong = []
    if not isinstance(text, str) or not text.strip():
        wrong.append(problem("MissingRequiredField", "The text field is required.", "serviceNote", "text"))
    for name in (*PLACE_FLAGS, "issueFlag"):
        if not isinstance(sent.get(name, False), bool | None):
            wrong.append(problem("InvalidField", f"{name} must be true or false.", "serviceNote", name))
    if not any(sent.get(name) for name in PLACE_FLAGS):
        wrong.append(problem("ServiceNote", _NO_PLACE, "serviceNote", ", ".join(PLACE_FLAGS)))
    people: Json = {}
    for name, table, refer in (
        ("member", state.members, state.member_reference),
        ("contact", state.contacts, state.contact_reference),
    ):
        if sent.get(name) is not None:
            found, key, wanted = look_up(table, sent[name])
            if found is None:
                message = f"{name} {wanted} not found"
                wrong.append(problem("NotFound", message, "serviceNote", f"{name}/{key or 'id'}"))
            else:
                people[name] = refer(found)
    if wrong:
        raise invalid("serviceNote", wrong)
    faults = state.faults
    flags = {name: sent.get(name) is True for name in (*PLACE_FLAGS, "issueFlag")}
    if faults.note_comes_back_public:
        flags["detailDescriptionFlag"] = True
    words = str(text)
    if faults.newlines_become_blanks:
        words = words.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    return {"text": words, **flags, **people}


def _checked_time_entry(state: State, sent: Mapping[str, Any], actor: str) -> tuple[Json, Json | None]:
    wrong: list[Json] = []
    start, end = (_moment(sent.get(name), name, wrong) for name in ("timeStart", "timeEnd"))
    if not sent.get("timeStart"):
        wrong.append(_time_problem("MissingRequiredField", "The timeStart field is required.", "timeStart"))
    for name in ("chargeToType", "billableOption"):
        if sent.get(name) is not None and sent[name] not in ENUMS[name]:
            wrong.append(_time_problem("InvalidField", "Enum value supplied was invalid", name))
    member = look_up(state.members, sent.get("member", {"identifier": actor}))[0]
    if member is None:
        wrong.append(_time_problem("NotFound", "member not found", "member/id"))
    ticket = None
    if sent.get("chargeToType") == "ServiceTicket" and sent.get("chargeToId") is not None:
        ticket = state.tickets.get(sent["chargeToId"])
        if ticket is None:
            message = f"Service Ticket {sent['chargeToId']} not found"
            wrong.append(_time_problem("NotFound", message, "chargeToId"))
    if wrong or member is None or start is None:
        raise invalid("timeEntry", wrong)
    hours = round((end - start).total_seconds() / 3600, 2) if end else 0.0
    place = {} if ticket is None else {"company": ticket.get("company"), "ticket": state.ticket_reference(ticket)}
    return {
        "chargeToId": sent.get("chargeToId"),
        "chargeToType": sent.get("chargeToType"),
        "member": state.member_reference(member),
        **place,
        "timeStart": wire(start),
        "timeEnd": None if end is None else wire(end),
        "actualHours": hours,
        "billableOption": sent.get("billableOption", "Billable"),
        "notes": sent.get("notes"),
        "internalNotes": sent.get("internalNotes"),
        **{name: sent.get(name) is True for name in TIME_FLAGS},
        "emailResourceFlag": False,
        "emailContactFlag": False,
        "emailCcFlag": False,
    }, ticket


def _time_problem(code: str, message: str, field: str) -> Json:
    return problem(code, message, "timeEntry", field)


def _moment(value: Any, name: str, wrong: list[Json]) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is not None:
            return found
    except (TypeError, ValueError):
        wrong.append(_time_problem("InvalidField", f"{name} is not a date.", name))
        return None
    wrong.append(_time_problem("InvalidField", f"{name} has no zone.", name))
    return None


def _as_ticket_note(note: Json, ticket: Json, places: frozenset[str]) -> Json:
    return {
        "id": note["id"],
        "noteType": "TicketNote",
        "ticket": ticket,
        "text": note["text"],
        "isMarkdownFlag": False,
        **{name: note[name] for name in (*PLACE_FLAGS, "issueFlag")},
        "bundledFlag": False,
        "mergedFlag": False,
        "createdByParentFlag": False,
        **_author(note, note["createdBy"]),
        **_dates(places, note["dateCreated"]),
        "_info": _dated_info(places, note["dateCreated"], note["_info"], note["createdBy"]),
    }


def _as_time_entry_note(entry: Json, ticket: Json, places: frozenset[str], apart: int) -> Json:
    flags = dict(zip(PLACE_FLAGS, (entry[name] for name in TIME_FLAGS), strict=True))
    times: Json = {name: entry[name] for name in ("timeStart", "timeEnd") if name in places and name in entry}
    return {
        "id": entry["id"] + apart,
        "noteType": "TimeEntryNote",
        "ticket": ticket,
        "text": entry.get("notes") or entry.get("internalNotes") or "",
        "isMarkdownFlag": False,
        **flags,
        "issueFlag": False,
        "bundledFlag": False,
        "mergedFlag": False,
        "createdByParentFlag": False,
        **times,
        **_author(entry, entry["enteredBy"]),
        **_dates(places, entry["dateEntered"]),
        "_info": _dated_info(places, entry["dateEntered"], entry["_info"], entry["enteredBy"]),
    }


def _author(record: Json, creator: str) -> Json:
    people: Json = {name: record[name] for name in ("member", "contact") if name in record}
    name = next((person["name"] for person in people.values()), creator)
    return {"originalAuthor": name, **people}


def _dates(places: frozenset[str], entered: str) -> Json:
    return {"dateCreated": entered} if "dateCreated" in places else {}


def _dated_info(places: frozenset[str], entered: str, info: Mapping[str, Any], creator: str) -> Json:
    found: Json = {"updatedBy": info["updatedBy"], "enteredBy": creator}
    if "_info/dateEntered" in places:
        found["dateEntered"] = entered
    if "_info/lastUpdated" in places:
        found["lastUpdated"] = info["lastUpdated"]
    return found
