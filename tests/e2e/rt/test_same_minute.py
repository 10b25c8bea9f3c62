"""What people and rules do on a real Request Tracker in the second between our note and our move, and after it.

The scenarios are those of ``tests/scenarios/test_same_minute.py``. Time stands still until it is moved, so that all
three happen in one and the same second of Request Tracker's history, which is what judges here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest

from connector.demo.stage import Simulation, at_desks, stage
from connector.model import NoteRef, StatusGroup, TicketId, TicketRecord
from connector.store import audit
from connector.systems.contract import Tickets
from connector.systems.desk import Desk
from connector.working_time.calendar import WorkingCalendar
from connector.working_time.hours import week_from
from tests.builders import NINE, minutes
from tests.e2e.rt.api import CLIENT, JUDGE, Api
from tests.e2e.rt.conftest import DATABASE, proven_on
from tests.e2e.rt.desk import RealDesk
from tests.e2e.rt.instance import ACCOUNT, HERE, SQLITE, Instance
from tests.e2e.rt.moved_time import SharedClock
from tests.scenarios.conftest import scenario_policy

pytestmark = [pytest.mark.e2e, proven_on(SQLITE), pytest.mark.timeout(300)]

FIRST, SECOND, LAST = 1, 2, 3
TURNED_BACK = {"RT_System": "Turned back by a scrip", ACCOUNT: "Turned back by a scrip in our name"}
"""The subjects of tickets that a scrip turns back at once, by the account in whose name it does."""

RULES = HERE / "perl" / "turn_back.pl"
ROUND_THE_CLOCK = WorkingCalendar.from_mapping({"tz": "UTC", "hours": week_from("24x7")})


class Interrupted:
    """A connection's tickets, at which somebody acts as soon as the next note on a ticket stands."""

    def __init__(self, tickets: Tickets) -> None:
        self.acts: dict[TicketId, Callable[[], object]] = {}
        self._tickets = tickets

    def write_note(self, ticket_id: TicketId, text: str, marker: str, seen: TicketRecord | None = None) -> NoteRef:
        """Write the note; then somebody acts, and then the connector hears of its note."""
        written = self._tickets.write_note(ticket_id, text, marker, seen)
        act = self.acts.pop(ticket_id, None)
        if act is not None:
            act()
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tickets, name)


@dataclass
class Minute:
    """The connector at work on the desk, and what happens around one ticket."""

    running: Simulation
    instance: Instance
    tickets: Interrupted
    begun: datetime = field(init=False)
    ticket: TicketId = field(init=False)

    @property
    def desk(self) -> Desk:
        """Its people."""
        return self.running.desk

    def opened(self, summary: str, owner: str = "tess", tier: int = FIRST) -> TicketId:
        """Somebody has a ticket, whose limit begins now."""
        self.begun = self.running.clock.now()
        self.ticket = self.desk.open_ticket(summary, owner=owner, tier=tier)
        self.running.settle()
        return self.ticket

    def until(self, number: float) -> None:
        """So many minutes after the ticket was opened."""
        self.running.run_until(self.begun + minutes(number))

    def in_the_second_of_the_note(self, act: Callable[[Desk, TicketId], object]) -> None:
        """Somebody acts as soon as the next note stands."""
        self.tickets.acts[self.ticket] = lambda: act(self.desk, self.ticket)

    @property
    def tier(self) -> int:
        """Where the ticket is."""
        return self.desk.ticket(self.ticket).tier

    @property
    def said(self) -> list[str]:
        """The first lines of the connector's notes, oldest first; all are internal, and the client sees none."""
        ours = [note for note in self.desk.notes(self.ticket) if note.by_connector]
        assert all(note.is_internal for note in ours)
        seen = {one.by for one in Api(self.instance, CLIENT).history(int(self.ticket)) if one.type == "Comment"}
        assert seen == set()
        return [note.text.splitlines()[0] for note in ours]

    def moves(self, by: str) -> list[str]:
        """The queues to which somebody moved the ticket, as Request Tracker's own history tells it."""
        history = Api(self.instance, JUDGE).history(int(self.ticket))
        return [one.new for one in history if one.field == "Queue" and one.by == by]

    def told(self, *names: str) -> int:
        """How many entries of these kinds the audit trail has."""
        return len([row for row in audit.events(self.running.store, ticket=self.ticket) if row.event in names])

    def a_rule_moves_it_back(self) -> None:
        """Request Tracker itself does, by a rule that runs now."""
        self.instance.perl(RULES, "now", self.ticket)
        self.running.settle()
        assert self.tier == FIRST


