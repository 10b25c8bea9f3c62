"""The policies that count: the present one, and the earlier ones that running stints began under.

A stint keeps the policy that was in force when it began until the newest one is applied to all (``escalator policy
apply``). What a stint is, the present policy says; only its limits, people and calendars are those it began with.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from connector.connection.homes import HomeBook
from connector.policy.document import PolicyError, read_policy
from connector.policy.policy import Policy
from connector.store.policy_log import PolicyLog
from connector.systems.contract import Connection

log = structlog.get_logger("connector.policies")


@dataclass(frozen=True, slots=True)
class Edition:
    """A policy with its homes in one ticket system."""

    policy: Policy
    homes: HomeBook


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The editions in the order in which they came into force, each with the beginning of stints it counts from."""

    mark: tuple[int, int]
    editions: tuple[tuple[datetime | None, Edition], ...]


_UNREAD = _Shelf((-1, -1), ())


class Policies:
    """The policies of one connection. Safe for several threads."""

    def __init__(
        self, connection: Connection, present: Policy, log_: PolicyLog | None, now: Callable[[], datetime]
    ) -> None:
        self._connection = connection
        self._log = log_
        self._now = now
        self._lock = threading.Lock()
        self.present = Edition(present, HomeBook(connection, present, now))
        self._known = {present.version: self.present}
        self._shelf = _UNREAD

    def at(self, began_at: datetime) -> Edition:
        """The edition that counts for a stint that began then."""
        if self._log is None:
            return self.present
        found = self.present
        for since, edition in self._read(self._log).editions:
            if since is None or since <= began_at:
                found = edition
        return found

    def _read(self, log_: PolicyLog) -> _Shelf:
        """The shelf as the database has it. Read once without an earlier edition in it, it answers for good."""
        if self._shelf is not _UNREAD and len(self._shelf.editions) <= 1:
            return self._shelf
        mark = log_.mark()
        with self._lock:
            if self._shelf.mark != mark:
                rows = log_.rows()
                last = max((n for n, row in enumerate(rows) if row.applied_at is not None), default=0)
                editions = [
                    (row.in_force_from if n > last else None, self._edition(row.version, row.document))
                    for n, row in enumerate(rows)
                    if n >= last
                ]
                self._shelf = _Shelf(mark, tuple((since, one) for since, one in editions if one is not None))
            return self._shelf

    def _edition(self, version: str, document: object) -> Edition | None:
        if version not in self._known:
            try:
                policy = read_policy(document)
            except PolicyError as error:
                log.warning("an earlier policy cannot be read any more", version=version, problems=str(error))
                return None
            if any(self._connection.id not in tier.homes for one in policy.every_ladder for tier in one.tiers):
                return None  # it is from before this ticket system was connected, and knows nothing of it
            self._known[version] = Edition(policy, HomeBook(self._connection, policy, self._now))
        return self._known[version]
