"""Carries an escalation out on a ticket system, step by step, each effect once.

The order, which a crash between any two steps neither loses nor repeats:

1. resolve where the ticket goes and who gets it there; nothing is written while that is unknown;
2. journal that the note is about to be written (guarded by the turn's fence);
3. look for the note's marker, and write the note only where it is not;
4. look at the ticket once more (``TicketTurn``): who acted on it while the note was written has the last word;
5. reassign, and prove it from what comes back;
6. hand the outcome back: its turn is finished with it, its audit entry and the changes made, in one transaction.

What becomes of an escalation whose note stands, also after a crash, ``resume`` tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.connection.names import first_known
from connector.errors import NotFound, OutcomeUnknown, Permanent, UnknownName, VisibleNote
from connector.model import Change, NoteRef, Ownership, Person, Place, Status, Target, TicketId, TicketRecord
from connector.notes.marker import Marks
from connector.notes.short_notes import note
from connector.policy.policy import QUEUE, Homes, Policy, Tier
from connector.rules.history import moved_by_us, moves_by_us
from connector.rules.limits import Decision
from connector.store.journal import Journal
from connector.store.pace.brake import BrakePlace
from connector.store.records import AuditEvent, Claim, Effect, Event
from connector.systems.contract import TicketSystem
from connector.turn.announcements import Announcer
from connector.turn.assignment import Assigner, Assignment
from connector.turn.escalation import Carried, Destination, Escalation, events_of
from connector.turn.look import Seen
from connector.turn.saga import StepKind, own_note, tries_of
from connector.turn.speak import wait_until_settled

MOVE_TRIES = 3
MOVE_PAUSES = (timedelta(minutes=1), timedelta(minutes=5))
"""How long to wait after the first and after the second move that did not hold."""

MOVES_WITHIN = timedelta(hours=24)
"""The time within which the moves of a ticket to the same tier are counted."""

NOT_THERE = "the place, the person or the status that it needs does not exist any more"
"""Why something is refused, where the ticket is there and the system says that something is not."""


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many moves that did not hold."""
    return MOVE_PAUSES[min(max(tries, 1), len(MOVE_PAUSES)) - 1]


class MoveDidNotHold(Permanent):
    """The ticket system accepted a reassignment and something changed it back.

    ``since``: the last move of several that did not last, of which people are told once, however often it is looked at.
    ``retry_in``: when it is tried again, as long as it is.
    """

    def __init__(
        self, message: str, tries: int, since: datetime | None = None, retry_in: timedelta | None = None
    ) -> None:
        self.tries = tries
        self.since = since
        self.retry_in = pause_after(tries) if retry_in is None else retry_in
        super().__init__(message)


class MoveRefused(Permanent):
    """The note of an escalation stands, and the ticket system refuses the move. ``to``: the tier; empty for none."""

    def __init__(self, error: Permanent, saga: str, to: str, tier: str) -> None:
        self.saga = saga
        self.to = to
        self.tier = tier
        super().__init__(str(error), error.cause)


class NoteWasVisible(Permanent):
    """An earlier try's note came back visible to the client: it is not repeated before somebody looked at it."""


