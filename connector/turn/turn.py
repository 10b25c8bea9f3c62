"""One turn of a ticket: look at it, do what is owed, and say when to look again.

The order: finish what an earlier turn began; answer what people ordered; escalate where that is demanded; else warn and
remind. Whoever holds the mailbox row runs the turn; nothing is remembered between turns but what the database holds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from connector.connection.absences import Absences
from connector.connection.brake import Brake
from connector.connection.gate import Gate
from connector.errors import ConnectorError, Permanent, VisibleNote
from connector.model import Aspect, Lane, Mode, Ownership, Person, Reason
from connector.notes.escalation_note import composed
from connector.notes.first_lines import first_lines
from connector.notes.marker import NOWHERE, Marks, Pages
from connector.notes.material import EscalationNote
from connector.notes.short_notes import not_moved
from connector.policy.modes import Modes
from connector.policy.policy import QUEUE, Policy
from connector.rules.escalation import Demand, Documentation, demand_of
from connector.rules.history import is_different, last_move_did_not_hold
from connector.rules.limits import Decision, Verdict
from connector.store.mailbox import Mailbox
from connector.store.pace.brake import BrakePlace, MustWait
from connector.store.records import AuditEvent, Braked, Claim, Effect, Event, Failed, Finished, Outcome, Step, StepState
from connector.systems.lanes import go_ahead
from connector.turn import outcomes
from connector.turn.announcements import TOLD, Announcer, Audience
from connector.turn.assignment import Assigner
from connector.turn.duties import ANSWER, Duties, Say, Situation, duties_of
from connector.turn.escalate import (
    MOVE_TRIES,
    Escalator,
    MoveDidNotHold,
    MoveRefused,
    refuse_to_climb_for_ever,
    unless_the_ticket_is_gone,
)
from connector.turn.escalation import Carried, Destination, Escalation, earlier, facts_of, trainings
from connector.turn.failures import NOTES_STOPPED, Failures, NotesStopped, cause_of, is_refusal
from connector.turn.look import Seen, TicketReader
from connector.turn.resume import go_on, resume
from connector.turn.saga import StepKind, heard_by, heard_in, is_carried_out, open_saga, saga_named, tries_of
from connector.turn.speak import Speaker
from connector.turn.stays import STAYS, Stay, is_held

log = structlog.get_logger("connector.turn")

GOES_ON = "goes on"
"""What stands for an escalation that was held open, and would go on, where that waits at the brake."""

OWNER_STAYS = "owner_stays"
"""Remembered of a ticket system that does not let a ticket's owner be removed."""


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """What a turn needs to know beyond the policy. ``modes``: how much is done to what each tier holds.

    ``dead_letter_after``: how long a failing turn is retried. ``audience``: who is told of escalations, warnings and
    alarms. ``adopt_per_hour``: so many adopted tickets' clocks begin in a working hour; ``escalations_per_hour``: so
    many escalations by time go up within an hour, on one connection; 0 for any number. ``keeps_for``: how long what is
    known of closed tickets is kept. ``pages``: where the notes' links lead.
    """

    modes: Modes
    adopts_from_now: bool = True
    dead_letter_after: timedelta = timedelta(hours=24)
    audience: Audience = field(default_factory=Audience)
    adopt_per_hour: int = 0
    escalations_per_hour: int = 0
    keeps_for: timedelta = timedelta(days=730)
    pages: Pages = NOWHERE


