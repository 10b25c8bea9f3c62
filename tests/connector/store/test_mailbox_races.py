"""The mailbox under interleavings: transactions are stopped at the worst point while others go on.

On PostgreSQL the order of commits is forced; on SQLite, where writers take turns, the same calls show that the
turns lead to the same end.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.store import mailbox as mailbox_module
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Failed
from tests.connector.mailboxes import (
    LEASE,
    PATIENCE,
    a_delivery,
    a_held_ticket,
    all_done,
    claim_all,
    claim_one,
    in_thread,
    names,
    paused_before_commit,
    paused_before_ringing,
    until_somebody_waits_for_a_lock,
)


@pytest.fixture
def other(database_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Mailbox:
    """The mailbox as another process sees it: the same database through connections of its own."""
    return Mailbox(open_store(database_url, clock))


def test_mail_whose_commit_comes_first_is_seen_by_the_finish_that_waits_for_it(
    mailbox: Mailbox, other: Mailbox
) -> None:
    claim = a_held_ticket(mailbox)
    with paused_before_commit(other.store) as commit:
        delivered = in_thread(lambda: other.deliver([a_delivery("1", "news")]))
        commit.wait_until_reached()
        finished = in_thread(lambda: mailbox.finish([all_done(claim)]))
        until_somebody_waits_for_a_lock(other.store)
        assert not finished.done()
        commit.let_go()
        assert delivered.result(PATIENCE) == [True]
        assert finished.result(PATIENCE) == [True]
    assert names(claim_one(mailbox)) == ["news"]


def test_mail_whose_commit_comes_after_the_finish_wakes_the_released_ticket(mailbox: Mailbox, other: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    with paused_before_ringing(other.store) as stored_not_rung:
        delivered = in_thread(lambda: other.deliver([a_delivery("1", "news")]))
        stored_not_rung.wait_until_reached()
        finished = in_thread(lambda: mailbox.finish([all_done(claim)]))
        if mailbox.store.is_postgresql:
            # The wrong order: the finish commits while the mail is stored but cannot be seen yet.
            assert finished.result(PATIENCE) == [True]
            assert mailbox.next_wake(["psa"]) is None
        stored_not_rung.let_go()
        assert delivered.result(PATIENCE) == [True]
        assert finished.result(PATIENCE) == [True]
    assert names(claim_one(mailbox)) == ["news"]


def test_mail_that_waits_for_a_finish_wakes_the_ticket_after_it(mailbox: Mailbox, other: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    with paused_before_commit(mailbox.store) as commit:
        finished = in_thread(lambda: mailbox.finish([all_done(claim)]))
        commit.wait_until_reached()
        delivered = in_thread(lambda: other.deliver([a_delivery("1", "news")]))
        until_somebody_waits_for_a_lock(other.store)
        assert not delivered.done()
        commit.let_go()
        assert finished.result(PATIENCE) == [True]
        assert delivered.result(PATIENCE) == [True]
    assert names(claim_one(mailbox)) == ["news"]


def test_a_lower_id_that_commits_after_a_higher_one_was_done_is_not_lost(mailbox: Mailbox, other: Mailbox) -> None:
    with paused_before_ringing(other.store) as stored_not_rung:
        slow = in_thread(lambda: other.deliver([a_delivery("1", "slow")]))
        stored_not_rung.wait_until_reached()
        if not mailbox.store.is_postgresql:
            # SQLite has no such order: whoever comes second waits.
            quick = in_thread(lambda: mailbox.deliver([a_delivery("1", "quick")]))
            assert not quick.done()
            stored_not_rung.let_go()
            assert quick.result(PATIENCE) == [True]
            assert slow.result(PATIENCE) == [True]
            assert names(claim_one(mailbox)) == ["slow", "quick"]
            return
        mailbox.deliver([a_delivery("1", "quick")])
        claim = claim_one(mailbox)
        assert names(claim) == ["quick"]
        assert mailbox.finish([all_done(claim)]) == [True]
        stored_not_rung.let_go()
        assert slow.result(PATIENCE) == [True]
    late = claim_one(mailbox)
    assert names(late) == ["slow"]
    assert late.mail[0].id < claim.mail[0].id


def test_mail_for_a_ticket_that_is_just_being_deleted_makes_its_row_anew(mailbox: Mailbox, other: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    with paused_before_commit(mailbox.store) as commit:
        finished = in_thread(lambda: mailbox.finish([all_done(claim, is_gone=True)]))
        commit.wait_until_reached()
        delivered = in_thread(lambda: other.deliver([a_delivery("1", "news")]))
        until_somebody_waits_for_a_lock(other.store)
        commit.let_go()
        assert finished.result(PATIENCE) == [True]
        assert delivered.result(PATIENCE) == [True]
    assert names(claim_one(mailbox)) == ["news"]


def test_a_ticket_is_not_deleted_over_mail_that_is_just_coming_in(mailbox: Mailbox, other: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    with paused_before_commit(other.store) as commit:
        delivered = in_thread(lambda: other.deliver([a_delivery("1", "news")]))
        commit.wait_until_reached()
        finished = in_thread(lambda: mailbox.finish([all_done(claim, is_gone=True)]))
        until_somebody_waits_for_a_lock(other.store)
        commit.let_go()
        assert delivered.result(PATIENCE) == [True]
        assert finished.result(PATIENCE) == [True]
    assert names(claim_one(mailbox)) == ["news"]


def test_a_turn_that_dies_over_mail_that_is_just_coming_in_is_woken_for_it(mailbox: Mailbox, other: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    with paused_before_commit(other.store) as commit:
        delivered = in_thread(lambda: other.deliver([a_delivery("1", "news")]))
        commit.wait_until_reached()
        finished = in_thread(lambda: mailbox.finish([Failed(claim, "poison", None)]))
        until_somebody_waits_for_a_lock(other.store)
        commit.let_go()
        assert delivered.result(PATIENCE) == [True]
        assert finished.result(PATIENCE) == [True]
    claim = claim_one(mailbox)
    assert (claim.is_parked, names(claim)) == (True, ["first of 1", "news"])


def test_a_holder_that_is_taken_over_while_it_finishes_changes_nothing(
    mailbox: Mailbox, other: Mailbox, clock: VirtualClock
) -> None:
    stale = a_held_ticket(mailbox, worker="first")
    clock.advance(LEASE)
    with paused_before_commit(other.store) as commit:
        taken = in_thread(lambda: other.claim("second", 1, LEASE, ["psa"]))
        commit.wait_until_reached()
        finished = in_thread(lambda: mailbox.finish([all_done(stale, snapshot={"by": "first"})]))
        until_somebody_waits_for_a_lock(other.store)
        commit.let_go()
        [current] = taken.result(PATIENCE)
        assert finished.result(PATIENCE) == [False]
    assert current.fence == stale.fence + 1
    assert mailbox.finish([all_done(current, snapshot={"by": "second"})]) == [True]
    assert mailbox.snapshots("psa", ["1"]) == {"1": {"by": "second"}}


def test_a_claim_does_not_wait_for_a_ticket_that_is_just_being_rung(
    postgresql_url: str, open_store: Callable[..., Store], clock: VirtualClock
) -> None:
    mailbox, other = (Mailbox(open_store(postgresql_url, clock)) for _ in range(2))
    mailbox.deliver([a_delivery("1", "a"), a_delivery("2", "b")])
    with paused_before_commit(other.store) as commit:
        delivered = in_thread(lambda: other.deliver([a_delivery("1", "news")]))
        commit.wait_until_reached()
        assert [claim.ticket for claim in claim_all(mailbox)] == ["2"]
        commit.let_go()
        assert delivered.result(PATIENCE) == [True]
    assert names(claim_one(mailbox)) == ["a", "news"]


def test_a_delivery_twice_at_once_is_stored_once(mailbox: Mailbox, other: Mailbox) -> None:
    with paused_before_commit(other.store) as commit:
        first = in_thread(lambda: other.deliver([a_delivery("1", "same")]))
        commit.wait_until_reached()
        second = in_thread(lambda: mailbox.deliver([a_delivery("1", "same")]))
        until_somebody_waits_for_a_lock(other.store)
        commit.let_go()
        assert (first.result(PATIENCE), second.result(PATIENCE)) == ([True], [False])
    assert names(claim_one(mailbox)) == ["same"]


def test_batches_with_the_same_names_in_opposite_order_do_not_wait_in_a_circle(
    mailbox: Mailbox, other: Mailbox
) -> None:
    for turn in range(20):
        batch = [a_delivery(str(n), f"{turn} of {n}") for n in range(40)]
        together = threading.Barrier(2)

        def deliver(box: Mailbox, order: int, together: threading.Barrier = together) -> list[bool]:
            together.wait(PATIENCE)
            return box.deliver(batch[::order])  # noqa: B023  # used up before the loop goes on

        one, two = in_thread(lambda: deliver(mailbox, 1)), in_thread(lambda: deliver(other, -1))
        found = one.result(PATIENCE), two.result(PATIENCE)[::-1]
        assert all(mine is not theirs for mine, theirs in zip(*found, strict=True))


def test_two_claimers_never_get_the_same_ticket(mailbox: Mailbox, other: Mailbox) -> None:
    mailbox.deliver([a_delivery(str(n), str(n)) for n in range(300)])
    together = threading.Barrier(4)

    def take_all(box: Mailbox, worker: str) -> list[str]:
        together.wait(PATIENCE)
        taken: list[str] = []
        while len(claims := claim_all(box, worker, limit=7)) > 0 or box.stats("psa").due:
            taken += [claim.ticket for claim in claims]
        return taken

    futures = [in_thread(lambda b=box, n=n: take_all(b, str(n))) for n, box in enumerate([mailbox, other] * 2)]
    taken = [ticket for future in futures for ticket in future.result(PATIENCE)]
    assert sorted(taken) == sorted(str(n) for n in range(300))


def test_under_load_every_mail_is_done_once_in_order_and_by_one_worker_at_a_time(
    mailbox: Mailbox, other: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox_module, "MAIL_EVERY", timedelta(0))  # no time passes, and nobody rests
    tickets, producers, each = 12, 3, 25
    handled: dict[str, list[str]] = defaultdict(list)
    busy: set[str] = set()
    guard = threading.Lock()
    is_produced = threading.Event()

    def produce(box: Mailbox, producer: int) -> None:
        for n in range(each):
            box.deliver([a_delivery(str(t), f"{producer}:{n:03}:{t}") for t in range(tickets)][:: (-1) ** n])

    def turn(claim: Claim) -> None:
        with guard:
            assert claim.ticket not in busy
            busy.add(claim.ticket)
            handled[claim.ticket] += names(claim)

    def work(box: Mailbox, worker: str) -> None:
        while True:
            was_produced = is_produced.is_set()
            claims = claim_all(box, worker, limit=5)
            for claim in claims:
                turn(claim)
            with guard:
                busy.difference_update(claim.ticket for claim in claims)
            assert all(box.finish([all_done(claim) for claim in claims]))
            if was_produced and not claims and box.next_wake(["psa"]) is None:
                return

    boxes = (mailbox, other, mailbox)
    producing = [in_thread(lambda b=box, n=n: produce(b, n)) for n, box in enumerate(boxes)]
    working = [in_thread(lambda b=box, n=n: work(b, str(n))) for n, box in enumerate(boxes)]
    for future in producing:
        future.result(PATIENCE)
    is_produced.set()
    for future in working:
        future.result(PATIENCE)
    assert len(handled) == tickets
    for ticket, done in handled.items():
        assert sorted(done) == sorted(f"{p}:{n:03}:{ticket}" for p in range(producers) for n in range(each))
        for producer in range(producers):
            own = [name for name in done if name.startswith(f"{producer}:")]
            assert own == sorted(own)
    assert mailbox.stats("psa").due == 0