@dataclass(frozen=True, slots=True)
class Escalator:
    """Carries escalations out on one connection. Safe for several threads.

    ``owner_stays``: the ticket system is known not to let a ticket's owner be removed.
    """

    system: TicketSystem
    journal: Journal
    marks: Marks
    policy: Policy
    assigner: Assigner
    announcer: Announcer
    owner_stays: bool

    # -- 1: what will be done -------------------------------------------------------------------------------

    def plan(
        self, decision: Decision, homes: Homes, saga: str, kept: str = "", *, has_moved: bool = False
    ) -> Escalation:
        """Where the ticket goes and who gets it. ``kept``: whom an earlier try chose; ``has_moved``: it took it there.

        Raises Permanent or Temporary while that is unknown.
        """
        tier = decision.tier
        assert tier is not None
        to = self.policy.next_tier(tier)
        if to is None:
            target, assignment = self._final(decision.record)
            return Escalation(saga, self.marks.marker(saga), tier, to, target, assignment)
        target, chosen = self._onward(to, decision, homes, kept, has_moved=has_moved)
        return Escalation(saga, self.marks.marker(saga), tier, to, target, chosen.words, chosen.how)

    def _onward(
        self, to: Tier, decision: Decision, homes: Homes, kept: str, *, has_moved: bool
    ) -> tuple[Target, Assignment]:
        place = homes.places.get(to.number)
        if place is None:
            why = homes.unresolved.get(to.number, f"tier {to.number} ({to.name}) has no home")
            raise Permanent(f"the ticket cannot go up: {why}; nothing was written", f"it cannot go up: {why}")
        if decision.record.place.is_within(place) and not has_moved:
            raise Permanent(
                f"the ticket cannot go up: the home of {to.name}, {place}, is around {decision.record.place}, so "
                "no move would show; name a team there (Board > Team). Nothing was written",
                f"the home of {to.name}, {place}, is around where the ticket is",
            )
        status: Status | None
        if to.status:
            status = first_known(to.status, lambda name: self.system.directory.status_in(place, name))
        else:
            status = self.system.directory.arrival_status(place, decision.record.status)
        chosen = self.assigner.choose(to, place, kept)
        if chosen.person is not None:
            return Target(place, chosen.person, status), chosen
        owner = decision.record.owner
        # An owner is removed only where there is one.
        target = Target(place, Ownership.KEEP if owner is None else Ownership.NOBODY, status)
        if owner is not None and self.owner_stays:
            stays = (
                f"{chosen.words}; {owner.name} is still shown as the owner, "
                "because the ticket system does not let the owner be removed"
            )
            return target, replace(chosen, words=stays)
        return target, replace(chosen, words=f"{chosen.words}, without an owner") if chosen.how == QUEUE else chosen

    def _final(self, record: TicketRecord) -> tuple[Target, str]:
        final = self.policy.final
        owner: Person | Ownership = Ownership.KEEP
        assignment = "the tier and the owner stay as they are"
        if final.sr_it_manager:
            try:
                person = first_known(final.sr_it_manager, self.system.directory.member)
            except UnknownName:
                assignment = f"the owner stays: {final.sr_it_manager}, the Sr IT Manager, is not known here"
            else:
                if person.is_active:
                    owner, assignment = person, f"{person.name} becomes the owner"
                else:
                    assignment = f"the owner stays: {person.name}, the Sr IT Manager, is not active"
        status = priority = None
        if final.status:
            status = first_known(final.status, lambda name: self.system.directory.status_in(record.place, name))
        if final.priority:
            priority = first_known(final.priority, self.system.directory.priority)
        return Target(None, owner, status, priority), assignment

    # -- 2 to 5: doing it -----------------------------------------------------------------------------------

    def write_note(
        self, seen: Seen, escalation: Escalation, text: str, now: datetime, place: BrakePlace | None = None
    ) -> NoteRef:
        """Write the escalation's note, unless it stands. ``place``: what it needs at the brake.

        Raises LeaseLost, Temporary, OutcomeUnknown, Permanent; each leaves the journal so that the next turn
        goes on where this one stopped. Raises MustWait, before anything is begun.
        """
        record = seen.record
        begun = seen.step(escalation.saga, StepKind.NOTE)
        written = own_note(record.entries, escalation.marker)
        if begun is not None and "visible" in begun.outcome and not seen.is_replayed_since(begun.at):
            raise NoteWasVisible(f"{begun.outcome['visible']} (nothing is written here until this is replayed)")
        if written is None and begun is not None:
            wait_until_settled(self.system, begun, now)
        target = Destination.of(escalation.target, record).kept()
        intent = {"marker": escalation.marker, "target": target, **escalation.facts}
        self.journal.begin(seen.claim, escalation.saga, StepKind.NOTE, intent, seen.new, place)
        if written is not None:
            return NoteRef(written.id, written.at)
        try:
            return self.system.tickets.write_note(record.id, text, escalation.marker, record)
        except VisibleNote as error:
            self.journal.begin(seen.claim, escalation.saga, StepKind.NOTE, {**intent, "visible": str(error)})
            raise
        except OutcomeUnknown as error:
            raise OutcomeUnknown(
                f"ticket {record.id}: no answer to the escalation note; it is looked for before anything is "
                "written again"
            ) from error

    def move(self, seen: Seen, escalation: Escalation) -> Carried:
        """Reassign, and tell what came of it. Raises MoveDidNotHold when something changed it back."""
        record, target = seen.record, escalation.target
        tries = tries_of(seen.step(escalation.saga, StepKind.MOVE)) + 1
        self.journal.require_held(seen.claim)
        try:
            moved = self.system.tickets.reassign(record.id, target, record)
        except Permanent as error:
            moved = self._moved_all_the_same(record.id, escalation, error)
        if moved.id != record.id:
            raise OutcomeUnknown(f"ticket {record.id}: moved, and answered with another ticket")
        # Whose ticket it is, no move changes, and not every system tells it again.
        client, contact = moved.client or record.client, moved.contact or record.contact
        after = replace(moved, entries=record.entries, client=client, contact=contact)
        made = moved_by_us(record, after, seen.changes)
        problem = _not_held(target, after)
        if problem:
            self.journal.begin(seen.claim, escalation.saga, StepKind.MOVE, {"tries": tries, "problem": problem}, made)
            raise MoveDidNotHold(
                f"ticket {record.id}: the move did not hold ({problem}); try {tries} of {MOVE_TRIES}", tries
            )
        is_cleared = target.owner is Ownership.NOBODY
        stays = is_cleared and after.owner is not None
        if stays and not self.owner_stays:
            self.say_that_owner_stays(seen, escalation, after)
        outcome = {
            **escalation.facts,
            "place": str(after.place),
            "status": after.status.name,
            "owner": after.owner.identifier if after.owner else "",
            "owner_stays": stays,
            "tries": tries,
        }
        carried = self.carried_out(escalation.saga, after, outcome, made, is_final=escalation.is_final)
        return replace(carried, cleared_owner=is_cleared, owner_stays=stays)

    def _moved_all_the_same(self, ticket: TicketId, escalation: Escalation, error: Permanent) -> TicketRecord:
        """The ticket as it stands, where a refused move was made: nobody is to be told then that it was not.

        Raises the refusal where it was made in part, MoveRefused where it was not, NotFound where the ticket is gone,
        and what else a read raises.
        """
        refused = unless_the_ticket_is_gone(self.system, ticket, error)
        found = self.system.tickets.read(ticket)
        target = escalation.target
        is_there = target.place is not None and found.place.is_within(target.place)
        if not is_there:
            to = escalation.to.name if escalation.to else ""
            raise MoveRefused(refused, escalation.saga, to, escalation.tier.name) from error
        if _not_held(target, found) or (target.owner is Ownership.NOBODY and found.owner is not None):
            raise refused from error
        return found

    def carried_out(
        self,
        saga: str,
        record: TicketRecord,
        outcome: Mapping[str, object],
        changes: tuple[Change, ...],
        *,
        is_final: bool,
    ) -> Carried:
        """An escalation that was carried out, with its audit entries and the messages to be sent of it."""
        event = Event.FINAL_ESCALATION if is_final else Event.ESCALATED
        messages = self.announcer.escalated(saga, record, outcome)
        effect = Effect(saga, StepKind.MOVE, outcome, tuple(messages))
        return Carried(record, effect, events_of(event, outcome), changes, is_final=is_final)

    def say_that_owner_stays(self, seen: Seen, escalation: Escalation, after: TicketRecord) -> None:
        """The first time that an owner cannot be removed, the note already says otherwise: put it right, once."""
        assert after.owner is not None
        saga = f"{escalation.saga}/owner"
        marker = self.marks.marker(saga)
        if own_note(after.entries, marker) is None:
            begun = seen.step(saga, StepKind.SAID)
            if begun is not None:
                wait_until_settled(self.system, begun, self.journal.now())
            self.journal.begin(seen.claim, saga, StepKind.SAID, {"marker": marker})
            line = (
                f"{(escalation.to or escalation.tier).name}, please assign this ticket anew: {after.owner.name} is "
                f"still shown as the owner, because the ticket system did not let the owner be removed."
            )
            page = self.announcer.pages.of(seen.claim.connection, after.id)
            text = note((line,), marker, self.system.note_limit, page)
            self.system.tickets.write_note(after.id, text, marker)

    def abandon(self, claim: Claim, saga: str, why: str, *, note_stands: bool) -> None:
        """Close an escalation that must not be finished any more, and say why."""
        event = Event.ESCALATION_NOT_FINISHED if note_stands else Event.NOTHING_WRITTEN
        outcome = {"abandoned": why}
        audit = (AuditEvent(event, {"saga": saga, "why": why}),)
        self.journal.done(claim, saga, StepKind.MOVE, outcome, audit=audit)


