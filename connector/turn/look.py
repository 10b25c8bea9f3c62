"""Looks at a ticket for a turn: reads it, adds what was seen before, and works its clocks out. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.connection.homes import HomeBook
from connector.connection.names import Staff
from connector.connection.policies import Edition, Policies
from connector.connection.state import RUNG_AT, SURVEYED, ConnectionBook
from connector.model import AuthorKind, Change, TicketId, TicketRecord
from connector.notes.marker import Marks
from connector.policy.policy import Homes, Policy
from connector.rules.commands import read_commands, says_something
from connector.rules.evidence import plan_sighted
from connector.rules.history import EVERY, observe, with_history
from connector.rules.limits import Decision, evaluate
from connector.rules.stints import build_timeline
from connector.store.connections import ConnectionState
from connector.store.journal import Journal
from connector.store.records import Claim, Source, Step
from connector.systems.contract import TicketSystem
from connector.turn.outcomes import UNPLANNED
from connector.turn.saga import heard_by

SURVEY_GRACE = timedelta(minutes=5)
"""For how long after a survey began a turn may have been claimed without its mail."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as one turn finds it. Of its changes, ``known`` are stored and ``new`` are not."""

    claim: Claim
    record: TicketRecord
    known: tuple[Change, ...]
    new: tuple[Change, ...]
    homes: Homes
    steps: tuple[Step, ...]
    decision: Decision
    policy: Policy

    @property
    def changes(self) -> tuple[Change, ...]:
        """The ticket's changes, those that are not stored yet last."""
        return (*self.known, *self.new)

    def step(self, saga: str, n: int) -> Step | None:
        """A saga's step of that number, if it was begun."""
        return next((step for step in self.steps if step.saga == saga and step.n == n), None)

    def is_replayed_since(self, moment: datetime) -> bool:
        """Whether somebody replayed the dead letter after ``moment``."""
        return any(mail.source is Source.MANUAL and mail.received_at > moment for mail in self.claim.mail)


@dataclass(frozen=True, slots=True)
class Judged:
    """How a ticket stands, with the policy of its ladder and that ladder's homes."""

    decision: Decision
    policy: Policy
    homes: Homes


@dataclass(frozen=True, slots=True)
class TicketReader:
    """Looks at one connection's tickets. ``adopts_from_now``: clocks of what was open count from the adoption."""

    system: TicketSystem
    journal: Journal
    policies: Policies
    staff: Staff
    connection: ConnectionBook
    now: Callable[[], datetime]
    adopts_from_now: bool

    @property
    def homes(self) -> HomeBook:
        """The homes of the present policy's tiers."""
        return self.policies.present.homes

    def look(self, claim: Claim) -> Seen:
        """Read the ticket and work its clocks out; writes nothing. Raises what the adapter raises."""
        connection, ticket = claim.connection, claim.ticket
        homes = self.homes.current()
        state = self.connection.state()
        record = self.system.tickets.read(TicketId(ticket))
        record = replace(record, entries=Marks(state.marker_key).recognise(record.entries))
        stored, steps = self.journal.recall(connection, ticket, f"{connection}/{ticket}/")
        known, new = self._changes(claim, record, stored, homes, state)
        unplanned = (claim.snapshot or {}).get(UNPLANNED, ())
        judged = self.judge(record, (*known, *new), heard_by(steps), unplanned)
        if judged.decision.stint is not None:
            new = (*new, *plan_sighted(judged.decision.stint.plan, known))
        return Seen(claim, record, known, new, judged.homes, steps, judged.decision, judged.policy)

    def _changes(
        self,
        claim: Claim,
        record: TicketRecord,
        known: tuple[Change, ...],
        homes: Homes,
        state: ConnectionState,
    ) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
        aspects = EVERY
        adopted_at = _adopted_at(claim, record, state)
        if record.history_of:
            known, aspects = with_history(record, known)
            if claim.snapshot is not None:
                adopted_at = None  # it was met before: a survey after a change of policy finds nothing new
        watched = homes.is_watched(record.place)
        return known, observe(record, known, is_watched=watched, adopted_at=adopted_at, aspects=aspects)

    def judge(
        self, record: TicketRecord, changes: Sequence[Change], heard: Mapping[str, str], unplanned: Collection[str] = ()
    ) -> Judged:
        """Work the clocks of a ticket out, under the policy that its running stint began with.

        ``heard``: the stints in which commands were heard (see ``heard_by``); ``unplanned``: entries that held no plan.
        """
        ordered = sorted(changes, key=lambda change: change.at)
        present = self._judge(record, ordered, self.policies.present, heard, unplanned)
        stint = present.decision.stint
        if stint is None:
            return present
        edition = self.policies.at(stint.entered_at)
        if edition is self.policies.present:
            return present
        kept = self._judge(record, ordered, edition, heard, unplanned)
        if kept.decision.stint is None or kept.decision.stint.key != stint.key:
            return present
        due_at = present.decision.clock.due_at if present.decision.clock else None
        return replace(kept, decision=replace(kept.decision, newer=(self.policies.present.policy.version, due_at)))

    def _judge(
        self,
        record: TicketRecord,
        ordered: Sequence[Change],
        edition: Edition,
        heard: Mapping[str, str],
        unplanned: Collection[str],
    ) -> Judged:
        state = self.connection.state()
        policy, homes = edition.policy.for_ticket(record, edition.homes.current())
        timeline = build_timeline(
            record,
            ordered,
            policy,
            homes,
            adopted_at=state.adopted_at if self.adopts_from_now else None,
            first_started_at=state.first_started_at,
            unplanned=unplanned,
        )
        if timeline.current and any(entry.author.kind is AuthorKind.AGENT for entry in record.entries):
            timeline = replace(timeline, staff=self.staff.colleagues(policy, homes))
        managers = self.staff.managers(policy) if any(map(says_something, record.entries)) else {}
        decision = evaluate(timeline, policy, self.now(), read_commands(timeline, policy, managers, heard))
        return Judged(decision, policy, homes)


def _adopted_at(claim: Claim, record: TicketRecord, state: ConnectionState) -> datetime | None:
    """The moment from which a ticket that was already open counts, if it is met for the first time now.

    While the open tickets are surveyed, and a little longer, a webhook may be faster than the survey.
    """
    rung_at = datetime.fromisoformat(state.state[RUNG_AT])
    surveys = [mail.received_at for mail in claim.mail if mail.source is Source.SWEEP]
    if state.swept_at is None:
        moment = state.first_started_at
    elif SURVEYED not in state.state or record.read_at - rung_at < SURVEY_GRACE:
        moment = rung_at
    elif surveys:
        moment = surveys[0]
    else:
        return None
    return moment if record.entered_at < moment else None
