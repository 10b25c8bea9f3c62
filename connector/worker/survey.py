"""The survey: meets every ticket that is open in a home, once under each policy and mode, and after a home was mended.

It is a chore that is never over: a home may stop to resolve at any time, and is told of then; and a refusal that keeps
no ticket any more is over, whoever left it behind.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from connector.connection.homes import HomeBook
from connector.connection.name_book import NameBook
from connector.policy.policy import Homes
from connector.store.connections import HOMES, RUNG_AT, RUNG_FOR, SURVEYED, Connections, ConnectionState
from connector.store.editions import LONGEST_SILENCE, Edition, Editions
from connector.store.mailbox import Mailbox
from connector.store.troubles import NOTHING_TO_DO, TroubleKind, Troubles
from connector.systems.contract import Connection
from connector.turn.announcements import Announcer
from connector.turn.failures import NOTES_STOPPED
from connector.worker.listing import RESTING, Acquaintance
from connector.worker.name_watch import NameWatch
from connector.worker.standing import SETTLED_AFTER

AGAIN = timedelta(seconds=30)
"""When to look again at homes that do not resolve."""

EVERY = timedelta(minutes=10)
"""When to look again at homes that do."""

MENDED_AT = "mended_at"
"""Remembered of a connection: when a home resolved that had not before. Until all tickets were rung for it."""

NOT_MET_FOR = timedelta(minutes=5)
"""A refusal that keeps no ticket and was not met for so long is over."""

NOT_MET_BESIDES = timedelta(minutes=75)
"""The same while another refusal keeps tickets: they may meet this one besides, and are tried about hourly at least."""

ALL_KNOW_AFTER = timedelta(seconds=60)
"""How long after a home resolved every worker knows it."""

log = structlog.get_logger("connector.reconcile")


class Survey:
    """Surveys one connection for one edition."""

    def __init__(
        self,
        connection: Connection,
        mailbox: Mailbox,
        connections: Connections,
        homes: HomeBook,
        edition: Edition,
        names: NameBook,
        announcer: Announcer,
        now: Callable[[], datetime],
        acquaintance: Acquaintance,
    ) -> None:
        self.id = connection.id
        self.system = connection.system
        self.mailbox = mailbox
        self.connections = connections
        self.editions = Editions(mailbox.store)
        self.troubles = Troubles(mailbox.store)
        self.homes = homes
        self.edition = edition.name
        self.announcer = announcer
        self.name_watch = NameWatch(names, self.troubles, announcer, now)
        self.now = now
        self.acquaintance = acquaintance

    def run(self) -> datetime:
        """Do what is due, and say when to look again. Raises AdapterError and StoreUnavailable.

        The order: ring every known ticket, but those that rest, for a policy or mode that is new in force; look the
        homes up, and say which do not resolve; meet what is open in those that were not surveyed yet, from their lists;
        look the other names up.
        """
        state = self.connections.get(self.id)
        self._end_left_over(state)
        if state.edition != self.edition:
            self.name_watch.wait_for_nothing()
            return self.now() + AGAIN  # claimed before another edition came into force: its own workers do this
        settled_at = self._settled_at(state)
        if self.now() < settled_at:
            return settled_at
        if state.state.get(RUNG_FOR) != self.edition:
            # Rung before it is noted as rung: a crash in between rings again, which does no harm. What rests is rung
            # where the lists below tell that its clock runs now.
            self.mailbox.ring_all(self.id, RESTING)
            self.connections.note(self.id, self.edition, {RUNG_FOR: self.edition})
        homes = self.homes.current()
        if self.homes.found != state.state.get(HOMES, {}):
            self.connections.note(self.id, self.edition, {HOMES: self.homes.found})
        self._tell_of_homes()
        self._meet_all(homes, set(state.state.get(SURVEYED, ())))
        if state.swept_at is None and not homes.every_problem:
            self.connections.set_swept(self.id, self.now())
        again = self._ring_for_mended()
        return min(again, self.name_watch.run(homes))

    def _settled_at(self, state: ConnectionState) -> datetime:
        """From when on nobody takes tickets by an earlier policy or mode. Who lives with another may not know yet."""
        in_force_from = datetime.fromisoformat(state.state[RUNG_AT])
        is_rung = state.state.get(RUNG_FOR) == self.edition
        has_others = not is_rung and self.editions.has_living_others(
            self.id, self.edition, in_force_from - LONGEST_SILENCE
        )
        return in_force_from + SETTLED_AFTER if has_others else in_force_from

    def _meet_all(self, homes: Homes, surveyed: set[str]) -> None:
        fresh = {place.key: place for place in homes.every_place if place.key not in surveyed}
        if fresh:
            self.acquaintance.meet(self.system.tickets.open_tickets(tuple(fresh.values())))
        if fresh or not surveyed:
            self.connections.note(self.id, self.edition, {SURVEYED: sorted(surveyed | set(fresh))})

    def _end_left_over(self, state: ConnectionState) -> None:
        """End the troubles that keep no ticket. Who goes on last ends its own (see ``Failures.over``); but two that go
        on in the same moment each see the other, what one met it may leave for another, and a process may die.
        """
        troubles = self.troubles.all(self.id)
        kept = [one for one in troubles if one.kind in (TroubleKind.REFUSAL, TroubleKind.MOVE_TURNED_BACK)]
        left = [one for one in kept if not self.mailbox.held_by(self.id, one.name, 1)]
        before = self.now() - (NOT_MET_FOR if len(left) == len(kept) else NOT_MET_BESIDES)
        if NOTES_STOPPED not in state.state:
            left += [one for one in troubles if one.kind is TroubleKind.NOTES_STOPPED]
        for one in left:
            if one.seen_at <= before:
                self.mailbox.wake_held_by(self.id, one.name)
                word = self.announcer.over(f"over/{one.name}/{one.since.isoformat()}", one.name)
                self.troubles.end(self.id, one.kind, one.name, word, unless_met_after=before)

    # -- homes that do not resolve -------------------------------------------------------------------------------

    def _tell_of_homes(self) -> None:
        """Each home that does not resolve is told of once, and once that it does."""
        wrong = self.homes.wrong
        open_ = {one.name: one for one in self.troubles.all(self.id) if one.kind is TroubleKind.HOME_UNRESOLVED}
        for name, cause in wrong.items():
            if name not in open_:
                log.error("home does not resolve", connection=self.id, problem=cause)
            met = self.troubles.meet(self.id, TroubleKind.HOME_UNRESOLVED, name, cause)
            if met.told_at is None:
                lines = (
                    cause,
                    "Its tickets are not looked after until this is mended; those of one that was renamed are.",
                    "See `escalator check`.",
                )
                title = f"{self.id}: a home does not resolve"
                alarm = self.announcer.alarm(met.word("begun"), title, lines, met.kind.code)
                self.troubles.tell(met, alarm)
        mended = [one for name, one in open_.items() if name not in wrong]
        if mended:
            self.connections.note(self.id, self.edition, {MENDED_AT: self.now().isoformat()})
        for one in mended:
            log.warning("home resolves", connection=self.id, home=one.name)
            title, over = f"{self.id}: a home resolves again", f"{one.name}. Its tickets are met now."
            alarm = self.announcer.alarm(one.word("over"), title, (over,), NOTHING_TO_DO)
            self.troubles.end(self.id, TroubleKind.HOME_UNRESOLVED, one.name, alarm)

    def _ring_for_mended(self) -> datetime:
        """After a home was mended, tickets elsewhere that may have lived in it are rung, once every worker knows it."""
        now = self.now()
        again = now + (AGAIN if self.homes.problems else EVERY)
        mended_at = self.connections.get(self.id).state.get(MENDED_AT)
        if mended_at is None:
            return again
        rings_at = datetime.fromisoformat(mended_at) + ALL_KNOW_AFTER
        if now < rings_at:
            return min(again, rings_at)
        self.mailbox.ring_all(self.id, RESTING)
        self.connections.note(self.id, self.edition, {MENDED_AT: None})
        return again
