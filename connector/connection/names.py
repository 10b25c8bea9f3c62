"""Who is who in one ticket system: the people that a policy names, found there, kept for a while. Asks, never writes.

A name that is not known is reported by ``check`` and left out here; a look-up that failed is an error, not "nobody".
Names may differ between ticket systems: ``irene | Irene Systems`` is one person, known by the first name that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from connector.errors import ConnectorError, UnknownName
from connector.model import Person, Place
from connector.policy.policy import FinalEscalation, Homes, Policy
from connector.rules.commands import Managers
from connector.systems.contract import TicketSystem
from connector.systems.kept import KEEP_SECONDS, KeptEach

_COLLEAGUES_SECONDS = 4 * 3600.0
"""How long the names of those who work at a home are kept: who is new shows by what he writes."""

UNKNOWN_SECONDS = 30.0
"""How long somebody who was not found is taken for unknown."""

T = TypeVar("T")


def first_known(text: str, ask: Callable[[str], T]) -> T:
    """What the first name that is known stands for. Raises UnknownName, of the first name, when none is."""
    unknown: UnknownName | None = None
    for name in text.split("|"):
        try:
            return ask(name.strip())
        except UnknownName as error:
            unknown = unknown or error
    assert unknown is not None
    raise unknown


class Staff:
    """Finds members of staff. Safe for several threads."""

    def __init__(self, system: TicketSystem, now: Callable[[], datetime]) -> None:
        self._system = system
        self._kept = KeptEach(self._look_up, lambda: now().timestamp())
        self._places: dict[str, Place] = {}
        self._names = KeptEach(self._names_of, lambda: now().timestamp(), _COLLEAGUES_SECONDS)

    def find(self, name: str) -> Person | None:
        """The member of that configured name, active or not; None when proven unknown. Raises AdapterError.

        Who is unknown may be added at any time: he is asked for again sooner than who was found.
        """
        return self._kept.get(name) or self._kept.get(name, UNKNOWN_SECONDS)

    def managers(self, policy: Policy) -> Managers:
        """For each tier who may override there; people who are not active any more may not."""
        return {tier.number: self._by_identifier(tier.managers) for tier in policy.tiers}

    def called_by(self, final: FinalEscalation) -> tuple[tuple[str, str], ...]:
        """Role and full name of those whom a final escalation calls together; an empty name is nobody configured.

        Who is not known is called as configured.
        """
        found = {who: self.find(who) for who in final.people.values() if who}
        return tuple((role, person.name if (person := found.get(who)) else who) for role, who in final.people.items())

    def colleagues(self, policy: Policy, homes: Homes) -> frozenset[str]:
        """The full names of the desk's people: who works at the tiers' homes, who manages, who is called at last.

        They only help to understand a note: who cannot be looked up is left out, and nothing is raised.
        """
        self._places.update({place.key: place for place in homes.places.values()})
        managers = {who for tier in policy.tiers for who in tier.managers}
        keys = {*(place.key for place in homes.places.values()), *managers, *filter(None, policy.final.people.values())}
        return frozenset(name for key in keys for name in self._kept_names(key))

    def _kept_names(self, key: str) -> tuple[str, ...]:
        """What failed is asked for again sooner than what was answered."""
        names = self._names.get(key)
        return (self._names.get(key, KEEP_SECONDS) if names is None else names) or ()

    def _names_of(self, key: str) -> tuple[str, ...] | None:
        """The names of those at a place, by its key, or of a person that is configured; None when nobody answered."""
        try:
            if place := self._places.get(key):
                return tuple(person.name for person in self._system.directory.people(place))
            found = self.find(key)
            return (found.name,) if found else ()
        except ConnectorError:
            return None

    def _look_up(self, name: str) -> Person | None:
        try:
            return first_known(name, self._system.directory.member)
        except UnknownName:
            return None

    def _by_identifier(self, names: Iterable[str]) -> Mapping[str, str]:
        people = (self.find(name) for name in names)
        return {person.identifier.casefold(): person.name for person in people if person and person.is_active}
