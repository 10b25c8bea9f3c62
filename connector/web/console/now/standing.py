"""How things stand for all pages: the figures, and what is to be said on top. Looked at every few seconds at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from connector.store.database.engine import Store
from connector.store.editions import LONGEST_SILENCE
from connector.store.heartbeats import last_cycle_at
from connector.store.outages import back_since
from connector.store.queries.board import EACH_ONCE, Board, Chosen, ClockGroup
from connector.store.records import TicketRow
from connector.store.troubles import Trouble, TroubleKind, Troubles
from connector.turn.saga import StepKind
from connector.web.console.parts import ConsoleParts
from connector.web.console.rows import last_tiers, sagas_of, warning_of
from connector.web.console.words import Wall

MOST = 1000
"""What is more than that is told as more than that."""

NEAREST = 200
"""Among so many that are due next those that were warned of are looked for."""

_MOST_STEPS = 5000


class Does(Enum):
    """What becomes of a breach: it goes up, it would, or either, by the tier or the connection."""

    GOES = "goes"
    WOULD = "would"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class DeskStanding:
    """``counts``: of each group, ``MOST`` + 1 for more; ``warned``: of the nearest, with ``has_more`` where there are
    further ones that were not looked at; ``went_up``: since the day began, done, or ``would_have``.
    """

    now: datetime
    counts: Mapping[ClockGroup, int]
    warned: tuple[TicketRow, ...]
    has_more: bool
    went_up: int
    would_have: int
    last_cycle: datetime | None
    down: tuple[Trouble, ...]
    braked: tuple[Trouble, ...]
    held: Mapping[str, datetime]

    @property
    def is_worked(self) -> bool:
        """Whether a worker has lately done anything."""
        return self.last_cycle is not None and self.now - self.last_cycle <= LONGEST_SILENCE

    @property
    def open(self) -> int:
        """How many tickets are looked after; ``MOST`` + 1 for more."""
        return min(sum(self.counts.values()), MOST + 1)


def does(parts: ConsoleParts) -> Does:
    """What becomes of a breach here."""
    moves = {mode.moves for modes in parts.modes.values() for mode in modes.of_tiers(parts.policy).values()}
    if len(moves) > 1:
        return Does.EITHER
    return Does.GOES if moves == {True} else Does.WOULD


def standing(store: Store, parts: ConsoleParts, wall: Wall) -> DeskStanding:
    """How it stands now. Raises StoreUnavailable."""
    board, now = Board(store), wall.now
    chosen = Chosen(tuple(sorted(parts.modes)), last_tiers(parts.policy))
    nearest = nearest_of(board, chosen, now)
    day = now.astimezone(wall.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    steps = board.steps_since(day, (StepKind.WOULD, StepKind.MOVE), _MOST_STEPS)
    troubles = [one for one in Troubles(store).all() if one.connection in parts.modes]
    return DeskStanding(
        now,
        board.counts(chosen, now, EACH_ONCE, MOST),
        warned_of(board, nearest),
        len(nearest) == NEAREST,
        sum(one["n"] == StepKind.MOVE and "abandoned" not in one for one in steps),
        sum(one["n"] == StepKind.WOULD and not one.get("what") for one in steps),
        last_cycle_at(store),
        tuple(one for one in troubles if one.kind is TroubleKind.CONNECTION_DOWN and back_since(one) is None),
        tuple(one for one in troubles if one.kind is TroubleKind.BRAKE),
        {name: since for name, since in board.held().items() if name in parts.modes},
    )


def nearest_of(board: Board, chosen: Chosen, now: datetime) -> list[TicketRow]:
    """Those that are due next, so many as are looked at for warnings."""
    return board.page(chosen, ClockGroup.AHEAD, now, NEAREST)


def warned_of(board: Board, rows: list[TicketRow]) -> tuple[TicketRow, ...]:
    """Those of them that were warned of, or would have been."""
    said = board.said(sagas_of(rows))
    return tuple(row for row in rows if warning_of(row.connection, row.ticket, row.snapshot or {}) in said)


def minutes_since(moment: datetime, now: datetime) -> int:
    """Whole minutes on the wall."""
    return max(0, (now - moment) // timedelta(minutes=1))
