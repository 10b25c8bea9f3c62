"""The chore that lets tickets go one after the other: what was open before, and what waits at the brake.

One worker has it at a time, and the database holds how far it is: whoever does it next goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from connector.connection.paces import Pace, begins_at, calendar_named, opens_at
from connector.policy.policy import Policy
from connector.store.connections import SURVEYED, Connections
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.pace.adoption import SETTLES, Adoptions, AdoptionStanding
from connector.store.pace.brake import HOUR, Brakes, BrakeStanding
from connector.store.troubles import NOTHING_TO_DO, Trouble, TroubleKind, Troubles
from connector.turn.announcements import Announcer
from connector.wording import in_utc

LOOK_AGAIN = timedelta(seconds=10)
"""When to look again whether a survey is through."""

TOLD_AFTER = timedelta(seconds=30)
"""So long after the brake began to hold people are told, and how many wait."""

FAST, BY_HAND = "pace", "hold"
"""The names of the brake's troubles: more than so many an hour, and held by somebody."""

log = structlog.get_logger("connector.pace")


class Pacer:
    """Keeps the pace of one connection. Raises StoreUnavailable."""

    def __init__(
        self,
        connection: str,
        store: Store,
        policy: Policy,
        announcer: Announcer,
        pace: Pace,
        now: Callable[[], datetime],
    ) -> None:
        self.id = connection
        self.policy = policy
        self.announcer = announcer
        self.pace = pace
        self.now = now
        self.connections = Connections(store)
        self.adoptions = Adoptions(store)
        self.brakes = Brakes(store)
        self.troubles = Troubles(store)
        self.mailbox = Mailbox(store)

    def run(self) -> datetime | None:
        """Let go what may go now, and say when to look again; None while nothing waits."""
        moments = [self._take_up(), self._let_go()]
        return min((moment for moment in moments if moment is not None), default=None)

    # -- what was open before ----------------------------------------------------------------------------------

    def _take_up(self) -> datetime | None:
        """Have the next clock begin whose turn it is."""
        standing = self.adoptions.standing(self.id)
        if standing.since is None:
            return None
        if self._is_being_surveyed(standing.since):
            return self.now() + LOOK_AGAIN
        self._tell_of_adoption(standing)
        while standing.count:
            free = {name: self._begins_at(name, standing) for name in standing.calendars}
            now = self.now()
            ready = [name for name, at in free.items() if at is not None and at <= now]
            if not ready:
                return min((at for at in free.values() if at is not None), default=None)
            if not self.adoptions.begin_next(self.id, ready, standing.begun_at):
                return now + LOOK_AGAIN
            standing = self.adoptions.standing(self.id)
        return None

    def _is_being_surveyed(self, since: datetime) -> bool:
        """Whether it is not known yet which of those adopted then is most urgent; for a while: a ticket may fail."""
        if self.now() - since >= SETTLES:
            return False
        is_listed = SURVEYED in self.connections.get(self.id).state
        return not is_listed or self.adoptions.is_being_surveyed(self.id)

    def _begins_at(self, calendar: str, standing: AdoptionStanding) -> datetime | None:
        """When the next clock may begin by that calendar; None where that has no further open minute."""
        return begins_at(calendar_named(self.policy, calendar), standing, self.pace.adopt_per_hour, 1, self.now())

    def _tell_of_adoption(self, standing: AdoptionStanding) -> None:
        assert standing.since is not None
        since = standing.since.isoformat()
        if self.adoptions.told_of(self.id) == since:
            return
        count = standing.count
        many = "1 ticket that was open before is" if count == 1 else f"{count} tickets that were open before are"
        lines = [
            f"Their clocks begin one after the other, {self.pace.adopt_per_hour} in a working hour: critical ones "
            "first, then the oldest; earlier where an agent does something on one.",
            _last_at(self._last_begins_at(standing)),
        ]
        if self.pace.adopt_per_hour:
            word = self.announcer.alarm(f"adoption/{since}", f"{self.id}: {many} taken up", lines, NOTHING_TO_DO)
            self.mailbox.deliver(word)
            log.info("adopted tickets wait for their turns", connection=self.id, count=count)
        self.adoptions.note_told(self.id, since)

    def _last_begins_at(self, standing: AdoptionStanding) -> datetime | None:
        calendar = calendar_named(self.policy, standing.calendars[0])
        return begins_at(calendar, standing, self.pace.adopt_per_hour, standing.count, self.now())

    # -- the brake ---------------------------------------------------------------------------------------------

    def _let_go(self) -> datetime | None:
        """Let those go up that waited long enough; tell people that some wait, and that none does any more."""
        per_hour = self.pace.escalations_per_hour
        standing = self.brakes.standing(self.id)
        while standing.count and standing.held_at is None:
            now = self.now()
            if standing.free_at(per_hour, now) > now:
                break
            ready = [name for name in standing.calendars if self._is_open(name)]
            if not self.brakes.let_go_next(self.id, ready, per_hour):
                break
            standing = self.brakes.standing(self.id)
        looks = [self._tell_of_hold(standing), self._tell_of_brake(standing)]
        if standing.count and standing.held_at is None:
            opens = (opens_at(calendar_named(self.policy, name), self.now()) for name in standing.calendars)
            opens_first = min((at for at in opens if at is not None), default=None)
            if opens_first is not None:
                looks.append(max(opens_first, standing.free_at(per_hour, self.now())))
        return min((at for at in looks if at is not None), default=None)

    def _is_open(self, name: str) -> bool:
        now = self.now()
        return opens_at(calendar_named(self.policy, name), now) == now

    def _tell_of_hold(self, standing: BrakeStanding) -> datetime | None:
        if standing.held_at is None:
            self._over(BY_HAND)
            return None
        cause = "nothing goes up by time, because somebody held the brake; commands and critical priorities pass"
        title = f"{self.id}: the brake is held: nothing goes up by time"
        lines = (
            f"Since {in_utc(standing.held_at)}. Commands and critical priorities pass; what falls due waits.",
            f"`escalator brake release {self.id}` lets it go up.",
        )
        self._meet(BY_HAND, cause, title, lines)
        return None

    def _tell_of_brake(self, standing: BrakeStanding) -> datetime | None:
        """That more fell due than may go up; a moment after it began, when it is known how many wait."""
        per_hour = self.pace.escalations_per_hour
        open_ = self._open(FAST)
        if not standing.count or standing.held_at is not None:
            if open_ is None:
                return None
            if standing.held_at is None and per_hour and len(standing.passed) >= per_hour:
                return standing.passed[per_hour - 1] + HOUR  # until then the next one would have to wait
            if standing.held_at is None:
                self._over(FAST)
            else:  # what waits is held now, which people are told besides
                self.troubles.end(self.id, TroubleKind.BRAKE, FAST)
            return None
        cause = f"more than {per_hour} escalations by time within an hour: the others wait their turn at that pace"
        met = open_ or self.troubles.meet(self.id, TroubleKind.BRAKE, FAST, cause)
        if met.told_at is not None:
            return None
        if self.now() < met.since + TOLD_AFTER:
            return met.since + TOLD_AFTER
        waits = "1 waits" if standing.count == 1 else f"{standing.count} wait"
        title = f"{self.id}: more escalations by time than a desk can have; {waits}"
        lines = (
            f"More than {per_hour} fell due within an hour: mostly a mass edit, a wrong status or a wrong limit. The "
            f"others go up at {per_hour} an hour, what was due first first; commands and critical priorities pass.",
            f"Where that is right, `escalator brake release {self.id}` lets them go up at once; `escalator brake hold "
            f"{self.id}` stops all of them until the cause is mended.",
        )
        self.troubles.tell(met, self.announcer.alarm(met.word("begun"), title, lines, met.kind.code))
        log.error("brake", connection=self.id, waiting=standing.count)
        return None

    def _meet(self, name: str, cause: str, title: str, lines: Iterable[str]) -> None:
        met = self._open(name) or self.troubles.meet(self.id, TroubleKind.BRAKE, name, cause)
        if met.told_at is None:
            self.troubles.tell(met, self.announcer.alarm(met.word("begun"), title, tuple(lines), met.kind.code))
            log.error("brake", connection=self.id, held=True)

    def _over(self, name: str) -> None:
        met = self._open(name)
        if met is not None:
            what = "released" if name == BY_HAND else "off"
            title = f"{self.id}: the brake is {what}"
            lines = ("Nothing waits at the brake any more.",)
            word = self.announcer.alarm(met.word("over"), title, lines, NOTHING_TO_DO)
            self.troubles.end(self.id, TroubleKind.BRAKE, name, word)
            log.warning("brake over", connection=self.id)

    def _open(self, name: str) -> Trouble | None:
        every = self.troubles.all(self.id)
        return next((one for one in every if one.kind is TroubleKind.BRAKE and one.name == name), None)


def _last_at(moment: datetime | None) -> str:
    return "" if moment is None else f"The last one's begins about {in_utc(moment)}."
