"""A survey, or a change of policy, reads lists and not tickets: a look is for those alone whose clock may run.

On every simulated system, with moved time; the calls are those that the connector made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.errors import Temporary
from connector.model import StatusGroup, TicketId
from connector.policy.modes import ENFORCES
from connector.policy.policy import FinalEscalation, Policy
from connector.store.connections import Connections
from connector.store.pace.adoption import Adoptions
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import Desk
from connector.turn.turn import TurnSettings
from connector.worker.listing import Acquaintance
from connector.worker.sweep import Sweep
from tests.builders import a_calendar, at
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.paced import KeepsPace
from tests.scenarios.test_outages import vanished

LARGEST_PAGE = {"connectwise": 1000, "halopsa": 100, "rt": 100}
FINISHES = 60
"""Calls besides: the webhook's registration, the names, the first poll."""


class Surveyed:
    """A desk that was at work before the connector came, and the connector on it."""

    def __init__(self, stack: ExitStack, system: str, url: str) -> None:
        self._stack = stack
        self._url = url
        self.clock = VirtualClock(at("07:00"))
        self.desk: Desk = ticket_systems()[system].simulated(self.clock)
        self.desk.lose_webhooks(lost=True)

    def open_tickets(self, count: int, group: StatusGroup = StatusGroup.WORKING, **given: Any) -> list[TicketId]:
        """Tickets that Tess holds, in a status of that group, a second between each and the next."""
        found = []
        with self.desk.serve():
            for n in range(count):
                found.append(self.desk.open_ticket(f"Nobody can print on floor {n}", **{"owner": "tess", **given}))
                self.desk.set_status(found[-1], "tess", group)
                self.clock.advance(timedelta(seconds=1))
        return found

    def fill(self, count: int) -> None:
        """So many more tickets that wait for the client, made of one: nobody is to read them."""
        (one,) = self.open_tickets(1, StatusGroup.WAITING)
        tickets = self.desk.simulator.state.tickets  # type: ignore[attr-defined]
        for number in range(100_000, 100_000 + count - 1):
            tickets[number] = _copied(tickets[int(one)], number)

    def start(self, **given: Any) -> KeepsPace:
        """The connector comes, at five to nine; its webhooks arrive."""
        self.clock.move_to(at("08:55"))
        self.desk.lose_webhooks(lost=False)
        policy = at_desks(survey_policy(), [self.desk])
        options = {"adopt_per_hour": 0, **given}
        made = stage(self.clock.now(), policy, self._url, desks=[self.desk], clock=self.clock, attempts=1, **options)
        running = self._stack.enter_context(made)
        settings = TurnSettings(modes=ENFORCES, adopt_per_hour=options["adopt_per_hour"])
        return KeepsPace(running, settings)


def _copied(ticket: Any, number: int) -> Any:
    """A simulator's ticket under another number, whatever it keeps its tickets as."""
    if isinstance(ticket, dict):
        return {**ticket, "id": number}
    if hasattr(ticket, "effective_id"):
        return replace(ticket, id=number, effective_id=number)
    return replace(ticket, fields={**ticket.fields, "id": number})


def survey_policy(**given: Any) -> Policy:
    """The default ladder, with names that every system knows."""
    names = {"final": FinalEscalation(reminders=0), "priority_factors": {}, "critical_priorities": frozenset()}
    return scenario_policy(**{**names, **given})


@pytest.fixture(params=list(ticket_systems()))
def desk(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Surveyed]:
    with ExitStack() as stack:
        yield Surveyed(stack, request.param, sqlite_url)


def calls_of(running: Simulation, act: Callable[[], object]) -> int:
    """How many calls the connector makes while somebody acts."""
    before = running.system.line.calls
    act()
    return running.system.line.calls - before


def rows(running: Simulation) -> dict[str, Any]:
    """What the last turn said of each ticket, by its number."""
    return {row.ticket: row.snapshot["verdict"] for row in running.mailbox.list_tickets(limit=20_000) if row.snapshot}


def lists_for(desk: Desk, count: int) -> int:
    """The calls that it takes to list so many tickets, and one to see that there are no more."""
    return -(-count // LARGEST_PAGE[desk.system]) + 1


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("many", "at_work", "calls"), [(1000, 30, 100), pytest.param(10_000, 300, 400, marks=pytest.mark.soak)]
)
def test_many_open_tickets_few_of_them_at_work_are_met_with_few_calls(
    desk: Surveyed, many: int, at_work: int, calls: int
) -> None:
    desk.open_tickets(at_work)
    desk.fill(many - at_work)
    met = desk.start()
    made = calls_of(met.running, lambda: met.run_until(at("08:57")))
    print(f"{desk.desk.system}: {made} calls, {met.running.system.line.calls} in all")
    assert met.running.system.line.calls <= calls
    verdicts = list(rows(met.running).values())
    assert (verdicts.count("running"), verdicts.count("paused")) == (at_work, many - at_work)


