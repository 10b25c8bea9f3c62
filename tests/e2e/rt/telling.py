"""How stories of a service desk are told: each on a ticket of its own, in seconds instead of minutes, side by side.

People act through Request Tracker's API with their own tokens. Every moment that a story counts from is the one that
Request Tracker recorded for the act, and what the connector did is read from Request Tracker's history alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.e2e.rt.api import CLIENT, JUDGE, Api, Transaction
from tests.e2e.rt.connector import HOMES
from tests.e2e.rt.instance import ACCOUNT, Instance
from tests.e2e.rt.pace import pace

PACE = pace()
"""How much slower than on an idle machine everything is told."""

DIAGNOSIS, FIX = round(12 * PACE), round(15 * PACE)
"""The limits of every tier, in whole seconds: Request Tracker knows no others."""

LATE = 6.0 * PACE
"""How late an escalation may be, in seconds, while many stories are told at once."""

APART = 2.0 * PACE
"""How long after each story the next one begins, in seconds."""

SLACK = 2.0 * PACE
"""How long before a limit people do what they do "in time"."""

FIRST, SECOND, LAST = HOMES

REMINDER = round(12 * PACE)
"""How long after the final escalation the reminder comes, in seconds."""

MESSAGE = "We are making a new plan, and will call you."
"""What the client is told at the final escalation."""

_TOLD = {("Comment", ""), ("Correspond", ""), ("Set", "Queue")}


def variables() -> dict[str, str]:
    """The policy as an operator sets it."""
    limits = {"DIAGNOSIS": DIAGNOSIS, "FIX": FIX}
    return {
        **{f"TIER_{n}_{stage}_MINUTES": f"{limits[stage] / 60:.9f}" for n in (1, 2, 3) for stage in limits},
        "TIER_1_MANAGERS": "maria",
        "FINAL_SR_IT_MANAGER": "irene",
        "FINAL_SERVICE_DESK_MANAGER": "maria",
        "FINAL_ACCOUNT_MANAGER": "adam",
        "FINAL_CLIENT_MESSAGE": MESSAGE,
        "FINAL_REMINDER_MINUTES": f"{REMINDER / 60:.9f}",
        "FINAL_REMINDERS": "1",
        "WARN_AT": "0",
    }


@dataclass(slots=True)
class Story:
    """What happens to one ticket.

    What the connector has done so far: ``escalations``, ``final`` ones, ``answers`` (other notes), ``messages`` to the
    client. ``lateness``: seconds of each escalation behind its limit.
    """

    instance: Instance
    ticket: int = 0
    escalations: int = 0
    final: int = 0
    answers: int = 0
    messages: int = 0
    lateness: list[float] = field(default_factory=list)
    _apis: dict[str, Api] = field(default_factory=dict)

    def api(self, user: str) -> Api:
        """A person at the API."""
        return self._apis.setdefault(user, Api(self.instance, user))

    # Acting; each gives the moment that Request Tracker recorded.

    def opened(self, subject: str) -> None:
        """The client opens the ticket."""
        self.ticket = self.api(CLIENT).open(subject)

    def taken(self, by: str = "tess") -> datetime:
        """Somebody makes the ticket theirs: the first touch."""
        return self._act(by, lambda api: api.change(self.ticket, Owner=by))

    def comments(self, by: str, text: str) -> datetime:
        """An internal comment."""
        return self._act(by, lambda api: api.comment(self.ticket, text))

    def replies(self, by: str, text: str) -> datetime:
        """A reply that the other side sees."""
        return self._act(by, lambda api: api.reply(self.ticket, text))

    def becomes(self, status: str, by: str = "tess") -> datetime:
        """Another status."""
        return self._act(by, lambda api: api.change(self.ticket, Status=status))

    def moved(self, queue: str, by: str = "tess") -> datetime:
        """A person moves the ticket."""
        return self._act(by, lambda api: api.change(self.ticket, Queue=queue))

    # Waiting and judging.

    def until(self, moment: datetime, *, before: float = 0) -> None:
        """Let time pass until so many seconds before a moment."""
        wait(moment - timedelta(seconds=before))

    def stays(self, moment: datetime) -> None:
        """Nothing has been written up to a moment and the tolerance after it, beyond what was expected so far."""
        wait(moment + timedelta(seconds=LATE))
        self.is_as_told()

    def goes_up(self, limit: datetime, old: str, new: str) -> datetime:
        """The ticket goes up a tier at that limit, never before it; the moment of the move."""
        self.escalations += 1
        self._comes_about(limit)
        note, move = self.own_notes()[-1], self.own_moves()[-1]
        assert (move.old, move.new) == (old, new), self.told()
        assert limit <= note.at <= move.at, f"early: limit {limit}, {self.told()}"
        self._note_lateness(limit, move.at)
        return move.at

    def ends_in_final_escalation(self, limit: datetime) -> None:
        """The last tier's limit runs out: a note and no move, a message to the client, and later a reminder."""
        self.final += 1
        self.messages += 1
        self._comes_about(limit)
        note = self.own_notes()[-1]
        assert limit <= note.at, f"early: limit {limit}, {self.told()}"
        self._note_lateness(limit, note.at)
        due = after(note.at, REMINDER)
        self.answers += 1
        self._comes_about(due)
        assert due <= self.own_notes()[-1].at, self.told()

    def is_answered(self, asked: datetime, *words: str) -> None:
        """The connector answers a command with one note, at once, and the note has these words."""
        self.answers += 1
        self._comes_about(asked)
        note = self.own_notes()[-1]
        assert asked <= note.at, self.told()
        text = self.api(JUDGE).texts(note.id)
        assert all(word in text for word in words), text

    def is_as_told(self) -> None:
        """The connector's account wrote exactly the notes and made exactly the moves that the story tells of."""
        found, expected = self._found(), self._expected()
        assert found == expected, f"{found} instead of {expected}: {self.told()}"
        others = {(one.type, one.field) for one in self.own()} - _TOLD
        assert others <= {("Set", "Owner"), ("SetWatcher", "Owner")}, self.told()

    def _comes_about(self, moment: datetime) -> None:
        """Let time pass until what is expected at a moment is there, and no longer than is tolerated."""
        wait(moment)
        while self._found() != self._expected() and datetime.now(UTC) < after(moment, LATE + 1):
            wait(after(datetime.now(UTC), 0.7))
        self.is_as_told()

    def _note_lateness(self, limit: datetime, at: datetime) -> None:
        self.lateness.append((at - limit).total_seconds())
        assert self.lateness[-1] <= LATE, f"late: limit {limit}, {self.told()}"

    def _found(self) -> tuple[int, int, int]:
        own = self.own()
        kinds = [(one.type, one.field) for one in own]
        return kinds.count(("Comment", "")), kinds.count(("Set", "Queue")), kinds.count(("Correspond", ""))

    def _expected(self) -> tuple[int, int, int]:
        return self.escalations + self.final + self.answers, self.escalations, self.messages

    def own(self) -> list[Transaction]:
        """What the connector's account did, as Request Tracker has it."""
        return [one for one in self.api(JUDGE).history(self.ticket) if one.by == ACCOUNT]

    def own_notes(self) -> list[Transaction]:
        """The connector's notes."""
        return [one for one in self.own() if one.type == "Comment"]

    def own_messages(self) -> list[Transaction]:
        """What the connector wrote to the client."""
        return [one for one in self.own() if one.type == "Correspond"]

    def own_moves(self) -> list[Transaction]:
        """The connector's moves."""
        return [one for one in self.own() if (one.type, one.field) == ("Set", "Queue")]

    def told(self) -> str:
        """The whole history, for a message."""
        rows = [one for one in self.api(JUDGE).history(self.ticket) if not one.type.endswith("EmailRecord")]
        return f"ticket {self.ticket}:\n" + "\n".join(
            f"  {one.at:%H:%M:%S} {one.by}: {one.type} {one.field} {one.old} -> {one.new}" for one in rows
        )

    def _act(self, by: str, act: Callable[[Api], None]) -> datetime:
        act(self.api(by))
        done = [one for one in self.api(JUDGE).history(self.ticket) if one.by == by and one.type != "SetWatcher"]
        return done[-1].at


def wait(moment: datetime) -> None:
    """Let time pass until a moment."""
    threading.Event().wait(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def after(moment: datetime, seconds: float) -> datetime:
    """So many seconds later."""
    return moment + timedelta(seconds=seconds)
