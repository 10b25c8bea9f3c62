"""Goes on with an escalation that an earlier turn began and did not finish.

Once its note stands, an escalation is decided: it is finished unless the ticket was resolved, closed or moved by
somebody else in between. Before that, it is given up as soon as nothing demands it any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connector.model import BY_CONNECTOR, Aspect, Change, Target
from connector.rules.escalation import Demand
from connector.rules.observation import OURSELVES
from connector.store.records import Source, Step
from connector.turn.escalate import MOVE_TRIES, Carried, Errand, Escalator, MoveDidNotHold, Plan
from connector.turn.look import Seen
from connector.turn.saga import has_arrived, is_over, own_note, owner_stayed, saga_named, stopped_half_way, tries_of
from connector.turn.speak import wait_until_settled


class GivenUp:
    """The escalation was given up, and the audit trail says why; the changes seen are stored with it."""


def resume(
    escalator: Escalator, seen: Seen, note: Step, move: Step | None, demand: Demand | None
) -> Carried | GivenUp | None:
    """Finish what was begun, or give it up; None where its note does not stand and it is to be carried out anew.

    Raises what ``Escalator`` raises, and MoveDidNotHold for a move that was turned back too often.
    """
    target = note.outcome["target"]
    assert isinstance(target, Mapping)
    stands = own_note(seen.record.entries, str(note.outcome["marker"])) is not None
    if stands and has_arrived(seen.record, target):
        changes = (*seen.known, *seen.new)
        lost = _lost_move(seen, note)
        if is_over(seen.record, seen.policy) or not stopped_half_way(seen.record, target, changes, note.at):
            return _recovered(escalator, seen, note, target, lost)
        refuse_endless_moves(seen, move)
        plan = _plan_again(escalator, seen, note, has_moved=True)
        carried = escalator.move(errand_of(seen, plan, note.outcome))
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
    plan = _plan_again(escalator, seen, note)
    return escalator.move(errand_of(seen, plan, note.outcome))


def errand_of(seen: Seen, plan: Plan, facts: Mapping[str, object]) -> Errand:
    """What is needed to carry a plan out on a ticket as it was seen."""
    return Errand(seen.claim, plan, seen.record, seen.steps, facts, (*seen.known, *seen.new), seen.new)


def kept_member(note: Step | None) -> str:
    """Whom an earlier try of the same escalation chose to get the ticket."""
    target = note.outcome.get("target") if note else None
    return str(target.get("member", "")) if isinstance(target, Mapping) else ""


def _lost_move(seen: Seen, note: Step) -> tuple[Change, ...]:
    """The move itself, where the system keeps a history and was killed before it told of any move in it.

    Of a ticket that moved before, what is seen beyond the history's end tells of it (see ``observe``).
    """
    record = seen.record
    origin = seen.homes.places.get(int(note.outcome["from_tier"]))
    has_moved = any(change.what is Aspect.PLACE for change in (*record.changes, *seen.known, *seen.new))
    if Aspect.PLACE not in record.history_of or has_moved or origin is None or record.place.is_within(origin):
        return ()
    at = max(note.at, min(record.updated_at, record.read_at))
    return (Change(at, Aspect.PLACE, origin, record.place, BY_CONNECTOR, OURSELVES),)


def _recovered(
    escalator: Escalator, seen: Seen, note: Step, target: Mapping[str, str], lost: tuple[Change, ...]
) -> Carried:
    """Everything was done, and only the journal did not hear of it."""
    if owner_stayed(seen.record, target) and not escalator.owner_stays:
        tier = seen.policy.tier(int(note.outcome["from_tier"]))
        plan = Plan(note.saga, str(note.outcome["marker"]), tier, seen.policy.next_tier(tier), Target(), "")
        escalator.say_that_owner_stays(errand_of(seen, plan, note.outcome), seen.record)
    facts = {name: value for name, value in note.outcome.items() if name not in ("marker", "target")}
    outcome = {**facts, "place": str(seen.record.place), "recovered": True}
    is_final = not target["place"]
    return escalator.carried_out(note.saga, seen.record, outcome, lost, is_final=is_final)


def _plan_again(escalator: Escalator, seen: Seen, note: Step, *, has_moved: bool = False) -> Plan:
    """The plan of an escalation whose note stands: decided then, finished now, whatever the clock says."""
    tier = seen.policy.tier(int(note.outcome["from_tier"]))
    decision = replace(seen.decision, tier=tier)
    plan = escalator.plan(decision, seen.homes, note.saga, kept_member(note), has_moved=has_moved)
    return replace(plan, marker=str(note.outcome["marker"]))


def _why_not_to_go_on(seen: Seen, note: Step, demand: Demand | None, *, stands: bool) -> str:
    record, policy = seen.record, seen.policy
    if is_over(record, policy):
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
    is_replayed = any(mail.source is Source.MANUAL and mail.received_at > move.at for mail in seen.claim.mail)
    if tries >= MOVE_TRIES and not is_replayed:
        raise MoveDidNotHold(
            f"ticket {seen.record.id}: the move was turned back {tries} times; find the rule in the ticket "
            "system that does so, then replay this dead letter",
            tries,
        )
