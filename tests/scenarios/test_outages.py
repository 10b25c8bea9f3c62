"""A connection that is down is one fact: nothing is lost or ages by it, people are told once, what waited goes up.

On every simulated system, with moved time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector.app.connect import connect, worker_of
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.errors import Busy, Unreachable
from connector.model import TicketId
from connector.policy.modes import ENFORCES
from connector.policy.policy import FinalEscalation
from connector.store import audit
from connector.store.records import Delivery, Source
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.catalogue import ticket_systems
from connector.systems.variables import Secret
from connector.turn.turn import TurnSettings
from connector.worker.notifier import Notifier
from connector.worker.worker import Worker
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy


class Told(Notifier):
    """A target that keeps what it is told, and when."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(alarmed=[Secret("json://127.0.0.1/")])
        self.clock = clock
        self.messages: list[tuple[datetime, str, str]] = []

    def send(self, name: str, title: str, text: str) -> None:
        self.messages.append((self.clock.now(), title, text))

    @property
    def alarms(self) -> list[str]:
        """The titles that are of no ticket."""
        return [title for _, title, _ in self.messages if not title.startswith("Ticket ")]


class Failing:
    """Stands for a method, and raises; counts how often it was asked."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    def __call__(self, *_: object) -> object:
        self.asked += 1
        raise self.error


POLLED_OFTEN = pytest.mark.parametrize("poll_minutes", [1])
"""For a test in which it is the poll that finds the system down."""


@pytest.fixture(params=list(ticket_systems()))
def running(request: pytest.FixtureRequest, sqlite_url: str, poll_minutes: int) -> Iterator[Simulation]:
    """One system at nine o'clock, with somebody to be told."""
    with ExitStack() as stack:
        yield started(stack, request.param, sqlite_url, poll_every=minutes(poll_minutes))


def started(stack: ExitStack, system: str, url: str, managers: Sequence[str] = (), **options: object) -> Simulation:
    clock = VirtualClock(at("08:55"))
    desk = ticket_systems()[system].simulated(clock)
    # Names that every system knows: one that does not resolve is an alarm of its own.
    names = {"final": FinalEscalation(reminders=0), "priority_factors": {}, "critical_priorities": frozenset()}
    policy = at_desks(scenario_policy(**names), [desk])
    if managers:
        policy = replace(
            policy, tiers=tuple(replace(one, managers=tuple(map(desk.member, managers))) for one in policy.tiers)
        )
    made = stack.enter_context(
        stage(
            clock.now(),
            policy,
            url,
            desks=[desk],
            clock=clock,
            **{"notifier": Told(clock), "attempts": 1, "connect_seconds": 1.0, "read_seconds": 2.0, **options},
        )
    )
    made.run_until(at("09:00"))
    return made


def told(running: Simulation) -> Told:
    notifier = running.connected.chores.messages.notifier
    assert isinstance(notifier, Told)
    return notifier


def tickets_due_from(running: Simulation, moment: datetime, count: int, every: timedelta) -> list[TicketId]:
    """Tickets that Tess holds, opened one behind the other from that moment on."""
    found = []
    for n in range(count):
        running.run_until(moment + n * every)
        found.append(running.desk.open_ticket(f"Nobody can print on floor {n}", owner="tess"))
    running.settle()
    return found


def escalated(running: Simulation) -> list[tuple[TicketId, datetime]]:
    """Which tickets went up, and when, in the order in which they did."""
    rows = [row for row in audit.events(running.store) if row.event == "escalated"]
    return [(TicketId(row.ticket), row.at) for row in rows]


def failures(running: Simulation) -> list[str]:
    """What the audit trail has of turns that failed."""
    return [row.event for row in audit.events(running.store) if row.event in ("turn failed", "dead letter", "gone")]


def attempts(running: Simulation) -> set[int]:
    return {row.attempts for row in running.mailbox.list_tickets() if not row.ticket.startswith("@")}


def down(running: Simulation) -> bool:
    return any(one.kind is TroubleKind.CONNECTION_DOWN for one in Troubles(running.store).all())


