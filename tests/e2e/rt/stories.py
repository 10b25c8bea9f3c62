"""Stories of a service desk's week, in seconds instead of minutes, each on a ticket of its own, told at the same time.

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

DIAGNOSIS, FIX = 12.0, 15.0
"""The limits of every tier, in seconds."""

LATE = 6.0
"""How late an escalation may be, on a machine that is busy with many stories at once."""

APART = 2.0
"""How long after each story the next one begins, in seconds."""

SLACK = 2.0
"""How long before a limit people do what they do "in time"."""

FIRST, SECOND, LAST = HOMES


def variables() -> dict[str, str]:
    """The limits as an operator sets them."""
    limits = {"DIAGNOSIS": DIAGNOSIS, "FIX": FIX}
    return {f"TIER_{n}_{stage}_MINUTES": f"{limits[stage] / 60:g}" for n in (1, 2, 3) for stage in limits}


@dataclass(slots=True)
class Story:
    """What happens to one ticket. ``lateness``: seconds of each escalation behind its limit."""

    instance: Instance
    ticket: int = 0
    escalations: int = 0
    final: int = 0
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
        wait(limit + timedelta(seconds=LATE))
        self.escalations += 1
        self.is_as_told()
        note, move = self.own_notes()[-1], self.own_moves()[-1]
        assert (move.old, move.new) == (old, new), self.told()
        assert limit <= note.at <= move.at, f"early: limit {limit}, {self.told()}"
        self.lateness.append((move.at - limit).total_seconds())
        assert self.lateness[-1] <= LATE, f"late: limit {limit}, {self.told()}"
        return move.at

    def ends_in_final_escalation(self, limit: datetime) -> None:
        """The last tier's limit runs out: one note, no move."""
        wait(limit + timedelta(seconds=LATE))
        self.final += 1
        self.is_as_told()
        note = self.own_notes()[-1]
        assert limit <= note.at, f"early: limit {limit}, {self.told()}"
        self.lateness.append((note.at - limit).total_seconds())
        assert self.lateness[-1] <= LATE, f"late: limit {limit}, {self.told()}"

    def is_as_told(self) -> None:
        """The connector's account wrote exactly the notes and made exactly the moves that the story tells of."""
        found = (len(self.own_notes()), len(self.own_moves()))
        assert found == (self.escalations + self.final, self.escalations), self.told()
        others = [one for one in self.own() if one not in (*self.own_notes(), *self.own_moves())]
        assert {(one.type, one.field) for one in others} <= {("Set", "Owner"), ("SetWatcher", "Owner")}, self.told()

    def own(self) -> list[Transaction]:
        """What the connector's account did, as Request Tracker has it."""
        return [one for one in self.api(JUDGE).history(self.ticket) if one.by == ACCOUNT]

    def own_notes(self) -> list[Transaction]:
        """The connector's notes."""
        return [one for one in self.own() if one.type in ("Comment", "Correspond")]

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


# The stories.


def no_plan(story: Story) -> None:
    """Taken, and no plan: up at the limit. There a plan and a fix in time."""
    touched = story.taken()
    arrived = story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.until(after(arrived, DIAGNOSIS), before=SLACK)
    planned = story.comments("sam", "Plan: a new fuser")
    story.until(after(planned, FIX), before=SLACK)
    story.stays(after(story.becomes("resolved", "sam"), DIAGNOSIS))


