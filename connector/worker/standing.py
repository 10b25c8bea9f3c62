"""Whether a worker's policy and mode are those in force, and what it does when they are not: it claims nothing.

It goes by the connection: of those on which its own are in force, it claims. The last start puts its own in force, also
that of an old worker. Where no worker that has those in force and serves the connection has given a sign of life for a
minute, one that waits puts its own in force again: never does nobody claim. Turns that are in hand when that changes
are finished as they were begun; every ticket is rung after it (see ``survey``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
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

log = structlog.get_logger("connector.worker")


class Standing:
    """How one worker stands. Safe for several threads.

    ``in_force_again``: is called when the worker's edition is in force after another was. Raises StoreUnavailable.
    """

    def __init__(
        self,
        store: Store,
        edition: Edition,
        connections: Sequence[str],
        in_force_again: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._editions = Editions(store)
        self._troubles = Troubles(store)
        self._edition = edition
        self._connections = tuple(connections)
        self._in_force_again = in_force_again
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._others: Mapping[str, str] = {}
        self._checked_at = self._patient_until = monotonic()

    def start(self) -> None:
        """Put the worker's policy and mode in force."""
        self._editions.start(self._edition, self._connections)
        self._checked_at = self._monotonic()

    def beat(self, worker: str) -> None:
        """Give a sign of life, and now and then see what is in force."""
        heartbeats.beat(self._store, worker, self._edition.name, self._connections)
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
            others = self._editions.others(self._edition, self._connections)
            is_patient = now < self._patient_until
            if others and not is_patient:
                self._editions.take_over(self._edition, self._connections)
                others = self._editions.others(self._edition, self._connections)
            self._told(others)
            self._others, self._checked_at = others, now

    def _told(self, others: Mapping[str, str]) -> None:
        """Say in the log once, and to all while it lasts, that another edition is in force, or this one again."""
        name = self._edition.name
        for connection, other in others.items():
            cause = f"a worker with {_said(name)} claims nothing: {_said(other)} are in force, those of the last start"
            self._troubles.meet(connection, TroubleKind.OTHER_EDITION, name, cause)
        if others and others != self._others:
            in_force = sorted(set(others.values()))
            log.warning("waiting: another policy or mode is in force", edition=name, in_force=in_force)
        if self._others.keys() - others.keys():
            log.warning("policy and mode are in force again", edition=name)
            self._in_force_again()
        self._end_old_troubles(name, others)

    def _end_old_troubles(self, name: str, others: Collection[str]) -> None:
        """What waited and is no more: this edition itself, and workers that ended."""
        silent = self._store.now() - LONGEST_SILENCE
        for trouble in self._troubles.all():
            is_ours = trouble.kind is TroubleKind.OTHER_EDITION and trouble.connection in self._connections
            if is_ours and trouble.connection not in others and (trouble.name == name or trouble.seen_at < silent):
                self._troubles.end(trouble.connection, trouble.kind, trouble.name)


def _said(edition: str) -> str:
    mode, _, version = edition.partition(" ")
    return f"the mode {mode} and the policy {version}"
