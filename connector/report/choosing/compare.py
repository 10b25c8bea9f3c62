"""Two policies over the same past tickets: what would have gone up under one and not under the other. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from connector.report.story import Rise, Story, Subject

MOST_COMPARED = 200
"""So many tickets that differ are kept for a page to list; the sheet has the escalations under both."""


class Turn(StrEnum):
    """What becomes of an escalation under the new policy. Of one stint both may have one."""

    ONLY_NEW = "only under the new policy"
    ONLY_OLD = "only under the old policy"
    SOONER = "sooner"
    LATER = "later"
    SAME = "the same"


@dataclass(frozen=True, slots=True)
class Differing:
    """A ticket's stint on which the policies do not agree: the escalation under each, None where there is none."""

    subject: Subject
    turn: Turn
    new: Rise | None
    old: Rise | None

    @property
    def either(self) -> Rise:
        """The escalation, whichever policy it is of; the new one's where both have one."""
        found = self.new or self.old
        assert found is not None
        return found


@dataclass(slots=True)
class Comparison:
    """The difference in all. ``new_name``, ``old_name``: what the policies are called. ``listed``: the first ones."""

    new_name: str
    old_name: str
    turns: Counter[Turn] = field(default_factory=Counter)
    by_tier: Counter[tuple[str, Turn]] = field(default_factory=Counter)
    listed: list[Differing] = field(default_factory=list)

    @property
    def new(self) -> int:
        """Escalations under the new policy."""
        return self.turns.total() - self.turns[Turn.ONLY_OLD]

    @property
    def old(self) -> int:
        """Escalations under the old policy."""
        return self.turns.total() - self.turns[Turn.ONLY_NEW]

    @property
    def differing(self) -> int:
        """Stints on which the policies do not agree."""
        return self.turns.total() - self.turns[Turn.SAME]

    def add(self, new: Story, old: Story) -> list[Differing]:
        """Count a ticket, replayed under both; returns where they differ."""
        found = []
        for differing in differences(new, old):
            self.turns[differing.turn] += 1
            self.by_tier[differing.either.tier, differing.turn] += 1
            if differing.turn is Turn.SAME:
                continue
            if len(self.listed) < MOST_COMPARED:
                self.listed.append(differing)
            found.append(differing)
        return found


def differences(new: Story, old: Story) -> list[Differing]:
    """The escalations of a ticket under both policies, stint by stint, the same ones included.

    A stint's key says when it began and where: under policies with other homes it may be another one.
    """
    ours, theirs = _by_stint(new.counted_rises), _by_stint(old.counted_rises)
    found = []
    for stint in sorted({*ours, *theirs}):
        one, other = ours.get(stint), theirs.get(stint)
        found.append(Differing(new.subject, _turn(one, other), one, other))
    return found


def _by_stint(rises: Iterable[Rise]) -> dict[str, Rise]:
    """The first of each: with it, the stint would have ended."""
    found: dict[str, Rise] = {}
    for rise in rises:
        found.setdefault(rise.stint, rise)
    return found


def _turn(new: Rise | None, old: Rise | None) -> Turn:
    if old is None:
        return Turn.ONLY_NEW
    if new is None:
        return Turn.ONLY_OLD
    if new.at == old.at:
        return Turn.SAME
    return Turn.SOONER if new.at < old.at else Turn.LATER
