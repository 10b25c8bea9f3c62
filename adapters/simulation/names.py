"""Naming records of the simulated service desk in Python calls: by id, or by name."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.simulation.refusal import Json

Named = int | str
"""A record's id, or its name (or whatever else it is known by)."""


def find(records: Iterable[Json], wanted: Named, what: str, *keys: str) -> Json:
    """The record that ``wanted`` names. Raises LookupError."""
    names = ("id",) if isinstance(wanted, int) else keys
    for record in records:
        if any(record.get(name) == wanted for name in names):
            return record
    raise LookupError(f"the simulated service desk has no {what} {wanted!r}")
