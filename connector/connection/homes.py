"""The tiers' homes in one ticket system, resolved by name and kept up to date.

A home that resolved once is kept by its id when its name is not found any more (renamed), and reported; one that
never resolved holds the tickets that may live there. A look-up that failed is not "none found": the last known
answer stays, and without one nobody takes a turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from connector.errors import ConnectorError, Temporary, UnknownName
from connector.model import Place
from connector.policy.policy import Homes, Policy
from connector.systems.contract import Connection
from connector.systems.kept import Kept


class HomeBook:
    """Resolves the homes of a policy's tiers in one ticket system. Safe for several threads.

    ``problems``: what does not resolve at the moment, one sentence each.
    """

    def __init__(self, connection: Connection, policy: Policy, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._policy = policy
        self._known: Homes | None = None
        self._kept = Kept(self._resolve, lambda: now().timestamp())
        self.problems: tuple[str, ...] = ()

    def current(self) -> Homes:
        """The homes as last resolved, at most ten minutes ago.

        Raises Temporary while the ticket system could not be asked even once.
        """
        return self._kept.get()

    def _resolve(self) -> Homes:
        problems: list[str] = []
        known = self._known
        try:
            ladders = {
                ladder.name: self._ladder(ladder.policy, known.ladders.get(ladder.name) if known else None, problems)
                for ladder in self._policy.ladders
            }
            homes = replace(self._ladder(self._policy, known, problems), ladders=ladders)
        except ConnectorError as error:
            if known is None:
                raise Temporary(f"the homes of the tiers could not be looked up: {error}") from error
            self.problems = (*self.problems, str(error))
            return known
        self._known, self.problems = homes, tuple(problems)
        return homes

    def _ladder(self, policy: Policy, before: Homes | None, problems: list[str]) -> Homes:
        """The homes of one ladder's tiers; what does not resolve is added to the problems."""
        places: dict[int, Place] = {}
        unresolved: dict[int, str] = {}
        hidden: list[str] = []
        for tier in policy.tiers:
            home = tier.homes[self._connection.id]
            try:
                places[tier.number] = self._connection.system.directory.locate(home)
            except UnknownName as error:
                problem = f"tier {tier.number} ({tier.name}): {error}"
                problems.append(problem)
                known = before.places.get(tier.number) if before else None
                if known is None:
                    unresolved[tier.number] = problem
                    hidden.append(home)
                else:
                    places[tier.number] = known
        return Homes(places, unresolved, tuple(hidden))
