"""The events that our webhook is sent for, and the numbers that an instance gives them. Pure.

The numbers differ between versions: re-assigned is 10 or 33 somewhere, closed 11, status 74
(https://github.com/redanthrax/halopsa-node, https://github.com/topleft-team/django-psa). An instance's own catalogue
tells them by name, such as "Ticket Status Changed - All".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CATALOGUE = "64"
"""The number of the look-up that holds the events."""

_WORD = re.compile(r"[a-z]+")
_FILLERS = frozenset(
    ("a", "all", "any", "been", "by", "end", "has", "is", "of", "request", "the", "ticket", "tickets", "to", "was")
)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as we call it, its usual number (0: not known), and its names without the words that say nothing."""

    name: str
    number: int
    names: frozenset[frozenset[str]]


def _event(name: str, number: int, *names: str) -> Event:
    return Event(name, number, frozenset(frozenset(one.split()) for one in names))


WANTED = (
    _event("New Ticket Logged", 3, "new logged", "new", "logged", "new created", "created"),
    _event("Ticket Updated", 61, "updated", "update"),
    _event("Ticket Status Changed", 76, "status changed", "status change", "status updated"),
    _event("Ticket Re-assigned", 0, "re assigned", "reassigned", "reassignment", "re assignment"),
    _event("Ticket Closed", 39, "closed", "closure"),
    _event("Ticket Updated by User", 19, "updated user", "update user", "updated enduser"),
    _event("Ticket Deleted", 1072, "deleted"),
)


def numbers_of(catalogue: Mapping[int, str] | None) -> dict[Event, int]:
    """The number of each wanted event that an instance has; by the usual numbers where its catalogue tells nothing.

    None: it cannot be read. Where none of its names is understood it is in another language.
    """
    by_name = {event: number for event in WANTED if (number := _named(event, catalogue or {}))}
    if by_name:
        return by_name
    known = None if catalogue is None else set(catalogue)
    return {event: event.number for event in WANTED if event.number and (known is None or event.number in known)}


def lacking(numbers: Mapping[Event, int], there: Iterable[int | None]) -> tuple[str, ...]:
    """The wanted events that are not there."""
    found = set(there)
    return tuple(event.name for event in WANTED if numbers.get(event) not in found)


def _named(event: Event, catalogue: Mapping[int, str]) -> int:
    found = [number for number, name in catalogue.items() if _essence(name) in event.names]
    if event.number in found:
        return event.number
    # Of several scopes the one that is for all tickets.
    found.sort(key=lambda number: ("all" not in catalogue[number].casefold().split(), number))
    return found[0] if found else 0


def _essence(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(name.casefold())) - _FILLERS