def unless_the_ticket_is_gone(system: TicketSystem, ticket: TicketId, error: Permanent) -> Permanent:
    """What was refused, once the ticket itself had been read: something else that is not found is no missing ticket.

    Raises NotFound where it is the ticket, and what else a read raises.
    """
    if not isinstance(error, NotFound):
        return error
    system.tickets.read(ticket)
    return Permanent(str(error), error.cause or NOT_THERE)


def refuse_to_climb_for_ever(seen: Seen, place: Place | None, now: datetime) -> None:
    """Of one ticket at most three moves to the same tier in a day, whatever sent it back; then people are told.

    Counted by what is known of the ticket, and by the tries of all its escalations: a move that is turned back in the
    same second shows in the journal alone. Raises MoveDidNotHold.
    """
    if place is None:
        return
    since = now - MOVES_WITHIN
    moments = [change.at for change in moves_by_us(seen.changes, place, since)]
    to_there = {
        step.saga for step in seen.steps if step.n == StepKind.NOTE and Destination.kept_in(step).place == place.key
    }
    moves = [s for s in seen.steps if s.n == StepKind.MOVE and s.saga in to_there and s.at > since and tries_of(s)]
    count = max(len(moments), sum(map(tries_of, moves)))
    last_at = max([*moments, *(step.at for step in moves)], default=now)
    if count >= MOVE_TRIES and not seen.is_replayed_since(last_at):
        raise MoveDidNotHold(
            f"ticket {seen.record.id}: the connector moved it to {place} {count} times within a day, and it "
            "came back each time; it was not moved again. Find the rule in the ticket system, or ask who sends it "
            "back, then replay this dead letter",
            MOVE_TRIES,
            last_at,
        )


def _not_held(target: Target, after: TicketRecord) -> str:
    """What of the target is not so, in words; empty when the move holds."""
    wrong: list[str] = []
    if target.place is not None and not after.place.is_within(target.place):
        wrong.append(f"it is at {after.place}, not at {target.place}")
    if isinstance(target.owner, Person) and (after.owner is None or after.owner.id != target.owner.id):
        wrong.append(f"it is owned by {after.owner.name if after.owner else 'nobody'}")
    if target.status is not None and after.status.id != target.status.id:
        wrong.append(f"its status is {after.status.name}, not {target.status.name}")
    if target.priority is not None and (after.priority is None or after.priority.id != target.priority.id):
        wrong.append("its priority is another")
    return "; ".join(wrong)