def vanished(running: Simulation, tickets: list[TicketId]) -> Callable[[], None]:
    """Let tickets be not found any more, without a word; returns what brings them back."""
    there = running.simulator.state.tickets
    taken = {int(ticket): there.pop(int(ticket)) for ticket in tickets}
    return lambda: there.update(taken)


def another_worker(running: Simulation) -> Worker:
    """A second process that serves the same connection."""
    first = running.connected
    second = connect(
        first.connection,
        running.store,
        first.turns.reader.policies.present,
        TurnSettings(modes=ENFORCES),
        minutes(1),
        keeps_webhooks=True,
        jitter=first.turns.failures.jitter,
        notifier=first.chores.messages.notifier,
    )
    return worker_of(running.store, [second], replace(running.worker.settings, name="second"))


OUTAGES: dict[str, Callable[[Simulation], None]] = {
    "keys refused": lambda running: running.simulator.faults.fail_next(None, 401),
    "server errors": lambda running: running.simulator.faults.fail_next(None, 503),
    "no answer": lambda running: running.simulator.faults.drop_before_performing(10**6),
    "its own way": lambda running: setattr(running.simulator.faults, "outage", True),
}


LASTS = pytest.mark.parametrize("lasts", [30, pytest.param(60, marks=pytest.mark.soak)])
"""For how many minutes the system is down."""


@LASTS
@pytest.mark.variants("kind")
@pytest.mark.parametrize("kind", OUTAGES)
def test_what_is_due_while_the_system_is_down_goes_up_when_it_is_back(
    running: Simulation, kind: str, lasts: int
) -> None:
    tickets = tickets_due_from(running, at("09:01"), 3, minutes(1))
    running.run_until(at("09:20"))
    OUTAGES[kind](running)
    back = at("09:20") + minutes(lasts)
    running.run_until(back)
    assert down(running)
    assert escalated(running) == []
    assert attempts(running) == {0}
    running.simulator.faults.reset()
    running.run_until(back + minutes(2))
    assert [ticket for ticket, _ in escalated(running)] == tickets
    assert all(moment <= back + timedelta(seconds=30) for _, moment in escalated(running))
    assert failures(running) == []
    assert not down(running)
    down_alarm, up_again = told(running).alarms
    assert running.connected.connection.id in down_alarm
    assert "again" in up_again
    assert "3 tickets waited" in told(running).messages[-1][2]


@POLLED_OFTEN
@pytest.mark.parametrize("hours", [5, pytest.param(1, marks=pytest.mark.soak)])
def test_keys_refused_for_three_days_park_nothing_and_the_most_overdue_go_up_first(
    running: Simulation, hours: int
) -> None:
    tickets = tickets_due_from(running, at("09:01"), 14, timedelta(seconds=20))
    # Mail rings some of them in another order while the keys are refused.
    OUTAGES["keys refused"](running)
    running.run_until(at("09:20"))
    running.mailbox.deliver([Delivery(running.connected.connection.id, tickets[12], "w12", Source.WEBHOOK)])
    for hour in range(1, 72, hours):
        # The time between is skipped: nothing but the same probe happens in it.
        running.clock.move_to(at("09:00") + timedelta(hours=hour))
        running.run_until(at("09:01") + timedelta(hours=hour))
    running.run_until(at("09:00") + timedelta(days=3))
    assert escalated(running) == []
    assert attempts(running) == {0}
    assert running.mailbox.dead_letters() == []
    assert len(told(running).alarms) == 1
    at_alarm = told(running).messages[0][0]
    back = running.clock.now()
    running.simulator.faults.reset()
    running.run_until(back + timedelta(minutes=2))
    went = escalated(running)
    assert [ticket for ticket, _ in went[10:]] == tickets[10:]
    assert {ticket for ticket, _ in went[:10]} == set(tickets[:10])
    first = went[0][1]
    assert first - back <= timedelta(seconds=30)
    seconds = [(moment - first).total_seconds() for _, moment in went]
    assert seconds == [0.0] * 10 + [5.0, 10.0, 15.0, 20.0]
    assert failures(running) == []
    assert len(told(running).alarms) == 2
    assert "2 days" in told(running).messages[-1][2]
    assert at_alarm <= at("09:02") + timedelta(minutes=5)


