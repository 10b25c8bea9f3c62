"""Whether a report tells of what was done, of what would have been, or of both. Pure."""

from __future__ import annotations

from enum import Enum

from connector.model import Mode
from connector.policy.modes import most_careful
from connector.report.figures import Figures


class Tone(Enum):
    """Whether a report tells of what was done, of what would have been, or of both."""

    DID = "did"
    WOULD = "would"
    BOTH = "both"


def tone_of(figures: Figures) -> Tone:
    """The tone of the escalations that there are; where there are none, that of the modes."""
    if figures.scope.is_replayed or (figures.would and not figures.done):
        return Tone.WOULD
    if figures.done:
        return Tone.BOTH if figures.would else Tone.DID
    moves = {mode.moves for mode in modes_at(figures).values()}
    if len(moves) > 1:
        return Tone.BOTH
    return Tone.DID if moves == {True} else Tone.WOULD


def is_on(figures: Figures) -> bool:
    """Whether all that there is goes up by itself: nothing is left to be switched on."""
    return not figures.scope.is_replayed and set(modes_at(figures).values()) == {Mode.ENFORCE}


def modes_at(figures: Figures) -> dict[tuple[str, str], Mode]:
    """The mode of what each tier holds on each connection, by their names."""
    return {
        (connection, tier.name): most_careful((mode, tier.mode))
        for connection, mode in figures.scope.modes
        for tier in figures.usual.values()
    }
