"""The tiers' homes in one ticket system, resolved by name and kept up to date.

A home that resolved once is kept by its id when its name is not found any more (renamed), and reported; one that
never resolved holds the tickets that may live there. A look-up that failed is not "none found": the last known
answer stays, and without one nobody takes a turn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.errors import ConnectorError, Temporary, UnknownName
from connector.model import Place
from connector.policy.policy import Homes, Policy
from connector.systems.contract import TicketSystem

REFRESH_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Kept:
    homes: Homes
    at: datetime
    problems: tuple[str, ...] = field(default=())


class HomeBook:
    """Resolves the homes of a policy's tiers in one ticket system. Safe for several threads."""

    def __init__(self, system: TicketSystem, policy: Policy, now: Callable[[], datetime]) -> None:
        self._system = system
        self._policy = policy
        self._now = now
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    def current(self) -> Homes:
        """The homes as last resolved, at most ten minutes ago.

        Raises Temporary while the ticket system could not be asked even once.
        """
        with self._lock:
            if self._kept is None or self._now() - self._kept.at >= REFRESH_EVERY:
                self._kept = self._resolve(self._kept)
            return self._kept.homes

    @property
    def problems(self) -> tuple[str, ...]:
        """What does not resolve at the moment, one sentence each."""
        with self._lock:
            return self._kept.problems if self._kept else ()

    def _resolve(self, before: _Kept | None) -> _Kept:
        problems: list[str] = []
        known = before.homes if before else None
        try:
            ladders = {
                ladder.name: self._ladder(ladder.policy, known.ladders.get(ladder.name) if known else None, problems)
                for ladder in self._policy.ladders
            }
            homes = replace(self._ladder(self._policy, known, problems), ladders=ladders)
        except ConnectorError as error:
            if before is None:
                raise Temporary(f"the homes of the tiers could not be looked up: {error}") from error
            return _Kept(before.homes, self._now(), (*before.problems, str(error)))
        return _Kept(homes, self._now(), tuple(problems))

    def _ladder(self, policy: Policy, before: Homes | None, problems: list[str]) -> Homes:
        """The homes of one ladder's tiers; what does not resolve is added to the problems."""
        places: dict[int, Place] = {}
        unresolved: dict[int, str] = {}
        hidden: list[str] = []
        for tier in policy.tiers:
            home = tier.homes[self._system.kind]
            try:
                places[tier.number] = self._system.directory.locate(home)
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