@pytest.mark.parametrize("running", ["connectwise", "halopsa"], indirect=True)
def test_what_was_opened_while_the_keys_were_refused_comes_up_at_the_same_pace(running: Simulation) -> None:
    known = tickets_due_from(running, at("09:01"), 4, timedelta(seconds=20))
    OUTAGES["keys refused"](running)
    running.run_until(at("09:10"))
    # Nobody could read these: what is not known is when they were due.
    fresh = tickets_due_from(running, at("09:10"), 16, timedelta(seconds=20))
    running.run_until(at("10:00"))
    assert escalated(running) == []
    running.simulator.faults.reset()
    running.run_until(at("10:04"))
    went = escalated(running)
    assert {ticket for ticket, _ in went[:4]} == {*known}
    assert_paced(went, [*known, *fresh])


def test_ringing_every_ticket_does_not_undo_the_pace(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 16, timedelta(seconds=20))
    OUTAGES["server errors"](running)
    running.run_until(at("10:00"))
    running.simulator.faults.reset()
    running.run_until(at("10:00:32"))
    assert 10 <= len(escalated(running)) < 16
    running.mailbox.ring_all(running.connected.connection.id)
    running.run_until(at("10:04"))
    assert_paced(escalated(running), tickets)


def assert_paced(went: list[tuple[TicketId, datetime]], expected: list[TicketId]) -> None:
    """Ten at once, then one every five seconds, in the expected order but for those that are read at the same time."""
    went_up, moments = [ticket for ticket, _ in went], [moment for _, moment in went]
    assert sorted(went_up) == sorted(expected)
    assert max(abs(went_up.index(one) - n) for n, one in enumerate(expected)) <= 6, went_up
    for n, moment in enumerate(moments[10:], start=1):
        assert moment - moments[0] >= n * timedelta(seconds=5) - timedelta(seconds=2.5), n
    assert moments[-1] - moments[0] <= (len(moments) - 10) * timedelta(seconds=5) + timedelta(seconds=30)


def test_people_are_told_within_a_minute_of_the_first_failure_and_the_cause_is_fit_for_everybody(
    running: Simulation,
) -> None:
    ticket = running.desk.open_ticket("Nobody can print", owner="tess")
    running.run_until(at("09:10"))
    running.desk.note(ticket, "tess", "Looked at the cable.")
    OUTAGES["keys refused"](running)
    running.run_until(at("09:10:40"))
    (message,) = told(running).messages
    assert message[0] <= at("09:10:40")
    (trouble,) = Troubles(running.store).all()
    assert "refused" in trouble.cause
    for shown in (ticket, "127.0.0.1", "tess"):
        assert shown not in trouble.cause


def test_a_moments_outage_is_told_to_nobody(running: Simulation) -> None:
    ticket = running.desk.open_ticket("Nobody can print", owner="tess")
    running.run_until(at("09:29:50"))
    OUTAGES["server errors"](running)
    running.run_until(at("09:30:10"))
    running.simulator.faults.reset()
    running.run_until(at("09:32"))
    assert [one for one, _ in escalated(running)] == [ticket]
    assert told(running).alarms == []
    assert not down(running)


def test_a_ticket_that_alone_cannot_be_read_is_its_own_failure_and_holds_nobody_up(running: Simulation) -> None:
    sick, well = (running.desk.open_ticket(name, owner="tess") for name in ("Sick", "Well"))
    running.run_until(at("09:20"))
    running.simulator.faults.fail_next(None, 500, path=f"ickets?/{sick}(/|$)")
    running.run_until(at("09:40"))
    assert [one for one, _ in escalated(running)] == [well]
    assert failures(running) == ["turn failed"]
    assert not down(running)
    assert told(running).alarms == []