def plan_and_fix_in_time(story: Story) -> None:
    """A plan in time, a fix in time: nothing."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS), before=SLACK)
    planned = story.comments("tess", "Diagnosis plan: look at the beacon")
    story.until(after(planned, FIX), before=SLACK)
    story.stays(after(story.becomes("resolved"), DIAGNOSIS))


def plan_but_no_fix(story: Story) -> None:
    """A plan in time and no fix: up at the limit of the fix, counted from the plan."""
    touched = story.taken()
    story.until(after(touched, 3))
    planned = story.comments("tess", "I looked at it.\nPlan: swap the cable")
    story.goes_up(after(planned, FIX), FIRST, SECOND)
    story.becomes("resolved", "sam")


def resolved_just_before(story: Story) -> None:
    """Resolved just before the limit, without any plan: nothing."""
    touched = story.taken()
    story.until(after(touched, DIAGNOSIS), before=SLACK)
    story.becomes("resolved")
    story.stays(after(touched, DIAGNOSIS + FIX))


def pause(story: Story) -> None:
    """Waiting does not count: the limit moves by as long as it lasted."""
    touched = story.taken()
    story.until(after(touched, 4))
    stalled = story.becomes("stalled")
    story.stays(after(touched, DIAGNOSIS))
    opened = story.becomes("open")
    paused = (opened - stalled).total_seconds()
    story.goes_up(after(touched, DIAGNOSIS + paused), FIRST, SECOND)
    story.becomes("resolved", "sam")


def silent_to_the_end(story: Story) -> None:
    """Nobody ever touches it again: up, up, and the final escalation."""
    touched = story.taken()
    second = story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    last = story.goes_up(after(second, DIAGNOSIS), SECOND, LAST)
    story.ends_in_final_escalation(after(last, DIAGNOSIS))
    story.becomes("resolved", "irene")


def moved_by_a_person(story: Story) -> None:
    """A person moves it: the old limit is gone, the new tier's counts from the move."""
    touched = story.taken()
    story.until(after(touched, 4))
    moved = story.moved(SECOND)
    story.until(after(touched, DIAGNOSIS))
    story.goes_up(after(moved, DIAGNOSIS), SECOND, LAST)
    story.becomes("resolved", "irene")


def moved_away(story: Story) -> None:
    """A person moves it to where no tier lives: nothing."""
    touched = story.taken()
    story.until(after(touched, 4))
    story.moved("Projects")
    story.stays(after(touched, DIAGNOSIS + FIX))
    story.becomes("resolved")


def merged(story: Story) -> None:
    """Merged into another ticket: that one's clock goes on, and nothing is written twice."""
    kept = Story(story.instance)
    kept.opened("The same, and kept")
    touched = kept.taken("tom")
    story.taken()
    story.until(after(touched, 4))
    story.api("tess").merge(story.ticket, kept.ticket)
    kept.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    kept.becomes("resolved", "sam")
    kept.stays(after(touched, DIAGNOSIS + FIX))
    story.lateness += kept.lateness
    story.ticket, story.escalations = kept.ticket, kept.escalations


def deleted(story: Story) -> None:
    """Deleted before the limit: nothing."""
    touched = story.taken()
    story.until(after(touched, 4))
    story.becomes("deleted", "maria")
    story.stays(after(touched, DIAGNOSIS + FIX))


def the_client_writes(story: Story) -> None:
    """The client's reply neither stops a clock nor starts it anew."""
    touched = story.taken()
    story.until(after(touched, 4))
    story.replies(CLIENT, "Is anybody there?")
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def the_clients_plan(story: Story) -> None:
    """A plan in the client's words is no plan."""
    touched = story.taken()
    story.until(after(touched, 3))
    story.replies(CLIENT, "Plan: you call me back")
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def given_to_a_colleague(story: Story) -> None:
    """Another technician of the same tier gets no new time."""
    touched = story.taken("tess")
    story.until(after(touched, 5))
    story._act("tess", lambda api: api.change(story.ticket, Owner="tom"))
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def reopened(story: Story) -> None:
    """The client's reply opens a resolved ticket again: the clock counts from there."""
    touched = story.taken()
    story.until(after(touched, 3))
    story.becomes("resolved")
    story.stays(after(touched, DIAGNOSIS))
    again = story.replies(CLIENT, "It smokes again")
    assert story.api(JUDGE).ticket(story.ticket)["Status"] == "open"
    story.goes_up(after(again, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


def untouched(story: Story) -> None:
    """Nobody has touched it: no clock on the first tier. The first comment starts it."""
    story.stays(after(datetime.now(UTC), DIAGNOSIS + SLACK))
    touched = story.comments("tom", "Calling the client back")
    story.goes_up(after(touched, DIAGNOSIS), FIRST, SECOND)
    story.becomes("resolved", "sam")


STORIES: tuple[Callable[[Story], None], ...] = (
    no_plan,
    plan_and_fix_in_time,
    plan_but_no_fix,
    resolved_just_before,
    pause,
    silent_to_the_end,
    moved_by_a_person,
    moved_away,
    merged,
    deleted,
    the_client_writes,
    the_clients_plan,
    given_to_a_colleague,
    reopened,
    untouched,
)
