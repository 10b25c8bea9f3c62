"""Whether a worker's policy and mode are those in force, and what it does when they are not: it claims nothing.

It goes by the connection: of those on which its own are in force, it claims. The last start puts its own in force, also
that of an old worker. Where no worker that has those in force and serves the connection has given a sign of life for a
minute, one that waits puts its own in force again: never does nobody claim. Turns that are in hand when that changes
are finished as they were begun; every ticket is rung after it (see ``survey``).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

import structlog

from connector.store import heartbeats
from connector.store.database.engine import Store
from connector.store.editions import LONGEST_SILENCE, Edition, Editions
from connector.store.troubles import TroubleKind, Troubles

CHECK_SECONDS = 5.0
"""How often the database is asked which edition is in force."""

TRUST_SECONDS = 10.0
"""How old its answer may be for a worker to claim by it: after this long without one, it is asked first."""

SETTLED_AFTER = timedelta(seconds=2 * TRUST_SECONDS)
"""How long after a change of what is in force no worker claims by the edition before any more."""

GAP_SECONDS = 30.0
"""After such a time without an answer of the database, the others had none either: they get ``GRACE_SECONDS``."""

GRACE_SECONDS = 15.0

NEW_AFTER = 1.0
"""After so many seconds a sign of life says something that the one before did not."""

log = structlog.get_logger("connector.worker")


class Standing:
    """How one worker stands. Safe for several threads.

    ``in_force_again``: is called when the worker's edition is in force after another was. Raises StoreUnavailable.
    """

    def __init__(
        self,
        store: Store,
        editions: Mapping[str, Edition],
        in_force_again: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._editions = Editions(store)
        self._troubles = Troubles(store)
        self._own = editions
        self._in_force_again = in_force_again
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._others: Mapping[str, str] = {}
        self._checked_at = self._patient_until = monotonic()
        self._beat_at = -math.inf

    def start(self) -> None:
        """Put the worker's policy and mode in force."""
        self._editions.start(self._own)
        self._checked_at = self._monotonic()

    def beat(self, worker: str) -> None:
        """Give a sign of life, and now and then see what is in force."""
        now = self._monotonic()
        if not 0 <= now - self._beat_at < NEW_AFTER:
            heartbeats.beat(self._store, worker, {name: edition.name for name, edition in self._own.items()})
            self._beat_at = now
        self._look(CHECK_SECONDS)

    def may_claim(self, connection: str) -> bool:
        """Whether the worker's policy and mode are those in force on a connection, as far as it knows."""
        self._look(TRUST_SECONDS)
        return connection not in self._others

    def _look(self, oldest: float) -> None:
        with self._lock:
            now = self._monotonic()
            age = now - self._checked_at
            if age < oldest:
                return
            if age > GAP_SECONDS:
                self._patient_until = now + GRACE_SECONDS
            others = self._editions.others(self._own)
            is_patient = now < self._patient_until
            if others and not is_patient:
                self._editions.take_over(self._own)
                others = self._editions.others(self._own)
            self._told(others)
            self._others, self._checked_at = others, now

    def _told(self, others: Mapping[str, str]) -> None:
        """Say in the log once, and to all while it lasts, that another edition is in force, or this one again."""
        for connection, other in others.items():
            name = self._own[connection].name
            cause = f"a worker with {_said(name)} claims nothing: {_said(other)} are in force, those of the last start"
            self._troubles.meet(connection, TroubleKind.OTHER_EDITION, name, cause)
        if others and others != self._others:
            log.warning("waiting: another policy or mode is in force", edition=self._names(), in_force=dict(others))
        if self._others.keys() - others.keys():
            log.warning("policy and mode are in force again", edition=self._names())
            self._in_force_again()
        self._end_old_troubles(others)

    def _names(self) -> list[str]:
        return sorted({edition.name for edition in self._own.values()})

    def _end_old_troubles(self, others: Collection[str]) -> None:
        """What waited and is no more: these editions themselves, and workers that ended."""
        silent = self._store.now() - LONGEST_SILENCE
        for trouble in self._troubles.all():
            if trouble.kind is not TroubleKind.OTHER_EDITION or trouble.connection not in self._own:
                continue
            is_own = trouble.name == self._own[trouble.connection].name
            if trouble.connection not in others and (is_own or trouble.seen_at < silent):
                self._troubles.end(trouble.connection, trouble.kind, trouble.name)


def _said(edition: str) -> str:
    mode, _, version = edition.partition(" ")
    return f"the mode {mode} and the policy {version}"
