"""Looks at a ticket for a turn: reads it, adds what was seen before, and works its clocks out. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.connection.homes import HomeBook
from connector.connection.names import Staff
from connector.connection.policies import EarlierLimits, Policies
from connector.connection.state import ConnectionBook
from connector.connection.trails import BEGINS_STINTS, Trails
from connector.errors import PayloadError
from connector.model import Aspect, AuthorKind, Change, Doer, NoteRef, TicketId, TicketRecord
from connector.notes.marker import Marks
from connector.policy.modes import tier_key
from connector.policy.policy import Homes, Policy
from connector.rules.commands import read_commands, says_something
from connector.rules.evidence import plan_sighted
from connector.rules.history import ADOPTED, EVERY, dated, is_different, observe, untold, with_history
from connector.rules.limits import Decision, KeptLimit, evaluate
from connector.rules.stints import Timeline, Turns, build_timeline
from connector.store.connections import PACED_FROM, RUNG_AT, SURVEYED, ConnectionState
from connector.store.journal import Journal
from connector.store.pace.adoption import Adoptions
from connector.store.records import Claim, Source, Step
from connector.systems.contract import TicketSystem
from connector.turn.handed_in import heard_in_time, is_handed_in, with_handed_in
from connector.turn.outcomes import SETTLED, UNPLANNED
from connector.turn.saga import StepKind, heard_by, open_saga, unanswered

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
    """Looks at one connection's tickets. ``adopts_from_now``: clocks of what was open count from the adoption.

    ``adopt_per_hour``: so many of them begin in a working hour; 0 for all at once.
    ``forgets_after``: how long what is known of closed tickets is kept.
    """

    system: TicketSystem
    journal: Journal
    policies: Policies
    staff: Staff
    connection: ConnectionBook
    trails: Trails
    now: Callable[[], datetime]
    adopts_from_now: bool
    forgets_after: timedelta
    adopt_per_hour: int = 0

    @property
    def homes(self) -> HomeBook:
        """The homes of the present policy's tiers."""
        return self.policies.homes

    def look(self, claim: Claim, before: TicketRecord | None = None, note: NoteRef | None = None) -> Seen:
        """Read the ticket and work its clocks out; writes nothing. Raises what the adapter raises.

        ``before``: the ticket as this very turn read it before, if it did; ``note``: the one that it has just written.
        """
        connection, ticket = claim.connection, claim.ticket
        homes = self.homes.current()
        state = self.connection.state()
        stored, steps = self.journal.recall(connection, ticket, f"{connection}/{ticket}/")
        anew = bool(claim.mail or claim.attempts or claim.is_parked or before or open_saga(steps))
        record = self.system.tickets.read(TicketId(ticket), note, anew=anew, ours=state.accounts)
        if record.id != ticket:
            # Each adapter refuses it as well; nothing must ever be done to a ticket that nobody asked for.
            raise PayloadError(f"ticket {ticket}: id", "the answer is another ticket's")
        record = self._with_own_notes(record, state, steps)
        if handed_in := [step for step in steps if step.n == StepKind.COMMANDED]:
            record = with_handed_in(record, handed_in)
        is_ours = _is_updated_by_us(record)
        if is_ours:
            # That tells nothing: our note may be that update.
            record = replace(record, updated_by="", updater=Doer.UNKNOWN)
        last_look = before.read_at if before else None
        acting_since = _acting_since(claim, steps, last_look)
        if before is not None and _is_as_before(before, record, is_ours=is_ours):
            acting_since = None
        known, new = self._changes(claim, record, stored, homes, state, last_look or _last_look(claim), acting_since)
        unplanned = (claim.snapshot or {}).get(UNPLANNED, ())
        judged = self.judge(record, (*known, *new), heard_by(steps), unplanned)
        if judged.decision.stint is not None:
            new = (*new, *plan_sighted(judged.decision.stint.plan, known))
        return Seen(claim, record, known, new, judged.homes, steps, judged.decision, judged.policy)

    def _with_own_notes(self, record: TicketRecord, state: ConnectionState, steps: Sequence[Step]) -> TicketRecord:
        """The ticket with our own notes marked as such, by whichever of our accounts they are.

        An account is kept before it writes anything; one that its system does not tell, as soon as something of it is
        there. So the account may change while an escalation is half done.
        """
        marks = Marks(state.marker_key)
        account = record.read_as or marks.writer_of(unanswered(steps), record.entries)
        if account and account not in state.accounts:
            self.connection.add_account(account)
        ours = state.accounts | ({account} if account else set())
        return replace(record, entries=marks.recognise(record.entries, ours))

    def _changes(
        self,
        claim: Claim,
        record: TicketRecord,
        known: tuple[Change, ...],
        homes: Homes,
        state: ConnectionState,
        last_look: datetime | None,
        acting_since: datetime | None,
    ) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
        aspects = EVERY
        surveys = [mail.received_at for mail in claim.mail if mail.source is Source.SWEEP]
        adopted_at = adoption_of(surveys[0] if surveys else None, record, state)
        if record.history_of:
            known, aspects = with_history(record, known)
            if "read_at" in (claim.snapshot or {}):
                adopted_at = None  # it was met before: a survey after a change of policy finds nothing new
        watched = homes.is_watched(record.place)
        new = observe(record, known, is_watched=watched, adopted_at=adopted_at, aspects=aspects, last_look=last_look)
        if not aspects.intersection(BEGINS_STINTS):
            acting_since = None
        moments = [moment for moment in (untold(new), acting_since) if moment is not None]
        if not moments:
            return known, new
        traces = self.trails.of(record.id, min(moments))
        new = dated(new, traces)
        return known, new if acting_since is None else self.trails.with_detours(
            record, known, new, traces, acting_since
        )

    def judge(
        self, record: TicketRecord, changes: Sequence[Change], heard: Mapping[str, str], unplanned: Collection[str] = ()
    ) -> Judged:
        """Work the clocks of a ticket out by the present policy; its running stint may keep an earlier one's limits.

        ``heard``: the stints in which commands were heard (see ``heard_by``); ``unplanned``: entries that held no plan.
        """
        state = self.connection.state()
        policy, homes = self.policies.present.for_ticket(record, self.homes.current())
        timeline = build_timeline(
            record,
            sorted(changes, key=lambda change: change.at),
            policy,
            homes,
            adopted_at=state.adopted_at if self.adopts_from_now else None,
            adopted_tiers=self._adopted(policy, state),
            first_started_at=state.first_started_at,
            unplanned=unplanned,
            turns=self._turns(record, changes, state, policy, homes),
            forgets_after=self.forgets_after,
        )
        if timeline.current and any(entry.author.kind is AuthorKind.AGENT for entry in record.entries):
            timeline = replace(timeline, staff=self.staff.colleagues(policy, homes))
        if heard and any(map(is_handed_in, record.entries)):
            timeline = heard_in_time(timeline, heard)
        managers = self.staff.managers(policy) if any(map(says_something, record.entries)) else {}
        commands = read_commands(timeline, policy, managers, heard)
        now = self.now()
        decision = evaluate(timeline, policy, now, commands)
        earlier = self._earlier_limits(timeline, policy, state)
        if earlier is not None and timeline.current is not None:
            limited = policy.with_limits_of(timeline.current.tier, earlier.tier)
            kept = evaluate(timeline, limited, now, commands)
            policy, decision = limited, replace(kept, kept=_kept(kept, decision, earlier, policy.version))
        return Judged(decision, policy, homes)

    def _adopted(self, policy: Policy, state: ConnectionState) -> Mapping[int, datetime]:
        """From when on the clocks count of what each tier held before; empty where they count from their history."""
        if not self.adopts_from_now:
            return {}
        return {tier.number: state.adopted_of(tier_key(policy.ladder, tier.name)) for tier in policy.tiers}

    def _turns(
        self, record: TicketRecord, changes: Sequence[Change], state: ConnectionState, policy: Policy, homes: Homes
    ) -> Turns | None:
        """How it stands with the turn of a ticket that was adopted; None where its clock begins with the adoption.

        The database is asked for tickets alone that are older than an adoption that is paced.
        """
        kept = state.state.get(PACED_FROM)
        if kept is None or not self.adopts_from_now:
            return None
        paced_from = datetime.fromisoformat(kept)
        number = homes.tier_at(record.place)
        of_tier = [] if number is None else [self._adopted(policy, state)[number]]
        adoptions = [state.adopted_at, *of_tier, *(change.at for change in changes if change.how == ADOPTED)]
        if not any(paced_from <= at and record.entered_at < at for at in adoptions):
            return None
        found = Adoptions(self.journal.store).of(self.connection.id, str(record.id))
        if found is None:
            return Turns(paced_from) if self.adopt_per_hour else None
        return Turns(paced_from, found.since, found.begins_at)

    def _earlier_limits(self, timeline: Timeline, policy: Policy, state: ConnectionState) -> EarlierLimits | None:
        """The limits that the running stint began with, where no adoption or trial lies between: what those met begins
        with them, or when they end.
        """
        stint = timeline.current
        if stint is None:
            return None
        tier = policy.tier(stint.tier)
        since = state.binding_from(stint.expected_from, tier_key(policy.ladder, tier.name))
        return self.policies.limits_kept(policy.ladder, tier, since)


