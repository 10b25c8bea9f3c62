"""The present policy of one connection with its homes, and the limits that running stints keep from earlier ones.

Everything is judged by the present policy. A stint keeps at most the limits of its tier from the policy that was in
force when it began, until the newest one is applied to all (``escalator policy apply``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from connector.connection.homes import HomeBook
from connector.policy.document import PolicyError, read_policy
from connector.policy.policy import Policy, Tier
from connector.store.policy_log import PolicyLog, PolicyRow
from connector.systems.contract import Connection

log = structlog.get_logger("connector.policies")


@dataclass(frozen=True, slots=True)
class EarlierLimits:
    """A tier as an earlier policy has it, of which the limits alone count; ``since``: when that came into force."""

    version: str
    since: datetime
    tier: Tier


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A policy in the log: since when it counts for stints (None: for all before the next), and its tiers by name."""

    row: PolicyRow
    since: datetime | None
    tiers: Mapping[tuple[str, str], Tier]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The policies in the order in which they came into force, as far as they say anything of limits."""

    mark: tuple[int, int]
    policies: tuple[_Earlier, ...]


_UNREAD = _Shelf((-1, -1), ())


class Policies:
    """The policies of one connection. Safe for several threads. ``recall_homes``: see ``HomeBook``."""

    def __init__(
        self,
        connection: Connection,
        present: Policy,
        log_: PolicyLog | None,
        now: Callable[[], datetime],
        recall_homes: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._id = connection.id
        self._log = log_
        self._lock = threading.Lock()
        self.present = present
        self.homes = HomeBook(connection, present, now, recall_homes)
        self._known: dict[str, Policy | None] = {present.version: present}
        self._shelf = _UNREAD

    def limits_kept(self, ladder: str, tier: Tier, since: datetime) -> EarlierLimits | None:
        """The limits that a stint of that tier, which counts since then, keeps from an earlier policy.

        None where they are the present ones: nothing earlier was in force, it says the same, or it knew no such tier.
        """
        began = [one for one in self._read().policies if one.since is None or one.since <= since]
        then = began[-1].tiers.get((ladder, tier.name)) if began else None
        if then is None or _limits_of(then) == _limits_of(tier):
            return None
        return EarlierLimits(began[-1].row.version, began[-1].row.in_force_from, then)

    def read_again(self) -> None:
        """Other policies may have been in force meanwhile."""
        with self._lock:
            self._shelf = _UNREAD

    def _read(self) -> _Shelf:
        """The shelf as the database has it. Read once without an earlier policy on it, it answers for good."""
        shelf = self._shelf
        if self._log is None or (shelf is not _UNREAD and len(shelf.policies) <= 1):
            return shelf
        mark = self._log.mark()
        with self._lock:
            if self._shelf.mark != mark:
                self._shelf = _Shelf(mark, tuple(self._earlier(self._log.rows())))
            return self._shelf

    def _earlier(self, rows: Sequence[PolicyRow]) -> list[_Earlier]:
        """What came into force after the present policy, while this worker had work in hand, is not earlier. What has
        no home here was in force elsewhere: the log is that of all connections.
        """
        rows = [row for row in rows if self._has_home_in(self._policy(row))]
        own = [n for n, row in enumerate(rows) if row.version == self.present.version]
        rows = rows[: own[-1] + 1] if own else rows
        applied = max((n for n, row in enumerate(rows) if row.applied_at is not None), default=0)
        return [
            _Earlier(row, row.in_force_from if n > applied else None, _tiers_by_name(self._policy(row)))
            for n, row in enumerate(rows)
            if n >= applied
        ]

    def _has_home_in(self, policy: Policy | None) -> bool:
        """Whether the connection has a tier's home in a policy; of one that cannot be read nobody can tell."""
        return policy is None or any(self._id in tier.homes for one in policy.every_ladder for tier in one.tiers)

    def _policy(self, row: PolicyRow) -> Policy | None:
        if row.version not in self._known:
            policy: Policy | None = None
            try:
                # One that was made in code, as simulations are, has no document.
                policy = read_policy(row.document) if row.document else None
            except PolicyError as error:
                log.warning("an earlier policy cannot be read any more", version=row.version, problems=str(error))
            self._known[row.version] = policy
        return self._known[row.version]


def _limits_of(tier: Tier) -> tuple[float, float]:
    """The limits of a tier's stages."""
    return tier.diagnosis_minutes, tier.fix_minutes


def _tiers_by_name(policy: Policy | None) -> dict[tuple[str, str], Tier]:
    """None for one that cannot be read: nobody can tell what limits its stints began with."""
    if policy is None:
        return {}
    return {(ladder.ladder, tier.name): tier for ladder in policy.every_ladder for tier in ladder.tiers}
