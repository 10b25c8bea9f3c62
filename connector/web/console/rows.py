"""A row of the board: a ticket and its clock as its last look found it, in words, in a tone and a shape. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.connection.due_next import FAILING, PARKED, UNREAD, DueTicket
from connector.model import Mode, Stage
from connector.policy.policy import Policy
from connector.report.drawings import Rung, ladder_mark
from connector.rules.limits import Verdict
from connector.store.records import BRAKED, PAUSED_SINCE, TicketRow
from connector.turn.duties import WARNING
from connector.web.console.words import Wall
from connector.working_time.calendar import WorkingCalendar
from connector.working_time.rules import CalendarError

_WHOLE = 100
"""From so many minutes on a limit is told in whole ones."""


@dataclass(frozen=True, slots=True)
class RowState:
    """How a clock stands: the class of its tone and shape, in a word or two, and why."""

    tone: str
    word: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A row as the board shows it. ``used``, ``limit``: working minutes; ``bar``: the share used, in per cent, at most
    100; ``mark``: where the warning stands, or the limit that an override moved. What is None is not there.
    """

    due: DueTicket
    state: RowState
    rungs: tuple[Rung, ...]
    used: int | None
    limit: str
    bar: float | None
    mark: float | None
    left: int | None

    @property
    def is_over(self) -> bool:
        """Whether its time is used up, and that needs somebody."""
        return self.bar == 100 and self.state.tone != "would"


class RowMaker:
    """Makes the rows of a moment. ``said``: the warnings that were written, or would have been: see ``Board.said``."""

    def __init__(self, policy: Policy, wall: Wall, said: Mapping[str, tuple[datetime, bool]]) -> None:
        self._policy = policy
        self._wall = wall
        self._said = said
        self._places = places_of(policy)
        self._last = last_tiers(policy)

    def row(self, row: TicketRow, due: DueTicket) -> BoardRow:
        """The row of a ticket, as ``due`` tells of it."""
        place, of = self._places.get(due.tier, (0, len(self._policy.tiers)))
        state = self.state(row, due)
        used, limit, mark = due.used_minutes, due.limit_minutes, self._policy.warn_at
        if state.tone == "overridden" and used is not None and limit and (moved := self._moved_limit(due, used)):
            limit, mark = moved, limit / moved
        bar = round(min(used / limit, 1) * 100, 1) if used is not None and limit else None
        return BoardRow(
            due,
            state,
            ladder_mark(place, of),
            None if used is None else int(used),
            "" if limit is None else f"{limit:.4g}" if limit < _WHOLE else f"{limit:,.0f}",
            bar,
            round(mark * 100, 1) if mark and bar is not None else None,
            None if used is None or limit is None else max(0, round(limit - used)),
        )

    def _moved_limit(self, due: DueTicket, used: float) -> float | None:
        """The working minutes up to the end of an override that moved the limit; None where it lifted it."""
        calendar = self._policy.calendars.get(due.calendar)
        if calendar is None or due.due_at is None:
            return None
        return round(used + calendar.between(self._wall.now, due.due_at))

    def state(self, row: TicketRow, due: DueTicket) -> RowState:
        """How a ticket stands."""
        kept: Mapping[str, Any] = row.snapshot or {}
        at, now = self._wall.at, self._wall.now
        if due.state == PARKED:
            return RowState("down", "parked", due.why or "its turns failed for too long")
        if due.state == FAILING:
            again = f"; tried again {at(row.wake_at)}" if row.wake_at and row.wake_at > now else ""
            return RowState("down", "its turn fails", f"{due.why}{again}")
        if due.state == UNREAD:
            return RowState("shut", "not read yet", "the first look at it is to come")
        match due.state:
            case Verdict.BREACHED:
                return self._breached(due, is_braked=bool(kept.get(BRAKED)))
            case Verdict.RUNNING:
                return self._running(kept, due)
            case Verdict.OVERRIDDEN:
                return RowState(
                    "overridden", f"overridden until {at(due.due_at)}" if due.due_at else "no limit", due.why
                )
            case Verdict.PAUSED:
                since = kept.get(PAUSED_SINCE)
                since_text = f" since {at(datetime.fromisoformat(since))}" if isinstance(since, str) else ""
                return RowState("paused", f"paused{since_text}", str(kept.get("status") or ""))
            case Verdict.DUE_AT_OPENING | Verdict.DEFERRED:
                return RowState("shut", "waits for the next opening", due.why)
            case Verdict.UNTOUCHED:
                return RowState("shut", "not touched yet", str(kept.get("status") or ""))
            case Verdict.NOT_BEGUN:
                return RowState("shut", "waits to be taken up", "it was open before the connector came")
        return RowState("shut", due.state, due.why)

    def _breached(self, due: DueTicket, *, is_braked: bool) -> RowState:
        would = Mode.ENFORCE not in due.mode.split("/")
        if due.tier in self._last:
            word = "final escalation would be due" if would else "final escalation"
        else:
            word = "would have gone up" if would else "past its limit"
        if is_braked:
            return RowState("held", "held by the brake", due.why)
        return RowState("would" if would else "overdue", word, due.why)

    def _running(self, kept: Mapping[str, Any], due: DueTicket) -> RowState:
        status = str(kept.get("status") or "")
        if due.due_at is not None and due.due_at <= self._wall.now:
            return RowState("overdue", "past its limit", "to be looked at now")
        said = self._said.get(warning_of(due.system, due.ticket, kept))
        if said is not None:
            when, is_written = said
            return RowState("warned", f"{'warned' if is_written else 'would be warned'} {self._wall.at(when)}", status)
        opening = next_opening(self._policy.calendars.get(due.calendar), self._wall.now)
        if opening is not None:
            return RowState("shut", f"closed until {self._wall.at(opening)}", status)
        return RowState("running", "running", status)


def warning_of(connection: str, ticket: str, kept: Mapping[str, Any]) -> str:
    """The identity of the warning of the stage that a ticket owes; empty where it owes none."""
    stint, stage = kept.get("stint"), kept.get("stage")
    return f"{connection}/{ticket}/{stint}/{stage}/{WARNING}" if stint and stage else ""


def next_opening(calendar: WorkingCalendar | None, now: datetime) -> datetime | None:
    """When a calendar opens that is closed now; None where it is open, or nobody knows."""
    if calendar is None:
        return None
    try:
        opening = calendar.next_open(now)
    except CalendarError:
        return None
    return opening if opening > now else None


def places_of(policy: Policy) -> dict[str, tuple[int, int]]:
    """Where on its ladder each tier stands, from 1 on, of how many; of a name on several ladders the usual one's."""
    found: dict[str, tuple[int, int]] = {}
    for ladder in policy.every_ladder:
        for n, tier in enumerate(ladder.tiers, 1):
            found.setdefault(tier.name, (n, len(ladder.tiers)))
    return found


def last_tiers(policy: Policy) -> frozenset[str]:
    """The names of the tiers above which nothing is, on any ladder."""
    names = {ladder.tiers[-1].name for ladder in policy.every_ladder}
    return frozenset(names - {tier.name for ladder in policy.every_ladder for tier in ladder.tiers[:-1]})


def stage_word(stage: str) -> str:
    """``Diagnosis``, ``Fix``; empty where none is owed."""
    return stage.capitalize() if stage in tuple(Stage) else ""


def sagas_of(rows: Sequence[TicketRow]) -> list[str]:
    """The warnings that these tickets may have had."""
    found = (warning_of(row.connection, row.ticket, row.snapshot or {}) for row in rows)
    return [saga for saga in found if saga]
