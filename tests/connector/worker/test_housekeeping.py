"""What is old is forgotten once for the whole database, not by each connection's chore."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

import pytest
import structlog
from sqlalchemy import func, select, text

from connector import logs
from connector.clock import VirtualClock
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.connections import Connections
from connector.store.database.tables import housekeeping as table
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Event
from connector.worker import housekeeping
from connector.worker.housekeeping import EVERY, LEASE, SOON, keep_house
from tests.connector.mailboxes import START, record
from tests.connector.quiet_logging import logging_as_before

__all__ = ["logging_as_before"]

YEAR = timedelta(days=365)
MINUTE = timedelta(minutes=1)


def kept(mailbox: Mailbox, count: int = 1) -> int:
    """How many of so many chores that come now really forget."""
    with patch.object(housekeeping, "forget_old", return_value=True) as forgetting:
        for _ in range(count):
            keep_house(mailbox, mailbox.store.now(), YEAR)
    return forgetting.call_count


def test_of_the_chores_of_a_thousand_connections_one_an_hour_forgets(mailbox: Mailbox, clock: VirtualClock) -> None:
    assert kept(mailbox, 100) == 1
    clock.advance(EVERY - MINUTE)
    assert kept(mailbox, 100) == 0
    clock.advance(MINUTE)
    assert kept(mailbox, 100) == 1
    with mailbox.store.reading() as conn:
        assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 1


def test_who_finds_it_done_comes_again_in_an_hour_of_its_own(mailbox: Mailbox, clock: VirtualClock) -> None:
    assert keep_house(mailbox, START, YEAR) == START + EVERY
    clock.advance(20 * MINUTE)
    assert keep_house(mailbox, clock.now(), YEAR) == clock.now() + EVERY


def test_where_more_is_left_it_goes_on_soon(mailbox: Mailbox, clock: VirtualClock) -> None:
    with patch.object(housekeeping, "forget_old", return_value=False):
        assert keep_house(mailbox, START, YEAR) == START + SOON
    clock.advance(SOON)
    assert kept(mailbox) == 1


def test_one_who_dies_in_it_holds_nobody_up_for_longer_than_the_lease(mailbox: Mailbox, clock: VirtualClock) -> None:
    with patch.object(housekeeping, "forget_old", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        keep_house(mailbox, START, YEAR)
    clock.advance(MINUTE)
    assert keep_house(mailbox, clock.now(), YEAR) == START + LEASE
    clock.advance(LEASE - MINUTE)
    assert kept(mailbox, 10) == 1


def test_a_clock_that_was_ahead_for_a_while_stops_it_no_longer_than_that(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.end_housekeeping(START)
    assert mailbox.begin_housekeeping(LEASE, EVERY)
    mailbox.end_housekeeping(START + YEAR)
    assert kept(mailbox, 10) == 1
    clock.advance(EVERY)
    with mailbox.store.writing() as conn:
        conn.execute(table.update().values(held_until=START + YEAR))
    assert kept(mailbox, 10) == 1


def test_of_two_at_the_same_moment_one_begins(mailbox: Mailbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda _: mailbox.begin_housekeeping(LEASE, EVERY), range(8)))
    assert begun.count(True) == 1


@pytest.mark.usefixtures("logging_as_before")
def test_once_an_hour_the_log_says_where_the_audit_trail_ends_signed(mailbox: Mailbox, clock: VirtualClock) -> None:
    """As it is written: nothing that masks secrets takes the signature for one."""
    store, lines = mailbox.store, io.StringIO()
    for name in ("psa", "other"):
        Connections(store).ensure(name, "enforce", "v1")
    logs.configure("info", "json", lines)
    record(store, "psa", "4711", AuditEvent(Event.CLOCK, {"who": "Zoë"}))
    for _ in range(4):
        keep_house(mailbox, clock.now(), YEAR)
        clock.advance(EVERY / 2)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    heads = [audit.read_head(one["head"]) for one in told if one["event"] == "audit head"]
    assert [one.told and one.told.at for one in heads] == [START, START + EVERY]
    assert [(one.entries, verify(store, one).why) for one in heads] == [(1, "")] * 2
    assert "4711" not in lines.getvalue()


def test_a_trail_without_its_end_keeps_nothing_from_being_forgotten(mailbox: Mailbox, clock: VirtualClock) -> None:
    with mailbox.store.writing() as conn:
        conn.execute(text("DELETE FROM audit_head"))
    with structlog.testing.capture_logs() as lines:
        assert kept(mailbox) == 1
    assert [line["event"] for line in lines] == ["audit head cannot be told"]
