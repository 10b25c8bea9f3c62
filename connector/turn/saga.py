"""An escalation's saga: its identity, its journaled steps, and what can be told from them after a crash. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum

from connector.model import (
    BY_CONNECTOR,
    Aspect,
    AuthorKind,
    Change,
    Entry,
    Ownership,
    Person,
    StatusGroup,
    Target,
    TicketRecord,
    Visibility,
)
from connector.policy.policy import Policy
from connector.rules.limits import Decision
from connector.rules.observation import OBSERVED, is_different
from connector.store.records import Step, StepState

HEARD = "heard"
"""Of what a step keeps, the entries whose commands its turn acted on or answered; ``stint`` is that of the time."""


class StepKind(IntEnum):
    """The numbered steps of a saga.

    What an observing connector would have done; an escalation's note and its move; any single effect of another kind (a
    short note, people put on the ticket).
    """

    WOULD = 0
    NOTE = 1
    MOVE = 2
    SAID = 3


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


def is_carried_out(step: Step) -> bool:
    """Whether a step says that its escalation was finished; one that was abandoned may come due again."""
    return step.n == StepKind.MOVE and step.state is StepState.DONE and "abandoned" not in step.outcome


def is_over(record: TicketRecord, policy: Policy) -> bool:
    """Whether a ticket has nothing left to escalate: resolved, closed, merged or no service ticket."""
    return not record.is_escalatable or policy.group_of(record.status) in (
        StatusGroup.RESOLVED,
        StatusGroup.CLOSED,
    )


def target_facts(target: Target, record: TicketRecord) -> dict[str, str]:
    """What the next turn must know of the target if this one dies; empty values are left as they are."""
    return {
        "from": record.place.key,
        "place": target.place.key if target.place else "",
        "owner": target.owner.id if isinstance(target.owner, Person) else "",
        "member": target.owner.identifier if isinstance(target.owner, Person) else "",
        "status": target.status.id if target.status else "",
        "priority": target.priority.id if target.priority else "",
        "clears": record.owner.id if record.owner and target.owner is Ownership.NOBODY else "",
    }


def has_arrived(record: TicketRecord, target: Mapping[str, str]) -> bool:
    """Whether a ticket stands where a dead turn's reassignment was to take it.

    A move to another place is told by the place alone: people may have taken the ticket on there since.
    """
    if target["place"]:
        return f"{record.place.key}/".startswith(f"{target['place']}/") and target["place"] != target["from"]
    present = {
        "owner": record.owner.id if record.owner else "",
        "status": record.status.id,
        "priority": record.priority.id if record.priority else "",
    }
    return all(not target[what] or target[what] == present[what] for what in present)


def _is_recorded(record: TicketRecord) -> bool:
    """Whether the system's history, where it keeps one, ends with the ticket where it is.

    A system that was killed may have moved a ticket and not come to write that into its history.
    """
    moves = [change for change in record.changes if change.what is Aspect.PLACE]
    return bool(moves) and not is_different(moves[-1].new, record.place)


def stopped_half_way(
    record: TicketRecord, target: Mapping[str, str], changes: Sequence[Change], begun_at: datetime
) -> bool:
    """Whether a dead turn's reassignment took the ticket to its place and did not come to the rest of it.

    Only the system's own history can tell (there a move may take several writes): the last move is the connector's, or
    was never recorded; something is not yet as it was to be; and nobody else has changed anything since.
    ``begun_at``: when the escalation began to be carried out.
    """
    if not target["place"] or Aspect.PLACE not in record.history_of:
        return False
    if _is_recorded(record):
        moves = [index for index, change in enumerate(changes) if change.what is Aspect.PLACE]
        since = changes[moves[-1] :]
    else:
        begun_at = begun_at.replace(microsecond=0)  # the histories of some systems know no fractions of a second
        since = [c for c in changes if c.at >= begun_at and not (c.what is Aspect.PLACE and c.how == OBSERVED)]
    if any(change.how != BY_CONNECTOR for change in since):
        return False
    present = {
        Aspect.OWNER: (record.owner.id if record.owner else "", target["owner"]),
        Aspect.STATUS: (record.status.id, target["status"]),
        Aspect.PRIORITY: (record.priority.id if record.priority else "", target["priority"]),
    }
    missing = {aspect for aspect, (found, wanted) in present.items() if wanted and found != wanted}
    if owner_stayed(record, target):
        missing.add(Aspect.OWNER)
    return bool(missing & record.history_of)


def owner_stayed(record: TicketRecord, target: Mapping[str, str]) -> bool:
    """Whether the owner whom a reassignment was to remove still has the ticket."""
    return record.owner is not None and record.owner.id == target.get("clears")


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
    stint, orders = decision.stint, decision.orders
    if stint is None:
        return {}
    entries = [one.entry for one in orders.overrides_of(stint)]
    entries += [one.entry for one in orders.requests] + [one.entry for one in orders.unclear]
    return dict.fromkeys(entries, stint.key)


def heard_by(steps: Iterable[Step]) -> dict[str, str]:
    """The entries whose commands were acted on or answered, each with the key of the stint at that time."""
    found: dict[str, str] = {}
    for step in steps:
        found.update(dict.fromkeys(step.outcome.get(HEARD, ()), str(step.outcome.get("stint"))))
    return found
