"""The addresses of setup tables, webhooks, and those that need no token."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request

from adapters.halopsa.simulation.door import Access, Door, flag
from adapters.halopsa.simulation.numbers import wanted_number
from adapters.halopsa.simulation.state import State
from adapters.halopsa.simulation.webhooks import EVENT_WORDS
from adapters.halopsa.simulation.wire import public
from adapters.simulation.door import as_json
from adapters.simulation.refusal import Json, Refusal

_SECRETS = frozenset(("basic_password",))


class SetupRoutes:
    """Adds its addresses to a door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._state = state = door.state
        door.on("GET", "team", lambda: [public(team) for team in state.teams.values() if self._is_listed(team)])
        door.on("GET", "team/<int:number>", self._team)
        door.on("GET", "agent", self._agents)
        door.on("GET", "agent/me", lambda: public(state.agents[door.actor().agent_id]))
        door.on("GET", "agent/<int:number>", lambda number: public(self._one(state.agents, number)))
        door.on("GET", "status", lambda: [public(one) for one in state.statuses.values()])
        door.on("GET", "priority", self._priorities)
        door.on("GET", "outcome", self._outcomes)
        door.on("GET", "outcome/<int:number>", lambda number: public(self._one(state.outcomes, number)))
        door.on("GET", "tickettype", lambda: [public(one) for one in state.ticket_types.values()])
        door.on("GET", "workday", lambda: [public(one) for one in state.workdays.values()])
        door.on("GET", "client", self._clients)

    def _outcomes(self) -> list[Json]:
        shown = [one for one in self._state.outcomes.values() if flag("showhidden") or not one["hidden"]]
        thin = ("id", "outcome", "buttonname", "hidden")
        return [{name: one[name] for name in thin} for one in shown]

    def _one(self, table: dict[int, Json], number: int) -> Json:
        if number not in table:
            raise self._state.faults.problem(404, "The record was not found.")
        return table[number]

    def _is_listed(self, team: Json) -> bool:
        return flag("showall") or not team["inactive"]

    def _team(self, number: int) -> Json:
        found = public(self._one(self._state.teams, number))
        if flag("includeagents") and not self._state.faults.team_agents_missing:
            members = [agent for agent in self._state.agents.values() if number in agent["_teams"]]
            found["agents"] = [
                {"agent_id": agent["id"], "agent_name": agent["name"], "team_id": number} for agent in members
            ]
        return found

    def _agents(self) -> Any:
        shown = [
            public(agent)
            for agent in self._state.agents.values()
            if (not agent["isdisabled"] or flag("includedisabled"))
            and (not agent["isapiagent"] or flag("includeapiagents"))
            and (agent["id"] != 1 or flag("includeunassigned"))
        ]
        match self._state.faults.agent_envelope:
            case "bare":
                return shown
            case name:
                return {name: shown}

    def _priorities(self) -> list[Json]:
        sla = request.args.get("slaid", "")
        return [public(one) for one in self._state.priorities if not sla or str(one["slaid"]) == sla]

    def _clients(self) -> Json:
        rows = [public(one) for one in self._state.clients.values()]
        return {"record_count": len(rows), "clients": rows}


