"""Who gets a ticket on arrival at a tier: nobody yet, a fixed member, each in turn, or the one with the least to do.

Only active people. The choice is made in the database, so that several workers at once still go round fairly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from connector.connection.names import first_known
from connector.connection.state import ConnectionBook
from connector.model import Person, Place
from connector.policy.policy import LEAST_LOADED, QUEUE, ROUND_ROBIN, Tier
from connector.systems.contract import TicketSystem

FRESH = timedelta(seconds=30)
"""For how long a choice counts as load by itself: until the ticket system's own figures show it."""

NOBODY_AVAILABLE = "nobody available"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets the ticket (None: the tier's queue), in words for the note, and ``how`` for the count."""

    person: Person | None
    words: str
    how: str


@dataclass(frozen=True, slots=True)
class Assigner:
    """Chooses on one connection. ``keeps_turns``: False for one that only tells whom it would choose."""

    system: TicketSystem
    connection: ConnectionBook
    keeps_turns: bool = True

    def choose(self, tier: Tier, place: Place, kept: str = "") -> Assignment:
        """Who gets a ticket at a tier. ``kept``: whom an earlier try of the same escalation chose.

        Raises what the adapter raises, UnknownName for a fixed member who does not exist.
        """
        queue = f"in the queue of {tier.name}"
        if tier.assign == QUEUE:
            return Assignment(None, queue, QUEUE)
        if tier.assign not in (ROUND_ROBIN, LEAST_LOADED):
            person = first_known(tier.assign, self.system.directory.member)
            if person.is_active:
                return Assignment(person, f"{person.name} becomes the owner", "member")
            why = f"{queue}: {person.name}, who is configured to get it, is not active"
            return Assignment(None, why, NOBODY_AVAILABLE)
        people = {person.id: person for person in self.system.directory.people(place) if person.is_active}
        if not people:
            return Assignment(None, f"{queue}: nobody is available there", NOBODY_AVAILABLE)
        chosen = next((id_ for id_, person in people.items() if person.identifier == kept), "")
        if not chosen:
            loads = {id_: person.open_tickets or 0 for id_, person in people.items()}
            weighed = loads if tier.assign == LEAST_LOADED else dict.fromkeys(loads, 0)
            fresh = FRESH if tier.assign == LEAST_LOADED else timedelta()
            chosen = self.connection.take_turn(place.key, weighed, fresh, is_kept=self.keeps_turns)
        way = "in turn" if tier.assign == ROUND_ROBIN else "with the fewest open tickets"
        return Assignment(people[chosen], f"{people[chosen].name} becomes the owner, {way}", tier.assign)
