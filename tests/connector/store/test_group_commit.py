"""Group commit: one writer for many requests, and every one of them learns what became of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence

import pytest

from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.group_commit import GroupCommit
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery
from tests.connector.mailboxes import PATIENCE, Pause, a_delivery, claim_all, in_thread, until


class Watched(Mailbox):
    """A mailbox whose commits are counted, can be stopped, and fail on purpose."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.batches: list[int] = []
        self.pause: Pause | None = None
        self.failure: Exception | None = None
        self.poison = ""

    def deliver(self, deliveries: Sequence[Delivery]) -> list[bool]:
        self.batches.append(len(deliveries))
        if self.pause is not None:
            self.pause.stop_here()
        if self.failure is not None:
            raise self.failure
        if self.poison in {d.delivery for d in deliveries}:
            raise ValueError(self.poison)
        return super().deliver(deliveries)


@pytest.fixture
def watched(mailbox: Mailbox) -> Watched:
    return Watched(mailbox.store)


@pytest.fixture
def group(watched: Watched) -> Iterator[GroupCommit]:
    group = GroupCommit(watched, max_batch=10)
    yield group
    if watched.pause is not None:
        watched.pause.let_go()
    group.stop()


def test_a_delivery_is_on_disk_when_the_call_comes_back(group: GroupCommit, watched: Watched) -> None:
    assert group.deliver([a_delivery("1", "a"), a_delivery("1", "a")]) == [True, False]
    assert group.deliver([a_delivery("1", "a")]) == [False]
    assert group.deliver([]) == []
    assert len(claim_all(watched)) == 1
    assert watched.batches == [2, 1]


def test_what_piles_up_during_a_commit_is_committed_together(group: GroupCommit, watched: Watched) -> None:
    watched.pause = Pause()
    first = in_thread(lambda: group.deliver([a_delivery("0", "0")]))
    watched.pause.wait_until_reached()
    rest = [in_thread(lambda n=n: group.deliver([a_delivery(n, n), a_delivery(n, n)])) for n in "1234567"]
    until(lambda: len(group._queue) == 7)
    watched.pause.let_go()
    assert first.result(PATIENCE) == [True]
    assert [future.result(PATIENCE) for future in rest] == [[True, False]] * 7
    assert watched.batches == [1, 10, 4]


def test_a_request_larger_than_a_batch_goes_alone(group: GroupCommit, watched: Watched) -> None:
    assert group.deliver([a_delivery(str(n), str(n)) for n in range(25)]) == [True] * 25
    assert watched.batches == [25]


def test_a_failed_commit_is_told_to_all_who_waited_for_it(group: GroupCommit, watched: Watched) -> None:
    watched.pause = Pause()
    first = in_thread(lambda: group.deliver([a_delivery("0", "0")]))
    watched.pause.wait_until_reached()
    rest = [in_thread(lambda n=n: group.deliver([a_delivery(n, n)])) for n in "12"]
    until(lambda: len(group._queue) == 2)
    watched.failure = StoreUnavailable("the disk is full", retry_after=7)
    watched.pause.let_go()
    for future in (first, *rest):
        with pytest.raises(StoreUnavailable, match="the disk is full") as caught:
            future.result(PATIENCE)
        assert caught.value.retry_after == 7
    watched.failure = None
    assert claim_all(watched) == []
    assert group.deliver([a_delivery("1", "1")]) == [True]


def test_a_delivery_that_the_database_refuses_takes_no_other_with_it(group: GroupCommit, watched: Watched) -> None:
    watched.pause, watched.poison = Pause(), "bad"
    first = in_thread(lambda: group.deliver([a_delivery("0", "0")]))
    watched.pause.wait_until_reached()
    rest = {name: in_thread(lambda n=name: group.deliver([a_delivery("1", n)])) for name in ("a", "bad", "b")}
    until(lambda: len(group._queue) == 3)
    watched.pause.let_go()
    assert first.result(PATIENCE) == [True]
    assert rest["a"].result(PATIENCE) == [True]
    assert rest["b"].result(PATIENCE) == [True]
    with pytest.raises(ValueError, match="bad"):
        rest["bad"].result(PATIENCE)


def test_who_cannot_wait_longer_is_told_so_and_its_delivery_is_withdrawn(group: GroupCommit, watched: Watched) -> None:
    watched.pause = Pause()
    first = in_thread(lambda: group.deliver([a_delivery("0", "0")]))
    watched.pause.wait_until_reached()
    with pytest.raises(StoreUnavailable, match="in time"):
        group.deliver([a_delivery("1", "withdrawn")], timeout=0)
    watched.pause.let_go()
    assert first.result(PATIENCE) == [True]
    group.stop()
    assert [claim.ticket for claim in claim_all(watched)] == ["0"]


def test_more_requests_than_may_wait_are_refused_at_once(watched: Watched) -> None:
    watched.pause = Pause()
    group = GroupCommit(watched, max_queued=1)
    first = in_thread(lambda: group.deliver([a_delivery("0", "0")]))
    watched.pause.wait_until_reached()
    second = in_thread(lambda: group.deliver([a_delivery("1", "1")]))
    until(lambda: len(group._queue) == 1)
    with pytest.raises(StoreUnavailable, match="too many"):
        group.deliver([a_delivery("2", "2")])
    watched.pause.let_go()
    assert (first.result(PATIENCE), second.result(PATIENCE)) == ([True], [True])
    group.stop()


def test_stopping_commits_what_waits_and_refuses_what_comes_later(group: GroupCommit, watched: Watched) -> None:
    watched.pause = Pause()
    waiting = [in_thread(lambda: group.deliver([a_delivery("1", "1")]))]
    watched.pause.wait_until_reached()
    waiting.append(in_thread(lambda: group.deliver([a_delivery("2", "2")])))
    until(lambda: len(group._queue) == 1)
    stopping = in_thread(group.stop)
    until(lambda: group._is_stopping)
    watched.pause.let_go()
    stopping.result(PATIENCE)
    assert [future.result(PATIENCE) for future in waiting] == [[True], [True]]
    with pytest.raises(StoreUnavailable, match="stopping"):
        group.deliver([a_delivery("3", "3")])


def test_stopping_before_the_first_delivery_is_fine(watched: Watched) -> None:
    GroupCommit(watched).stop()
    assert watched.batches == []


def test_many_threads_get_their_own_answers(group: GroupCommit, watched: Watched) -> None:
    together = threading.Barrier(16)

    def request(n: int) -> list[bool]:
        together.wait(PATIENCE)
        return group.deliver([a_delivery(str(n), f"{n // 2}")])

    futures = [in_thread(lambda n=n: request(n)) for n in range(16)]
    answers = [future.result(PATIENCE)[0] for future in futures]
    assert [answers[n] + answers[n + 1] for n in range(0, 16, 2)] == [1] * 8
    assert sum(watched.batches) == 16


def test_it_starts_anew_in_a_forked_process(group: GroupCommit, watched: Watched) -> None:
    assert group.deliver([a_delivery("1", "parent")]) == [True]
    child = os.fork()
    if child == 0:
        try:
            stored = group.deliver([a_delivery("1", "parent"), a_delivery("2", "child")])
            os._exit(0 if stored == [False, True] else 3)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert {claim.ticket for claim in claim_all(watched)} == {"1", "2"}
    assert group.deliver([a_delivery("2", "child"), a_delivery("3", "later")]) == [False, True]
