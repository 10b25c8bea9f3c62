"""The digest: a report's five sentences for those who are told, at the first tier's opening, each day or each week.

Once for the whole database, however many workers there are: who is first does it, and the message has a name of its
own, under which it is stored once. One that was missed is sent when a worker runs again, the latest alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from connector.model import Mode
from connector.notes.phrases import in_full
from connector.policy.policy import Policy
from connector.report.figures import Figures, tally
from connector.report.sentences import sentences, title_of
from connector.report.trail import scope_of, stories
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.queries import chores
from connector.turn.announcements import Announcer
from connector.working_time.rules import CalendarError

DAILY, WEEKLY = "daily", "weekly"

LEASE = timedelta(minutes=30)
"""Who has not ended it after that is taken for dead."""

_DAYS = {DAILY: 1, WEEKLY: 7}
_AHEAD = 60
"""So many periods without an opening may follow one another: a desk that is closed for longer has no digest."""

_LATER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Period:
    """From ``begins`` on, midnight in the zone; the first tier opens in it at ``opens_at``."""

    begins: datetime
    opens_at: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """What tells people. ``every``: ``daily`` or ``weekly``; ``modes``: by connection."""

    store: Store
    announcer: Announcer
    policy: Policy
    modes: Mapping[str, Mode]
    every: str

    def run(self) -> datetime:
        """Tell what is due, unless it was told; when to come again. Raises StoreUnavailable."""
        now, name = self.store.now(), f"digest {self.every}"
        periods = list(self._periods(now))
        after = next((one.opens_at for one in periods if one.opens_at > now), now + _LATER)
        due = [(before, one) for before, one in pairwise(periods) if one.opens_at <= now][-1:]
        with self.store.writing() as conn:
            is_known = chores.next_at(conn, name) is not None
            latest = now + timedelta(days=_AHEAD * _DAYS[self.every])
            if not chores.begin(conn, self.store, name, now, now + LEASE, latest):
                return chores.held_until(conn, name, now) or after
            if not is_known or not due:
                # Nothing is told of the time before somebody wanted to be told.
                chores.end(conn, name, after)
                return after
        self._tell(*due[0])
        with self.store.writing() as conn:
            chores.end(conn, name, after)
        return after

    def _tell(self, before: _Period, period: _Period) -> None:
        zone = self.policy.calendars[self.policy.tier(1).calendar].zone.key
        scope = scope_of(self.store, before.begins, period.begins, zone, self.modes, made_at=self.store.now())
        figures = tally(stories(self.store, scope, self.policy), scope, self.policy)
        title, lines = message_of_report(figures)
        named = f"{self.every}/{period.begins:%Y-%m-%d}"
        Mailbox(self.store).deliver(self.announcer.report(named, title, lines))

    def _periods(self, now: datetime) -> Iterator[_Period]:
        """Those around a moment in which the first tier opens, in order."""
        calendar, days = self.policy.calendars[self.policy.tier(1).calendar], _DAYS[self.every]
        today = now.astimezone(calendar.zone).date()
        first = today - timedelta(days=today.weekday() if self.every == WEEKLY else 0)
        for n in range(-_AHEAD, _AHEAD):
            day = first + timedelta(days=n * days)
            end = day + timedelta(days=days)
            begins, ends = (datetime(one.year, one.month, one.day, tzinfo=calendar.zone) for one in (day, end))
            try:
                opens_at = calendar.next_open(begins)
            except CalendarError:
                return
            if opens_at < ends:
                yield _Period(begins, opens_at)


def message_of_report(figures: Figures) -> tuple[str, list[str]]:
    """Title and lines of the message: the five sentences, numbered; what is a client's word does nothing in them."""
    lines = [f"{n}. {in_full(one.text)}" for n, one in enumerate(sentences(figures), 1)]
    return title_of(figures), lines
