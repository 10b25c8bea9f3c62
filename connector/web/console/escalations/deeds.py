"""What was done, looked for in the trail: escalations the newest first, overrides, training requests and their ticks.

However much the trail holds, one look reads ``MOST_LOOKED_AT`` escalations at most, and of the others ``MOST_WORDS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.policy.policy import Policy
from connector.report.figures import Figures, tally
from connector.report.story import Overriding, Rise, Scope, Story, Subject, Training
from connector.report.trail import (
    OVERRIDES,
    RISES,
    ToldTicket,
    detail_of,
    overriding_of,
    rise_of,
    tickets_told,
    training_of,
)
from connector.report.words import NOT_RECORDED
from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow
from connector.store.queries import reported
from connector.store.queries.reported import DeedCursor
from connector.store.records import Event, Key
from connector.web.console.escalations.sought import SoughtDeeds
from connector.web.console.frame import zone_of
from connector.web.console.parts import ConsoleParts

MOST_LOOKED_AT = 2000
"""So many escalations one look goes through."""

MOST_WORDS = 200
"""So many overrides, and so many training requests, are looked at for a page: the last ones."""

_ABOUT = ("summary", "client", "board", "link")
MOMENT = timedelta(seconds=1)
"""Later than now: what is looked for until then has everything, also of this very microsecond."""

AT_ONCE = 200
"""So many entries are held at once while a sheet is written."""

TICKS = frozenset({Event.TRAINING_DONE, Event.TRAINING_NOT_DONE})


@dataclass(frozen=True, slots=True)
class FoundRise:
    """An escalation in the trail. ``subject``: as the entry tells of the ticket."""

    n: int
    subject: Subject
    rise: Rise

    @property
    def key(self) -> Key:
        return self.subject.connection, self.subject.ticket

    @property
    def cursor(self) -> DeedCursor:
        """Where a page ends whose last row this is."""
        return DeedCursor(self.rise.at, self.subject.connection, self.n)


@dataclass(frozen=True, slots=True)
class FoundRises:
    """Those that are sought, the newest first. ``behind``: where the next look begins, None where it saw all."""

    rises: Sequence[FoundRise]
    behind: DeedCursor | None


@dataclass(frozen=True, slots=True)
class FoundOverriding:
    """An override in the trail."""

    connection: str
    n: int
    ticket: str
    overriding: Overriding

    @property
    def key(self) -> Key:
        return self.connection, self.ticket

    def is_sought(self, sought: SoughtDeeds) -> bool:
        """Whether it is of the tier, and has the words."""
        one = self.overriding
        is_there = not sought.tier or one.tier == sought.tier
        return is_there and sought.has_words(self.ticket, one.by, one.tier, one.reason, one.refused)


@dataclass(frozen=True, slots=True)
class TrainingTick:
    """That somebody said that a training was held, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FoundTraining:
    """A training request in the trail. ``tick``: None while it is open."""

    connection: str
    n: int
    ticket: str
    training: Training
    tick: TrainingTick | None = None

    @property
    def key(self) -> Key:
        return self.connection, self.ticket

    def is_sought(self, sought: SoughtDeeds) -> bool:
        """Whether it has the words."""
        return sought.has_words(self.ticket, self.training.who, self.training.topic)