def _kept(kept: Decision, present: Decision, earlier: EarlierLimits, version: str) -> KeptLimit | None:
    """What is to be said of a limit that is kept; None where the stage that is owed has the same one in both."""
    if kept.clock is None or present.clock is None or kept.clock.limit_minutes == present.clock.limit_minutes:
        return None
    clock = present.clock
    return KeptLimit(earlier.version, earlier.since, version, clock.limit_minutes, clock.due_at)


def _last_look(claim: Claim) -> datetime | None:
    """When the turn before read the ticket."""
    read_at = (claim.snapshot or {}).get("read_at")
    return datetime.fromisoformat(read_at) if isinstance(read_at, str) else None


def _acting_since(claim: Claim, steps: Iterable[Step], last_look: datetime | None) -> datetime | None:
    """Since when people may have acted on an open escalation unseen; None where there is none."""
    pending = open_saga(steps)
    if pending is None:
        return None
    note, _ = pending
    return last_look or max(note.at, _last_look(claim) or note.at)


def _is_updated_by_us(record: TicketRecord) -> bool:
    """Whether a ticket's last update is in the name of the account that our notes stand in."""
    authors = [entry.author for entry in record.entries if entry.author.kind is AuthorKind.CONNECTOR]
    return record.updated_by in {name for author in authors for name in (author.name, author.identifier)}


