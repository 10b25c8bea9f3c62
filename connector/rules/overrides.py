"""Manager discretion: which overrides of a stint were applied, which refused and why, and which one holds now. Pure.

An override belongs to one stint and, unless it lifts the limit for the whole stint, to the stage that was owed when it
was said. The last word counts. A time that it sets is fixed when it is said: what was confirmed stays true.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.model import Entry, Stage
from connector.reading.command_words import OverrideWords, spoken_in
from connector.reading.override_time import Lasting, Whole
from connector.reading.zones import UnknownZone
from connector.working_time.calendar import WorkingCalendar
from connector.working_time.rules import CalendarError


@dataclass(frozen=True, slots=True)
class Override:
    """A manager's documented decision. ``until``: None where it lifts the limit for the whole stint, or is ``off``.

    ``refused`` says why it was not applied, as a clause; empty when it was. ``is_strangers``: it was said by somebody
    who is no manager of ``tier``.
    """

    entry: str
    by: str
    identifier: str
    at: datetime
    tier: str
    stage: Stage
    reason: str
    until: datetime | None = None
    is_off: bool = False
    refused: str = ""
    is_strangers: bool = False

    @property
    def lifts(self) -> bool:
        """Whether there is no limit in this stint."""
        return self.until is None and not self.is_off


@dataclass(frozen=True, slots=True)
class Discretion:
    """What decides about the overrides of one stint.

    ``managers``: identifiers of those who may (case-folded); ``most_minutes``: the longest single one in working
    minutes; ``calendar`` counts, ``zone`` is that of times of day.
    """

    tier: str
    managers: Collection[str]
    most_minutes: float
    calendar: WorkingCalendar
    zone: ZoneInfo


def overrides_in(entries: Iterable[Entry], discretion: Discretion, plan_at: datetime | None) -> tuple[Override, ...]:
    """Every override that was asked for in the entries of a stint that command, oldest first, applied or refused.

    ``plan_at``: when the stint's plan was recorded; what was said before concerns the diagnosis.
    """
    found: list[Override] = []
    for entry in entries:
        stage = Stage.FIX if plan_at is not None and plan_at <= entry.at else Stage.DIAGNOSIS
        found += [
            _judged(entry, words, discretion, stage)
            for words in spoken_in(entry.text)
            if isinstance(words, OverrideWords)
        ]
    return tuple(found)


def in_force(overrides: Sequence[Override], stage: Stage) -> Override | None:
    """The override that counts for a stage: the last one applied, where it speaks of that stage; None after ``off``."""
    last = next((override for override in reversed(overrides) if not override.refused), None)
    if last is None or last.is_off:
        return None
    return last if last.lifts or last.stage is stage else None


def _judged(entry: Entry, words: OverrideWords, discretion: Discretion, stage: Stage) -> Override:
    until, refused = _until(words, entry.at, discretion)
    is_off = words.how_long is Whole.OFF
    is_strangers = not entry.author.identifier or entry.author.identifier.casefold() not in discretion.managers
    if is_strangers:
        refused = f"only a manager of {discretion.tier} may override"
    elif not is_off and not words.is_documented:
        refused = "the reason is missing: write why, in at least two words, after the time"
    return Override(
        entry=entry.id,
        by=entry.author.name,
        identifier=entry.author.identifier,
        at=entry.at,
        tier=discretion.tier,
        stage=stage,
        reason=words.reason,
        until=until,
        is_off=is_off,
        refused=refused,
        is_strangers=is_strangers,
    )


def _until(words: OverrideWords, said_at: datetime, discretion: Discretion) -> tuple[datetime | None, str]:
    """Until when, and what speaks against it."""
    calendar, most = discretion.calendar, discretion.most_minutes
    too_long = f"it is longer than the {most:g} working minutes that a single override may last"
    how_long = words.how_long
    if isinstance(how_long, Whole):
        return None, ""
    if isinstance(how_long, Lasting):
        if how_long.minutes > most:
            return said_at, too_long
        try:
            return calendar.add(said_at, how_long.minutes), ""
        except CalendarError:
            return said_at, "the calendar ends before that"
    try:
        until = how_long.resolve(said_at, discretion.zone)
    except UnknownZone as error:
        return said_at, str(error)
    if until <= said_at:
        return until, "that time is past already"
    return until, too_long if calendar.between(said_at, until) > most else ""
