"""Where tickets can go: teams by name, and the people there with their load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from adapters.halopsa.client import HaloClient
from adapters.halopsa.directory import Directory
from adapters.halopsa.mapping import owner_of, place_of
from adapters.halopsa.values import Json
from connector.errors import PayloadError
from connector.model import Person, Place

TICKETS_READ = "read:tickets, and to view tickets of other agents and unassigned ones"


class Places:
    """Teams of one instance."""

    def __init__(self, client: HaloClient, directory: Directory) -> None:
        self._client = client
        self._directory = directory

    def locate(self, home: str) -> Place:
        """The team that a home names."""
        return Place((self._directory.team(home),))

    def people(self, place: Place) -> list[Person]:
        """The active people of a team, with their open tickets."""
        agents = self._directory.members(place.path[0])
        found = [agent.person for agent in agents if agent.person.is_active and not agent.is_api]
        loads = self._loads([person.id for person in found])
        people = [replace(person, open_tickets=loads[person.id]) for person in found]
        return sorted(people, key=lambda person: person.identifier)

    def may_be_at(self, row: Json, places: Sequence[Place]) -> bool:
        """Whether a ticket of a list lies at one of those places, as far as the list tells."""
        if row.get("team_id") in (None, "") and not row.get("team"):
            return True
        try:
            here = place_of(row, self._directory, "ticket")
        except PayloadError:
            return True
        return any(here.is_within(place) for place in places)

    def _loads(self, owners: Sequence[str]) -> Counter[str]:
        if not owners:
            return Counter()
        params = {"open_only": "true", "agent": ",".join(owners)}
        rows = self._client.pages("count the open tickets of a team", TICKETS_READ, params)
        holders = (owner_of(row, self._directory, "ticket") for row in rows)
        return Counter(holder.id for holder in holders if holder is not None)