@pytest.fixture(scope="module")
def standing_still() -> Iterator[Minute]:
    """The connector and an instance of its own, in whose processes the time stands still until it is moved."""
    with TemporaryDirectory(prefix="escalator-rt-minute-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's user passes through
        instance = Instance.at(Path(folder) / "rt", DATABASE)
        try:
            instance.perl(RULES, "rules", *TURNED_BACK.values())
            clock = SharedClock(NINE, instance.time_file)
            desk = RealDesk(instance)
            instance.start_sender()
            policy = at_desks(scenario_policy(calendars={"default": ROUND_THE_CLOCK}), [desk])
            policy = replace(policy, tiers=tuple(replace(tier, managers=("maria",)) for tier in policy.tiers))
            url = f"sqlite:///{folder}/connector.db"
            with stage(clock.now(), policy, url, desks=[desk], clock=clock, poll_every=minutes(360)) as running:
                running.run_until(NINE + minutes(5))
                system = running.system
                tickets = Interrupted(system.tickets)
                running.connected.turns.system = replace(system, tickets=cast(Tickets, tickets))
                yield Minute(running, instance, tickets)
        finally:
            instance.close()


@pytest.fixture
def minute(standing_still: Minute) -> Iterator[Minute]:
    """The next full minute at a desk without open tickets."""
    now = standing_still.running.clock.now()
    standing_still.running.run_until(now.replace(second=0, microsecond=0) + minutes(1))
    yield standing_still
    standing_still.tickets.acts.clear()
    Api(standing_still.instance, JUDGE).clear_the_desk()
    standing_still.running.settle()


BY_HAND: dict[str, tuple[Callable[[Desk, TicketId], object], int, str]] = {
    "resolved": (lambda desk, t: desk.set_status(t, "tess", StatusGroup.RESOLVED), FIRST, "Tess Tech resolved it at"),
    "closed": (lambda desk, t: desk.set_status(t, "tess", StatusGroup.CLOSED), FIRST, "Tess Tech closed it at"),
    "paused": (lambda desk, t: desk.set_status(t, "tess", StatusGroup.WAITING), FIRST, "Tess Tech set it to "),
    "moved": (lambda desk, t: desk.move(t, "tess", LAST), LAST, "Tess Tech moved it there at"),
    "planned": (lambda desk, t: desk.note(t, "tess", "Plan: swap the cable"), FIRST, "Tess Tech recorded a diagnosis"),
    "overridden": (
        lambda desk, t: desk.note(t, "maria", "/override 45m because the vendor calls back"),
        FIRST,
        "Maria Desk overrode its limit at",
    ),
}


@pytest.mark.parametrize("what", list(BY_HAND))
def test_who_acts_in_the_second_between_the_note_and_the_move_has_the_last_word(minute: Minute, what: str) -> None:
    act, tier, why = BY_HAND[what]
    minute.opened(f"To be {what}")
    minute.in_the_second_of_the_note(act)
    minute.until(59)
    assert minute.tier == tier
    assert minute.moves(ACCOUNT) == []
    escalated, *others = minute.said
    assert escalated.startswith("ESCALATED to Tier 3")
    (stays,) = (note for note in others if note.startswith("It stays with "))
    assert why in stays
    assert f"{minute.begun + minutes(30):%H:%M}" in stays
    assert "while it was being escalated." in stays
    assert len(others) == (2 if what == "overridden" else 1)  # an override is confirmed, too
    assert (minute.told("escalation not finished"), minute.told("escalated")) == (1, 0)


def test_a_pause_in_that_second_holds_the_move_until_it_ends_and_no_second_note_is_written(minute: Minute) -> None:
    ticket = minute.opened("Paused in that second")
    minute.in_the_second_of_the_note(lambda desk, t: desk.set_status(t, "tess", StatusGroup.WAITING))
    minute.until(75)
    minute.desk.note(ticket, "tess", "The vendor still does not answer")
    minute.until(80)
    assert (minute.tier, len(minute.said)) == (FIRST, 2)
    minute.desk.set_status(ticket, "tess", StatusGroup.WORKING)
    minute.running.settle()
    assert (minute.tier, len(minute.said), minute.told("escalated")) == (SECOND, 2, 1)
    assert minute.moves(ACCOUNT) == ["Tier 3"]


def test_an_override_in_that_second_holds_the_move_until_it_ends(minute: Minute) -> None:
    minute.opened("Overridden in that second")
    words = "/override 45m because the vendor calls back"
    minute.in_the_second_of_the_note(lambda desk, t: desk.note(t, "maria", words))
    minute.until(75 - 1 / 60)
    assert (minute.tier, len(minute.said), minute.told("override applied")) == (FIRST, 3, 1)
    minute.until(75)
    assert (minute.tier, len(minute.said)) == (SECOND, 3)
    assert minute.moves(ACCOUNT) == ["Tier 3"]


def test_who_resolves_it_in_the_second_of_the_final_escalations_note_has_the_last_word(minute: Minute) -> None:
    ticket = minute.opened("On the last tier", owner="irene", tier=LAST)
    minute.in_the_second_of_the_note(lambda desk, t: desk.set_status(t, "irene", StatusGroup.RESOLVED))
    minute.until(90)
    final, stays = minute.said
    assert final.startswith("FINAL ESCALATION")
    assert stays.startswith("It stays with Sr IT Manager: Irene Systems resolved it at ")
    assert (minute.desk.ticket(ticket).group, minute.told("final escalation")) == (StatusGroup.RESOLVED, 0)


def test_what_was_asked_for_by_command_goes_up_though_it_is_paused_in_that_second(minute: Minute) -> None:
    ticket = minute.opened("Asked for")
    minute.in_the_second_of_the_note(lambda desk, t: desk.set_status(t, "tess", StatusGroup.WAITING))
    minute.desk.note(ticket, "tess", "/escalate urgency the whole branch stands still")
    minute.running.settle()
    assert (minute.tier, len(minute.said)) == (SECOND, 1)


def resolved_and_reopened(desk: Desk, ticket: TicketId) -> None:
    desk.set_status(ticket, "tess", StatusGroup.RESOLVED)
    desk.set_status(ticket, "sam", StatusGroup.WORKING)


def moved_there_and_back(desk: Desk, ticket: TicketId) -> None:
    desk.move(ticket, "tess", LAST, "irene")
    desk.move(ticket, "sam", FIRST, "tess")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (resolved_and_reopened, "Sam Senior reopened it at"),
        (moved_there_and_back, "Sam Senior moved it there at"),
    ],
)
def test_who_ends_its_stint_in_that_second_and_begins_another_has_the_last_word(
    minute: Minute, act: Callable[[Desk, TicketId], None], why: str
) -> None:
    minute.opened("There and back in that second")
    minute.in_the_second_of_the_note(act)
    minute.until(60 - 1 / 60)
    escalated, stays = minute.said
    assert escalated.startswith("ESCALATED to Tier 3")
    assert why in stays
    assert (minute.tier, minute.moves(ACCOUNT), minute.told("escalated")) == (FIRST, [], 0)


