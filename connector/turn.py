"""One turn of a ticket: read it, rebuild its clocks, act, and say when to look again.

Whoever holds the mailbox row runs the turn; nothing is remembered between turns but what the database holds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.contract import (
    ConnectorError,
    NotFound,
    OutcomeUnknown,
    Permanent,
    Temporary,
    TicketSystem,
    VisibleNote,
)
from connector.audit import AuditEvent
from connector.connection import ConnectionBook
from connector.escalation import (
    MOVE,
    MOVE_PAUSE,
    MOVE_TRIES,
    NOTE,
    Carried,
    Escalator,
    MoveDidNotHold,
    Plan,
    has_arrived,
    is_carried_out,
    is_over,
    own_note,
    saga_of,
)
from connector.evaluator import Decision, Verdict, evaluate
from connector.explanation import working
from connector.handoff import compose
from connector.handover import gather
from connector.history import last_move_did_not_hold
from connector.homes import HomeBook
from connector.journal import Journal, LeaseLost, Step, StepState
from connector.mailbox import Claim, Failed, Finished, Mailbox, Source
from connector.marks import Marks
from connector.model import Change, TicketId, TicketRecord
from connector.observation import observe
from connector.policy import FinalEscalation, Homes, Policy
from connector.store.connections import ConnectionState
from connector.timeline import Timeline, build_timeline

OWNER_STAYS = "owner_stays"
"""Remembered of a ticket system that does not let a ticket's owner be removed."""

NOTES_STOPPED = "notes_stopped"
"""Remembered of a ticket system that showed an internal note to the client."""

WOULD = 0
"""The step under which an observing connector journals what it would have done."""

GONE = frozenset({Verdict.ENDED, Verdict.NOT_WATCHED, Verdict.NOT_ESCALATABLE})
"""Verdicts after which a ticket needs no row: mail will bring it back."""

UNKNOWN_AGAIN = timedelta(minutes=15)
"""When to look again at what nobody can tell yet: somebody may name the status or mend the home meanwhile."""

BACKOFF_BASE_SECONDS = 5.0
BACKOFF_CAP_SECONDS = 600.0

Outcome = Finished | Failed


