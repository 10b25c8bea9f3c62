"""What happened to one ticket in a stretch of time, or would have happened: the rows that every figure is counted from.

The audit trail and the stints that ended tell it of what the connector lived through (``trail``), the replay of past
tickets of what it did not (``connector.backtest``). A figure is counted from these rows alone, so both are counted
alike, and each can be followed to its tickets. All moments are in UTC, all lengths are working minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from connector.model import Mode, Reason, Stage
from connector.wording import NOTE_SECTIONS

_PERMISSIONS = NOTE_SECTIONS[6]


class HowEnded(StrEnum):
    """How a stint ended, or that it runs."""

    RUNNING = "running"
    RESOLVED = "resolved"
    MOVED = "moved by people"
    WENT_UP = "went up"


class Alone(StrEnum):
    """Why a ticket was left alone."""

    UNKNOWN = "unknown"
    NOT_WATCHED = "not watched"
    PAUSED = "paused for long"
    ADOPTED = "open before the connector came"


LONG_PAUSE = timedelta(days=5)
"""A ticket whose clock has stood still for longer than that is left alone."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A ticket as a report names it. ``board``: the name of the place where it was held.

    ``assumed``: what of its history is not told and was assumed, a few words each; figures that rest on it are marked.
    """

    connection: str
    ticket: str
    summary: str = ""
    client: str = ""
    board: str = ""
    link: str = ""
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StintRow:
    """One tier's time with the ticket. ``key``: the stint's; ``ended_at``: None while it runs.

    ``plan_minutes``, ``fix_minutes``: to the diagnosis plan, and from where the fix's limit counts to the resolution;
    None where it did not come to that, or the clock never began. ``plan_limit``, ``fix_limit``: the limits that were in
    force, with the priority's factor; None where they are not known. ``was_warned``: in observe mode, would have been;
    ``is_warning_written``: False there.
    """

    key: str
    tier: str
    began_at: datetime
    how_ended: HowEnded
    ladder: str = ""
    holder: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    plan_minutes: float | None = None
    fix_minutes: float | None = None
    worked_minutes: float | None = None
    paused_minutes: float | None = None
    plan_limit: float | None = None
    fix_limit: float | None = None
    was_warned: bool = False
    is_warning_written: bool = True


@dataclass(frozen=True, slots=True)
class Rise:
    """An escalation that was done, or would have been. ``stint``: the key of the one that it ended, or would have.

    ``to``: the next tier's name; empty for the final escalation. ``stage``: the one that was owed; ``limit_minutes``
    and ``used_minutes`` are its. ``mode``: that of the tier then: only in ``enforce`` it was done. ``missing``: the
    sections of its note that had nothing to say ("none recorded"), by their headings, None where nobody looked;
    ``undocumented``: what it asked
    for and did not document, in words. ``asked_by``: who asked for it, empty where nobody did. ``holder``: who had the
    ticket then, empty for nobody, and where that is not kept.
    """

    at: datetime
    stint: str
    tier: str
    to: str
    reasons: tuple[Reason, ...]
    stage: Stage
    limit_minutes: float
    used_minutes: float
    mode: Mode
    missing: tuple[str, ...] | None = ()
    undocumented: tuple[str, ...] = ()
    asked_by: tuple[str, ...] = ()
    holder: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it was done, and not only would have been."""
        return self.mode is Mode.ENFORCE

    @property
    def lacking(self) -> tuple[str, ...]:
        """Each section that had nothing to say, once; the permissions only where these were what was missing."""
        unasked = "" if Reason.PERMISSION in self.reasons else _PERMISSIONS
        return tuple(dict.fromkeys(one for one in self.missing or () if one != unasked))

    @property
    def is_final(self) -> bool:
        """Whether it was the final escalation."""
        return not self.to


@dataclass(frozen=True, slots=True)
class Overriding:
    """An override that a manager applied (``refused`` is empty) or that was not: then why. ``how``: in a word."""

    at: datetime
    by: str
    tier: str
    how: str
    reason: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Training:
    """A training request that came of a knowledge escalation."""

    at: datetime
    who: str
    topic: str

    @property
    def is_told(self) -> bool:
        """Whether anything is known of it, or not any more."""
        return bool(self.who or self.topic)


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """That a ticket was left alone, why, in which words, and since when. ``tickets``: more than one where they are only
    counted; the story's subject names none then.
    """

    why: Alone
    detail: str
    since: datetime | None = None
    tickets: int = 1


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, of one ticket. ``left_alone``: None for a ticket with a clock.

    ``rises``: oldest first. In observe mode a ticket stays where it is, and would go up again for its next stage: of a
    stint's rises that were not done only the first would have come to be (``counted_rises``). ``compared``: those that
    would have counted under the policy that this one is compared with; no figure of a report counts them.
    """

    subject: Subject
    stints: tuple[StintRow, ...] = ()
    rises: tuple[Rise, ...] = ()
    overridings: tuple[Overriding, ...] = ()
    trainings: tuple[Training, ...] = ()
    left_alone: LeftAlone | None = None
    compared: tuple[Rise, ...] = ()

    @property
    def counted_rises(self) -> tuple[Rise, ...]:
        """Those that were done, and of each stint the first that would have been: with it, it would have ended."""
        counted: list[Rise] = []
        over: set[str] = set()
        for rise in self.rises:
            if rise.is_done or rise.stint not in over:
                counted.append(rise)
                over.add(rise.stint)
        return tuple(counted)

    def stint(self, key: str) -> StintRow | None:
        """The stint of that key, where it is told of."""
        return next((row for row in self.stints if row.key == key), None)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report speaks of: from ``since`` until ``until``, which systems, under which limits.

    ``connections``: the names of the ticket systems; ``zone``: an IANA name, in which hours and days are told.
    ``modes``: how much was done, by connection. ``is_replayed``: nothing of it happened: past tickets were replayed.
    ``cannot_tell``: what these figures cannot say, a sentence each.
    """

    since: datetime
    until: datetime
    made_at: datetime
    zone: str
    connections: tuple[str, ...]
    modes: tuple[tuple[str, Mode], ...] = ()
    is_replayed: bool = False
    cannot_tell: tuple[str, ...] = field(default_factory=tuple)
