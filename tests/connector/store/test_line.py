"""The line of what was due before its connection was back: who may go, who comes again, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.model import Mode
from connector.store.connections import Connections
from connector.store.line import AT_ONCE, ONE_EVERY, WaitingLine
from connector.store.outages import Outages
from connector.store.queries import recovery
from tests.connector.mailboxes import START, claim_all
from tests.connector.store.test_outages import SECOND, down, waiting

HOUR = timedelta(hours=1)


@pytest.fixture
def line(mailbox, clock):
    """The line of a connection that was down for an hour, in which nobody's deadline was known, and is back."""
    Connections(mailbox.store).ensure("psa", Mode.ENFORCE, "policy")
    outages = Outages(mailbox.store)
    down(outages, START)
    clock.advance(HOUR)
    outages.up("psa")
    assert [claim.ticket for claim in claim_all(mailbox)] == ["@probe"]  # which stays in these hands
    return WaitingLine(mailbox.store)


def offsets(clock, moments):
    """How many seconds from now, None for at once."""
    return [moment and (moment - clock.now()).total_seconds() for moment in moments]


def test_ten_go_at_once_and_each_further_one_comes_again_a_little_later(line, clock):
    due = START + 60 * SECOND
    found = [line.wait("psa", due, None) for _ in range(AT_ONCE + 3)]
    assert offsets(clock, found) == [None] * AT_ONCE + [5.0, 10.0, 15.0]


def test_a_token_comes_back_every_five_seconds_for_all_workers_together(line, mailbox, clock):
    due, other = START + 60 * SECOND, WaitingLine(mailbox.store)
    assert [line.wait("psa", due, None) for _ in range(AT_ONCE)] == [None] * AT_ONCE
    went = []
    for _ in range(4):
        clock.advance(ONE_EVERY)
        went += [line.wait("psa", due, due) is None, other.wait("psa", due, due) is None]
    assert went == [True, False] * 4


def test_what_was_due_after_the_connection_was_back_did_not_wait_for_it(line, clock):
    assert [line.wait("psa", clock.now() + SECOND, None) for _ in range(AT_ONCE + 5)] == [None] * (AT_ONCE + 5)


def test_without_an_outage_there_is_no_line(mailbox):
    Connections(mailbox.store).ensure("psa", Mode.ENFORCE, "policy")
    assert WaitingLine(mailbox.store).wait("psa", START, None) is None
    assert WaitingLine(mailbox.store).wait("never started", START, None) is None


def test_without_an_outage_nobody_waits_for_who_writes(mailbox):
    Connections(mailbox.store).ensure("psa", Mode.ENFORCE, "policy")
    with mailbox.store.writing():
        assert WaitingLine(mailbox.store).wait("psa", START, None) is None


def test_a_relapse_gives_no_new_burst(line, mailbox, clock):
    outages, due = Outages(mailbox.store), START + 60 * SECOND
    assert [line.wait("psa", due, None) for _ in range(AT_ONCE)] == [None] * AT_ONCE
    down(outages, clock.now())
    outages.up("psa")
    assert line.wait("psa", due, None) is not None


def test_one_that_nobody_knew_gives_way_to_the_more_overdue_ones(line, mailbox, clock):
    waiting(mailbox, {"early": 10})
    mailbox.schedule("psa", "early", clock.now())
    assert line.wait("psa", START + 20 * SECOND, None) is not None
    assert line.wait("psa", START + 5 * SECOND, None) is None
    assert line.wait("psa", START + 20 * SECOND, START + 20 * SECOND) is None


@pytest.mark.parametrize("page", [100, 4])
def test_those_who_wait_are_put_in_order_of_their_deadlines_so_many_at_most(line, mailbox, clock, monkeypatch, page):
    monkeypatch.setattr(recovery, "PAGE", page)
    waiting(mailbox, {f"t{n}": 60 - n for n in range(6)})  # t5 is the most overdue
    with mailbox.store.writing() as conn:
        for n in range(6):
            at = clock.now() + (n + 1) * HOUR
            conn.exec_driver_sql(f"UPDATE mailbox SET wake_at = {int(at.timestamp() * 1e6)} WHERE ticket = 't{n}'")
    due = START + 70 * SECOND
    assert [line.wait("psa", due, None) is None for _ in range(2)] == [False, False]
    clock.advance(ONE_EVERY)
    line.wait("psa", due, None)
    rows = [row for row in mailbox.list_tickets() if row.wake_at]
    wakes = {row.ticket: (row.wake_at - clock.now()).total_seconds() for row in rows}
    ordered = [wakes[f"t{n}"] for n in (5, 4, 3, 2, 1, 0)]
    assert ordered[:page] == [2.5 + 5 * n for n in range(min(page, 6))]
    assert all(wake > 3000 for wake in ordered[page:])
    assert claim_all(mailbox) == []