class NotesStopped(Permanent):
    """An internal note came back visible: no more are written on this connection until a person says so."""


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """What a turn needs to know beyond the policy. ``dead_letter_after``: how long a failing turn is retried."""

    is_enforcing: bool
    adopts_from_now: bool = True
    dead_letter_after: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as one turn finds it."""

    claim: Claim
    record: TicketRecord
    known: tuple[Change, ...]
    new: tuple[Change, ...]
    homes: Homes
    steps: tuple[Step, ...]
    decision: Decision


class TicketTurn:
    """Takes the turns of one connection's tickets. Safe for several threads."""

    def __init__(
        self,
        system: TicketSystem,
        mailbox: Mailbox,
        journal: Journal,
        policy: Policy,
        homes: HomeBook,
        connection: ConnectionBook,
        settings: TurnSettings,
        now: Callable[[], datetime],
        jitter: random.Random,
    ) -> None:
        self.system = system
        self.mailbox = mailbox
        self.journal = journal
        self.policy = policy
        self.homes = homes
        self.connection = connection
        self.settings = settings
        self.now = now
        self.jitter = jitter

    def take(self, claim: Claim) -> Outcome | None:
        """Run the turn. None means the lease was lost: another worker has the ticket and nothing is to be kept."""
        try:
            return self._take(claim)
        except LeaseLost:
            return None
        except NotFound as error:
            return self._gone(claim, str(error))
        except MoveDidNotHold as error:
            return self._failed(claim, error, retry_in=MOVE_PAUSE, is_dead=error.tries >= MOVE_TRIES)
        except VisibleNote as error:
            stop = {"ticket": claim.ticket, "at": self.now().isoformat(), "why": str(error)}
            self.connection.remember(NOTES_STOPPED, stop)
            return self._failed(claim, error, retry_in=MOVE_PAUSE, is_dead=True)
        except NotesStopped as error:
            return self._failed(claim, error, retry_in=MOVE_PAUSE, is_dead=True)
        except OutcomeUnknown as error:
            return self._failed(claim, error, retry_in=timedelta(seconds=self.system.settle_seconds))
        except ConnectorError as error:
            return self._failed(claim, error, retry_in=self._backoff(claim, error))

    # -- reading -----------------------------------------------------------------------------------------------

    def _take(self, claim: Claim) -> Outcome:
        seen = self.look(claim)
        pending = _open_saga(seen.steps)
        if pending is not None and self.settings.is_enforcing:
            return self._resume(seen, *pending)
        if seen.decision.verdict is not Verdict.BREACHED:
            return self._finished(seen, seen.decision, seen.new)
        saga = saga_of(self.system.name, seen.decision, self.policy)
        done = next((step for step in seen.steps if step.saga == saga and is_carried_out(step)), None)
        if done is not None:
            return self._already_escalated(seen, saga, done)
        if not self.settings.is_enforcing:
            return self._would_escalate(seen, saga)
        return self._escalate(seen)

    def look(self, claim: Claim) -> Seen:
        """Read the ticket and work its clocks out; writes nothing. Raises what the adapter raises."""
        connection, ticket = claim.connection, claim.ticket
        homes = self.homes.current()
        state = self.connection.state()
        record = self.system.read(TicketId(ticket))
        record = replace(record, entries=Marks(state.marker_key).recognise(record.entries))
        known, new = self._changes(claim, record, homes, state)
        timeline = self.timeline(record, (*known, *new), homes, state)
        steps = tuple(self.journal.steps(f"{connection}/{ticket}/"))
        decision = evaluate(timeline, self.policy, self.now())
        return Seen(claim, record, known, new, homes, steps, decision)

    def _changes(
        self, claim: Claim, record: TicketRecord, homes: Homes, state: ConnectionState
    ) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
        if self.system.keeps_history:
            return record.changes, ()
        known = tuple(self.mailbox.changes(claim.connection, claim.ticket))
        is_watched = homes.tier_at(record.place) is not None
        return known, observe(record, known, is_watched=is_watched, adopted_at=_adopted_at(claim, record, state))

    def timeline(
        self, record: TicketRecord, changes: Sequence[Change], homes: Homes, state: ConnectionState
    ) -> Timeline:
        """The ticket's stints, with what the connection says about adoption."""
        return build_timeline(
            record,
            sorted(changes, key=lambda change: change.at),
            self.policy,
            homes,
            adopted_at=state.adopted_at if self.settings.adopts_from_now else None,
            first_started_at=state.first_started_at,
        )

    # -- acting ------------------------------------------------------------------------------------------------

    def _escalator(self) -> Escalator:
        state = self.connection.state()
        return Escalator(
            self.system,
            self.journal,
            Marks(state.marker_key),
            self.policy,
            owner_stays=bool(state.state.get(OWNER_STAYS)),
        )

    def _refuse_while_notes_are_stopped(self, claim: Claim) -> None:
        """After a note came back visible to the client, no more are written until somebody replays a dead letter."""
        stop = self.connection.state().state.get(NOTES_STOPPED)
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
        text = self._note(seen, plan)
        carried = escalator.carry_out(
            seen.claim,
            plan,
            seen.record,
            text,
            [step for step in seen.steps if step.saga == plan.saga],
            self._facts(seen, plan),
            seen.new,
            (*seen.known, *seen.new),
            self.now(),
        )
        return self._moved(seen, carried)

    def _moved(self, seen: Seen, carried: Carried) -> Outcome:
        """The ticket's next clock, worked out from what came back: no further call is needed."""
        after, made = carried.record, carried.changes
        if carried.owner_stays != bool(self.connection.state().state.get(OWNER_STAYS)) and carried.cleared_owner:
            self.connection.remember(OWNER_STAYS, carried.owner_stays or None)
        changes = (*seen.known, *seen.new, *made)
        timeline = self.timeline(after, changes, seen.homes, self.connection.state())
        decision = evaluate(timeline, self.policy, self.now())
        if decision.verdict is Verdict.BREACHED:
            # The final escalation stays at its tier: it is done, and its follow-up has its own clock.
            decision = replace(decision, wake_at=None)
        return self._finished(seen, decision, (), has_acted=True)

    def _resume(self, seen: Seen, note: Step, move: Step | None) -> Outcome:
        """Go on with an escalation that an earlier turn began and did not finish."""
        escalator = self._escalator()
        marker = str(note.outcome["marker"])
        target = note.outcome["target"]
        assert isinstance(target, Mapping)
        stands = own_note(seen.record.entries, marker) is not None
        if stands and has_arrived(seen.record, target):
            outcome = {**note.outcome, "place": str(seen.record.place), "recovered": True}
            event = "escalated" if target["place"] else "final escalation"
            self.journal.done(
                seen.claim, note.saga, MOVE, outcome, changes=seen.new, audit=(AuditEvent(event, outcome),)
            )
            return self._finished(seen, self._settled(seen.decision), (), has_acted=True)
        why = self._why_not_to_go_on(seen, note, target, stands=stands)
        if why:
            if not stands:
                escalator.wait_until_settled(note, self.now())
            escalator.abandon(seen.claim, note.saga, why, note_stands=stands)
            return self._finished(seen, seen.decision, seen.new, has_acted=True)
        self._refuse_endless_moves(seen, move)
        if not stands:
            return self._escalate(seen)
        plan = self._plan_again(escalator, seen, note)
        steps = [step for step in seen.steps if step.saga == note.saga]
        carried = escalator.move(seen.claim, plan, seen.record, steps, note.outcome, (*seen.known, *seen.new))
        return self._moved(seen, carried)

    def _plan_again(self, escalator: Escalator, seen: Seen, note: Step) -> Plan:
        """The plan of an escalation whose note stands: decided then, finished now, whatever the clock says."""
        tier_number = note.outcome["from_tier"]
        assert isinstance(tier_number, int)
        tier = self.policy.tier(tier_number)
        plan = escalator.plan(replace(seen.decision, tier=tier), seen.homes, note.saga)
        return replace(plan, marker=str(note.outcome["marker"]))

    def _why_not_to_go_on(self, seen: Seen, note: Step, target: Mapping[str, str], *, stands: bool) -> str:
        record = seen.record
        if is_over(record, self.policy):
            return f"the ticket is {record.status.name if record.is_escalatable else record.why_not}"
        if record.place.key != target["from"]:
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
        tries = move.outcome.get("tries", 0)
        is_replayed = any(mail.source is Source.MANUAL and mail.received_at > move.at for mail in seen.claim.mail)
        if isinstance(tries, int) and tries >= MOVE_TRIES and not is_replayed:
            raise MoveDidNotHold(
                f"ticket {seen.record.id}: the move was turned back {tries} times; find the rule in the ticket "
                "system that does so, then replay this dead letter",
                tries,
            )

    def _already_escalated(self, seen: Seen, saga: str, done: Step) -> Outcome:
        """Nothing to do twice; but where a rule turned our move back, it is tried again, a few times."""
        if seen.decision.tier and self.policy.next_tier(seen.decision.tier) and self._was_turned_back(seen):
            tries = done.outcome.get("tries", 1)
            assert isinstance(tries, int)
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
        return self._finished(seen, self._settled(seen.decision), ())

    def _note(self, seen: Seen, plan: Plan) -> str:
        people = self._names(self.policy.final) if plan.is_final else {}
        handoff = gather(seen.decision, plan, self.policy, people, seen.steps)
        return compose(handoff, self.system.note_limit)

    def _names(self, final: FinalEscalation) -> dict[str, str]:
        """The names of those whom a final escalation calls. Raises UnknownName, Temporary."""
        configured = (final.sr_it_manager, final.service_desk_manager, final.account_manager)
        return {who: self.system.member(who).name for who in configured if who}

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
        """The turn's outcome. ``changes`` are those not stored yet; ``has_acted``: the audit trail says so already."""
        claim = seen.claim
        is_gone = decision.verdict in GONE
        snapshot = _snapshot(decision)
        again = decision.at + UNKNOWN_AGAIN if decision.verdict is Verdict.UNKNOWN else decision.wake_at
        return Finished(
            claim=claim,
            wake_at=again,
            due_at=decision.clock.due_at if decision.clock and decision.wake_at else None,
            snapshot=snapshot,
            done_mail=tuple(mail.id for mail in claim.mail),
            is_gone=is_gone,
            changes=changes,
            audit=tuple(_news(claim, decision, snapshot, has_acted=has_acted)),
        )

    def _gone(self, claim: Claim, why: str) -> Finished:
        event = _missed(claim, why, self.now()) or AuditEvent("gone", {"why": why})
        return Finished(
            claim=claim,
            wake_at=None,
            done_mail=tuple(mail.id for mail in claim.mail),
            is_gone=True,
            audit=(event,),
        )

    def _failed(self, claim: Claim, error: ConnectorError, *, retry_in: timedelta, is_dead: bool = False) -> Failed:
        now = self.now()
        since = claim.failing_since or now
        is_dead = is_dead or now - since >= self.settings.dead_letter_after
        detail = {"error": type(error).__name__, "message": str(error)}
        events = [AuditEvent("dead letter", detail)] if is_dead else []
        if not is_dead and claim.attempts == 0:
            events = [AuditEvent("turn failed", detail)]
        return Failed(claim=claim, error=str(error), retry_at=None if is_dead else now + retry_in, audit=tuple(events))

    def _backoff(self, claim: Claim, error: ConnectorError) -> timedelta:
        """Exponential with full jitter; what the ticket system asks for counts when it is longer."""
        ceiling = min(BACKOFF_CAP_SECONDS, BACKOFF_BASE_SECONDS * 2 ** min(claim.attempts, 10))
        seconds = ceiling / 2 + self.jitter.random() * ceiling / 2
        asked = error.retry_after if isinstance(error, Temporary) else None
        return timedelta(seconds=max(seconds, asked or 0.0))


