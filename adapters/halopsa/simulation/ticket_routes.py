"""The addresses of tickets and actions. Unknown query parameters and body fields are ignored without a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request

from adapters.halopsa.simulation import actions, changes
from adapters.halopsa.simulation.door import Door, flag
from adapters.halopsa.simulation.numbers import wanted_number
from adapters.halopsa.simulation.state import UNASSIGNED, Actor, Ticket
from adapters.halopsa.simulation.wire import action, detail, post_date, thin
from adapters.simulation.refusal import Json

LARGEST_PAGE = 100
_SORTS = frozenset(("id", "dateoccurred", "datecreated", "last_update"))


class TicketRoutes:
    """Adds its addresses to a door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._state = door.state
        door.on("GET", "tickets", self._list)
        door.on("GET", "tickets/<int:number>", self._get)
        door.on("POST", "tickets", self._post)
        door.on("DELETE", "tickets/<int:number>", self._delete)
        door.on("GET", "actions", self._actions)
        door.on("GET", "actions/<int:number>", self._action)
        door.on("POST", "actions", self._post_actions)
        door.on("DELETE", "actions/<int:number>", self._delete_action)

    # Tickets

    def _list(self) -> Json:
        args = request.args
        tests = self._tests(args)
        found = [ticket for ticket in self._state.readable_tickets() if all(test(ticket) for test in tests)]
        order = args.get("order", "")
        key = order if order in _SORTS else "dateoccurred"
        found.sort(key=lambda ticket: ticket.fields[key], reverse=flag("orderdesc") or order not in _SORTS)
        body: Json = {"record_count": len(found)}
        if flag("pageinate"):
            size = min(_positive(args.get("page_size"), 50), self._state.faults.page_size_cut or LARGEST_PAGE)
            page = _positive(args.get("page_no"), 1)
            body |= {"page_no": page, "page_size": size}
            found = found[(page - 1) * size : page * size]
        else:
            found = found[: _positive(args.get("count"), 50)]
        return {**body, "tickets": [thin(self._state, ticket) for ticket in found]}

    def _tests(self, args: Mapping[str, str]) -> list[Callable[[Ticket], bool]]:
        """What a ticket of the list must meet."""
        if self._state.faults.filters_ignored:
            return []
        asked = args.get("lastupdatefromdate", "")
        since = _date(asked)
        is_understood = not asked or ("Z" if asked.endswith("Z") else "bare") in self._state.faults.dates_understood
        tests: list[Callable[[Ticket], bool]] = []
        if not is_understood:
            tests.append(lambda ticket: False)
        if flag("open_only") or not (flag("includeclosed") or flag("closed_only")):
            tests.append(lambda ticket: not ticket.fields["hasbeenclosed"])
        if flag("closed_only"):
            tests.append(lambda ticket: bool(ticket.fields["hasbeenclosed"]))
        if since is not None:
            tests.append(lambda ticket: bool(ticket.fields["last_update"] >= since))
        listed = {
            "team_id": args.get("team"),
            "agent_id": args.get("agent") or args.get("agent_id"),
            "status_id": args.get("status") or args.get("status_id"),
            "id": args.get("ticketids"),
        }
        return tests + [_among(name, numbers) for name, numbers in listed.items() if numbers]

    def _get(self, number: int) -> Json:
        ticket = self._state.readable(number)
        if ticket is None:
            raise self._state.faults.problem(404, "The ticket was not found.")
        return detail(self._state, ticket, with_audit=flag("include_auditing"))

    def _post(self) -> tuple[Any, int]:
        with self._state.acting():
            return self._door.posted([self._written(sent) for sent in self._door.sent_objects()])

    def _written(self, sent: Json) -> Json:
        state = self._state
        actor = self._door.actor()
        if sent.get("id") in (None, "", 0):
            return detail(state, changes.create_ticket(state, self._values(sent, None), actor), post_date)
        number = wanted_number(state, sent["id"], "id")
        ticket = state.ticket(number)
        values = self._values(sent, ticket)
        before = dict(ticket.fields)
        state.hide_what_follows(number)
        changes.change_ticket(state, number, values, actor)
        shown = detail(state, state.ticket(number), post_date)
        if changes.run_rule(state, "tickets", sent, before, actor) and state.faults.rule_in_answer:
            shown = detail(state, state.ticket(number), post_date)
        return shown

    def _values(self, sent: Json, ticket: Ticket | None) -> Json:
        """What of the sent fields counts, and what the instance makes of it. Raises Refusal (400)."""
        state, faults = self._state, self._state.faults
        values: Json = {name: sent[name] for name in ("summary", "details") if isinstance(sent.get(name), str)}
        for name in ("status_id", "agent_id", "priority_id", "client_id", "tickettype_id"):
            if sent.get(name) not in (None, ""):
                values[name] = wanted_number(state, sent[name], name)
        if sent.get("team_id") not in (None, "") and not faults.team_id_ignored:
            values["team_id"] = wanted_number(state, sent["team_id"], "team_id")
        by_name = state.team_named(sent.get("team"))
        if by_name is not None:
            values["team_id"] = by_name["id"]
        self._refuse_unknown(values)
        if ticket is not None:
            old_team, old_agent = ticket.fields["team_id"], ticket.fields["agent_id"]
            moves = "team_id" in values and values["team_id"] != old_team
            if moves and "agent_id" not in values and faults.team_change_resets_agent:
                values["agent_id"] = UNASSIGNED
            team, agent = ({**ticket.fields, **values}[name] for name in ("team_id", "agent_id"))
            self._confirm(team, agent, old_agent, sent)
            if faults.priority_computed:
                values.pop("priority_id", None)
            values = self._ruled(values, ticket, sent)
        return values

    def _ruled(self, values: Json, ticket: Ticket, sent: Json) -> Json:
        """What rules of the ticket's type make of an agent's update."""
        faults = self._state.faults
        kind = self._state.ticket_types[ticket.fields["tickettype_id"]]
        if not faults.does_rules(sent):
            return values
        after = kind["statusaftertechupdate"]
        if after and (faults.tech_update_wins or "status_id" not in values):
            values = {**values, "status_id": after}
        changes_status = values.get("status_id", ticket.fields["status_id"]) != ticket.fields["status_id"]
        if faults.status_change_resets_team and changes_status and "team_id" not in values:
            values = {**values, "team_id": kind["default_team"], "agent_id": UNASSIGNED}
        return values

    def _refuse_unknown(self, values: Json) -> None:
        state = self._state
        for name, table in (("status_id", state.statuses), ("agent_id", state.agents), ("team_id", state.teams)):
            if name in values and values[name] not in table:
                raise state.faults.problem(400, f"The {name} is not valid.")
        if "priority_id" in values and values["priority_id"] not in {one["priorityid"] for one in state.priorities}:
            raise state.faults.problem(400, "The priority_id is not valid.")

    def _confirm(self, team: int, agent: int, old_agent: int, sent: Json) -> None:
        """An agent outside the team, or one who is disabled, is a question that only the flags answer."""
        record = self._state.agents.get(agent)
        if agent in (UNASSIGNED, old_agent) or record is None:
            return
        if record["isdisabled"]:
            raise self._state.faults.problem(400, "The agent is not active.")
        if team not in record["_teams"] and self._state.faults.confirms_agents and sent.get("_agent01_ok") is not True:
            raise self._state.faults.problem(400, "The agent is not a member of the team. Do you want to continue?")

    def _delete(self, number: int) -> Json:
        ticket = detail(self._state, self._state.ticket(number))
        changes.delete_ticket(self._state, number, self._door.actor())
        return ticket

    # Actions

    def _actions(self) -> Json:
        number = request.args.get("ticket_id", "")
        if not number:
            raise self._state.faults.problem(400, "ticket_id must be included.")
        ticket = self._state.readable(wanted_number(self._state, number, "ticket_id"))
        if ticket is None:
            raise self._state.faults.problem(404, "The ticket was not found.")
        rows = [row for row in reversed(ticket.actions) if not (flag("excludesys") and row["who_type"] == 0)]
        rows = [row for row in rows if row["who_type"] == 1] if flag("agentonly") else rows
        shown = rows[: _positive(request.args.get("count"), 50)]
        with_html = flag("includehtmlnote")
        return {
            "ticket_id": ticket.fields["id"],
            "record_count": len(rows),
            "actions": [action(self._state, row, with_html=with_html) for row in shown],
        }

    def _action(self, number: int) -> Json:
        row = actions.find_action(self._state, request.args.get("ticket_id"), number)
        return action(self._state, row, with_html=True)

    def _post_actions(self) -> tuple[Any, int]:
        with self._state.acting():
            actor = self._door.actor()
            made = [self._acted(sent, actor) for sent in self._door.sent_objects()]
            return self._door.posted([action(self._state, row, post_date, with_html=True) for row in made])

    def _acted(self, sent: Json, actor: Actor) -> Json:
        number = wanted_number(self._state, sent.get("ticket_id"), "ticket_id")
        before = dict(self._state.ticket(number).fields)
        row = actions.post_action(self._state, sent, actor)
        changes.run_rule(self._state, "actions", sent, before, actor)
        return row

    def _delete_action(self, number: int) -> Json:
        actions.delete_action(self._state, request.args.get("ticket_id"), number)
        return {}


def _positive(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and int(text) else otherwise


def _among(name: str, listed: str) -> Callable[[Ticket], bool]:
    wanted = {part.strip() for part in listed.split(",") if part.strip()}
    return lambda ticket: not wanted or str(ticket.fields[name]) in wanted


def _date(text: str) -> datetime | None:
    """A date of a query; one that is not understood filters nothing."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
