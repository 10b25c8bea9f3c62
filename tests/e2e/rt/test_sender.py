"""The sender of webhooks in ``contrib/request-tracker``: signed, in order, until received, only what is committed."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.crash.desks import until
from tests.e2e.rt.api import Api, Transaction
from tests.e2e.rt.instance import CONTRIB, HERE, Instance
from tests.e2e.rt.receiver import Delivery, Receiver

pytestmark = pytest.mark.e2e


@pytest.fixture
def told(instance: Instance, receiver: Receiver) -> Receiver:
    """The receiver, and the instance's webhooks go to it."""
    until(lambda: not waiting(instance), "what waited from before is gone")
    instance.send_webhooks_to(receiver.url, seconds=2)
    return receiver


def waiting(instance: Instance) -> list[str]:
    """What is in the spool and not given up."""
    return [path.name for path in instance.waiting_webhooks()]


def given_up(instance: Instance) -> set[str]:
    return {path.name for path in (instance.spool / "dead").iterdir()}


def worth_telling(judge: Api, ticket: int) -> list[Transaction]:
    """A ticket's history without the records of mail, and without the second line on a change of the owner."""
    owner_again = ("SetWatcher", "Owner")
    history = judge.history(ticket)
    return [one for one in history if not one.type.endswith("EmailRecord") and (one.type, one.field) != owner_again]


def tells_of(ticket: int, *events: str) -> list[str]:
    return [f"{ticket} {event}" for event in events]


def told_of(deliveries: list[Delivery]) -> list[str]:
    return [f"{one.body['ticket']['id']} {one.body['event']}" for one in deliveries]


def test_every_change_is_told_once_signed_and_in_order(told: Receiver, client: Api, tess: Api, judge: Api) -> None:
    ticket = client.open("Printer is on fire")
    tess.change(ticket, Owner="tess")
    tess.comment(ticket, "Plan: put it out")
    tess.change(ticket, Status="stalled")
    client.reply(ticket, "It still burns, ünlöschbar")
    tess.change(ticket, Owner="tom", Status="resolved")
    changes = worth_telling(judge, ticket)
    expected = [one.id for one in changes]
    came = told.wait_for(lambda came: len(came) >= len(expected))
    assert [one.transaction for one in came] == expected
    assert [one.id for one in came] == [f"rt.test:txn:{number}" for number in expected]
    assert all(one.is_signed and one.attempt == 1 for one in came)
    assert [(one.body["actor"]["name"]) for one in came] == [one.by for one in changes]
    internal = {one.body["event"] for one in came if one.body["transaction"]["internal"]}
    assert internal == {"ticket.comment"}
    assert all("put it out" not in str(one.body) and "burns" not in str(one.body) for one in came)


def test_a_receiver_that_is_away_costs_the_people_nothing_and_gets_all_of_it_in_order(
    instance: Instance, told: Receiver, tess: Api, judge: Api
) -> None:
    ticket = tess.open("Before it went away")
    told.wait_for(lambda came: len(came) == 1)
    told.close()
    for number in range(5):
        tess.comment(ticket, f"Nobody listens, {number}")
    assert len(waiting(instance)) == 5
    until(lambda: "Can't connect" in instance.log("sender"), "the sender noticed")
    told.open()
    came = told.wait_for(lambda came: len(came) == 6)
    assert [one.transaction for one in came] == [one.id for one in worth_telling(judge, ticket)]
    assert came[1].attempt > 1
    until(lambda: not waiting(instance), "nothing waits any more")


def test_a_receiver_that_asks_for_time_gets_it(told: Receiver, tess: Api) -> None:
    told.answers += [(503, {"Retry-After": "2"}), (503, {}), (429, {"Retry-After": "0"})]
    ticket = tess.open("Busy receiver")
    came = told.wait_for(lambda came: len(came) == 4)
    assert [one.attempt for one in came] == [1, 2, 3, 4]
    assert len({one.id for one in came}) == 1
    assert 2 <= came[1].came_at - came[0].came_at < 4  # as asked for
    assert 2 <= came[2].came_at - came[1].came_at < 4  # 2 ** 1
    assert came[3].came_at - came[2].came_at < 1
    assert told_of(told.received()) == tells_of(ticket, "ticket.create")


def test_what_the_receiver_cannot_read_is_put_aside_and_does_not_hold_up_the_rest(
    instance: Instance, told: Receiver, tess: Api
) -> None:
    told.answers += [(400, {})]
    ticket = tess.open("Unreadable")
    tess.comment(ticket, "Readable")
    came = told.wait_for(lambda came: len(came) == 2)
    assert [one.attempt for one in came] == [1, 1]
    assert f"{came[0].transaction}-{ticket}" in given_up(instance)
    until(lambda: not waiting(instance), "nothing waits any more")


def test_one_that_makes_the_receiver_stumble_does_not_hold_up_the_rest(told: Receiver, tess: Api) -> None:
    told.answers += [(500, {})]
    ticket = tess.open("A stumbling block")
    tess.comment(ticket, "The next one")
    came = told.wait_for(lambda came: len(came) == 3)
    first, second = sorted({one.transaction for one in came})
    assert [(one.transaction, one.attempt) for one in came] == [(first, 1), (second, 1), (first, 2)]


