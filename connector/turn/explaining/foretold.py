"""What would come of a command on a ticket: worked out as the ticket's next turn will, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.model import Person
from connector.rules.escalation import Documentation, demand_of
from connector.rules.limits import Decision
from connector.turn.duties import Situation, duties_of
from connector.turn.explaining.account import Explainer, TicketAccount
from connector.turn.handed_in import HandedIn, with_entries
from connector.turn.outcomes import UNPLANNED
from connector.turn.saga import HEARD, StepKind, heard_by, is_carried_out, saga_named


@dataclass(frozen=True, slots=True)
class Foretold:
    """``refused``: why it is not applied, or not understood, as a clause; empty otherwise. ``goes_up``: the ticket
    would be escalated by it, and was not yet. ``answer``: the lines of the note that would answer it, empty where it
    needs none.
    """

    refused: str
    goes_up: bool
    answer: tuple[str, ...]


def foretold(explainer: Explainer, account: TicketAccount, command: HandedIn) -> Foretold:
    """What would come of it if it were handed in now. Raises what looking a name up raises."""
    seen, reader = account.seen, explainer.reader
    entry = command.entry(reader.now())
    unplanned = (seen.claim.snapshot or {}).get(UNPLANNED, ())
    record = with_entries(seen.record, [entry])
    heard = {**heard_by(seen.steps), entry.id: command.stint}
    judged = reader.judge(record, seen.changes, heard, unplanned)
    decision, documentation = judged.decision, Documentation(judged.decision)
    demand = demand_of(decision, judged.policy, documentation)
    goes_up = demand is not None and any(one.entry == entry.id for one in demand.requests)
    if demand is not None and goes_up:
        saga = saga_named(explainer.connection, decision, demand.key)
        goes_up = not any(one.saga == saga and (is_carried_out(one) or one.n == StepKind.WOULD) for one in seen.steps)
    policy, mode = judged.policy, account.mode
    situation = Situation(explainer.connection, decision, policy, seen.steps, documentation, mode=mode)
    says = [one for one in duties_of(situation, demand).says if one.facts.get(HEARD) == [entry.id]]
    return Foretold(_refusal(decision, entry.id), goes_up, tuple(line for one in says for line in one.lines))


def _refusal(decision: Decision, entry: str) -> str:
    commands = decision.commands
    for unclear in commands.unclear:
        if unclear.entry == entry:
            return unclear.problem
    overrides = (one for stint in commands.overrides.values() for one in stint)
    return next((one.refused for one in overrides if one.entry == entry), "")


def who_may_override(explainer: Explainer, account: TicketAccount) -> Mapping[str, Person]:
    """The managers of the tier that holds a ticket, each by identifier and by all names that the policy has for them,
    case-folded. Raises what looking them up raises.
    """
    tier = account.seen.decision.tier
    if tier is None:
        return {}
    staff = explainer.reader.staff
    named = next((one.managers for one in account.seen.policy.tiers if one.number == tier.number), ())
    people = [(name, person) for name in named if (person := staff.find(name)) is not None and person.is_active]
    by_name = {one.strip().casefold(): person for name, person in people for one in name.split("|")}
    return {**by_name, **{person.identifier.casefold(): person for _, person in people}}
