"""The tiers' homes in one ticket system, resolved by name and kept up to date.

A home that resolved once, in whatever process, is kept by its id when its name is not found any more (renamed), and
reported; one that never resolved holds the tickets that may live there. A look-up that failed is not "none found": the
last known answer stays, and without one nobody takes a turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connector.errors import Busy, ConnectorError, Temporary, UnknownName, Unreachable
from connector.model import Place, Ref
from connector.policy.policy import Homes, Policy
from connector.systems.contract import Connection
from connector.systems.kept import Kept

AGAIN_SECONDS = 30.0
"""How soon what did not resolve, or could not be asked, is asked again."""


class HomeBook:
    """Resolves the homes of a policy's tiers in one ticket system. Safe for several threads.

    ``wrong``: what did not resolve when the system was last asked, by tier and home, one sentence each; ``problems``:
    the same, and why the system could not be asked since. ``recall``: what processes before this one found, as
    ``found`` has it; asked only where a name is not found.
    """

    def __init__(
        self,
        connection: Connection,
        policy: Policy,
        now: Callable[[], datetime],
        recall: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._connection = connection
        self._policy = policy
        self._recall = recall
        self._known: Homes | None = None
        self._kept = Kept(self._resolve, lambda: now().timestamp())
        self.wrong: Mapping[str, str] = {}
        self.problems: tuple[str, ...] = ()
        self._lost: frozenset[str] = frozenset()

    def current(self) -> Homes:
        """The homes as last resolved, at most ten minutes ago; while there are problems, at most half a minute.

        Raises Temporary while the ticket system could not be asked even once.
        """
        return self._kept.get(AGAIN_SECONDS if self.problems else None)

    @property
    def found(self) -> dict[str, list[list[str]]]:
        """The places as last resolved, as ids with names, by the homes' names; to be kept for processes to come."""
        known = self._known
        if known is None:
            return {}
        ladders = [(self._policy, known), *((one.policy, known.ladders[one.name]) for one in self._policy.ladders)]
        return {
            tier.homes[self._connection.id]: [[ref.id, ref.name] for ref in homes.places[tier.number].path]
            for policy, homes in ladders
            for tier in policy.tiers
            if tier.number in homes.places
        }

    def is_lost(self, place: str) -> bool:
        """Whether a ticket that lived at a place, by its name, lived in a home that does not resolve now."""
        return any(is_inside(place, home) for home in self._lost)

    def _resolve(self) -> Homes:
        problems: dict[str, str] = {}
        lost: set[str] = set()
        known = self._known
        try:
            ladders = {
                ladder.name: self._ladder(
                    ladder.policy, known.ladders.get(ladder.name) if known else None, problems, lost
                )
                for ladder in self._policy.ladders
            }
            homes = replace(self._ladder(self._policy, known, problems, lost), ladders=ladders)
        except ConnectorError as error:
            if known is None and isinstance(error, Busy | Unreachable):
                raise
            if known is None:
                raise Temporary(f"the homes of the tiers could not be looked up: {error}") from error
            self.problems = (*self.wrong.values(), str(error))
            return known
        self._lost = frozenset(lost)
        self._known, self.wrong, self.problems = homes, problems, tuple(problems.values())
        return homes

    def _ladder(self, policy: Policy, before: Homes | None, problems: dict[str, str], lost: set[str]) -> Homes:
        """The homes of one ladder's tiers; what does not resolve is added to the problems, and to the lost homes."""
        places: dict[int, Place] = {}
        unresolved: dict[int, str] = {}
        hidden: list[str] = []
        for tier in policy.tiers:
            home = tier.homes[self._connection.id]
            try:
                places[tier.number] = self._connection.system.directory.locate(home)
            except UnknownName as error:
                ladder = f"{policy.ladder}: " if policy.ladder else ""
                problem = f"{ladder}tier {tier.number} ({tier.name}): {error}"
                problems[f"{ladder}tier {tier.number}: {home}"] = problem
                known = before.places.get(tier.number) if before else self._recalled(home)
                lost |= {home, str(known or home)}
                if known is None:
                    unresolved[tier.number] = problem
                    hidden.append(home)
                else:
                    places[tier.number] = known
        return Homes(places, unresolved, tuple(hidden))

    def _recalled(self, home: str) -> Place | None:
        path = self._recall().get(home)
        return Place(tuple(Ref(id_, name) for id_, name in path)) if path else None


def is_inside(place: str, home: str) -> bool:
    """Whether a place, by its name, is that home or lies in it."""
    return f"{place} >".casefold().startswith(f"{home} >".casefold())