@LASTS
def test_tickets_that_cannot_be_read_while_lists_can_are_an_outage(running: Simulation, lasts: int) -> None:
    tickets = tickets_due_from(running, at("09:01"), 4, timedelta(seconds=20))
    running.run_until(at("09:29"))
    running.simulator.faults.fail_next(None, 500, path="icket.*[0-9]")
    running.run_until(at("09:29") + minutes(lasts))
    assert down(running)
    assert running.mailbox.dead_letters() == []
    assert len(told(running).alarms) == 1
    running.simulator.faults.reset()
    running.run_until(at("09:40") + minutes(lasts))
    assert sorted(one for one, _ in escalated(running)) == sorted(tickets)
    assert not down(running)


def test_a_call_limit_is_no_failure_and_urgency_is_kept(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 6, timedelta(seconds=20))
    running.run_until(at("09:29"))
    running.simulator.faults.fail_next(40, 429, retry_after=20)
    running.run_until(at("09:45"))
    assert [one for one, _ in escalated(running)] == tickets
    assert failures(running) == []
    assert attempts(running) == {0}


@pytest.mark.usual_rounds
def test_a_call_limit_that_lasts_is_told_like_an_outage(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 3, timedelta(seconds=20))
    running.run_until(at("09:30"))
    running.simulator.faults.fail_next(None, 429, retry_after=20)
    running.run_until(at("09:50"))
    (alarm,) = told(running).alarms
    assert "call limit" in alarm
    assert told(running).messages[0][0] <= at("09:32:30")
    assert failures(running) == []
    running.simulator.faults.reset()
    running.run_until(at("09:55"))
    assert [one for one, _ in escalated(running)] == tickets


@LASTS
def test_a_run_of_tickets_that_are_not_found_is_an_outage_and_deletes_nothing(running: Simulation, lasts: int) -> None:
    tickets = tickets_due_from(running, at("09:01"), 5, timedelta(seconds=20))
    running.run_until(at("09:20"))
    come_back = vanished(running, tickets)
    running.run_until(at("09:20") + minutes(lasts))
    assert failures(running) == []
    assert down(running)
    (alarm,) = told(running).alarms
    assert "no ticket can be read" in alarm
    come_back()
    running.run_until(at("09:30") + minutes(lasts))
    assert sorted(one for one, _ in escalated(running)) == sorted(tickets)


def test_a_ticket_that_is_not_found_for_a_moment_is_kept(running: Simulation) -> None:
    ticket, other = (running.desk.open_ticket(name, owner="tess") for name in ("One", "Other"))
    running.run_until(at("09:29"))
    come_back = vanished(running, [ticket])
    running.run_until(at("09:30:20"))
    come_back()
    running.run_until(at("09:35"))
    assert {one for one, _ in escalated(running)} == {ticket, other}


def test_tickets_that_are_deleted_one_by_one_end_quietly(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 5, timedelta(seconds=20))
    for ticket in tickets[:4]:
        running.desk.delete(ticket)
    running.run_until(at("09:40"))
    assert [one for one, _ in escalated(running)] == tickets[4:]
    assert not down(running)
    assert told(running).alarms == []
    assert [row.ticket for row in running.mailbox.list_tickets() if not row.ticket.startswith("@")] == tickets[4:]


@POLLED_OFTEN
def test_a_system_that_comes_and_goes_does_not_send_an_alarm_each_time(running: Simulation) -> None:
    running.desk.open_ticket("Nobody can print", owner="tess")
    for n in range(20):
        moment = at("09:10") + n * timedelta(minutes=2)
        running.run_until(moment)
        OUTAGES["server errors"](running)
        running.run_until(moment + timedelta(seconds=70))
        running.simulator.faults.reset()
    running.run_until(at("10:30"))
    assert len(told(running).alarms) <= 4
    assert "again" in told(running).alarms[-1]
    assert not down(running)
    assert failures(running) == []


def test_two_workers_tell_once_and_serve_everything_once(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 12, timedelta(seconds=20))
    second = another_worker(running)
    OUTAGES["keys refused"](running)
    while running.clock.now() < at("09:50"):
        running.clock.advance(timedelta(seconds=5))
        second.run_until_idle()
        running.settle()
    assert len(told(running).alarms) == 1
    running.simulator.faults.reset()
    while running.clock.now() < at("09:52"):
        running.clock.advance(timedelta(seconds=5))
        running.settle()
        second.run_until_idle()
    assert sorted(one for one, _ in escalated(running)) == sorted(tickets)
    assert len(told(running).alarms) == 2
    assert failures(running) == []


