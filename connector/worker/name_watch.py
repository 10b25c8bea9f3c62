"""Tells of configured names that do not resolve: each once, and once that it does again. Part of the survey."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from connector.connection.name_book import NameBook
from connector.policy.policy import Homes
from connector.store.troubles import NOTHING_TO_DO, Trouble, TroubleKind, Troubles
from connector.turn.announcements import Announcer

AGAIN = timedelta(minutes=2)
"""When to ask again where a name could not be asked for."""

EVERY = timedelta(minutes=10)
"""When to ask again otherwise: also the ticket systems' own lists are kept for so long."""

log = structlog.get_logger("connector.reconcile")


class NameWatch:
    """Watches the names of one connection's policy, from one thread at a time."""

    def __init__(self, names: NameBook, troubles: Troubles, announcer: Announcer, now: Callable[[], datetime]) -> None:
        self.id = names.connection.id
        self.names = names
        self.troubles = troubles
        self.announcer = announcer
        self.now = now
        self._next_at: datetime | None = None

    def run(self, homes: Homes) -> datetime:
        """Ask for the names where that is due, tell what is to be told, and say when to ask again.

        Raises StoreUnavailable; and Busy or Unreachable where the ticket system could not be asked, once what is known
        was told.
        """
        if self._next_at is not None and self.now() < self._next_at:
            return self._next_at
        call = self.names.call(homes)
        open_ = {one.name: one for one in self.troubles.all(self.id) if one.kind is TroubleKind.NAME_UNRESOLVED}
        for name, found in call.wrong.items():
            if name not in open_:
                log.error("name does not resolve", connection=self.id, problem=found.cause)
            met = self.troubles.meet(self.id, TroubleKind.NAME_UNRESOLVED, name, found.cause, {"why": found.why})
            if met.told_at is None:
                title = f"{self.id}: a configured name does not resolve"
                lines = (found.why, *found.effects, "See `escalator check`.")
                self.troubles.tell(met, self.announcer.alarm(met.word("begun"), title, lines, met.kind.code))
        for name, one in open_.items():
            if name not in call.wrong and name not in call.unasked:
                self._over(one)
        if call.failure is not None:
            raise call.failure
        self._next_at = self.now() + (AGAIN if call.unasked else EVERY)
        return self._next_at

    def wait_for_nothing(self) -> None:
        """Ask at the next run: another policy was in force meanwhile, and what it told may still stand."""
        self._next_at = None

    def _over(self, trouble: Trouble) -> None:
        log.warning("name resolves", connection=self.id, problem=trouble.cause)
        line = f"{trouble.detail.get('why', trouble.cause)}: it resolves now, or is not configured any more."
        title = f"{self.id}: a configured name is back"
        alarm = self.announcer.alarm(trouble.word("over"), title, (line,), NOTHING_TO_DO)
        self.troubles.end(self.id, TroubleKind.NAME_UNRESOLVED, trouble.name, alarm)
