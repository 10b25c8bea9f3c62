"""What a board's statuses mean for the clocks. Pure.

The board's own data says it, status by status. Where it says the same of every open one (all of them NoEscalation, as
on a board without service levels), it says nothing, and the names decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.connectwise.mapping import named
from adapters.payloads import Json, text
from adapters.status_words import placed_by_name
from connector.model import PlacedStatus, Status, StatusGroup

_GROUPS = {
    "notresponded": StatusGroup.NEW,
    "responded": StatusGroup.WORKING,
    "resolutionplan": StatusGroup.PLANNED,
    "resolved": StatusGroup.RESOLVED,
    "noescalation": StatusGroup.WAITING,
}
_ENDED = frozenset({StatusGroup.RESOLVED, StatusGroup.CLOSED})


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """A status of a board."""

    placed: PlacedStatus
    is_default: bool
    is_active: bool

    @property
    def status(self) -> Status:
        """The status itself."""
        return self.placed.status


def board_statuses(rows: Iterable[Json], path: str) -> dict[str, BoardStatus]:
    """The statuses of one board by their ids. ``path``: where they are listed."""
    found = [(row, _placed(row, path)) for row in rows]
    says_nothing = _says_nothing([one for row, one in found if _is_active(row)])
    return {
        one.status.id: BoardStatus(
            placed_by_name(named(row, path)) if says_nothing and one.status.group not in _ENDED else one,
            is_default=row.get("defaultFlag") is True,
            is_active=_is_active(row),
        )
        for row, one in found
    }


def _says_nothing(statuses: Sequence[PlacedStatus]) -> bool:
    """Whether the data says the same of every open status; of a single one, that it waits."""
    groups = [None if one.is_assumed else one.status.group for one in statuses if one.status.group not in _ENDED]
    return len(set(groups)) == 1 and (len(groups) > 1 or groups[0] in (StatusGroup.WAITING, None))


def _placed(row: Json, path: str) -> PlacedStatus:
    """A status by its own data alone; one of which it tells nothing is worked on."""
    ref = named(row, path)
    stage = text(row.get("escalationStatus"))
    group = _GROUPS.get(stage.casefold())
    if row.get("closedStatus") is True:
        return PlacedStatus(Status(ref.id, ref.name, StatusGroup.CLOSED), "the board's closedStatus says so")
    if group is None:
        why = "it was assumed: the board has no escalationStatus for it that is known"
        return PlacedStatus(Status(ref.id, ref.name, StatusGroup.WORKING), why, is_assumed=True)
    return PlacedStatus(Status(ref.id, ref.name, group), f"its escalationStatus is {stage}")


def _is_active(row: Json) -> bool:
    return row.get("inactive") is not True