class Deeds:
    """Looks for them in one store. Raises StoreUnavailable."""

    def __init__(self, store: Store, parts: ConsoleParts) -> None:
        self._store = store
        self._policy: Policy = parts.policy
        self._zone = zone_of(parts).key
        self._modes = {name: modes.most(parts.policy) for name, modes in parts.modes.items()}
        self.names = sorted(parts.modes)

    def rises(self, sought: SoughtDeeds, behind: DeedCursor | None = None, most: int = MOST_LOOKED_AT) -> FoundRises:
        """The escalations among the next ``most`` behind that one, or from the newest on."""
        period = sought.period
        with self._store.reading() as conn:
            rows = reported.newest(conn, self._of(sought), RISES, period.begins, period.ends, most + 1, behind)
        found = []
        for row in rows[:most]:
            detail = detail_of(row)
            summary, client, board, link = (str(detail.get(name) or "") for name in _ABOUT)
            subject = Subject(row.connection, row.ticket, summary, client, board, link)
            found.append(FoundRise(row.n, subject, rise_of(row, detail)))
        is_all = len(rows) <= most
        return FoundRises(found, None if is_all else found[-1].cursor)

    def counted(self, found: Iterable[FoundRise], sought: SoughtDeeds) -> list[FoundRise]:
        """Those of them that count and are sought, in their order: of a stint's that were not done the first alone.

        As far as these tell: an earlier one that is not among them is not known of.
        """
        given = list(found)
        counts = {id(rise) for story in _stories(given) for rise in story.counted_rises}
        return [one for one in given if id(one.rise) in counts and sought.takes(one.subject, one.rise)]

    def figures(self, rises: Iterable[FoundRise], sought: SoughtDeeds) -> Figures:
        """The report's figures of these escalations."""
        return tally(_stories(rises), self._scope(sought, sought.period.ends), self._policy)

    def told(self, keys: Iterable[Key], sought: SoughtDeeds, now: datetime) -> Mapping[Key, ToldTicket]:
        """What is known of these tickets since the period began, and as they stand now."""
        return tickets_told(self._store, self._scope(sought, now), self._policy, keys)

    def overridings(
        self, sought: SoughtDeeds, behind: DeedCursor | None = None, most: int = MOST_WORDS
    ) -> list[FoundOverriding]:
        """The next overrides, sought or not."""
        period, tiers = sought.period, self._policy.tiers
        with self._store.reading() as conn:
            rows = reported.newest(conn, self._of(sought), OVERRIDES, period.begins, period.ends, most, behind)
        return [
            FoundOverriding(row.connection, row.n, row.ticket, overriding_of(row, detail_of(row), tiers))
            for row in rows
        ]

    def trainings(
        self, sought: SoughtDeeds, behind: DeedCursor | None = None, most: int = MOST_WORDS
    ) -> list[FoundTraining]:
        """The next training requests, sought or not, each with whether it is ticked off."""
        period, told = sought.period, frozenset({Event.TRAINING_REQUEST})
        with self._store.reading() as conn:
            rows = reported.newest(conn, self._of(sought), told, period.begins, period.ends, most, behind)
            keys = {(row.connection, row.ticket) for row in rows}
            ticks = ticks_of(reported.entries_of(conn, keys, TICKS, period.begins, self._store.now() + MOMENT))
        return [
            FoundTraining(
                *(row.connection, row.n, row.ticket, training_of(row, detail_of(row))),
                ticks.get((row.connection, row.n)),
            )
            for row in rows
        ]

    def resolved(self, sought: SoughtDeeds) -> tuple[int, int]:
        """How many stints ended in the period with the ticket's resolution, and how many of these had been warned."""
        period = sought.period
        with self._store.reading() as conn:
            return reported.resolved(conn, self._of(sought), period.begins, period.ends, MOST_LOOKED_AT)

    def _of(self, sought: SoughtDeeds) -> list[str]:
        return [sought.connection] if sought.connection else self.names

    def _scope(self, sought: SoughtDeeds, until: datetime) -> Scope:
        names = tuple(self.names)
        return Scope(sought.period.begins, until, until, self._zone, names, tuple(self._modes.items()))


def _stories(found: Iterable[FoundRise]) -> list[Story]:
    """The escalations ticket by ticket, the oldest of each first."""
    of: dict[Key, list[FoundRise]] = {}
    for one in found:
        of.setdefault(one.key, []).append(one)
    return [Story(each[0].subject, rises=tuple(one.rise for one in reversed(each))) for each in of.values()]


def ticks_of(entries: Iterable[AnyRow]) -> dict[tuple[str, int], TrainingTick | None]:
    """How each training request stands that was ticked off, or opened anew, by its connection and number."""
    found: dict[tuple[str, int], TrainingTick | None] = {}
    for row in entries:
        detail = detail_of(row)
        is_done = row.event == Event.TRAINING_DONE
        found[row.connection, int(detail.get("request", 0))] = (
            TrainingTick(str(detail.get("by", NOT_RECORDED)), row.at) if is_done else None
        )
    return found
