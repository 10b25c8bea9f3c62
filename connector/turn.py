"""One turn of a ticket: look at it, act, and say when to look again.

Whoever holds the mailbox row runs the turn; nothing is remembered between turns but what the database holds.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.contract import ConnectorError, NotFound, OutcomeUnknown, Permanent, UnknownName, VisibleNote
from connector import outcomes
from connector.audit import AuditEvent
from connector.escalation import (
    MOVE_PAUSE,
    MOVE_TRIES,
    Carried,
    Errand,
    Escalator,
    MoveDidNotHold,
    NoteWasVisible,
    Plan,
    log_escalation,
)
from connector.evaluator import Decision, Verdict
from connector.explanation import working
from connector.handoff import compose
from connector.handover import gather
from connector.history import last_move_did_not_hold
from connector.journal import LeaseLost, Step
from connector.mailbox import Claim, Failed, Finished, Source
from connector.marks import Marks
from connector.model import Change, Target
from connector.policy import FinalEscalation
from connector.saga import (
    MOVE,
    WOULD,
    has_arrived,
    is_carried_out,
    is_over,
    open_saga,
    own_note,
    owner_stayed,
    saga_of,
    tries_of,
)
from connector.sight import Seen, Sight

OWNER_STAYS = "owner_stays"
"""Remembered of a ticket system that does not let a ticket's owner be removed."""

NOTES_STOPPED = "notes_stopped"
"""Remembered of a ticket system that showed an internal note to the client."""

Outcome = Finished | Failed


class NotesStopped(Permanent):
    """An internal note came back visible: no more are written on this connection until a person says so."""


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """What a turn needs to know beyond the policy. ``dead_letter_after``: how long a failing turn is retried."""

    is_enforcing: bool
    adopts_from_now: bool = True
    dead_letter_after: timedelta = timedelta(hours=24)


