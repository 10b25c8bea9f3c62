"""The limit that would have caught so many of the tickets that took too long, and whom else it would have met. Pure.

A ticket took too long where its clocks counted more working minutes in all than somebody says is too many. A limit
catches it where a stage of its first stint took longer than that limit: it would have gone up before.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from connector.model import Stage
from connector.report.story import StintRow, Story


@dataclass(frozen=True, slots=True)
class Catch:
    """On one tier, for one stage: the largest limit, in whole working minutes, that catches the wanted share.

    ``caught`` of ``long`` tickets that took too long would have gone up by it, and ``others`` besides. ``in_force``:
    the limit of today. ``minutes``: None where no limit of a minute or more catches so many. ``too_long``: the working
    minutes from which on a ticket took too long.
    """

    tier: str
    stage: Stage
    in_force: float
    minutes: int | None
    caught: int
    long: int
    others: int
    too_long: float


@dataclass(slots=True)
class Catching:
    """Counts the tickets. ``too_long``: working minutes from which on a ticket took too long; ``share``: from 0 to 1.

    ``plan_of``: of those whose stage ended or was broken off on a tier, how long it took, and whether the ticket took
    too long; all else is forgotten.
    """

    too_long: float
    share: float
    _took: dict[tuple[str, Stage], tuple[array[float], array[float], float]] = field(default_factory=dict)

    def add(self, story: Story) -> None:
        """Count a ticket, by the tier that held it first."""
        if story.left_alone is not None or not story.stints:
            return
        first = story.stints[0]
        took = sum(row.worked_minutes or 0.0 for row in story.stints)
        for stage, minutes, limit in _stages(first):
            key = (first.tier, stage)
            long, others, _ = self._took.setdefault(key, (array("d"), array("d"), limit))
            (long if took > self.too_long else others).append(minutes)

    def catches(self) -> Iterator[Catch]:
        """For each tier and stage that held a ticket that took too long."""
        for (tier, stage), (long, others, limit) in sorted(self._took.items()):
            if not long:
                continue
            wanted = math.ceil(self.share * len(long))
            minutes = _just_below(sorted(long, reverse=True)[wanted - 1]) if wanted else None
            if minutes is None:
                yield Catch(tier, stage, limit, None, 0, len(long), 0, self.too_long)
                continue
            caught, besides = (sum(took > minutes for took in those) for those in (long, others))
            yield Catch(tier, stage, limit, minutes, caught, len(long), besides, self.too_long)


def _stages(row: StintRow) -> Iterator[tuple[Stage, float, float]]:
    """How long each stage of a stint took; one that was broken off took at least so long."""
    if row.worked_minutes is not None and row.plan_limit is not None:
        to_plan = row.worked_minutes if row.plan_minutes is None else row.plan_minutes
        yield Stage.DIAGNOSIS, to_plan, row.plan_limit
    if row.plan_minutes is not None and row.fix_minutes is not None and row.fix_limit is not None:
        yield Stage.FIX, row.fix_minutes, row.fix_limit


def _just_below(minutes: float) -> int | None:
    """The largest whole limit that a stage of that length is longer than; None below one minute."""
    limit = math.ceil(minutes) - 1
    return limit if limit >= 1 else None
