"""A policy document that somebody pastes: what is wrong with it, or what it would change. Pure; nothing is applied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from connector.policy.document import PolicyError, content_of, parse_document, read_policy
from connector.policy.policy import Policy

MOST_CHARACTERS = 200_000
"""How long a document may be."""

MOST_SHOWN = 100
"""So many problems or differences are told."""

_NOT_THERE = "not there"
_OF_NO_USE = frozenset({"version", "ladder"})


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two policies differ, and what stands there in each."""

    where: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    """What came of a document. ``problems``: what is wrong, each with where; else ``differences``. ``further``: so many
    more there are than told.
    """

    text: str
    problems: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    further: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether it could be brought into force."""
        return not self.problems


def tried(text: str, present: Policy, connections: Collection[str]) -> PolicyTrial:
    """What a pasted document would change. ``connections``: the ticket systems whose homes it may name."""
    if len(text) > MOST_CHARACTERS:
        return PolicyTrial("", (f"it has {len(text):,} characters; at most {MOST_CHARACTERS:,} are read here",))
    if not text.strip():
        return PolicyTrial(text, ("nothing was pasted",))
    try:
        policy = read_policy(parse_document(text), connections)
    except PolicyError as error:
        told = tuple(map(str, error.problems))
        return PolicyTrial(text, told[:MOST_SHOWN], further=max(0, len(told) - MOST_SHOWN))
    except ValueError as error:
        return PolicyTrial(text, (f"it {error}" if str(error).startswith("is ") else str(error),))
    found = tuple(differences(present, policy))
    return PolicyTrial(text, differences=found[:MOST_SHOWN], further=max(0, len(found) - MOST_SHOWN))


def differences(present: Policy, other: Policy) -> Iterator[Difference]:
    """Where the second policy differs from the first, by the names of the document."""
    now, then = _flat(present), _flat(other)
    for where in dict.fromkeys((*now, *then)):
        if now.get(where) != then.get(where):
            yield Difference(where, now.get(where, _NOT_THERE), then.get(where, _NOT_THERE))


def _flat(policy: Policy) -> dict[str, str]:
    content: dict[str, Any] = {name: value for name, value in content_of(policy).items() if name not in _OF_NO_USE}
    content["ladders"] = [
        {
            "name": one.name,
            "clients": sorted(one.clients),
            "priorities": sorted(one.priorities),
            "tiers": content_of(one.policy)["tiers"],
        }
        for one in policy.ladders
    ]
    content["calendars"] = {
        name: {
            "hours": one.hours_text,
            "closed days": _dates(one.rules.holidays),
            "dates with other hours": _dates({*one.rules.overrides, *one.rules.breaks}),
        }
        for name, one in policy.calendars.items()
    }
    return dict(_leaves("", content))


def _dates(days: Iterable[int]) -> str:
    return ", ".join(date.fromordinal(day).isoformat() for day in sorted(days)) or "none"


def _leaves(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        for index, inner in enumerate(value):
            yield from _leaves(f"{path}[{index}]", inner)
    elif isinstance(value, list | tuple):
        yield path, ", ".join(map(str, value)) or "nobody"
    elif isinstance(value, float):
        yield path, f"{value:g}"
    else:
        yield path, str(value) if value not in ("", None) else "not said"
