"""Goes on with an escalation that an earlier turn began and did not finish.

Once its note stands, an escalation is decided: it is finished unless the ticket was resolved, closed or moved by
somebody else in between. Before that, it is given up as soon as nothing demands it any more.
"""

from __future__ import annotations

from dataclasses import replace

from connector.model import BY_CONNECTOR, Aspect, Change, StatusGroup, Target, TicketRecord
from connector.policy.policy import Policy
from connector.rules.escalation import Demand
from connector.rules.history import OURSELVES
from connector.store.records import Step
from connector.turn.escalate import MOVE_TRIES, Escalator, MoveDidNotHold
from connector.turn.escalation import Carried, Destination, Escalation
from connector.turn.look import Seen
from connector.turn.saga import own_note, saga_named, tries_of
from connector.turn.speak import wait_until_settled


class GivenUp:
    """The escalation was given up, and the audit trail says why; the changes seen are stored with it."""


def resume(
    escalator: Escalator, seen: Seen, note: Step, move: Step | None, demand: Demand | None
) -> Carried | GivenUp | None:
    """Finish what was begun, or give it up; None where its note does not stand and it is to be carried out anew.

    Raises what ``Escalator`` raises, and MoveDidNotHold for a move that was turned back too often.
    """
    target = Destination.kept_in(note)
    stands = own_note(seen.record.entries, str(note.outcome["marker"])) is not None
    if stands and target.has_arrived(seen.record):
        lost = _lost_move(seen, note)
        if _is_over(seen.record, seen.policy) or not target.stopped_half_way(seen.record, seen.changes, note.at):
            return _recovered(escalator, seen, note, target, lost)
        refuse_endless_moves(seen, move)
        carried = escalator.move(seen, _plan_again(escalator, seen, note, has_moved=True))
        return replace(carried, changes=(*lost, *carried.changes))
    why = _why_not_to_go_on(seen, note, demand, stands=stands)
    if why:
        if not stands:
            wait_until_settled(escalator.system, note, escalator.journal.now())
        escalator.abandon(seen.claim, note.saga, why, note_stands=stands, changes=seen.new)
        return GivenUp()
    refuse_endless_moves(seen, move)
    if not stands:
        return None
    return escalator.move(seen, _plan_again(escalator, seen, note))


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


def _why_not_to_go_on(seen: Seen, note: Step, demand: Demand | None, *, stands: bool) -> str:
    record, policy = seen.record, seen.policy
    if _is_over(record, policy):
        return f"the ticket is {record.status.name if record.is_escalatable else record.why_not}"
    if int(note.outcome["from_tier"]) > len(policy.tiers):
        return "the policy no longer has the tier that the ticket was to leave"
    if seen.homes.tier_at(record.place) != int(note.outcome["from_tier"]):
        return f"the ticket was moved to {record.place} meanwhile"
    is_demanded = demand is not None and saga_named(seen.claim.connection, seen.decision, demand.key) == note.saga
    if not stands and not is_demanded:
        return seen.decision.why
    return ""


def refuse_endless_moves(seen: Seen, move: Step | None) -> None:
    """A move that was turned back three times is left to people until somebody replays it."""
    if move is None:
        return
    tries = tries_of(move)
    if tries >= MOVE_TRIES and not seen.is_replayed_since(move.at):
        raise MoveDidNotHold(
            f"ticket {seen.record.id}: the move was turned back {tries} times; find the rule in the ticket "
            "system that does so, then replay this dead letter",
            tries,
        )


def _is_over(record: TicketRecord, policy: Policy) -> bool:
    """Whether a ticket has nothing left to escalate: resolved, closed, merged or no service ticket."""
    return not record.is_escalatable or policy.group_of(record.status) in (
        StatusGroup.RESOLVED,
        StatusGroup.CLOSED,
    )
