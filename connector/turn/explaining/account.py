"""One ticket explained as it stands now: read from its system, its clocks worked out, in the words of ``explain``.

Looking changes nothing: nothing is written to the ticket, and no turn is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.connection.paces import Pace
from connector.model import Mode
from connector.notes.explanation import explain, held_open, shown
from connector.notes.phrases import joined
from connector.policy.modes import Modes
from connector.policy.policy import Policy
from connector.rules.escalation import Documentation, demand_of
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import Claim
from connector.turn.duties import Owed, Situation, owed_after_final
from connector.turn.explaining.done import Done, done_by, is_settled
from connector.turn.explaining.waiting import turn_of
from connector.turn.look import Seen, TicketReader
from connector.turn.saga import open_saga, own_note
from connector.turn.stays import is_held, stay_of

_PILOT = {
    Mode.OBSERVE: "Mode: observe: this is decided and recorded, and nothing of it is written or moved",
    Mode.WARN: "Mode: warn: warnings and answers are written, and nothing is moved",
}
"""Below a decision that says what is to be done."""


@dataclass(frozen=True, slots=True)
class TicketAccount:
    """A ticket as it was looked at: what was done there, what is ``owed`` after a final escalation, and all of it in
    ``lines``.
    """

    seen: Seen
    mode: Mode
    done: tuple[Done, ...]
    owed: Owed | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains the tickets of one connection. Safe for several threads where its reader is."""

    reader: TicketReader
    store: Store
    connection: str
    policy: Policy
    modes: Modes
    pace: Pace

    def account_of(self, ticket: str) -> TicketAccount:
        """A ticket as it stands now. Raises what the adapter raises, and StoreUnavailable."""
        seen = seen_now(self.reader, self.store, self.connection, ticket)
        done = tuple(done_by(seen.steps))
        settled = is_settled(seen.steps, seen.decision, self.connection)
        told = [(deed.at, deed.words) for deed in done]
        lines = explain(seen.decision, seen.policy, seen.changes, told, is_settled=settled)
        mode = self.modes.at(seen.decision.tier)
        owed = owed_after_final(situation_of(self.connection, seen, mode))
        lines += [*held(seen), *(owed_lines(owed, seen) if owed else ())]
        lines += turn_of(self.store, self.policy, self.pace, self.connection, seen)
        if mode in _PILOT:
            lines.append(_PILOT[mode])
        return TicketAccount(seen, mode, done, owed, tuple(lines))


def seen_now(reader: TicketReader, store: Store, system: str, ticket: str) -> Seen:
    """The ticket as its next turn would see it: with what its last turn left. Raises what ``look`` raises."""
    row = Mailbox(store).ticket(system, ticket)
    return reader.look(Claim(system, ticket, fence=0, snapshot=row.snapshot if row else None))


def situation_of(system: str, seen: Seen, mode: Mode) -> Situation:
    """What decides about the duties of a ticket as it was looked at."""
    return Situation(system, seen.decision, seen.policy, seen.steps, Documentation(seen.decision), mode=mode)


def owed_lines(owed: Owed, seen: Seen) -> list[str]:
    """What is still asked for after the final escalation, and when the next reminder comes."""
    assert seen.decision.clock is not None
    zone = seen.decision.clock.calendar.zone
    lines = [f"After the final escalation of {shown(owed.since, zone)} is still owed: {joined(owed.what)}"]
    if owed.next_reminder_at is None:
        return [*lines, "  No further reminder comes"]
    return [*lines, f"  The next reminder comes at {shown(owed.next_reminder_at, zone)}"]


def held(seen: Seen) -> list[str]:
    """That an escalation whose note stands is held open, and until when; nothing where none is."""
    begun = open_saga(seen.steps)
    if begun is None or own_note(seen.record.entries, str(begun[0].outcome["marker"])) is None:
        return []
    note, _ = begun
    demand = demand_of(seen.decision, seen.policy, Documentation(seen.decision))
    stay = stay_of(seen, note, demand, is_held=is_held(seen, note))
    return [] if stay is None or stay.is_over else held_open(seen.decision, seen.policy, note.at, stay.why)