def _is_as_before(before: TicketRecord, record: TicketRecord, *, is_ours: bool) -> bool:
    """Whether nobody has done anything to a ticket since this turn read it, by what the ticket itself tells.

    It is as it was, and its last update is our own note, or none was since. Then a trail has nothing to add: whoever
    came and went between the reading and the note would have to have done both within that moment.
    """
    if any(is_different(before.present(aspect), record.present(aspect)) for aspect in Aspect):
        return False
    is_quiet = record.updated_at == before.updated_at and before.read_at - before.updated_at >= SETTLED
    return is_quiet or (is_ours and record.read_at - before.read_at <= SETTLED)


def adoption_of(surveyed_at: datetime | None, record: TicketRecord, state: ConnectionState) -> datetime | None:
    """The moment from which a ticket that was already open counts, if it is met for the first time now.

    ``surveyed_at``: when a survey found it; None where none did. While the open tickets are surveyed, and a little
    longer, a webhook may be faster than the survey.
    """
    rung_at = datetime.fromisoformat(state.state[RUNG_AT])
    if state.swept_at is None:
        moment = state.first_started_at
    elif SURVEYED not in state.state or record.read_at - rung_at < SURVEY_GRACE:
        moment = rung_at
    elif surveyed_at is not None:
        moment = surveyed_at
    else:
        return None
    return moment if record.entered_at < moment else None