class TicketTurn:
    """Takes the turns of one connection's tickets. Safe for several threads."""

    def __init__(self, sight: Sight, settings: TurnSettings, jitter: random.Random) -> None:
        self.sight = sight
        self.settings = settings
        self.jitter = jitter
        self.system = sight.system
        self.journal = sight.journal
        self.policy = sight.policy
        self.connection = sight.connection
        self.now = sight.now

    def take(self, claim: Claim) -> Outcome | None:
        """Run the turn. None means the lease was lost: another worker has the ticket and nothing is to be kept."""
        try:
            return self._take(claim)
        except LeaseLost:
            return None
        except NotFound as error:
            return outcomes.gone(claim, str(error), self.now())
        except MoveDidNotHold as error:
            return self._failed(claim, error, retry_in=MOVE_PAUSE, is_dead=error.tries >= MOVE_TRIES)
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

    def _take(self, claim: Claim) -> Outcome:
        seen = self.sight.look(claim)
        pending = open_saga(seen.steps)
        if pending is not None and self.settings.is_enforcing:
            outcome = self._resume(seen, *pending)
            if outcome is not None:
                return outcome
            return self._decide(replace(seen, new=()), has_acted=True)
        return self._decide(seen)

    def _decide(self, seen: Seen, *, has_acted: bool = False) -> Outcome:
        """Act on what the clocks say now. ``has_acted``: the audit trail says already why nothing was written."""
        if seen.decision.verdict is not Verdict.BREACHED:
            return self._finished(seen, seen.decision, seen.new, has_acted=has_acted)
        saga = saga_of(self.system.name, seen.decision, self.policy)
        done = next((step for step in seen.steps if step.saga == saga and is_carried_out(step)), None)
        if done is not None:
            return self._already_escalated(seen, saga, done)
        if not self.settings.is_enforcing:
            return self._would_escalate(seen, saga)
        return self._escalate(seen)

    # -- acting ------------------------------------------------------------------------------------------------

    def _escalator(self) -> Escalator:
        marks = Marks(self.connection.state().marker_key)
        return Escalator(self.system, self.journal, marks, self.policy, owner_stays=self._owner_stays())

    def _owner_stays(self) -> bool:
        return bool(self.connection.state().state.get(OWNER_STAYS))

    def _refuse_while_notes_are_stopped(self, claim: Claim) -> None:
        """After a note came back visible to the client, no more are written until somebody replays a dead letter."""
        stop = self.connection.fresh().state.get(NOTES_STOPPED)
        if stop is None:
            return
        stopped_at = datetime.fromisoformat(stop["at"])
        if any(mail.source is Source.MANUAL and mail.received_at > stopped_at for mail in claim.mail):
            self.connection.remember(NOTES_STOPPED, None)
            return
        raise NotesStopped(
            f"no notes are written since {stop['at']}, because one on ticket {stop['ticket']} came back visible to "
            "the client; mend the ticket system's settings, then replay this dead letter"
        )

    def _escalate(self, seen: Seen) -> Outcome:
        self._refuse_while_notes_are_stopped(seen.claim)
        escalator = self._escalator()
        plan = escalator.plan(seen.decision, seen.homes, saga_of(self.system.name, seen.decision, self.policy))
        errand = self._errand(seen, plan, self._facts(seen, plan))
        return self._moved(seen, escalator.carry_out(errand, self._note(seen, plan), self.now()))

    def _errand(self, seen: Seen, plan: Plan, facts: Mapping[str, object]) -> Errand:
        return Errand(seen.claim, plan, seen.record, seen.steps, facts, (*seen.known, *seen.new), seen.new)

    def _moved(self, seen: Seen, carried: Carried) -> Outcome:
        """The ticket's next clock, worked out from what came back: no further call is needed."""
        if carried.cleared_owner and carried.owner_stays != self._owner_stays():
            self.connection.remember(OWNER_STAYS, carried.owner_stays or None)
        decision = self.sight.judge(carried.record, (*seen.known, *seen.new, *carried.changes), seen.homes)
        if decision.verdict is Verdict.BREACHED:
            # The final escalation stays at its tier: it is done, and its follow-up has its own clock.
            decision = replace(decision, wake_at=None)
        return self._finished(seen, decision, (), has_acted=True)

    def _resume(self, seen: Seen, note: Step, move: Step | None) -> Outcome | None:
        """Go on with an escalation that an earlier turn began and did not finish; None when it was given up."""
        escalator = self._escalator()
        marker = str(note.outcome["marker"])
        target = note.outcome["target"]
        assert isinstance(target, Mapping)
        stands = own_note(seen.record.entries, marker) is not None
        if stands and has_arrived(seen.record, target):
            if owner_stayed(seen.record, target) and not self._owner_stays():
                tier = self.policy.tier(int(note.outcome["from_tier"]))
                plan = Plan(note.saga, marker, tier, self.policy.next_tier(tier), Target(), "")
                escalator.say_that_owner_stays(self._errand(seen, plan, note.outcome), seen.record)
            outcome = {**note.outcome, "place": str(seen.record.place), "recovered": True}
            event = "escalated" if target["place"] else "final escalation"
            self.journal.done(
                seen.claim, note.saga, MOVE, outcome, changes=seen.new, audit=(AuditEvent(event, outcome),)
            )
            log_escalation(event, self.system.name, seen.record, outcome)
            return self._finished(seen, self._settled(seen.decision), (), has_acted=True)
        why = self._why_not_to_go_on(seen, note, target, stands=stands)
        if why:
            if not stands:
                escalator.wait_until_settled(note, self.now())
            escalator.abandon(seen.claim, note.saga, why, note_stands=stands, changes=seen.new)
            return None
        self._refuse_endless_moves(seen, move)
        if not stands:
            return self._escalate(seen)
        plan = self._plan_again(escalator, seen, note)
        return self._moved(seen, escalator.move(self._errand(seen, plan, note.outcome)))

    def _plan_again(self, escalator: Escalator, seen: Seen, note: Step) -> Plan:
        """The plan of an escalation whose note stands: decided then, finished now, whatever the clock says."""
        tier = self.policy.tier(int(note.outcome["from_tier"]))
        plan = escalator.plan(replace(seen.decision, tier=tier), seen.homes, note.saga)
        return replace(plan, marker=str(note.outcome["marker"]))

    def _why_not_to_go_on(self, seen: Seen, note: Step, target: Mapping[str, str], *, stands: bool) -> str:
        record = seen.record
        if is_over(record, self.policy):
            return f"the ticket is {record.status.name if record.is_escalatable else record.why_not}"
        if int(note.outcome["from_tier"]) > len(self.policy.tiers):
            return "the policy no longer has the tier that the ticket was to leave"
        if seen.homes.tier_at(record.place) != int(note.outcome["from_tier"]):
            return f"the ticket was moved to {record.place} meanwhile"
        if not stands and (
            seen.decision.verdict is not Verdict.BREACHED
            or saga_of(self.system.name, seen.decision, self.policy) != note.saga
        ):
            return seen.decision.why
        return ""

    def _refuse_endless_moves(self, seen: Seen, move: Step | None) -> None:
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

    def _already_escalated(self, seen: Seen, saga: str, done: Step) -> Outcome:
        """Nothing to do twice; but where a rule turned our move back, it is tried again, a few times."""
        if seen.decision.tier and self.policy.next_tier(seen.decision.tier) and self._was_turned_back(seen):
            tries = tries_of(done)
            self.journal.begin(seen.claim, saga, MOVE, done.outcome, seen.new)
            raise MoveDidNotHold(
                f"ticket {seen.record.id}: a rule of the ticket system turned the move back; try {tries} of "
                f"{MOVE_TRIES}",
                tries,
            )
        return self._finished(seen, self._settled(seen.decision), seen.new)

    def _was_turned_back(self, seen: Seen) -> bool:
        changes = sorted((*seen.known, *seen.new), key=lambda change: change.at)
        return last_move_did_not_hold(changes)

    def _settled(self, decision: Decision) -> Decision:
        return replace(decision, wake_at=None) if decision.verdict is Verdict.BREACHED else decision

    def _would_escalate(self, seen: Seen, saga: str) -> Outcome:
        """Observe mode: what would have been written goes to the audit trail, once, and nowhere else."""
        if any(step.saga == saga and step.n == WOULD for step in seen.steps):
            return self._finished(seen, self._settled(seen.decision), seen.new)
        plan = self._escalator().plan(seen.decision, seen.homes, saga)
        facts = {**self._facts(seen, plan), "note": self._note(seen, plan), "assignment": plan.assignment}
        self.journal.done(seen.claim, saga, WOULD, {}, changes=seen.new, audit=(AuditEvent("would escalate", facts),))
        log_escalation("would escalate", self.system.name, seen.record, facts)
        return self._finished(seen, self._settled(seen.decision), ())

    def _note(self, seen: Seen, plan: Plan) -> str:
        people = self._names(self.policy.final) if plan.is_final else {}
        handoff = gather(seen.decision, plan, self.policy, people, seen.steps)
        return compose(handoff, self.system.note_limit)

    def _names(self, final: FinalEscalation) -> dict[str, str]:
        """The names of those whom a final escalation calls; who is not known is called as configured."""
        names: dict[str, str] = {}
        for who in (final.sr_it_manager, final.service_desk_manager, final.account_manager):
            try:
                names[who] = self.system.member(who).name if who else ""
            except UnknownName:
                names[who] = who
        return names

    def _facts(self, seen: Seen, plan: Plan) -> dict[str, object]:
        """What the audit trail keeps of an escalation: who, from where, why, with the clock's working."""
        clock, stint = seen.decision.clock, seen.decision.stint
        assert clock is not None
        assert stint is not None
        assert clock.due_at is not None
        return {
            "reason": "Time",
            "mode": "enforce" if self.settings.is_enforcing else "observe",
            "from_tier": plan.tier.number,
            "from": plan.tier.name,
            "to_tier": plan.to.number if plan.to else None,
            "to": plan.to.name if plan.to else "final escalation",
            "stint": stint.key,
            "stage": clock.stage.value,
            "limit_minutes": clock.limit_minutes,
            "used_minutes": round(clock.used_minutes, 2),
            "due_at": clock.due_at.isoformat(),
            "act_at": clock.act_at.isoformat() if clock.act_at else None,
            "working": working(seen.decision),
        }

    # -- finishing ---------------------------------------------------------------------------------------------

    def _finished(
        self, seen: Seen, decision: Decision, changes: tuple[Change, ...], *, has_acted: bool = False
    ) -> Finished:
        return outcomes.finished(seen.claim, decision, changes, has_acted=has_acted)

    def _failed(self, claim: Claim, error: ConnectorError, *, retry_in: timedelta, is_dead: bool = False) -> Failed:
        now = self.now()
        has_failed_for = now - (claim.failing_since or now)
        is_dead = is_dead or has_failed_for >= self.settings.dead_letter_after
        return outcomes.failed(claim, error, now, retry_in, is_dead=is_dead)