def test_a_wrong_secret_loses_nothing_and_a_new_one_needs_no_restart(
    instance: Instance, told: Receiver, tess: Api
) -> None:
    told.secret = "another-secret"
    ticket = tess.open("Signed with yesterday's secret")
    [refused, *_] = told.wait_for(lambda came: len(came) >= 1)
    assert (refused.status, refused.is_signed) == (401, False)
    instance.send_webhooks_to(told.url, "another-secret", 2)
    told.wait_for(lambda came: came[-1].status == 202)
    assert told_of(told.received()) == tells_of(ticket, "ticket.create")


def test_a_receiver_that_never_answers_holds_up_no_change(told: Receiver, instance: Instance, tess: Api) -> None:
    ticket = tess.open("Slow receiver")
    told.wait_for(lambda came: len(came) == 1)
    told.close()
    with a_silent_listener(told.port):
        tess.comment(ticket, "Nobody answers")
        until(lambda: "timeout" in instance.log("sender"), "the sender gave up waiting")
    told.open()
    came = told.wait_for(lambda came: len(came) == 2)
    assert came[1].attempt > 1


def test_a_killed_sender_goes_on_where_it_was(instance: Instance, told: Receiver, tess: Api, judge: Api) -> None:
    ticket = tess.open("The sender dies")
    told.wait_for(lambda came: len(came) == 1)
    instance.stop_sender(kill=True)
    for number in range(3):
        tess.comment(ticket, f"Nobody sends, {number}")
    instance.start_sender()
    came = told.wait_for(lambda came: len({one.id for one in came}) == 4)
    # The one that it was about may come a second time, with the same id.
    assert list(dict.fromkeys(one.transaction for one in came)) == [one.id for one in worth_telling(judge, ticket)]


def test_there_is_never_a_second_sender(instance: Instance) -> None:
    until(lambda: instance.log("sender").rstrip().endswith(f"in {instance.spool}"), "the sender is at work", 30)
    command = ["perl", str(CONTRIB / "escalation-webhook-sender")]
    second = subprocess.run(command, env=instance.environ, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode != 0
    assert "another sender works on" in second.stderr


@contextmanager
def a_change_held_open(instance: Instance, ticket: int) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A comment that is written and not committed: its id, and the process that waits for a word."""
    command = ["perl", str(HERE / "perl" / "hold_open.pl"), str(ticket)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=instance.environ, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process
        if process.poll() is None:
            process.kill()


def test_what_is_not_committed_is_not_told_until_it_is(instance: Instance, told: Receiver, tess: Api) -> None:
    ticket = tess.open("Wait for it")
    told.wait_for(lambda came: len(came) == 1)
    with a_change_held_open(instance, ticket) as (number, process):
        assert waiting(instance) == [f"{number}-{ticket}"]
        never_within(told, number, seconds=1.5)
        process.communicate("commit\n", timeout=30)
    came = told.wait_for(lambda came: len(came) == 2)
    assert came[1].transaction == number


def test_what_is_rolled_back_is_never_told(instance: Instance, told: Receiver, tess: Api, judge: Api) -> None:
    ticket = tess.open("It never happened")
    told.wait_for(lambda came: len(came) == 1)
    with a_change_held_open(instance, ticket) as (_, process):
        process.communicate("rollback\n", timeout=30)
    # SQLite gives the number of what never was to the next one: that one is told.
    tess.comment(ticket, "But this did")
    came = told.wait_for(lambda came: len(came) == 2)
    assert [one.transaction for one in came] == [one.id for one in worth_telling(judge, ticket)]


def test_a_merge_is_told_with_the_number_that_the_ticket_had(told: Receiver, tess: Api) -> None:
    first, second = tess.open("The same twice"), tess.open("The same once")
    told.wait_for(lambda came: len(came) == 2)
    tess.merge(first, second)
    came = told.wait_for(lambda came: any(one.body["ticket"]["noted_id"] == first for one in came[2:]))
    merged = [one.body["ticket"] for one in came[2:] if one.body["ticket"]["noted_id"] == first]
    assert {ticket["id"] for ticket in merged} == {second}


def test_switched_off_nothing_piles_up(instance: Instance, told: Receiver, tess: Api) -> None:
    instance.send_webhooks_to("")
    tess.open("Nobody wants to know")
    until(lambda: not waiting(instance), "the spool is empty")
    assert told.received(refused=True) == []


def test_inserting_the_initial_data_again_changes_nothing(instance: Instance, told: Receiver, tess: Api) -> None:
    said = instance.insert(CONTRIB / "escalation-connector.initialdata")
    ours = [line for line in said.splitlines() if line.startswith("Escalation Connector: ")]
    assert ours == ["Escalation Connector: everything is in place"]
    ticket = tess.open("Still told once")
    tess.comment(ticket, "And this, too")
    came = told.wait_for(lambda came: len(came) >= 2)
    assert told_of(came) == tells_of(ticket, "ticket.create", "ticket.comment")


def never_within(receiver: Receiver, transaction: int, seconds: float) -> None:
    """Nothing tells of a transaction for so long."""
    with pytest.raises(AssertionError):
        receiver.wait_for(lambda came: any(one.transaction == transaction for one in came), seconds)


@contextmanager
def a_silent_listener(port: int) -> Iterator[None]:
    """Somebody who takes connections and says nothing."""

    with socket.create_server(("127.0.0.1", port)):
        yield