class WebhookRoutes:
    """Webhooks, the notifications that are their events, and the log of deliveries."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._state = state = door.state
        door.on("GET", "webhook", lambda: [_shown(one) for one in state.webhooks.values()])
        door.on("GET", "webhook/<number>", lambda number: _shown(self._webhook(number)))
        door.on("POST", "webhook", self._post)
        door.on("DELETE", "webhook/<number>", self._delete)
        door.on("GET", "notification", self._notifications)
        door.on("POST", "notification", self._post_notifications)
        door.on("DELETE", "notification/<int:number>", self._delete_notification)
        door.on("GET", "webhookevent", self._events)
        door.on("GET", "lookup", lambda: _catalogue(state) if request.args.get("lookupid") == _EVENTS else [])

    def _webhook(self, number: str) -> Json:
        found = self._state.webhooks.get(number.lower())
        if found is None:
            raise self._state.faults.problem(404, "The webhook was not found.")
        return found

    def _post(self) -> tuple[Any, int]:
        with self._state.acting():
            return self._door.posted([_shown(self._written(sent)) for sent in self._door.sent_objects()])

    def _written(self, sent: Json) -> Json:
        state = self._state
        if sent.get("id"):
            found = self._webhook(str(sent["id"]))
        else:
            if not str(sent.get("url", "")).startswith(("https://", "http://127.0.0.1", "http://localhost")):
                raise state.faults.problem(400, "The payload URL is not valid.")
            found = {"id": state.guid(), "type": 0, "method": 0, "authentication_type": 0, "active": True,
                     "disabled": False, "_failures": 0}  # fmt: skip
            state.webhooks[found["id"]] = found
        known = {name: value for name, value in sent.items() if name in _WEBHOOK_FIELDS}
        for name in ("type", "method", "authentication_type", "algorithm"):
            if name in known:
                known[name] = wanted_number(state, known[name], name)
        found.update(known)
        if not found["disabled"]:
            found["_failures"] = 0
        return found

    def _delete(self, number: str) -> Json:
        with self._state.acting():
            found = self._webhook(number)
            del self._state.webhooks[found["id"]]
            for key in [key for key, one in self._state.notifications.items() if one["webhook_id"] == found["id"]]:
                del self._state.notifications[key]
            return _shown(found)

    def _notifications(self) -> list[Json]:
        webhook = request.args.get("webhook_id", "")
        rows = [one for one in self._state.notifications.values() if not webhook or one["webhook_id"] == webhook]
        hidden = ("webhook_id",) if self._state.faults.notifications_thin else ()
        return [{name: value for name, value in one.items() if name not in hidden} for one in rows]

    def _post_notifications(self) -> tuple[Any, int]:
        state = self._state
        with state.acting():
            made = []
            objects = self._door.sent_objects()
            numbers = [wanted_number(state, sent.get("eventno"), "eventno") for sent in objects]
            if not set(numbers) <= {row["id"] for row in _catalogue(state)} - state.faults.events_refused:
                # One bad number, and nothing of it is kept.
                raise state.faults.problem(400, "The eventno is not valid.")
            for sent in objects:
                webhook = self._webhook(str(sent.get("webhook_id", "")))
                event = wanted_number(state, sent.get("eventno"), "eventno")
                number = state.new_id("notification", 40)
                state.notifications[number] = {
                    "id": number,
                    "webhook_id": webhook["id"],
                    "eventno": event,
                    "name": str(sent.get("name", "")),
                    "type": -2,
                    "delivery_method": 6,
                    "conditions": sent.get("conditions", []),
                }
                made.append(dict(state.notifications[number]))
            return self._door.posted(made)

    def _delete_notification(self, number: int) -> Json:
        if self._state.notifications.pop(number, None) is None:
            raise self._state.faults.problem(404, "The notification was not found.")
        return {}

    def _events(self) -> list[Json]:
        webhook = request.args.get("webhook_id", "")
        return [event for event in self._state.webhook_events if not webhook or event["webhook_id"] == webhook]


_EVENTS = "64"


def _catalogue(state: State) -> list[Json]:
    """The events that there are, by the numbers that they have here."""
    numbers = state.faults.event_numbers
    ours = [{"id": numbers.get(usual, usual), "name": f"{words.title()} - All"} for usual, words in EVENT_WORDS.items()]
    return [*ours, {"id": 46, "name": "2nd SLA Warning"}, {"id": 1074, "name": "Asset Updated"}]


_WEBHOOK_FIELDS = frozenset(
    ("name", "url", "type", "method", "content_type", "active", "disabled", "authentication_type", "basic_username",
     "basic_password", "authentication_header", "algorithm")
)  # fmt: skip


def _shown(webhook: Json) -> Json:
    """A webhook as it is given out: without its secret."""
    return {name: value for name, value in public(webhook).items() if name not in _SECRETS}


class OpenRoutes:
    """What needs no token: the authorisation server, and the address that names it."""

    def __init__(self, app: Flask, state: State, access: Access) -> None:
        self._state = state
        self._access = access
        app.add_url_rule("/auth/token", "token", self._token, methods=["POST"])
        app.add_url_rule("/api/authinfo", "authinfo", self._authinfo)

    def _token(self) -> Response:
        if request.mimetype != "application/x-www-form-urlencoded":
            raise Refusal(400, {"error": "invalid_request"})
        if request.form.get("grant_type") != "client_credentials":
            raise Refusal(400, {"error": "unsupported_grant_type"})
        sent = {name: request.form.get(name, "") for name in ("client_id", "client_secret", "scope")}
        return as_json(self._access.token_for(**sent, tenant=request.args.get("tenant", "")))

    def _authinfo(self) -> Response:
        return as_json({"auth_url": f"{self._state.base_url}/auth", "tenant_id": self._access.tenant})
