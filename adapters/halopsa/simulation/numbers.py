"""Numbers as they are taken from a body: whole ones, also written as a text; a decimal point is refused."""

from __future__ import annotations

from typing import Any

from adapters.halopsa.simulation.state import State


def wanted_number(state: State, value: Any, name: str) -> int:
    """The number that was sent. Raises Refusal (400)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    raise state.faults.problem(400, f"{name} must be included and be an integer.")
