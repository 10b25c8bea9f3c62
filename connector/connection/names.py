"""Who is who in one ticket system: the people that a policy names, found there, kept for a while. Asks, never writes.

A name that is not known is reported by ``check`` and left out here; a look-up that failed is an error, not "nobody".
Names may differ between ticket systems: ``irene | Irene Systems`` is one person, known by the first name that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from connector.errors import UnknownName
from connector.model import Person
from connector.policy.policy import FinalEscalation, Policy
from connector.rules.commands import Managers
from connector.systems.contract import TicketSystem
from connector.systems.kept import KeptEach

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

    def find(self, name: str) -> Person | None:
        """The member of that configured name, active or not; None when proven unknown. Raises AdapterError."""
        return self._kept.get(name)

    def managers(self, policy: Policy) -> Managers:
        """For each tier who may override there; people who are not active any more may not."""
        return {tier.number: self._by_identifier(tier.managers) for tier in policy.tiers}

    def called_by(self, final: FinalEscalation) -> tuple[tuple[str, str], ...]:
        """Role and full name of those whom a final escalation calls together; an empty name is nobody configured.

        Who is not known is called as configured.
        """
        found = {who: self.find(who) for who in final.people.values() if who}
        return tuple((role, person.name if (person := found.get(who)) else who) for role, who in final.people.items())

    def _look_up(self, name: str) -> Person | None:
        try:
            return first_known(name, self._system.directory.member)
        except UnknownName:
            return None

    def _by_identifier(self, names: Iterable[str]) -> Mapping[str, str]:
        people = (self.find(name) for name in names)
        return {person.identifier.casefold(): person.name for person in people if person and person.is_active}
