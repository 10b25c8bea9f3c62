"""A simulated RT as a Flask application, with the scrips of its site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from adapters.request_tracker.simulation.actions import Actions
from adapters.request_tracker.simulation.door import Access, Door
from adapters.request_tracker.simulation.list_routes import ListRoutes
from adapters.request_tracker.simulation.records import Ticket
from adapters.request_tracker.simulation.state import SYSTEM, State
from adapters.request_tracker.simulation.ticket_routes import TicketRoutes
from adapters.simulation.application import Application


def create_app(state: State, access: Access, version: str) -> Flask:
    """The Flask application."""
    app = Application("request-tracker-simulator")
    app.url_map.strict_slashes = False
    door = Door(app, state, access)
    actions = Actions(state)
    TicketRoutes(door, actions, Scrip(state, actions).run)
    ListRoutes(door, version)
    return app.complete()


class Scrip:
    """A rule of the site that puts back what was changed, in the name of RT itself."""

    def __init__(self, state: State, actions: Actions) -> None:
        self._state = state
        self._actions = actions

    def run(self, ticket: Ticket, before: Mapping[str, Any]) -> None:
        """Put back what the switch names, where it was changed."""
        faults, system = self._state.faults, self._state.users[SYSTEM]
        now = {"Queue": ticket.queue, "Owner": ticket.owner, "Status": ticket.status}
        changed = [name for name in sorted(faults.scrip_reverts) if now[name] != before[name]]
        if not changed or not faults.take_scrip_run():
            return
        put = {"Queue": self._actions.set_queue, "Owner": self._actions.set_owner, "Status": self._actions.set_status}
        for name in changed:
            put[name](system, ticket, str(before[name]))
