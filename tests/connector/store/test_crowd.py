"""Very many connections with something due: a claim looks at few of them, and leaves nobody out for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest

from connector.clock import VirtualClock
from connector.model import Lane
from connector.store.mailbox import Mailbox
from connector.store.queries import due
from connector.store.records import Claim, Delivery, Fairness, Source
from tests.connector.mailboxes import LEASE, START, all_done

MANY = 60
CONNECTIONS = [f"psa{n:02}" for n in range(MANY)]
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=[10, due.CROWD], ids=["few due", "much due"])
def crowd(request: pytest.FixtureRequest, mailbox: Mailbox, clock: VirtualClock) -> Iterator[Mailbox]:
    """Three tickets of each connection are due, those of the last connection the longest."""
    for name in reversed(CONNECTIONS):
        mailbox.deliver([Delivery(name, str(n), f"{n}", Source.WEBHOOK) for n in range(3)])
        clock.advance(timedelta(seconds=1))
    clock.advance(MINUTE)
    with patch.object(due, "CROWD", {10: due.CROWD, due.CROWD: 10}[request.param]):
        yield mailbox


def claimed(mailbox: Mailbox, limit: int, *, fairness: Fairness = due.UNSHARED) -> list[Claim]:
    return mailbox.claim("worker", limit, LEASE, CONNECTIONS, (), fairness)


def test_a_claim_looks_at_no_more_connections_than_it_needs(crowd: Mailbox) -> None:
    with patch.object(due, "_DUE", wraps=due._DUE) as looking:
        claims = claimed(crowd, 8)
    assert len(claims) == 8
    assert looking.rows.call_count == due.AT_ONCE


def test_what_waits_the_longest_comes_first_and_everything_in_the_end(crowd: Mailbox) -> None:
    assert {claim.connection for claim in claimed(crowd, 8)} <= set(CONNECTIONS[-due.AT_ONCE :])
    left = 3 * MANY - 8
    while claims := claimed(crowd, 40):
        left -= len(claims)
        crowd.finish([all_done(claim) for claim in claims])
    assert left == 0


def test_a_ticket_that_is_late_comes_first_of_whichever_connection_it_is(crowd: Mailbox, clock: VirtualClock) -> None:
    name = CONNECTIONS[0]  # whose tickets wait for less time than all others
    (first, *others) = crowd.claim("worker", 3, LEASE, [name])
    crowd.finish([all_done(first, clock.now(), due_at=clock.now()), *map(all_done, others)])
    clock.advance(timedelta(seconds=1))
    assert (name, first.ticket) in {claim.key for claim in claimed(crowd, 4)}


def test_a_ticket_that_is_late_and_waits_for_something_else_puts_its_connection_before_nobody(
    crowd: Mailbox, clock: VirtualClock
) -> None:
    name = CONNECTIONS[0]
    claims = crowd.claim("worker", 3, LEASE, [name])
    crowd.finish([all_done(claim, clock.now() + MINUTE, due_at=START) for claim in claims[:2]])
    crowd.finish([all_done(claims[2], clock.now(), due_at=clock.now() + MINUTE)])
    clock.advance(timedelta(seconds=1))
    with patch.object(due, "_DUE", wraps=due._DUE) as looking:
        assert len(claimed(crowd, 4)) == 4
    assert name not in {call.args[1]["at_connection"] for call in looking.rows.call_args_list}


def test_connections_that_may_have_nothing_hide_no_others(crowd: Mailbox) -> None:
    shut = {name: dict.fromkeys(Lane, 0) for name in CONNECTIONS[MANY // 2 :]}
    claims = claimed(crowd, 8, fairness=Fairness(lanes=shut))
    assert len(claims) == 8
    assert {claim.connection for claim in claims} <= set(CONNECTIONS[: MANY // 2])


def test_of_connections_of_which_only_chores_are_taken_the_tickets_are_left(
    crowd: Mailbox, clock: VirtualClock
) -> None:
    crowd.schedule(CONNECTIONS[5], "@poll", clock.now())
    claims = crowd.claim("worker", 8, LEASE, [], CONNECTIONS)
    assert [claim.key for claim in claims] == [(CONNECTIONS[5], "@poll")]


def test_two_at_the_same_moment_both_find_enough(crowd: Mailbox) -> None:
    if not crowd.store.is_postgresql:
        pytest.skip("on SQLite one writes at a time")
    now = crowd.store.now()
    with crowd.store.writing() as one, crowd.store.writing() as other:
        first = due.lock(one, CONNECTIONS, now, 40)
        second = due.lock(other, CONNECTIONS, now, 40)
    assert (len(first), len(second)) == (40, 40)
    keys = [(row.connection, row.ticket) for row in (*first, *second)]
    assert len(set(keys)) == len(keys)
