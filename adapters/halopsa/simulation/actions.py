"""Actions as they come in over HTTP or by hand: what is refused, and what an action does to its ticket besides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.halopsa.simulation.changes import UPDATED, USER_UPDATED, add_row, change_ticket, touch
from adapters.halopsa.simulation.numbers import wanted_number
from adapters.halopsa.simulation.state import AGENT, UNASSIGNED, USER, Actor, State
from adapters.simulation.refusal import Json

NO_OUTCOME = "An Outcome must be entered for this Action"
NO_ACCESS = "You do not have access to this Action at the moment"
EMAIL_USER = 16
_TAG = re.compile(r"<[^>]*>")


def post_action(state: State, sent: Mapping[str, Any], actor: Actor) -> Json:
    """An action of one ticket, new or changed. Raises Refusal (400, 404)."""
    with state.acting():
        number = wanted_number(state, sent.get("ticket_id"), "ticket_id")
        ticket = state.ticket(number)
        existing = wanted_number(state, sent["id"], "id") if sent.get("id") else None
        if existing is not None:
            return _changed(state, number, existing, sent)
        outcome = _outcome(state, sent)
        state.hide_what_follows(number)
        old_status = ticket.fields["status_id"]
        _effects(state, number, sent, outcome, actor)
        row = add_row(state, ticket, _row(state, sent, outcome), actor, state.clock.now())
        row["old_status"], row["new_status"] = old_status, ticket.fields["status_id"]
        if actor.who_type == AGENT and ticket.fields["responsedate"] is None and not row["hiddenfromuser"]:
            ticket.fields["responsedate"] = state.clock.now()
        touch(ticket, state.clock.now())
        if outcome["id"] == EMAIL_USER or (sent.get("sendemail") is True and not outcome.get("hidesendemail")):
            state.mails.append({"ticket_id": number, "action_id": row["id"]})
        events = (UPDATED, USER_UPDATED) if actor.who_type == USER else (UPDATED,)
        state.on_event(events, ticket, f"An update has been added to Ticket {number:07d}.", actor)
        return row


def find_action(state: State, ticket_id: Any, number: int) -> Json:
    """One action; the ticket must be named, because numbers count per ticket. Raises Refusal (400, 404)."""
    if ticket_id in (None, ""):
        raise state.faults.problem(400, "ticket_id must be included when requesting an Action.")
    ticket = state.readable(wanted_number(state, ticket_id, "ticket_id"))
    row = next((row for row in ticket.actions if row["id"] == number), None) if ticket else None
    if row is None:
        raise state.faults.problem(404, "The action was not found.")
    return row


def delete_action(state: State, ticket_id: Any, number: int) -> None:
    """Remove an action. Raises Refusal (400, 404)."""
    if ticket_id in (None, ""):
        raise state.faults.problem(400, "ticket_id must be included when deleting an Action.")
    with state.acting():
        row = find_action(state, ticket_id, number)
        state.ticket(row["ticket_id"]).actions.remove(row)


def stripped(markup: str) -> str:
    """The plain note of one that was written as HTML: no tags, and no line breaks."""
    text = _TAG.sub("", markup)
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text.replace("\r", "").replace("\n", "")


def _outcome(state: State, sent: Mapping[str, Any]) -> Json:
    number, name = sent.get("outcome_id"), sent.get("outcome")
    if number in (None, "") and not name:
        raise state.faults.problem(400, NO_OUTCOME)
    if number not in (None, ""):
        found = state.outcomes.get(wanted_number(state, number, "outcome_id"))
    else:
        found = next((one for one in state.outcomes.values() if one["outcome"] == name), None)
    if found is None:
        raise state.faults.problem(400, NO_OUTCOME)
    if found["id"] in state.faults.outcomes_forbidden:
        raise state.faults.problem(400, NO_ACCESS)
    return found


def _row(state: State, sent: Mapping[str, Any], outcome: Json) -> Json:
    faults = state.faults
    markup = sent.get("note_html")
    text = sent.get("note")
    hidden = sent.get("hiddenfromuser") is True
    if faults.note_comes_back_visible or faults.note_comes_back_hidden:
        hidden = not faults.note_comes_back_visible
    hours = sent.get("timetaken", 0)
    return {
        "outcome": outcome["outcome"],
        "outcome_id": outcome["id"],
        "hiddenfromuser": hidden,
        "timetaken": float(hours) if isinstance(hours, int | float) else 0.0,
        "emaildirection": sent.get("emaildirection") or ("O" if outcome["id"] == EMAIL_USER else ""),
        **({"who": sent["who"]} if isinstance(sent.get("who"), str) else {}),
        **({"_html": markup} if isinstance(markup, str) else {"_text": text if isinstance(text, str) else ""}),
    }


def _effects(state: State, number: int, sent: Mapping[str, Any], outcome: Json, actor: Actor) -> None:
    """What an action does to its ticket: what was asked, what its outcome is set up to do, what the type does."""
    ticket = state.ticket(number)
    values: Json = {}
    kind = state.ticket_types[ticket.fields["tickettype_id"]]
    does_rules = state.faults.does_rules(sent)
    if actor.who_type == AGENT and kind.get("statusaftertechupdate") and does_rules:
        values["status_id"] = kind["statusaftertechupdate"]
    if actor.who_type == USER and kind.get("statusafteruserupdate"):
        values["status_id"] = kind["statusafteruserupdate"]
    if outcome.get("newstatus"):
        values["status_id"] = outcome["newstatus"]
    is_decided = state.faults.tech_update_wins and "status_id" in values
    if sent.get("new_status") not in (None, "", 0) and not is_decided:
        values["status_id"] = wanted_number(state, sent["new_status"], "new_status")
    if sent.get("new_agent") not in (None, "", 0):
        values["agent_id"] = wanted_number(state, sent["new_agent"], "new_agent")
    if sent.get("new_priority") not in (None, "", 0):
        values["priority_id"] = wanted_number(state, sent["new_priority"], "new_priority")
    changes_status = values.get("status_id", ticket.fields["status_id"]) != ticket.fields["status_id"]
    if state.faults.status_change_resets_team and changes_status and does_rules:
        values |= {"team_id": kind["default_team"], "agent_id": UNASSIGNED}
    team = state.team_named(sent.get("new_team"))
    if team is not None:
        values["team_id"] = team["id"]
    if any(ticket.fields[name] != value for name, value in values.items()):
        change_ticket(state, number, values, actor)


def _changed(state: State, number: int, action: int, sent: Mapping[str, Any]) -> Json:
    row = find_action(state, number, action)
    if isinstance(sent.get("note_html"), str):
        row["_html"] = sent["note_html"]
    if isinstance(sent.get("hiddenfromuser"), bool):
        row["hiddenfromuser"] = sent["hiddenfromuser"]
    touch(state.ticket(number), state.clock.now())
    return row