def test_the_newest_tickets_alone_that_cannot_be_read_stop_nobody_else(running: Simulation) -> None:
    well = tickets_due_from(running, at("09:01"), 3, timedelta(seconds=20))
    running.run_until(at("09:05"))
    sick = [running.desk.open_ticket(f"Sick {n}", owner="tess") for n in range(6)]
    numbers = "|".join(sick)
    running.simulator.faults.fail_next(None, 500, path=f"ickets?/({numbers})(/|$)")
    running.run_until(at("09:40"))
    assert [one for one, _ in escalated(running)] == well
    assert not down(running)
    assert not any("does not serve" in alarm for alarm in told(running).alarms)


@POLLED_OFTEN
def test_a_poll_that_fails_does_not_keep_a_connection_down(
    running: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = tickets_due_from(running, at("09:01"), 2, timedelta(seconds=20))
    for error in (KeyError("odd"), Unreachable("changes: answered 500", None, cause="it answers 500")):
        failing = Failing(error)
        running.run_until(running.clock.now() + minutes(3))
        OUTAGES["server errors"](running)
        running.run_until(running.clock.now() + minutes(3))
        assert down(running)
        running.simulator.faults.reset()
        monkeypatch.setattr(running.system.tickets.__class__, "changed_since", failing)
        running.run_until(running.clock.now() + minutes(2))
        assert failing.asked > 1
        assert running.connected.turns.failures.gate.is_open()
        monkeypatch.undo()
    monkeypatch.setattr(running.system.tickets.__class__, "changed_since", failing)
    running.run_until(at("09:40"))
    assert [one for one, _ in escalated(running)] == tickets


@POLLED_OFTEN
def test_a_probe_that_ends_in_an_unknown_way_is_told_like_an_outage(
    running: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = tickets_due_from(running, at("09:01"), 2, timedelta(seconds=20))
    running.run_until(at("09:10"))
    OUTAGES["server errors"](running)
    running.run_until(at("09:11:10"))
    monkeypatch.setattr(running.system.line.__class__, "probe", Failing(KeyError("odd")))
    running.run_until(at("09:12"))
    (alarm,) = told(running).alarms
    assert "serve" in alarm
    monkeypatch.undo()
    running.simulator.faults.reset()
    running.run_until(at("09:40"))
    assert [one for one, _ in escalated(running)] == tickets


def test_holding_still_for_an_hour_is_told_and_ended_by_any_worker(running: Simulation) -> None:
    tickets = tickets_due_from(running, at("09:01"), 2, timedelta(seconds=20))
    running.run_until(at("09:29:50"))
    second = another_worker(running)
    assert running.connected.turns.failures.gate.is_to_blame(Busy("try again later", 3600.0))
    running.clock.move_to(at("09:30:21"))
    second.run_until_idle()  # it takes the chore that looks again, finds nothing wrong with itself, and is gone
    running.run_until(at("09:36"))
    assert [one for one, _ in escalated(running)] == tickets
    assert "call limit" in told(running).alarms[0]
    assert not down(running)


def test_a_ticket_that_is_read_between_ends_a_run_of_those_that_are_not(running: Simulation) -> None:
    gate = running.connected.gate
    assert [gate.is_in_a_run(ticket) for ticket in ("1", "1", "2")] == [False, False, False]
    gate.has_read()
    assert [gate.is_in_a_run(ticket) for ticket in ("3", "4", "5")] == [False, False, True]
    running.clock.advance(minutes(15))
    assert not gate.is_in_a_run("6")


def test_holding_still_ends_by_itself(running: Simulation) -> None:
    gate = running.connected.turns.failures.gate
    asked_at = running.clock.now()
    assert gate.is_to_blame(Busy("try again later", 3600.0))
    until = gate.opens_at()
    assert until is not None
    assert until - asked_at <= minutes(5)
    assert not gate.is_open()
    running.clock.move_to(until)
    assert gate.opens_at() is None
