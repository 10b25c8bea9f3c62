"""Which policy was in force when, and having the newest one count for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.policy_log import PolicyLog
from tests.connector.mailboxes import PATIENCE, START, in_thread

HOUR = timedelta(hours=1)


@pytest.fixture
def log(mailbox: Mailbox) -> PolicyLog:
    return PolicyLog(mailbox.store)


def test_a_policy_comes_into_force_once_and_an_earlier_one_again(log: PolicyLog, clock: VirtualClock) -> None:
    assert log.rows() == []
    assert log.bring_into_force("v1", {"tiers": [{}]})
    assert not log.bring_into_force("v1", {"tiers": [{}]})
    clock.advance(HOUR)
    assert log.bring_into_force("v2", {"tiers": [{}, {}]})
    assert log.bring_into_force("v1", {"tiers": [{}]})
    assert [(row.version, row.in_force_from, row.applied_at, row.document) for row in log.rows()] == [
        ("v1", START, None, {"tiers": [{}]}),
        ("v2", START + HOUR, None, {"tiers": [{}, {}]}),
        ("v1", START + HOUR, None, {"tiers": [{}]}),
    ]


def test_applying_marks_the_newest_and_changes_the_mark(log: PolicyLog, clock: VirtualClock) -> None:
    assert (log.apply(), log.mark()) == (None, (0, 0))
    log.bring_into_force("v1", {})
    log.bring_into_force("v2", {})
    assert log.mark() == (2, 0)
    clock.advance(HOUR)
    applied = log.apply()
    assert applied is not None
    assert (applied.version, applied.applied_at, log.mark()) == ("v2", START + HOUR, (2, 1))
    assert [row.applied_at for row in log.rows()] == [None, START + HOUR]


def test_of_several_processes_that_start_at_once_one_brings_it_into_force(
    database_url: str, open_store: Callable[..., Store]
) -> None:
    logs = [PolicyLog(open_store(database_url)) for _ in range(4)]
    made = [in_thread(partial(log.bring_into_force, "v1", {"tiers": []})) for log in logs]
    assert sorted(future.result(PATIENCE) for future in made) == [False, False, False, True]
    assert len(logs[0].rows()) == 1
