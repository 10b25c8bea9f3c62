"""What is known of a ticket's changes, and how: seen for the first time, adopted, observed, made by ourselves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from connector.model import BY_CONNECTOR, Aspect, Change, Place, TicketRecord, Value

FIRST_SIGHT = "first sight"
"""``Change.how`` of what was found when a ticket was seen for the first time: the state, not a change."""

ADOPTED = "adopted"
"""Like FIRST_SIGHT, for a ticket that was already open at the connection's first start."""

HOLD_WINDOW = timedelta(minutes=2)
"""A move of ours that is turned back into its exact opposite within this time did not hold."""


def is_sight(change: Change) -> bool:
    """Whether a row tells a state that was found, not a change."""
    return change.how in (FIRST_SIGHT, ADOPTED)


def initial(aspect: Aspect, record: TicketRecord, changes: Sequence[Change]) -> tuple[Value, Change | None]:
    """The value before the first known change, with the row of the first sight if that is where it comes from."""
    for change in changes:
        if change.what is aspect:
            return (change.new, change) if is_sight(change) else (change.old, None)
    return record.present(aspect), None


def held_changes(changes: Sequence[Change]) -> Iterator[Change]:
    """The changes without those moves of the connector that were turned back at once, and their reversals."""
    skipped = {index for pair in _reverted(changes) for index in pair}
    for index, change in enumerate(changes):
        if index not in skipped:
            yield change


def last_move_did_not_hold(changes: Sequence[Change]) -> bool:
    """Whether the newest move of the ticket turned a move of the connector back."""
    moves = [index for index, change in enumerate(changes) if change.what is Aspect.PLACE]
    return bool(moves) and any(back == moves[-1] for _, back in _reverted(changes))


def _reverted(changes: Sequence[Change]) -> Iterator[tuple[int, int]]:
    made: tuple[int, Change] | None = None
    for index, change in enumerate(changes):
        if change.what is not Aspect.PLACE:
            continue
        if made and change.how != BY_CONNECTOR and _turns_back(made[1], change):
            yield made[0], index
        made = (index, change) if change.how == BY_CONNECTOR else None


def _turns_back(made: Change, change: Change) -> bool:
    return (
        isinstance(made.old, Place)
        and isinstance(change.new, Place)
        and made.old.key == change.new.key
        and change.at - made.at <= HOLD_WINDOW
    )