def _adopted_at(claim: Claim, record: TicketRecord, state: ConnectionState) -> datetime | None:
    """The moment from which a ticket that was already open counts, if a survey of open tickets finds it now."""
    if state.swept_at is None:
        moment = state.first_started_at
    else:
        surveys = [mail.received_at for mail in claim.mail if mail.source is Source.SWEEP]
        if not surveys:
            return None
        moment = surveys[0]
    return moment if record.entered_at < moment else None


def _open_saga(steps: Iterable[Step]) -> tuple[Step, Step | None] | None:
    """The escalation whose note was begun and whose move is not done: its two steps."""
    notes = {step.saga: step for step in steps if step.n == NOTE}
    moves = {step.saga: step for step in steps if step.n == MOVE}
    for saga, note in notes.items():
        move = moves.get(saga)
        if move is None or move.state is StepState.BEGUN:
            return note, move
    return None


def _snapshot(decision: Decision) -> dict[str, object]:
    """What the status page, the poll and the next turn want to know; no text of the client's."""
    record, clock, stint = decision.record, decision.clock, decision.stint
    return {
        "version": record.updated_at.isoformat(),
        "read_at": record.read_at.isoformat(),
        "verdict": decision.verdict.value,
        "why": decision.why,
        "tier": decision.tier.name if decision.tier else None,
        "stint": stint.key if stint else None,
        "stage": clock.stage.value if clock else None,
        "due_at": clock.due_at.isoformat() if clock and clock.due_at else None,
        "limit_minutes": clock.limit_minutes if clock else None,
        "used_minutes": round(clock.used_minutes, 2) if clock else None,
        "counted_from": clock.counted_from.isoformat() if clock else None,
        "place": str(record.place),
        "owner": record.owner.identifier if record.owner else None,
        "status": record.status.name,
    }


def _news(claim: Claim, decision: Decision, snapshot: Mapping[str, object], *, has_acted: bool) -> Iterable[AuditEvent]:
    """Audit entries for what changed since the last turn; a turn that changes nothing leaves no trace."""
    if not has_acted and decision.verdict is not Verdict.BREACHED:
        missed = _missed(claim, decision.why, decision.at)
        if missed:
            yield missed
    before = claim.snapshot
    if before is None and decision.verdict in GONE:
        return
    told = ("verdict", "stint", "stage", "due_at")
    if before is None or any(before.get(key) != snapshot[key] for key in told):
        yield AuditEvent("clock", {key: snapshot[key] for key in (*told, "tier", "why", "limit_minutes")})


def _missed(claim: Claim, why: str, now: datetime) -> AuditEvent | None:
    """A deadline passed and nothing was written: the audit trail says why."""
    due = (claim.snapshot or {}).get("due_at")
    if not isinstance(due, str) or (claim.snapshot or {}).get("verdict") != Verdict.RUNNING.value:
        return None
    if datetime.fromisoformat(due) > now:
        return None
    return AuditEvent("nothing written", {"why": why, "due_at": due})
