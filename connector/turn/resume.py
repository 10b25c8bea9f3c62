"""Goes on with an escalation whose note was begun: in the turn that wrote it, or in a later one after a crash.

Before its note stands, it is given up as soon as nothing demands it any more. Once it stands, the ticket is moved,
unless somebody acted on it meanwhile (``stays``): then it stays where it is, people are told so once, and the
escalation waits, or is closed where a new stint began or what was owed is there.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connector.model import BY_CONNECTOR, Aspect, Change, Doer, StatusGroup, Target, TicketRecord
from connector.policy.policy import Policy
from connector.rules.escalation import Demand
from connector.rules.history import OURSELVES
from connector.store.records import Step
from connector.turn.escalate import (
    MOVE_TRIES,
    Escalator,
    MoveDidNotHold,
    pause_after,
    refuse_to_climb_for_ever,
)
from connector.turn.escalation import Carried, Destination, Escalation, asked_meanwhile
from connector.turn.look import Seen
from connector.turn.saga import own_note, saga_named, tries_of
from connector.turn.speak import wait_until_settled
from connector.turn.stays import Stay, is_held, is_told, stay_of


class GivenUp:
    """The escalation was given up before its note stood, and the audit trail says why."""


def resume(
    escalator: Escalator, seen: Seen, note: Step, move: Step | None, demand: Demand | None
) -> Carried | Stay | GivenUp | None:
    """Finish what an earlier turn began, or give it up; None where its note does not stand and is to be written anew.

    Raises what ``Escalator`` raises, and MoveDidNotHold for a move that was turned back too often, or just now.
    """
    target = Destination.kept_in(note)
    stands = own_note(seen.record.entries, str(note.outcome["marker"])) is not None
    if stands and not target.place and (stay := _stay(seen, note, demand)):
        return stay  # it goes nowhere: that nothing is left to change does not tell that it was carried out
    if stands and target.has_arrived(seen.record) and not _was_brought_by_a_person(seen, note):
        lost = _lost_move(seen, note)
        if _is_over(seen.record, seen.policy) or not target.stopped_half_way(seen.record, seen.changes, note.at):
            return _recovered(escalator, seen, note, target, lost)
        refuse_endless_moves(seen, move, escalator.journal.now())
        carried = escalator.move(seen, _plan_again(escalator, seen, note, has_moved=True))
        return replace(carried, changes=(*lost, *carried.changes))
    if stands:
        return go_on(escalator, seen, note, move, demand)
    why = _why_not_to_write(seen, note, demand)
    if why:
        wait_until_settled(escalator.system, note, escalator.journal.now())
        escalator.abandon(seen.claim, note.saga, why, note_stands=False)
        return GivenUp()
    refuse_endless_moves(seen, move, escalator.journal.now())
    return None


def go_on(
    escalator: Escalator,
    seen: Seen,
    note: Step,
    move: Step | None,
    demand: Demand | None,
    planned: Escalation | None = None,
) -> Carried | Stay:
    """Move the ticket, unless somebody acted on it since it was judged. ``seen``: the ticket as it was just read.

    ``planned``: what this very turn worked out, where nothing of the ticket changed since.
    """
    stay = _stay(seen, note, demand)
    if stay is not None:
        return stay
    now = escalator.journal.now()
    refuse_endless_moves(seen, move, now)
    escalation = planned or _plan_again(escalator, seen, note)
    refuse_to_climb_for_ever(seen, escalation.target.place, now)
    facts = asked_meanwhile(escalation.facts, seen.decision)
    return escalator.move(seen, replace(escalation, facts=facts))


def _stay(seen: Seen, note: Step, demand: Demand | None) -> Stay | None:
    """Why the ticket stays; with a line only as long as no note said so."""
    stay = stay_of(seen, note, demand, is_held=is_held(seen, note))
    return replace(stay, line="") if stay is not None and is_told(seen, note) else stay


def _was_brought_by_a_person(seen: Seen, note: Step) -> bool:
    """Whether a person is known to have moved the ticket to where we were to move it."""
    began = note.at.replace(microsecond=0)
    moves = [c for c in seen.changes if c.what is Aspect.PLACE and c.at >= began and c.not_before is None]
    last = max(moves, key=lambda change: change.at, default=None)
    return last is not None and last.by is Doer.PERSON and last.how != BY_CONNECTOR


def _lost_move(seen: Seen, note: Step) -> tuple[Change, ...]:
    """The move itself, where the system keeps a history and was killed before it told of any move in it.

    Of a ticket that moved before, what is seen beyond the history's end tells of it (see ``observe``).
    """
    record = seen.record
    origin = seen.homes.places.get(int(note.outcome["from_tier"]))
    has_moved = any(change.what is Aspect.PLACE for change in (*record.changes, *seen.changes))
    if Aspect.PLACE not in record.history_of or has_moved or origin is None or record.place.is_within(origin):
        return ()
    at = max(note.at, min(record.updated_at, record.read_at))
    return (Change(at, Aspect.PLACE, origin, record.place, BY_CONNECTOR, OURSELVES),)


def _recovered(escalator: Escalator, seen: Seen, note: Step, target: Destination, lost: tuple[Change, ...]) -> Carried:
    """Everything was done, and only the journal did not hear of it."""
    if target.owner_stayed(seen.record) and not escalator.owner_stays:
        tier = seen.policy.tier(int(note.outcome["from_tier"]))
        to = seen.policy.next_tier(tier)
        escalation = Escalation(note.saga, str(note.outcome["marker"]), tier, to, Target(), "")
        escalator.say_that_owner_stays(seen, escalation, seen.record)
    facts = {name: value for name, value in note.outcome.items() if name not in ("marker", "target")}
    outcome = {**facts, "place": str(seen.record.place), "recovered": True}
    is_final = not target.place
    return escalator.carried_out(note.saga, seen.record, outcome, lost, is_final=is_final)


def _plan_again(escalator: Escalator, seen: Seen, note: Step, *, has_moved: bool = False) -> Escalation:
    """The plan of an escalation whose note stands: decided then, finished now, whatever the clock says."""
    tier = seen.policy.tier(int(note.outcome["from_tier"]))
    decision = replace(seen.decision, tier=tier)
    kept = Destination.kept_in(note).member
    escalation = escalator.plan(decision, seen.homes, note.saga, kept, has_moved=has_moved)
    return replace(escalation, marker=str(note.outcome["marker"]), facts=note.outcome)


def _why_not_to_write(seen: Seen, note: Step, demand: Demand | None) -> str:
    """Why a note that does not stand is not written any more."""
    record, policy = seen.record, seen.policy
    if _is_over(record, policy):
        return f"the ticket is {record.status.name if record.is_escalatable else record.why_not}"
    if int(note.outcome["from_tier"]) > len(policy.tiers):
        return "the policy no longer has the tier that the ticket was to leave"
    if seen.homes.tier_at(record.place) != int(note.outcome["from_tier"]):
        return f"the ticket was moved to {record.place} meanwhile"
    if demand is None or saga_named(seen.claim.connection, seen.decision, demand.key) != note.saga:
        return seen.decision.why
    return ""


def refuse_endless_moves(seen: Seen, move: Step | None, now: datetime) -> None:
    """A move that was turned back is tried again after a while; one turned back three times is left to people.

    Raises MoveDidNotHold, until somebody replays it.
    """
    tries = tries_of(move)
    if move is None or not tries or seen.is_replayed_since(move.at):
        return
    if tries >= MOVE_TRIES:
        raise MoveDidNotHold(
            f"ticket {seen.record.id}: the move was turned back {tries} times; find the rule in the ticket "
            "system that does so, then replay this dead letter",
            tries,
        )
    left = move.at + pause_after(tries) - now
    if left > timedelta(0):
        raise MoveDidNotHold(
            f"ticket {seen.record.id}: the move was turned back; it is tried again in a moment", tries, retry_in=left
        )


def _is_over(record: TicketRecord, policy: Policy) -> bool:
    """Whether a ticket has nothing left to escalate: resolved, closed, merged or no service ticket."""
    return not record.is_escalatable or policy.group_of(record.status) in (
        StatusGroup.RESOLVED,
        StatusGroup.CLOSED,
    )