@pytest.mark.process("backlog-adopted")
def test_what_is_adopted_from_a_list_is_looked_at_when_its_turn_comes(desk: Surveyed) -> None:
    at_work = desk.open_tickets(20)
    desk.fill(980)
    met = desk.start(adopt_per_hour=12)
    made = calls_of(met.running, lambda: met.run_until(at("08:57")))
    assert made <= lists_for(desk.desk, 1000) + FINISHES
    waiting = Adoptions(met.running.store).standing(met.running.connected.connection.id)
    assert waiting.count == 19, "one has begun"
    met.run_until(at("09:34"))
    assert [ticket for ticket, _ in met.left_first_tier()] == at_work[:2]


def test_where_all_begin_at_once_they_are_looked_at_when_they_are_due(desk: Surveyed) -> None:
    planned, *others = at_work = desk.open_tickets(5)
    with desk.desk.serve():
        desk.desk.note(planned, "tess", "Plan: replace the cable, then test from the client's side.")
    desk.open_tickets(30, StatusGroup.WAITING)
    met = desk.start()
    made = calls_of(met.running, lambda: met.run_until(at("08:57")))
    assert made <= FINISHES
    assert met.left_first_tier() == []
    met.run_until(at("09:25"))
    assert {ticket for ticket, _ in met.left_first_tier()} == set(others)
    met.run_until(at("09:55"))
    assert {ticket for ticket, _ in met.left_first_tier()} == set(at_work)


def test_what_a_list_cannot_tell_is_looked_at(desk: Surveyed) -> None:
    with desk.desk.serve():
        touched = desk.desk.open_ticket("Nobody can print")
        desk.desk.note(touched, "tess", "Looked at the cable.")
        untouched = desk.desk.open_ticket("Nobody can print, either")
    met = desk.start()
    met.run_until(at("08:57"))
    assert rows(met.running) == {touched: "running", untouched: "untouched"}


def test_a_paused_ticket_that_a_list_told_of_counts_from_when_somebody_goes_on_with_it(desk: Surveyed) -> None:
    (ticket,) = desk.open_tickets(1, StatusGroup.WAITING)
    met = desk.start()
    met.run_until(at("10:00"))
    assert rows(met.running) == {ticket: "paused"}
    desk.desk.set_status(ticket, "tess", StatusGroup.WORKING)
    met.run_until(at("10:29"))
    assert met.left_first_tier() == []
    met.run_until(at("10:31"))
    assert [one for one, _ in met.left_first_tier()] == [ticket]


