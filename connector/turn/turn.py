"""One turn of a ticket: look at it, do what is owed, and say when to look again.

The order: finish what an earlier turn began; answer what people ordered; escalate where that is demanded; else warn and
remind. Whoever holds the mailbox row runs the turn; nothing is remembered between turns but what the database holds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.errors import ConnectorError, NotFound, OutcomeUnknown, Permanent, VisibleNote
from connector.model import Change, Ownership, Person
from connector.notes.escalation_note import compose
from connector.notes.first_lines import first_lines
from connector.notes.marker import Marks
from connector.notes.material import EscalationNote
from connector.policy.policy import QUEUE, Policy
from connector.rules.escalation import Demand, Documentation, demand_of
from connector.rules.history import last_move_did_not_hold, moves_by_us
from connector.rules.limits import Decision, Verdict
from connector.store.database.errors import LeaseLost
from connector.store.records import AuditEvent, Claim, Effect, Event, Failed, Outcome, Step
from connector.turn import outcomes
from connector.turn.announcements import TOLD, Announcer
from connector.turn.assignment import Assigner
from connector.turn.duties import Duties, Situation, duties_of
from connector.turn.escalate import MOVE_PAUSE, MOVE_TRIES, Escalator, MoveDidNotHold, NoteWasVisible
from connector.turn.escalation import Carried, Destination, Escalation, earlier, facts_of
from connector.turn.look import Seen, TicketReader
from connector.turn.resume import GivenUp, resume
from connector.turn.saga import StepKind, heard_by, heard_in, is_carried_out, open_saga, saga_named, tries_of
from connector.turn.speak import Speaker

OWNER_STAYS = "owner_stays"
"""Remembered of a ticket system that does not let a ticket's owner be removed."""

NOTES_STOPPED = "notes_stopped"
"""Remembered of a ticket system that showed an internal note to the client."""

CRASH_RETRY = timedelta(seconds=60)

MOVES_WITHIN = timedelta(hours=24)
"""The time within which the moves of a ticket to the same tier are counted."""


