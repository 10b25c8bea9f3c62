"""Storing a changed ticket: the one place where its record, audit trail and callback event come from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.connectwise.simulation.state import State
from adapters.connectwise.simulation.tickets import WRITE_ONLY, settle
from adapters.simulation.refusal import Json


def is_silent(sent: Mapping[str, Any]) -> bool:
    """Whether a save asks for no callbacks."""
    return sent.get("skipCallback") is True


def stored(values: Json) -> Json:
    """The fields without those that only steer the save."""
    return {name: value for name, value in values.items() if name not in WRITE_ONLY}


def store(state: State, ticket: Json, values: Json, now: datetime, actor: str, silent: bool) -> Json:
    """Change a ticket\'s record, note it in the audit trail and raise its event."""
    values = stored(values)
    # A ticket read before this change may have been changed since, by the same action.
    current = state.tickets[ticket["id"]]
    made = settle(state, current, values, now, actor)
    state.tickets[made["id"]] = made
    for name in ("board", "status", "team", "owner", "priority"):
        if name in values:
            state.trail(made["id"], now, actor, _told(name, current.get(name), made.get(name)))
    state.on_event("updated", made, actor, silent)
    return made


def _told(name: str, old: Json | None, new: Json | None) -> str:
    before, after = ((one or {}).get("name", "(none)") for one in (old, new))
    return f'{name.capitalize()} has been updated from "{before}" to "{after}".'