def test_a_wish_in_the_very_second_of_an_escalation_by_time_takes_the_ticket_up_one_tier_only(minute: Minute) -> None:
    minute.opened("Wished for in that second")
    words = "/escalate urgency the whole branch stands still"
    minute.in_the_second_of_the_note(lambda desk, t: desk.note(t, "tess", words))
    minute.until(53)
    assert (minute.tier, len(minute.said), minute.moves(ACCOUNT)) == (SECOND, 1, ["Tier 3"])


# --- moves that are turned back -------------------------------------------------------------------------------


def test_a_move_back_by_a_person_is_final_and_begins_a_new_stint(minute: Minute) -> None:
    ticket = minute.opened("Moved back by Tess")
    minute.until(30.5)
    assert minute.tier == SECOND
    minute.desk.move(ticket, "tess", FIRST, "tess")
    minute.until(60.5 - 1 / 60)
    assert (minute.tier, minute.moves(ACCOUNT)) == (FIRST, ["Tier 3"])
    assert minute.told("turn failed", "dead letter") == 0
    minute.until(60.5)
    assert (minute.tier, minute.moves(ACCOUNT), minute.told("escalated")) == (SECOND, ["Tier 3", "Tier 3"], 2)


def test_a_rules_move_back_is_tried_against_after_one_minute_and_after_five_then_people_are_told_once(
    minute: Minute,
) -> None:
    minute.opened("Moved back by a scheduled rule")
    minute.until(45)
    assert minute.tier == SECOND
    minute.a_rule_moves_it_back()
    minute.until(46 - 1 / 60)
    assert minute.tier == FIRST
    minute.until(46.5)
    assert minute.tier == SECOND
    minute.a_rule_moves_it_back()
    minute.until(51.5 - 1 / 60)
    assert minute.tier == FIRST
    minute.until(52)
    assert minute.tier == SECOND
    minute.a_rule_moves_it_back()
    is_left_to_people(minute)


@pytest.mark.parametrize("by", ["RT_System", ACCOUNT])
def test_a_scrip_that_turns_each_move_back_at_once_is_tried_against_three_times_then_people_are_told_once(
    minute: Minute, by: str
) -> None:
    minute.opened(TURNED_BACK[by])
    counts = []
    for number in (30 - 1 / 60, 30, 31 - 1 / 60, 31, 36 - 1 / 60, 36):
        minute.until(number)
        counts.append(minute.moves(ACCOUNT).count("Tier 3"))
        assert minute.moves(by).count("First Touch") == counts[-1]
    assert counts == [0, 1, 1, 2, 2, 3]
    is_left_to_people(minute)


def is_left_to_people(minute: Minute) -> None:
    """Three moves, one escalation's note, one dead letter; and that is all, whatever is written on it."""
    minute.until(90)
    minute.desk.note(minute.ticket, "tess", "What is going on here?")
    minute.until(120)
    assert (minute.tier, minute.moves(ACCOUNT).count("Tier 3")) == (FIRST, 3)
    assert len([note for note in minute.said if note.startswith("ESCALATED")]) == 1
    assert minute.told("dead letter") == 1
    assert [dead.ticket for dead in minute.running.mailbox.dead_letters()].count(minute.ticket) == 1
