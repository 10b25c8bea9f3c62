"""An escalation as values: what will be done, where it goes as the journal keeps that, and what became of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from connector.model import BY_CONNECTOR, Aspect, Change, Mode, Ownership, Person, Reason, Stage, Target, TicketRecord
from connector.notes.explanation import working
from connector.notes.phrases import reasons_text
from connector.policy.policy import Tier
from connector.rules.commands import Request
from connector.rules.escalation import Demand
from connector.rules.history import OBSERVED, is_different, of_state
from connector.rules.limits import Decision
from connector.store.records import AuditEvent, Effect, Event, Step
from connector.turn.announcements import HELD_BY
from connector.turn.outcomes import SUMMARY_LENGTH
from connector.turn.saga import HEARD, heard_in, is_carried_out

MISSING = "missing"
"""What is kept of an escalation: the sections of its note in which nothing is recorded."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """What an escalation will do: worked out before anything is written.

    ``to``: None for the final escalation. ``assignment`` says in words who gets the ticket, ``assigned_by`` how that
    was chosen. ``facts`` go to the journal and the audit trail.
    """

    saga: str
    marker: str
    tier: Tier
    to: Tier | None
    target: Target
    assignment: str
    assigned_by: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether the last tier breached."""
        return self.to is None


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of an escalation: the ticket as it now is, and what is to be kept of it when its turn is finished.

    ``changes``: those made by it. ``is_final``: it was the final escalation; the ticket stayed. ``cleared_owner``: an
    owner was to be removed; ``owner_stays``: the ticket system would not.
    """

    record: TicketRecord
    effect: Effect
    audit: tuple[AuditEvent, ...]
    changes: tuple[Change, ...] = ()
    is_final: bool = False
    cleared_owner: bool = False
    owner_stays: bool = False


# --- the target, as the journal keeps it ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Destination:
    """What the next turn must know of the target if this one dies, by ids; what is empty is left as it is.

    ``origin``: the place that the ticket leaves; ``member``: the new owner by his identifier; ``clears``: the owner who
    is to be removed.
    """

    origin: str = ""
    place: str = ""
    owner: str = ""
    member: str = ""
    status: str = ""
    priority: str = ""
    clears: str = ""

    @classmethod
    def of(cls, target: Target, record: TicketRecord) -> Destination:
        """Where a target takes a ticket that is read as ``record``."""
        owner = target.owner if isinstance(target.owner, Person) else None
        return cls(
            origin=record.place.key,
            place=target.place.key if target.place else "",
            owner=owner.id if owner else "",
            member=owner.identifier if owner else "",
            status=target.status.id if target.status else "",
            priority=target.priority.id if target.priority else "",
            clears=record.owner.id if record.owner and target.owner is Ownership.NOBODY else "",
        )

    @classmethod
    def kept_in(cls, note: Step | None) -> Destination:
        """That of an escalation whose note was begun."""
        kept = dict(note.outcome.get("target", {})) if note else {}
        return cls(origin=kept.pop("from", ""), **kept)

    def kept(self) -> dict[str, str]:
        """As the journal keeps it."""
        plain = asdict(self)
        return {"from": plain.pop("origin"), **plain}

    def has_arrived(self, record: TicketRecord) -> bool:
        """Whether a ticket stands where a dead turn's reassignment was to take it.

        A move to another place is told by the place alone: people may have taken the ticket on there since.
        """
        if self.place:
            return f"{record.place.key}/".startswith(f"{self.place}/") and self.place != self.origin
        return not self._missing(record)

    def stopped_half_way(self, record: TicketRecord, changes: Sequence[Change], begun_at: datetime) -> bool:
        """Whether a dead turn's reassignment took the ticket to its place and did not come to the rest of it.

        Only the system's own history can tell (there a move may take several writes): the last move is the connector's,
        or was never recorded; something is not yet as it was to be; and nobody else has changed anything since.
        ``begun_at``: when the escalation began to be carried out.
        """
        if not self.place or Aspect.PLACE not in record.history_of:
            return False
        changes = list(of_state(changes))
        if _is_recorded(record):
            moves = [index for index, change in enumerate(changes) if change.what is Aspect.PLACE]
            since = changes[moves[-1] :]
        else:
            begun_at = begun_at.replace(microsecond=0)  # the histories of some systems know no fractions of a second
            since = [c for c in changes if c.at >= begun_at and not (c.what is Aspect.PLACE and c.how == OBSERVED)]
        if any(change.how != BY_CONNECTOR for change in since):
            return False
        missing = self._missing(record)
        if self.owner_stayed(record):
            missing.add(Aspect.OWNER)
        return bool(missing & record.history_of)

    def owner_stayed(self, record: TicketRecord) -> bool:
        """Whether the owner whom a reassignment was to remove still has the ticket."""
        return record.owner is not None and record.owner.id == self.clears

    def _missing(self, record: TicketRecord) -> set[Aspect]:
        """What is to be another than it is, besides the place."""
        present = {
            Aspect.OWNER: (record.owner.id if record.owner else "", self.owner),
            Aspect.STATUS: (record.status.id, self.status),
            Aspect.PRIORITY: (record.priority.id if record.priority else "", self.priority),
        }
        return {aspect for aspect, (found, wanted) in present.items() if wanted and found != wanted}


def _is_recorded(record: TicketRecord) -> bool:
    """Whether the system's history, where it keeps one, ends with the ticket where it is.

    A system that was killed may have moved a ticket and not come to write that into its history.
    """
    moves = [change for change in record.changes if change.what is Aspect.PLACE]
    return bool(moves) and not is_different(moves[-1].new, record.place)


# --- what the audit trail keeps -------------------------------------------------------------------------------


def facts_of(
    decision: Decision,
    escalation: Escalation,
    demand: Demand,
    people: Iterable[tuple[str, str]],
    mode: Mode,
    missing: Sequence[str] = (),
) -> dict[str, object]:
    """Who, from where, why, with the clock's working, and what the ticket is about. ``people``: role and name of those
    whom a final one calls; ``missing``: the sections of its note in which nothing is recorded.
    """
    clock, stint, record = decision.clock, decision.stint, decision.record
    assert clock is not None
    assert stint is not None
    facts: dict[str, object] = {
        "reason": reasons_text(demand.reasons),
        "mode": mode,
        "from_tier": escalation.tier.number,
        "from": escalation.tier.name,
        "to_tier": escalation.to.number if escalation.to else None,
        "to": escalation.to.name if escalation.to else "final escalation",
        HELD_BY: record.owner.name if record.owner else "",
        "assigned_by": escalation.assigned_by,
        "stint": stint.key,
        "stage": clock.stage.value,
        "limit_minutes": clock.limit_minutes,
        "used_minutes": round(clock.used_minutes, 2),
        "working": working(decision),
        "summary": record.summary[:SUMMARY_LENGTH],
        "client": record.client.name if record.client else "",
        "board": str(record.place),
        "link": record.url,
    }
    if missing:
        facts[MISSING] = list(missing)
    if Reason.TIME in demand.reasons and clock.due_at is not None:
        facts["due_at"] = clock.due_at.isoformat()
        facts["act_at"] = clock.act_at.isoformat() if clock.act_at else None
    if heard := heard_in(decision):
        facts[HEARD] = list(heard)
    facts.update(_asked(demand.requests, decision))
    if demand.undocumented:
        facts["undocumented"] = list(demand.undocumented)
    if escalation.is_final:
        named = list(people)
        facts["called"] = [name for _, name in named if name]
        facts["roles_missing"] = [role for role, name in named if not name]
    return facts


def asked_meanwhile(facts: Mapping[str, object], decision: Decision) -> dict[str, object]:
    """The facts of an escalation whose note stands, with what people asked for meanwhile: this very move answers it."""
    requests = decision.commands.requests
    if not requests:
        return dict(facts)
    kept = facts.get(HEARD)
    heard = dict.fromkeys([*(kept if isinstance(kept, list) else ()), *(request.entry for request in requests)])
    return {**facts, **_asked(requests, decision), HEARD: list(heard)}


def _asked(requests: Sequence[Request], decision: Decision) -> dict[str, object]:
    """Who asked for an escalation, and the training that they owe to it."""
    facts: dict[str, object] = {}
    if requests:
        facts["asked_by"] = [request.identifier or request.by for request in requests]
    training = [
        {"who": request.by, "identifier": request.identifier, "topic": request.detail or decision.record.summary}
        for request in requests
        if Reason.KNOWLEDGE in request.reasons
    ]
    if training:
        facts["training"] = training
    return facts


def earlier(steps: Iterable[Step]) -> Iterator[tuple[datetime, str]]:
    """Each escalation that was carried out before: when, and in words."""
    for step in sorted(steps, key=lambda step: step.at):
        if is_carried_out(step):
            facts = step.outcome
            reason = str(facts.get("reason", Reason.TIME))
            why = f"no {Stage(facts.get('stage', Stage.FIX)).owed} in time" if reason == Reason.TIME else reason.lower()
            topics = [f" ({one['topic']})" for one in facts.get("training") or () if one.get("topic")]
            yield step.at, f"escalated from {facts.get('from')} to {facts.get('to')}: {why}{''.join(topics[:1])}"


def trainings(steps: Iterable[Step]) -> Iterator[tuple[str, str]]:
    """For whom training was requested by the escalations that were carried out before, and in what."""
    for step in sorted(steps, key=lambda step: step.at):
        if is_carried_out(step):
            yield from ((one["who"], one["topic"]) for one in step.outcome.get("training") or ())


def events_of(event: Event, facts: Mapping[str, object]) -> tuple[AuditEvent, ...]:
    """The audit entries of an escalation: its own, and one for each training request that came of it."""
    training = facts.get("training")
    requests = training if isinstance(training, list) else []
    return (AuditEvent(event, facts), *(AuditEvent(Event.TRAINING_REQUEST, request) for request in requests))
