"""An escalation's saga: its identity, its journaled steps, and what can be told from them after a crash. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from connector.model import (
    AuthorKind,
    Entry,
    Visibility,
)
from connector.rules.limits import Decision
from connector.store.records import Step, StepState

HEARD = "heard"
"""Of what a step keeps, the entries whose commands its turn acted on or answered; ``stint`` is that of the time."""


class StepKind(IntEnum):
    """The numbered steps of a saga.

    What an observing connector would have done; an escalation's note and its move; any single effect of another kind (a
    short note, people put on the ticket). What somebody commanded outside of the ticket, which is no effect of ours.
    """

    WOULD = 0
    NOTE = 1
    MOVE = 2
    SAID = 3
    COMMANDED = 4


def saga_named(connection: str, decision: Decision, name: str) -> str:
    """The identity of an effect of the running stint: (connection, ticket, stint, stage or command). Unique for good.

    The last tier has one final escalation a stint, whatever led to it.
    """
    assert decision.stint is not None
    return f"{connection}/{decision.record.id}/{decision.stint.key}/{name}"


def own_note(entries: Sequence[Entry], marker: str, visibility: Visibility = Visibility.INTERNAL) -> Entry | None:
    """The connector's own note that carries ``marker``, if it is on the ticket and seen by whom it should be."""
    own = (e for e in entries if e.author.kind is AuthorKind.CONNECTOR and e.visibility is visibility)
    return next((entry for entry in own if marker in entry.text[-200:]), None)


def unanswered(steps: Iterable[Step]) -> frozenset[str]:
    """The markers of notes that were begun, and may stand though nobody heard of it."""
    steps = tuple(steps)
    pending = open_saga(steps)
    begun = [step for step in steps if step.n == StepKind.SAID and step.state is StepState.BEGUN]
    markers = (step.outcome.get("marker") for step in (*begun, *((pending[0],) if pending else ())))
    return frozenset(marker for marker in markers if isinstance(marker, str))


def is_carried_out(step: Step) -> bool:
    """Whether a step says that its escalation was finished; one that was abandoned may come due again."""
    return step.n == StepKind.MOVE and step.state is StepState.DONE and "abandoned" not in step.outcome


def tries_of(step: Step | None) -> int:
    """How often a move was tried."""
    tries = step.outcome.get("tries", 0) if step else 0
    return tries if isinstance(tries, int) else 0


def open_saga(steps: Iterable[Step]) -> tuple[Step, Step | None] | None:
    """The escalation whose note was begun and whose move is not done: its two steps."""
    notes = {step.saga: step for step in steps if step.n == StepKind.NOTE}
    moves = {step.saga: step for step in steps if step.n == StepKind.MOVE}
    for saga, note in notes.items():
        move = moves.get(saga)
        if move is None or move.state is StepState.BEGUN:
            return note, move
        if not is_carried_out(move) and note.at > move.at:
            return note, None  # given up once, and begun anew since
    return None


# --- in which stint a command was heard -----------------------------------------------------------------------
# Ticket systems tell the time in seconds, and a command may move its ticket within the second in which it was written:
# by time alone it would count for the tier that got the ticket, too. What a turn acted on, the journal tells.


def heard_in(decision: Decision) -> dict[str, str]:
    """The entries whose commands count for the running stint, each with the stint's key."""
    stint, commands = decision.stint, decision.commands
    if stint is None:
        return {}
    entries = [one.entry for one in commands.overrides_of(stint)]
    entries += [one.entry for one in commands.requests] + [one.entry for one in commands.unclear]
    return dict.fromkeys(entries, stint.key)


def heard_by(steps: Iterable[Step]) -> dict[str, str]:
    """The entries whose commands were acted on or answered, each with the key of the stint at that time."""
    found: dict[str, str] = {}
    for step in steps:
        found.update(dict.fromkeys(step.outcome.get(HEARD, ()), str(step.outcome.get("stint"))))
    return found