class TicketTurn:
    """Takes the turns of one connection's tickets. Safe for several threads."""

    def __init__(self, reader: TicketReader, settings: TurnSettings, jitter: random.Random, gate: Gate) -> None:
        self.reader = reader
        self.gate = gate
        self.settings = settings
        self.system = reader.system
        self.journal = reader.journal
        self.connection = reader.connection
        self.now = reader.now
        self.announcer = Announcer(self.connection.id, settings.audience, settings.pages)
        self.brake = Brake(self.connection.id, self.journal.store, settings.escalations_per_hour)
        mailbox = Mailbox(self.journal.store)
        absences = Absences(self.connection.id, self.system, reader.homes, mailbox, self.announcer.alarm, self.now)
        self.failures = Failures(
            self.system,
            self.connection,
            gate,
            absences,
            self.announcer,
            mailbox,
            self.now,
            jitter,
            settings.dead_letter_after,
        )
        self.assigner = Assigner(self.system, self.connection)

    def take(self, claim: Claim) -> Outcome | None:
        """Run the turn. None means the lease was lost: another worker has the ticket and nothing is to be kept."""
        try:
            outcome = self._take(claim)
            if claim.held_by and isinstance(outcome, Finished):
                self.failures.over(claim)
            return outcome
        except ConnectorError as error:
            return self.failures.outcome(claim, error)

    def crashed(self, claim: Claim, error: BaseException) -> Failed:
        """The outcome of a turn that ended in a way nobody thought of: a failure like any other."""
        return self.failures.crashed(claim, error)

    def _take(self, claim: Claim) -> Outcome:
        if (echo := outcomes.echo(claim, self.now())) is not None:
            return echo
        seen = self.reader.look(claim)
        self.gate.has_read()
        documentation = Documentation(seen.decision)
        demand = demand_of(seen.decision, seen.policy, documentation)
        try:
            outcome = self._act(seen, demand, documentation)
            return self._completed(outcome, seen) if isinstance(outcome, Finished) else outcome
        except Permanent as met:
            error = unless_the_ticket_is_gone(self.system, seen.record.id, met)
            if not is_refusal(error):
                raise
            trouble = self.failures.met(claim, error, seen)
            if isinstance(error, MoveRefused):
                self._correct(seen, error)
            return self.failures.refused(claim, error, trouble)

    def _act(self, seen: Seen, demand: Demand | None, documentation: Documentation) -> Outcome:
        pending = self._pending(seen)
        if demand is not None or pending is not None:
            is_asked = demand is None or bool(demand.requests) or demand.reasons != (Reason.TIME,)
            go_ahead(Lane.URGENT if is_asked else Lane.DUE)
        if pending is None:
            return self._decide(seen, demand, documentation)
        seen = self._kept(seen)
        note, move = pending
        if demand is not None and is_held(seen, note):
            place = self.brake.place_of(seen.decision, seen.policy, demand, f"{note.saga}/{GOES_ON}")
            if place is not None and self.brake.stops(place):
                duties = duties_of(self._situation(seen, seen.decision, documentation), demand)
                self._fulfil(seen, duties)
                return self._held_back(seen, place.wait, duties.wake_at)
        try:
            resumed = resume(self._escalator(seen.policy), seen, note, move, demand)
        except Permanent:
            # Whatever keeps the ticket from going up: what people command there is answered.
            self._say_besides(seen, duties_of(self._situation(seen, seen.decision, documentation), demand))
            raise
        if isinstance(resumed, Carried):
            return self._moved(seen, resumed)
        if isinstance(resumed, Stay):
            return self._stays(seen, note, resumed, demand)
        return self._decide(seen, demand, documentation, has_acted=resumed is not None)

    def _completed(self, outcome: Finished, seen: Seen) -> Finished:
        """The outcome with what else is known of the ticket: that it waits for its turn, and which stints are over."""
        outcome = outcomes.unbegun(outcome, seen.decision, seen.policy)
        outcome = outcomes.seen_elsewhere(outcome, seen.decision, seen.policy, seen.homes)
        return outcome if outcome.ended else outcomes.with_ended(outcome, seen.decision, seen.policy, seen.steps)

    def _pending(self, seen: Seen) -> tuple[Step, Step | None] | None:
        """The escalation that was begun, where it is to be finished: the mode of the tier that it leaves decides."""
        pending = open_saga(seen.steps)
        if pending is None:
            return None
        left = pending[0].outcome.get("from_tier")
        tiers = seen.policy.tiers
        tier = tiers[left - 1] if isinstance(left, int) and left <= len(tiers) else seen.decision.tier
        return pending if self.settings.modes.at(tier).moves else None

    def _mode(self, seen: Seen) -> Mode:
        """The mode of the ticket: that of what its tier holds."""
        return self.settings.modes.at(seen.decision.tier)

    def _correct(self, seen: Seen, error: MoveRefused) -> None:
        """Where the note stands and the move was refused, one short note says so, once an escalation."""
        saga = f"{error.saga}/refused"
        done = seen.step(saga, StepKind.SAID)
        if done is not None and done.state is StepState.DONE:
            return
        is_told = bool(self.settings.audience.alarmed)
        line = not_moved(error.to, error.tier, cause_of(error), is_told=is_told)
        self._say_besides(seen, Duties((Say(saga, "correction", (line,)),)))

    def _say_besides(self, seen: Seen, duties: Duties) -> None:
        """Say what is to be said on a ticket that is refused something; where that is refused as well, it is told, too.

        Raises VisibleNote and Temporary.
        """
        try:
            self._fulfil(seen, duties)
        except VisibleNote:
            raise
        except Permanent as error:
            log.warning("not said", connection=self.connection.id, ticket=seen.record.id, error=str(error))
            if is_refusal(error):
                self.failures.met(seen.claim, error, seen)

    def _decide(
        self, seen: Seen, demand: Demand | None, documentation: Documentation, *, has_acted: bool = False
    ) -> Outcome:
        """Do what is owed now. ``has_acted``: the audit trail says already why nothing was written."""
        duties = duties_of(self._situation(seen, seen.decision, documentation), demand)
        if self._mode(seen).writes and (demand is not None or duties.says or duties.add_people):
            seen = self._kept(seen)
        if any(say.what == ANSWER for say in duties.says):
            go_ahead(Lane.URGENT)
        self._fulfil(seen, duties)
        if demand is None:
            return outcomes.finished(seen.claim, seen.decision, seen.new, duties.wake_at, has_acted=has_acted)
        saga = saga_named(self.connection.id, seen.decision, demand.key)
        done = next((step for step in seen.steps if step.saga == saga and is_carried_out(step)), None)
        if done is not None:
            return self._already_escalated(seen, saga, done, duties.wake_at)
        if not self._mode(seen).moves:
            return self._would_escalate(seen, demand, saga, duties.wake_at)
        place = self.brake.place_of(seen.decision, seen.policy, demand, saga)
        free = place and self.brake.is_free(place, seen.decision)
        if place is not None and free is None:
            return self._held_back(seen, place.wait, duties.wake_at)
        act_at = seen.decision.clock.act_at if seen.decision.clock and demand.reasons == (Reason.TIME,) else None
        again = self.gate.waits_until(seen.claim, act_at) if act_at else None
        if again is not None:
            waits = outcomes.finished(seen.claim, seen.decision, seen.new, duties.wake_at, has_acted=has_acted)
            return replace(waits, wake_at=again)
        try:
            return self._escalate(seen, demand, saga, free)
        except MustWait as full:  # others were faster
            return self._held_back(seen, full.wait, duties.wake_at)

    def _held_back(self, seen: Seen, wait: Braked, wake_at: datetime | None) -> Outcome:
        """It is due, and waits at the brake: nothing is written, and a chore rings it when it may go up."""
        finished = outcomes.finished(seen.claim, _settled(seen.decision), seen.new, wake_at)
        return outcomes.held_back(finished, wait)

    def _kept(self, seen: Seen) -> Seen:
        """What a look saw is stored before the first write of its turn, whatever that is and however it ends.

        A system without a history dates a change by the ticket's last update, and a write of ours is one.
        """
        self.journal.keep(seen.claim, seen.new)
        return replace(seen, known=seen.changes, new=())

    def _situation(self, seen: Seen, decision: Decision, documentation: Documentation) -> Situation:
        return Situation(
            self.connection.id,
            decision,
            seen.policy,
            seen.steps,
            documentation,
            people=lambda: self.reader.staff.called_by(seen.policy.final),
            mode=self.settings.modes.at(decision.tier),
        )

    # -- short notes -------------------------------------------------------------------------------------------

    def _fulfil(self, seen: Seen, duties: Duties) -> None:
        """Say what is to be said, each once, and put people on the ticket."""
        if not (duties.says or duties.add_people):
            return
        speaker, mode = self._speaker(), self._mode(seen)
        for say in duties.says:
            if not say.is_written_in(mode):
                speaker.would_say(seen.claim, say)
        says = [say for say in duties.says if say.is_written_in(mode)]
        if says:
            self._refuse_while_notes_are_stopped(seen)
        for say in says:
            tier = seen.decision.tier
            messages = self.announcer.told(say.saga, seen.record, say.lines[0], tier, say.hears) if tier else ()
            speaker.say(seen.claim, seen.record, seen.steps, say, messages)
        if duties.add_people and mode.moves:
            wanted = dict.fromkeys(seen.policy.final.people.values())
            found = (self.reader.staff.find(name) for name in wanted if name)
            people = [person for person in found if person is not None and person.is_active]
            speaker.add_people(seen.claim, seen.record, duties.add_people, people)

    def _speaker(self) -> Speaker:
        return Speaker(self.system, self.journal, self._marks(), self.settings.pages)

    def _marks(self) -> Marks:
        return Marks(self.connection.state().marker_key)

    def _refuse_while_notes_are_stopped(self, seen: Seen) -> None:
        """After a note came back visible to the client, no more are written until somebody replays a dead letter."""
        stop = self.connection.fresh().state.get(NOTES_STOPPED)
        if stop is None:
            return
        if seen.is_replayed_since(datetime.fromisoformat(stop["at"])):
            if not self.connection.forget(NOTES_STOPPED, stop):
                self._refuse_while_notes_are_stopped(seen)  # stopped again since
                return
            self.failures.notes_go_on(seen.claim)
            return
        raise NotesStopped(
            f"no notes are written since {stop['at']}, because one on ticket {stop['ticket']} came back visible to "
            "the client; mend the ticket system's settings, then replay this dead letter"
        )

    # -- escalations -------------------------------------------------------------------------------------------

    def _escalator(self, policy: Policy, *, is_real: bool = True) -> Escalator:
        """``is_real``: whether it is to move anything; else nobody's turn is used up by what it plans."""
        return Escalator(
            self.system,
            self.journal,
            self._marks(),
            policy,
            replace(self.assigner, keeps_turns=is_real),
            self.announcer,
            owner_stays=self._owner_stays(),
        )

    def _owner_stays(self) -> bool:
        return bool(self.connection.state().state.get(OWNER_STAYS))

    def _escalate(self, seen: Seen, demand: Demand, saga: str, place: BrakePlace | None) -> Outcome:
        """Write the note, look at the ticket once more, and move it, unless somebody acted on it meanwhile.

        ``place``: what it takes at the brake, if it needs any. Raises MustWait where that is taken.
        """
        self._refuse_while_notes_are_stopped(seen)
        escalator = self._escalator(seen.policy)
        escalation, text = self._worked_out(escalator, seen, demand, saga)
        refuse_to_climb_for_ever(seen, escalation.target.place, self.now())
        written = escalator.write_note(seen, escalation, text, self.now(), place)
        escalation = replace(escalation, facts={**escalation.facts, "note": written.id})
        before, seen = seen.record, self._kept(self.reader.look(seen.claim, seen.record, written))
        demand_now = demand_of(seen.decision, seen.policy, Documentation(seen.decision))
        note = seen.step(saga, StepKind.NOTE)
        assert note is not None
        is_as_it_was = all(not is_different(before.present(one), seen.record.present(one)) for one in Aspect)
        planned = escalation if is_as_it_was else None
        outcome = go_on(self._escalator(seen.policy), seen, note, seen.step(saga, StepKind.MOVE), demand_now, planned)
        if isinstance(outcome, Carried):
            return self._moved(seen, outcome)
        return self._stays(seen, note, outcome, demand_now)

    def _stays(self, seen: Seen, note: Step, stay: Stay, demand: Demand | None) -> Outcome:
        """The ticket is not moved though its escalation's note stands: say so once, and do what else is owed."""
        saga = f"{note.saga}/{STAYS}/{stay.key}"
        said = seen.step(saga, StepKind.SAID)
        if stay.line and (said is None or said.state is not StepState.DONE):
            self._refuse_while_notes_are_stopped(seen)
            detail = {"saga": note.saga, "why": stay.why, "stays_open": True}
            event = () if stay.is_over else (AuditEvent(Event.ESCALATION_NOT_FINISHED, detail),)
            say = Say(saga, STAYS, (stay.line,), event, facts={"why": stay.why})
            Speaker(self.system, self.journal, self._marks(), self.settings.pages).say(
                seen.claim, seen.record, seen.steps, say
            )
        if stay.is_over:
            self._escalator(seen.policy).abandon(seen.claim, note.saga, stay.why, note_stands=True)
        return self._decide(seen, demand if stay.is_over else None, Documentation(seen.decision), has_acted=True)

    def _moved(self, seen: Seen, carried: Carried) -> Outcome:
        """The ticket's next clock, worked out from what came back: no further call is needed."""
        if carried.cleared_owner and carried.owner_stays != self._owner_stays():
            self.connection.remember(OWNER_STAYS, carried.owner_stays or None)
        heard = {**heard_in(seen.decision), **heard_by(seen.steps)}
        decision = self.reader.judge(carried.record, (*seen.changes, *carried.changes), heard).decision
        if carried.is_final:
            # The ticket stays where it is; what is owed after a final escalation is looked at in a turn of its own.
            wake_at: datetime | None = self.now()
        else:
            wake_at = duties_of(self._situation(seen, decision, Documentation(decision)), None).wake_at
        finished = outcomes.finished(seen.claim, _settled(decision), carried.changes, wake_at, has_acted=True)
        finished = outcomes.with_ended(finished, decision, seen.policy, seen.steps)
        finished = outcomes.echoing(finished, (seen.record.state, carried.record.state))
        return replace(finished, effect=carried.effect, audit=(*carried.audit, *finished.audit))

    def _already_escalated(self, seen: Seen, saga: str, done: Step, wake_at: datetime | None) -> Outcome:
        """Nothing to do twice; but where a rule turned our move back, it is tried again, a few times."""
        changes = sorted(seen.changes, key=lambda change: change.at)
        if seen.decision.tier and seen.policy.next_tier(seen.decision.tier) and last_move_did_not_hold(changes):
            tries = tries_of(done)
            self.journal.begin(seen.claim, saga, StepKind.MOVE, done.outcome, seen.new)
            raise MoveDidNotHold(
                f"ticket {seen.record.id}: a rule of the ticket system turned the move back; try {tries} of "
                f"{MOVE_TRIES}",
                tries,
            )
        return outcomes.finished(seen.claim, _settled(seen.decision), seen.new, wake_at)

    def _would_escalate(self, seen: Seen, demand: Demand, saga: str, wake_at: datetime | None) -> Outcome:
        """Where nothing is moved: what would have been goes to the audit trail, once, and nowhere else."""
        if seen.step(saga, StepKind.WOULD):
            return outcomes.finished(seen.claim, _settled(seen.decision), seen.new, wake_at)
        escalation, note = self._worked_out(self._escalator(seen.policy, is_real=False), seen, demand, saga)
        facts = {**escalation.facts, "note": note, "assignment": escalation.assignment}
        finished = outcomes.finished(seen.claim, _settled(seen.decision), seen.new, wake_at)
        would = AuditEvent(Event.WOULD_ESCALATE, facts)
        return replace(finished, effect=Effect(saga, StepKind.WOULD, {}), audit=(would, *finished.audit))

    def _worked_out(self, escalator: Escalator, seen: Seen, demand: Demand, saga: str) -> tuple[Escalation, str]:
        """What an escalation will do, and its note."""
        decision, policy = seen.decision, seen.policy
        kept = Destination.kept_in(seen.step(saga, StepKind.NOTE)).member
        plan = escalator.plan(decision, seen.homes, saga, kept)
        people = self.reader.staff.called_by(policy.final) if plan.is_final else ()
        owner, shown = plan.target.owner, decision.record.owner
        still_shown = shown.name if shown and owner is Ownership.NOBODY and escalator.owner_stays else ""
        note = EscalationNote(
            decision,
            demand,
            policy,
            plan.to,
            "" if plan.assigned_by == QUEUE and not still_shown else plan.assignment,
            plan.marker,
            people,
            earlier=tuple(earlier(seen.steps)),
            owner=owner.name if isinstance(owner, Person) else "",
            still_shown=still_shown,
            trainings=tuple(trainings(seen.steps)),
            page=self.settings.pages.of(self.connection.id, decision.record.id),
        )
        text, missing = composed(note, self.system.note_limit)
        facts = facts_of(decision, plan, demand, people, self._mode(seen), missing)
        return replace(plan, facts={**facts, TOLD: first_lines(note)}), text


def _settled(decision: Decision) -> Decision:
    """A breach that was dealt with wants no further look by itself."""
    return replace(decision, wake_at=None) if decision.verdict is Verdict.BREACHED else decision