class Crashed(ConnectorError):
    """A turn met an error that nobody thought of. What that error says may hold anything: it is in the log alone."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"unexpected {type(error).__name__}; see the log")


class NotesStopped(Permanent):
    """An internal note came back visible: no more are written on this connection until a person says so."""


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """What a turn needs to know beyond the policy. ``dead_letter_after``: how long a failing turn is retried.

    ``notify_targets``: how many targets are told of escalations and alarms.
    """

    is_enforcing: bool
    adopts_from_now: bool = True
    dead_letter_after: timedelta = timedelta(hours=24)
    notify_targets: int = 0


class TicketTurn:
    """Takes the turns of one connection's tickets. Safe for several threads."""

    def __init__(self, reader: TicketReader, settings: TurnSettings, jitter: random.Random) -> None:
        self.reader = reader
        self.settings = settings
        self.jitter = jitter
        self.system = reader.system
        self.journal = reader.journal
        self.connection = reader.connection
        self.now = reader.now
        self.announcer = Announcer(self.connection.id, settings.notify_targets)
        self.assigner = Assigner(self.system, self.connection, keeps_turns=settings.is_enforcing)

    def take(self, claim: Claim) -> Outcome | None:
        """Run the turn. None means the lease was lost: another worker has the ticket and nothing is to be kept."""
        try:
            return self._take(claim)
        except LeaseLost:
            return None
        except NotFound as error:
            return outcomes.gone(claim, str(error), self.now())
        except MoveDidNotHold as error:
            return self._failed(claim, error, retry_in=MOVE_PAUSE, is_dead=error.tries >= MOVE_TRIES, since=error.since)
        except VisibleNote as error:
            stop = {"ticket": claim.ticket, "at": self.now().isoformat(), "why": str(error)}
            self.connection.remember(NOTES_STOPPED, stop)
            return self._failed(claim, error, retry_in=MOVE_PAUSE, is_dead=True)
        except (NotesStopped, NoteWasVisible) as error:
            return self._failed(claim, error, retry_in=MOVE_PAUSE, is_dead=True)
        except OutcomeUnknown as error:
            return self._failed(claim, error, retry_in=timedelta(seconds=self.system.settle_seconds))
        except ConnectorError as error:
            return self._failed(claim, error, retry_in=outcomes.backoff(claim, error, self.jitter.random()))

    def crashed(self, claim: Claim, error: Exception) -> Failed:
        """The outcome of a turn that ended in a way nobody thought of: a failure like any other."""
        return self._failed(claim, Crashed(error), retry_in=CRASH_RETRY)

    def _take(self, claim: Claim) -> Outcome:
        seen = self.reader.look(claim)
        documentation = Documentation(seen.decision)
        demand = demand_of(seen.decision, seen.policy, documentation)
        pending = open_saga(seen.steps) if self.settings.is_enforcing else None
        if pending is None:
            return self._decide(seen, demand, documentation)
        resumed = resume(self._escalator(seen.policy), seen, *pending, demand)
        if isinstance(resumed, Carried):
            return self._moved(seen, resumed, seen.new)
        if isinstance(resumed, GivenUp):
            return self._decide(replace(seen, new=()), demand, documentation, has_acted=True)
        return self._decide(seen, demand, documentation)

    def _decide(
        self, seen: Seen, demand: Demand | None, documentation: Documentation, *, has_acted: bool = False
    ) -> Outcome:
        """Do what is owed now. ``has_acted``: the audit trail says already why nothing was written."""
        duties = duties_of(self._situation(seen, seen.decision, documentation), demand)
        self._fulfil(seen, duties)
        if demand is None:
            return outcomes.finished(seen.claim, seen.decision, seen.new, duties.wake_at, has_acted=has_acted)
        saga = saga_named(self.connection.id, seen.decision, demand.key)
        done = next((step for step in seen.steps if step.saga == saga and is_carried_out(step)), None)
        if done is not None:
            return self._already_escalated(seen, saga, done, duties.wake_at)
        if not self.settings.is_enforcing:
            return self._would_escalate(seen, demand, saga, duties.wake_at)
        return self._escalate(seen, demand, saga)

    def _situation(self, seen: Seen, decision: Decision, documentation: Documentation) -> Situation:
        return Situation(
            self.connection.id,
            decision,
            seen.policy,
            seen.steps,
            documentation,
            people=lambda: self.reader.staff.called_by(seen.policy.final),
            is_observing=not self.settings.is_enforcing,
        )

    # -- short notes -------------------------------------------------------------------------------------------

    def _fulfil(self, seen: Seen, duties: Duties) -> None:
        """Say what is to be said, each once, and put people on the ticket."""
        if not (duties.says or duties.add_people):
            return
        speaker = Speaker(self.system, self.journal, self._marks())
        if not self.settings.is_enforcing:
            for say in duties.says:
                speaker.would_say(seen.claim, say)
            return
        if duties.says:
            self._refuse_while_notes_are_stopped(seen)
        for say in duties.says:
            messages = self.announcer.told(say.saga, seen.record, say.lines[0]) if say.is_announced else ()
            speaker.say(seen.claim, seen.record, seen.steps, say, messages)
        if duties.add_people:
            wanted = dict.fromkeys(seen.policy.final.people.values())
            found = (self.reader.staff.find(name) for name in wanted if name)
            people = [person for person in found if person is not None and person.is_active]
            speaker.add_people(seen.claim, seen.record, duties.add_people, people)

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
        raise NotesStopped(
            f"no notes are written since {stop['at']}, because one on ticket {stop['ticket']} came back visible to "
            "the client; mend the ticket system's settings, then replay this dead letter"
        )

    # -- escalations -------------------------------------------------------------------------------------------

    def _escalator(self, policy: Policy) -> Escalator:
        return Escalator(
            self.system,
            self.journal,
            self._marks(),
            policy,
            self.assigner,
            self.announcer,
            owner_stays=self._owner_stays(),
        )

    def _owner_stays(self) -> bool:
        return bool(self.connection.state().state.get(OWNER_STAYS))

    def _escalate(self, seen: Seen, demand: Demand, saga: str) -> Outcome:
        self._refuse_while_notes_are_stopped(seen)
        escalator = self._escalator(seen.policy)
        escalation, note = self._worked_out(escalator, seen, demand, saga)
        self._refuse_to_climb_for_ever(seen, escalation)
        return self._moved(seen, escalator.carry_out(seen, escalation, note, self.now()), ())

    def _refuse_to_climb_for_ever(self, seen: Seen, escalation: Escalation) -> None:
        """Of one ticket at most three moves to the same tier in a day, whatever sent it back; then people are told."""
        place, now = escalation.target.place, self.now()
        made = moves_by_us(seen.changes, place, now - MOVES_WITHIN) if place is not None else []
        if len(made) >= MOVE_TRIES and not seen.is_replayed_since(made[-1].at):
            raise MoveDidNotHold(
                f"ticket {seen.record.id}: the connector moved it to {place} {len(made)} times within a day, and it "
                "came back each time; nothing was written. Find the rule in the ticket system, or ask who sends it "
                "back, then replay this dead letter",
                MOVE_TRIES,
                made[-1].at,
            )

    def _moved(self, seen: Seen, carried: Carried, unsaved: tuple[Change, ...]) -> Outcome:
        """The ticket's next clock, worked out from what came back: no further call is needed.

        ``unsaved``: changes that were seen and are not stored yet.
        """
        if carried.cleared_owner and carried.owner_stays != self._owner_stays():
            self.connection.remember(OWNER_STAYS, carried.owner_stays or None)
        heard = {**heard_in(seen.decision), **heard_by(seen.steps)}
        decision = self.reader.judge(carried.record, (*seen.changes, *carried.changes), heard).decision
        if carried.is_final:
            # The ticket stays where it is; what is owed after a final escalation is looked at in a turn of its own.
            wake_at: datetime | None = self.now()
        else:
            wake_at = duties_of(self._situation(seen, decision, Documentation(decision)), None).wake_at
        finished = outcomes.finished(
            seen.claim, _settled(decision), (*unsaved, *carried.changes), wake_at, has_acted=True
        )
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
        """Observe mode: what would have been written goes to the audit trail, once, and nowhere else."""
        if seen.step(saga, StepKind.WOULD):
            return outcomes.finished(seen.claim, _settled(seen.decision), seen.new, wake_at)
        escalation, note = self._worked_out(self._escalator(seen.policy), seen, demand, saga)
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
        )
        facts = facts_of(decision, plan, demand, people, is_enforcing=self.settings.is_enforcing)
        return replace(plan, facts={**facts, TOLD: first_lines(note)}), compose(note, self.system.note_limit)

    # -- finishing ---------------------------------------------------------------------------------------------

    def _failed(
        self,
        claim: Claim,
        error: ConnectorError,
        *,
        retry_in: timedelta,
        is_dead: bool = False,
        since: datetime | None = None,
    ) -> Failed:
        now = self.now()
        has_failed_for = now - (claim.failing_since or now)
        is_dead = is_dead or has_failed_for >= self.settings.dead_letter_after
        failed = outcomes.failed(claim, error, now, retry_in, is_dead=is_dead)
        if not is_dead:
            return failed
        since = since or claim.failing_since or now
        alarm = self.announcer.alarm(f"{claim.ticket}/{since.isoformat()}", claim.ticket, str(error))
        return replace(failed, deliveries=tuple(alarm))


def _settled(decision: Decision) -> Decision:
    """A breach that was dealt with wants no further look by itself."""
    return replace(decision, wake_at=None) if decision.verdict is Verdict.BREACHED else decision
