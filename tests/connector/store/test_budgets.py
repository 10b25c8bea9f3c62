"""The ledger of calls: one row for all processes, and one of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.budget import CallBudget
from connector.clock import VirtualClock
from connector.model import Lane
from connector.store.budgets import StoredLedger
from connector.store.database.engine import Store
from tests.connector.mailboxes import START, in_thread


def test_what_is_written_is_read_by_everybody_and_each_connection_has_its_own(
    database_url: str, open_store: Callable[..., Store]
) -> None:
    clock = VirtualClock(START)
    first, second = (StoredLedger(open_store(database_url, clock), "psa") for _ in range(2))
    assert first.read() == ({}, START)
    first.change(lambda written, now: {**written, "calls": 1, "at": now.isoformat()})
    second.change(lambda written, _: {**written, "calls": written["calls"] + 1})
    second.change(lambda written, _: None)
    assert first.read() == ({"calls": 2, "at": START.isoformat()}, START)
    assert StoredLedger(open_store(database_url, clock), "other").read() == ({}, START)


def test_two_processes_that_write_at_once_lose_nothing(database_url: str, open_store: Callable[..., Store]) -> None:
    def count(written: Mapping[str, Any], _: datetime) -> Mapping[str, Any]:
        return {"calls": written.get("calls", 0) + 1}

    def work() -> None:
        ledger = StoredLedger(open_store(database_url), "psa")
        for _ in range(25):
            ledger.change(count)

    for worker in [in_thread(work) for _ in range(4)]:
        worker.result(60)
    assert StoredLedger(open_store(database_url), "psa").read()[0] == {"calls": 100}


def test_workers_on_one_database_share_one_budget(database_url: str, open_store: Callable[..., Store]) -> None:
    clock = VirtualClock(START)
    ledgers = [StoredLedger(open_store(database_url, clock), "psa") for _ in range(3)]
    workers = [CallBudget(240, 300.0, ledger, lambda: clock.now().timestamp()) for ledger in ledgers]
    taken = sum(worker.take(Lane.URGENT) == 0 for _ in range(200) for worker in workers)
    assert taken == 240