def test_a_change_of_policy_looks_at_those_whose_clock_runs_and_at_no_other(desk: Surveyed) -> None:
    at_work = desk.open_tickets(20)
    desk.fill(980)
    met = desk.start()
    met.run_until(at("08:57"))
    calendars = {"default": a_calendar({day: [["08:00", "16:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})}
    policy = replace(met.running.connected.turns.reader.policies.present, calendars=calendars, version="shorter")
    met.restart(policy=policy)
    made = calls_of(met.running, lambda: met.run_until(at("08:59")))
    print(f"{desk.desk.system}: {made} calls")
    assert made <= lists_for(desk.desk, 1000) + 20 * 3 + FINISHES
    met.run_until(at("09:25"))
    assert {ticket for ticket, _ in met.left_first_tier()} == set(at_work)


def test_a_command_that_was_given_before_the_ticket_was_met_is_heard_however_still_its_clock_stands(
    desk: Surveyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet, refusals = Acquaintance.meet, [Temporary("no list today")]

    def meets_the_second_time(one: Acquaintance, listed: Any) -> None:
        if refusals:
            raise refusals.pop()
        meet(one, listed)

    monkeypatch.setattr(Acquaintance, "meet", meets_the_second_time)
    asked, _ = desk.open_tickets(2, StatusGroup.WAITING)
    met = desk.start()
    met.run_until(at("08:55:10"))
    desk.desk.lose_webhooks(lost=True)
    desk.desk.note(asked, "tess", "/escalate urgency the whole office cannot work")
    met.settle()
    desk.desk.lose_webhooks(lost=False)
    met.run_until(at("08:57"))
    assert not refusals
    assert [ticket for ticket, _ in met.went_up()] == [asked]


def test_a_ticket_whose_every_hint_was_lost_is_found_by_the_sweep_of_the_next_day(desk: Surveyed) -> None:
    met = desk.start(poll_every=timedelta(days=5))
    met.run_until(at("10:00"))
    desk.desk.lose_webhooks(lost=True)
    ticket = desk.desk.open_ticket("Nobody can print", owner="tess")
    met.settle()
    desk.desk.lose_webhooks(lost=False)
    desk.clock.move_to(at("08:54", day=16))
    met.run_until(at("08:54", day=16))
    assert met.left_first_tier() == []
    met.run_until(at("08:57", day=16))
    assert [one for one, _ in met.left_first_tier()] == [ticket]


def test_a_ticket_that_was_thought_gone_is_found_by_the_sweep_of_the_next_day(desk: Surveyed) -> None:
    ticket, _ = desk.open_tickets(2)
    met = desk.start()
    met.run_until(at("09:00"))
    come_back = vanished(met.running, [ticket])
    met.run_until(at("10:30"))
    assert ticket not in rows(met.running)
    come_back()
    met.run_until(at("11:30"))
    assert ticket not in rows(met.running), "it is as it was, so nothing tells of it"
    desk.clock.move_to(at("08:54", day=16))
    met.run_until(at("08:57", day=16))
    assert ticket in [one for one, _ in met.left_first_tier()]


def test_a_ticket_that_was_closed_unseen_is_found_by_the_sweep_of_the_next_day(desk: Surveyed) -> None:
    (ticket,) = desk.open_tickets(1, StatusGroup.WAITING)
    met = desk.start(poll_every=timedelta(days=5))
    met.run_until(at("10:00"))
    desk.desk.lose_webhooks(lost=True)
    desk.desk.set_status(ticket, "tess", StatusGroup.RESOLVED)
    met.settle()
    assert rows(met.running) == {ticket: "paused"}
    desk.clock.move_to(at("08:54", day=16))
    met.run_until(at("08:57", day=16))
    assert rows(met.running) == {}


def test_what_a_sweep_finds_is_looked_at_one_after_the_other_and_what_is_known_not_at_all(desk: Surveyed) -> None:
    desk.open_tickets(40, StatusGroup.WAITING)
    met = desk.start(poll_every=timedelta(days=5))
    met.run_until(at("10:00"))
    desk.desk.lose_webhooks(lost=True)
    lost = [desk.desk.open_ticket(f"Nobody can print on floor {n}", owner="tess") for n in range(12)]
    met.settle()
    desk.clock.move_to(at("08:54:59", day=16))
    met.settle()
    made = calls_of(met.running, lambda: met.run_until(at("08:56", day=16)))
    seen = set(lost) & set(rows(met.running))
    assert 5 <= len(seen) <= 8
    assert made <= len(seen) * 20 + FINISHES, "looks at 40 more would be 80 calls more"


def test_a_ticket_that_rests_and_changed_unseen_is_looked_at_where_a_survey_lists_it(desk: Surveyed) -> None:
    changed, _ = desk.open_tickets(2, StatusGroup.WAITING)
    met = desk.start()
    met.run_until(at("08:57"))
    desk.desk.lose_webhooks(lost=True)
    desk.desk.note(changed, "tess", "Called them once more.")
    rung: list[TicketId] = []
    reader = met.running.connected.turns.reader
    acquaintance = Acquaintance(reader, met.running.mailbox, lambda found: rung.extend(one.id for one in found))
    acquaintance.meet(met.running.system.tickets.open_tickets(reader.homes.current().every_place))
    assert rung == [changed]


@pytest.mark.parametrize("aspect", ["place", "status"])
def test_what_a_list_tells_otherwise_without_a_new_date_is_looked_at_by_the_sweep(
    desk: Surveyed, aspect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open_tickets(2, StatusGroup.WAITING)
    met = desk.start()
    met.run_until(at("09:30"))
    tickets, reader = met.running.system.tickets, met.running.connected.turns.reader
    homes = reader.homes.current()
    same, other = tickets.open_tickets(homes.every_place)
    told = {"place": homes.places[2], "status": replace(other.status, name="Somewhere else")}[aspect]
    monkeypatch.setattr(tickets, "open_tickets", lambda places: iter((same, replace(other, **{aspect: told}))))
    swept = Sweep(reader, met.running.mailbox, Connections(met.running.store), met.running.clock.now)
    swept.run()
    met.running.clock.advance(timedelta(days=1))
    swept.run()
    wakes = [met.running.mailbox.ticket(reader.connection.id, str(one.id)).wake_at for one in (same, other)]
    assert wakes == [None, met.running.clock.now()]
