"""Escalations and alarms reach the configured people once, through the outbox, and delay no ticket."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from connector.demo.stage import Simulation
from connector.errors import Temporary
from connector.policy.policy import FinalEscalation
from connector.store.records import Mail, Source
from connector.turn.announcements import Announcer, Audience, together
from connector.worker.notifier import Notifier
from tests.builders import NINE, a_tier, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, where


class Recorder(Notifier):
    """Targets that remember what they were sent, or are down. Those of ``audience``; else so many, named 0, 1, …"""

    def __init__(self, count: int = 0, audience: Audience | None = None) -> None:
        super().__init__()
        names = tuple(map(str, range(count)))
        self.audience = audience or Audience(names, names)
        self.sent: list[tuple[str, str, str]] = []
        self.down: set[str] = set()

    def knows(self, name: str) -> bool:
        every = (self.audience.told, self.audience.alarmed, *self.audience.tiers.values())
        return any(name in names for names in every)

    def send(self, name: str, title: str, text: str) -> None:
        if name in self.down:
            raise Temporary("down")
        self.sent.append((name, title, text))


@pytest.mark.process("tell-people")
def test_each_target_is_told_of_an_escalation_once(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(2)
    desk = open_stage(notifier=notifier)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(NINE + minutes(31))
    assert sorted(notifier.sent) == [
        (
            str(n),
            f"Ticket {ticket}: ESCALATED to Tier 3 / Service Desk Manager: no diagnosis plan within 30 working minutes "
            "at First Touch (T1/2).",
            "Asked of you: a plan by 10:00 (UTC), “Plan: …” in a note, then the fix within 60 minutes of it. "
            "Nobody owns this ticket: please take it.\n"
            "“VPN client cannot connect”, client Acme Corp. It was with Tess Tech, First Touch (T1/2).\n"
            f"{notifier.sent[0][2].split()[-1]}",
        )
        for n in range(2)
    ]
    assert str(ticket) in notifier.sent[0][2].splitlines()[-1]


def test_a_target_that_is_down_delays_no_ticket_and_no_other_target(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(2)
    notifier.down = {"0"}
    desk = open_stage(notifier=notifier)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(NINE + minutes(40))
    assert where(desk, ticket)[0] == "Tier 3"
    assert [number for number, _, _ in notifier.sent] == ["1"]
    notifier.down.clear()
    desk.run_until(NINE + minutes(50))
    assert [number for number, _, _ in notifier.sent] == ["1", "0"]


def test_a_message_that_cannot_be_sent_for_a_day_is_given_up_and_said_so(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(1)
    notifier.down = {"0"}
    desk = open_stage(scenario_policy(), notifier=notifier, poll_every=minutes(60))
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(NINE + minutes(31))
    desk.simulator.resolve(ticket)
    desk.run_until(NINE + minutes(25 * 60))
    assert notifier.sent == []
    assert len(our_notes(desk, ticket)) == 1
    (given_up,) = [row for row in events(desk, "@notify:0") if row.event == "message given up"]  # type: ignore[arg-type]
    assert given_up.detail["target"] == "0"


@pytest.mark.process("tell-people", "final-people")
def test_the_final_escalation_tells_who_is_called_and_which_role_is_missing(
    open_stage: Callable[..., Simulation],
) -> None:
    notifier = Recorder(1)
    final = FinalEscalation(sr_it_manager="irene", service_desk_manager="maria", reminders=0)
    desk = open_stage(scenario_policy(tiers=(a_tier(1),), final=final), notifier=notifier)
    desk.run_until(NINE)
    a_ticket_on(desk)
    desk.run_until(NINE + minutes(31))
    ((_, title, text),) = notifier.sent
    assert title.endswith(
        "Irene Systems and Maria Desk: make a new plan together. Nobody is configured as Account Manager."
    )
    assert "Owed now: “New plan: …” in an internal note, and word to the client, Connie Client.\n" in text


@pytest.mark.process("tell-people", "warning-share")
def test_a_warning_reaches_the_holders_tier_and_an_escalation_the_tier_where_it_arrives(
    open_stage: Callable[..., Simulation],
) -> None:
    notifier = Recorder(audience=Audience(("desk",), ("boss",), {1: ("first",), 2: ("second",)}))
    desk = open_stage(scenario_policy(warn_at=0.8), notifier=notifier)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(NINE + minutes(25))
    ((target, title, text),) = notifier.sent
    assert target == "first"
    assert title == (
        f"Ticket {ticket}: Write “Plan: …” by 09:30 (UTC), else this ticket goes to Tier 3 / Service Desk Manager. "
        "6 working minutes left."
    )
    about, link = text.splitlines()
    assert about == "“VPN client cannot connect”, client Acme Corp. It is with Tess Tech, First Touch (T1/2)."
    assert link.startswith("http")
    assert str(ticket) in link
    desk.run_until(NINE + minutes(31))
    assert {name for name, title, _ in notifier.sent if "ESCALATED" in title} == {"desk", "second"}


def test_what_waits_for_a_target_that_was_taken_out_goes_to_no_other_one(open_stage: Callable[..., Simulation]) -> None:
    notifier = Recorder(audience=Audience(("old", "stays")))
    notifier.down = {"old"}
    desk = open_stage(notifier=notifier)
    desk.run_until(NINE)
    a_ticket_on(desk)
    desk.run_until(NINE + minutes(31))
    notifier.audience = Audience(("new", "stays"))
    desk.run_until(NINE + minutes(50))
    assert [name for name, _, _ in notifier.sent] == ["stays"]
    (given_up,) = [row for row in events(desk, "@notify:old") if row.event == "message given up"]  # type: ignore[arg-type]
    assert given_up.detail["why"] == "its target is not configured any more"


def test_thousands_of_messages_drain_as_a_few_hundred_each_told_once_and_in_order(
    open_stage: Callable[..., Simulation], database_url: str
) -> None:
    recorder = Recorder(1)
    desk = open_stage(url=database_url, notifier=recorder)
    desk.settle()
    announcer = Announcer("connectwise", recorder.audience)
    recorder.down = {"0"}
    every = [announcer.alarm(str(n), f"alarm {n:04}", ("word " * 30,), "") for n in range(2000)]
    desk.mailbox.deliver([delivery for one in every for delivery in one])
    desk.settle()
    assert recorder.sent == []
    recorder.down = set()
    desk.run_until(desk.clock.now() + minutes(12))
    texts = [f"{title}\n{text}" for _, title, text in recorder.sent]
    assert re.findall(r"alarm (\d{4})", "\n".join(texts)) == [f"{n:04}" for n in range(2000)]
    assert len(texts) < 2000 / 8
    assert max(map(len, texts)) < 2000
    assert "11 messages that waited" in texts[0]


def test_a_few_messages_go_one_by_one_and_an_enormous_one_alone() -> None:
    def mail(text: str) -> Mail:
        return Mail(0, "", Source.NOTIFICATION, NINE, json.dumps({"title": "Title", "text": text}).encode())

    few = [mail("a"), mail("b"), mail("c")]
    assert together(few) == (few[:1], "Title", "a")
    assert together([*few, mail("d")])[1:] == (
        "4 messages that waited",
        "Title\na\n\nTitle\nb\n\nTitle\nc\n\nTitle\nd",
    )
    long = [mail("x" * 5000), *few]
    assert together(long) == (long[:1], "Title", "x" * 5000)


def test_a_target_that_stays_down_is_not_tried_for_each_of_the_thousands_that_wait(
    open_stage: Callable[..., Simulation],
) -> None:
    recorder = Counting(1)
    desk = open_stage(notifier=recorder)
    desk.settle()
    announcer = Announcer("connectwise", recorder.audience)
    every = [announcer.alarm(str(n), f"alarm {n}", (), "") for n in range(300)]
    desk.mailbox.deliver([delivery for one in every for delivery in one])
    desk.run_until(desk.clock.now() + minutes(10))
    assert 3 <= recorder.tried <= 8


class Counting(Recorder):
    """Is down, and counts how often it was tried."""

    tried = 0

    def send(self, name: str, title: str, text: str) -> None:
        self.tried += 1
        raise Temporary("down")
